"""Errors in hctui itself, and a journal that was damaged: never a second migration, and always a word."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest

from hctui.core import balancer
from hctui.engine import permission
from hctui.engine.balancing import _Run
from hctui.engine.commands import Pause, Resume
from hctui.engine.engine import Engine
from hctui.engine.recovery import Faulty
from hctui.engine.view import Line
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


@pytest.mark.parametrize("place", [(_Run, "first_contact"), (permission, "look")], ids=["met", "looked up"])
async def test_a_fault_of_ours_before_the_first_cycle_is_met_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: tuple[Any, str]
) -> None:
    where, name = place
    monkeypatch.setattr(where, name, once(getattr(where, name), 0))
    lines = await World(tmp_path).run(5 * MINUTE)
    (fault,) = (line.text for line in lines if line.event == "fault")
    assert "It begins again in 30 s, as after a restart." in fault
    assert any("MIGRATION COMPLETE" in line.text for line in lines)


async def test_after_a_fault_nothing_of_the_same_run_is_told_as_of_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balancer, "watched", once(balancer.watched, 1))
    world = World(tmp_path)

    def pause_when_sent(line: Line) -> bool:
        if line.event == "answer":
            world.desk.submit(Pause())
        return False

    lines = await world.run(5 * MINUTE, stop_when=pause_when_sent)
    texts = [line.text for line in lines]
    assert any(text.startswith("hctui had, before that error, begun to migrate sql-02") for text in texts)
    assert any("Paused: watching" in text for text in texts)
    assert not any("last run" in text for text in texts)


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


async def test_after_a_damaged_journal_nothing_moves_until_somebody_resumes_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.run(5 * MINUTE, stop_when=lambda line: line.event == "ended")
    (journal,) = tmp_path.glob("*.sqlite")
    journal.write_bytes(b"no journal any more" * 100)
    moved = len(world.cluster.writes)
    lines = await world.run(10 * MINUTE)
    told = [line.text for line in lines if line.event == "journal"]
    assert len(told) == 1
    assert "The journal was damaged. It is now" in told[0]
    assert "it is PAUSED until somebody resumes it." in told[0]
    assert len(world.cluster.writes) == moved
    await world.run(10 * MINUTE, commands=(Resume(),))
    assert len(world.cluster.writes) > moved, "it does go on"


def damage(journal: Path) -> None:
    """Overwrite the decisions, so that the whole is not sound, and the state can still be read."""
    with closing(sqlite3.connect(journal)) as connection:
        [size] = connection.execute("PRAGMA page_size").fetchone()
        [page] = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'decisions'").fetchone()
    with journal.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


@pytest.mark.parametrize("is_paused", [False, True])
async def test_a_damaged_journal_that_can_still_be_read_says_whether_it_was_paused(
    tmp_path: Path, is_paused: bool
) -> None:
    world = World(tmp_path)
    await world.run(5 * MINUTE, commands=(Pause(),) if is_paused else ())
    (journal,) = tmp_path.glob("*.sqlite")
    damage(journal)
    moved, begun = len(world.cluster.writes), world.clock.now()
    lines = await world.run(30 * MINUTE)
    assert any("The journal was damaged. It is now" in line.text for line in lines)
    assert not any("PAUSED" in line.text for line in lines if line.event == "journal")
    sent = [line for line in lines if line.event == "executing"]
    assert bool(sent) is not is_paused
    assert all(line.at >= begun + 5 * MINUTE for line in sent)
    assert (len(world.cluster.writes) > moved) is not is_paused


async def test_a_pause_survives_a_fault_in_the_cycle_that_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    monkeypatch.setattr(balancer, "step", once(balancer.step, 0))
    lines = await world.run(20 * MINUTE, commands=(Pause(),))
    assert [line.event for line in lines].count("fault") == 1
    assert world.desk.view.state.paused
    assert not world.cluster.writes


async def test_a_pause_between_a_fault_and_the_end_holds_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(balancer, "step", once(balancer.step, 0))

        def pause_and_stop(line: Line) -> bool:
            if line.event == "fault":
                world.desk.submit(Pause())
            return line.event == "fault"

        await world.run(20 * MINUTE, stop_when=pause_and_stop)
    await world.run(20 * MINUTE)
    assert world.desk.view.state.paused
    assert not world.cluster.writes
