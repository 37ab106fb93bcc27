"""A cluster that is not well, or busy with somebody else's migration, is left alone until it has recovered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hctui.sim import Cluster
from tests.end_to_end.world import HOUR, LIVE, MINUTE, World, quick

Switch = Callable[[Cluster], None]


def setting(name: str, **parameters: object) -> tuple[Switch, Switch]:
    return (
        lambda cluster: cluster.faults.set(name, **parameters),
        lambda cluster: cluster.faults.clear(name),
    )


UNWELL = {
    "node offline": (setting("node_offline", node=14), "127.0.0.14 is offline."),
    "node unknown": (setting("node_unknown", node=14), "127.0.0.14 is unknown."),
    "node evacuated": (setting("node_evacuated", node=14), "127.0.0.14 is"),
    "update running": (setting("update_running"), "update"),
    "update being prepared": (setting("update_preparing"), "update"),
    "update status unreadable": (setting("update_status_unreadable"), "update"),
    "critical alert": (setting("condition_set"), "Storage is degraded (CRITICAL)"),
    "alerts unreadable": (setting("forbidden", path="/Condition/filter"), "alerts could not be read"),
}


@pytest.mark.parametrize("name", UNWELL)
async def test_an_unwell_cluster_is_left_alone_and_then_given_time(tmp_path: Path, name: str) -> None:
    (begin, end), told = UNWELL[name]
    world = World(tmp_path)
    policy = quick(LIVE)
    begin(world.cluster)
    lines = await world.run(3 * MINUTE, policy=policy)
    assert len(world.cluster.writes) == 0
    assert any(line.event == "standing_down" and told in line.text for line in lines)
    end(world.cluster)
    lines = await world.run(policy.recovery_cooldown_seconds - 35, policy=policy)
    assert len(world.cluster.writes) == 0
    assert any("recovery cooldown" in line.text for line in lines)
    await world.run(20 * MINUTE, policy=policy)
    assert world.moves("executing")[0][-1] == "anti-affinity"


async def test_somebody_elses_migration_is_waited_for(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cluster.faults.set("foreign_migration", vm="web-02")
    lines = await world.run(5 * MINUTE)
    assert len(world.cluster.writes) == 0
    assert any(
        "web-02 is being migrated; hctui did not begin that, or has given it up." in line.text
        for line in lines
    )
    assert any(line.event == "cooling_down" for line in lines), (
        "it counts as a migration for the cluster cooldown"
    )
    await world.run(2 * MINUTE)
    assert len(world.cluster.writes) == 1


async def test_a_node_that_fails_and_returns_costs_no_write_meanwhile(tmp_path: Path) -> None:
    world = World(tmp_path, scenario="node-failure")
    await world.run(HOUR)
    assert all(
        not 10 * MINUTE <= write.at - world.cluster.world.start <= 40 * MINUTE
        for write in world.cluster.writes
    )


async def test_an_excluded_node_that_is_offline_holds_nothing_up(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cluster.faults.set("node_offline", node=13)
    policy = replace(LIVE, excluded_node_ips=frozenset({"127.0.0.13"}))
    await world.run(2 * MINUTE, policy=policy)
    assert world.moves("executing")[0][-1] == "anti-affinity"
