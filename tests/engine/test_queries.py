"""What a front end may ask: every question answered, beside a writer, off the loop, and failing in one way only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hctui.core.commands import Ordered
from hctui.core.decision import Outcome
from hctui.core.errors import HctuiError
from hctui.core.migration import Phase
from hctui.core.model import VmId
from hctui.core.policy import Policy
from hctui.core.state import State
from hctui.engine import queries
from hctui.engine.queries import Form, Queries, Subject
from hctui.journal import Journal
from tests.journal.build import (
    ADDRESS,
    CLUSTER,
    START,
    full_decision,
    migration,
    move,
    moving,
    snapshot,
)

END = START + 3600
WEB = VmId("id-web")

QUESTIONS: dict[str, Callable[[Queries, Path], Awaitable[object]]] = {
    "node_series": lambda asked, _: asked.node_series(START, END, 100),
    "vm_series": lambda asked, _: asked.vm_series(WEB, START, END, 100),
    "migrations": lambda asked, _: asked.migrations(START, END, 100),
    "decisions": lambda asked, _: asked.decisions(END, 100),
    "orders": lambda asked, _: asked.orders(START, END, 100),
    "decision": lambda asked, _: asked.decision(1),
    "decision_at": lambda asked, _: asked.decision_at(END),
    "decision_after": lambda asked, _: asked.decision_after(START),
    "report": lambda asked, _: asked.report(START, END, 80.0),
    "replay": lambda asked, _: asked.replay(START, END, Policy()),
    "export": lambda asked, folder: asked.export(Subject.DECISIONS, Form.CSV, folder / "out.csv", START, END),
}


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_every_question_is_asked_here() -> None:
    assert set(QUESTIONS) == {name for name in vars(Queries) if not name.startswith("_")} - {"path"}


async def test_every_question_is_answered_while_the_engine_writes(tmp_path: Path) -> None:
    async with Journal.open(tmp_path, CLUSTER, ADDRESS) as journal:
        asked = Queries(journal.path)
        assert await asked.decisions(END, 10) == ()
        await journal.record_cycle(snapshot(START), full_decision(START), State())
        await journal.record_cycle(snapshot(START + 30), moving(START + 30, move("db")), State())
        ended = replace(migration(Phase.ARRIVED, at=START + 10), phase_since=START + 25)
        await journal.record_migration(ended, State())
        orders = [Ordered(START + at, "me", what) for at, what in ((5, "pause"), (6, "resume"))]
        await journal.save_state(State(), orders)

        nodes = await asked.node_series(START, END, 100)
        assert [series.name for series in nodes] == ["n1", "n2"]
        web = await asked.vm_series(WEB, START, END, 100)
        assert web is not None
        assert web.placements == (queries.Placement(START, "n1"),)
        told = await asked.migrations(START, END, 100)
        assert [(each.vm_name, each.is_imagined) for each in told] == [("db", True), ("web", False)]
        assert [each.what for each in await asked.orders(START, END, 100)] == ["resume", "pause"]
        assert [each.at for each in await asked.orders(START, END, 1, contains="PAU")] == [START + 5]
        latest, first = await asked.decisions(END, 100)
        assert await asked.decisions(END, 100, contains="MOVING WEB", outcomes={Outcome.MOVE}) == (first,)
        assert await asked.decisions(END, 100, outcomes={Outcome.PAUSED}) == ()
        assert await asked.decision(first.id) == full_decision(START)
        assert await asked.decision_at(latest.at + 5) == moving(START + 30, move("db"))
        assert await asked.decision_after(START - 1) == full_decision(START)
        assert await asked.decision_after(START) == moving(START + 30, move("db"))
        assert await asked.decision_after(START + 30) is None
        assert "hctui report for branch-7" in await asked.report(START, END, 80.0)
        assert await asked.export(Subject.MIGRATIONS, Form.CSV, tmp_path / "out.csv", START, END) == 2

        await journal.record_cycle(None, full_decision(START + 60), State())
        assert len(await asked.decisions(END, 100)) == 3


async def test_one_decision_before_the_time_of_a_chart_is_still_in_the_list(tmp_path: Path) -> None:
    async with Journal.open(tmp_path, CLUSTER, ADDRESS) as journal:
        await journal.record_cycle(None, full_decision(1.0), State())
        [told] = await Queries(journal.path).decisions(END, 100)
        assert told.at == 1.0


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_question_that_cannot_be_answered_raises_our_error_only(tmp_path: Path, name: str) -> None:
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"\0" * 5000)
    for path in (tmp_path / "missing.sqlite", damaged, tmp_path):
        with pytest.raises(HctuiError):
            await QUESTIONS[name](Queries(path), tmp_path)
    assert names_in(tmp_path) == ["damaged.sqlite"], "nothing was made by asking"


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_question_never_holds_up_the_loop(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reading waits for the loop to do something else: with the reading on the loop it would wait for ever."""
    went_on = threading.Event()
    in_time: list[bool] = []

    def patient(*arguments: object, **options: object) -> None:
        in_time.append(went_on.wait(10.0))
        raise HctuiError("enough")

    for reader in (
        "read_node_series",
        "read_vm_series",
        "read_migrations",
        "read_decision_list",
        "read_orders",
        "read_decision",
        "read_decision_at",
        "read_decision_after",
        "read_report",
        "read_frames",
        "export",
    ):
        monkeypatch.setattr(queries, reader, patient)
    asking = asyncio.ensure_future(QUESTIONS[name](Queries(tmp_path), tmp_path))
    await asyncio.sleep(0)
    went_on.set()
    with pytest.raises(HctuiError, match="enough"):
        await asking
    assert in_time == [True]
