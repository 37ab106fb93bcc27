"""The replay: a model of the cluster that moves VMs as the policy would have, and counts what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from hctui.core.decision import Move, Reason
from hctui.core.model import NetworkStatus, Node, NodeId, Snapshot, Vm, VmState
from hctui.core.policy import Policy, Strategy
from hctui.replay.course import Course, replayed
from hctui.replay.measures import Tally
from hctui.replay.model import Model
from tests.core.build import GIB, NOW, cluster, node, node_id, vm

N1, N2 = node_id(1), node_id(2)
DOCUMENTED = Policy(vm_cooldown_seconds=600.0)
BEST = replace(DOCUMENTED, strategy=Strategy.BEST_FIT, cluster_cooldown_seconds=60.0)


def frames(
    nodes: list[Node], vms: list[Vm], minutes: float, at: Callable[[float], list[Vm]] | None = None
) -> Iterator[Snapshot]:
    for index in range(int(minutes * 2)):
        passed = index * 30.0
        yield cluster(nodes, at(passed) if at else vms, at=NOW + passed)


HOT = [vm("web", 1, cpu=50.0, vcpus=40), vm("sql", 1, cpu=50.0, vcpus=60), vm("app", 1, cpu=50.0, vcpus=70)]
NODES = [node(1, cpu=88.0), node(2, cpu=20.0)]  # 20 + 30 + 35 threads of VMs, and 3 of its own


def test_a_frame_as_recorded_is_shown_as_it_was() -> None:
    frame = cluster(NODES, HOT)
    seen = Model().at(frame).snapshot
    assert seen.vms == frame.vms
    assert seen.nodes == frame.nodes


def test_a_vm_takes_its_load_and_ram_along_and_overhead_stays() -> None:
    model = Model()
    frame = cluster(NODES, HOT)
    model.at(frame)
    model.put(HOT[0].id, N2)
    moment = model.at(frame)
    assert moment.snapshot.nodes[N1].cpu_percent == 68.0
    assert moment.snapshot.nodes[N2].cpu_percent == 40.0
    assert moment.snapshot.nodes[N1].mem_used_bytes == 16 * GIB
    assert moment.snapshot.nodes[N2].mem_used_bytes == 24 * GIB
    assert moment.snapshot.vms[HOT[0].id].node_id == N2


def test_a_node_that_is_asked_for_more_than_it_has_shares_it_out() -> None:
    vms = [vm("a", 1, cpu=80.0, vcpus=100), vm("b", 2, cpu=100.0, vcpus=60)]
    frame = cluster([node(1, cpu=100.0), node(2, cpu=60.0)], vms)
    model = Model()
    model.at(frame)
    model.put(frame.vms[next(iter(frame.vms))].id, N2)
    moment = model.at(frame)
    assert moment.loads[N2].asked_percent == 140.0
    assert moment.snapshot.nodes[N2].cpu_percent == 100.0
    assert moment.loads[N2].unserved == pytest.approx(40.0)
    assert [vm.cpu_percent for vm in moment.snapshot.vms.values()] == pytest.approx([80 / 1.4, 100 / 1.4])


def test_vms_come_and_go_and_nodes_vanish() -> None:
    model = Model()
    model.at(cluster(NODES, HOT))
    model.put(HOT[0].id, N2)
    stopped = replace(HOT[0], state=VmState.SHUTOFF, ui_state=VmState.SHUTOFF)
    model.at(cluster(NODES, [stopped, *HOT[1:]]))
    assert HOT[0].id not in model.places
    assert (
        model.at(cluster(NODES, HOT)).snapshot.vms[HOT[0].id].node_id == N1
    )  # started where it was recorded
    model.put(HOT[0].id, N2)
    alone = model.at(cluster(NODES[:1], HOT))
    assert alone.snapshot.vms[HOT[0].id].node_id == N1


@pytest.mark.parametrize("change", [{"status": NetworkStatus.OFFLINE}, {"allow_running_vms": False}])
def test_vms_leave_a_node_that_could_not_run_them(change: dict[str, Any]) -> None:
    model = Model()
    model.at(cluster(NODES, HOT))
    model.put(HOT[0].id, N2)
    moment = model.at(cluster([NODES[0], replace(NODES[1], **change)], HOT))
    assert moment.snapshot.vms[HOT[0].id].node_id == N1


def test_a_migration_that_was_recorded_is_not_made() -> None:
    moving = replace(HOT[0], ui_state=VmState.MIGRATING)
    course = replayed(frames(NODES, [moving, *HOT[1:]], 20), DOCUMENTED)
    assert course.measures.moves >= 1
    seen = Model().at(cluster(NODES, [moving])).snapshot
    assert seen.vms[moving.id].ui_state is VmState.RUNNING


def test_a_move_is_judged_only_for_as_long_as_the_vm_stays() -> None:
    """It relieves nothing while it is there; what its source would have been afterwards is not its doing."""
    model, tally = Model(), Tally()
    vms = [vm("web", 1, cpu=50.0, vcpus=40), vm("sql", 1, cpu=0.0, vcpus=100)]
    nodes = [node(1, cpu=20.0), node(2, cpu=5.0), node(3, cpu=5.0)]
    calm = cluster(nodes, vms)
    model.at(calm)
    model.put(vms[0].id, N2)
    move = Move(vms[0].id, "web", N1, "one", N2, "two", Reason.LOAD, "", GIB)
    tally.arrived(NOW, NOW, move)
    tally.passed(model.at(calm), 30.0, 0)
    model.put(vms[0].id, node_id(3))
    busy = cluster(
        [replace(nodes[0], cpu_percent=110.0), *nodes[1:]], [vms[0], replace(vms[1], cpu_percent=90.0)]
    )
    tally.passed(
        replace(model.at(busy), snapshot=replace(model.at(busy).snapshot, taken_at=NOW + 1800)), 30.0, 0
    )
    assert tally.moved[0].is_unhelpful is True


@pytest.mark.parametrize("policy", [DOCUMENTED, BEST])
def test_a_hot_node_is_relieved_and_what_was_left_is_counted(policy: Policy) -> None:
    course = replayed(frames(NODES, HOT, 60), policy)
    assert course.measures.moves == len(course.moves) >= 1
    assert course.moves[0].move.reason is Reason.LOAD
    assert course.moves[0].is_unhelpful is False
    assert 0 < course.measures.overload_minutes < 10
    assert course.measures.gib_moved == 4.0 * course.measures.moves
    assert course.measures.hours == pytest.approx(1.0)
    assert course.busiest[0][1] == 88.0
    assert course.busiest[-1][1] < 80.0


def test_best_fit_acts_sooner_than_documented_and_a_blind_one_later_than_both() -> None:
    """Two moves are needed: after the first the documented rule waits for a fresh window, a blind one for longer."""
    nodes = [node(1, cpu=98.0), node(2, cpu=5.0), node(3, cpu=5.0)]
    vms = [vm(f"vm-{index}", 1, cpu=50.0, vcpus=20) for index in range(9)]
    eager = replace(DOCUMENTED, cpu_upper_percent=70.0)
    best = replace(BEST, cpu_upper_percent=70.0, cpu_relief_percent=50.0)

    def minutes(course: Course) -> float:
        return (course.moves[1].at - NOW) / 60

    blind = minutes(replayed(frames(nodes, vms, 60), eager, is_blind=True))
    seeing = minutes(replayed(frames(nodes, vms, 60), eager))
    assert minutes(replayed(frames(nodes, vms, 60), best)) < seeing < blind


def test_unserved_demand_and_heavy_overload() -> None:
    nodes = [replace(node(1, cpu=150.0)), node(2, cpu=90.0, used_gib=70.0)]
    course = replayed(frames(nodes, [vm("huge", 1, cpu=100.0, vcpus=150)], 10), DOCUMENTED)
    assert course.measures.moves == 0
    assert course.measures.heavy_overload_minutes == course.measures.overload_minutes == pytest.approx(20.0)
    assert course.measures.unserved_thread_seconds == pytest.approx(50 * 600)
    assert course.measures.unserved_percent == pytest.approx(100 / 3)


def test_broken_rules_are_counted_until_they_are_mended() -> None:
    vms = [vm("a", 1, tags="anti_b"), vm("b", 1), vm("c", 1, tags="node_102")]
    course = replayed(frames([node(1), node(2)], vms, 60), DOCUMENTED)
    assert [moved.move.reason for moved in course.moves] == [Reason.ANTI_AFFINITY, Reason.PIN]
    assert 5 < course.measures.breach_minutes < 15
    assert course.moves[0].is_unhelpful is None


def test_a_gap_counts_for_little() -> None:
    def recorded() -> Iterator[Snapshot]:
        yield from frames(NODES, HOT, 1)
        for frame in frames(NODES, HOT, 1):
            yield replace(frame, taken_at=frame.taken_at + 36_000)

    assert replayed(recorded(), DOCUMENTED).measures.hours * 60 == pytest.approx(3.0)


def test_a_vm_that_stops_under_way_arrives_nowhere() -> None:
    stopped = replace(HOT[2], state=VmState.SHUTOFF, ui_state=VmState.SHUTOFF)

    def at(passed: float) -> list[Vm]:
        return HOT if passed <= 330 else [*HOT[:2], stopped]

    course = replayed(frames(NODES, HOT, 20, at), replace(DOCUMENTED, cpu_upper_percent=60.0))
    assert all(moved.move.vm_id != stopped.id for moved in course.moves)


def test_a_return_is_counted() -> None:
    """The load wanders: first one node is hot, an hour later the other one."""

    def at(passed: float) -> list[Vm]:
        here = passed < 2400
        return [
            vm("wanderer", 1, cpu=100.0, vcpus=20),
            vm("first", 1, cpu=65.0 if here else 0.0, vcpus=100),
            vm("second", 2, cpu=0.0 if here else 65.0, vcpus=100),
        ]

    def recorded() -> Iterator[Snapshot]:
        for frame in frames([], [], 80, at):
            here = frame.vms
            loads = {1: 0.0, 2: 0.0}
            for each in here.values():
                loads[1 if each.node_id == N1 else 2] += (each.cpu_percent or 0) * each.vcpus / 100
            nodes = [node(number, cpu=load) for number, load in loads.items()]
            yield replace(frame, nodes={new.id: new for new in nodes})

    free = replace(DOCUMENTED, vm_cooldown_seconds=0.0, return_ban_seconds=0.0)
    course = replayed(recorded(), free)
    assert course.measures.returns >= 1
    assert NodeId("n1") in {moved.move.target for moved in course.moves}
    assert replayed(recorded(), replace(free, return_ban_seconds=7200.0)).measures.returns == 0


def test_frames_are_told_one_by_one_and_may_be_stopped() -> None:
    seen: list[float] = []
    replayed(frames(NODES, HOT, 2), DOCUMENTED, on_frame=seen.append)
    assert seen == [NOW, NOW + 30, NOW + 60, NOW + 90]
