"""Only the proposal that a person sees can be approved, and only while it waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.commands import Approve, Choose, Command, Pause
from hctui.core.model import VmId
from hctui.core.policy import Mode, Policy
from hctui.engine.view import View
from hctui.tui.case import LOOK_SECONDS, Case, after, expired, objection
from hctui.tui.errand import Errand, Stage
from tests.core.build import NOW, cluster, node, node_id, vm
from tests.tui.cycles import next_cycle
from tests.tui.stage import StandInFront, view_of

ASK = Policy(dry_run=False, mode=Mode.APPROVE)
HOT = cluster([node(1, cpu=90), node(2, cpu=20), node(3, cpu=30)], [vm("web", cpu=70), vm("app", cpu=50)])
COOL = replace(HOT, nodes={each.id: replace(each, cpu_percent=10.0) for each in HOT.nodes.values()})


@pytest.fixture
def front() -> StandInFront:
    return StandInFront(view_of(HOT, ASK))


def case_of(view: View, since: float = 0.0) -> Case:
    assert view.state.proposal
    return Case(view.state.proposal, since)


def approving(view: View) -> Case:
    case = case_of(view)
    return replace(case, errand=Errand(Approve(case.proposal.id), case.proposal.move, view.decision))


def choosing(view: View, vm_id: str = "app", target: int = 3) -> Case:
    case = case_of(view)
    return replace(case, choice=Choose(case.proposal.id, VmId(vm_id), node_id(target)), before=view)


def test_what_waits_and_was_seen_can_be_approved(front: StandInFront) -> None:
    case = case_of(front.view)
    assert objection(case, front.view, NOW, LOOK_SECONDS) == ""
    assert after(case, front.view, 5.0) is case


@pytest.mark.parametrize("seconds", [0.0, 0.5, LOOK_SECONDS - 0.01])
def test_what_has_only_just_appeared_cannot(front: StandInFront, seconds: float) -> None:
    case = case_of(front.view, since=100.0)
    assert "only just appeared" in objection(case, front.view, NOW, 100.0 + seconds)


def test_what_the_engine_has_replaced_behind_the_screen_cannot(front: StandInFront) -> None:
    case = case_of(front.view)
    assert front.view.state.proposal
    other = replace(front.view.state.proposal, id=2)
    front.publish(state=replace(front.view.state, proposal=other))
    assert "no longer waits" in objection(case, front.view, NOW, 10.0)
    front.publish(state=replace(front.view.state, proposal=None))
    assert "no longer waits" in objection(case, front.view, NOW, 10.0)


def test_what_has_expired_cannot_even_before_the_engine_says_so(front: StandInFront) -> None:
    case = case_of(front.view)
    assert expired(case.proposal, ASK, NOW + 600) == ""
    assert objection(case, front.view, NOW + 601, 10.0) == "It expired after 10:00 min. Nothing was sent."


def test_nothing_is_asked_twice(front: StandInFront) -> None:
    for case in (approving(front.view), choosing(front.view)):
        assert "not there yet" in objection(case, front.view, NOW, 10.0)
    assert objection(None, front.view, NOW, 10.0) == "No proposal waits here any more."


CLOSING: dict[str, tuple[Command | None, float, bool, str]] = {
    "withdrawn": (
        None,
        30,
        True,
        "Proposal 1 withdrawn, web from 10.0.0.101 to 10.0.0.102: Mean CPU of 10.0.0.101 is 10.0 %, no longer above "
        "80.0 %.",
    ),
    "expired": (
        None,
        700,
        False,
        "Proposal 1 withdrawn, web from 10.0.0.101 to 10.0.0.102: it expired after 10:00 min.",
    ),
    "paused": (Pause(), 30, False, "Paused: watching, deciding nothing."),
}


@pytest.mark.parametrize("name", CLOSING)
def test_a_case_is_closed_with_the_reason_the_engine_gives(front: StandInFront, name: str) -> None:
    command, seconds, cools, told = CLOSING[name]
    case = case_of(front.view)
    next_cycle(front, *([command] if command else []), snapshot=COOL if cools else HOT, after_seconds=seconds)
    case = after(case, front.view, 5.0)
    assert told in case.closed
    assert not case.is_open
    assert objection(case, front.view, front.clock, 10.0) == "No proposal waits here any more."
    assert after(case, front.view, 6.0) is case, "and it stays closed, whatever waits later"


def test_an_approval_that_came_to_nothing_leaves_what_still_waits(front: StandInFront) -> None:
    case = approving(front.view)
    next_cycle(front, Approve(1), unread=True)
    case = after(case, front.view, 5.0)
    assert case.is_open
    assert case.remark.text == "Proposal 1 is not sent. The cluster could not be read."


def test_an_approval_is_followed(front: StandInFront) -> None:
    case = approving(front.view)
    next_cycle(front)
    case = after(case, front.view, 5.0)
    assert case.errand
    assert case.errand.stage is Stage.ASKED
    next_cycle(front, Approve(1))
    case = after(case, front.view, 5.0)
    assert case.errand
    assert case.errand.stage is Stage.HOLDS


def test_a_choice_brings_another_proposal_that_has_to_be_looked_at(front: StandInFront) -> None:
    case = choosing(front.view)
    assert case.choice
    next_cycle(front, case.choice)
    case = after(case, front.view, 50.0)
    assert (case.proposal.id, case.proposal.move.vm_id, case.proposal.move.target) == (2, "app", "n3")
    assert case.remark.text.startswith("Chosen instead of proposal 1: app")
    assert "only just appeared" in objection(case, front.view, front.clock, 50.5)
    assert objection(case, front.view, front.clock, 51.0) == ""


def test_a_choice_that_is_not_heeded_leaves_what_waits(front: StandInFront) -> None:
    case = choosing(front.view, target=1)
    assert case.choice
    next_cycle(front)
    assert after(case, front.view, 5.0) == case, "a cycle that was under way already is no answer"
    next_cycle(front, case.choice)
    case = after(case, front.view, 5.0)
    assert (case.is_open, case.proposal.id) == (True, 1)
    assert case.remark.text.startswith("Not chosen: app is on 10.0.0.101 already.")
    again = choosing(front.view, target=1)
    assert after(again, front.view, 5.0) is again, "that was the answer to the choice before"


def test_a_choice_when_the_cluster_cannot_be_read(front: StandInFront) -> None:
    case = choosing(front.view)
    assert case.choice
    next_cycle(front, case.choice, unread=True)
    case = after(case, front.view, 5.0)
    assert case.is_open
    assert case.remark.text == "Nothing is chosen instead of proposal 1. The cluster could not be read."


def test_a_choice_overtaken_by_another_proposal_closes_the_case(front: StandInFront) -> None:
    case = choosing(front.view)
    assert front.view.state.proposal
    other = replace(front.view.state.proposal, id=2)
    front.publish(state=replace(front.view.state, proposal=other))
    assert after(case, front.view, 5.0).closed


def test_without_a_decision_it_says_so(front: StandInFront) -> None:
    case = case_of(front.view)
    front.publish(state=replace(front.view.state, proposal=None), decision=None)
    assert after(case, front.view, 5.0).closed == "The engine does not say why."
