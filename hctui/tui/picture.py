"""What the screens show of a view: facts about VMs, nodes and rules, worked out once for each new view.

Pure. The core answers the questions (rules, checks, effects); here its answers are only put beside each other. In a
dry run the facts are those of the imagined placement, as decisions go by it; where a VM really is stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from hctui.core import planner, repair, together
from hctui.core.decision import Finding, Reason
from hctui.core.model import Node, NodeId, Snapshot, Vm, VmId, VmState
from hctui.core.restraint import vm_cooldown_seconds
from hctui.core.rules import ANTI_PREFIX, NOMOVE_TAG, PIN_PREFIX, WITH_PREFIX
from hctui.core.situation import Situation, situation_of
from hctui.core.state import Arrival, remaining_seconds
from hctui.core.wording import some_of
from hctui.engine.view import View
from hctui.tui.format import short_nodes

_RULES = frozenset({Reason.ANTI_AFFINITY, Reason.PIN, Reason.TOGETHER})


@dataclass(frozen=True)
class Picture:
    """One view, with what follows from it. `snapshot` and `situation` are `None` until the cluster has answered."""

    view: View
    snapshot: Snapshot | None = field(repr=False)
    situation: Situation | None = field(repr=False)

    @cached_property
    def short_names(self) -> Mapping[NodeId, str]:
        """The shortest name of each node by which it can still be told from the others."""
        nodes = self.snapshot.nodes if self.snapshot else {}
        return dict(zip(nodes, short_nodes(tuple(node.name for node in nodes.values())), strict=True))

    @cached_property
    def broken(self) -> Mapping[VmId, str]:
        """For each VM that breaks a rule, which, in a few words."""
        if self.situation is None:
            return {}
        told: dict[VmId, list[str]] = {}
        for vm, rival in planner.violations(self.situation):
            told.setdefault(vm.id, []).append(f"violates {rival.name}")
            told.setdefault(rival.id, []).append(f"violates {vm.name}")
        for vm in planner.strays(self.situation):
            homes = [self.node_name(home) for home in self.situation.rules.homes[vm.id]]
            told.setdefault(vm.id, []).append(f"belongs on {', '.join(sorted(homes))}")
        for group in together.apart(self.situation):
            for vm in group:
                away = [mate.name for mate in group if mate.node_id != vm.node_id]
                told.setdefault(vm.id, []).append(f"apart from {some_of(away, 'VM')}")
        return {vm_id: ", ".join(words) for vm_id, words in told.items()}

    @cached_property
    def imagined_nodes(self) -> frozenset[NodeId]:
        """The nodes that VMs have left, or come to, in the imagination of a dry run only."""
        imagination = self.view.state.imagination
        moves = imagination.moves.values() if imagination else ()
        return frozenset(node_id for move in moves for node_id in (move.source, move.target))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The broken rules as the last decision found them, or as they are now where it did not look."""
        decision = self.view.decision
        by_hand = decision is not None and any(found.reason is Reason.MANUAL for found in decision.findings)
        if decision and decision.findings and not by_hand:
            return tuple(finding for finding in decision.findings if finding.reason in _RULES)
        if self.situation is None:
            return ()
        return tuple(repair.examined(self.situation))

    def node_name(self, node_id: NodeId | None) -> str:
        """The short name of a node; `-` for none."""
        if node_id is None:
            return "-"
        return self.short_names.get(node_id, str(node_id))

    def vm(self, vm_id: VmId) -> Vm | None:
        """A VM as decisions see it: in a dry run, on its imagined node."""
        return self.situation.snapshot.vms.get(vm_id) if self.situation else None

    def real_vm(self, vm_id: VmId) -> Vm | None:
        """A VM as it really is."""
        return self.snapshot.vms.get(vm_id) if self.snapshot else None

    def cooldown_seconds(self, vm_id: VmId, now: float) -> float:
        """What is left of a VM's cooldown, in the reality that decisions go by; 0 for none."""
        arrival: Arrival | None = self.view.state.ledger.arrivals.get(vm_id)
        length = vm_cooldown_seconds(self.view.state.ledger, vm_id, self.view.policy)
        return remaining_seconds(arrival.at if arrival else None, length, now)

    def share_percent(self, vm: Vm) -> float | None:
        """A VM's load as percent of the whole node it is on."""
        node = self._node_of(vm)
        return vm.node_share_percent(node.threads) if node and vm.is_placed else None

    def _node_of(self, vm: Vm) -> Node | None:
        return self.snapshot.nodes.get(vm.node_id) if self.snapshot and vm.node_id else None

    def rules(self, vm: Vm) -> str:
        """The tags that are rules, shortened: `anti sql-02`, `with web-01`, `on .13`, `nomove`."""
        words = []
        for tag in vm.tags:
            if tag.startswith(ANTI_PREFIX):
                words.append(f"anti {tag.removeprefix(ANTI_PREFIX)}")
            elif tag.startswith(WITH_PREFIX):
                words.append(f"with {tag.removeprefix(WITH_PREFIX)}")
            elif tag.startswith(PIN_PREFIX) and tag.removeprefix(PIN_PREFIX).isdigit():
                words.append(f"on .{tag.removeprefix(PIN_PREFIX)}")
            elif tag == NOMOVE_TAG:
                words.append(tag)
        return ", ".join(words)

    def vm_state(self, vm: Vm) -> str:
        """What is to be said of a VM in its row, the most urgent thing first; empty for one that just runs."""
        state = self.view.state
        if state.migration and state.migration.move.vm_id == vm.id:
            move = state.migration.move
            return f"migrating to {self.node_name(move.target)}, {state.migration.progress_percent} %"
        words = []
        if state.proposal and state.proposal.move.vm_id == vm.id:
            words.append(f"proposed to {self.node_name(state.proposal.move.target)}")
        if vm.ui_state is VmState.MIGRATING:
            words.append("migrating, not by hctui")
        elif vm.state is not VmState.RUNNING or vm.ui_state is not VmState.RUNNING:
            words.append((vm.state if vm.state is not VmState.RUNNING else vm.ui_state).lower())
        if vm.id in self.broken:
            words.append(self.broken[vm.id])
        return ", ".join(words)

    def placement(self, vm: Vm) -> tuple[str, str]:
        """The node a VM really is on, and, where a dry run imagines it elsewhere, that node; else empty."""
        real = self.real_vm(vm.id)
        here = self.node_name(real.node_id if real else None)
        imagined = self.node_name(vm.node_id)
        return (here, imagined) if real and real.node_id != vm.node_id else (here, "")


def picture_of(view: View) -> Picture:
    """Work out what follows from a view. Cost grows with the number of VMs, and is paid once for each new state."""
    if view.snapshot is None:
        return Picture(view, None, None)
    return Picture(view, view.snapshot, situation_of(view.state, view.snapshot, view.policy, view.at))
