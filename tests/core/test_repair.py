"""Rules as a small planner: what one move mends, what takes several, and what nothing can mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given

from hctui.core import contradictions, planner, repair, together
from hctui.core.balancer import step
from hctui.core.decision import Finding, Reason
from hctui.core.model import Node, Snapshot, Vm, VmId
from hctui.core.policy import Mode
from hctui.core.rules import Flaw, rules_of
from hctui.core.situation import Situation, situation_of
from hctui.core.state import Arrival, Ledger, State
from tests.core.build import GIB, NOW, POLICY, cluster, cycle, history, node, node_id, situation, vm
from tests.core.worlds import World, worlds

EAGER = replace(POLICY, cluster_cooldown_seconds=0.0, most_moves_per_hour=0)
"""Nothing but the VM cooldown is waited for."""


def moved(snapshot: Snapshot, vm_id: VmId, target: str, at: float) -> Snapshot:
    """The cluster after a migration."""
    vm = snapshot.vms[vm_id]
    nodes = dict(snapshot.nodes)
    for key, sign in ((vm.node_id, -1), (target, +1)):
        there = nodes[key]  # type: ignore[index]
        nodes[there.id] = replace(there, mem_used_bytes=(there.mem_used_bytes or 0) + sign * vm.mem_bytes)
    vms = {**snapshot.vms, vm_id: replace(vm, node_id=node_id(int(target[1:])))}
    return replace(snapshot, taken_at=at, nodes=nodes, vms=vms)


def run(nodes: Sequence[Node], vms: Sequence[Vm], cycles: int = 12) -> tuple[list[str], Situation]:
    """What is moved where, `web>2`, with each VM rested, and the situation in which that ends."""
    snapshot, state = cluster(nodes, vms), State()
    told: list[str] = []
    for _ in range(cycles):
        state = replace(state, samples=history(snapshot))
        done = step(state, snapshot, (), replace(EAGER, dry_run=True), snapshot.taken_at)
        move = done.decision.move
        state = replace(done.state, imagination=None)
        at = snapshot.taken_at + POLICY.vm_cooldown_seconds + 60
        if move is None:
            snapshot = replace(snapshot, taken_at=at)
            continue
        told.append(f"{move.vm_name}>{move.target[1:]}")
        snapshot = moved(snapshot, move.vm_id, move.target, at)
    return told, situation_of(state, snapshot, EAGER, snapshot.taken_at)


def broken(s: Situation) -> int:
    return (
        sum(1 for _ in planner.violations(s))
        + sum(1 for _ in planner.strays(s))
        + sum(1 for _ in together.apart(s))
    )


def first(*vms: Vm, nodes: Sequence[Node], **others: object) -> Finding:
    return repair.findings(situation(nodes, vms, **others))[0]  # type: ignore[arg-type]


def full(number: int, used_gib: float = 68.0) -> Node:
    return node(number, used_gib=used_gib)


ROOMY = [node(1), node(2), node(3)]

# web (8 GiB) belongs on node 2, where there are 2 GiB left of the limit; store (8 GiB) could go to node 3.
TIGHT = [node(1, used_gib=60.0), full(2), node(3, used_gib=55.0)]
WEB, STORE = vm("web", 1, mem_gib=8.0, tags="node_102"), vm("store", 2, mem_gib=8.0)

PLANS: list[tuple[str, list[Node], list[Vm], list[str]]] = [
    ("one move is enough", ROOMY, [vm("a", tags="anti_b"), vm("b")], ["a>2"]),
    ("room is made by moving another", TIGHT, [WEB, STORE], ["store>3", "web>2"]),
    (
        "the other that fits best is moved",
        TIGHT,
        [WEB, STORE, vm("huge", 2, mem_gib=9.0), vm("tiny", 2, mem_gib=1.0)],
        ["store>3", "web>2"],
    ),
    (
        "two others are moved",
        [node(1, used_gib=62.0), full(2, 69.0), node(3, used_gib=50.0)],
        [vm("web", 1, mem_gib=9.0, tags="node_102"), vm("s1", 2, mem_gib=4.0), vm("s2", 2, mem_gib=4.5)],
        ["s2>3", "s1>3", "web>2"],
    ),
    (
        "a chain: the one in the way has one in its way",
        [node(1, used_gib=69.0), full(2), full(3), node(4, used_gib=60.0)],
        [
            vm("web", 1, mem_gib=8.0, tags="node_102"),
            vm("store", 2, mem_gib=8.0, tags="node_102 node_103"),
            vm("cache", 3, mem_gib=8.0, tags="node_103 node_104"),
        ],
        ["cache>4", "store>3", "web>2"],
    ),
    (
        "a rival is moved out of the way",
        [node(1), node(2), node(3)],
        [vm("web", 1, tags="node_102 anti_sql"), vm("sql", 2)],
        ["sql>3", "web>2"],
    ),
    (
        "crossed pins are swapped over a third node",
        [full(1), full(2), node(3, used_gib=60.0)],
        [vm("a", 1, mem_gib=8.0, tags="node_102"), vm("b", 2, mem_gib=8.0, tags="node_101")],
        ["b>3", "a>2", "b>1"],
    ),
    (
        "crossed pins of two that must be apart",
        [node(1), node(2), node(3)],
        [vm("a", 1, tags="node_102 anti_b"), vm("b", 2, tags="node_101")],
        ["b>3", "a>2", "b>1"],
    ),
    (
        "the one that mends most is moved",
        ROOMY,
        [vm("hub", mem_gib=9.0, tags="anti_a anti_b"), vm("a", tags="nomoves"), vm("b")],
        ["hub>2"],
    ),
    ("a full cluster", [full(1, 70), full(2, 70), full(3, 70)], [vm("a", tags="anti_b"), vm("b")], []),
    (
        "three apart on two nodes",
        [node(1), node(2)],
        [vm("a", 1, tags="anti_b anti_c"), vm("b", 1, tags="anti_c"), vm("c", 2)],
        [],
    ),
    (
        "mates come together where most are",
        ROOMY,
        [vm("a", 1, tags="with_b with_c"), vm("b", 2), vm("c", 2)],
        ["a>2"],
    ),
    (
        "a group goes home as a whole, the pinned one first",
        ROOMY,
        [vm("a", 1, tags="with_b node_103"), vm("b", 1)],
        ["a>3", "b>3"],
    ),
    (
        "a group is separated from a rival as a whole",
        [node(1), node(2)],
        [vm("a", 1, tags="with_b anti_x"), vm("b", 1), vm("x", 1, tags="nomove")],
        ["a>2", "b>2"],
    ),
    (
        "a group does not begin to go where only half of it fits",
        [node(1), full(2, 63.0)],
        [vm("a", 1, tags="with_b anti_x"), vm("b", 1), vm("x", 1, tags="nomove")],
        [],
    ),
]


@pytest.mark.parametrize(("nodes", "vms", "moves"), [row[1:] for row in PLANS], ids=[row[0] for row in PLANS])
def test_plans_are_carried_to_their_end_and_then_there_is_silence(
    nodes: list[Node], vms: list[Vm], moves: list[str]
) -> None:
    done, s = run(nodes, vms)
    assert done == moves
    assert (broken(s) == 0) is bool(moves)


def test_the_whole_plan_is_told_with_its_first_step() -> None:
    finding = first(WEB, STORE, nodes=TIGHT)
    assert finding.sentence == (
        "web is on 10.0.0.101, but pinned to 10.0.0.102. Step 1 of 2: moving store from 10.0.0.102 to 10.0.0.103. "
        "Then: web from 10.0.0.101 to 10.0.0.102."
    )
    assert finding.move is not None
    assert finding.move.reason is Reason.ROOM
    asked = first(WEB, STORE, nodes=TIGHT, policy=replace(POLICY, mode=Mode.APPROVE))
    assert "Step 1 of 2: hctui would move store" in asked.sentence


def test_no_plan_begins_while_one_of_its_vms_may_not_move() -> None:
    resting = Ledger(arrivals={WEB.id: Arrival(NOW - 60, node_id(2), node_id(1))})
    assert first(WEB, STORE, nodes=TIGHT, ledger=resting).move is None
    assert first(WEB, replace(STORE, tags=("nomove",)), nodes=TIGHT).move is None


def test_what_cannot_be_mended_does_not_hold_up_the_rest() -> None:
    stuck = [vm("a", 1, tags="anti_b nomove"), vm("b", 1, tags="nomove")]
    one, two = repair.findings(situation(ROOMY, [*stuck, vm("c", 1, tags="node_103")]))
    assert one.move is None
    assert "a has the tag nomove" in one.sentence
    assert two.move is not None


def test_a_step_that_makes_room_is_proposed_sent_and_dropped_once_it_is_not_needed() -> None:
    snapshot = cluster(TIGHT, [WEB, STORE])
    proposed = cycle(snapshot, policy=replace(POLICY, mode=Mode.APPROVE))
    assert proposed.state.proposal is not None
    assert proposed.state.proposal.move.vm_name == "store"
    again = cycle(snapshot, state=proposed.state, policy=replace(POLICY, mode=Mode.APPROVE))
    assert again.state.proposal == proposed.state.proposal
    free = replace(snapshot, nodes={**snapshot.nodes, node_id(2): node(2)})
    gone = cycle(free, state=proposed.state, policy=replace(POLICY, mode=Mode.APPROVE))
    assert gone.state.proposal is not None
    assert gone.state.proposal.move.vm_name == "web"


def test_for_load_a_vm_does_not_leave_its_mates() -> None:
    hot = [node(1, cpu=90.0), node(2, cpu=20.0)]
    mates = [vm("a", 1, cpu=90.0, tags="with_b"), vm("b", 1, cpu=80.0)]
    finding = planner.relieve(situation(hot, mates))
    assert finding is not None
    assert finding.move is None
    assert finding.candidates[0].verdicts[-1].sentence == "a is kept together with b."


# Contradictions


@pytest.mark.parametrize(
    ("nodes", "vms", "told"),
    [
        (
            ROOMY,
            [vm("a", tags="with_b anti_b"), vm("b")],
            "a and b are to be kept together and apart at once",
        ),
        (
            ROOMY,
            [vm("a", tags="with_b"), vm("b", tags="with_c"), vm("c", tags="anti_a")],
            "together and apart",
        ),
        (
            ROOMY,
            [vm("a", tags="anti_b node_101"), vm("b", 2, tags="node_101")],
            "a and b are to be kept apart and are both pinned to 10.0.0.101",
        ),
        (
            [node(1), node(2)],
            [vm("a", tags="anti_b anti_c"), vm("b", 2, tags="anti_c"), vm("c")],
            "3 VMs are all to be kept apart from each other (a, b and c), and only 2 nodes can have VMs",
        ),
        (
            ROOMY,
            [vm("a", tags="with_b node_101"), vm("b", tags="node_102")],
            "a and b are to be kept together, but their pins share no node",
        ),
        (
            ROOMY,
            [vm("a", tags="with_b", mem_gib=40), vm("b", mem_gib=40)],
            "a and b are to be kept together and take 80 GiB, and no node they may be on has more than 66 GiB for VMs.",
        ),
    ],
)
def test_contradictions_are_found_and_told_and_move_nothing(
    nodes: list[Node], vms: list[Vm], told: str
) -> None:
    s = situation(nodes, vms)
    found = contradictions.contradictions(s.snapshot, s.rules, s.policy)
    assert [problem.flaw for problem in found] == [Flaw.CONTRADICTION]
    assert told in found[0].sentence
    decision = cycle(s.snapshot).decision
    assert any(told in notice.sentence for notice in decision.notices)
    for finding in repair.findings(s):
        assert finding.move is None
        assert told in finding.sentence


def test_rules_that_go_together_are_no_contradiction() -> None:
    vms = [vm("a", tags="with_b node_101 anti_c"), vm("b", tags="node_101"), vm("c", 2)]
    s = situation(ROOMY, vms)
    assert contradictions.contradictions(s.snapshot, s.rules, s.policy) == ()


# Tags


def test_groups_go_through_others_and_their_flaws_are_told() -> None:
    vms = [vm("a", tags="with_b"), vm("b"), vm("c", tags="with_b"), vm("d", tags="with_d with_nobody")]
    rules = rules_of(cluster(ROOMY, vms))
    group = frozenset({VmId("a"), VmId("b"), VmId("c")})
    assert rules.mates == dict.fromkeys(group, group)
    assert [problem.flaw for problem in rules.problems] == [Flaw.OWN_NAME, Flaw.UNKNOWN_NAME]


# Properties


@given(worlds())
def test_no_step_breaks_what_was_kept_and_it_comes_to_an_end(world: World) -> None:
    snapshot = cluster(world.nodes.values(), world.vms.values())
    snapshot = replace(snapshot, gpu_profiles=frozenset({"gpu-a2"}))
    policy = replace(world.policy, act_only=(), vm_cooldown_seconds=0.0)
    seen = set()
    for _ in range(40):
        s = situation_of(State(samples=history(snapshot)), snapshot, policy, NOW)
        place = tuple(sorted((vm.id, vm.node_id) for vm in snapshot.vms.values() if vm.node_id))
        assert place not in seen, "it goes in circles"
        seen.add(place)
        move = next((finding.move for finding in repair.findings(s) if finding.move), None)
        if move is None:
            return
        before = {*pairs(s), *(vm.id for vm in planner.strays(s))}
        snapshot = moved(snapshot, move.vm_id, move.target, NOW)
        after = situation_of(State(samples=history(snapshot)), snapshot, policy, NOW)
        assert {*pairs(after), *(vm.id for vm in planner.strays(after))} <= before
        limit = policy.ram_limit_percent / 100.0 * (after.snapshot.nodes[move.target].mem_bytes or 0)
        assert (after.mem_used_bytes[move.target] or 0) <= limit + GIB / 1024
    raise AssertionError("it does not come to an end")


def pairs(s: Situation) -> set[frozenset[VmId]]:
    return {frozenset((one.id, other.id)) for one, other in planner.violations(s)}
