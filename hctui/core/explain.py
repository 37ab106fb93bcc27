"""The matrix of VMs and nodes: for every pair, the check that decides whether the VM could be moved there now.

Asks the same checks as the planner and decides nothing. Where the planner stops at the first pair that passes, or at
the first check of a VM that fails, this goes on: a person asks about any pair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hctui.core import planner, together
from hctui.core.checks import last_verdict, vm_verdicts
from hctui.core.decision import Reason, Verdict
from hctui.core.model import NodeId, Vm, VmId
from hctui.core.order import busiest_first
from hctui.core.policy import Strategy
from hctui.core.situation import Situation


@dataclass(frozen=True, slots=True)
class Cell:
    """A VM and a node: the first check of the target that fails, or the last one; `None` where the VM is now."""

    node_id: NodeId
    node_name: str
    is_here: bool
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Row:
    """A VM, the reason for which it would be moved, and a cell for each node in the order of the cluster's answer.

    `own` is the first check of the VM itself that fails, or the last one. If it fails, the VM goes nowhere, whatever
    the cells say; they are there to tell what would be if it did not.
    """

    vm_id: VmId
    vm_name: str
    node_id: NodeId
    node_name: str
    reason: Reason
    own: Verdict
    cells: tuple[Cell, ...]


def matrix(s: Situation, vms: Iterable[Vm] | None = None, reason: Reason | None = None) -> tuple[Row, ...]:
    """A row for each of the VMs (all, unless some are given) that is placed, in the planner's order.

    That is: VMs that violate a rule, those of the busiest node, busiest first, then the others by node and name. The
    reason is what would apply to the VM now (a violated rule, a pin, otherwise load), unless one is given. The cost
    grows with the number of VMs that have rules times nodes, and with the number of all VMs.
    """
    wanted = None if vms is None else {vm.id for vm in vms}
    rows = Rows(s)
    return tuple(rows.row(vm_id, reason) for vm_id in rows.order if wanted is None or vm_id in wanted)


def _broken(s: Situation) -> dict[VmId, Reason]:
    """The VMs that a violated rule is about, in the order in which the planner would try to move them."""
    reasons: dict[VmId, Reason] = {}
    for pair in planner.violations(s):
        for vm in sorted(pair, key=lambda partner: partner.mem_bytes):
            reasons.setdefault(vm.id, Reason.ANTI_AFFINITY)
    for vm in planner.strays(s):
        reasons.setdefault(vm.id, Reason.PIN)
    for group in together.apart(s):
        for vm in group:
            reasons.setdefault(vm.id, Reason.TOGETHER)
    return reasons


def _ranked(s: Situation, first: Iterable[VmId]) -> Iterable[Vm]:
    loads = s.loads()
    hottest = s.placed[loads[0].node_id] if loads and loads[0].mean_percent is not None else ()
    order = {node_id: index for index, node_id in enumerate(s.snapshot.nodes)}

    def by_node_and_name(vm: Vm) -> tuple[int, str]:
        return order.get(vm.node_id, len(order)) if vm.node_id else len(order), vm.name

    ranked = dict.fromkeys(first)
    ranked.update(dict.fromkeys(vm.id for vm in busiest_first(s, hottest)))
    placed = (vm for vm in s.snapshot.vms.values() if vm.is_placed)
    ranked.update(dict.fromkeys(vm.id for vm in sorted(placed, key=by_node_and_name)))
    return (s.snapshot.vms[vm_id] for vm_id in ranked)


class Rows:
    """The matrix row by row, for who looks at a part of it. Thrown away with the situation.

    Most VMs have no rule, no failure and no move of their own, so that all of one size find the same on every node:
    their cells are made once.

    Attributes:
        situation: what they are made of.
        order: the VMs that are placed, in the planner's order.
    """

    def __init__(self, s: Situation) -> None:
        """Ranks all VMs, and makes no row yet."""
        self._s = self.situation = s
        self._reasons = _broken(s)
        self.order = tuple(vm.id for vm in _ranked(s, self._reasons))
        self._nodes = tuple(s.snapshot.nodes.values())
        self._special = {vm.id for vm in s.snapshot.vms.values() if vm.affinity.strict}
        self._special.update(s.rules.rivals, s.rules.homes, s.rules.mates)
        self._special.update(failure.vm_id for failure in s.ledger.failures)
        self._special.update(rejection.vm_id for rejection in s.ledger.rejections)
        self._special.update(departure.vm_id for departure in s.ledger.departures)
        self._here = [Cell(node.id, node.name, True, None) for node in self._nodes]
        self._ordinary: dict[tuple[Reason, int], list[Cell]] = {}

    def row(self, vm_id: VmId, reason: Reason | None = None) -> Row:
        """The row of a VM in `order`, for the reason that applies to it now unless another is given."""
        vm = self._s.snapshot.vms[vm_id]
        reason = reason or self._reasons.get(vm_id, Reason.LOAD)
        assert vm.node_id is not None, "only placed VMs are explained"  # noqa: S101 - as `_ranked` gives them
        is_weighed = reason.is_load and self._s.policy.strategy is Strategy.BEST_FIT
        if is_weighed or vm.id in self._special:
            away = self._cells(vm, reason)
        else:
            size = (reason, vm.mem_bytes)
            away = self._ordinary.get(size) or self._ordinary.setdefault(size, self._cells(vm, reason))
        cells = tuple(
            here if here.node_id == vm.node_id else cell for here, cell in zip(self._here, away, strict=True)
        )
        own = vm_verdicts(self._s, vm, reason)[-1]
        return Row(vm.id, vm.name, vm.node_id, self._s.node_name(vm.node_id), reason, own, cells)

    def _cells(self, vm: Vm, reason: Reason) -> list[Cell]:
        return [
            Cell(node.id, node.name, False, last_verdict(self._s, vm, node, reason)) for node in self._nodes
        ]
