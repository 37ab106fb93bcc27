"""For how long an event loop was blocked, noticed from within it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

TICK_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Block:
    """The longest time in which the loop ran nothing else: milliseconds of time, and of the thread's CPU time.

    The two differ where the machine had something else to do.
    """

    wall_ms: float
    cpu_ms: float


class Watchdog:
    """Wants to be called every millisecond, and notes by how much it was called too late.

    Attributes:
        longest: the longest block since it was started.
    """

    def __init__(self) -> None:
        self.longest = Block(0.0, 0.0)
        self._due, self._cpu = 0.0, 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin; to be called in the loop."""
        self._set()

    def stop(self) -> None:
        """End."""
        if self._timer:
            self._timer.cancel()

    def _set(self) -> None:
        loop = asyncio.get_running_loop()
        self._due, self._cpu = loop.time() + TICK_SECONDS, time.thread_time()
        self._timer = loop.call_at(self._due, self._look)

    def _look(self) -> None:
        late = asyncio.get_running_loop().time() - self._due
        if late * 1000 > self.longest.wall_ms:
            self.longest = Block(late * 1000, (time.thread_time() - self._cpu) * 1000)
        self._set()
