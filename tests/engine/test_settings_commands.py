"""Settings that change while the engine runs: from the next cycle on, remembered or not, and never half."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hctui.api.errors import LoginRefused
from hctui.config import SourceKind, load, write_config
from hctui.config.schema import DRY_RUN
from hctui.core.commands import MoveVm, Pause, Resume
from hctui.core.decision import Outcome
from hctui.core.model import VmId
from hctui.core.policy import Policy
from hctui.core.state import State
from hctui.engine.commands import ChangeSettings, Command, ReloadSettings
from hctui.engine.view import Level
from tests.core.build import NOW, POLICY, cluster, node, node_id, vm
from tests.engine.stand_in import stage

TOGETHER = cluster([node(1), node(2)], [vm("web", 1, tags="anti_db"), vm("db", 1)])
CALM = cluster([node(1), node(2)], [vm("web", 1)])


async def test_a_changed_threshold_holds_in_the_same_cycle_and_is_told() -> None:
    s = stage(CALM)
    s.desk.submit(ChangeSettings({"cpu_upper_threshold_percent": "75"}))
    await s.engine.run(once=True)
    assert s.desk.view.policy.cpu_upper_percent == 75
    assert s.told("balancer.cpu_upper_threshold_percent is now 75 percent (the console); it was 80.")


async def test_a_wrong_value_changes_nothing_and_is_told() -> None:
    s = stage(CALM)
    s.desk.submit(ChangeSettings({"cpu_upper_threshold_percent": "75", "ram_limit_percent": "700"}))
    await s.engine.run(once=True)
    assert s.desk.view.policy == POLICY
    line = next(line for line in s.lines if line.event == "settings")
    assert line.level is Level.WARNING
    assert line.text.startswith(
        "Settings not changed. Wrong settings: balancer.ram_limit_percent = '700' (the console)"
    )


async def test_a_flip_to_dry_run_is_in_the_journal_before_anything_else_is_sent() -> None:
    s = stage(TOGETHER)
    s.desk.submit(ChangeSettings({"dry_run": "true"}))
    await s.engine.run(once=True)
    assert "migrate" not in s.calls
    assert s.memory.state.dry_run_held


async def test_a_flip_to_dry_run_survives_a_restart_whatever_the_settings_say() -> None:
    s = stage(TOGETHER, state=State(dry_run_held=True))
    await s.engine.run(once=True)
    assert s.desk.view.policy.dry_run
    assert s.desk.view.settings.given(DRY_RUN).source.kind is SourceKind.CONSOLE
    assert "migrate" not in s.calls
    assert str(s.desk.view.settings.given(DRY_RUN).source) == "the last run"
    assert s.told("in the last run a person switched to it. It stays so until")


async def test_a_flip_to_live_ends_what_was_held_and_does_not_survive() -> None:
    s = stage(TOGETHER, state=State(dry_run_held=True))
    await s.engine.run(until=NOW + 1)
    assert s.memory.state.dry_run_held
    s.clock._now = NOW
    s.desk.submit(ChangeSettings({"dry_run": "false"}))
    await s.engine.run(until=NOW + 20)
    assert not s.memory.state.dry_run_held
    assert "migrate" in s.calls
    restarted = stage(TOGETHER, policy=Policy(dry_run=True), state=replace(s.memory.state, migration=None))
    await restarted.engine.run(once=True)
    assert restarted.desk.view.policy.dry_run
    assert "migrate" not in restarted.calls


async def test_another_change_does_not_hold_a_dry_run_that_the_settings_ask_for() -> None:
    s = stage(CALM, policy=Policy(dry_run=True))
    s.desk.submit(ChangeSettings({"mode": "approve"}))
    await s.engine.run(once=True)
    assert not s.memory.state.dry_run_held


async def test_a_saved_file_is_read_again_and_what_was_saved_holds_from_there(tmp_path: Path) -> None:
    path = write_config(tmp_path / "config.toml", {"base_url": "10.0.0.101", "ram_limit_percent": "70"})
    s = stage(CALM)
    s.desk.publish(settings=load(path, {}, {}))
    s.desk.submit(ChangeSettings({"ram_limit_percent": "65"}))
    await s.engine.run(once=True)
    write_config(path, {"base_url": "10.0.0.101", "ram_limit_percent": "60"}, replace=True)
    s.desk.submit(ReloadSettings(("ram_limit_percent",)))
    await s.engine.run(once=True)
    assert s.desk.view.policy.ram_limit_percent == 60
    assert s.told(f"balancer.ram_limit_percent is now 60 percent (file {path}); it was 65.")


async def test_a_file_that_has_become_wrong_changes_nothing(tmp_path: Path) -> None:
    path = write_config(tmp_path / "config.toml", {"ram_limit_percent": "70"})
    s = stage(CALM)
    s.desk.publish(settings=load(path, {}, {}))
    path.write_text("[balancer]\nram_limit_percent = 'much'\n")
    s.desk.submit(ReloadSettings())
    await s.engine.run(once=True)
    assert s.desk.view.policy.ram_limit_percent == 70
    assert s.told("Settings not changed.")
    assert s.memory.decisions[-1].outcome is not Outcome.NO_DATA


async def test_what_was_done_before_holds_after_it() -> None:
    s = stage(CALM, state=State(paused=True))
    s.desk.submit(ChangeSettings({"mode": "approve"}))
    await s.engine.run(once=True)
    assert s.desk.view.state.paused
    assert s.clock.now() == NOW


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        (Pause(), lambda state: state.paused),
        (ChangeSettings({"dry_run": "true"}), lambda state: state.dry_run_held),
    ],
)
async def test_what_makes_it_careful_is_remembered_even_if_no_cycle_took_it_any_more(
    command: Command, kept: Callable[[State], bool]
) -> None:
    s = stage(CALM)

    asked: list[Command] = []

    def asked_and_stopped() -> None:
        if s.desk.view.decision is not None and not asked:
            asked.append(command)
            s.engine.stop()
            s.desk.submit(command)

    s.desk.listen(asked_and_stopped)
    await s.engine.run()
    assert s.calls[-1] == "save_state"
    assert kept(s.memory.state)


async def test_a_move_that_was_to_be_imagined_is_never_sent() -> None:
    s = stage(CALM, policy=Policy(dry_run=True))
    s.desk.submit(MoveVm(VmId("web"), node_id(2), dry_run=True))
    s.desk.submit(ChangeSettings({"dry_run": "false"}))
    await s.engine.run(once=True)
    assert "migrate" not in s.calls
    assert s.told("It was asked for in a dry run, and this is live.")


async def test_a_move_that_was_to_be_sent_is_not_merely_imagined() -> None:
    s = stage(CALM)
    s.desk.submit(MoveVm(VmId("web"), node_id(2), dry_run=False))
    s.desk.submit(ChangeSettings({"dry_run": "true"}))
    await s.engine.run(once=True)
    assert s.told("It was asked for in a live run, and this is a dry run.")


async def test_going_live_looks_first_whether_the_account_may_migrate() -> None:
    s = stage(TOGETHER, policy=Policy(dry_run=True))
    s.desk.submit(ChangeSettings({"mode": "approve"}))
    await s.engine.run(once=True)
    assert "account" not in s.calls
    s.desk.submit(ChangeSettings({"dry_run": "false"}))
    await s.engine.run(once=True)
    assert s.calls[-4] == "account"
    assert s.calls[-3:] == ["snapshot", "save_state", "record_cycle"]


async def test_while_logins_are_refused_a_key_does_not_try_again() -> None:
    s = stage(CALM)

    def refused() -> None:
        raise LoginRefused("user balancer, HTTP 401.")

    s.cluster.before_read = refused
    await s.engine.run(until=NOW + 1)
    s.clock._now = NOW + 1
    for _ in range(5):
        s.desk.submit(Pause())
        s.desk.submit(Resume())
    s.cluster.before_read = lambda: None
    await s.engine.run(until=NOW + 2)
    assert s.calls.count("snapshot") == 2, "the first try, and the first of the second run"
