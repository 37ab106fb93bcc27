"""What is ordered before the cluster has answered holds, whatever happens until it does."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Self, cast

import pytest

from hctui.api.account import MayMigrate
from hctui.api.client import Client
from hctui.api.errors import ClusterUnreachable
from hctui.core.commands import Ordered, Pause, Resume
from hctui.core.decision import Outcome
from hctui.core.model import Snapshot
from hctui.core.policy import Policy
from hctui.core.state import Standing, State
from hctui.engine.balancing import Plan, balance
from hctui.engine.clock import SteppedClock
from hctui.engine.commands import ChangeSettings, Command
from hctui.engine.desk import Desk
from hctui.engine.standing import read_standing, standing_path
from hctui.engine.view import Contact, Level, Line, View
from hctui.engine.waiting import Waiting
from hctui.journal import Journal, journal_path
from hctui.journal.chronicle import read_orders
from tests.core.build import NOW, cluster, node, vm
from tests.engine.given import settings_of
from tests.engine.stand_in import StandInCluster, StandInMemory, Trouble

LIVE = Policy(dry_run=False)
DRY_RUN = ChangeSettings({"dry_run": "true"})
APART = cluster([node(1), node(2)], [vm("sql-1", 1), vm("sql-2", 1, tags="anti_sql-1")])
ADDRESS = "https://10.0.0.101"


class Shy(StandInCluster):
    """A cluster that answers once it may, and the client on it."""

    def __init__(self, *, answers: bool) -> None:
        super().__init__(APART, [])
        self.answers = answers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        pass

    async def snapshot(self, taken_at: float) -> Snapshot:
        if not self.answers:
            raise ClusterUnreachable("10.0.0.101 port 443: No route to host.")
        return await super().snapshot(taken_at)

    async def account(self) -> SimpleNamespace:
        return SimpleNamespace(may_migrate=MayMigrate.YES)


@dataclass
class Run:
    """One run of the balancer, while it lasts."""

    folder: Path
    cluster: Shy
    desk: Desk
    stop: asyncio.Event
    lines: list[Line] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    def told(self, event: str) -> list[str]:
        return [line.text for line in self.lines if line.event == event]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                assert self.task is not None
                assert not self.task.done(), self.task
                await asyncio.sleep(0)

    async def ordered(self, *commands: Command) -> None:
        """Give orders, and wait until they were noticed."""
        for command in commands:
            self.desk.submit(command)
        await self.until(lambda: not self.desk.woken.is_set())


@asynccontextmanager
async def running(folder: Path, *, answers: bool = False) -> AsyncIterator[Run]:
    clock = SteppedClock(NOW)
    run = Run(
        folder,
        Shy(answers=answers),
        Desk(settings_of(LIVE), Contact(ADDRESS, "TLS pinned"), clock),
        asyncio.Event(),
    )
    client = cast(Client, run.cluster)
    run.task = asyncio.create_task(balance(client, run.desk, Plan(folder), clock, run.lines.append, run.stop))
    try:
        await run.until(lambda: run.lines)
        yield run
    finally:
        run.stop.set()
        await asyncio.wait({run.task}, timeout=10)


async def saved(folder: Path) -> State:
    async with Journal.open(folder, APART.cluster, ADDRESS) as journal:
        return await journal.load_state(NOW, 3600)


def recorded(folder: Path) -> list[tuple[str, str]]:
    """Who ordered what, the oldest first."""
    told = read_orders(journal_path(folder, APART.cluster.id), 0, NOW + 1e6)
    return [(each.who, each.what) for each in reversed(told)]


async def moves(folder: Path) -> bool:
    """Whether a run that finds something to be moved decides to."""
    async with running(folder, answers=True) as run:
        await run.until(lambda: run.desk.view.decision)
        decision = run.desk.view.decision
        assert decision
        assert run.desk.view.state.paused is (decision.outcome is Outcome.PAUSED)
        return decision.outcome is Outcome.MOVE and not decision.dry_run


CASES: dict[str, tuple[tuple[Command, ...], Standing]] = {
    "paused": ((Pause(),), Standing(paused=True)),
    "dry run": ((DRY_RUN,), Standing(dry_run_held=True)),
    "both": ((DRY_RUN, Pause()), Standing(paused=True, dry_run_held=True)),
    "taken back": ((Pause(), DRY_RUN, Resume(), ChangeSettings({"dry_run": "false"})), Standing()),
}


@pytest.mark.parametrize("case", CASES)
async def test_it_is_on_disk_at_once_and_shown_and_holds_at_the_next_start(tmp_path: Path, case: str) -> None:
    commands, standing = CASES[case]
    async with running(tmp_path) as run:
        await run.ordered(*commands)
        assert read_standing(tmp_path, ADDRESS)[0] == standing, "before the program ends, which may be sudden"
        assert run.desk.view.state.paused is standing.paused
    async with running(tmp_path) as run:
        assert run.desk.standing == standing
        assert run.desk.view.state.paused is standing.paused
        assert len(run.told("paused")) == standing.paused
        assert len(run.told("dry_run_held")) == standing.dry_run_held
    assert await moves(tmp_path) is (standing == Standing())
    assert list(tmp_path.glob("ordered-*")) == [], "the journal has it now"
    state = await saved(tmp_path)
    assert (state.paused, state.dry_run_held) == (standing.paused, standing.dry_run_held)


async def test_an_order_and_the_end_in_one_moment(tmp_path: Path) -> None:
    desk = Desk(settings_of(LIVE), Contact(ADDRESS, "TLS pinned"), SteppedClock(NOW))
    async with Waiting(desk, tmp_path, lambda line: None):
        await asyncio.sleep(0)
        desk.submit(Pause())
    assert read_standing(tmp_path, ADDRESS)[0].paused


async def test_once_the_cluster_answers_it_is_in_its_journal_before_anything_is_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    views: list[View] = []
    kept: list[tuple[State, bool]] = []
    save = Journal.save_state

    async def noted(journal: Journal, state: State, orders: Collection[Ordered]) -> None:
        await save(journal, state, orders)
        kept.append((state, standing_path(tmp_path, ADDRESS).exists()))

    monkeypatch.setattr(Journal, "save_state", noted)
    async with running(tmp_path) as run:
        await run.ordered(Pause(), DRY_RUN)
        run.desk.listen(lambda: views.append(run.desk.view))
        run.cluster.answers = True
        await run.until(lambda: run.desk.view.decision)
        assert not [line.text for line in run.lines if "the last run" in line.text]
    [(state, was_still_kept)] = kept
    assert (state.paused, state.dry_run_held, was_still_kept) == (True, True, True)
    outcomes = {view.decision.outcome for view in views if view.decision}
    assert outcomes == {Outcome.PAUSED}
    assert all(view.state.paused for view in views), (
        "a key that resumes must not be taken for one that pauses"
    )
    assert "migrate" not in run.cluster.calls


async def test_what_is_ordered_while_it_is_handed_over_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Journal.save_state

    async def slow(journal: Journal, state: State, orders: Collection[Ordered]) -> None:
        if not run.desk.standing.paused:
            run.desk.submit(Pause())
        await asyncio.sleep(0)
        await save(journal, state, orders)

    async def killed(journal: Journal, *_: object) -> None:
        raise Trouble("the machine stands still from here on")

    monkeypatch.setattr(Journal, "save_state", slow)
    monkeypatch.setattr(Journal, "record_cycle", killed)
    async with running(tmp_path) as run:
        await run.ordered(DRY_RUN)
        run.cluster.answers = True
        await run.until(lambda: run.desk.view.decision)
        monkeypatch.setattr(Journal, "save_state", killed)
    monkeypatch.undo()
    assert not list(tmp_path.glob("ordered-*"))
    state = await saved(tmp_path)
    assert (state.paused, state.dry_run_held) == (True, True)
    assert len(recorded(tmp_path)) == 2


async def test_a_pause_that_the_journal_knows_is_not_undone_by_it(tmp_path: Path) -> None:
    async with Journal.open(tmp_path, APART.cluster, ADDRESS) as journal:
        await journal.save_state(State(paused=True))
    async with running(tmp_path) as run:
        await run.ordered(DRY_RUN)
    assert not await moves(tmp_path)
    state = await saved(tmp_path)
    assert (state.paused, state.dry_run_held) == (True, True)


async def test_where_it_cannot_be_written_that_is_said_and_it_holds_for_this_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    async with running(tmp_path) as run:
        await run.ordered(Pause())
        [told] = [line for line in run.lines if line.event == "journal"]
        assert told.level is Level.ERROR
        assert "No space left on device" in told.text
        assert run.desk.standing.paused


async def test_a_journal_that_cannot_be_written_leaves_it_where_it_was(tmp_path: Path) -> None:
    desk = Desk(settings_of(LIVE), Contact(ADDRESS, "TLS pinned"), SteppedClock(NOW))
    desk.submit(Pause())
    memory = StandInMemory([])
    memory.failing.add("save_state")
    with pytest.raises(Trouble):
        async with Waiting(desk, tmp_path, lambda line: None) as waiting:
            await waiting.hand_over(memory, State())
    assert read_standing(tmp_path, ADDRESS)[0].paused


ME = f"the console (process {os.getpid()})"
SWITCHED = (ME, "switch dry run on: balancer.dry_run is now true (the console); it was false.")


async def test_who_ordered_what_survives_the_end_before_the_cluster_answers_and_is_recorded_once(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as run:
        await run.ordered(Pause(), DRY_RUN)
        assert len(run.told("ordered")) == 2
    async with running(tmp_path) as run:
        await run.ordered(Resume())
        assert run.told("ordered") == [f"Ordered by {ME}: resume."], "what holds again is no new order"
    for _ in range(2):
        async with running(tmp_path, answers=True) as run:
            await run.until(lambda: run.desk.view.decision)
        assert recorded(tmp_path) == [(ME, "pause"), SWITCHED, (ME, "resume")]


async def test_orders_that_left_nothing_standing_are_recorded_too(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        await run.ordered(Pause(), Resume())
    async with running(tmp_path, answers=True) as run:
        await run.until(lambda: run.desk.view.decision)
    assert recorded(tmp_path) == [(ME, "pause"), (ME, "resume")]
    assert not list(tmp_path.glob("ordered-*"))


async def test_they_are_in_the_journal_before_the_file_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(journal: Journal, *_: object) -> None:
        raise Trouble("the machine stands still from here on")

    async with running(tmp_path) as run:
        await run.ordered(Pause(), Resume())
        monkeypatch.setattr(Journal, "record_cycle", killed)
        run.cluster.answers = True
        await run.until(lambda: run.desk.view.decision)
        assert recorded(tmp_path) == [(ME, "pause"), (ME, "resume")]
