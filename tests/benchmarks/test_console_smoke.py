"""Each measurement of the console's benchmark, very small: that it runs and finds something, not how much it finds."""

from __future__ import annotations

import asyncio
import sys
import time
from itertools import islice

import pytest

from tests.benchmarks import console, console_measures, console_start
from tests.benchmarks.console_blocking import Watchdog
from tests.benchmarks.console_subject import SITUATIONS
from tests.benchmarks.console_terminal import has_frame
from tests.benchmarks.console_world import LARGE, SECONDS_LEFT, SMALL, Size, cycles
from tests.core.build import NOW

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_the_first_frame_is_timed_and_needs_nothing_heavy() -> None:
    found = console_start.measure(rounds=1)
    assert 0 < found.empty_seconds < found.console_seconds
    assert found.ratio > 1
    assert 100 < found.empty_modules < found.console_modules
    assert found.heavy == ()


@on_linux
def test_an_idle_console_is_measured() -> None:
    shown, empty = console_measures.idle(seconds=2.5, warm_up_seconds=1.0)
    assert shown.bytes_per_second > 0, "its timers do not run"
    assert empty.bytes_per_second == 0
    assert shown.cpu_percent >= 0


def test_refreshes_are_measured_in_every_situation() -> None:
    found = console_measures.refreshes(1)
    assert list(found) == list(SITUATIONS)
    for [block] in found.values():
        assert min(block["paint_ms"], block["cpu_ms"], block["wall_ms"]) > 0


def test_keys_are_answered() -> None:
    assert len(console_measures.keys(presses=3)) == 3


@on_linux
def test_memory_is_measured() -> None:
    found = console_measures.memory(60)
    assert (found.base_refreshes, found.end_refreshes) == (6, 60)
    assert found.base_bytes > 0
    assert found.end_objects > 0
    assert found.proposals > 2, "no proposal came and went"


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=str)
def test_every_cycle_changes_every_figure(size: Size) -> None:
    first, second = islice(cycles(size, NOW), 2)
    assert len(first.snapshot.nodes) == size.nodes
    assert len(first.snapshot.vms) == size.vms
    for before, after in zip(first.snapshot.vms.values(), second.snapshot.vms.values(), strict=True):
        assert before.cpu_percent != after.cpu_percent
    for node, other in zip(first.snapshot.nodes.values(), second.snapshot.nodes.values(), strict=True):
        assert node.cpu_percent != other.cpu_percent
    assert len(first.state.real.arrivals) == len(SECONDS_LEFT)
    assert first.lines


async def test_the_watchdog_notices_a_blocked_loop() -> None:
    watchdog = Watchdog()
    watchdog.start()
    await asyncio.sleep(0)
    end = time.thread_time() + 0.03
    while time.thread_time() < end:
        pass
    for _ in range(2):  # one for the timer to be found due, one for it to be called
        await asyncio.sleep(0)
    watchdog.stop()
    assert watchdog.longest.wall_ms >= 28
    assert watchdog.longest.cpu_ms >= 28


def test_a_frame_is_complete_once_its_last_line_and_the_cursor_were_written() -> None:
    begun = b"\x1b[?1049h\x1b[1;1Hone\n\x1b[2;1Htwo"
    assert not has_frame(2)(bytearray(begun))
    assert has_frame(2)(bytearray(begun + b"\x1b[1;1H"))
    assert not has_frame(2)(bytearray(begun.removeprefix(b"\x1b[?1049h") + b"\x1b[1;1H"))


def test_the_table_says_what_is_met_and_what_is_not() -> None:
    found = console_start.Start(0.2, 0.5, 2.5, 371, 500, ("httpx",))
    lines = [str(figure) for figure in console.start_figures(found)]
    assert [line.endswith("MISSED") for line in lines] == [False, False, True, False, True]
    assert console.spread([1.0, 2.0, 9.0]) == "2.0 / 9.0 / 9.0 ms"
