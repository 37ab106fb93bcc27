"""A proposal ends in one way, and the decision of that cycle says in which, in words and as data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.balancer import Step
from hctui.core.commands import Approve, Choose, Command, MoveVm, Pause, Reject
from hctui.core.decision import Ending
from hctui.core.model import Snapshot, UpdateStatus, UpdateVerdict, VmId
from hctui.core.policy import Mode, Policy
from tests.core.build import NOW, cluster, cycle, history, node, node_id, vm

ASK = Policy(dry_run=False, mode=Mode.APPROVE)
HOT = cluster([node(1, cpu=90), node(2, cpu=20), node(3, cpu=30)], [vm("web", cpu=70), vm("app", cpu=50)])
COOL = replace(HOT, nodes={each.id: replace(each, cpu_percent=10.0) for each in HOT.nodes.values()})
UPDATING = replace(HOT, update=UpdateStatus(UpdateVerdict.ACTIVE, "An update is being installed."))
ROUTE = "web from 10.0.0.101 to 10.0.0.102"


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
        ((Reject(1),), HOT, Ending.REJECTED, f"Rejected: {ROUTE}."),
        ((Reject(1),), UPDATING, Ending.REJECTED, f"Rejected: {ROUTE}."),
        ((Reject(1), Pause()), HOT, Ending.REJECTED, f"Rejected: {ROUTE}."),
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
            "Proposal withdrawn: Mean CPU of 10.0.0.101 is 10.0 %, no longer above 80.0 %.",
        ),
        ((Pause(),), HOT, Ending.WITHDRAWN, "Proposal 1 is withdrawn."),
        ((Pause(), Reject(1)), HOT, Ending.WITHDRAWN, "Proposal 1 is withdrawn."),
        ((Pause(), Approve(1)), HOT, Ending.WITHDRAWN, "Proposal 1 is not sent."),
        ((), UPDATING, Ending.WITHDRAWN, "Proposal 1 is withdrawn."),
        ((MoveVm(VmId("app"), node_id(3)),), HOT, Ending.WITHDRAWN, "Proposal 1 is withdrawn."),
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


@pytest.mark.parametrize("commands", [(), (Approve(1),)])
def test_one_that_expired_is_told_from_one_that_no_longer_holds(
    proposed: Step, commands: tuple[Command, ...]
) -> None:
    decision = _next(proposed, *commands, seconds=601).decision
    assert decision.closed
    assert decision.closed.ending is Ending.EXPIRED
    assert "it expired after 10:00 min." in decision.answer


@pytest.mark.parametrize("policy", [replace(ASK, dry_run=True), replace(ASK, mode=Mode.AUTO)])
def test_a_switch_withdraws_it_aloud(proposed: Step, policy: Policy) -> None:
    decision = _next(proposed, Approve(1) if policy.mode is Mode.AUTO else Pause(), policy=policy).decision
    assert decision.closed
    assert decision.closed.ending is Ending.WITHDRAWN


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
