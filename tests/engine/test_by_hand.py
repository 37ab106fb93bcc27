"""Moves by hand through the engine: the same executor, the same look at fresh data, the same dry run."""

from __future__ import annotations

from dataclasses import replace

from hctui.core.commands import MoveVm
from hctui.core.migration import Phase
from hctui.core.model import VmId
from tests.core.build import DRY, NOW, cluster, node, node_id, vm
from tests.engine.stand_in import Stage, stage

CALM = cluster([node(1), node(2)], [vm("web", 1)])
WEB = VmId("web")
THERE = MoveVm(WEB, node_id(2))
BACK = MoveVm(WEB, node_id(1))


async def _run(s: Stage, *orders: MoveVm, until: float) -> None:
    for order in orders:
        s.desk.submit(order)
    await s.engine.run(until=NOW + until)


async def test_it_arrives_and_is_undone_only_when_the_cooldowns_are_overridden() -> None:
    s = stage(CALM)
    await _run(s, THERE, until=1)
    assert s.cluster.current.vms[WEB].node_id == "n2"
    await _run(s, BACK, until=2)
    assert s.cluster.current.vms[WEB].node_id == "n2"
    assert s.told("Not moved by hand: web from 10.0.0.102 to 10.0.0.101. Cluster cooldown")
    await _run(s, replace(BACK, override_cooldowns=True), until=3)
    assert s.cluster.current.vms[WEB].node_id == "n1"
    assert [migration.phase for migration in s.memory.migrations if migration.phase.is_end] == [
        Phase.ARRIVED
    ] * 2


async def test_what_changed_since_the_decision_stops_it() -> None:
    s = stage(CALM)
    looks = iter([CALM, cluster(CALM.nodes.values(), [vm("web", 1, tags="node_101")])])

    def changed() -> None:
        s.cluster.current = next(looks, s.cluster.current)

    s.cluster.before_read = changed
    await _run(s, replace(THERE, override_cooldowns=True), until=1)
    assert "migrate" not in s.calls
    assert s.told("Not sent: web is pinned to 10.0.0.101.")


async def test_a_dry_run_sends_nothing_whatever_is_overridden() -> None:
    s = stage(CALM, policy=DRY)
    await _run(s, replace(THERE, override_cooldowns=True), until=1)
    assert "migrate" not in s.calls
    assert s.memory.state.imagination is not None
    assert set(s.memory.state.imagination.moves) == {"web"}
