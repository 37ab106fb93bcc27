"""The safety gate: may anything be migrated on this cluster now?

The order is that of hypercore-api.md 7.6. Every question is answered each cycle, so that the screen can show all
reasons at once; one "no" is enough to stand down. A cluster that was not well gets a recovery cooldown afterwards.
What cannot be known counts as "no".
"""

from __future__ import annotations

from hctui.core.decision import Check, Verdict
from hctui.core.model import NetworkStatus, Node, Snapshot, UpdateVerdict, VmId, VmState
from hctui.core.policy import Policy
from hctui.core.state import remaining_seconds
from hctui.core.wording import count, duration, listing, some_of

UNWELL: frozenset[Check] = frozenset(
    {Check.NODES_ONLINE, Check.NODES_SETTLED, Check.NO_UPDATE, Check.NO_ALERT}
)
"""The checks that speak of the cluster's health: a "no" to any of these starts the recovery cooldown."""


def gate(
    snapshot: Snapshot, policy: Policy, now: float, *, unwell_at: float | None, own_vm: VmId | None = None
) -> tuple[Verdict, ...]:
    """All verdicts, in order. `own_vm` is the VM of our own migration, which does not count as another's."""
    watched = [node for node in snapshot.nodes.values() if node.lan_ip not in policy.excluded_node_ips]
    verdicts = (
        _fresh(snapshot, policy, now),
        _online(watched),
        _settled(watched),
        Verdict(Check.NO_UPDATE, snapshot.update.verdict is UpdateVerdict.INACTIVE, snapshot.update.sentence),
        _no_alert(snapshot, policy),
        _no_other_migration(snapshot, own_vm),
    )
    # While the cluster is not well there is nothing to recover from yet, and one reason less to name.
    return (*verdicts, _recovered(policy, now, None if is_unwell(verdicts) else unwell_at))


def is_unwell(verdicts: tuple[Verdict, ...]) -> bool:
    """Whether the cluster itself is not well, so that it needs time to recover afterwards."""
    return any(not verdict.ok and verdict.check in UNWELL for verdict in verdicts)


def _fresh(snapshot: Snapshot, policy: Policy, now: float) -> Verdict:
    # A snapshot from the future is one taken before the clock was set back: its age is not known either.
    age, limit = now - snapshot.taken_at, policy.stale_after_seconds
    ok = -policy.interval_seconds <= age <= limit
    told = f"{duration(age)} old" if age >= 0 else "from before the clock was set back"
    return Verdict(
        Check.FRESH_DATA, ok, f"The data is {told}; at most {duration(limit)} is allowed.", age, limit
    )


def _online(nodes: list[Node]) -> Verdict:
    missing = [
        f"{node.name} is {node.status.lower()}" for node in nodes if node.status is not NetworkStatus.ONLINE
    ]
    sentence = f"{listing(missing)}." if missing else f"{count(len(nodes), 'node')} online."
    return Verdict(Check.NODES_ONLINE, bool(nodes) and not missing, sentence)


def _settled(nodes: list[Node]) -> Verdict:
    moving = [f"{node.name} {node.membership}" for node in nodes if not node.is_settled]
    told = f"{listing(moving)}." if moving else "All nodes are in the cluster, and are to stay there."
    return Verdict(Check.NODES_SETTLED, not moving, told)


def _no_alert(snapshot: Snapshot, policy: Policy) -> Verdict:
    limit = policy.stand_down_severity
    if limit is None:
        return Verdict(Check.NO_ALERT, True, "Alerts are not asked for (stand_down_severity = never).")
    if snapshot.conditions is None:
        return Verdict(Check.NO_ALERT, False, "The cluster's alerts could not be read.")
    alerts = [
        alert
        for alert in snapshot.conditions
        if alert.severity.rank <= limit.rank and alert.node_name not in policy.excluded_node_ips
    ]
    if not alerts:
        return Verdict(Check.NO_ALERT, True, f"No alert of severity {limit} or worse.")
    named = some_of([f"{alert.description or alert.name} ({alert.severity})" for alert in alerts], "alert")
    return Verdict(Check.NO_ALERT, False, f"The cluster reports: {named}.")


def _no_other_migration(snapshot: Snapshot, own_vm: VmId | None) -> Verdict:
    moving = {
        vm.id: vm.name for vm in snapshot.vms.values() if vm.ui_state is VmState.MIGRATING and vm.id != own_vm
    }
    for task in snapshot.live_tasks:
        # No field says what a task does. The text of its description is the only hint, and its wording may change:
        # the VMs' own uiState above is the main witness, this one catches a migration that is still queued.
        if "migrat" in task.kind.casefold() and task.object_id != own_vm:
            vm = snapshot.vms.get(VmId(task.object_id))
            moving.setdefault(VmId(task.object_id), vm.name if vm else f"task {task.id}")
    if not moving:
        return Verdict(Check.NO_OTHER_MIGRATION, True, "Nobody else is migrating a VM.")
    names = some_of(list(moving.values()), "VM")
    verb = "is" if len(moving) == 1 else "are"
    return Verdict(
        Check.NO_OTHER_MIGRATION,
        False,
        f"{names} {verb} being migrated; hctui did not begin that, or has given it up.",
        len(moving),
        0,
    )


def _recovered(policy: Policy, now: float, unwell_at: float | None) -> Verdict:
    limit = policy.recovery_cooldown_seconds
    left = remaining_seconds(unwell_at, limit, now)
    if left <= 0:
        return Verdict(Check.RECOVERED, True, "No recovery cooldown.", 0, limit)
    return Verdict(
        Check.RECOVERED,
        False,
        f"Well again for {duration(limit - left)}; recovery cooldown, {duration(left)} left.",
        left,
        limit,
    )
