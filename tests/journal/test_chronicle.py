"""The lists of what was done, decided and ordered: which rows, in which sequence, and single traces."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hctui.core.commands import Ordered
from hctui.core.decision import Closed, Ending, Outcome, Reason
from hctui.core.learned import Learned
from hctui.core.learning import sentence
from hctui.core.migration import Migration, Phase
from hctui.core.policy import Mode
from hctui.core.state import State
from hctui.journal import Journal, JournalError
from hctui.journal.chronicle import (
    MAY_WAIT,
    DecisionTold,
    MigrationTold,
    OrderTold,
    read_decision_list,
    read_migrations,
    read_orders,
)
from hctui.journal.traces import read_decision, read_decision_at
from tests.journal.build import (
    ADDRESS,
    CLUSTER,
    START,
    Entry,
    decision,
    full_decision,
    full_state,
    migration,
    move,
    moving,
    stuck,
    written,
)

DAY = 86_400.0


def real(name: str, at: float, phase: Phase = Phase.ARRIVED, seconds: float = 45.0) -> Migration:
    """One of an id of its own."""
    begun = migration(phase, at=START + at, what=move(name))
    return replace(begun, id=f"m-{name}", phase_since=START + at + seconds, note=f"{name} is on n2.")


async def migrations(folder: Path, entries: Iterable[Entry], limit: int = 100) -> tuple[MigrationTold, ...]:
    return read_migrations(await written(folder, entries), START, START + DAY, limit)


async def test_a_migration_is_told_whole(folder: Path) -> None:
    [told] = await migrations(folder, [real("web", 10)])
    assert told == MigrationTold(
        id="m-web",
        vm_id=move("web").vm_id,
        vm_name="web",
        source=move().source,
        source_name="n1",
        target=move().target,
        target_name="n2",
        reason=Reason.LOAD,
        sentence="n1 is hot.",
        requested_at=START + 10,
        ended_at=START + 55,
        phase=Phase.ARRIVED,
        note="web is on n2.",
    )
    assert (told.seconds, told.is_imagined) == (45.0, False)


async def test_one_under_way_has_no_end_yet(folder: Path) -> None:
    [told] = await migrations(folder, [real("web", 10, Phase.RUNNING)])
    assert (told.ended_at, told.seconds, told.phase) == (None, None, Phase.RUNNING)


async def test_no_migration_took_less_than_no_time(folder: Path) -> None:
    [told] = await migrations(folder, [real("web", 10, seconds=-3600.0)])
    assert told.seconds == 0.0


async def test_what_a_dry_run_imagined_is_told_as_imagined(folder: Path) -> None:
    [told] = await migrations(folder, [moving(START + 5, move("web", told="n1 is at 91.0 %."))])
    assert (told.is_imagined, told.phase, told.ended_at, told.seconds) == (True, None, None, None)
    assert (told.vm_name, told.source_name, told.target_name) == ("web", "n1", "n2")
    assert (told.requested_at, told.sentence) == (START + 5, "n1 is at 91.0 %.")


async def test_what_was_proposed_or_is_real_is_not_imagined(folder: Path) -> None:
    proposed = replace(moving(START, move("web")), outcome=Outcome.PROPOSAL)
    live = moving(START + 30, move("web"), dry_run=False)
    assert await migrations(folder, [proposed, live]) == ()


async def test_real_and_imagined_ones_are_one_list_the_latest_first(folder: Path) -> None:
    entries: list[Entry] = [
        real("b", 40),
        moving(START + 30, move("a")),
        moving(START + 50, move("c")),
        real("early", -1),
        moving(START + DAY, move("last")),
        moving(START + DAY + 1, move("late")),
        real("first", 0),
    ]
    assert [told.vm_name for told in await migrations(folder, entries)] == ["last", "c", "b", "a", "first"]


async def test_a_limit_leaves_the_latest_of_both_kinds(folder: Path) -> None:
    entries: list[Entry] = [
        *(real(f"real-{index}", 20 * index) for index in range(5)),
        *(moving(START + 20 * index + 10, move(f"dry-{index}")) for index in range(5)),
    ]
    told = await migrations(folder, entries, 3)
    assert [each.vm_name for each in told] == ["dry-4", "real-4", "dry-3"]
    assert len({each.id for each in told}) == 3


async def test_names_like_words_of_sql_or_json_stay_names(folder: Path) -> None:
    names = ["null", "true", "1", "db [/] x", "%_\\"]
    entries = [real(name, index) for index, name in enumerate(names)]
    assert [told.vm_name for told in reversed(await migrations(folder, entries))] == names


async def listed(folder: Path, entries: Iterable[Entry], limit: int = 100, **wanted: object) -> list[str]:
    path = await written(folder, entries)
    told = read_decision_list(path, START, START + DAY, limit, **wanted)  # type: ignore[arg-type]
    return [each.sentence for each in told]


async def test_a_decision_is_told_without_its_trace(folder: Path) -> None:
    path = await written(folder, [full_decision(START)])
    assert read_decision_list(path, START, START) == (
        DecisionTold(
            1,
            START,
            Outcome.MOVE,
            False,
            Mode.APPROVE,
            "n1 is hot. Moving web to n2.",
            "web",
            full_decision(START).closed,
        ),
    )


@pytest.mark.parametrize("before", sorted(MAY_WAIT))
async def test_the_proposal_that_ended_is_told_apart_from_the_one_that_waits_now(
    folder: Path, before: Outcome
) -> None:
    ended = Closed(1, move("sql-01"), START, Ending.REJECTED, START + 1800)
    next_one = decision(START + 60, Outcome.PROPOSAL, move=move("sql-02"), closed=ended)
    path = await written(folder, [decision(START), decision(START + 30, before), next_one])
    last, *others = read_decision_list(path, START, START + 90)
    assert (last.vm_name, last.closed) == ("sql-02", ended)
    assert [each.closed for each in others] == [None, None]


async def test_decisions_come_latest_first_within_limit_and_time(folder: Path) -> None:
    times = [-1.0, 0.0, 30.0, 60.0, DAY, DAY + 1]
    entries = [decision(START + at, sentence=f"{at:g}") for at in times]
    assert await listed(folder / "a", entries) == ["86400", "60", "30", "0"]
    assert await listed(folder / "b", entries, 2) == ["86400", "60"]


async def test_where_a_clock_was_set_back_time_rules_and_then_the_order_of_writing(folder: Path) -> None:
    times = [60.0, 90.0, 30.0, 60.0]
    entries = [decision(START + at, sentence=f"{at:g} #{row}") for row, at in enumerate(times, 1)]
    assert await listed(folder, entries) == ["90 #2", "60 #4", "60 #1", "30 #3"]


SAID = [
    decision(START, Outcome.BALANCED, sentence="No imbalance."),
    moving(START + 30, move("Web-ÄRGER", told="n1 is hot.")),
    decision(START + 60, Outcome.BLOCKED, sentence="100 % of n1 is taken."),
    decision(START + 90, Outcome.PAUSED, sentence="Straße paused."),
]


@pytest.mark.parametrize(
    ("contains", "found"),
    [
        ("", ["Straße paused.", "100 % of n1 is taken.", "n1 is hot.", "No imbalance."]),
        ("N1", ["100 % of n1 is taken.", "n1 is hot."]),
        ("web-ärg", ["n1 is hot."]),
        ("blocked", ["100 % of n1 is taken."]),
        ("0 % of", ["100 % of n1 is taken."]),
        ("%", ["100 % of n1 is taken."]),
        ("STRASSE", ["Straße paused."]),
        ("_", []),
        ("'; DROP TABLE decisions", []),
    ],
)
async def test_text_is_looked_for_as_it_stands(folder: Path, contains: str, found: list[str]) -> None:
    assert await listed(folder, SAID, contains=contains) == found


async def test_outcomes_and_text_both_have_to_fit(folder: Path) -> None:
    wanted = {Outcome.MOVE, Outcome.PAUSED}
    assert await listed(folder / "a", SAID, outcomes=wanted) == ["Straße paused.", "n1 is hot."]
    assert await listed(folder / "b", SAID, outcomes=wanted, contains="n1") == ["n1 is hot."]
    assert await listed(folder / "c", SAID, outcomes=()) == []


async def test_a_filter_is_applied_before_the_limit(folder: Path) -> None:
    assert await listed(folder, SAID, 1, contains="no imbalance") == ["No imbalance."]


async def test_a_decision_comes_back_whole_by_its_row(folder: Path) -> None:
    path = await written(folder, [decision(START), full_decision(START + 30)])
    assert read_decision(path, 2) == full_decision(START + 30)
    assert read_decision(path, 3) is None


async def test_a_decision_is_found_by_its_moment_else_the_one_before(folder: Path) -> None:
    path = await written(folder, [decision(START + at, sentence=f"{at}") for at in (30, 60, 0, 30)])
    first, again = decision(START, sentence="0"), decision(START + 30, sentence="30")
    assert read_decision_at(path, START - 0.001) is None
    assert read_decision_at(path, START) == first
    assert read_decision_at(path, START + 29.9) == first
    assert read_decision_at(path, START + 30) == again
    assert read_decision_at(path, START + 9e9) == decision(START + 60, sentence="60")


async def test_of_two_decisions_of_one_moment_the_one_written_last_is_meant(folder: Path) -> None:
    path = await written(folder, [decision(START, sentence="a"), decision(START, sentence="b")])
    assert read_decision_at(path, START) == decision(START, sentence="b")


async def test_an_empty_journal_has_nothing_to_tell(folder: Path) -> None:
    path = await written(folder, [])
    assert read_migrations(path, 0.0, 9e9) == ()
    assert read_decision_list(path, 0.0, 9e9) == ()
    assert (read_decision(path, 1), read_decision_at(path, 9e9)) == (None, None)


@pytest.mark.parametrize(
    ("damage", "ask"),
    [
        ("UPDATE decisions SET outcome = 'whatever'", lambda path: read_decision_list(path, 0.0, 9e9)),
        ("UPDATE decisions SET sentence = x'ff00'", lambda path: read_decision_list(path, 0.0, 9e9)),
        ("UPDATE decisions SET mode = 'whatever'", lambda path: read_decision_list(path, 0.0, 9e9)),
        ("UPDATE decisions SET trace = x'00'", lambda path: read_decision(path, 1)),
        ("UPDATE decisions SET trace = 'text'", lambda path: read_decision_at(path, 9e9)),
        ("UPDATE decisions SET trace = x'00'", lambda path: read_migrations(path, 0.0, 9e9)),
        ("UPDATE decisions SET outcome = 'move' WHERE id = 2", lambda path: read_migrations(path, 0.0, 9e9)),
        ("UPDATE migrations SET phase = 'whatever'", lambda path: read_migrations(path, 0.0, 9e9)),
        ("UPDATE migrations SET ended_at = 'soon'", lambda path: read_migrations(path, 0.0, 9e9)),
        ("DROP TABLE migrations", lambda path: read_migrations(path, 0.0, 9e9)),
    ],
)
async def test_a_damaged_row_is_an_error_of_ours(
    folder: Path, damage: str, ask: Callable[[Path], object]
) -> None:
    path = await written(
        folder, [moving(START, move()), decision(START + 30, findings=(stuck("x", "a"),)), real("web", 40)]
    )
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)
    with pytest.raises(JournalError, match=r"\.sqlite"):
        ask(path)


ORDERS = [
    Ordered(START, "the console (process 41)", "pause"),
    Ordered(START + 60, "an attached console (process 42)", "approve proposal 7: Straße-1 to n2"),
    Ordered(START + 60, "hctui itself", "Paused, because 100 % failed."),
    Ordered(START + 90, "hctui dry-run (process 43)", "change dry_run: '; DROP TABLE orders"),
]


async def test_orders_come_latest_first_within_limit_and_time(folder: Path) -> None:
    path = await written(folder, ORDERS)
    first = OrderTold(1, START, "the console (process 41)", "pause")
    told = read_orders(path, START, START + 60)
    assert [each.id for each in told] == [3, 2, 1]
    assert told[-1] == first
    assert [each.id for each in read_orders(path, START, START + 90, 2)] == [4, 3]
    assert read_orders(path, START + 1, START + 59) == ()


@pytest.mark.parametrize(
    ("contains", "found"),
    [
        ("PROCESS 4", [4, 2, 1]),
        ("pause", [3, 1]),
        ("STRASSE", [2]),
        ("%", [3]),
        ("_", [4]),
        ("'; DROP", [4]),
        ("process 41)pause", []),
    ],
)
async def test_orders_are_looked_for_by_giver_or_words(folder: Path, contains: str, found: list[int]) -> None:
    told = read_orders(await written(folder, ORDERS), START, START + 90, contains=contains)
    assert [each.id for each in told] == found


async def test_a_migration_is_told_with_what_it_did_to_its_nodes(folder: Path) -> None:
    """What was predicted is there once it has arrived, and is replaced by what was measured."""
    arrived = replace(migration(Phase.ARRIVED), id="m-1")
    forecast = full_state().learned.awaiting[0]
    early = replace(forecast, soon=None, late=None, disturbed=False)
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        for awaiting in (early, forecast):
            await journal.record_migration(arrived, State(learned=Learned(awaiting=(awaiting,))))
            (told,) = read_migrations(journal.path, 0, 2 * START)
            assert told.effect == sentence(awaiting)
    assert "predicted, 71.0 % after 5 min, 72.0 % after 30 min" in told.effect
