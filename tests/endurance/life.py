"""A long life: runs of the balancer on one simulated cluster, with restarts and troubles, and what must hold of it."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from hctui.core.policy import Policy
from hctui.engine.clock import SteppedClock
from hctui.engine.view import Line
from hctui.sim import Cluster, load_scenario
from tests.end_to_end.world import START, World
from tests.endurance.book import Book, Row, disagreements, rows_of
from tests.endurance.weather import HOUR, troubled

QUIET_HOURS = 4.0
"""At the end nothing new goes wrong for so long, so that everything comes to its end."""


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
            await self.run(min(left, hours * HOUR), is_dry=is_dry)
            if is_dry and len(self.world.cluster.writes) != written:
                self.wrong.append(f"A dry run has written {len(self.world.cluster.writes) - written} times.")
            if self.world.cluster.open_sessions:
                self.wrong.append(f"{len(self.world.cluster.open_sessions)} sessions were left open.")
            self.world.lines.clear()
            self.restarts += 1
            gc.collect()
            self.readings.append(Reading((self.world.clock.now() - START) / HOUR, len(gc.get_objects())))
        if any(row.ended_at is None for row in self.requested()):
            await self.run(2 * HOUR, is_dry=True)  # begins nothing, and watches what is under way
        self.compare()

    async def run(self, seconds: float, *, is_dry: bool) -> None:
        """One run of so many seconds, with a look at faults of ours and at the sessions."""
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

    def compare(self) -> None:
        """Every migration in the journal against those of the cluster, and the other way round."""
        cluster = self.world.cluster
        book = Book(
            cluster.writes, cluster.ended_migrations, cooldown_seconds=Policy().cluster_cooldown_seconds
        )
        self.wrong += disagreements(self.requested(), book)

    def requested(self) -> list[Row]:
        """The migrations in the journal, oldest first."""
        (path,) = self.folder.glob("*.sqlite")
        return rows_of(path)
