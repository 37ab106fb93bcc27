"""What a report says of a constructed week: the facts one by one, then the text as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from hctui.core.commands import Ordered
from hctui.core.decision import Closed, Decision, Ending, Finding, Move, Outcome, Reason
from hctui.core.migration import Migration, Phase
from hctui.core.model import VmId
from hctui.core.state import State
from hctui.core.wrapping import WIDEST
from hctui.journal import Journal, JournalError, Report, as_json, read_report, render
from tests.journal.build import (
    START,
    Entry,
    decision,
    migration,
    move,
    moving,
    node,
    snapshot,
    standing_down,
    stuck,
    waiting,
    written,
)


async def reported(folder: Path, entries: Iterable[Entry]) -> Report:
    return read_report(await written(folder, entries), START, START + 86_400, 80.0)


async def test_an_empty_time_is_reported_as_such(folder: Path) -> None:
    report = await reported(folder, [decision(START - 1)])
    assert report.coverage.first_at is None
    assert (report.cycles, report.moves, report.nodes) == ((), (), ())
    assert "The journal holds no cycle of this time." in render(report, UTC)


async def test_both_ends_of_the_time_count(folder: Path) -> None:
    times = (-1.0, 0.0, 86_400.0, 86_401.0)
    report = await reported(folder, [snapshot(START + at) for at in times])
    assert (report.dry_cycles, report.coverage.samples) == (2, 2)


async def test_time_with_samples_and_its_gaps(folder: Path) -> None:
    report = await reported(folder, [snapshot(START + at) for at in (0, 30, 60, 1000, 1030, 1090)])
    coverage = report.coverage
    assert coverage.interval_seconds == 30.0
    assert [(gap.from_at - START, gap.until_at - START) for gap in coverage.gaps] == [(150.0, 1000.0)]
    assert coverage.seconds == 30 + 30 + 90 + 30 + 60
    assert (coverage.first_at, coverage.last_at) == (START, START + 1090)


async def test_cycles_by_outcome_with_the_time_each_held(folder: Path) -> None:
    outcomes = [Outcome.COLLECTING, Outcome.BALANCED, Outcome.BALANCED, Outcome.PAUSED]
    entries = [decision(START + 30 * index, outcome) for index, outcome in enumerate(outcomes)]
    report = await reported(folder, entries)
    assert [(tally.outcome, tally.cycles, tally.seconds) for tally in report.cycles] == [
        (Outcome.BALANCED, 2, 60.0),
        (Outcome.COLLECTING, 1, 30.0),
        (Outcome.PAUSED, 1, 0.0),
    ]


async def test_imagined_moves_come_from_decisions(folder: Path) -> None:
    report = await reported(folder, [moving(START, move("web"))])
    (told,) = report.moves
    assert (told.dry_run, told.vm_name, told.source_name, told.target_name) == (True, "web", "n1", "n2")
    assert (told.reason, told.sentence, told.phase) == (Reason.LOAD, "n1 is hot.", None)
    assert "more than once" not in render(report, UTC)


async def test_a_proposal_is_not_a_move(folder: Path) -> None:
    proposed = replace(moving(START, move("web")), outcome=Outcome.PROPOSAL)
    assert (await reported(folder, [proposed])).moves == ()


async def test_a_live_move_tells_how_it_ended_and_is_told_once(folder: Path) -> None:
    ended = replace(migration(Phase.FAILED, at=START + 1), phase_since=START + 60, note="Task error.")
    report = await reported(folder, [moving(START, move(), dry_run=False), ended, decision(START + 90)])
    (told,) = report.moves
    assert (told.dry_run, told.phase, told.note) == (False, Phase.FAILED, "Task error.")


async def test_a_live_decision_without_a_request_says_so(folder: Path) -> None:
    entries: list[Entry] = [
        moving(START, move("web"), dry_run=False),
        moving(START + 30, move("web"), dry_run=False),
        migration(Phase.ARRIVED, at=START + 31),
    ]
    report = await reported(folder, entries)
    assert [(told.at, told.phase) for told in report.moves] == [(START, None), (START + 31, Phase.ARRIVED)]
    assert "Not sent" in render(report, UTC)


async def test_a_migration_nobody_decided_on_is_a_move_too(folder: Path) -> None:
    report = await reported(folder, [decision(START), migration(Phase.ARRIVED)])
    assert [told.vm_name for told in report.moves] == ["web"]


def blocked(at: float, *findings: object) -> Decision:
    return decision(START + at, Outcome.BLOCKED, findings=findings)


async def test_a_rule_without_a_way_out_is_counted_under_its_vms(folder: Path) -> None:
    report = await reported(
        folder,
        [
            blocked(0, stuck("web shares n1 with db.", "web", "db")),
            blocked(
                30,
                stuck("db shares n2 with web: n1 is full.", "db", "web"),
                stuck("x", "x", reason=Reason.PIN),
            ),
        ],
    )
    first, second = report.broken_rules
    assert (first.reason, first.vm_ids, first.cycles) == (Reason.ANTI_AFFINITY, ("id-db", "id-web"), 2)
    assert (first.first_at, first.last_at) == (START, START + 30)
    assert first.sentence == "db shares n2 with web: n1 is full."
    assert first.is_standing
    assert (second.reason, second.cycles) == (Reason.PIN, 1)


async def test_a_load_that_cannot_be_relieved_is_no_rule(folder: Path) -> None:
    assert (
        await reported(folder, [blocked(0, stuck("n1 is hot.", "web", reason=Reason.LOAD))])
    ).broken_rules == ()


async def test_imbalances_that_cannot_be_relieved_are_told_as_one(folder: Path) -> None:
    load = Reason.LOAD
    cycles: list[Entry] = [
        decision(START, Outcome.BLOCKED, findings=(stuck("n1 is hot. 5 by RAM.", "web", reason=load),)),
        decision(START + 30, Outcome.BLOCKED, findings=(stuck("n2 is hot. 3 by pin.", "sql", reason=load),)),
    ]
    report = await reported(folder, cycles)
    [told] = report.unrelieved
    assert (told.cycles, told.first_at, told.last_at, told.is_standing) == (2, START, START + 30, True)
    assert "n2 is hot. 3 by pin." in render(report)


async def test_the_text_tells_real_moves_from_imagined_and_failed_ones(folder: Path) -> None:
    web = move("web")
    arrived = replace(migration(Phase.ARRIVED, at=START + 61, what=web), id="m-2")
    refused = replace(migration(Phase.NOT_STARTED, at=START + 91, what=web), id="m-3", note="Refused.")
    cycles: list[Decision | Migration] = [
        moving(START, web),
        moving(START + 60, web, dry_run=False),
        arrived,
        moving(START + 90, web, dry_run=False),
        refused,
    ]
    text = render(await reported(folder, cycles))
    assert "Of these, 1 arrived, 1 only imagined and 1 otherwise ended, see below." in " ".join(text.split())
    assert "Moved more than once" not in text
    assert "Not started. Refused." in text


async def test_a_rule_that_waits_for_its_turn_behind_a_move_is_told(folder: Path) -> None:
    first = moving(START, move("db", reason=Reason.PIN))
    behind = replace(first, findings=(*first.findings, waiting("web is astray.", "web", reason=Reason.PIN)))
    [rule] = (await reported(folder, [behind])).broken_rules
    assert (rule.vm_ids, rule.behind_cycles, rule.is_standing) == (("id-web",), 1, True)


async def test_a_node_that_is_too_busy_while_none_is_cool_enough_has_no_way_out(folder: Path) -> None:
    """Nobody was considered for it, and still it does not wait for its turn."""
    report = await reported(folder, [blocked(0, waiting("n1 is hot, no node is cool.", reason=Reason.LOAD))])
    [told] = report.unrelieved
    assert (told.cycles, told.is_standing, told.behind_cycles) == (1, True, 0)
    assert "n1 is hot, no node is cool." in render(report, UTC)


FAILURES = [
    (Phase.NOT_STARTED, "Not started. Refused with 403."),
    (Phase.FAILED, "Failed. Refused with 403."),
    (Phase.GIVEN_UP, "Given up. Refused with 403."),
    (None, "Not sent: it was decided, but no request followed."),
]


@pytest.mark.parametrize("reason", [Reason.PIN, Reason.LOAD])
@pytest.mark.parametrize(("phase", "said"), FAILURES)
async def test_a_move_that_came_to_nothing_mends_nothing(
    folder: Path, reason: Reason, phase: Phase | None, said: str
) -> None:
    what = move("web", reason=reason)
    entries: list[Entry] = []
    for at in (0, 300):
        entries.append(moving(START + at, what, dry_run=False))
        if phase:
            sent = migration(phase, at=START + at + 1, what=what)
            entries.append(replace(sent, id=f"m-{at}", note="Refused with 403."))
        entries.append(decision(START + at + 30, Outcome.COOLING_DOWN, dry_run=False))
    entries.append(decision(START + 600, Outcome.COLLECTING, dry_run=False))
    report = await reported(folder, entries[:-1] if reason is Reason.PIN else entries)
    [rule] = report.broken_rules if reason is Reason.PIN else report.unrelieved
    assert (rule.failed_moves, rule.moved_at, rule.is_standing) == (2, None, True)
    told = " ".join(render(report, UTC).split())
    assert f"{reason}: 2 moves for it came to nothing; seen from 01-15 08:00 to 01-15 08:05, still so" in told
    when = "01-15 08:05"
    assert f"The last move for it that came to nothing, at {when}: web from n1 to n2. {said}" in told


async def test_a_move_that_is_under_way_came_to_nothing_no_more_than_it_mended(folder: Path) -> None:
    under_way = migration(Phase.RUNNING, at=START + 1)
    report = await reported(folder, [moving(START, move(), dry_run=False), under_way])
    assert report.unrelieved == ()
    asked = replace(moving(START, move(), dry_run=False), outcome=Outcome.PROPOSAL)
    later: list[Entry] = [
        asked,
        moving(START + 30, move(), dry_run=False),
        migration(Phase.RUNNING, at=START + 31),
    ]
    [told] = (await reported(folder / "asked", later)).unrelieved
    assert (told.is_standing, told.moved_at, told.failed_moves) == (True, None, 0)


async def test_an_arrival_after_a_failure_settles_it(folder: Path) -> None:
    cycles: list[Entry] = [
        moving(START, move(), dry_run=False),
        replace(migration(Phase.FAILED, at=START + 1), id="m-0"),
        moving(START + 300, move(), dry_run=False),
        migration(Phase.ARRIVED, at=START + 301),
    ]
    [told] = (report := await reported(folder, cycles)).unrelieved
    assert (told.failed_moves, told.moved_at, told.is_standing) == (1, START + 300, False)
    assert "settled by the move of 01-15 08:05" in " ".join(render(report, UTC).split())


async def test_while_load_is_not_looked_at_nothing_is_known_of_it(folder: Path) -> None:
    """After a migration the window begins afresh; that a hot node is not told of then does not make it cool."""
    hot = stuck("n1 is hot.", "web", reason=Reason.LOAD)
    collecting = decision(START + 30, Outcome.COLLECTING)
    [standing] = (await reported(folder / "a", [blocked(0, hot), collecting])).unrelieved
    cool = decision(START + 60)
    [gone] = (await reported(folder / "b", [blocked(0, hot), collecting, cool])).unrelieved
    assert (standing.is_standing, gone.is_standing) == (True, False)


async def test_rules_are_looked_at_off_hours_too(folder: Path) -> None:
    off = decision(START, Outcome.RULES_ONLY, findings=(stuck("web is astray.", "web", reason=Reason.PIN),))
    [rule] = (await reported(folder, [off])).broken_rules
    assert (rule.cycles, rule.is_standing) == (1, True)


async def test_a_rule_that_was_fixed_later_no_longer_stands(folder: Path) -> None:
    fix = move("web", reason=Reason.PIN)
    entries = [blocked(0, stuck("web is astray.", "web", reason=Reason.PIN)), moving(START + 30, fix)]
    (rule,) = (await reported(folder, entries)).broken_rules
    assert (rule.moved_at, rule.is_standing, rule.cycles) == (START + 30, False, 1)


async def test_a_rule_whose_fix_did_not_hold_stands_again(folder: Path) -> None:
    finding = stuck("web is astray.", "web", reason=Reason.PIN)
    entries = [blocked(0, finding), moving(START + 30, move("web", reason=Reason.PIN)), blocked(60, finding)]
    (rule,) = (await reported(folder, entries)).broken_rules
    assert (rule.moved_at, rule.is_standing, rule.cycles) == (START + 30, True, 2)


async def test_a_proposed_fix_is_not_yet_a_move(folder: Path) -> None:
    proposed = replace(moving(START + 30, move("web", reason=Reason.PIN)), outcome=Outcome.PROPOSAL)
    entries = [blocked(0, stuck("web is astray.", "web", reason=Reason.PIN)), proposed]
    report = await reported(folder, entries)
    (rule,) = report.broken_rules
    assert (rule.moved_at, rule.is_standing) == (None, True)
    told = "pin: no way out in 1 cycle; a move for it waited for approval in 1 cycle (0 s); seen at"
    assert told in " ".join(render(report, UTC).split())


async def test_a_rule_no_longer_seen_does_not_stand_and_a_pause_changes_nothing(folder: Path) -> None:
    finding = stuck("web shares n1 with db.", "web", "db")
    paused = decision(START + 60, Outcome.PAUSED)
    (standing,) = (await reported(folder / "a", [blocked(0, finding), paused])).broken_rules
    (gone,) = (await reported(folder / "b", [blocked(0, finding), decision(START + 30), paused])).broken_rules
    assert (standing.is_standing, gone.is_standing) == (True, False)
    assert gone.moved_at is None


async def test_a_move_by_hand_is_a_move_and_leaves_what_is_known_of_rules(folder: Path) -> None:
    entries = [
        blocked(0, stuck("web shares n1 with db.", "web", "db")),
        moving(START + 30, move("web", reason=Reason.MANUAL)),
        decision(START + 60, Outcome.REFUSED),
    ]
    report = await reported(folder, entries)
    assert [(told.reason, told.vm_name) for told in report.moves] == [(Reason.MANUAL, "web")]
    (rule,) = report.broken_rules
    assert (rule.is_standing, rule.last_at) == (True, START)
    text = " ".join(render(report, UTC).split())
    assert "a move by hand refused 1" in text
    assert "1 move decided: 1 by hand." in text
    assert "pin: no way out" not in text


def asking(at: float, what: Move, *others: Finding, ended: Ending | None = None) -> Decision:
    """A cycle in which a move waits for approval, and in which an earlier proposal of it may have ended."""
    found = Finding(what.reason, "web is astray.", "web is astray. Moving it.", (what.vm_id,), (), what)
    closed = Closed(1, what, START, ended) if ended else None
    return decision(
        START + at, Outcome.PROPOSAL, dry_run=False, findings=(found, *others), move=what, closed=closed
    )


PIN = move("web", reason=Reason.PIN)


@pytest.mark.parametrize("reason", [Reason.PIN, Reason.LOAD])
async def test_what_stayed_since_nobody_said_yes_is_told_with_counts_and_time(
    folder: Path, reason: Reason
) -> None:
    what = move("web", reason=reason)
    report = await reported(
        folder,
        [
            asking(0, what),
            asking(30, what, ended=Ending.EXPIRED),
            asking(60, what, ended=Ending.EXPIRED),
            asking(90, what, ended=Ending.REJECTED),
            asking(120, what),
        ],
    )
    [rule] = report.broken_rules if reason is Reason.PIN else report.unrelieved
    assert (rule.cycles, rule.asked_cycles, rule.asked_seconds, rule.is_standing) == (0, 5, 120.0, True)
    assert rule.proposals == {Ending.EXPIRED: 2, Ending.REJECTED: 1}
    told = " ".join(render(report, UTC).split())
    assert (
        f"{reason}: a move for it waited for approval in 5 cycles (2:00 min): 1 proposal was rejected and 2 proposals "
        "expired without an answer; seen from 01-15 08:00 to 01-15 08:02, still so at the end. The last time: "
        "web is astray." in told
    )


@pytest.mark.parametrize("outcome", [Outcome.BALANCED, Outcome.PAUSED, Outcome.NO_DATA])
@pytest.mark.parametrize("ending", Ending)
async def test_whoever_was_asked_is_told_of_whatever_came_of_it(
    folder: Path, outcome: Outcome, ending: Ending
) -> None:
    last = decision(START + 60, outcome, closed=Closed(1, PIN, START, ending))
    report = await reported(folder, [asking(0, PIN), decision(START + 30, Outcome.NO_DATA), last])
    assert [rule.proposals for rule in report.broken_rules] == [{ending: 1}]


async def sent_for(folder: Path, entries: list[Entry], at: float) -> Report:
    """A report of these, then of the approved move for the pin, and its arrival."""
    sent = replace(moving(START + at, PIN, dry_run=False), closed=Closed(2, PIN, START, Ending.APPROVED))
    arrived = migration(Phase.ARRIVED, at=START + at + 1, what=PIN)
    return await reported(folder, [*entries, sent, arrived, decision(START + at + 60)])


async def test_one_that_was_approved_and_arrived_is_told_as_settled(folder: Path) -> None:
    report = await sent_for(folder, [asking(0, PIN)], 30)
    [rule] = report.broken_rules
    assert (rule.is_standing, rule.moved_at, rule.asked_seconds) == (False, START + 30, 30.0)
    assert "1 proposal was approved; seen at 01-15 08:00, settled by the move" in " ".join(
        render(report, UTC).split()
    )


async def test_one_that_was_rejected_and_approved_later_is_told_with_its_end(folder: Path) -> None:
    report = await sent_for(folder, [asking(0, PIN), asking(30, PIN, ended=Ending.REJECTED)], 60)
    [rule] = report.broken_rules
    assert (rule.is_standing, rule.moved_at) == (False, START + 60)
    assert rule.proposals == {Ending.REJECTED: 1, Ending.APPROVED: 1}


async def test_what_was_asked_goes_by_the_move_that_waits_and_not_by_the_planners(folder: Path) -> None:
    """While it waits, the planner of each cycle may prefer a move for another rule, and find no way out for this."""
    preferred = move("db", reason=Reason.PIN)
    other = Finding(
        Reason.PIN, "db is astray.", "db is astray. Moving it.", (preferred.vm_id,), (), preferred
    )
    mine = stuck("web is astray.", "web", reason=Reason.PIN)
    waits = replace(asking(0, PIN), findings=(other, mine))
    ends = decision(START + 30, Outcome.PAUSED, closed=Closed(1, PIN, START, Ending.REJECTED))
    rules = {rule.vm_ids: rule for rule in (await reported(folder, [waits, ends])).broken_rules}
    db, web = rules[VmId("id-db"),], rules[VmId("id-web"),]
    assert (db.proposals, db.asked_cycles, db.behind_cycles) == ({}, 0, 1)
    assert (web.proposals, web.asked_cycles, web.behind_cycles, web.cycles) == ({Ending.REJECTED: 1}, 1, 0, 0)


async def test_a_proposal_is_for_what_it_was_made_for_and_for_no_other_rule_of_its_vm(folder: Path) -> None:
    pair = waiting("web shares n1 with db.", "web", "db")
    hot = stuck("n1 is hot.", "web", reason=Reason.LOAD)
    report = await reported(folder, [asking(0, PIN, pair, hot)])
    asked = {rule.reason: rule.asked_cycles for rule in (*report.broken_rules, *report.unrelieved)}
    assert asked == {Reason.PIN: 1, Reason.ANTI_AFFINITY: 0, Reason.LOAD: 0}


async def test_what_a_dry_run_imagined_is_not_taken_for_what_somebody_sent(folder: Path) -> None:
    report = await reported(folder, [moving(START, move()), migration(Phase.FAILED, at=START + 1)])
    assert [told.dry_run for told in report.moves] == [True, False]
    assert report.unrelieved == ()


async def test_an_alternative_for_load_is_asked_for_the_same_imbalance(folder: Path) -> None:
    chosen = move("sql", target="n3", reason=Reason.LOAD)
    planned = moving(START, move("web"), dry_run=False)
    waits = replace(planned, outcome=Outcome.PROPOSAL, move=chosen)
    [told] = (await reported(folder, [waits])).unrelieved
    assert (told.asked_cycles, told.behind_cycles) == (1, 0)


async def test_one_that_waits_behind_a_proposal_is_told_too(folder: Path) -> None:
    pair = waiting("a shares n1 with b.", "a", "b")
    report = await reported(folder, [asking(0, PIN, pair), asking(30, PIN, pair)])
    pin, behind = sorted(report.broken_rules, key=lambda rule: rule.reason, reverse=True)
    assert (pin.asked_cycles, behind.behind_cycles, behind.behind_seconds) == (2, 2, 30.0)
    assert "it waited for its turn, behind another move, in 2 cycles (30 s)" in " ".join(
        render(report, UTC).split()
    )


async def test_stand_downs_by_check_with_times_and_total(folder: Path) -> None:
    report = await reported(
        folder,
        [
            standing_down(START, nodes_online="n3 is offline."),
            standing_down(START + 30, nodes_online="n3 is unknown.", no_update="Updating."),
            decision(START + 60),
            standing_down(START + 90, nodes_online="n4 is offline."),
            decision(START + 120),
        ],
    )
    assert [(each.check, each.times, each.seconds, each.sentence) for each in report.stand_downs] == [
        ("nodes online", 2, 90.0, "n4 is offline."),
        ("no update", 1, 30.0, "Updating."),
    ]


async def test_hours_over_the_threshold_and_the_highest_figures(folder: Path) -> None:
    figures = [(0, 80.0, 64.0), (30, 80.01, 64.0), (60, 95.0, 96.0), (90, 20.0, 32.0), (120, None, None)]
    entries = [
        snapshot(START + at, (node("n2", 10.0), node("n1", cpu, mem)))
        for at, cpu, mem in [*figures, (150, 90.0, 1.0), (950, 1.0, 1.0)]
    ]
    report = await reported(folder, entries)
    first, second = report.nodes
    assert first.name == "n1"
    assert first.seconds_over == 30 + 30 + 3 * 30  # the last one is followed by a gap
    assert (first.highest_cpu_percent, first.highest_cpu_at) == (95.0, START + 60)
    assert (first.highest_mem_percent, first.highest_mem_at) == (75.0, START + 60)
    assert (second.name, second.seconds_over) == ("n2", 0.0)


async def test_orders_are_told_with_who_gave_them(folder: Path) -> None:
    orders = [
        Ordered(START + 60, "hctui itself", "Resumed."),
        Ordered(START, "the console (process 41)", "pause"),
    ]
    report = await reported(folder, [*orders, Ordered(START - 1, "me", "resume")])
    assert report.orders == (orders[1], orders[0])
    text = render(report, UTC)
    assert (
        "2 orders.\n  01-15 08:00  the console (process 41): pause\n  01-15 08:01  hctui itself: Resumed."
        in text
    )
    assert "What was ordered\n----------------\n  Nothing." in render(replace(report, orders=()), UTC)
    many = replace(report, orders=tuple(replace(orders[0], what=f"No {index}.") for index in range(60)))
    text = render(many, UTC)
    assert "60 orders. The latest 50:" in text
    assert ("No 9." in text, "No 10." in text, "No 59." in text) == (False, True, True)
    assert json.loads(as_json(report))["orders"][0] == {
        "at": START, "who": "the console (process 41)", "what": "pause",
    }  # fmt: skip


async def test_a_report_can_be_read_while_the_engine_writes(journal: Journal) -> None:
    await journal.record_cycle(snapshot(START), decision(START), State())
    assert read_report(journal.path, START, START + 1, 80.0).coverage.samples == 1
    await journal.record_cycle(snapshot(START + 1), decision(START + 1), State())
    assert read_report(journal.path, START, START + 1, 80.0).coverage.samples == 2


def test_a_missing_journal_is_an_error_of_ours_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"no\.sqlite"):
        read_report(tmp_path / "no.sqlite", 0.0, 1.0, 80.0)
    assert list(tmp_path.iterdir()) == []


WEEK: list[Entry] = [
    snapshot(START, (node("n1", 91.0), node("n2", 30.0))),
    blocked(
        30, stuck("sql-01 shares n1 with sql-02, which its tag anti_sql-02 forbids. " * 3, "sql-01", "sql-02")
    ),
    moving(START + 60, move("web", told="n1 is at 91.0 %, above 80.0 %.")),
    moving(START + 90, move("web", "n2", "n1", told="n2 is at 92.0 %, above 80.0 %.")),
    standing_down(START + 120, nodes_online="n2 is offline."),
    snapshot(START + 150, (node("n1", 40.0), node("n2", None, None))),
]


async def test_the_text_has_its_sections_in_order_and_fits(folder: Path) -> None:
    text = render(await reported(folder, WEEK), UTC)
    titles = [
        "hctui report for branch-7",
        "What it would have done",
        "Rules that stayed broken",
        "Times it stood down",
        "Load over 80 %",
        "What this report does not know",
    ]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    assert max(map(len, text.splitlines())) <= WIDEST
    assert "A dry run all the time: nothing was migrated." in text
    assert "01-15 08:01  would move web from n1 to n2 (load)" in text
    assert "Moved more than once: web 2 times." in text
    assert 'The check "nodes online" failed 1 time, 30 s in all, at 01-15 08:02.' in " ".join(text.split())
    assert "  n1    2:30 min" in text


@pytest.mark.parametrize("width", [60, 80, 200])
async def test_the_text_fits_the_terminal_and_is_the_same_text(folder: Path, width: int) -> None:
    report = await reported(folder, WEEK)
    text, whole = render(report, UTC, width), render(report, UTC, None)
    assert text.split() == whole.split()
    prose = [line for line in text.splitlines() if not line.startswith(("  n1 ", "  n2 ", "  node "))]
    assert max(map(len, prose)) <= min(width, WIDEST)
    assert "  shares" not in whole
    assert sum("sql-01 shares n1 with sql-02" in line for line in whole.splitlines()) == 1


@pytest.mark.parametrize(("hours", "is_said"), [(23, True), (24, False)])
async def test_less_than_a_day_of_data_is_said(folder: Path, hours: int, is_said: bool) -> None:
    entries = [snapshot(START + 3600 * hour) for hour in range(hours + 1)]
    assert ("less than a day of data" in render(await reported(folder, entries), UTC)) is is_said


@pytest.mark.parametrize(
    ("dry", "title"),
    [
        ((True, True), "What it would have done\n"),
        ((False, False), "What it did\n"),
        ((True, False), "What it did, and in the dry run would have done\n"),
    ],
)
async def test_the_text_tells_a_dry_run_from_a_live_one(
    folder: Path, dry: tuple[bool, bool], title: str
) -> None:
    entries = [decision(START + index, dry_run=dry_run) for index, dry_run in enumerate(dry)]
    text = render(await reported(folder, entries), UTC)
    assert title in text
    assert ("imagined moves" in text) is any(dry)


async def test_the_json_holds_the_same_facts(folder: Path) -> None:
    report = await reported(folder, WEEK)
    facts = json.loads(as_json(report))
    assert facts["cluster_name"] == "branch-7"
    assert facts["moves"][0]["vm_name"] == "web"
    assert facts["coverage"]["samples"] == report.coverage.samples
    assert facts["broken_rules"][0]["is_standing"] is False
