"""The documented balancing rules in their plainest form, to see what a scenario makes of them.

Deliberately not ours: it reads the model directly and knows nothing of windows of samples, tasks or failures.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import fmean

from hctui.sim import Cluster
from hctui.sim.inventory import SimNode, SimVm

UPPER, LOWER, RAM_LIMIT = 80.0, 50.0, 0.70
INTERVAL, SAMPLES, COOLDOWN, VM_COOLDOWN = 30.0, 10, 300.0, 1800.0


@dataclass
class DocumentedBalancer:
    """`moves` are (why, VM, from, to); `rejected` are (VM, why) of the first load move."""

    cluster: Cluster
    moves: list[tuple[str, str, int, int]] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    samples: dict[str, deque[float]] = field(default_factory=dict)
    quiet_until: float = 0.0
    rests: dict[str, float] = field(default_factory=dict)

    def run(self, seconds: float) -> None:
        end = self.cluster.now + seconds
        while self.cluster.now < end:
            self.cluster.advance(self.cluster.now + INTERVAL)
            self._cycle()

    def mean(self, thing_id: str) -> float:
        return fmean(self.samples[thing_id])

    def violations(self) -> list[SimVm]:
        return [vm for vm in self._running() if any(o.node_id == vm.node_id for o in self._enemies(vm))]

    def _cycle(self) -> None:
        cluster = self.cluster
        measured = cluster.statistics.node_cpu_percent | cluster.statistics.vm_cpu_percent
        for thing_id, percent in measured.items():
            self.samples.setdefault(thing_id, deque(maxlen=SAMPLES)).append(percent)
        is_busy = any(vm.ui_state == "MIGRATING" for vm in cluster.vms.values())
        if is_busy or cluster.now < self.quiet_until or self._mend():
            return
        if all(len(self.samples[node_id]) == SAMPLES for node_id in cluster.nodes):
            self._balance()

    def _mend(self) -> bool:
        for vm in self.violations():
            able = [n for n in self._others(vm) if self._fits(vm, n) and self._is_free_of_enemies(vm, n)]
            if able:
                self._move("rule", vm, min(able, key=lambda n: self._ram(n, 0)))
                return True
        return False

    def _balance(self) -> None:
        nodes = sorted(self.cluster.nodes.values(), key=lambda node: self.mean(node.id))
        coolest, busiest = nodes[0], nodes[-1]
        if self.mean(busiest.id) <= UPPER or self.mean(coolest.id) >= LOWER:
            return
        here = [vm for vm in self._running() if vm.node_id == busiest.id]
        for vm in sorted(here, key=lambda vm: -self.mean(vm.id)):
            if any(tag.startswith("node_") for tag in vm.tags.split(",")):
                self.rejected.append((vm.name, "pinned"))
                continue
            for node in (n for n in nodes[:-1] if self.mean(n.id) < LOWER):
                reason = self._objection(vm, node)
                if reason:
                    self.rejected.append((vm.name, reason))
                else:
                    self._move("load", vm, node)
                    return

    def _objection(self, vm: SimVm, node: SimNode) -> str:
        if self.cluster.now < self.rests.get(vm.id, 0.0):
            return "cooldown"
        if not self._fits(vm, node):
            return "RAM"
        return "" if self._is_free_of_enemies(vm, node) else "anti-affinity"

    def _move(self, why: str, vm: SimVm, node: SimNode) -> None:
        self.moves.append((why, vm.name, self.cluster.nodes[vm.node_id].octet, node.octet))
        self.cluster.act("LIVEMIGRATE", vm.id, node.id)
        self.quiet_until = self.cluster.now + COOLDOWN
        self.rests[vm.id] = self.cluster.now + VM_COOLDOWN
        self.samples.clear()

    def _running(self) -> list[SimVm]:
        return [vm for vm in self.cluster.vms.values() if vm.state == "RUNNING"]

    def _enemies(self, vm: SimVm) -> list[SimVm]:
        def names(of: SimVm, other: SimVm) -> bool:
            return f"anti_{other.name}" in of.tags.split(",")

        return [
            other for other in self._running() if other is not vm and (names(vm, other) or names(other, vm))
        ]

    def _is_free_of_enemies(self, vm: SimVm, node: SimNode) -> bool:
        return not any(enemy.node_id == node.id for enemy in self._enemies(vm))

    def _others(self, vm: SimVm) -> list[SimNode]:
        return [node for node in self.cluster.nodes.values() if node.id != vm.node_id]

    def _fits(self, vm: SimVm, node: SimNode) -> bool:
        return self._ram(node, vm.memory_bytes) <= RAM_LIMIT

    def _ram(self, node: SimNode, more: int) -> float:
        return (self.cluster.world.memory_used(node) + more) / node.memory_bytes
