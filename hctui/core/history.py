"""Timestamped CPU samples and their means over the averaging window.

A sample is kept from every poll, also while migrating, cooling down or paused. "The window starts afresh" is a
moment before which samples do not count, not a deletion. A node or VM has a mean only when its own samples fill
the window; one that came late is judged late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hctui.core.model import NodeId, Snapshot, VmId

FULL_SHARE = 0.8
"""A window counts as full from this share of the samples it could hold: a lost poll or two does no harm."""

MEAN_DIGITS = 6
"""Means are rounded to so many decimals: ten samples of 80.1 add up to a little more than 801, which would make a
node that is exactly at its threshold hot."""

JITTER = 0.1
"""Polls may come early or late by this share of an interval without costing a sample."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one poll showed, unknown is absent: CPU percent of nodes, of VMs (of their own vCPUs), and who was where."""

    at: float
    nodes: Mapping[NodeId, float]
    vms: Mapping[VmId, float]
    places: Mapping[VmId, NodeId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the window says of one node or VM. `mean_percent` is `None` until `count` samples fill it."""

    count: int
    expected: int
    mean_percent: float | None
    partial_percent: float | None

    @property
    def progress(self) -> str:
        """`5/10`."""
        return f"{min(self.count, self.expected)}/{self.expected}"


def sample_of(snapshot: Snapshot) -> Sample:
    """The CPU figures and the placement of a snapshot."""
    return Sample(
        snapshot.taken_at,
        {node.id: node.cpu_percent for node in snapshot.nodes.values() if node.cpu_percent is not None},
        {vm.id: vm.cpu_percent for vm in snapshot.vms.values() if vm.cpu_percent is not None},
        {vm.id: vm.node_id for vm in snapshot.vms.values() if vm.node_id is not None and vm.is_placed},
    )


def recorded(samples: tuple[Sample, ...], new: Sample, keep_seconds: float) -> tuple[Sample, ...]:
    """The samples with a new one, less those that are too old, or that a clock set back has left in the future."""
    kept = (sample for sample in samples if new.at - keep_seconds <= sample.at < new.at)
    return (*kept, new)


@dataclass(frozen=True, slots=True)
class Window:
    """The samples that count now, oldest first."""

    samples: tuple[Sample, ...]
    expected: int
    span_seconds: float

    def node(self, node_id: NodeId) -> Reading:
        """The reading of a node."""
        return self._reading((sample.at, sample.nodes.get(node_id)) for sample in self.samples)

    def vm(self, vm_id: VmId) -> Reading:
        """The reading of a VM."""
        return self._reading((sample.at, sample.vms.get(vm_id)) for sample in self.samples)

    def _reading(self, series: Iterable[tuple[float, float | None]]) -> Reading:
        known = [(at, value) for at, value in series if value is not None]
        if not known:
            return Reading(0, self.expected, None, None)
        mean = round(sum(value for _, value in known) / len(known), MEAN_DIGITS)
        enough = len(known) >= FULL_SHARE * self.expected
        full = enough and known[-1][0] - known[0][0] >= self.span_seconds
        return Reading(len(known), self.expected, mean if full else None, mean)


def window(
    samples: tuple[Sample, ...],
    *,
    now: float,
    fresh_since: float,
    window_seconds: float,
    interval_seconds: float,
) -> Window:
    """The window that ends now: samples younger than `window_seconds` and taken after `fresh_since`."""
    begin = max(now - window_seconds, fresh_since)
    jitter = JITTER * interval_seconds
    return Window(
        samples=tuple(sample for sample in samples if begin < sample.at <= now),
        expected=max(1, round(window_seconds / interval_seconds)),
        span_seconds=max(0.0, window_seconds - interval_seconds - jitter),
    )
