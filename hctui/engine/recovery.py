"""Going on after an error that nobody expected: as after a restart, from what the journal holds.

Such an error is a fault of hctui. What was in memory may be wrong, so nothing of it is trusted: the engine is made anew
from the journal, which knows of every request before it is sent, and looks at the cluster before it decides anything.
A fault that comes again and again ends the program, with its words, instead of being met for ever.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from hctui.core.errors import HctuiError
from hctui.core.wording import count, duration
from hctui.engine.clock import Clock, first_of
from hctui.engine.crash import last_line, written_down
from hctui.engine.log import Log
from hctui.engine.view import Level, Line

MOST_FAULTS = 3
WITHIN_SECONDS = 3600.0
"""So many faults within this time are too many."""


T = TypeVar("T")


class Faulty(HctuiError):
    """hctui does not work as it should, again and again."""

    title = "hctui gives up"
    exit_code = 1


async def recovering(
    run: Callable[[], Awaitable[T]],
    *,
    clock: Clock,
    log: Log,
    stop: asyncio.Event,
    pause_seconds: float,
    crash_file: Path,
) -> T | None:
    """Run until it ends by itself or with an error of ours; begin again after any other.

    Args:
        run: begins from nothing but what is on disk each time it is called.
        clock: what the pauses are counted on.
        log: told of each fault.
        stop: ends a pause, and with it all of this.
        pause_seconds: from a fault to the next beginning.
        crash_file: gets the traceback of the latest fault.

    Returns:
        What `run` returned; `None` if `stop` ended it between two beginnings.

    Raises:
        Faulty: there were too many faults.
        HctuiError: what `run` ended with.
    """
    faults: deque[float] = deque(maxlen=MOST_FAULTS)
    while not stop.is_set():
        try:
            return await run()
        except HctuiError:
            raise
        except Exception as error:  # whatever it is: who balances is not to go without a word
            fault, cause = traceback.format_exc(), error
        faults.append(clock.now())
        told = f"An error in hctui itself: {last_line(fault)}. {written_down(fault, crash_file)}"
        if len(faults) == MOST_FAULTS and faults[-1] - faults[0] <= WITHIN_SECONDS:
            raise Faulty(
                f"{told} That was {count(MOST_FAULTS, 'such error')} within {duration(WITHIN_SECONDS)}.",
                hint="Please report it with that file. Start hctui again to go on: the journal holds all it needs.",
            ) from cause
        again = f"It begins again in {duration(pause_seconds)}, as after a restart."
        log(Line(clock.now(), "fault", f"{told} {again}", Level.ERROR))
        await first_of(clock.sleep(pause_seconds), stop.wait())
    return None
