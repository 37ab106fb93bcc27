"""A proposal ends in one way, and the decision of that cycle says in which, in words and as data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.balancer import Step
from hctui.core.calendar import read_span
from hctui.core.commands import Approve, Choose, Command, MoveVm, Pause, Reject, Resume
from hctui.core.decision import Ending
from hctui.core.model import Snapshot, UpdateStatus, UpdateVerdict, VmId
from hctui.core.policy import Mode, Policy
from tests.core.build import NOW, cluster, cycle, history, node, node_id, vm

ASK = Policy(dry_run=False, mode=Mode.APPROVE)
HOT = cluster([node(1, cpu=90), node(2, cpu=20), node(3, cpu=30)], [vm("web", cpu=70), vm("app", cpu=50)])
COOL = replace(HOT, nodes={each.id: replace(each, cpu_percent=10.0) for each in HOT.nodes.values()})
UPDATING = replace(HOT, update=UpdateStatus(UpdateVerdict.ACTIVE, "An update is being installed."))
ROUTE = "web from 10.0.0.101 to 10.0.0.102"
REJECTED = f"Rejected for 30:00 min: {ROUTE}."
WITHDRAWN = f"Proposal 1 withdrawn, {ROUTE}:"


@pytest.fixture
def proposed() -> Step:
    return cycle(HOT, policy=ASK)


def _next(
    before: Step, *commands: Command, seen: Snapshot = HOT, seconds: float = 30.0, policy: Policy = ASK
) -> Step:
    later = replace(seen, taken_at=NOW + seconds)
    return cycle(later, *commands, state=replace(before.state, samples=history(later)), policy=policy)


@pytest.mark.parametrize(
    ("commands", "seen", "ending", "answer"),
    [
        ((Approve(1),), HOT, Ending.APPROVED, f"Approved: {ROUTE}."),
        ((Reject(1),), HOT, Ending.REJECTED, REJECTED),
        ((Reject(1),), UPDATING, Ending.REJECTED, REJECTED),
        ((Reject(1), Pause()), HOT, Ending.REJECTED, REJECTED),
        (
            (Choose(1, VmId("app"), node_id(3)),),
            HOT,
            Ending.REPLACED,
            "Chosen instead of proposal 1: app from 10.0.0.101 to 10.0.0.103, waiting for approval for 10:00 min.",
        ),
        (
            (),
            COOL,
            Ending.WITHDRAWN,
            f"{WITHDRAWN} Mean CPU of 10.0.0.101 is 10.0 %, no longer above 80.0 %.",
        ),
        ((Pause(),), HOT, Ending.WITHDRAWN, f"{WITHDRAWN} paused."),
        ((Pause(), Reject(1)), HOT, Ending.REJECTED, REJECTED),
        (
            (Reject(1), Approve(1)),
            HOT,
            Ending.REJECTED,
            f"Proposal 1 no longer waits. {REJECTED}",
        ),
        (
            (Approve(1), Reject(1)),
            HOT,
            Ending.REJECTED,
            f"Proposal 1 no longer waits. {REJECTED}",
        ),
        ((Pause(), Approve(1)), HOT, Ending.WITHDRAWN, "Proposal 1 is not sent."),
        ((), UPDATING, Ending.WITHDRAWN, f"{WITHDRAWN} it stands down."),
        (
            (MoveVm(VmId("app"), node_id(3)),),
            HOT,
            Ending.WITHDRAWN,
            f"{WITHDRAWN} a move by hand came first.",
        ),
        ((MoveVm(VmId("app"), node_id(1)),), COOL, Ending.WITHDRAWN, f"{WITHDRAWN} it no longer holds."),
    ],
)
def test_how_a_proposal_ended_stands_in_the_decision(
    proposed: Step, commands: tuple[Command, ...], seen: Snapshot, ending: Ending, answer: str
) -> None:
    decision = _next(proposed, *commands, seen=seen).decision
    assert decision.closed
    assert (decision.closed.ending, decision.answer) == (ending, answer)
    assert (decision.closed.proposal_id, decision.closed.made_at) == (1, NOW)
    assert decision.closed.move.vm_name == "web"
    assert decision.sentence.startswith(answer)
    assert "  " not in decision.sentence


@pytest.mark.parametrize("commands", [(), (Approve(1),)])
def test_one_that_expired_is_told_from_one_that_no_longer_holds(
    proposed: Step, commands: tuple[Command, ...]
) -> None:
    decision = _next(proposed, *commands, seconds=601).decision
    assert decision.closed
    assert decision.closed.ending is Ending.EXPIRED
    assert "it expired after 10:00 min." in decision.answer


BY_NIGHT = read_span("daily 01:00-01:15")
SWITCHES = [
    replace(ASK, dry_run=True),
    replace(ASK, mode=Mode.AUTO),
    replace(ASK, dry_run=True, mode=Mode.AUTO),
]


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (SWITCHES[0], "a dry run began."),
        (SWITCHES[1], "the mode changed to auto."),
        (SWITCHES[2], "a dry run began."),
    ],
)
def test_a_switch_says_that_it_withdrew_it(proposed: Step, policy: Policy, why: str) -> None:
    assert _next(proposed, policy=policy).decision.answer == f"{WITHDRAWN} {why}"


def test_going_live_says_that_it_withdrew_it() -> None:
    dry = cycle(HOT, policy=replace(ASK, dry_run=True))
    assert _next(dry).decision.answer == f"{WITHDRAWN} it went live."


@pytest.mark.parametrize(
    ("policy", "ended_at", "why"),
    [
        (ASK, NOW, "the cluster cooldown runs."),
        (replace(ASK, act_only=(BY_NIGHT,)), None, "these are not the hours to act."),
    ],
)
def test_what_holds_everything_back_is_said(
    proposed: Step, policy: Policy, ended_at: float | None, why: str
) -> None:
    resting = replace(proposed.state, real=replace(proposed.state.real, last_ended_at=ended_at))
    assert _next(replace(proposed, state=resting), policy=policy).decision.answer == f"{WITHDRAWN} {why}"


def test_the_end_of_a_pause_leaves_a_word(proposed: Step) -> None:
    paused = _next(proposed, Pause())
    assert _next(paused, seconds=60.0).decision.answer == "", "it is paused still"
    resumed = _next(paused, Resume(), seconds=60.0)
    assert resumed.decision.answer == "Resumed."
    assert resumed.decision.sentence.startswith("Resumed. Proposed: web from")
    assert _next(resumed, Resume(), seconds=90.0).decision.answer == "", "it was not paused"


def test_a_first_proposal_says_that_it_only_waits(proposed: Step) -> None:
    sentence = proposed.decision.sentence
    assert sentence.startswith(f"Proposed: {ROUTE}. 10.0.0.101 is at 90.0 %")
    told = [sentence, *(finding.sentence for finding in proposed.decision.findings)]
    assert not any("Moving" in each for each in told)


def test_a_rejection_is_told_with_the_next_proposal_as_one(proposed: Step) -> None:
    sentence = _next(proposed, Reject(1)).decision.sentence
    assert sentence.startswith(f"{REJECTED} Proposed: web from 10.0.0.101 to 10.0.0.103.")


@pytest.mark.parametrize("policy", SWITCHES)
@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (Pause(), f"{WITHDRAWN} "),
        (Approve(1), "Proposal 1 "),
        (Choose(1, VmId("app"), node_id(3)), ""),
    ],
)
def test_a_switch_withdraws_it_aloud(proposed: Step, policy: Policy, command: Command, answer: str) -> None:
    decision = _next(proposed, command, policy=policy).decision
    assert decision.closed
    assert decision.closed.ending is Ending.WITHDRAWN
    assert decision.answer.startswith(answer)
    assert decision.answer


@pytest.mark.parametrize("policy", SWITCHES)
@pytest.mark.parametrize("others", [(), (Pause(),)])
def test_a_rejection_holds_whatever_is_switched_with_it(
    proposed: Step, policy: Policy, others: tuple[Command, ...]
) -> None:
    step = _next(proposed, *others, Reject(1), policy=policy)
    assert step.decision.closed
    assert step.decision.closed.ending is Ending.REJECTED
    assert "web" not in (
        step.send and step.send.vm_name,
        step.decision.move and step.decision.move.vm_name,
    ) or (step.decision.move is not None and step.decision.move.target != node_id(2))
    for later in (ASK, replace(ASK, mode=Mode.AUTO), replace(ASK, dry_run=True, mode=Mode.AUTO)):
        state = replace(step.state, paused=False)
        after = _next(replace(step, state=state), policy=later, seconds=60.0).decision.move
        assert after is None or (after.vm_name, after.target) != ("web", node_id(2))


def test_a_rejection_says_until_when_the_pair_rests(proposed: Step) -> None:
    closed = _next(proposed, Reject(1)).decision.closed
    assert closed
    assert closed.rests_until == NOW + 30 + ASK.vm_cooldown_seconds


def test_a_rejection_of_what_no_longer_waits_says_so_and_is_declined(proposed: Step) -> None:
    decision = _next(proposed, Reject(9)).decision
    assert decision.closed is None
    assert decision.declined.rejected == 9
    assert decision.answer == "Proposal 9 is not rejected, for it no longer waits."


def test_a_cycle_in_which_nothing_ends_answers_nothing(proposed: Step) -> None:
    for decision in (proposed.decision, _next(proposed).decision):
        assert (decision.closed, decision.answer) == (None, "")
