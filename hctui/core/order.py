"""The orders in which VMs and nodes are tried: by load for load's sake, by room for a rule's."""

from __future__ import annotations

from collections.abc import Iterable

from hctui.core.model import Node, NodeId, Vm
from hctui.core.relief import hot_above_percent
from hctui.core.situation import Situation


def coolest_first(s: Situation, source: NodeId) -> list[Node]:
    """The targets of a VM that is to relieve `source`, in the order in which they are tried: by mean CPU.

    Nodes without a mean come last. They fail their first check, but the trace shall say why they were not taken.
    """
    known = [load.node_id for load in s.loads() if load.mean_percent is not None]
    left_out = [node_id for node_id in s.snapshot.nodes if node_id not in known]
    return [s.snapshot.nodes[node_id] for node_id in (*reversed(known), *left_out) if node_id != source]


def busiest_first(s: Situation, vms: Iterable[Vm]) -> list[Vm]:
    """By mean CPU percent of their own vCPUs, as documented; those without samples last."""
    ranked = list(vms)
    means = {vm.id: s.window.vm(vm.id).partial_percent for vm in ranked}
    return sorted(ranked, key=lambda vm: (means[vm.id] is None, -(means[vm.id] or 0.0)))


def homes_of(s: Situation, vm: Vm) -> list[Node]:
    """The nodes that a VM is pinned to, but for the one it is on, in the order in which they are tried."""
    homes = s.rules.homes.get(vm.id, frozenset())
    return [node for node in emptiest_first(s, vm) if node.id in homes]


def emptiest_first(s: Situation, vm: Vm) -> list[Node]:
    """Other nodes by the RAM percent they would have with the VM; hot ones after all others, unknown ones last."""
    order = s.orders.get(vm.mem_bytes)
    if order is None:
        order = s.orders[vm.mem_bytes] = _by_room(s, vm.mem_bytes)
    return [node for node in order if node.id != vm.node_id]


def _by_room(s: Situation, mem_bytes: int) -> list[Node]:
    def key(node: Node) -> tuple[bool, bool, float]:
        mean = s.means[node.id]
        load = node.cpu_percent if mean is None else mean
        hot = load is not None and load > hot_above_percent(s.policy)
        used = s.mem_used_bytes[node.id]
        if not node.mem_bytes or used is None:
            return True, hot, 0.0
        return False, hot, (used + mem_bytes) / node.mem_bytes

    return sorted(s.snapshot.nodes.values(), key=key)
