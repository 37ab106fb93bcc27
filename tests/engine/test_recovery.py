"""An error nobody expected is met like a restart: from the journal, with a look at the cluster before anything else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hctui.core.errors import HctuiError
from hctui.engine.clock import SteppedClock
from hctui.engine.recovery import MOST_FAULTS, WITHIN_SECONDS, Faulty, recovering
from hctui.engine.view import Level, Line
from tests.core.build import NOW
from tests.engine.stand_in import Trouble


class Shaky:
    """Falls so many times, then works; each run takes some time."""

    def __init__(self, falls: int, clock: SteppedClock, seconds: float = 60.0) -> None:
        self.runs = 0
        self._falls = falls
        self._clock = clock
        self._seconds = seconds

    async def run(self) -> None:
        self.runs += 1
        await self._clock.sleep(self._seconds)
        if self.runs <= self._falls:
            raise KeyError("a fault of ours")


class World:
    def __init__(self, folder: Path, falls: int, seconds: float = 60.0) -> None:
        self.clock = SteppedClock(NOW)
        self.shaky = Shaky(falls, self.clock, seconds)
        self.lines: list[Line] = []
        self.stop = asyncio.Event()
        self.file = folder / "fault.txt"

    async def go(self) -> None:
        await recovering(
            self.shaky.run,
            clock=self.clock,
            log=self.lines.append,
            stop=self.stop,
            pause_seconds=30.0,
            crash_file=self.file,
        )


async def test_it_begins_again_and_says_so(tmp_path: Path) -> None:
    world = World(tmp_path, falls=2)
    await world.go()
    assert world.shaky.runs == 3
    assert [line.level for line in world.lines] == [Level.ERROR] * 2
    assert "An error in hctui itself: KeyError: 'a fault of ours'. What happened is in" in world.lines[0].text
    assert "in 30 s, as after a restart" in world.lines[0].text
    assert "a fault of ours" in world.file.read_text()
    assert world.clock.now() == NOW + 3 * 60 + 2 * 30


async def test_a_fault_that_comes_again_and_again_ends_it(tmp_path: Path) -> None:
    world = World(tmp_path, falls=99)
    with pytest.raises(Faulty, match=f"{MOST_FAULTS} such errors within"):
        await world.go()
    assert world.shaky.runs == MOST_FAULTS


async def test_rare_faults_end_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, falls=6, seconds=WITHIN_SECONDS / (MOST_FAULTS - 1))
    await world.go()
    assert world.shaky.runs == 7


async def test_errors_of_ours_are_not_faults(tmp_path: Path) -> None:
    world = World(tmp_path, falls=0)

    async def refused() -> None:
        raise Trouble("the journal is full")

    world.shaky.run = refused  # type: ignore[method-assign]
    with pytest.raises(HctuiError, match="the journal is full"):
        await world.go()
    assert not world.lines


async def test_stopping_ends_the_pause(tmp_path: Path) -> None:
    world = World(tmp_path, falls=1)
    log = world.lines.append
    world.lines = []

    def stop_then(line: Line) -> None:
        log(line)
        world.stop.set()

    await recovering(
        world.shaky.run,
        clock=world.clock,
        log=stop_then,
        stop=world.stop,
        pause_seconds=1e9,
        crash_file=world.file,
    )
    assert world.shaky.runs == 1
