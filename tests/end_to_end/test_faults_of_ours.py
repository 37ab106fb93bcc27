"""Errors in hctui itself, and a journal that was damaged: never a second migration, and always a word."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest

from hctui.core import balancer
from hctui.engine.engine import Engine
from hctui.engine.recovery import Faulty
from hctui.journal.file import JournalFile
from tests.end_to_end.world import MINUTE, World

Given = ParamSpec("Given")
Result = TypeVar("Result")

PLACES: dict[str, tuple[Any, str]] = {
    "deciding": (balancer, "step"),
    "checking once more": (balancer, "recheck"),
    "after the request was answered": (balancer, "answered"),
    "watching": (balancer, "watched"),
    "settling": (Engine, "_settle"),
    "writing a cycle down": (JournalFile, "record_cycle"),
}


def once(function: Callable[Given, Result], after: int) -> Callable[Given, Result]:
    """The function, which fails at one of its calls, the first being number 0."""
    calls = count()

    def faulty(*given: Given.args, **named: Given.kwargs) -> Result:
        if next(calls) == after:
            raise KeyError("a fault of ours")
        return function(*given, **named)

    return faulty


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("after", [0, 1])
async def test_a_fault_of_ours_is_told_and_the_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, after: int
) -> None:
    where, name = PLACES[place]
    monkeypatch.setattr(where, name, once(getattr(where, name), after))
    world = World(tmp_path)
    lines = await world.run(20 * MINUTE)
    faults = [line for line in lines if line.event == "fault"]
    assert len(faults) == 1
    assert "An error in hctui itself: KeyError: 'a fault of ours'." in faults[0].text
    assert any("MIGRATION COMPLETE: sql-02 is on" in line.text for line in lines)
    of_that_vm = [write for write in world.cluster.ended_migrations if write.vm_name == "sql-02"]
    assert len(of_that_vm) == 1, "a request that was sent is not forgotten"


async def test_a_fault_at_every_cycle_ends_the_program_with_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(balancer, "step", faulty)
    world = World(tmp_path)
    with pytest.raises(Faulty, match="a fault of ours"):
        await world.run(20 * MINUTE)
    assert not world.cluster.writes
    assert not world.cluster.access.open_sessions(world.clock.now())


async def test_after_a_damaged_journal_nothing_moves_within_the_cooldown(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.run(5 * MINUTE, stop_when=lambda line: line.event == "ended")
    (journal,) = tmp_path.glob("*.sqlite")
    journal.write_bytes(b"no journal any more" * 100)
    moved, begun = len(world.cluster.writes), world.clock.now()
    lines = await world.run(10 * MINUTE)
    told = [line.text for line in lines if line.event == "journal"]
    assert len(told) == 1
    assert "The journal was damaged. It is now" in told[0]
    assert len(world.cluster.writes) > moved, "it does go on"
    first = next(line for line in lines if line.event == "executing")
    assert first.at >= begun + 5 * MINUTE
