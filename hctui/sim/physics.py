"""What a node makes of its VMs' demand.

Pure arithmetic on numbers; knows neither VMs nor time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MIGRATION_COST_PERCENT = 1.5
"""What one live migration costs, on the source and on the target, in percent of the node."""

MIGRATION_SECONDS_AT_LEAST = 4.0


@dataclass(frozen=True, slots=True)
class NodeLoad:
    """CPU of a node in percent, and the fraction (0 to 1) of their demand that its VMs get."""

    cpu_percent: float
    granted: float


def node_load(threads: int, overhead_percent: float, demands: Iterable[tuple[float, int]]) -> NodeLoad:
    """Share a node's hardware threads out among demands of (percent of own vCPUs, vCPUs).

    When they want more than the overhead leaves, all are throttled alike and the node is full.
    """
    wanted_percent = sum(percent * vcpus for percent, vcpus in demands) / threads
    available_percent = max(0.0, 100.0 - overhead_percent)
    if wanted_percent <= available_percent:
        return NodeLoad(overhead_percent + wanted_percent, 1.0)
    return NodeLoad(100.0, available_percent / wanted_percent)


def migration_seconds(memory_bytes: int, bandwidth_bytes_per_second: float) -> float:
    """How long a live migration copies memory; never less than a few seconds."""
    return max(MIGRATION_SECONDS_AT_LEAST, memory_bytes / bandwidth_bytes_per_second)
