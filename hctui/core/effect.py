"""What a move would do to its two nodes: CPU and RAM before and after, by the arithmetic of the dry run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hctui.core.decision import Move
from hctui.core.model import Node, NodeId, Vm
from hctui.core.policy import Strategy
from hctui.core.situation import Situation, shifted_percent


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of a node in percent, before and after; `None` where it is not known."""

    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Mean CPU over as much of the window as there is, and RAM in use, of the node left and of the one gone to."""

    source_cpu: Change
    source_ram: Change
    target_cpu: Change
    target_ram: Change


def effect(s: Situation, move: Move) -> Effect:
    """What the move would change now, the VM counted with its mean over as much of the window as there is."""
    vm = s.snapshot.vms.get(move.vm_id)
    if vm is not None:
        vm = replace(vm, cpu_percent=_asked_percent(s, vm))
    return Effect(*_changes(s, move.source, vm, -1), *_changes(s, move.target, vm, +1))


def _asked_percent(s: Situation, vm: Vm) -> float | None:
    """What the VM asks for, in percent of its own vCPUs, by the measure of the strategy."""
    demand = s.judged.vm(vm.id) if s.policy.strategy is Strategy.BEST_FIT else None
    if demand is None or not vm.vcpus:
        return s.window.vm(vm.id).partial_percent
    return 100.0 * demand.threads / vm.vcpus


def _changes(s: Situation, node_id: NodeId, vm: Vm | None, sign: int) -> tuple[Change, Change]:
    node = s.snapshot.nodes.get(node_id)
    if node is None:
        return Change(None, None), Change(None, None)
    cpu, used = s.means[node_id], s.mem_used_bytes[node_id]
    if cpu is None and not s.imagined:  # a rule is fixed before the window is full
        cpu = s.readings[node_id].partial_percent
    return (
        Change(cpu, shifted_percent(cpu, node.threads, [(sign, vm)]) if vm else None),
        Change(
            _ram_percent(node, used),
            _ram_percent(node, None if used is None or vm is None else max(0, used + sign * vm.mem_bytes)),
        ),
    )


def _ram_percent(node: Node, used_bytes: int | None) -> float | None:
    return None if used_bytes is None or not node.mem_bytes else 100.0 * used_bytes / node.mem_bytes
