"""The recent past of each node for its sparklines: the newest readings, bounded. Longer times are the journal's."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from hctui.core.model import NodeId, Snapshot

MOST_READINGS = 120
"""No sparkline is wider."""


class Reading(NamedTuple):
    """CPU and RAM of each node at one time, percent; absent is unknown."""

    at: float
    cpu: dict[NodeId, float]
    mem: dict[NodeId, float]


class Trail:
    """Takes readings in the order of their time; asks nobody."""

    def __init__(self) -> None:
        self._readings: deque[Reading] = deque(maxlen=MOST_READINGS)

    def add(self, snapshot: Snapshot) -> None:
        """Take what a snapshot shows; one that was taken already counts once."""
        nodes = snapshot.nodes.values()
        cpu = {node.id: node.cpu_percent for node in nodes if node.cpu_percent is not None}
        mem = {node.id: node.mem_percent for node in nodes if node.mem_percent is not None}
        self._append(Reading(snapshot.taken_at, cpu, mem))

    def begin(self, readings: Iterable[Reading]) -> None:
        """Put older readings, oldest first, before those that are there."""
        newer = list(self._readings)
        self._readings.clear()
        for reading in (*readings, *newer):
            self._append(reading)

    def _append(self, reading: Reading) -> None:
        if not self._readings or reading.at > self._readings[-1].at:
            self._readings.append(reading)
        elif reading.at < self._readings[-1].at:  # the clock was set back: what seemed later is over
            self._readings.clear()
            self._readings.append(reading)

    def cpu_percent(self, node_id: NodeId) -> list[float | None]:
        """CPU of a node, oldest first."""
        return [reading.cpu.get(node_id) for reading in self._readings]

    def mem_percent(self, node_id: NodeId) -> list[float | None]:
        """RAM of a node, oldest first."""
        return [reading.mem.get(node_id) for reading in self._readings]

    @property
    def seconds(self) -> float:
        """How far back it goes."""
        return self._readings[-1].at - self._readings[0].at if self._readings else 0.0
