"""The safety gate: every reason to stand down, whom it leaves out, and the recovery afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hctui.core.balancer import recheck, step
from hctui.core.decision import Check, Outcome, Verdict
from hctui.core.model import (
    Condition,
    Disposition,
    NetworkStatus,
    Severity,
    Snapshot,
    TaskState,
    UpdateStatus,
    UpdateVerdict,
    VmState,
)
from hctui.core.policy import Policy
from hctui.core.safety import gate, is_unwell, unreadable
from hctui.core.state import State
from tests.core.build import NOW, POLICY, cluster, history, move, node, task, vm

HEALTHY = cluster([node(1), node(2)], [vm("web"), vm("sql", 2)])


def _refusals(verdicts: tuple[Verdict, ...]) -> list[Check]:
    return [verdict.check for verdict in verdicts if not verdict.ok]


def _with_node(current: Disposition, desired: Disposition) -> Snapshot:
    return cluster([node(1), replace(node(2), current_disposition=current, desired_disposition=desired)])


def _alert(severity: Severity, name: str = "node.n2.hot") -> Condition:
    return Condition(name, f"{name} is set", severity, "10.0.0.102")


def _updating(verdict: UpdateVerdict) -> Snapshot:
    return replace(HEALTHY, update=UpdateStatus(verdict, "About the update."))


UNHEALTHY: dict[str, tuple[Snapshot, Check]] = {
    "node offline": (cluster([node(1), node(2, status=NetworkStatus.OFFLINE)]), Check.NODES_ONLINE),
    "node unknown": (cluster([node(1), node(2, status=NetworkStatus.UNKNOWN)]), Check.NODES_ONLINE),
    "no node at all": (cluster([]), Check.NODES_ONLINE),
    "node leaving": (_with_node(Disposition.IN, Disposition.OUT), Check.NODES_SETTLED),
    "node being evacuated": (_with_node(Disposition.IN, Disposition.EVACUATED), Check.NODES_SETTLED),
    "node evacuated": (_with_node(Disposition.EVACUATED, Disposition.EVACUATED), Check.NODES_SETTLED),
    "node coming back": (_with_node(Disposition.EVACUATED, Disposition.IN), Check.NODES_SETTLED),
    "disposition unknown": (_with_node(Disposition.UNKNOWN, Disposition.UNKNOWN), Check.NODES_SETTLED),
    "update active": (_updating(UpdateVerdict.ACTIVE), Check.NO_UPDATE),
    "update unknown": (_updating(UpdateVerdict.UNKNOWN), Check.NO_UPDATE),
    "critical alert": (replace(HEALTHY, conditions=(_alert(Severity.CRITICAL),)), Check.NO_ALERT),
    "worse alert": (replace(HEALTHY, conditions=(_alert(Severity.EMERGENCY),)), Check.NO_ALERT),
    "alerts unread": (replace(HEALTHY, conditions=None), Check.NO_ALERT),
}


def test_order_is_that_of_the_api_reference() -> None:
    verdicts = gate(HEALTHY, POLICY, NOW, unwell_at=None)
    assert [verdict.check for verdict in verdicts] == [
        Check.FRESH_DATA,
        Check.NODES_ONLINE,
        Check.NODES_SETTLED,
        Check.NO_UPDATE,
        Check.NO_ALERT,
        Check.NO_OTHER_MIGRATION,
        Check.RECOVERED,
    ]
    assert _refusals(verdicts) == []
    assert not is_unwell(verdicts)
    assert all(verdict.sentence for verdict in verdicts)


@pytest.mark.parametrize(("snapshot", "check"), UNHEALTHY.values(), ids=UNHEALTHY.keys())
def test_a_cluster_that_is_not_well_stands_us_down(snapshot: Snapshot, check: Check) -> None:
    verdicts = gate(snapshot, POLICY, NOW, unwell_at=None)
    assert _refusals(verdicts) == [check]
    assert is_unwell(verdicts)


def test_every_refusal_is_told_at_once() -> None:
    bad = replace(_updating(UpdateVerdict.ACTIVE), conditions=None, nodes=UNHEALTHY["node offline"][0].nodes)
    assert _refusals(gate(bad, POLICY, NOW, unwell_at=None)) == [
        Check.NODES_ONLINE,
        Check.NO_UPDATE,
        Check.NO_ALERT,
    ]


@pytest.mark.parametrize(
    ("age", "ok"),
    [(0, True), (90, True), (90.1, False), (3600, False), (-30, True), (-30.1, False)],
    ids=["now", "three polls", "older", "much older", "a clock a little off", "from the future"],
)
def test_stale_data_is_not_decided_on(age: float, ok: bool) -> None:
    verdicts = gate(HEALTHY, POLICY, NOW + age, unwell_at=None)
    assert _refusals(verdicts) == ([] if ok else [Check.FRESH_DATA])
    assert not is_unwell(verdicts)


@pytest.mark.parametrize("name", ["node offline", "node unknown", "node leaving", "node evacuated"])
def test_an_excluded_node_does_not_stand_us_down(name: str) -> None:
    policy = replace(POLICY, excluded_node_ips=frozenset({"10.0.0.102"}))
    assert _refusals(gate(UNHEALTHY[name][0], policy, NOW, unwell_at=None)) == []


@pytest.mark.parametrize(
    ("limit", "severity", "ok"),
    [
        (Severity.CRITICAL, Severity.ERROR, True),
        (Severity.CRITICAL, Severity.CRITICAL, False),
        (Severity.WARNING, Severity.ERROR, False),
        (Severity.WARNING, Severity.NOTICE, True),
        (None, Severity.EMERGENCY, True),
    ],
)
def test_alerts_count_from_the_severity_of_the_policy(
    limit: Severity | None, severity: Severity, ok: bool
) -> None:
    policy = replace(POLICY, stand_down_severity=limit)
    snapshot = replace(HEALTHY, conditions=(_alert(severity),))
    assert (not _refusals(gate(snapshot, policy, NOW, unwell_at=None))) is ok


def test_an_alert_of_an_excluded_node_does_not_stand_us_down() -> None:
    policy = replace(POLICY, excluded_node_ips=frozenset({"10.0.0.102"}))
    snapshot = replace(HEALTHY, conditions=(_alert(Severity.CRITICAL),))
    assert _refusals(gate(snapshot, policy, NOW, unwell_at=None)) == []
    assert _refusals(gate(snapshot, POLICY, NOW, unwell_at=None)) == [Check.NO_ALERT]


def test_unread_alerts_do_not_matter_when_alerts_never_do() -> None:
    policy = replace(POLICY, stand_down_severity=None)
    assert _refusals(gate(replace(HEALTHY, conditions=None), policy, NOW, unwell_at=None)) == []


def test_many_alerts_are_counted() -> None:
    alerts = tuple(_alert(Severity.CRITICAL, f"alert.{index}") for index in range(5))
    verdicts = gate(replace(HEALTHY, conditions=alerts), POLICY, NOW, unwell_at=None)
    sentence = next(verdict.sentence for verdict in verdicts if verdict.check is Check.NO_ALERT)
    assert "alert.0 is set (CRITICAL)" in sentence
    assert sentence.endswith("and 2 more alerts.")


MIGRATING = vm("web", ui_state=VmState.MIGRATING)
FOREIGN: dict[str, Callable[[], Snapshot]] = {
    "a VM says so": lambda: cluster([node(1), node(2)], [MIGRATING]),
    "a running task says so": lambda: replace(HEALTHY, live_tasks=(task(),)),
    "a queued task says so": lambda: replace(HEALTHY, live_tasks=(task(TaskState.QUEUED),)),
    "a task in other words": lambda: replace(HEALTHY, live_tasks=(task(kind="VM MIGRATION"),)),
    "a task on something unknown": lambda: replace(HEALTHY, live_tasks=(task(on=""),)),
}


@pytest.mark.parametrize("build", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_migration_of_somebody_else_is_waited_for(build: Callable[[], Snapshot]) -> None:
    verdicts = gate(build(), POLICY, NOW, unwell_at=None)
    assert _refusals(verdicts) == [Check.NO_OTHER_MIGRATION]
    assert not is_unwell(verdicts)


@pytest.mark.parametrize("name", ["a VM says so", "a running task says so"])
def test_our_own_migration_is_not_somebody_elses(name: str) -> None:
    assert _refusals(gate(FOREIGN[name](), POLICY, NOW, unwell_at=None, own_vm=vm("web").id)) == []
    other = gate(FOREIGN[name](), POLICY, NOW, unwell_at=None, own_vm=vm("sql").id)
    assert _refusals(other) == [Check.NO_OTHER_MIGRATION]


def test_other_tasks_are_no_migration() -> None:
    busy = replace(HEALTHY, live_tasks=(task(kind="Create snapshot of %@", on="migrate-tool"),))
    assert _refusals(gate(busy, POLICY, NOW, unwell_at=None)) == []


def test_a_vm_and_its_task_are_one_migration() -> None:
    both = replace(cluster([node(1), node(2)], [MIGRATING]), live_tasks=(task(),))
    verdict = gate(both, POLICY, NOW, unwell_at=None)[5]
    assert (verdict.value, verdict.sentence) == (
        1,
        "web is being migrated; hctui did not begin that, or has given it up.",
    )


def test_many_migrations_are_counted() -> None:
    vms = [vm(f"vm-{index}", ui_state=VmState.MIGRATING) for index in range(5)]
    verdict = gate(cluster([node(1), node(2)], vms), POLICY, NOW, unwell_at=None)[5]
    assert (
        verdict.sentence
        == "vm-0, vm-1, vm-2 and 2 more VMs are being migrated; hctui did not begin that, or has given it up."
    )


UPDATE_UNREAD = _updating(UpdateVerdict.UNKNOWN)
ALERTS_UNREAD = replace(HEALTHY, conditions=None)


@pytest.mark.parametrize(
    ("snapshot", "policy", "checks"),
    [
        (HEALTHY, POLICY, set()),
        (_updating(UpdateVerdict.ACTIVE), POLICY, set()),
        (UPDATE_UNREAD, POLICY, {Check.NO_UPDATE}),
        (ALERTS_UNREAD, POLICY, {Check.NO_ALERT}),
        (ALERTS_UNREAD, replace(POLICY, stand_down_severity=None), set()),
        (replace(UPDATE_UNREAD, conditions=None), POLICY, {Check.NO_UPDATE, Check.NO_ALERT}),
    ],
)
def test_what_is_unreadable_says_nothing_of_the_cluster(
    snapshot: Snapshot, policy: Policy, checks: set[Check]
) -> None:
    blind = unreadable(snapshot, policy)
    assert blind == checks
    assert is_unwell(gate(snapshot, policy, NOW, unwell_at=None), blind) is (
        snapshot.update.verdict is UpdateVerdict.ACTIVE
    )


Look = Snapshot | None


def _looks(*looks: Look, every: float = 30.0, state: State | None = None) -> State:
    """The state after cycles that saw this, the first now."""
    after = state or State()
    for number, look in enumerate(looks):
        at = NOW + every * number
        after = step(after, look and replace(look, taken_at=at), (), POLICY, at).state
    return after


@pytest.mark.parametrize("blind", [None, UPDATE_UNREAD, ALERTS_UNREAD], ids=["no answer", "update", "alerts"])
@pytest.mark.parametrize(
    ("polls", "every", "rests"),
    [
        (0, 30, False),
        (1, 30, False),
        (2, 30, False),
        (3, 30, True),
        (20, 30, True),
        (80, 1, False),
        (95, 1, True),
    ],
)
def test_only_what_lasts_has_a_recovery_cooldown_after_it(
    blind: Look, polls: int, every: float, rests: bool
) -> None:
    """Data counts as fresh for 90 s. The rest begins when it is known again, or, while it is not, all the time."""
    state = _looks(HEALTHY, *[blind] * polls, HEALTHY, every=every)
    assert state.unclear_since is None
    assert state.unwell_at == (NOW + every * (polls + 1) if rests else None)


def test_different_troubles_that_follow_each_other_are_one() -> None:
    assert _looks(HEALTHY, None, UPDATE_UNREAD, ALERTS_UNREAD, HEALTHY).unwell_at == NOW + 120
    assert _looks(HEALTHY, None, HEALTHY, None, HEALTHY, None, HEALTHY).unwell_at is None


def test_an_unreadable_status_stands_down_in_that_cycle_all_the_same() -> None:
    done = step(State(), ALERTS_UNREAD, (), POLICY, NOW)
    assert done.decision.outcome is Outcome.STANDING_DOWN
    after = step(done.state, replace(HEALTHY, taken_at=NOW + 30), (), POLICY, NOW + 30)
    assert after.decision.outcome is not Outcome.STANDING_DOWN


def test_a_trouble_that_was_read_has_its_rest_however_short_it_was() -> None:
    """The rest begins when the cluster is seen well again, and with nothing after that."""
    update = _updating(UpdateVerdict.ACTIVE)
    assert _looks(HEALTHY, update).unwell_at == NOW + 30
    assert _looks(HEALTHY, update, HEALTHY).unwell_at == NOW + 60
    assert _looks(HEALTHY, update, HEALTHY, HEALTHY, HEALTHY).unwell_at == NOW + 60


@pytest.mark.parametrize("blind", [None, UPDATE_UNREAD, ALERTS_UNREAD], ids=["no answer", "update", "alerts"])
def test_time_in_which_nothing_could_be_read_is_no_time_to_recover(blind: Look) -> None:
    update = _updating(UpdateVerdict.ACTIVE)
    assert _looks(update, blind, blind, HEALTHY).unwell_at == NOW + 90
    assert _looks(HEALTHY, update, blind, blind, HEALTHY, HEALTHY).unwell_at == NOW + 120


def test_time_in_which_hctui_did_not_run_is_no_time_to_recover() -> None:
    ill = replace(_looks(_updating(UpdateVerdict.ACTIVE)), samples=())
    well = step(ill, replace(HEALTHY, taken_at=NOW + 7200), (), POLICY, NOW + 7200).state
    assert (well.unwell_at, well.unclear_since) == (NOW + 7200, None)


def test_the_time_before_the_start_is_no_outage() -> None:
    """The last sample may be hours old when hctui starts, and the first poll fail."""
    old = State(samples=history(replace(HEALTHY, taken_at=NOW - 3600)))
    assert _looks(None, HEALTHY, state=old).unwell_at is None


def test_the_last_look_before_a_move_notes_an_outage_too() -> None:
    blind = _looks(HEALTHY, None, None, None)
    state, verdict = recheck(blind, replace(HEALTHY, taken_at=NOW + 130), move(), POLICY, NOW + 130)
    assert state.unwell_at == NOW + 130
    assert verdict is not None
    assert verdict.check is Check.RECOVERED


@pytest.mark.parametrize(
    ("unwell_at", "left"),
    [(None, 0), (NOW, 900), (NOW - 899, 1), (NOW - 900, 0), (NOW + 5000, 900)],
    ids=["never", "now", "a second left", "over", "clock set back"],
)
def test_recovery_cooldown(unwell_at: float | None, left: float) -> None:
    verdicts = gate(HEALTHY, POLICY, NOW, unwell_at=unwell_at)
    assert (verdicts[-1].ok, verdicts[-1].value, verdicts[-1].limit) == (left == 0, left, 900)
    assert not is_unwell(verdicts), "recovering must not begin the recovery anew"


def test_there_is_nothing_to_recover_from_while_the_cluster_is_not_well() -> None:
    """One reason less to name: the recovery begins once the others are gone."""
    snapshot, check = UNHEALTHY["update active"]
    assert _refusals(gate(snapshot, POLICY, NOW, unwell_at=NOW - 30)) == [check]


def test_recovery_follows_the_policy() -> None:
    policy = Policy(recovery_cooldown_seconds=60)
    assert gate(HEALTHY, policy, NOW, unwell_at=NOW - 60)[-1].ok
