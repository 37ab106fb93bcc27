"""A console that is open on a stand-in for the engine, in the terminal of this process, and times its paints."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

from hctui.cli.console import keep_what_is_loaded
from hctui.tui.app import Console, Leaving, Outlook
from tests.benchmarks.console_world import Cycle, Size, StandIn, cycles
from tests.core.build import NOW

Result = TypeVar("Result")

SETTLE_SECONDS = 0.1
"""So long after a paint or a key everything has been drawn."""

LONGEST_SECONDS = 20.0


class HeldClock:
    """Stands still until it is set: cycles follow each other more quickly than their times say."""

    def __init__(self, start: float) -> None:
        self.at = start

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class Paints:
    """Counts the paints of the console, and times each, in seconds."""

    last_seconds: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """While this holds, each paint is noted."""
        paint = Console._paint

        def timed(console: Console) -> None:
            begin = time.perf_counter()
            paint(console)
            self.last_seconds = time.perf_counter() - begin
            self.done.set()

        with patch.object(Console, "_paint", timed):
            yield


class Show:
    """A console, the stand-in it is open on, and the cycles that are to be published to it."""

    def __init__(self, size: Size) -> None:
        self._clock = HeldClock(NOW)
        self._paints = Paints()
        self._cycles = cycles(size, NOW)
        self.stand_in = StandIn(self._clock)
        self.console = Console(self.stand_in.desk, Outlook(Path("/nowhere")))

    async def run(self, act: Callable[[Show], Awaitable[Result]]) -> Result:
        """Open the console, do something with it, and close it again."""
        with self._paints.counted():
            showing = asyncio.create_task(self.console.run_async())
            acting = asyncio.ensure_future(self._act(act))
            await asyncio.wait({showing, acting}, return_when=asyncio.FIRST_COMPLETED)
            if not acting.done():
                acting.cancel()
                raise RuntimeError(f"the console has ended: {self.console.crash}")
            self.console.exit(Leaving.STOP)
            await showing
        return acting.result()

    async def _act(self, act: Callable[[Show], Awaitable[Result]]) -> Result:
        await asyncio.wait_for(self.console.outlook.shown.wait(), LONGEST_SECONDS)
        keep_what_is_loaded()  # as the program does
        await self.publish(self.prepare())
        return await act(self)

    def prepare(self) -> Cycle:
        """The next cycle. To work it out takes longer than to show it."""
        return next(self._cycles)

    async def publish(self, cycle: Cycle) -> float:
        """Publish a cycle and wait until it is painted; returns the seconds that painting took."""
        self._clock.at = cycle.snapshot.taken_at
        self._paints.done.clear()
        self.stand_in.ask()
        self.stand_in.answer(cycle)
        await asyncio.wait_for(self._paints.done.wait(), LONGEST_SECONDS)
        return self._paints.last_seconds

    async def press(self, keys: Sequence[str]) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.console.simulate_key(key)
            await asyncio.sleep(SETTLE_SECONDS)
