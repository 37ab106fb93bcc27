"""A long life: runs of the balancer on one simulated cluster, with restarts and troubles, and what must hold of it."""

from __future__ import annotations

import gc
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

from hctui.core.migration import Phase
from hctui.core.policy import Policy
from hctui.engine.clock import SteppedClock
from hctui.engine.view import Line
from hctui.sim import Cluster, load_scenario
from tests.end_to_end.world import START, World
from tests.endurance.weather import HOUR, troubled

QUIET_HOURS = 4.0
"""At the end nothing new goes wrong for so long, so that everything comes to its end."""

MATCH_SECONDS = 60.0
"""So far apart may be when a migration was written down as requested and when the cluster began it."""


class Requested(NamedTuple):
    """A migration as the journal has it."""

    vm_id: str
    target: str
    at: float
    phase: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The size of the process at a time: hours lived, and objects that the collector knows."""

    hours: float
    objects: int


@dataclass
class Life:
    """One life.

    Attributes:
        wrong: what did not hold, in sentences; empty if all is well.
        readings: taken at the end of each run.
    """

    folder: Path
    seed: int
    hours: float
    mean_gap_seconds: float = 0.75 * HOUR
    wrong: list[str] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    restarts: int = 0

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)  # noqa: S311 - not for secrets
        scenario = troubled(
            load_scenario("default"), self._chance, (self.hours - QUIET_HOURS) * HOUR, self.mean_gap_seconds
        )
        self.world = World(self.folder)
        self.world.clock = SteppedClock(START)
        self.world.cluster = Cluster(scenario, seed=self.seed, start=START)

    async def live(self) -> None:
        """Live it to its end: runs of some hours, most of them live, each begun where the last one ended."""
        end = START + self.hours * HOUR
        while (left := end - self.world.clock.now()) > 0:
            is_dry = self._chance.random() < 0.15
            hours = self._chance.uniform(0.5, 12.0)
            written = len(self.world.cluster.writes)
            await self._run(min(left, hours * HOUR), is_dry=is_dry)
            if is_dry and len(self.world.cluster.writes) != written:
                self.wrong.append(f"A dry run has written {len(self.world.cluster.writes) - written} times.")
            if self.world.cluster.open_sessions:
                self.wrong.append(f"{len(self.world.cluster.open_sessions)} sessions were left open.")
            self.world.lines.clear()
            self.restarts += 1
            gc.collect()
            self.readings.append(Reading((self.world.clock.now() - START) / HOUR, len(gc.get_objects())))
        self._compare()

    async def _run(self, seconds: float, *, is_dry: bool) -> None:
        policy = replace(Policy(), dry_run=is_dry, interval_seconds=60.0, window_seconds=600.0)
        most_sessions = 0

        def look(line: Line) -> bool:
            nonlocal most_sessions
            most_sessions = max(most_sessions, len(self.world.cluster.open_sessions))
            if line.event == "fault":
                self.wrong.append(line.text)
            return False

        await self.world.run(seconds, policy=policy, stop_when=look)
        if most_sessions > 1:
            self.wrong.append(f"{most_sessions} sessions were open at once.")

    def _compare(self) -> None:
        """Every migration in the journal against those of the cluster, and the other way round."""
        begun = sorted(
            (each for each in self.world.cluster.ended_migrations if not each.is_foreign),
            key=lambda each: each.started,
        )
        for one, next_one in pairwise(begun):
            if next_one.started < one.ended:
                self.wrong.append(f"{next_one.vm_name} was migrated while {one.vm_name} still was.")
        told = self.requested()
        for each in begun:
            match = next(
                (
                    row
                    for row in told
                    if (row.vm_id, row.target) == (each.vm_id, each.target_id)
                    and abs(row.at - each.started) <= MATCH_SECONDS
                ),
                None,
            )
            if match is None:
                self.wrong.append(f"The journal does not know that {each.vm_name} was migrated.")
            else:
                told.remove(match)
        unanswered = [write.at for write in self.world.cluster.writes if write.status is None]
        for row in told:
            # A request that got no answer may have been refused, which nobody but the cluster can know.
            is_known = not any(abs(row.at - at) <= MATCH_SECONDS for at in unanswered)
            if row.phase != Phase.NOT_STARTED and is_known:
                self.wrong.append(
                    f"The journal has a migration of {row.vm_id} ({row.phase}), the cluster none."
                )

    def requested(self) -> list[Requested]:
        """The migrations in the journal, oldest first."""
        (path,) = self.folder.glob("*.sqlite")
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute(
                "SELECT vm_id, target, requested_at, phase FROM migrations ORDER BY requested_at"
            )
            return [Requested(*row) for row in rows]
