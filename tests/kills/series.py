"""A series of processes on one journal and one cluster, each killed but the last; and what must hold of them all."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hctui.sim import Cluster, load_scenario
from hctui.sim.serving import Server, serve
from tests.end_to_end.test_program import Cluster as Served
from tests.end_to_end.test_program import access, settings
from tests.endurance.book import Book, Row, asked_for, disagreements
from tests.kills import work
from tests.kills.moment import (
    ANSWERED_WITHIN_SECONDS,
    SCHEMES,
    Hit,
    Moment,
    delay,
    hit,
    journal_of,
    known_rows,
)

COOLDOWN_SECONDS = 4.0
"""More than a process takes to be begun again, so that one that forgot the cooldown would be seen."""

_SETTINGS = f"""
sample_interval_seconds = 1
avg_window_minutes = 0.05
migration_cooldown_minutes = {COOLDOWN_SECONDS / 60}
vm_move_cooldown_minutes = 0
recovery_cooldown_minutes = 0
return_ban_minutes = 0
most_moves_per_hour = 0
failures_before_pause = 0
"""

_MOMENT_MUST_COME_SECONDS = 20.0
_END_MUST_COME_SECONDS = 150.0  # an intent of which there is no trace is believed to be lost after a minute
_STILL_ARRIVES_SECONDS = 1.0
"""What a process had sent when it was killed is served so much later at most, and makes its session last longer."""
_MISTAKES = ("fault", "journal")


@dataclass
class Process:
    """`hctui run` with its output in a file. `begun` is Unix seconds."""

    popen: subprocess.Popen[bytes]
    output: Path
    begun: float

    def lines(self) -> list[dict[str, object]]:
        """Its log; the last line may be cut, so what is not whole is left out."""
        return [
            json.loads(line)
            for line in self.output.read_text().splitlines(keepends=True)
            if line[-2:] == "}\n"
        ]

    def has_said(self, event: str) -> bool:
        """Whether there is such a line by now."""
        return any(line["event"] == event for line in self.lines())


@dataclass
class Series:
    """One series.

    Attributes:
        moments: when each process is killed.
        wrong: what did not hold, in sentences; empty if all is well.
        hits: what the processes were doing when they were killed.
        kills: when, Unix seconds.
    """

    folder: Path
    seed: int
    moments: Sequence[Moment]
    wrong: list[str] = field(default_factory=list)
    hits: Counter[Hit] = field(default_factory=Counter)
    kills: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)  # noqa: S311 - not for secrets
        self.cluster = Cluster(load_scenario(work.SCENE), seed=self.seed, start=time.time())
        self._seen_writes = 0

    @property
    def rows(self) -> list[Row]:
        """The migrations in the journal, oldest first."""
        return known_rows(self.folder)

    async def run(self) -> None:
        """Begin and kill all of them, let the last one come to rest, and compare."""
        async with serve(self.cluster, now=time.time, sleep=asyncio.sleep) as server:
            for moment in self.moments:
                is_dry = moment is Moment.ANY and self._chance.random() < 0.25
                work.set_to_work(self.cluster, self._chance)
                async with self._process(server, is_dry=is_dry) as process:
                    await self._live_until(moment, process)
            work.rest(self.cluster)
            async with self._process(server, is_dry=False) as process:
                await self._rest(process)
        self._compare()

    @asynccontextmanager
    async def _process(self, server: Server, *, is_dry: bool) -> AsyncIterator[Process]:
        """One process; it is killed at the end of the block if it has not ended by then."""
        served = Served(server.url, server.username, server.password, server.fingerprint)
        file = settings(served, self.folder, _SETTINGS)
        flags = ["--config", file, "--log-format", "json", "--dry-run" if is_dry else "--live"]
        slow = self._chance.uniform(0.2, 1.0) * ANSWERED_WITHIN_SECONDS
        self.cluster.faults.set("slow_answers", path="/VirDomain/action", seconds=slow)
        output = self.folder / f"run-{len(self.kills):03}.jsonl"
        written = len(self.cluster.writes)
        with output.open("wb") as sink:
            popen = subprocess.Popen(  # noqa: ASYNC220 - it is waited for by looking, since it is to be killed
                [sys.executable, "-m", "hctui", "run", *flags],
                env=access(served, self.folder),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        process = Process(popen, output, time.time())
        try:
            yield process
        finally:
            popen.kill()
            popen.wait()
        if is_dry and len(self.cluster.writes) != written:
            self.wrong.append(f"A dry run has written {len(self.cluster.writes) - written} times.")
        self._look_at_log(process)

    async def _live_until(self, moment: Moment, process: Process) -> None:
        """Let it work until the moment has come and some more, then kill it."""
        scheme, kill_at = SCHEMES[moment], float("inf")
        awaited = scheme.counted(self.cluster, self.folder) + scheme.growth
        latest = process.begun + _MOMENT_MUST_COME_SECONDS
        while (now := time.time()) < min(kill_at, latest):
            if kill_at == float("inf") and scheme.counted(self.cluster, self.folder) >= awaited:
                kill_at = now + delay(moment, self._chance)
                continue
            await asyncio.sleep(scheme.pause)
            self._look(process)
        if process.popen.poll() is not None:
            self.wrong.append(
                f"{process.output.name}: it had ended by itself with {process.popen.returncode}."
            )
        process.popen.send_signal(signal.SIGKILL)
        process.popen.wait()
        self.kills.append(time.time())
        self.hits[hit(self.cluster, self.rows, process.has_said("connected"))] += 1
        await asyncio.sleep(0.05)  # what it had sent is served now
        self._look(process)

    async def _rest(self, process: Process) -> None:
        """Wait until nothing is under way, then stop it in order."""
        latest = process.begun + _END_MUST_COME_SECONDS
        while not process.has_said("connected") or any(row.ended_at is None for row in self.rows):
            if time.time() > latest:
                self.wrong.append("The last one does not come to rest.")
                break
            await asyncio.sleep(0.1)
            self._look(process)
        process.popen.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(process.popen.wait, 30)
        if code != 0:
            self.wrong.append(f"The last one ended with {code}.")
        if self._sessions_since(process.begun):
            self.wrong.append("The last one has not logged out.")

    def _look(self, process: Process) -> None:
        """What must hold at every moment."""
        now = time.time()
        self.cluster.advance(now)
        kept = self.cluster.scenario.cluster.session_idle + _STILL_ARRIVES_SECONDS
        left = sum(now - kill <= kept for kill in self.kills)
        own, all_ = self._sessions_since(process.begun), len(self.cluster.open_sessions)
        if own > 1 or all_ > 1 + left:
            self._say_once(
                f"{process.output.name} has {own} sessions of {all_}, with {left} killed before it."
            )
        for write in self.cluster.writes[self._seen_writes :]:
            self._seen_writes += 1
            vm_id, target = asked_for(write)
            self.wrong += work.broken_by_arrival(self.cluster, self.cluster.vms[vm_id], target)

    def _say_once(self, told: str) -> None:
        if told not in self.wrong:
            self.wrong.append(told)

    def _sessions_since(self, begun: float) -> int:
        """How many are open that were opened since then: those of killed processes stay, and are older."""
        return sum(session.opened >= begun for session in self.cluster.open_sessions)

    def _look_at_log(self, process: Process) -> None:
        for line in process.lines():
            if line["event"] in _MISTAKES:
                self.wrong.append(f"{process.output.name}: {line}")
        text = process.output.read_text()
        if "Traceback" in text:
            self.wrong.append(f"{process.output.name}: {text[text.index('Traceback') :]}")

    def _compare(self) -> None:
        book = Book(self.cluster.writes, self.cluster.ended_migrations, self.kills, COOLDOWN_SECONDS)
        self.wrong += disagreements(self.rows, book)
        path = journal_of(self.folder)
        if path is None:
            self.wrong.append("There is no journal.")
            return
        with closing(sqlite3.connect(path)) as connection:
            [(verdict,)] = connection.execute("PRAGMA integrity_check").fetchall()
        if verdict != "ok":
            self.wrong.append(f"The journal is damaged: {verdict}")
