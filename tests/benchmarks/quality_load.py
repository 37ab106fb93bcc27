"""Made-up days of made-up clusters: what the quality benchmark runs on. The same seed is the same day.

Nodes have 32 threads and 256 GiB. Each VM has a daily curve with a phase of its own, noise that drifts, and bursts to
nearly all of its vCPUs; all are scaled so that the cluster's mean over the day is the intensity asked for. What VMs
ask for may be more than their node has: what becomes of that is for the model in `hctui.replay`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from hctui.core.model import (
    ClusterInfo,
    Disposition,
    NetworkStatus,
    Node,
    NodeId,
    Snapshot,
    Vm,
    VmId,
    VmState,
)

GIB = 1024**3
DAY_SECONDS = 86_400.0
INTERVAL_SECONDS = 30.0
THREADS = 32
MEM_BYTES = 256 * GIB
SYSTEM_BYTES = 8 * GIB
OVERHEAD_PERCENT = 3.0
START = 1_760_000_000.0

_VCPUS = (1, 2, 2, 4, 4, 4, 8)
_SIZES = (2, 4, 4, 8, 8, 16)
_MOST_RAM_PERCENT = 65.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A cluster and how busy it is: `mean_percent` is its mean CPU over the day."""

    nodes: int
    vms: int
    mean_percent: float
    hours: float = 24.0
    is_constant: bool = False

    @property
    def name(self) -> str:
        return f"{self.nodes} x {self.vms}, {self.mean_percent:g} %"


@dataclass(frozen=True, slots=True)
class _Habit:
    """How a VM behaves, as shares of its vCPUs."""

    vcpus: int
    mem_bytes: int
    base: float
    swing: float
    phase: float
    noise: float
    bursts: tuple[tuple[float, float, float], ...]


def frames(shape: Shape, seed: int) -> Iterator[Snapshot]:
    """The day, a snapshot for each poll."""
    rng = random.Random(f"{shape.name} {shape.is_constant} {seed}")  # noqa: S311 - no secret
    habits = [_habit(rng, shape) for _ in range(shape.vms)]
    places = _places(rng, shape, habits)
    scale = _scale(shape, habits)
    drifts = [0.0] * shape.vms
    cluster = ClusterInfo("simulated", shape.name, "9.4")
    for index in range(int(shape.hours * 3600 / INTERVAL_SECONDS)):
        passed = index * INTERVAL_SECONDS
        asked = [0.0] * shape.nodes
        vms = {}
        for number, habit in enumerate(habits):
            drifts[number] = 0.9 * drifts[number] + rng.gauss(0.0, habit.noise)
            share = min(1.0, max(0.0, scale * _share(habit, passed) + drifts[number]))
            asked[places[number]] += share * habit.vcpus
            vm = _vm(number, habit, places[number], 100.0 * share)
            vms[vm.id] = vm
        nodes = [_node(number, asked[number], _used(number, places, habits)) for number in range(shape.nodes)]
        yield Snapshot(START + passed, cluster, {node.id: node for node in nodes}, vms, conditions=())


def _habit(rng: random.Random, shape: Shape) -> _Habit:
    day = shape.hours * 3600.0
    bursts = []
    for _ in range(0 if shape.is_constant else rng.choice((0, 1, 1, 2, 3, 4))):
        begin, seconds = rng.uniform(0.0, day), rng.uniform(600.0, 5400.0)
        bursts.append((begin, begin + seconds, rng.uniform(0.5, 0.9)))
    base = rng.betavariate(1.6, 3.2)
    return _Habit(
        vcpus=rng.choice(_VCPUS),
        mem_bytes=rng.choice(_SIZES) * GIB,
        base=base,
        swing=0.0 if shape.is_constant else rng.uniform(0.2, 0.8),
        phase=rng.gauss(14.0, 5.0) * 3600.0,
        noise=rng.uniform(0.005, 0.03),
        bursts=tuple(bursts),
    )


def _share(habit: _Habit, passed: float) -> float:
    daily = 1.0 + habit.swing * math.cos(2.0 * math.pi * (passed - habit.phase) / DAY_SECONDS)
    burst = max((level for begin, end, level in habit.bursts if begin <= passed < end), default=0.0)
    return max(habit.base * daily, burst)


def _scale(shape: Shape, habits: list[_Habit]) -> float:
    """Found in some steps, since no VM can ask for more than its vCPUs."""
    wanted = shape.nodes * THREADS * (shape.mean_percent - OVERHEAD_PERCENT) / 100.0
    moments = [hour * 1800.0 for hour in range(max(1, int(shape.hours * 2)))]
    scale = 1.0
    for _ in range(8):
        total = sum(
            min(1.0, scale * _share(habit, at)) * habit.vcpus for at in moments for habit in habits
        ) / len(moments)
        scale *= wanted / total
    return scale


def _places(rng: random.Random, shape: Shape, habits: list[_Habit]) -> list[int]:
    """Dealt out at random, as long as there is RAM."""
    room = [int(MEM_BYTES * _MOST_RAM_PERCENT / 100.0) - SYSTEM_BYTES] * shape.nodes
    places = []
    for habit in habits:
        order = rng.sample(range(shape.nodes), shape.nodes)
        place = next((number for number in order if room[number] >= habit.mem_bytes), order[0])
        room[place] -= habit.mem_bytes
        places.append(place)
    return places


def _used(number: int, places: list[int], habits: list[_Habit]) -> int:
    return SYSTEM_BYTES + sum(
        habit.mem_bytes for place, habit in zip(places, habits, strict=True) if place == number
    )


def _node(number: int, asked: float, used_bytes: int) -> Node:
    return Node(
        id=NodeId(f"n{number + 1}"),
        name=f"10.0.0.{101 + number}",
        lan_ip=f"10.0.0.{101 + number}",
        status=NetworkStatus.ONLINE,
        current_disposition=Disposition.IN,
        desired_disposition=Disposition.IN,
        supports_virtualization=True,
        virtualization_online=True,
        allow_running_vms=True,
        cpu_percent=100.0 * asked / THREADS + OVERHEAD_PERCENT,
        mem_bytes=MEM_BYTES,
        mem_used_bytes=used_bytes,
        mem_system_bytes=SYSTEM_BYTES,
        threads=THREADS,
    )


def _vm(number: int, habit: _Habit, place: int, cpu_percent: float) -> Vm:
    return Vm(
        id=VmId(f"v{number:03}"),
        name=f"vm-{number:03}",
        node_id=NodeId(f"n{place + 1}"),
        state=VmState.RUNNING,
        ui_state=VmState.RUNNING,
        mem_bytes=habit.mem_bytes,
        vcpus=habit.vcpus,
        cpu_percent=cpu_percent,
    )
