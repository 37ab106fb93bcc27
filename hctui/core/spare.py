"""N+1: could the cluster do without any one of its nodes, the RAM of the others holding that node's VMs?

Whether each VM of a lost node finds room is tried as HyperCore would have to: the largest first, each on the node with
the most room. Rules are left out of account: after a failure running somewhere comes first. Knows no single move but
the one it is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heapreplace

from hctui.core.model import Node, NodeId, Vm
from hctui.core.situation import Situation


def lost_without(s: Situation, moved: Vm | None = None, target: Node | None = None) -> tuple[Node, ...]:
    """The usable nodes whose VMs the others could not hold, within the RAM limit.

    With a VM and a target: once it had been moved there.
    """
    room = {node.id: _room_bytes(s, node) for node in _usable(s)}
    sizes = {node_id: [vm.mem_bytes for vm in s.placed[node_id]] for node_id in room}
    if moved is not None and target is not None:
        for node_id, sign in ((moved.node_id, +1), (target.id, -1)):
            if node_id in room:
                room[node_id] += sign * moved.mem_bytes
        if moved.node_id in sizes:
            sizes[moved.node_id].remove(moved.mem_bytes)
        if target.id in sizes:
            sizes[target.id].append(moved.mem_bytes)
    return tuple(
        node
        for node in _usable(s)
        if not _fit(sizes[node.id], [free for node_id, free in room.items() if node_id != node.id])
    )


def _usable(s: Situation) -> Sequence[Node]:
    return [node for node in s.snapshot.nodes.values() if s.usable[node.id].ok]


def _room_bytes(s: Situation, node: Node) -> int:
    """RAM that is free up to the limit; none where it is not known."""
    used = s.mem_used_bytes[node.id]
    if used is None or not node.mem_bytes:
        return 0
    return int(node.mem_bytes * s.policy.ram_limit_percent / 100.0) - used


def _fit(sizes: list[int], rooms: list[int]) -> bool:
    """Whether all find room, the largest first, each where most is left."""
    if not sizes:
        return True
    if sum(sizes) > sum(room for room in rooms if room > 0):
        return False
    left = [-room for room in rooms]
    heapify(left)
    for size in sorted(sizes, reverse=True):
        if -left[0] < size:
            return False
        heapreplace(left, left[0] + size)
    return True


def vcpus_per_thread(s: Situation, node_id: NodeId, more: int = 0) -> float | None:
    """The vCPUs of a node's VMs, and of so many more, per hardware thread; `None` where those are not known."""
    threads = s.snapshot.nodes[node_id].threads
    return (sum(vm.vcpus for vm in s.placed[node_id]) + more) / threads if threads else None
