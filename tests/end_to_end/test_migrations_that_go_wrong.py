"""Every way a migration can go wrong ends in a statement, in a back-off, and never in a second one beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hctui.api.errors import LoginRefused
from hctui.core.secret import Secret
from hctui.engine.balancing import NoData
from tests.end_to_end.world import DRY, LIVE, MINUTE, World, quick

WRONG = {
    "task_error": ("ended", "MIGRATION FAILED: The cluster reported an error: Virt Exception"),
    "task_without_move": ("ended", "MIGRATION FAILED: The cluster reported success, but sql-02 is still on"),
    "action_refused": ("answer", "The cluster refused it (HTTP 500)"),
    "bad_request": ("answer", "The cluster refused it (HTTP 400)"),
}


@pytest.mark.parametrize("fault", WRONG)
async def test_a_failed_move_is_stated_and_its_pair_not_tried_again_at_once(
    tmp_path: Path, fault: str
) -> None:
    event, told = WRONG[fault]
    world = World(tmp_path)
    world.cluster.faults.set(fault, times=1)
    lines = await world.run(12 * MINUTE)
    assert any(line.event == event and told in line.text for line in lines)
    first, second = world.moves("executing")[:2]
    assert (first[0], first[2]) != (second[0], second[2])
    assert second[-1] == "anti-affinity", "the violation is still fixed, another way"


@pytest.mark.parametrize("fault", ["answer_lost", "task_tag_empty", "task_vanishes", "task_uninitialized"])
async def test_a_move_that_works_but_cannot_be_followed_is_seen_on_the_vm(tmp_path: Path, fault: str) -> None:
    world = World(tmp_path)
    world.cluster.faults.set(fault)
    lines = await world.run(4 * MINUTE)
    assert any("MIGRATION COMPLETE: sql-02 is on" in line.text for line in lines)
    assert len(world.cluster.writes) == 1


async def test_a_stuck_migration_blocks_everything_until_it_is_given_up_loudly(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cluster.faults.set("task_stuck")
    lines = await world.run(90 * MINUTE)
    assert len(world.cluster.writes) == 1, "also after it was given up: somebody else seems to migrate"
    assert any(line.text.startswith("MIGRATION GIVEN UP: Given up after") for line in lines)
    assert any("being migrated; hctui did not begin that, or has given it up" in line.text for line in lines)


async def test_an_expired_session_is_renewed_for_reads_and_never_repeats_the_write(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cluster.faults.set("session_expired", path="/VirDomain", times=1)
    await world.run(45)
    assert world.moves("executing")
    other = World(tmp_path / "other")
    other.cluster.faults.set("session_expired", path="/VirDomain/action", times=1)
    lines = await other.run(3 * MINUTE)
    assert any("The session had expired and nothing was started." in line.text for line in lines)
    assert [write.status for write in other.cluster.writes] == [401, 200]
    assert len(other.cluster.ended_migrations) == 1


async def test_a_cluster_that_does_not_answer_for_a_while_is_polled_until_it_does(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cluster.faults.set("proxy_error")
    lines = await world.run(2 * MINUTE)
    assert {line.event for line in lines} == {"unreadable"}
    world.cluster.faults.clear("proxy_error")
    await world.run(1 * MINUTE)
    assert world.moves("executing")


async def test_a_restart_in_the_middle_of_a_migration_picks_it_up(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.run(5 * MINUTE, stop_when=lambda line: line.event == "waiting")
    assert world.cluster.ended_migrations == []
    lines = await world.run(3 * MINUTE)
    assert len(world.cluster.writes) == 1
    assert any("MIGRATION COMPLETE" in line.text for line in lines)
    assert any("Cluster cooldown" in line.text for line in lines)


async def test_cooldowns_and_history_survive_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    policy = quick(LIVE)
    await world.run(4 * MINUTE, policy=policy, stop_when=lambda line: line.event == "ended")
    lines = await world.run(20, policy=policy)
    assert any("Cluster cooldown" in line.text for line in lines)
    await world.run(2 * MINUTE, policy=policy)
    lines = await world.run(5, policy=policy)
    assert not any("history" in line.text for line in lines), "the window is full at once"


async def test_once_is_one_cycle_and_waits_for_the_end_of_what_it_sent(tmp_path: Path) -> None:
    world = World(tmp_path)
    lines = await world.run(MINUTE * 60, once=True)
    assert [line.event for line in lines].count("collecting_data") <= 3
    assert any("MIGRATION COMPLETE" in line.text for line in lines)
    assert len(world.cluster.ended_migrations) == 1


async def test_a_refused_login_ends_the_run_and_tells_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    monkeypatch.setattr("tests.end_to_end.world.Secret", lambda password: Secret("wr0ng-pass"))
    with pytest.raises(LoginRefused) as caught:
        await world.run(MINUTE)
    assert "wr0ng-pass" not in str(caught.value)


async def test_once_without_an_answer_is_an_error_and_no_quiet_end(tmp_path: Path) -> None:
    world = World(tmp_path)
    # The first contact reads each list once; what follows is the one cycle.
    reads = 0
    advance = world.cluster.advance

    def fail_after_the_first_contact(now: float) -> None:
        nonlocal reads
        reads += 1
        if reads == 12:
            world.cluster.faults.set("proxy_error")
        advance(now)

    world.cluster.advance = fail_after_the_first_contact  # type: ignore[method-assign]
    with pytest.raises(NoData):
        await world.run(MINUTE, policy=DRY, once=True)


async def test_a_dry_run_imagines_on_after_a_restart_but_not_after_a_long_break(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.run(MINUTE, policy=DRY)
    soon = await world.run(MINUTE, policy=DRY)
    assert any(line.event == "imagining" for line in soon)
    await world.clock.sleep(60 * MINUTE)
    late = await world.run(MINUTE, policy=DRY)
    assert not any(line.event == "imagining" for line in late)
    assert any(line.event == "violation" for line in late)
