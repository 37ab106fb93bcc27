"""Before and after: the same figures that the dry run would go on with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hctui.core.decision import Reason
from hctui.core.effect import Change, Effect, effect
from hctui.core.model import Node, Vm, VmId
from hctui.core.planner import move_to
from hctui.core.situation import situation_of
from hctui.core.state import Imagination, ImaginedMove, Ledger, State
from tests.core.build import DRY, GIB, NOW, cluster, history, move, node, node_id, situation, vm
from tests.core.worlds import World, worlds

TWO = [node(1, cpu=86, used_gib=61), node(2, cpu=28, used_gib=58)]
WEB = vm("web", cpu=90, vcpus=20, mem_gib=8)


def test_the_load_and_the_ram_of_the_vm_change_sides() -> None:
    assert effect(situation(TWO, [WEB]), move(mem_gib=8)) == Effect(
        source_cpu=Change(86, 68),
        source_ram=Change(61, 53),
        target_cpu=Change(28, 46),
        target_ram=Change(58, 66),
    )


def test_the_mean_of_the_vm_counts_and_not_its_last_sample() -> None:
    snapshot = cluster(TWO, [WEB])
    samples = history(snapshot)[:9]
    last = replace(samples[-1], at=NOW, vms={WEB.id: 0.0})
    s = situation_of(State(samples=(*samples, last)), snapshot, DRY, NOW)
    assert effect(s, move()).target_cpu.after == pytest.approx(28 + 0.9 * 18)


@pytest.mark.parametrize(
    ("nodes", "web", "unknown"),
    [
        ([node(1, cpu=None), TWO[1]], WEB, {"source_cpu"}),
        ([TWO[0], node(2, used_gib=None)], WEB, {"target_ram"}),
        ([TWO[0], replace(TWO[1], mem_bytes=0)], WEB, {"target_ram"}),
        (TWO[:1], WEB, {"target_cpu", "target_ram"}),
    ],
)
def test_what_is_not_known_before_is_not_known_after(nodes: list[Node], web: Vm, unknown: set[str]) -> None:
    told = effect(situation(nodes, [web]), move())
    assert {name for name in Effect.__slots__ if getattr(told, name) == Change(None, None)} == unknown


@pytest.mark.parametrize(("vms", "ram_after"), [([vm("web", cpu=None, mem_gib=8)], 66), ([], None)])
def test_a_load_that_is_not_known_leaves_only_what_is_before(vms: list[Vm], ram_after: float | None) -> None:
    told = effect(situation(TWO, vms), move())
    assert (told.source_cpu, told.target_cpu) == (Change(86, None), Change(28, None))
    assert told.target_ram == Change(58, ram_after)


@settings(derandomize=True)
@given(worlds(), st.integers(0, 24), st.integers(0, 5))
def test_it_is_what_the_dry_run_imagines(world: World, vm_number: int, target_number: int) -> None:
    placed = [vm for vm in world.vms.values() if vm.is_placed and vm.node_id in world.nodes]
    if not placed:
        return
    web = placed[vm_number % len(placed)]
    assert web.node_id is not None
    target = list(world.nodes.values())[target_number % len(world.nodes)]
    if target.id == web.node_id:
        return
    snapshot = cluster(world.nodes.values(), world.vms.values())
    samples = history(snapshot)
    before = situation_of(State(samples=samples), snapshot, DRY, NOW)
    told = effect(before, move_to(before, web, target, Reason.MANUAL, "Why."))
    moves = {web.id: ImaginedMove(web.node_id, target.id, NOW)}
    state = State(samples=samples, imagination=Imagination(Ledger(), moves))
    after = situation_of(state, snapshot, DRY, NOW)
    for changed, cpu, ram in (
        (web.node_id, told.source_cpu, told.source_ram),
        (target.id, told.target_cpu, told.target_ram),
    ):
        installed, used = snapshot.nodes[changed].mem_bytes, after.mem_used_bytes[changed]
        assert cpu.after == after.means[changed]
        if installed and used is not None:
            assert ram.after == pytest.approx(100 * used / installed, abs=100 * GIB * 1e-12)
        else:
            assert ram.after is None


def test_while_moves_are_imagined_a_mean_not_known_yet_is_not_made_up() -> None:
    """What an imagined move does to a node is known only as a shift of its mean; the partial one is without it."""
    snapshot = cluster([*TWO, node(3)], [WEB, vm("app", 1, cpu=50)])
    samples = history(snapshot)[-3:]
    real = situation_of(State(samples=samples), snapshot, DRY, NOW)
    assert real.means[TWO[0].id] is None, "the window is not full"
    assert effect(real, move()).source_cpu.before == 86
    app = snapshot.vms[VmId("app")]
    assert app.node_id is not None
    moves = {app.id: ImaginedMove(app.node_id, node_id(3), NOW)}
    s = situation_of(State(samples=samples, imagination=Imagination(Ledger(), moves)), snapshot, DRY, NOW)
    assert effect(s, move()).source_cpu == Change(None, None)
