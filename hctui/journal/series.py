"""How loads went over a time, in as many points as a chart has room for. Reads only; knows no charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

from hctui.core.model import NodeId, Vm, VmId
from hctui.journal import encoding
from hctui.journal.buckets import Buckets, Means, buckets_for
from hctui.journal.reading import asked
from hctui.journal.samples import WholeSample, node_samples, not_taken_again, stored_samples


@dataclass(frozen=True, slots=True)
class NodeSeries:
    """CPU and RAM of one node, each a mean around a moment; `None`: no sample then, or it was not known.

    `at` holds the moments (Unix seconds), the same for all nodes of one question. `name` is the latest.
    """

    node_id: NodeId
    name: str
    at: tuple[float, ...]
    cpu_percent: tuple[float | None, ...]
    mem_percent: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """From `at` on (Unix seconds) a VM was on this node; `None`: on none, since it was stopped or deleted."""

    at: float
    node_name: str | None


@dataclass(frozen=True, slots=True)
class VmSeries:
    """CPU of one VM, in percent of its own vCPUs, each a mean around a moment (`at`, Unix seconds), and where it was.

    `None`: no sample then, or it was not known. `name` and `mem_bytes` are the latest. `placements` are the first
    place within the time and every change after it.
    """

    vm_id: VmId
    name: str
    mem_bytes: int
    at: tuple[float, ...]
    cpu_percent: tuple[float | None, ...]
    placements: tuple[Placement, ...]


def read_node_series(path: Path, since: float, until: float, most_points: int) -> tuple[NodeSeries, ...]:
    """Every node that was seen in a time (Unix seconds, both ends included), by name; also those that left.

    Raises:
        JournalError: the journal cannot be read.
    """
    with asked(path, "sample") as connection:
        samples = not_taken_again(list(node_samples(connection, since, until)))
        if not samples:
            return ()
        buckets = buckets_for([sample.at for sample in samples], since, until, most_points)
        latest: dict[NodeId, encoding.NodeTold] = {}
        means: dict[NodeId, tuple[Means, Means]] = {}
        for at, told, figures in samples:
            index = buckets.index(at)
            for node, cpu_percent, mem_percent in encoding.node_readings(told, figures):
                if node.id not in means:
                    means[node.id] = Means(buckets.count), Means(buckets.count)
                latest[node.id] = node
                cpu, mem = means[node.id]
                cpu.add(index, cpu_percent)
                mem.add(index, mem_percent)
    at_all = buckets.middles
    return tuple(
        NodeSeries(node.id, node.name, at_all, *(mean.told() for mean in means[node.id]))
        for node in sorted(latest.values(), key=lambda node: node.name)
    )


def read_vm_series(path: Path, vm_id: VmId, since: float, until: float, most_points: int) -> VmSeries | None:
    """One VM in a time (Unix seconds, both ends included); `None` if it was not seen then.

    Raises:
        JournalError: the journal cannot be read.
    """
    with asked(path, "sample") as connection:
        samples = not_taken_again(list(stored_samples(connection, since, until)))
        found = list(_sightings(samples, vm_id))
    vms = [sighting.seen.vm for sighting in found if sighting.seen]
    if not vms:
        return None
    buckets = buckets_for([sample.at for sample in samples], since, until, most_points)
    cpu_percent = _cpu_means(found, buckets)
    return VmSeries(
        vm_id, vms[-1].name, vms[-1].mem_bytes, buckets.middles, cpu_percent, tuple(_placements(found))
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """The VM in an inventory: its index there, and the node it occupies, if any."""

    index: int
    vm: Vm
    node_id: NodeId | None
    node_name: str | None


@dataclass(frozen=True, slots=True)
class _Sighting:
    """What one sample shows; `seen` is `None` if the VM did not exist then."""

    at: float
    seen: _Seen | None
    cpu_percent: float | None

    @property
    def node_id(self) -> NodeId | None:
        """The node it was on, if any."""
        return self.seen.node_id if self.seen else None


def _sightings(samples: list[WholeSample], vm_id: VmId) -> Iterator[_Sighting]:
    looked_into: encoding.Inventory | None = None
    seen: _Seen | None = None
    for at, inventory, figures in samples:
        if inventory is not looked_into:
            looked_into, seen = inventory, _seen(inventory, vm_id)
        if len(figures.vm_cpu_hundredths) != len(inventory.vms):
            raise ValueError("a sample and its inventory do not belong together")
        hundredths = figures.vm_cpu_hundredths[seen.index] if seen else None
        yield _Sighting(at, seen, None if hundredths is None else hundredths / 100)


def _seen(inventory: encoding.Inventory, vm_id: VmId) -> _Seen | None:
    """A node goes by the name it had then, or by its id where the cluster did not tell of it."""
    found = next(((index, vm) for index, vm in enumerate(inventory.vms) if vm.id == vm_id), None)
    if found is None:
        return None
    _, vm = found
    if vm.node_id is None or not vm.is_placed:
        return _Seen(*found, None, None)
    names = (node.name for node in inventory.nodes if node.id == vm.node_id)
    return _Seen(*found, vm.node_id, next(names, vm.node_id))


def _cpu_means(found: list[_Sighting], buckets: Buckets) -> tuple[float | None, ...]:
    means = Means(buckets.count)
    for sighting in found:
        means.add(buckets.index(sighting.at), sighting.cpu_percent)
    return means.told()


def _placements(found: list[_Sighting]) -> Iterator[Placement]:
    """The first place and every change; a node that was only renamed is none. Nothing before the VM first existed."""
    before: _Sighting | None = None
    for sighting in dropwhile(lambda each: each.seen is None, found):
        if before is None or before.node_id != sighting.node_id:
            yield Placement(sighting.at, sighting.seen.node_name if sighting.seen else None)
        before = sighting
