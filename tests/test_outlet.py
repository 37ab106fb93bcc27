"""Writing to a terminal or pipe that takes everything, that hangs, or that is gone."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator

import pytest

from hctui.outlet import MOST_WAITING_BYTES, Outlet


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


def no_gap(dropped: int) -> bytes:
    raise AssertionError("nothing was dropped")


def test_what_is_written_arrives_in_its_order(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], no_gap)
    for number in range(1000):
        outlet.write(f"{number}é ".encode())
        outlet.write(b"")
    outlet.write(b"end")
    assert read(ends[0], "end") == "".join(f"{number}é " for number in range(1000)) + "end"
    outlet.close(10, 10)


def test_a_descriptor_that_does_not_block_is_no_error(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, refused = os.write, iter((True, False, True))

    def shy(descriptor: int, content: bytes) -> int:
        if next(refused, False):
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", shy)
    outlet = Outlet(ends[1], no_gap)
    outlet.write(b"one ")
    outlet.write(b"x" * 5000)
    outlet.close(10, 10)
    assert os.read(ends[0], 65536) == b"one " + b"x" * 5000
    assert outlet.failure is None


def test_closing_waits_for_what_was_handed_over(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], no_gap)
    outlet.write(b"farewell")
    outlet.close(10, 10)
    assert os.read(ends[0], 100) == b"farewell"
    outlet.write(b"too late")
    assert select.select([ends[0]], [], [], 0) == ([], [], [])


def test_an_outlet_that_was_given_nothing_ends_at_once(ends: tuple[int, int]) -> None:
    before = threading.active_count()
    Outlet(ends[1], no_gap).close(10, 10)
    assert threading.active_count() == before


def test_a_terminal_that_hangs_holds_up_nobody_and_is_told_what_is_missing(ends: tuple[int, int]) -> None:
    gaps: list[int] = []

    def gap(dropped: int) -> bytes:
        gaps.append(dropped)
        return b"<gap>"

    outlet = Outlet(ends[1], gap)
    begun = time.monotonic()
    outlet.write(b"0" + b"x" * 100_000)  # more than a pipe takes, so from now on it hangs
    assert select.select([ends[0]], [], [], 10)[0]
    for number in range(1, 100):
        outlet.write(f"{number}".encode() + b"x" * 50_000)
    outlet.write(b"end")
    assert time.monotonic() - begun < 5, "it waited"
    assert gaps == []
    told = read(ends[0], "end")
    assert len(told) < 3 * MOST_WAITING_BYTES, "it was kept"
    before, after = told.split("<gap>")
    [dropped] = gaps
    assert before == "0" + "x" * 100_000
    kept = range(1 + dropped, 100)
    assert after == "".join(f"{number}{'x' * 50_000}" for number in kept) + "end", "the newest, whole"
    outlet.close(10, 10)


def test_the_end_does_not_wait_for_a_terminal_that_hangs(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], no_gap)
    outlet.write(b"x" * 300_000)
    begun = time.monotonic()
    outlet.close(0.5, 60)
    assert 0.4 < time.monotonic() - begun < 5


def test_the_end_waits_for_a_reader_that_is_slow_and_loses_nothing(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], no_gap)
    outlet.write(b"x" * 300_000)
    closing = threading.Thread(target=outlet.close, args=(2.0, 60.0))
    closing.start()
    found, begun = 0, time.monotonic()
    while found < 300_000:
        assert select.select([ends[0]], [], [], 0.1)[0], f"given up after {found} bytes"
        found += len(os.read(ends[0], 5000))
        threading.Event().wait(0.04)  # the slow reader: longer in all than the outlet's patience
    assert time.monotonic() - begun > 2.2
    closing.join(10)
    assert not closing.is_alive()


def test_the_end_waits_only_so_long_in_all(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], no_gap)
    outlet.write(b"x" * 300_000)
    is_over = threading.Event()

    def read_slowly() -> None:
        while not is_over.wait(0.1):
            os.read(ends[0], 100)

    reader = threading.Thread(target=read_slowly)
    reader.start()
    begun = time.monotonic()
    outlet.close(60, 0.5)
    assert time.monotonic() - begun < 5
    is_over.set()
    reader.join()


@pytest.mark.parametrize("size", [1, 300_000])
def test_a_terminal_that_is_gone_is_known_and_no_error(ends: tuple[int, int], size: int) -> None:
    outlet = Outlet(ends[1], lambda dropped: b"")
    os.close(ends[0])
    begun = time.monotonic()
    for _ in range(100):
        outlet.write(b"x" * size)
    outlet.close(10, 10)
    assert time.monotonic() - begun < 8
    assert isinstance(outlet.failure, BrokenPipeError)


def test_a_gap_that_cannot_be_told_costs_nothing_but_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hctui.outlet.MOST_WAITING_BYTES", 8)
    reading, writing = os.pipe()

    def fails(dropped: int) -> bytes:
        raise KeyError(dropped)

    outlet = Outlet(writing, fails)
    with outlet._changed:  # nothing is taken before all of it has been handed over
        for piece in (b"one-one-", b"two-two-", b"farewell"):
            outlet.write(piece)
    outlet.close(5.0, 5.0)
    assert os.read(reading, 100) == b"farewell"
    assert outlet.failure is None
    os.close(reading)
    os.close(writing)
