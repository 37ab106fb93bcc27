"""Emptying a node: the plan that is shown, what refuses it, and every step until it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given

from hctui.core import by_hand, checks, draining
from hctui.core.balancer import Step, recheck, step
from hctui.core.calendar import read_span
from hctui.core.commands import Approve, Drain, EndDrain, MoveVm, Pause
from hctui.core.decision import Outcome, Reason
from hctui.core.model import Node, NodeId, Snapshot, Vm, VmState
from hctui.core.objection import objection
from hctui.core.planner import move_to
from hctui.core.policy import Mode, Policy, Strategy
from hctui.core.situation import situation_of
from hctui.core.state import Arrival, Departure, Ledger, State
from hctui.core.steadiness import at_the_clock
from tests.core.build import DRY, GIB, NOW, POLICY, cluster, history, node, node_id, situation, vm
from tests.core.test_repair import moved
from tests.core.worlds import World, objections, worlds

N1, N2 = node_id(1), node_id(2)
ROOMY = [node(1), node(2), node(3)]
THREE = [vm("a", mem_gib=4.0), vm("b", mem_gib=8.0), vm("c", mem_gib=1.0), vm("off", state=VmState.SHUTOFF)]


def drained(
    nodes: Sequence[Node], vms: Sequence[Vm], policy: Policy = POLICY, ledger: Ledger | None = None
) -> Step:
    """The cycle that takes the order."""
    snapshot = cluster(nodes, vms)
    state = State(samples=history(snapshot), real=ledger or Ledger())
    return step(state, snapshot, (Drain(N1),), policy, NOW)


def run(done: Step, snapshot: Snapshot, policy: Policy = POLICY, cycles: int = 20) -> tuple[list[str], Step]:
    """What is moved where until the node is empty."""
    told, state = [], done.state
    for _ in range(cycles):
        if done.send:
            told.append(f"{done.send.vm_name}>{done.send.target[1:]}")
            snapshot = moved(snapshot, done.send.vm_id, done.send.target, snapshot.taken_at)
        snapshot = replace(snapshot, taken_at=snapshot.taken_at + 400)
        done = step(replace(state, samples=history(snapshot)), snapshot, (), policy, snapshot.taken_at)
        state = done.state
    return told, done


def plan(nodes: Sequence[Node], vms: Sequence[Vm]) -> draining.Plan:
    return draining.plan(situation(nodes, vms), N1)


def test_the_plan_moves_the_largest_first_and_leaves_out_what_is_off() -> None:
    found = plan(ROOMY, THREE)
    assert [(each.vm.name, each.target.id) for each in found.steps] == [("b", N2), ("a", "n3"), ("c", "n3")]
    assert found.sentence == "3 VMs to move in 3 moves, 13 GiB."
    assert found.mem_bytes == 13 * GIB


BLOCKED: list[tuple[str, list[Node], list[Vm], str]] = [
    ("nomove", ROOMY, [vm("a", tags="nomove")], "a has the tag nomove."),
    ("a pin to that node", ROOMY, [vm("a", tags="node_101")], "a is pinned to 10.0.0.101."),
    ("no room", [node(1), node(2, used_gib=68), node(3, used_gib=68)], [vm("a")], "a: no node can take it."),
    ("paused", ROOMY, [vm("a", state=VmState.PAUSED)], "a is paused, and only a running VM can be migrated."),
    (
        "rivals everywhere",
        ROOMY[:2],
        [vm("a", tags="anti_b"), vm("b", 2, tags="nomove")],
        "b on 10.0.0.102 must be kept apart from a.",
    ),
    (
        "a group that fits nowhere",
        [node(1), node(2, used_gib=64), node(3, used_gib=64)],
        [vm("a", tags="with_b"), vm("b")],
        "b: no node can take it together with a.",
    ),
]


@pytest.mark.parametrize(
    ("nodes", "vms", "told"), [row[1:] for row in BLOCKED], ids=[row[0] for row in BLOCKED]
)
def test_what_does_not_fit_is_refused_with_the_blocker_named(
    nodes: list[Node], vms: list[Vm], told: str
) -> None:
    assert told in " ".join(plan(nodes, vms).blocked)
    done = drained(nodes, vms)
    assert done.state.drain is None
    assert done.send is None
    notice = next(notice for notice in done.decision.notices if notice.event == draining.REFUSED)
    assert notice.sentence.startswith("10.0.0.101 is not drained. ")
    assert told in notice.sentence


def test_others_make_room_where_that_helps() -> None:
    nodes = [node(1), node(2, used_gib=64.0), node(3, used_gib=60.0)]
    found = plan(nodes, [vm("a", mem_gib=8.0, tags="node_102 node_101"), vm("b", 2, mem_gib=4.0)])
    assert [(each.vm.name, each.target.id) for each in found.steps] == [("b", "n3"), ("a", N2)]


def test_a_node_is_emptied_step_by_step_and_then_says_so_and_takes_nothing() -> None:
    snapshot = cluster(
        [node(1, cpu=20.0), node(2, cpu=95.0), node(3, cpu=20.0)], [*THREE, vm("hot", 2, cpu=99.0)]
    )
    state = State(samples=history(snapshot))
    begun = step(state, snapshot, (Drain(N1),), POLICY, NOW)
    assert begun.decision.notices[0].sentence == "Draining 10.0.0.101: 3 VMs to move in 3 moves, 13 GiB."
    assert begun.state.drain is not None
    assert begun.decision.move is not None
    assert begun.decision.move.reason is Reason.DRAIN
    assert (
        "10.0.0.101 is being drained: 3 VMs left. Moving b from 10.0.0.101 to 10.0.0.103"
        in begun.decision.sentence
    )
    told, end = run(begun, snapshot)
    assert told[:3] == ["b>3", "a>3", "c>3"]
    assert all(not each.endswith(">1") for each in told)
    assert end.state.drain is not None
    assert end.state.drain.is_empty


def test_that_it_is_empty_is_told_once() -> None:
    snapshot = cluster(ROOMY, [vm("a")])
    begun = drained(ROOMY, [vm("a")])
    empty = replace(moved(snapshot, vm("a").id, "n2", NOW), taken_at=NOW + 600)
    done = step(begun.state, empty, (), POLICY, NOW + 600)
    assert [notice.event for notice in done.decision.notices] == [draining.EMPTY]
    again = step(done.state, replace(empty, taken_at=NOW + 630), (), POLICY, NOW + 630)
    assert again.decision.notices == ()
    assert draining.told(again.state, empty) == "10.0.0.101, empty; takes no VM"


def test_neither_cooldown_nor_budget_nor_windows_hold_it_up_but_the_cluster_cooldown_does() -> None:
    closed = replace(POLICY, act_only=(read_span("daily 00:00-00:01"),), most_moves_per_hour=1)
    ledger = Ledger(
        arrivals={vm("a").id: Arrival(NOW - 600, N2, N1)},
        departures=(Departure(vm("x").id, N2, NOW - 600),),
    )
    done = drained(ROOMY, [vm("a")], closed, ledger)
    assert done.send is not None
    assert objection(situation_of(done.state, cluster(ROOMY, [vm("a")]), closed, NOW), done.send) is None
    resting = drained(ROOMY, [vm("a")], closed, Ledger(last_ended_at=NOW - 10))
    assert resting.state.drain is not None
    assert resting.decision.outcome is Outcome.COOLING_DOWN


def test_what_held_back_everything_else_still_does() -> None:
    """While a drain goes on outside the hours to act, neither a rule nor the load moves anything."""
    closed = replace(POLICY, act_only=(read_span("daily 00:00-00:01"),))
    vms = [vm("stuck"), vm("x", 2, tags="anti_y"), vm("y", 2)]
    begun = drained(ROOMY, vms, closed)
    assert begun.state.drain is not None
    broken = cluster(ROOMY, [replace(vms[0], tags=("nomove",)), *vms[1:]], at=NOW + 30)
    done = step(begun.state, broken, (), closed, NOW + 30)
    assert done.send is None
    assert done.decision.outcome is Outcome.OFF_HOURS
    assert "None of them can go now. stuck has the tag nomove." in done.decision.findings[0].sentence


def test_while_paused_it_is_taken_and_waits() -> None:
    snapshot = cluster(ROOMY, THREE)
    done = step(State(samples=history(snapshot)), snapshot, (Pause(), Drain(N1)), POLICY, NOW)
    assert done.state.drain is not None
    assert done.decision.outcome is Outcome.PAUSED


def test_in_approve_mode_each_step_waits_and_ending_withdraws_it() -> None:
    asks = replace(POLICY, mode=Mode.APPROVE)
    snapshot = cluster(ROOMY, THREE)
    done = drained(ROOMY, THREE, asks)
    assert done.send is None
    proposal = done.state.proposal
    assert proposal is not None
    assert proposal.move.reason is Reason.DRAIN
    sent = step(done.state, snapshot, (Approve(proposal.id),), asks, NOW)
    assert sent.send == proposal.move
    ended = step(done.state, snapshot, (EndDrain(),), asks, NOW)
    assert ended.state.drain is None
    assert ended.state.proposal is None
    assert "withdrawn" in ended.decision.sentence


def test_a_dry_run_only_imagines_it() -> None:
    done = drained(ROOMY, [vm("a")], DRY)
    assert done.send is None
    assert done.state.imagination is not None
    snapshot = cluster(ROOMY, [vm("a")], at=NOW + 600)
    later = step(done.state, snapshot, (), DRY, NOW + 600)
    assert [notice.event for notice in later.decision.notices] == [draining.EMPTY]


def test_ended_it_may_take_vms_again_and_a_sent_step_is_not_needed() -> None:
    snapshot = cluster(ROOMY, THREE)
    done = drained(ROOMY, THREE)
    assert done.send is not None
    s = situation_of(done.state, snapshot, POLICY, NOW)
    assert not s.usable[N1].ok
    assert s.usable[N1].sentence == "10.0.0.101 is being drained and takes no VM."
    ended = replace(done.state, drain=None)
    assert situation_of(ended, snapshot, POLICY, NOW).usable[N1].ok
    _, verdict = recheck(ended, snapshot, done.send, POLICY, NOW)
    assert verdict is not None


def test_one_node_at_a_time_and_unknown_ones_are_refused() -> None:
    snapshot = cluster(ROOMY, THREE)
    done = drained(ROOMY, THREE)
    other = step(done.state, snapshot, (Drain(N2),), POLICY, NOW)
    assert other.state.drain == done.state.drain
    assert "one node is drained at a time" in other.decision.notices[0].sentence
    unknown = step(State(samples=history(snapshot)), snapshot, (Drain(NodeId("n9")),), POLICY, NOW)
    assert unknown.decision.notices[0].sentence == "Not drained: there is no such node."
    blind = step(State(), None, (Drain(N1),), POLICY, NOW)
    assert "No node is drained." in blind.decision.sentence


def test_a_person_may_move_a_vm_off_it_and_none_to_it() -> None:
    done = drained(ROOMY, THREE)
    s = situation_of(done.state, cluster(ROOMY, [*THREE, vm("else", 2)]), POLICY, NOW)
    off = by_hand.examine(s, (), MoveVm(vm("a").id, N2))
    onto = by_hand.examine(s, (), MoveVm(vm("else").id, N1))
    assert off.move is not None or "cooldown" in off.sentence
    assert onto.move is None
    assert "being drained" in onto.sentence


def test_nothing_is_balanced_onto_or_off_it_for_load() -> None:
    hot = [node(1, cpu=95.0), node(2, cpu=20.0), node(3, cpu=20.0)]
    for strategy in Strategy:
        done = drained(hot, [vm("a", cpu=90.0, tags="nomoves")], replace(POLICY, strategy=strategy))
        assert done.decision.move is not None
        assert done.decision.move.reason is Reason.DRAIN
    s = situation_of(done.state, cluster(hot, [vm("a", cpu=90.0)]), POLICY, NOW)
    assert not checks.source_usable(s, s.snapshot.vms[vm("a").id]).ok


def test_it_outlives_a_clock_that_is_set_back() -> None:
    state = drained(ROOMY, THREE).state
    back = at_the_clock(at_the_clock(state, NOW), NOW - 3600)
    assert back.drain is not None
    assert back.drain.begun_at == NOW - 3600


@given(worlds())
def test_in_any_cluster_each_step_of_a_plan_breaks_no_rule(world: World) -> None:
    snapshot = replace(cluster(world.nodes.values(), world.vms.values()), gpu_profiles=frozenset({"gpu-a2"}))
    s = situation_of(State(samples=history(snapshot)), snapshot, world.policy, NOW)
    node = next(iter(snapshot.nodes))
    for each in draining.plan(s, node).steps:
        reason = Reason.DRAIN if each.vm.node_id == node else Reason.ROOM
        move = move_to(s, each.vm, each.target, reason, "")
        assert objections(move, snapshot, world.policy) == []
        assert each.target.id != node
        snapshot = moved(snapshot, each.vm.id, each.target.id, NOW)
