"""Work that must not be torn in the middle when whoever waits for it is cancelled. Knows nothing of clusters."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def finished(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """Runs work to its end, also when cancelled meanwhile; the cancellation is delivered afterwards.

    Args:
        work: what is to be done.
        seconds: so long the work may still take once it is cancelled.
    """
    running = asyncio.ensure_future(work)
    limit: asyncio.TimerHandle | None = None
    cancellation = None
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError as error:
            limit = limit or asyncio.get_running_loop().call_later(seconds, running.cancel)
            cancellation = error
    if limit is not None:
        limit.cancel()
    if cancellation is None:
        return running.result()
    if not running.cancelled():
        running.exception()  # seen, so that nobody is told of it later: there is nobody left to hear
    raise cancellation
