"""Running something until it is over or somebody asks it to stop.

The first SIGINT, SIGTERM or SIGHUP (the terminal is gone) asks: what is being done is finished, sessions are logged
out, files are closed. A second one cancels.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_until_signalled(work: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> T | None:
    """Run `work` in an event loop of its own; it is given the event that a signal sets. `None` if cancelled."""
    return asyncio.run(_run(work))


async def _run(work: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> T | None:
    stop = asyncio.Event()
    task = asyncio.ensure_future(work(stop))

    def asked() -> None:
        if stop.is_set():
            task.cancel()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, asked)
    with contextlib.suppress(asyncio.CancelledError):
        return await task
    return None
