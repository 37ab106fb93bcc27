"""What the demo promises: first the violation, then the hot node; exactly again with one seed; no write when dry."""

from __future__ import annotations

from pathlib import Path

import pytest

from hctui.journal import find, read_report
from tests.end_to_end.world import DRY, HOUR, LIVE, START, World


async def test_live_it_fixes_the_violation_then_relieves_the_hot_node_and_repeats_exactly(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "one")
    hot_before = world.mean_cpu(11)
    await world.run(2 * HOUR)
    moves = world.moves("executing")
    assert hot_before > 85
    assert [reason for *_, reason in moves] == ["anti-affinity", "load", "load"]
    assert world.mean_cpu(11) < LIVE.cpu_upper_percent
    assert {migration.result for migration in world.cluster.ended_migrations} == {"COMPLETE"}
    assert len(world.cluster.writes) == len(moves)
    assert world.cluster.open_sessions == (), "logged out"

    again = World(tmp_path / "two")
    again.mean_cpu(11)
    await again.run(2 * HOUR)
    assert again.moves("executing") == moves


async def test_dry_it_writes_nothing_and_names_the_same_first_fix_and_first_load_move(tmp_path: Path) -> None:
    dry, live = World(tmp_path / "dry"), World(tmp_path / "live")
    await dry.run(HOUR, policy=DRY)
    await live.run(HOUR)
    assert len(dry.cluster.writes) == 0
    assert dry.cluster.ended_migrations == []
    told, done = dry.moves("dry_run"), live.moves("executing")
    for reason in ("anti-affinity", "load"):
        assert next(move for move in told if move[-1] == reason) == next(
            move for move in done if move[-1] == reason
        )


@pytest.mark.parametrize("seed", [3, 11])
async def test_other_seeds_come_to_the_same_kind_of_end(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, seed=seed)
    await world.run(1.5 * HOUR)
    reasons = [reason for *_, reason in world.moves("executing")]
    assert reasons[0] == "anti-affinity"
    assert set(reasons[1:]) == {"load"}
    assert world.mean_cpu(11) < LIVE.cpu_upper_percent


async def test_a_quiet_cluster_is_left_alone(tmp_path: Path) -> None:
    world = World(tmp_path, scenario="quiet")
    lines = await world.run(HOUR)
    assert len(world.cluster.writes) == 0
    assert lines[-2].text.startswith("No imbalance. The busiest node,")


async def test_the_report_tells_the_same_moves(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.run(HOUR)
    found = find(tmp_path, "https://127.0.0.1")
    assert found is not None
    report = read_report(found.path, START, world.clock.now(), cpu_upper_percent=80)
    told = [(move.vm_name, move.source_name, move.target_name, move.reason) for move in report.moves]
    assert told == world.moves("executing")
