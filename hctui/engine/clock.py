"""The one source of time for everything that decides, waits or records.

Real for a real cluster, scaled for a demo that shows minutes in seconds, stepped for a demo or a test that needs
hours at once. HTTP time-outs and latency are the exception: they are real always.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Protocol


class Clock(Protocol):
    """Unix time in seconds, and waiting for it to pass."""

    def now(self) -> float:
        """The present moment."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once so many seconds of this clock have passed; at once if not positive."""
        ...


class RealClock:
    """The wall clock of this host, as it is set, jumps included."""

    def now(self) -> float:
        """The present moment."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(max(0.0, seconds))


class ScaledClock:
    """Runs `factor` times as fast as real time, from a given moment on."""

    def __init__(self, factor: float, start: float) -> None:
        if not factor > 0:
            raise ValueError(f"a clock cannot run at {factor} times real time")
        self._factor = factor
        self._start = start
        self._origin = time.monotonic()

    def now(self) -> float:
        """The present moment."""
        return self._start + (time.monotonic() - self._origin) * self._factor

    async def sleep(self, seconds: float) -> None:
        """Wait for a factor less than that in real time."""
        await asyncio.sleep(max(0.0, seconds) / self._factor)


class SteppedClock:
    """Stands still while anything is done and jumps when its one sleeper sleeps.

    The engine sleeps only when it has nothing to do, and the simulated cluster computes its state for the moment it
    is asked, so a sleep means that both are idle: the same inputs then give the same run, however fast the host is.
    """

    def __init__(self, start: float) -> None:
        self._now = start

    def now(self) -> float:
        """The present moment."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once, after giving everything else that is ready its turn."""
        await asyncio.sleep(0)
        self._now += max(0.0, seconds)


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait until the first of several is over, and give the others up."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
