"""A model of the cluster: what VMs ask for as recorded, where they run as the policy would have had it.

A frame says what there was and what each VM took. From it come a VM's demand in hardware threads, and the overhead of
each node: what it reported beyond its VMs, which stays with the node. In the model a VM runs where it was put; a node
that is asked for more than it has shares it out evenly, and reports itself full. RAM goes with the VMs.

Limits: on a node that was full when it was recorded, VMs asked for at least what they took, and how much more nobody
knows. What others moved is not repeated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hctui.core.model import (
    NetworkStatus,
    Node,
    NodeId,
    Snapshot,
    UpdateStatus,
    UpdateVerdict,
    Vm,
    VmId,
    VmState,
)

_NO_UPDATE = UpdateStatus(UpdateVerdict.INACTIVE, "No update in a replay.")


@dataclass(frozen=True, slots=True)
class NodeLoad:
    """A node at one moment: threads asked of it, and threads it has; `None` where they are not known."""

    asked: float | None
    threads: int | None

    @property
    def percent(self) -> float | None:
        """What it would report, at most 100."""
        wanted = self.asked_percent
        return None if wanted is None else min(100.0, wanted)

    @property
    def asked_percent(self) -> float | None:
        """What it is asked for, which may be more than it has."""
        return None if self.asked is None or not self.threads else 100.0 * self.asked / self.threads

    @property
    def unserved(self) -> float:
        """Threads that it is asked for and does not have."""
        return max(0.0, self.asked - self.threads) if self.asked is not None and self.threads else 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """The model at one frame: what the API would show, and what is behind it.

    Attributes:
        snapshot: as the balancer sees it.
        loads: of each node.
        demand: threads that each VM asks for; those that are not known are left out.
    """

    snapshot: Snapshot
    loads: Mapping[NodeId, NodeLoad]
    demand: Mapping[VmId, float]


class Model:
    """Where VMs run in the model, from frame to frame."""

    def __init__(self) -> None:
        """No VM has been placed yet: each begins where it was recorded first."""
        self.places: dict[VmId, NodeId] = {}

    def put(self, vm_id: VmId, node_id: NodeId) -> None:
        """A VM has arrived on a node."""
        self.places[vm_id] = node_id

    def at(self, frame: Snapshot) -> Moment:
        """The frame as it would have been."""
        self._settle(frame)
        demand = {
            vm.id: vm.cpu_percent * vm.vcpus / 100.0
            for vm in frame.vms.values()
            if vm.is_placed and vm.cpu_percent is not None
        }
        loads = self._loads(frame, demand)
        return Moment(self._snapshot(frame, loads), loads, demand)

    def _settle(self, frame: Snapshot) -> None:
        """VMs that are new, or that were stopped, run where they were recorded; so do those whose node fails."""
        places = {}
        for vm in frame.vms.values():
            if vm.node_id is None or not vm.is_placed:
                continue
            place = self.places.get(vm.id, vm.node_id)
            places[vm.id] = place if runs_vms(frame, place) else vm.node_id
        self.places = places

    def _loads(self, frame: Snapshot, demand: Mapping[VmId, float]) -> dict[NodeId, NodeLoad]:
        recorded: dict[NodeId, float] = defaultdict(float)
        modelled: dict[NodeId, float] = defaultdict(float)
        for vm_id, threads in demand.items():
            recorded[frame.vms[vm_id].node_id or NodeId("")] += threads
            modelled[self.places[vm_id]] += threads
        loads = {}
        for node in frame.nodes.values():
            if node.cpu_percent is None or not node.threads:
                loads[node.id] = NodeLoad(None, node.threads)
                continue
            overhead = max(0.0, node.cpu_percent * node.threads / 100.0 - recorded[node.id])
            loads[node.id] = NodeLoad(overhead + modelled[node.id], node.threads)
        return loads

    def _snapshot(self, frame: Snapshot, loads: Mapping[NodeId, NodeLoad]) -> Snapshot:
        shifts: dict[NodeId, int] = defaultdict(int)
        served = {
            node_id: min(1.0, load.threads / load.asked)
            for node_id, load in loads.items()
            if load.asked and load.threads
        }
        vms = {}
        for vm in frame.vms.values():
            place = self.places.get(vm.id)
            share = served.get(place, 1.0) if place else 1.0
            if place == vm.node_id and share == 1.0 and vm.ui_state is not VmState.MIGRATING:
                vms[vm.id] = vm
                continue
            vms[vm.id] = elsewhere(vm, place or vm.node_id, share)
            if place is not None and vm.node_id is not None:
                shifts[vm.node_id] -= vm.mem_bytes
                shifts[place] += vm.mem_bytes
        nodes = {
            node.id: _loaded(node, loads[node.id], shifts.get(node.id, 0)) for node in frame.nodes.values()
        }
        return replace(frame, nodes=nodes, vms=vms, live_tasks=(), update=_NO_UPDATE, conditions=())


def runs_vms(frame: Snapshot, node_id: NodeId) -> bool:
    """Whether a node could run VMs when the frame was recorded: it was there, online, and not being emptied."""
    node = frame.nodes.get(node_id)
    return node is not None and node.status is NetworkStatus.ONLINE and node.allow_running_vms is not False


def elsewhere(vm: Vm, node_id: NodeId | None, share: float = 1.0) -> Vm:
    """A VM on that node, with so much of what it asks for, and under no migration: a recorded one is not made."""
    cpu = None if vm.cpu_percent is None else vm.cpu_percent * share
    shown = vm.state if vm.ui_state is VmState.MIGRATING else vm.ui_state
    return replace(vm, node_id=node_id, ui_state=shown, cpu_percent=cpu, task=None)


def _loaded(node: Node, load: NodeLoad, shifted_bytes: int) -> Node:
    used = node.mem_used_bytes
    return replace(
        node,
        cpu_percent=load.percent,
        mem_used_bytes=None if used is None else max(0, used + shifted_bytes),
    )
