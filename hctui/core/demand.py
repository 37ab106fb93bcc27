"""What VMs and nodes ask for, in hardware threads, over a window that forgets nothing when a VM moves.

A VM's load is its percent times its vCPUs: 50 % of 8 vCPUs is 4 threads, wherever it runs. A node's load at a moment
is rebuilt from the VMs that are on it *now*, each with what it took then, wherever it was, plus the node's own overhead
then: what the node reported beyond its VMs, which does not travel with any of them. Where nobody has moved since, that
is what the node reported. Rebuilt loads may be above 100 %: VMs that ran apart can ask for more than one node has.

On a saturated node VMs get less than they ask for. Their samples there say "at least".

Knows samples and placements; neither thresholds nor what is decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hctui.core.history import FULL_SHARE, JITTER, MEAN_DIGITS, Sample
from hctui.core.model import NodeId, Snapshot, Vm, VmId

SATURATED_PERCENT = 97.0
"""From this load on a node has nothing left to give, and what its VMs show is not what they ask for."""

MOST_SAMPLES = 30
"""A long window is looked at in at most so many samples, evenly spread: an hour's mean needs no more."""


@dataclass(frozen=True, slots=True)
class VmDemand:
    """What a VM asks for: the mean in hardware threads over `count` samples. `is_throttled`: that and perhaps more."""

    threads: float
    count: int
    is_throttled: bool


@dataclass(frozen=True, slots=True)
class NodeDemand:
    """What a node has to carry.

    Attributes:
        count: samples in the window.
        expected: samples a full window has.
        percent: the mean load in percent of the node's threads; `None` until the window is full, or while unknown.
        samples: the load at each sample, oldest first, with its time (Unix seconds).
    """

    count: int
    expected: int
    percent: float | None
    samples: tuple[tuple[float, float], ...]


class Demand:
    """All demand over one window, worked out as it is asked for. Thrown away with the situation.

    Attributes:
        expected: how many samples a full window has.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        placed: Mapping[NodeId, Sequence[Vm]],
        samples: Sequence[Sample],
        *,
        expected: int,
        full_seconds: float,
    ) -> None:
        """Demand over samples.

        Args:
            snapshot: the nodes and VMs as they are now; in a dry run, as it imagines them.
            placed: the VMs on each node.
            samples: those of the window, oldest first.
            expected: how many a full window has.
            full_seconds: a full window spans at least so much from its first sample to its last.
        """
        self._nodes, self._vms, self._placed = snapshot.nodes, snapshot.vms, placed
        self._samples = samples
        self.expected, self._full_seconds = expected, full_seconds
        self._of_nodes: dict[NodeId, NodeDemand] = {}
        self._of_vms: dict[VmId, VmDemand | None] = {}
        self._taken: dict[int, dict[NodeId, float | None]] = {}

    @cached_property
    def _is_same(self) -> list[bool]:
        """Of each sample whether all VMs were where they are now, and no others were there."""
        now = {vm.id: node_id for node_id, vms in self._placed.items() for vm in vms}
        return [sample.places == now for sample in self._samples]

    def node(self, node_id: NodeId) -> NodeDemand:
        """The load of a node in the snapshot."""
        found = self._of_nodes.get(node_id)
        if found is None:
            found = self._of_nodes[node_id] = self._node_demand(node_id)
        return found

    def vm(self, vm_id: VmId) -> VmDemand | None:
        """The load of a VM in the snapshot; `None` while no sample tells of it."""
        if vm_id not in self._of_vms:
            self._of_vms[vm_id] = self._vm_demand(self._vms[vm_id])
        return self._of_vms[vm_id]

    def _node_demand(self, node_id: NodeId) -> NodeDemand:
        threads = self._nodes[node_id].threads
        known: list[tuple[float, float]] = []
        for index, sample in enumerate(self._samples):
            reported = sample.nodes.get(node_id)
            if reported is None:
                continue
            load = reported if self._is_same[index] else self._rebuilt(node_id, index, reported, threads)
            if load is not None:
                known.append((sample.at, load))
        is_full = (
            len(known) >= FULL_SHARE * self.expected and known[-1][0] - known[0][0] >= self._full_seconds
        )
        mean = round(sum(load for _, load in known) / len(known), MEAN_DIGITS) if is_full else None
        return NodeDemand(len(known), self.expected, mean, tuple(known))

    def _rebuilt(self, node_id: NodeId, index: int, reported: float, threads: int | None) -> float | None:
        """A node's load at a sample as if the VMs had been where they are now, in percent of its threads."""
        before = self._taken_by_vms(index).get(node_id, 0.0)
        if not threads or before is None:
            return None
        overhead = max(0.0, reported * threads / 100.0 - before)
        total = overhead
        figures = self._samples[index].vms
        for vm in self._placed[node_id]:
            percent = figures.get(vm.id)
            if percent is None:
                usual = self.vm(vm.id)
                if usual is None:
                    return None
                total += usual.threads
            else:
                total += percent * vm.vcpus / 100.0
        return 100.0 * total / threads

    def _taken_by_vms(self, index: int) -> dict[NodeId, float | None]:
        """The threads that the VMs of each node took at a sample; `None` where that of one of them is not known."""
        taken = self._taken.get(index)
        if taken is None:
            sample = self._samples[index]
            sums: dict[NodeId, float] = defaultdict(float)
            unknown: set[NodeId] = set()
            for vm_id, node_id in sample.places.items():
                percent, vm = sample.vms.get(vm_id), self._vms.get(vm_id)
                if percent is None or vm is None:
                    unknown.add(node_id)
                else:
                    sums[node_id] += percent * vm.vcpus / 100.0
            taken = self._taken[index] = {**sums, **dict.fromkeys(unknown)}
        return taken

    def _vm_demand(self, vm: Vm) -> VmDemand | None:
        """Its mean; where some samples are of a saturated node, the larger of the mean without and with those."""
        every, free = [], []
        for sample in self._samples:
            percent = sample.vms.get(vm.id)
            if percent is None:
                continue
            every.append(percent)
            host = sample.places.get(vm.id)
            load = sample.nodes.get(host) if host else None
            if load is None or load < SATURATED_PERCENT:
                free.append(percent)
        if not every:
            return None
        mean = max(sum(each) / len(each) for each in (every, free) if each)
        return VmDemand(mean * vm.vcpus / 100.0, len(every), len(free) < len(every))


def demand_over(
    snapshot: Snapshot,
    placed: Mapping[NodeId, Sequence[Vm]],
    samples: Sequence[Sample],
    *,
    now: float,
    seconds: float,
    interval_seconds: float,
    is_patient: bool = True,
) -> Demand:
    """Demand over the last `seconds`.

    `is_patient`: nothing is known until the window is full; otherwise as much as there is counts.
    """
    within = [sample for sample in samples if now - seconds < sample.at <= now]
    every = -(-len(within) // MOST_SAMPLES) or 1
    chosen = within[(len(within) - 1) % every :: every]
    expected = max(1, round(seconds / interval_seconds)) if is_patient else 1
    span = seconds - interval_seconds * (1 + JITTER) if is_patient else 0.0
    if every > 1:
        expected = -(-expected // every)
        span -= interval_seconds * every
    return Demand(snapshot, placed, chosen, expected=expected, full_seconds=max(0.0, span))
