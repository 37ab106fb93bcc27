"""VMs that are kept together, as groups: which of them are apart, and how a whole group gets to one node.

`with_` tags bind in both directions and through others: with_b on a and with_c on b make one group of three. A group
moves VM by VM, so that it is split for a while; a plan begins only if every step of it is allowed on what the ones
before have left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hctui.core.checks import trial, vm_verdicts
from hctui.core.decision import Reason
from hctui.core.model import Node, NodeId, Vm, VmId
from hctui.core.placing import Step, Way, after, cost
from hctui.core.situation import Situation


def group_of(s: Situation, vm: Vm) -> tuple[Vm, ...]:
    """The VMs that a VM is kept together with and that run, itself among them, in the order of the cluster's answer."""
    mates = s.rules.mates.get(vm.id)
    if not mates:
        return (vm,)
    return tuple(each for each in s.snapshot.vms.values() if each.id in mates and each.is_placed)


def apart(s: Situation) -> Iterator[tuple[Vm, ...]]:
    """The groups that are not all on one node, each once."""
    seen: set[VmId] = set()
    for vm_id, mates in s.rules.mates.items():
        if vm_id in seen:
            continue
        seen |= mates
        group = group_of(s, s.snapshot.vms[vm_id])
        if len({vm.node_id for vm in group}) > 1:
            yield group


def gathering(
    s: Situation, group: tuple[Vm, ...], targets: Iterable[Node], first: Vm | None = None
) -> Way | None:
    """The way with the fewest moves that brings a group to one of these nodes; `first` leads, if it is not there yet.

    `None`: no node can take them all, or one of them may not move.
    """
    ways = [steps for node in targets if (steps := _to(s, group, node, first)) is not None]
    return min((steps for steps in ways if steps), key=cost, default=None)


def _to(s: Situation, group: tuple[Vm, ...], node: Node, first: Vm | None) -> Way | None:
    """The members that are elsewhere come one by one; each must be allowed to on what is left by those before."""
    coming = [vm for vm in group if vm.node_id != node.id]
    coming.sort(key=lambda vm: (first is None or vm.id != first.id, vm.mem_bytes))
    steps: list[Step] = []
    for vm in coming:
        reason = Reason.DRAIN if vm.node_id == s.drained else Reason.TOGETHER
        if not (vm_verdicts(s, vm, reason)[-1].ok and trial(s, vm, node, reason).ok):
            return None
        steps.append(Step(vm, node))
        s = after(s, vm, node)
    return tuple(steps)


def where(group: tuple[Vm, ...]) -> dict[NodeId, list[Vm]]:
    """The members of a group by the node they are on."""
    places: dict[NodeId, list[Vm]] = {}
    for vm in group:
        if vm.node_id is not None:
            places.setdefault(vm.node_id, []).append(vm)
    return places
