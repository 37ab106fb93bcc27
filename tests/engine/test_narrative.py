"""The log of a cycle: the documented words, once each, and repeats kept short."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import datetime

import pytest

from hctui.core.answers import Refused
from hctui.core.calendar import read_span
from hctui.core.commands import Approve, Choose, Command, MoveVm, Pause, Reject, Resume
from hctui.core.decision import Check, Decision, Finding, Notice, Outcome, Reason, Verdict
from hctui.core.model import VmId
from hctui.core.policy import Mode, Policy
from hctui.engine.log import as_json, as_text
from hctui.engine.narrative import Narrator
from hctui.engine.view import Level, Line
from tests.core.build import DRY, NOW, cluster, node, node_id, vm
from tests.engine.stand_in import Stage, stage

HOT = cluster(
    [node(1, cpu=90), node(2, cpu=60), node(3, cpu=30, used_gib=66)],
    [
        vm("huge", 1, cpu=95, mem_gib=60),
        vm("pinned", 1, cpu=90, tags="node_101"),
        vm("web", 1, cpu=80, tags="anti_db"),
        vm("db", 3, cpu=10),
        vm("app", 1, cpu=70),
    ],
)
"""huge fits nowhere, pinned stays, web must not go where db is, app goes to node 3."""

TOGETHER = cluster([node(1), node(2), node(3)], [vm("web", 1, tags="anti_db"), vm("db", 1)])
APPROVE = Policy(dry_run=False, mode=Mode.APPROVE)


async def run(stage: Stage, seconds: float) -> list[str]:
    await stage.engine.run(until=NOW + seconds)
    return stage.texts


async def test_a_load_move_is_told_in_the_documented_words() -> None:
    texts = await run(stage(HOT), 275)
    assert texts[0] == "Collecting cluster data..."
    assert texts[1] == "Checking for anti-affinity violations..."
    assert "Collecting data... history 1/10 samples." in texts
    assert "Collecting data... history 9/10 samples." in texts
    told = texts[texts.index("Collecting data... history 9/10 samples.") + 1 :]
    assert told == [
        "Collecting cluster data...",
        "Checking for anti-affinity violations...",
        "All rules are kept.",
        "Imbalance detected: 10.0.0.101 is at 90.0 %, above 80.0 %, while 10.0.0.103 is at 30.0 %, below 50.0 %.",
        "Evaluating candidate VM huge on 10.0.0.101 (mean CPU 95.0 %)...",
        "  Checking target node 10.0.0.103...",
        "    RAM Check: FAILED. RAM 126.0 % with 60 GiB more, above the limit of 70.0 %.",
        "  Checking target node 10.0.0.102...",
        "    Target CPU Check: FAILED. Mean CPU 60.0 %, not below 50.0 %.",
        "Evaluating candidate VM pinned on 10.0.0.101 (mean CPU 90.0 %)...",
        "    Pin Check: FAILED. pinned is pinned to 10.0.0.101.",
        "Evaluating candidate VM web on 10.0.0.101 (mean CPU 80.0 %)...",
        "  Checking target node 10.0.0.103...",
        "    RAM Check: OK. RAM 70.0 % with 4 GiB more, within the limit of 70.0 %.",
        "    Anti-Affinity Check: FAILED. db on 10.0.0.103 must be kept apart from web.",
        "  Checking target node 10.0.0.102...",
        "    Target CPU Check: FAILED. Mean CPU 60.0 %, not below 50.0 %.",
        "Evaluating candidate VM app on 10.0.0.101 (mean CPU 70.0 %)...",
        "  Checking target node 10.0.0.103...",
        "    RAM Check: OK. RAM 70.0 % with 4 GiB more, within the limit of 70.0 %.",
        "    Anti-Affinity Check: OK. No VM there must be kept apart from it.",
        "EXECUTING MIGRATION: app (4 GiB) from 10.0.0.101 to 10.0.0.103 (load)",
        "The cluster accepted it as task 7.",
        "MIGRATION COMPLETE: app is on 10.0.0.103.",
    ]


async def test_a_dry_run_is_told_likewise_up_to_its_last_line() -> None:
    texts = await run(stage(HOT, policy=DRY), 275)
    assert texts[-1] == "DRY RUN: would migrate app (4 GiB) from 10.0.0.101 to 10.0.0.103 (load)"


async def test_a_hot_node_without_a_cool_one_is_an_imbalance_in_the_log_too() -> None:
    s = stage(cluster([node(1, cpu=90), node(2, cpu=60)], [vm("web", 1)]))
    await run(s, 275)
    assert s.lines[-1].event == "imbalance"
    assert s.lines[-1].text == (
        "Imbalance detected: 10.0.0.101 is hot at 90.0 %, but even the coolest node, 10.0.0.102, is at 60.0 %, "
        "not below 50.0 %."
    )


async def test_a_violation_that_waits_for_its_turn_is_told_in_one_line() -> None:
    pairs = [vm("a", 1, tags="anti_b"), vm("b", 1), vm("c", 1, tags="anti_d"), vm("d", 1)]
    texts = await run(stage(cluster([node(1), node(2)], pairs)), 1)
    assert "VIOLATION FOUND: c and d share 10.0.0.101, which a tag forbids. It waits for its turn." in texts


async def test_rules_kept_only_in_imagination_are_told_as_such() -> None:
    texts = await run(
        stage(cluster([node(1), node(2)], [vm("a", 1, tags="anti_b"), vm("b", 1)]), policy=DRY), 400
    )
    assert "All rules are kept, with 1 imagined move counted in." in texts


STUCK = cluster([node(1), node(2)], [vm("a", 1, tags="anti_b nomove"), vm("b", 1, tags="nomove")])


async def test_what_does_not_change_is_told_whole_only_once() -> None:
    s = stage(STUCK)
    await run(s, 65)
    found = [line for line in s.lines if line.event == "violation"]
    headline = "VIOLATION FOUND: a shares 10.0.0.101 with b, which its tag anti_b forbids."
    repeat = "VIOLATION FOUND: 1 rule still violated, and nothing about that has changed."
    assert [line.text for line in found] == [headline, repeat, repeat]
    assert [line.level for line in found] == [Level.WARNING, Level.INFO, Level.INFO]
    assert "It cannot be fixed now." in s.texts, "what stands in the way has been listed VM by VM"
    assert sum(line.event == "candidate" for line in s.lines) == 2


TO_2 = MoveVm(VmId("web"), node_id(2))
CALM = cluster([node(1), node(2)], [vm("web", 1)])


async def test_a_move_by_hand_is_told_and_says_nothing_of_rules_it_did_not_look_at() -> None:
    s = stage(CALM)
    s.desk.submit(TO_2)
    texts = await run(s, 1)
    assert texts == [
        f"Ordered by the console (process {os.getpid()}): move an unknown VM to an unknown node by hand.",
        "Collecting cluster data...",
        "Moving by hand: web from 10.0.0.101 to 10.0.0.102. Asked for by a person.",
        "EXECUTING MIGRATION: web (4 GiB) from 10.0.0.101 to 10.0.0.102 (by hand)",
        "The cluster accepted it as task 7.",
        "MIGRATION COMPLETE: web is on 10.0.0.102.",
    ]


async def test_a_move_by_hand_in_a_dry_run_is_told_likewise() -> None:
    s = stage(CALM, policy=DRY)
    s.desk.submit(TO_2)
    texts = await run(s, 1)
    assert texts[-1] == "DRY RUN: would migrate web (4 GiB) from 10.0.0.101 to 10.0.0.102 (by hand)"
    assert "migrate" not in s.calls


async def test_a_refused_move_by_hand_is_a_warning_with_its_reason() -> None:
    s = stage(CALM)
    s.desk.submit(MoveVm(VmId("web"), node_id(1)))
    await run(s, 1)
    line = next(line for line in s.lines if line.event == "refused")
    assert (line.level, line.text) == (
        Level.WARNING,
        "Not moved by hand: web from 10.0.0.101 to 10.0.0.101. web is on 10.0.0.101 already.",
    )


async def test_a_refused_move_by_hand_does_not_make_old_findings_new() -> None:
    s = stage(STUCK)
    await run(s, 1)
    s.desk.submit(MoveVm(VmId("nosuch"), node_id(2)))
    await run(s, 35)
    found = [line.text for line in s.lines if line.event == "violation"]
    assert found[1:] == ["VIOLATION FOUND: 1 rule still violated, and nothing about that has changed."]
    assert s.told("Not moved by hand: that VM is not on the cluster.")


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.NO_DATA,
        Outcome.PAUSED,
        Outcome.STANDING_DOWN,
        Outcome.COOLING_DOWN,
        Outcome.BUDGET_SPENT,
        Outcome.OFF_HOURS,
    ],
)
def test_a_cycle_that_decides_nothing_is_told_in_its_one_sentence(outcome: Outcome) -> None:
    lines = Narrator().cycle(Decision(NOW, outcome, "Why nothing.", dry_run=True, mode=Mode.AUTO))
    assert [line.text for line in lines] == ["Why nothing."]


def test_lines_carry_their_time_their_level_in_words_and_their_facts() -> None:
    line = Line(NOW, "check", "RAM Check: FAILED.", Level.WARNING, {"vm": 'db "[/] x', "value": 71.5})
    assert as_text(line).endswith(" WARNING: RAM Check: FAILED.")
    assert as_text(line).startswith(f"{datetime.fromtimestamp(NOW).astimezone():%Y-%m-%d %H:%M:%S}")
    assert json.loads(as_json(line)) == {
        "at": "1970-01-12T13:46:40.000+00:00",
        "level": "warning",
        "event": "check",
        "text": "RAM Check: FAILED.",
        "vm": 'db "[/] x',
        "value": 71.5,
    }


async def test_a_proposal_that_waits_is_told_once_and_then_only_that_it_waits() -> None:
    s = stage(TOGETHER, policy=APPROVE)
    await run(s, 65)
    events = [
        line.event for line in s.lines if line.event in ("proposal", "waiting_for_approval", "violation")
    ]
    assert events == ["violation", "proposal", "waiting_for_approval", "waiting_for_approval"]


async def test_why_an_approved_proposal_was_not_sent_is_told() -> None:
    s = stage(TOGETHER, policy=APPROVE)
    await run(s, 1)
    s.cluster.current = cluster([node(1), node(2), node(3)], [vm("web", 1), vm("db", 1)])
    s.desk.submit(Approve(1))
    await run(s, 5)
    assert s.told("Not sent: web no longer shares 10.0.0.101 with a VM it must be kept apart from.")
    assert "migrate" not in s.calls


WITHDRAWN = "Proposal 1 withdrawn, web from 10.0.0.101 to 10.0.0.102:"


@pytest.mark.parametrize(
    ("command", "level", "told"),
    [
        (Approve(1), Level.INFO, "Approved: web from 10.0.0.101 to 10.0.0.102."),
        (
            Reject(1),
            Level.INFO,
            "Rejected for 30:00 min: web from 10.0.0.101 to 10.0.0.102.",
        ),
        (
            Choose(1, VmId("web"), node_id(3)),
            Level.INFO,
            "Chosen instead of proposal 1: web from 10.0.0.101 to 10.0.0.103, waiting for approval for 10:00 min.",
        ),
        (Pause(), Level.INFO, f"{WITHDRAWN} paused."),
        (Approve(9), Level.WARNING, "Proposal 9 no longer waits."),
        (Reject(9), Level.WARNING, "Proposal 9 is not rejected, for it no longer waits."),
        (
            Choose(1, VmId("web"), node_id(2)),
            Level.WARNING,
            "Not chosen: that is the move that waits already.",
        ),
    ],
)
async def test_what_a_person_does_about_a_proposal_leaves_one_line(
    command: Command, level: Level, told: str
) -> None:
    s = stage(TOGETHER, policy=APPROVE)
    await run(s, 1)
    s.desk.submit(command)
    await run(s, 65)
    answers = [line for line in s.lines if line.event == "proposal_answer"]
    assert [(line.level, line.text) for line in answers] == [(level, told)]
    assert not any(told in line.text for line in s.lines if line not in answers), "and it is said once"


async def test_the_end_of_a_pause_leaves_one_line() -> None:
    s = stage(TOGETHER, policy=APPROVE)
    await run(s, 1)
    s.desk.submit(Pause())
    await run(s, 5)
    s.desk.submit(Resume())
    await run(s, 65)
    assert [line.text for line in s.lines if line.event == "resumed"] == ["Resumed."]
    assert len([line for line in s.lines if line.event == "proposal_answer"]) == 1, "that of the pause"


async def test_a_rejection_is_told_to_programs_as_well() -> None:
    s = stage(TOGETHER, policy=APPROVE)
    await run(s, 1)
    s.desk.submit(Reject(1))
    await run(s, 2)
    line = next(line for line in s.lines if line.event == "proposal_answer")
    assert line.data == {
        "proposal": 1,
        "ending": "rejected",
        "vm": "web",
        "from": "10.0.0.101",
        "to": "10.0.0.102",
        "rests_until": line.at + APPROVE.vm_cooldown_seconds,
    }


async def test_an_expiry_leaves_one_line_and_the_next_proposal_another() -> None:
    s = stage(TOGETHER, policy=APPROVE)
    await run(s, 635)
    told = [line.text for line in s.lines if line.event in ("proposal_answer", "proposal")]
    proposal = "PROPOSAL: migrate web (4 GiB) from 10.0.0.101 to 10.0.0.102 (anti-affinity)"
    assert told == [proposal, f"{WITHDRAWN} it expired after 10:00 min.", proposal]


async def test_a_proposal_that_waits_on_after_an_answer_is_not_told_whole_again() -> None:
    s = stage(TOGETHER, policy=APPROVE)
    await run(s, 1)
    s.desk.submit(Reject(9))
    await run(s, 5)
    assert [line.event for line in s.lines if line.event == "proposal"] == ["proposal"]
    assert s.texts[-1].startswith("Waiting for approval: web")


async def test_an_answer_outlives_the_cycle_that_stands_down() -> None:
    """Of lines that say the same in every cycle the console shows the newest only: an answer must not be in one."""
    s = stage(TOGETHER, policy=APPROVE)
    await run(s, 1)
    s.cluster.failing.add("snapshot")
    s.desk.submit(Approve(1))
    await run(s, 5)
    told = [(line.event, line.text) for line in s.lines[-2:]]
    assert told == [
        ("proposal_answer", "Proposal 1 is not sent."),
        ("no_data", "The cluster could not be read. Trouble: snapshot failed."),
    ]


@pytest.mark.parametrize("outcome", [Outcome.WATCHING, Outcome.PAUSED, Outcome.BALANCED, Outcome.REFUSED])
def test_a_notice_is_a_warning_before_all_else_whatever_the_cycle_came_to(outcome: Outcome) -> None:
    notices = (Notice("others_balance", "Somebody else."), Notice("resumed", "Over."))
    by_hand = (Finding(Reason.MANUAL, "No.", "No.", ()),) if outcome is Outcome.REFUSED else ()
    decision = Decision(NOW, outcome, "Why.", True, Mode.AUTO, findings=by_hand, notices=notices)
    lines = Narrator().cycle(decision)
    assert [(line.event, line.text, line.level) for line in lines[:2]] == [
        ("others_balance", "Somebody else.", Level.WARNING),
        ("resumed", "Over.", Level.WARNING),
    ]


def test_what_else_happens_while_a_migration_is_watched_is_told() -> None:
    safety = (
        Verdict(Check.NO_OTHER_MIGRATION, False, "db is being migrated."),
        Verdict(Check.NO_UPDATE, True, "No update is being installed."),
        Verdict(Check.RECOVERED, False, "Well again for 5 s."),
    )
    watching = Decision(NOW, Outcome.WATCHING, "Migrating web.", False, Mode.AUTO, safety)
    (line,) = Narrator().cycle(watching)
    assert (line.event, line.level) == ("meanwhile", Level.WARNING)
    assert line.text == "Migrating web. At the same time: db is being migrated."
    assert Narrator().cycle(replace(watching, safety=safety[1:])) == []


async def test_outside_the_hours_rules_are_told_and_load_is_said_to_wait() -> None:
    free = Policy(dry_run=False, act_only=(read_span("daily 22:00-06:00"),), windows_bind_rules=False)
    s = stage(CALM, policy=free)
    await run(s, 1)
    assert [(line.event, line.text) for line in s.lines[1:]] == [
        ("checking_rules", "Checking for anti-affinity violations..."),
        ("rules_kept", "All rules are kept."),
        ("off_hours", s.lines[-1].text),
    ]
    assert s.lines[-1].text.startswith(
        "Load is not looked at. Outside act_only (daily 22:00-06:00): next at "
    )


async def test_failures_in_a_row_pause_and_the_log_says_so_once() -> None:
    s = stage(TOGETHER, policy=Policy(dry_run=False, failures_before_pause=1, cluster_cooldown_seconds=0))
    s.cluster.arrives, s.cluster.answer = False, Refused(500, "No room.")
    await run(s, 65)
    told = [line for line in s.lines if line.event == "paused_by_failures"]
    assert [line.level for line in told] == [Level.WARNING]
    assert "The latest: The cluster refused it (HTTP 500): No room." in told[0].text
    assert s.calls.count("migrate") == 1
    assert s.lines[-1].event == "paused"
