"""The processes that are measured: `python -m tests.benchmarks.console_subject NAME FILE NUMBER`.

Each but the empty one opens a real console, on a stand-in for the engine, in the terminal it is started in. What it
notices of itself it writes to FILE as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hctui.cli.console import keep_what_is_loaded
from hctui.engine.clock import RealClock
from hctui.tui.app import Console, Outlook
from hctui.tui.widgets.table import Table
from tests.benchmarks.console_blocking import Watchdog
from tests.benchmarks.console_show import SETTLE_SECONDS, Show
from tests.benchmarks.console_world import LARGE, SMALL, StandIn, cycles

ANSWER_SECONDS = 0.05
"""How long the stand-in's cluster takes to answer."""

BETWEEN_REFRESHES_SECONDS = 0.1

TO_NAME = ("s",) * 7
"""From the order by CPU, in which the table opens, to that by name."""

SITUATIONS: dict[str, tuple[str, ...]] = {
    "as it opens, by CPU": (),
    "by state": ("s",) * 6,
    "by name, and filtered": ("s", "slash", *"prod", "space", *"vm-", "enter"),
}
"""How the table is sorted and filtered: the keys pressed, one situation after the other."""

DRAWN_SECONDS = 0.004
"""The loop's chance to draw what was painted, where refreshes follow each other without a rest."""

LEAST_SECONDS = 0.001
"""Between two paints there; a timer of none at all would never fire."""

BASE_SHARE = 0.1
"""The first reading of memory is taken after this part of all refreshes."""


def empty(file: Path, number: int) -> None:
    """Textual and nothing else."""
    from textual.app import App  # not sooner: what the console sets before it loads Textual is to hold

    App[None]().run()


def idle(file: Path, number: int) -> None:
    """Polls in real time, until the process is killed."""

    async def poll(stand_in: StandIn) -> None:
        for cycle in cycles(SMALL, time.time()):
            await asyncio.sleep(max(0.0, cycle.snapshot.taken_at - time.time()))
            stand_in.ask()
            await asyncio.sleep(ANSWER_SECONDS)
            stand_in.answer(cycle)

    async def run() -> None:
        stand_in = StandIn(RealClock())
        polling = asyncio.create_task(poll(stand_in))
        await Console(stand_in.desk, Outlook(file.parent)).run_async()
        polling.cancel()

    asyncio.run(run())


def refresh(file: Path, number: int) -> None:
    """So many refreshes of a large cluster in each situation: how long painting took, and the loop was blocked."""

    async def act(show: Show) -> dict[str, list[dict[str, float]]]:
        found: dict[str, list[dict[str, float]]] = {}
        for name, keys in SITUATIONS.items():
            await show.press(keys)
            found[name] = [await _one_refresh(show) for _ in range(number)]
        return found

    _write(file, asyncio.run(Show(LARGE).run(act)))


async def _one_refresh(show: Show) -> dict[str, float]:
    cycle = show.prepare()
    await asyncio.sleep(SETTLE_SECONDS)
    watchdog = Watchdog()
    watchdog.start()
    paint_seconds = await show.publish(cycle)
    await asyncio.sleep(SETTLE_SECONDS)
    watchdog.stop()
    return {"paint_ms": paint_seconds * 1000, **asdict(watchdog.longest)}


def keys(file: Path, number: int) -> None:
    """A large cluster that is refreshed ten times a second, by name, until the process is killed."""

    async def act(show: Show) -> None:
        await show.press((*TO_NAME, "home", "pagedown", "pagedown"))
        ready = [show.prepare() for _ in range(number)]
        keep_what_is_loaded()  # no console holds hundreds of snapshots
        _write(file, {"vm": show.console.screen.query_one("#vms", Table).cursor_key})
        for cycle in ready:
            await asyncio.gather(show.publish(cycle), asyncio.sleep(BETWEEN_REFRESHES_SECONDS))

    asyncio.run(Show(LARGE).run(act))


def memory(file: Path, number: int) -> None:
    """So many refreshes without a rest; resident memory and objects after a tenth of them, and after all."""

    async def act(show: Show) -> dict[str, Any]:
        proposals = set()
        readings = []
        for done in count():
            if done in (int(number * BASE_SHARE), number):
                await asyncio.sleep(SETTLE_SECONDS)
                readings.append(_memory())
            if done == number:
                break
            cycle = show.prepare()
            proposals.add(cycle.state.proposal.id if cycle.state.proposal else 0)
            await show.publish(cycle)
            await asyncio.sleep(DRAWN_SECONDS)
        (base_bytes, base), (end_bytes, end) = readings
        grown = [(name, base[name], end[name]) for name, _ in (end - base).most_common(8)]
        return {
            "base_bytes": base_bytes,
            "end_bytes": end_bytes,
            "base_objects": base.total(),
            "end_objects": end.total(),
            "grown": grown,
            "proposals": len(proposals),
        }

    with patch("hctui.tui.app.LEAST_SECONDS_BETWEEN_PAINTS", LEAST_SECONDS):
        _write(file, asyncio.run(Show(SMALL).run(act)))


def _memory() -> tuple[int, Counter[str]]:
    """Resident memory in bytes, from /proc, and how many objects of each type the collector knows."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), Counter(type(each).__qualname__ for each in gc.get_objects())


def _write(file: Path, found: Any) -> None:  # noqa: ANN401 - any JSON
    """Write it so that whoever waits for the file finds all of it."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(found))
    part.rename(file)


SUBJECTS: dict[str, Callable[[Path, int], None]] = {
    each.__name__: each for each in (empty, idle, refresh, keys, memory)
}

if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        SUBJECTS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
