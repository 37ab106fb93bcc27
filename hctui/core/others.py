"""Migrations that are not ours: which are seen, and when so many of them look like another balancer at work.

Each is waited for and rests the cluster like one of ours; that is the cycle's business. Here they are told apart and
counted. While the cluster is not well, or empties a node, they are not: then it moves its VMs itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hctui.core.decision import Notice
from hctui.core.model import Node, NodeId, Snapshot, VmId, VmState
from hctui.core.policy import Policy
from hctui.core.state import Sighting, State, remaining_seconds
from hctui.core.wording import some_of

ENOUGH = 3
"""So many within `SPAN_SECONDS` are told of, once in that time."""

SPAN_SECONDS = 3600.0

MOST_REMEMBERED = 200


def migrating(snapshot: Snapshot, own_vm: VmId | None) -> dict[VmId, str]:
    """The names of the VMs that somebody else migrates now, by id. `own_vm` is the one of our own migration."""
    moving = {
        vm.id: vm.name for vm in snapshot.vms.values() if vm.ui_state is VmState.MIGRATING and vm.id != own_vm
    }
    for task in snapshot.live_tasks:
        # No field says what a task does. The text of its description is the only hint, and its wording may change:
        # the VMs' own uiState above is the main witness, this one catches a migration that is still queued.
        if "migrat" in task.kind.casefold() and task.object_id != own_vm:
            vm = snapshot.vms.get(VmId(task.object_id))
            moving.setdefault(VmId(task.object_id), vm.name if vm else f"task {task.id}")
    return moving


def relocated(state: State, snapshot: Snapshot) -> dict[VmId, str]:
    """The names of VMs that are on another node than at the last poll, and not because we moved them, by id.

    A small VM migrates faster than we poll, so nobody need ever have seen it migrating.
    """
    if not state.samples:
        return {}
    last = state.samples[-1]
    own = {vm_id for vm_id, arrival in state.real.arrivals.items() if arrival.at >= last.at}
    if state.migration:
        own.add(state.migration.move.vm_id)
    return {
        vm.id: vm.name
        for vm in snapshot.vms.values()
        if vm.is_placed and vm.id not in own and last.places.get(vm.id, vm.node_id) != vm.node_id
    }


def emptied(snapshot: Snapshot, policy: Policy) -> dict[NodeId, Node]:
    """The nodes that could run VMs and may not: HyperCore takes their VMs elsewhere, and back once they may again."""
    return {
        node.id: node
        for node in snapshot.nodes.values()
        if node.allow_running_vms is False
        and node.supports_virtualization is not False
        and node.lan_ip not in policy.excluded_node_ips
    }


def settled(state: State, snapshot: Snapshot, policy: Policy, now: float) -> tuple[State, bool]:
    """Remember whether HyperCore empties a node; and whether it has not for as long as a recovery cooldown lasts."""
    if emptied(snapshot, policy):
        return replace(state, others=replace(state.others, emptied_at=now)), False
    return state, not remaining_seconds(state.others.emptied_at, policy.recovery_cooldown_seconds, now)


def noted(
    state: State, seen: Mapping[VmId, str], policy: Policy, now: float
) -> tuple[State, tuple[Notice, ...]]:
    """Remember what was seen, and say so once it is enough.

    A VM that is seen again within the time in which data counts as fresh is still in the same migration.
    """
    known = [each for each in state.others.sightings if now - each.last_at < SPAN_SECONDS]
    going_on = {each.vm_id: each for each in known if now - each.last_at <= policy.stale_after_seconds}
    again = [
        replace(each, last_at=now) if each.vm_id in seen and going_on.get(each.vm_id) is each else each
        for each in known
    ]
    new = [Sighting(vm_id, name, now, now) for vm_id, name in seen.items() if vm_id not in going_on]
    sightings = (*again, *new)[-MOST_REMEMBERED:]
    told_at = state.others.told_at
    is_due = told_at is None or now - told_at >= SPAN_SECONDS
    if not new or len(sightings) < ENOUGH or not is_due:
        return replace(state, others=replace(state.others, sightings=sightings)), ()
    names = some_of(list(dict.fromkeys(each.vm_name for each in reversed(sightings))), "VM")
    told = (
        f"Somebody else seems to be balancing this cluster: {len(sightings)} migrations within an hour were not "
        f"made by hctui ({names}). It waits for each, and rests after it."
    )
    others = replace(state.others, sightings=sightings, told_at=now)
    return replace(state, others=others), (Notice("others_balance", told),)
