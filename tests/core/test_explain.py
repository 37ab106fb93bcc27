"""The matrix: for every VM and node the check that decides, in the order in which the planner would look at them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hctui.core import checks
from hctui.core.decision import Check, Reason
from hctui.core.explain import matrix
from hctui.core.model import VmState
from hctui.core.planner import relieve
from hctui.core.situation import situation_of
from hctui.core.state import Departure, Failure, Ledger, Rejection, State
from tests.core.build import NOW, cluster, history, node, node_id, situation, vm
from tests.core.worlds import World, worlds

HOT = [node(1, cpu=30), node(2, cpu=90), node(3, cpu=20, used_gib=69)]


def test_rows_come_in_the_planners_order_with_the_reason_that_applies() -> None:
    s = situation(
        HOT,
        [
            vm("z", 1),
            vm("a", 3),
            vm("warm", 2, cpu=30),
            vm("hot", 2, cpu=80),
            vm("unknown", 2, cpu=None),
            vm("b", 1),
            vm("big", 1, mem_gib=8, tags="anti_small"),
            vm("small", 1),
            vm("lost", 1, tags="node_103"),
            vm("off", 1, state=VmState.SHUTOFF),
            vm("nowhere", None),
        ],
    )
    assert [(row.vm_name, row.reason) for row in matrix(s)] == [
        ("small", Reason.ANTI_AFFINITY),
        ("big", Reason.ANTI_AFFINITY),
        ("lost", Reason.PIN),
        ("hot", Reason.LOAD),
        ("warm", Reason.LOAD),
        ("unknown", Reason.LOAD),
        ("b", Reason.LOAD),
        ("z", Reason.LOAD),
        ("a", Reason.LOAD),
    ]


def test_a_vm_that_left_a_node_may_not_return_there_for_load_and_others_of_its_size_may() -> None:
    ledger = Ledger(departures=(Departure(vm("web").id, node_id(1), NOW - 60),))
    s = situation([node(1), node(2, cpu=90)], [vm("web", 2), vm("app", 2)], ledger=ledger)
    found = {row.vm_name: row.cells[0].verdict for row in matrix(s)}
    assert found["web"] is not None
    assert found["app"] is not None
    assert (found["web"].check, found["web"].ok, found["app"].ok) == (Check.RETURN_BAN, False, True)
    for row in matrix(s, reason=Reason.ANTI_AFFINITY):
        verdict = row.cells[0].verdict
        assert verdict is not None
        assert verdict.ok, "a rule may bring it back"


def test_a_vm_that_breaks_two_rules_is_told_under_the_first() -> None:
    s = situation(HOT, [vm("a", 1, tags="anti_b node_103"), vm("b", 1)])
    assert [(row.vm_name, row.reason) for row in matrix(s)] == [
        ("a", Reason.ANTI_AFFINITY),
        ("b", Reason.ANTI_AFFINITY),
    ]


def test_a_row_tells_the_vm_and_every_node_by_the_check_that_decides() -> None:
    s = situation(HOT, [vm("web", 2), vm("db", 1, tags="anti_web")])
    row = matrix(s)[0]
    assert (row.vm_id, row.node_id, row.node_name) == ("web", "n2", "10.0.0.102")
    assert (row.own.check, row.own.ok) == (Check.HISTORY, True)
    told = [
        (cell.node_id, cell.is_here, cell.verdict and (cell.verdict.check, cell.verdict.ok))
        for cell in row.cells
    ]
    assert told == [
        ("n1", False, (Check.ANTI_AFFINITY, False)),
        ("n2", True, None),
        ("n3", False, (Check.RAM, False)),
    ]
    assert row.cells[2].verdict is not None
    assert row.cells[2].verdict.value == 73.0


def test_nodes_are_told_although_the_vm_itself_may_not_be_moved() -> None:
    s = situation(HOT, [vm("web", 2, tags="nomove")])
    [row] = matrix(s)
    assert (row.own.check, row.own.ok) == (Check.NOMOVE, False)
    first = row.cells[0].verdict
    assert first is not None
    assert first.ok


def test_only_the_vms_asked_for_and_for_the_reason_asked_for() -> None:
    vms = [vm("hot", 2, cpu=80), vm("warm", 2, cpu=30), vm("a", 1)]
    s = situation(HOT, vms)
    assert [row.vm_name for row in matrix(s, [vms[2], vms[1]])] == ["warm", "a"]
    assert matrix(s, []) == ()
    [row] = matrix(s, [vms[2]], Reason.MANUAL)
    assert row.reason is Reason.MANUAL
    busy = row.cells[1].verdict
    assert busy is not None
    assert busy.ok, "the CPU of a target does not bind a person"


def test_vms_of_one_size_share_no_verdict_that_is_not_theirs() -> None:
    failed = Ledger(
        failures=(Failure(vm("a").id, node_id(1), 1, NOW, "No."),),
        rejections=(Rejection(vm("b").id, node_id(1), NOW),),
    )
    vms = [vm("plain", 2, cpu=99), vm("a", 2), vm("b", 2), vm("other", 1)]
    told = {
        row.vm_name: [cell.verdict and cell.verdict.ok for cell in row.cells]
        for row in matrix(situation(HOT, vms, ledger=failed))
    }
    assert told == {
        "plain": [True, None, False],
        "a": [False, None, False],
        "b": [False, None, False],
        "other": [None, False, False],
    }


def test_the_first_pair_that_passes_is_the_one_the_planner_takes() -> None:
    s = situation(HOT, [vm("web", 2, cpu=80), vm("app", 2, cpu=70)])
    found = relieve(s)
    assert found is not None
    assert found.move is not None
    row = matrix(s)[0]
    passing = [cell.node_id for cell in row.cells if cell.verdict and cell.verdict.ok]
    assert (row.vm_id, passing) == (found.move.vm_id, [found.move.target])


@settings(derandomize=True)
@given(worlds(), st.none() | st.sampled_from(Reason))
def test_every_cell_is_what_the_planner_would_find(world: World, reason: Reason | None) -> None:
    snapshot = cluster(world.nodes.values(), world.vms.values())
    snapshot = replace(snapshot, gpu_profiles=frozenset({"gpu-a2"}))
    s = situation_of(State(samples=history(snapshot)), snapshot, world.policy, NOW)
    rows = matrix(s, reason=reason)
    assert sorted(row.vm_id for row in rows) == sorted(vm.id for vm in world.vms.values() if vm.is_placed)
    for row in rows:
        vm = snapshot.vms[row.vm_id]
        assert row.own == checks.vm_verdicts(s, vm, row.reason)[-1]
        assert [cell.node_id for cell in row.cells] == list(snapshot.nodes)
        for cell in row.cells:
            assert cell.is_here == (cell.node_id == vm.node_id) == (cell.verdict is None)
            if cell.verdict is not None:
                tried = checks.trial(s, vm, snapshot.nodes[cell.node_id], row.reason)
                assert cell.verdict == tried.verdicts[-1]


@pytest.mark.parametrize("known", [True, False])
def test_without_a_busiest_node_rows_go_by_node_and_name(known: bool) -> None:
    nodes = [node(1, cpu=10 if known else None), node(2, cpu=20 if known else None)]
    rows = matrix(situation(nodes, [vm("b", 1), vm("c", 2), vm("a", 1)]))
    assert [row.vm_name for row in rows] == (["c", "a", "b"] if known else ["a", "b", "c"])
