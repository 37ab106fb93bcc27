"""The safety gate: may anything be migrated on this cluster now?

The order is that of hypercore-api.md 7.6. Every question is answered each cycle, so that the screen can show all
reasons at once; one "no" is enough to stand down. A cluster that was not well gets a recovery cooldown afterwards.
What cannot be known counts as "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hctui.core.decision import Check, Verdict
from hctui.core.model import NetworkStatus, Node, NodeId, Snapshot, UpdateVerdict, VmId
from hctui.core.others import emptied, migrating
from hctui.core.policy import Policy
from hctui.core.state import State, remaining_seconds
from hctui.core.wording import count, duration, listing, some_of

UNWELL: frozenset[Check] = frozenset(
    {Check.NODES_ONLINE, Check.NODES_SETTLED, Check.NO_UPDATE, Check.NO_ALERT}
)
"""The checks that speak of the cluster's health: a "no" that was read starts the recovery cooldown."""


def gate(
    snapshot: Snapshot, policy: Policy, now: float, *, unwell_at: float | None, own_vm: VmId | None = None
) -> tuple[Verdict, ...]:
    """All verdicts, in order. `own_vm` is the VM of our own migration, which does not count as another's."""
    return with_recovery(judged(snapshot, policy, now, own_vm), policy, now, unwell_at)


def judged(snapshot: Snapshot, policy: Policy, now: float, own_vm: VmId | None) -> tuple[Verdict, ...]:
    """The verdicts on what the snapshot shows."""
    watched = [node for node in snapshot.nodes.values() if node.lan_ip not in policy.excluded_node_ips]
    return (
        _fresh(snapshot, policy, now),
        _online(watched),
        _settled(watched),
        Verdict(Check.NO_UPDATE, snapshot.update.verdict is UpdateVerdict.INACTIVE, snapshot.update.sentence),
        _no_alert(snapshot, policy),
        _no_other_migration(snapshot, policy, own_vm),
    )


def with_recovery(
    verdicts: tuple[Verdict, ...], policy: Policy, now: float, unwell_at: float | None
) -> tuple[Verdict, ...]:
    """The verdicts with that on the recovery cooldown after them."""
    # While the cluster is not well there is nothing to recover from yet, and one reason less to name.
    return (*verdicts, _recovered(policy, now, None if is_unwell(verdicts) else unwell_at))


def is_unwell(verdicts: tuple[Verdict, ...], unreadable: frozenset[Check] = frozenset()) -> bool:
    """Whether the cluster itself is not well, so that it needs time to recover afterwards.

    Checks that are `unreadable` speak of nothing but that: see `cleared`.
    """
    return any(not verdict.ok and verdict.check in UNWELL - unreadable for verdict in verdicts)


def unreadable(snapshot: Snapshot, policy: Policy) -> frozenset[Check]:
    """The checks of the cluster's health that fail only because what would tell could not be read."""
    alerts_unread = snapshot.conditions is None and policy.stand_down_severity is not None
    blind = {
        Check.NO_UPDATE: snapshot.update.verdict is UpdateVerdict.UNKNOWN,
        Check.NO_ALERT: alerts_unread,
    }
    return frozenset(check for check, is_so in blind.items() if is_so)


def cleared(state: State, policy: Policy, now: float, *, is_clear: bool, is_ill: bool = False) -> State:
    """The state after a look that showed whether the cluster is well, or did not.

    The recovery cooldown begins once the cluster is seen well again: what passes unseen before that does not count.
    Not to know (not `is_clear`) stands us down while it lasts. It counts as not being well (`is_ill`), and so has a
    recovery cooldown after it, only once it has lasted longer than data may be old: one poll or two that fail say
    nothing of the cluster.
    """
    since, is_well = state.unclear_since, is_clear and not is_ill
    if since is None:
        if is_well:
            return state
        # It was well at the last poll, if there was one just before this.
        last = state.samples[-1].at if state.samples else now
        since = min(now, max(last, now - policy.interval_seconds))
    was_ill = state.unwell_at is not None and state.unwell_at >= since
    rests = is_ill or (is_well and was_ill) or now - since > policy.stale_after_seconds
    return replace(
        state, unclear_since=None if is_well else since, unwell_at=now if rests else state.unwell_at
    )


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


def _no_other_migration(snapshot: Snapshot, policy: Policy, own_vm: VmId | None) -> Verdict:
    moving = migrating(snapshot, own_vm)
    if not moving:
        return Verdict(Check.NO_OTHER_MIGRATION, True, "Nobody else is migrating a VM.")
    names = some_of(list(moving.values()), "VM")
    verb = "is" if len(moving) == 1 else "are"
    nodes = emptied(snapshot, policy)
    left = [vm.node_id for vm_id in moving if (vm := snapshot.vms.get(vm_id)) and vm.node_id in nodes]
    told = f"{names} {verb} being migrated; hctui did not begin that, or has given it up."
    if len(left) == len(moving):
        told = f"HyperCore takes {names} from {_which_take_none(nodes, left)}."
    return Verdict(Check.NO_OTHER_MIGRATION, False, told, len(moving), 0)


def _which_take_none(nodes: Mapping[NodeId, Node], left: list[NodeId]) -> str:
    names = sorted({nodes[node_id].name for node_id in left})
    return f"{some_of(names, 'node')}, which {'does' if len(names) == 1 else 'do'} not allow VMs"


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
