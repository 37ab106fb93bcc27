"""The next best moves, and choosing one of them in place of the proposal that waits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hctui.core.alternatives import next_best
from hctui.core.balancer import Step
from hctui.core.commands import Approve, Choose, Command, Pause
from hctui.core.decision import Move, Outcome, Reason
from hctui.core.model import Snapshot, VmId
from hctui.core.objection import objection
from hctui.core.policy import Mode, Policy
from hctui.core.situation import Situation, situation_of
from hctui.core.state import State
from tests.core.build import NOW, POLICY, cluster, cycle, history, node, node_id, vm
from tests.core.worlds import World, worlds

ASK = Policy(dry_run=False, mode=Mode.APPROVE)
ASK_DRY = Policy(dry_run=True, mode=Mode.APPROVE)
HOT = [node(1, cpu=90), node(2, cpu=20), node(3, cpu=30), node(4, cpu=40)]
BUSY = [vm("app", cpu=50), vm("web", cpu=70), vm("idle", cpu=1), vm("elsewhere", 2)]
IMBALANCE = cluster(HOT, BUSY)
PAIR = [vm("a", tags="anti_b"), vm("b", mem_gib=8), vm("c")]
VIOLATION = cluster([node(1), node(2, used_gib=30), node(3, used_gib=40)], PAIR)
STRAY = cluster(
    [node(n, used_gib=10 * n) for n in (1, 2, 3, 4)], [vm("pinned", tags="node_102 node_104 node_103")]
)


def _situation(snapshot: Snapshot, policy: Policy = POLICY) -> Situation:
    return situation_of(State(samples=history(snapshot)), snapshot, policy, NOW)


def _planned(snapshot: Snapshot) -> Move:
    found = cycle(snapshot).decision.move
    assert found is not None
    return found


def _pairs(moves: tuple[Move, ...]) -> list[tuple[str, str]]:
    return [(move.vm_name, move.target) for move in moves]


@pytest.mark.parametrize(
    ("snapshot", "first", "others"),
    [
        (
            IMBALANCE,
            ("web", "n2"),
            [("web", "n3"), ("web", "n4"), ("app", "n2"), ("idle", "n2")],
        ),
        (
            cluster(HOT, [vm("app", cpu=50), vm("web", cpu=70, tags="anti_elsewhere"), BUSY[3]]),
            ("web", "n3"),
            [("web", "n4"), ("app", "n2")],
        ),
        (
            cluster([*HOT[:2], node(3, cpu=30, used_gib=69), node(4, cpu=50)], BUSY[:2]),
            ("web", "n2"),
            [("app", "n2")],
        ),
        (VIOLATION, ("a", "n2"), [("a", "n3"), ("b", "n2"), ("b", "n3")]),
        (
            cluster(VIOLATION.nodes.values(), [PAIR[0], vm("b", mem_gib=8, tags="nomove")]),
            ("a", "n2"),
            [("a", "n3")],
        ),
        (STRAY, ("pinned", "n2"), [("pinned", "n3"), ("pinned", "n4")]),
        (cluster([node(1, cpu=90), node(2)], [vm("web", cpu=70)]), ("web", "n2"), []),
    ],
    ids=["load", "load, anti-affinity", "load, RAM and CPU", "violation", "partner stays", "pin", "only one"],
)
def test_other_targets_first_then_other_vms(
    snapshot: Snapshot, first: tuple[str, str], others: list[tuple[str, str]]
) -> None:
    planned = _planned(snapshot)
    assert _pairs((planned,)) == [first]
    found = next_best(_situation(snapshot), planned)
    assert _pairs(found) == others
    assert {(move.reason, move.source, move.sentence) for move in found} <= {
        (planned.reason, planned.source, planned.sentence)
    }


def test_no_more_than_asked_for() -> None:
    planned = _planned(IMBALANCE)
    assert _pairs(next_best(_situation(IMBALANCE), planned, most=2)) == [("web", "n3"), ("web", "n4")]


def test_what_is_mended_has_no_alternatives() -> None:
    cooled = cluster([node(1, cpu=70), *HOT[1:]], BUSY)
    assert next_best(_situation(cooled), _planned(IMBALANCE)) == ()
    gone = cluster(HOT, BUSY[:1])
    assert next_best(_situation(gone), _planned(IMBALANCE)) == ()
    by_hand = replace(_planned(IMBALANCE), reason=Reason.MANUAL)
    assert next_best(_situation(IMBALANCE), by_hand) == ()


# --- choosing


def _waits(done: Step) -> tuple[int, str, str] | None:
    proposal = done.state.proposal
    return (proposal.id, proposal.move.vm_name, proposal.move.target) if proposal else None


def _next(
    before: Step,
    *commands: Command,
    snapshot: Snapshot = IMBALANCE,
    policy: Policy = ASK,
    after_seconds: float = 30,
) -> Step:
    at = snapshot.taken_at + after_seconds
    later = replace(snapshot, taken_at=at)
    return cycle(later, *commands, state=replace(before.state, samples=history(later)), policy=policy)


def _choose(name: str, target: int, number: int = 1) -> Choose:
    return Choose(number, VmId(name), node_id(target))


@pytest.fixture
def proposed() -> Step:
    done = cycle(IMBALANCE, policy=ASK)
    assert _waits(done) == (1, "web", "n2")
    return done


@pytest.mark.parametrize(("name", "target"), [("web", 3), ("web", 4), ("app", 2), ("app", 4)])
def test_a_chosen_move_waits_as_a_new_proposal(proposed: Step, name: str, target: int) -> None:
    done = _next(proposed, _choose(name, target))
    assert (done.send, _waits(done)) == (None, (2, name, f"n{target}"))
    assert done.state.proposal is not None
    assert done.state.proposal.made_at == NOW + 30
    assert (done.decision.outcome, done.decision.move) == (Outcome.PROPOSAL, done.state.proposal.move)
    assert done.decision.sentence == (
        f"Chosen instead of proposal 1: {name} from 10.0.0.101 to 10.0.0.10{target}, "
        "waiting for approval for 10:00 min."
    )


def test_a_chosen_move_stays_although_the_planner_would_pick_another(proposed: Step) -> None:
    done = _next(proposed, _choose("app", 4))
    for seconds in (60, 90, 600):
        done = _next(done, after_seconds=seconds)
        assert _waits(done) == (2, "app", "n4")
    approved = _next(done, Approve(2), after_seconds=630)
    assert approved.send is not None
    assert (approved.send.vm_name, approved.send.target) == ("app", "n4")


def test_a_chosen_move_yields_to_a_rule_like_any_other(proposed: Step) -> None:
    broken = cluster(HOT, [*BUSY, *PAIR])
    done = _next(_next(proposed, _choose("app", 4)), snapshot=broken, after_seconds=60)
    assert _waits(done) == (3, "a", "n2")
    assert _waits(_next(proposed, _choose("app", 4), snapshot=broken)) == (2, "a", "n2")


def test_the_partner_of_a_pair_can_be_chosen() -> None:
    done = _next(cycle(VIOLATION, policy=ASK), _choose("b", 3), snapshot=VIOLATION)
    assert _waits(done) == (2, "b", "n3")
    assert _waits(_next(done, snapshot=VIOLATION, after_seconds=60)) == (2, "b", "n3")


def test_another_home_can_be_chosen() -> None:
    done = _next(cycle(STRAY, policy=ASK), _choose("pinned", 4), snapshot=STRAY)
    assert _waits(done) == (2, "pinned", "n4")


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (_choose("web", 3, number=7), "proposal 7 no longer waits."),
        (_choose("web", 2), "that is the move that waits already."),
        (_choose("web", 1), "web is on 10.0.0.101 already."),
        (_choose("web", 9), "that move would not mend what the proposal is for."),
        (_choose("elsewhere", 3), "that move would not mend what the proposal is for."),
        (_choose("nosuch", 3), "that move would not mend what the proposal is for."),
        (_choose("kept", 3), "kept has the tag nomove."),
        (_choose("huge", 3), "RAM 80.0 % with 60 GiB more, above the limit of 70.0 %."),
    ],
)
def test_what_may_not_be_chosen_is_refused_and_the_old_one_stays(choice: Choose, told: str) -> None:
    snapshot = cluster(HOT, [*BUSY, vm("kept", tags="nomove"), vm("huge", mem_gib=60)])
    proposed = cycle(snapshot, policy=ASK)
    done = _next(proposed, choice, snapshot=snapshot)
    assert (done.send, _waits(done)) == (None, (1, "web", "n2"))
    assert done.decision.sentence.startswith(f"Not chosen: {told} Waiting for approval: web")


def test_a_refused_choice_does_not_keep_what_no_longer_holds(proposed: Step) -> None:
    full = cluster([HOT[0], node(2, cpu=20, used_gib=69), *HOT[2:]], BUSY)
    done = _next(proposed, _choose("elsewhere", 3), snapshot=full)
    assert _waits(done) == (2, "web", "n3")
    assert done.decision.sentence.startswith("Not chosen: that move would not mend")
    assert "Proposal 1 withdrawn, web from 10.0.0.101 to 10.0.0.102: RAM 73.0 %" in done.decision.sentence


def test_another_can_be_chosen_for_one_that_no_longer_holds(proposed: Step) -> None:
    full = cluster([HOT[0], node(2, cpu=20, used_gib=69), *HOT[2:]], BUSY)
    assert _waits(_next(proposed, _choose("app", 4), snapshot=full)) == (2, "app", "n4")


def test_choosing_and_approving_in_one_cycle_sends_nothing(proposed: Step) -> None:
    for commands in ((Approve(1), _choose("web", 3)), (_choose("web", 3), Approve(1), Approve(2))):
        done = _next(proposed, *commands)
        assert (done.send, _waits(done)) == (None, (2, "web", "n3"))
        assert done.decision.sentence.startswith("Proposal 1 is not sent. Chosen instead of proposal 1")


def test_of_two_choices_the_last_counts(proposed: Step) -> None:
    assert _waits(_next(proposed, _choose("web", 3), _choose("app", 2))) == (2, "app", "n2")


def test_choosing_in_a_dry_run_imagines_nothing_yet() -> None:
    done = _next(cycle(IMBALANCE, policy=ASK_DRY), _choose("app", 4), policy=ASK_DRY)
    assert (done.send, _waits(done)) == (None, (2, "app", "n4"))
    assert done.state.imagination is not None
    assert done.state.imagination.moves == {}


def test_where_nothing_waits_nothing_is_chosen(proposed: Step) -> None:
    paused = _next(proposed, Pause(), _choose("web", 3))
    assert (paused.send, _waits(paused)) == (None, None)
    assert paused.decision.sentence == (
        "Nothing is chosen instead of proposal 1. Proposal 1 withdrawn, web from 10.0.0.101 to 10.0.0.102: paused. "
        "Paused: watching, deciding nothing."
    )
    auto = _next(proposed, _choose("web", 3), policy=POLICY)
    assert auto.decision.sentence.startswith("Nothing is chosen instead of proposal 1. ")
    assert auto.send is not None
    assert auto.send.target == "n2", "that is the balancer's own move, in auto mode"


@settings(derandomize=True)
@given(worlds(), st.integers(0, 24), st.integers(0, 5))
def test_alternatives_hold_and_can_all_be_chosen_and_what_is_chosen_holds(
    world: World, vm_number: int, target_number: int
) -> None:
    for key in list(world.nodes)[:1]:
        world.nodes[key] = replace(world.nodes[key], cpu_percent=95.0)
    policy = replace(world.policy, mode=Mode.APPROVE)
    snapshot = cluster(world.nodes.values(), world.vms.values())
    state = State(samples=history(snapshot))
    proposed = cycle(snapshot, state=state, policy=policy)
    if proposed.state.proposal is None:
        return
    s = situation_of(state, snapshot, policy, NOW)
    planned = proposed.state.proposal.move
    for other in next_best(s, planned, most=50):
        assert objection(s, other) is None
        assert (other.vm_id, other.target) != (planned.vm_id, planned.target)
        done = cycle(snapshot, Choose(1, other.vm_id, other.target), state=proposed.state, policy=policy)
        assert done.state.proposal is not None
        assert (done.state.proposal.id, done.state.proposal.move) == (2, other)
    vm_ids, targets = list(world.vms), list(world.nodes)
    any_choice = Choose(1, vm_ids[vm_number % len(vm_ids)], targets[target_number % len(targets)])
    done = cycle(snapshot, any_choice, state=proposed.state, policy=policy)
    assert done.send is None
    assert done.state.proposal is not None
    assert objection(s, done.state.proposal.move) is None
