"""Writing to a terminal that takes everything, that hangs, or that is gone."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator

import pytest

from hctui.tui import driver
from hctui.tui.driver import FAREWELL_SECONDS, MOST_WAITING_CHARACTERS, Outlet


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """What a terminal is to an outlet: the reading and the writing end of a pipe."""
    reading, writing = os.pipe()
    yield reading, writing
    for each in (reading, writing):
        try:
            os.close(each)
        except OSError:
            assert each == reading, "the test closed it"


def read(descriptor: int, until: str) -> str:
    """Read up to and with a text."""
    found = b""
    while not found.endswith(until.encode()):
        ready, _, _ = select.select([descriptor], [], [], 10)
        assert ready, found[-200:]
        found += os.read(descriptor, 65536)
    return found.decode()


def no_redraw() -> None:
    raise AssertionError("nothing was dropped")


def test_what_is_written_arrives_in_its_order(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], no_redraw)
    for number in range(1000):
        outlet.write(f"{number}é ")
    outlet.write("end")
    assert read(ends[0], "end") == "".join(f"{number}é " for number in range(1000)) + "end"
    outlet.close()


def test_closing_waits_for_what_was_handed_over(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], no_redraw)
    outlet.write("farewell")
    outlet.close()
    assert os.read(ends[0], 100) == b"farewell"
    outlet.write("too late")
    assert select.select([ends[0]], [], [], 0) == ([], [], [])


def test_a_terminal_that_hangs_holds_up_nobody_and_is_drawn_anew_when_it_goes_on(
    ends: tuple[int, int],
) -> None:
    redrawn = threading.Event()
    outlet = Outlet(ends[1], redrawn.set)
    begun = time.monotonic()
    frame = "x" * 50_000
    for _ in range(100):
        outlet.write(frame)
    outlet.write("end")
    assert time.monotonic() - begun < 5, "it waited"
    assert not redrawn.is_set()
    assert len(read(ends[0], "end")) < 3 * MOST_WAITING_CHARACTERS, "it was kept"
    assert redrawn.wait(10)
    outlet.close()


def test_the_end_does_not_wait_for_a_terminal_that_hangs(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], no_redraw)
    outlet.write("x" * 300_000)
    begun = time.monotonic()
    outlet.close()
    assert time.monotonic() - begun < FAREWELL_SECONDS + 5


@pytest.mark.parametrize("size", [1, 300_000])
def test_a_terminal_that_is_gone_is_no_error(
    ends: tuple[int, int], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "FAREWELL_SECONDS", 10.0)
    outlet = Outlet(ends[1], no_redraw)
    os.close(ends[0])
    begun = time.monotonic()
    for _ in range(100):
        outlet.write("x" * size)
    outlet.close()
    assert time.monotonic() - begun < 8
