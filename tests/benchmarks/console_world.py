"""What a console is measured on: a cluster that works, and an engine's publishing without the engine.

Every cycle changes every VM's and every node's figures, as polls do, and is decided by the real balancer and told in
the real words. Only reading the cluster and writing the journal are left out: they are not the console's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hctui.core import balancer
from hctui.core.decision import Decision
from hctui.core.history import Sample
from hctui.core.model import NodeId, Snapshot, Vm, VmId
from hctui.core.policy import Mode, Policy
from hctui.core.state import Arrival, Ledger, State
from hctui.engine.clock import Clock
from hctui.engine.desk import Desk
from hctui.engine.narrative import Narrator
from hctui.engine.view import Contact, Line
from tests.core.build import cluster, history, node, vm
from tests.engine.given import settings_of

POLICY = Policy(dry_run=False, mode=Mode.APPROVE)
ADDRESS = "https://10.0.0.101"
LATENCY_SECONDS = 0.038

SECONDS_LEFT = (100.0, 115.0, 300.0, 420.0, 540.0, 700.0, 900.0, 1200.0, 1500.0, 1700.0)
"""Ten cooldown timers, two of them so short that they show seconds."""

CYCLES_PER_DEPARTURE = 25
"""So many cycles after another, one VM is deleted and another made."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a cluster is."""

    nodes: int
    vms: int

    def __str__(self) -> str:
        return f"{self.nodes} nodes x {self.vms:,} VMs"


SMALL, LARGE = Size(8, 200), Size(16, 1_000)


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle publishes."""

    snapshot: Snapshot
    state: State
    decision: Decision
    lines: tuple[Line, ...]


class StandIn:
    """Publishes cycles on a desk, in the order and as often as an engine does."""

    def __init__(self, clock: Clock) -> None:
        others = {"base_url": ADDRESS, "username": "balancer"}
        self.desk = Desk(
            settings_of(POLICY, others=others), Contact(ADDRESS, "TLS pinned", LATENCY_SECONDS), clock
        )
        self._clock = clock

    def ask(self) -> None:
        """The cycle begins."""
        at = self._clock.now()
        self.desk.publish(next_poll_at=at + POLICY.interval_seconds)
        self.desk.log(Line(at, "collecting_data", "Collecting cluster data..."))
        self.desk.publish(is_reading=True)

    def answer(self, cycle: Cycle) -> None:
        """The cluster has answered, and it was decided."""
        contact = replace(self.desk.view.contact, latency_seconds=LATENCY_SECONDS)
        self.desk.publish(contact=contact, cluster=cycle.snapshot.cluster)
        self.desk.publish(is_reading=False)
        for line in cycle.lines:
            self.desk.log(line)
        self.desk.publish(state=cycle.state, decision=cycle.decision, snapshot=cycle.snapshot)


def cycles(size: Size, start: float) -> Iterator[Cycle]:
    """Cycles without end, the first at `start` (Unix seconds), on an engine whose window is full already."""
    narrator = Narrator()
    first = snapshot_of(size, 0, start)
    state = State(samples=_before(first), real=Ledger(arrivals=_arrivals(start)))
    number = 0
    while True:
        at = start + number * POLICY.interval_seconds
        snapshot = snapshot_of(size, number, at)
        done = balancer.step(state, snapshot, (), POLICY, at)
        state = done.state
        yield Cycle(snapshot, state, done.decision, tuple(narrator.cycle(done.decision)))
        number += 1


def snapshot_of(size: Size, number: int, at: float) -> Snapshot:
    """The cluster in cycle `number`: every figure differs from the one before, and one node is hot."""
    nodes = [
        node(index, cpu=_node_cpu(index, number), used_gib=40.0 + (index + number) % 9)
        for index in range(1, size.nodes + 1)
    ]
    gone = number // CYCLES_PER_DEPARTURE
    return cluster(nodes, (_vm(index, size.nodes, number) for index in range(gone, gone + size.vms)), at=at)


def _node_cpu(index: int, number: int) -> float:
    return 85.0 + number % 7 if index == 1 else 20.0 + (7 * index + 3 * number) % 23


def _vm(index: int, nodes: int, number: int) -> Vm:
    """Every fortieth VM should be apart from another of its node, every fiftieth is pinned, and not always at home."""
    words = ["prod" if index % 3 else "test"]
    if index % 40 == 0:
        words.append(f"anti_{name_of(index + nodes)}")
    if index % 50 == 25:
        words.append(f"node_{101 + (index + 1) % nodes}")
    return vm(
        name_of(index),
        1 + index % nodes,
        mem_gib=0.25 * (1 + index % 4),
        cpu=float((index * 37 + number * 13) % 90) + 0.5,
        vcpus=1 + index % 4,
        tags=" ".join(words),
    )


def name_of(index: int) -> str:
    """The name of a VM, which is its id as well."""
    return f"vm-{index:05}"


def _before(snapshot: Snapshot) -> tuple[Sample, ...]:
    """The samples of the polls before the first one."""
    return history(replace(snapshot, taken_at=snapshot.taken_at - POLICY.interval_seconds))


def _arrivals(now: float) -> dict[VmId, Arrival]:
    length = POLICY.vm_cooldown_seconds
    return {
        VmId(name_of(index)): Arrival(now - length + left, NodeId("n2"), NodeId("n1"))
        for index, left in enumerate(SECONDS_LEFT)
    }
