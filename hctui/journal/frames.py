"""What was recorded, as snapshots again, one after the other: for a replay. Never holds more than one at a time.

A snapshot from the journal has nodes and VMs with all that was measured of them. Tasks, alerts, the update status and
the profiles of virtual GPUs are not recorded, so it has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from hctui.core.model import ClusterInfo, Node, NodeId, Snapshot, Vm, VmId
from hctui.journal import encoding
from hctui.journal.encoding import Figures, Inventory
from hctui.journal.reading import asked
from hctui.journal.samples import StoredSample, WholeSample, not_taken_again, stored_samples

NOBODY = ClusterInfo("", "a recording", "")


def read_frames(path: Path, since: float, until: float) -> Iterator[Snapshot]:
    """The snapshots of a time (Unix seconds, both ends included), oldest first. The journal stays open meanwhile.

    Raises:
        JournalError: the journal cannot be read.
    """
    return frames_of(read_samples(path, since, until))


def read_samples(path: Path, since: float, until: float) -> Iterator[WholeSample]:
    """The same as they are stored. Where a clock was set back, what was lived through again counts once."""
    with asked(path, "sample") as connection:
        rows = connection.execute(
            "SELECT at FROM samples WHERE at BETWEEN ? AND ? ORDER BY id", (since, until)
        )
        times = [StoredSample(at, None, None) for (at,) in rows]
        kept = {sample.at for sample in not_taken_again(times)}
        yield from (sample for sample in stored_samples(connection, since, until) if sample.at in kept)


def frames_of(samples: Iterable[WholeSample]) -> Iterator[Snapshot]:
    """Samples as snapshots.

    Raises:
        ValueError: the halves of one do not belong together.
    """
    for at, inventory, figures in samples:
        yield Snapshot(at, NOBODY, _nodes(inventory, figures), _vms(inventory, figures), conditions=())


def _nodes(inventory: Inventory, figures: Figures) -> dict[NodeId, Node]:
    measured = zip(inventory.nodes, figures.node_cpu_hundredths, figures.node_mem_used_mib, strict=True)
    return {
        node.id: replace(
            node,
            cpu_percent=None if cpu is None else cpu / 100,
            mem_used_bytes=None if used is None else used * encoding.MIB,
        )
        for node, cpu, used in measured
    }


def _vms(inventory: Inventory, figures: Figures) -> dict[VmId, Vm]:
    return {
        vm.id: vm if cpu is None else replace(vm, cpu_percent=cpu / 100)
        for vm, cpu in zip(inventory.vms, figures.vm_cpu_hundredths, strict=True)
    }
