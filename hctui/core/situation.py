"""One snapshot, seen through the rules, the ledger and the policy: what all checks of one cycle look at.

Built once per cycle, thrown away after it. In a dry run the snapshot is the imagined one (see `imagined`), and the
means are corrected for what is imagined, so that every check downstream is the same for both realities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from hctui.core.decision import Check, NodeLoad, Reason, Trial, Verdict
from hctui.core.demand import Demand, demand_over
from hctui.core.history import Reading, Window, window
from hctui.core.learned import NOTHING_LEARNED, Learned
from hctui.core.model import NetworkStatus, Node, NodeId, Snapshot, Vm, VmId
from hctui.core.policy import Policy, Strategy
from hctui.core.rules import Rules, rules_of
from hctui.core.state import Failure, Imagination, ImaginedMove, Ledger, State


def imagined(snapshot: Snapshot, imagination: Imagination | None) -> Snapshot:
    """The snapshot as it would be after the imagined moves: VMs on their imagined nodes, RAM and CPU with them."""
    if not imagination or not imagination.moves:
        return snapshot
    moved = {vm_id: snapshot.vms[vm_id] for vm_id in imagination.moves}
    placed = {vm_id: replace(vm, node_id=imagination.moves[vm_id].target) for vm_id, vm in moved.items()}
    nodes = {
        node_id: _loaded(snapshot.nodes[node_id], shifts)
        for node_id, shifts in _shifts(imagination, moved).items()
    }
    return replace(snapshot, nodes={**snapshot.nodes, **nodes}, vms={**snapshot.vms, **placed})


def upheld(imagination: Imagination, snapshot: Snapshot) -> Imagination:
    """The imagination without moves that reality has overtaken: the VM or a node is gone, or somebody moved the VM."""

    def holds(vm_id: VmId, move: ImaginedMove) -> bool:
        vm = snapshot.vms.get(vm_id)
        return (
            vm is not None
            and vm.is_placed
            and vm.node_id == move.source
            and move.source in snapshot.nodes
            and move.target in snapshot.nodes
        )

    moves = {vm_id: move for vm_id, move in imagination.moves.items() if holds(vm_id, move)}
    return imagination if len(moves) == len(imagination.moves) else replace(imagination, moves=moves)


Shifts = list[tuple[int, Vm]]
"""The VMs that only the imagination brings to a node (+1) or takes away from it (-1)."""


def _shifts(imagination: Imagination, vms: Mapping[VmId, Vm]) -> dict[NodeId, Shifts]:
    shifts: dict[NodeId, Shifts] = defaultdict(list)
    for vm_id, move in imagination.moves.items():
        shifts[move.source].append((-1, vms[vm_id]))
        shifts[move.target].append((+1, vms[vm_id]))
    return shifts


def _loaded(node: Node, shifts: Shifts) -> Node:
    used = node.mem_used_bytes
    return replace(
        node,
        cpu_percent=shifted_percent(node.cpu_percent, node.threads, shifts),
        mem_used_bytes=None
        if used is None
        else max(0, used + sum(sign * vm.mem_bytes for sign, vm in shifts)),
    )


def shifted_percent(cpu_percent: float | None, threads: int | None, shifts: Shifts) -> float | None:
    """A node's CPU with its shifts. A VM whose load is not known makes it unknown, rather than idle or busy."""
    for sign, vm in shifts:
        share = vm.node_share_percent(threads)
        if cpu_percent is None or share is None:
            return None
        cpu_percent += sign * share
    return None if cpu_percent is None else min(100.0, max(0.0, cpu_percent))


def usability(node: Node, policy: Policy) -> Verdict:
    """Whether a node may receive VMs (hypercore-api.md 2.3), naming the first thing that speaks against it."""
    problems = (
        (node.lan_ip in policy.excluded_node_ips, "is excluded by exclude_node_ips"),
        (node.status is not NetworkStatus.ONLINE, f"is {node.status.lower()}"),
        (node.supports_virtualization is False, "cannot run VMs (a witness or storage node)"),
        (node.supports_virtualization is None, "does not say whether it can run VMs"),
        (node.virtualization_online is not True, "is not ready to run VMs"),
        (node.allow_running_vms is not True, "does not allow VMs"),
        (not node.is_settled, node.membership),
        (not node.mem_bytes or not node.threads, "does not report its RAM and threads"),
    )
    for is_so, what in problems:
        if is_so:
            return Verdict(Check.USABLE, False, f"{node.name} {what}.")
    return Verdict(Check.USABLE, True, f"{node.name} is usable.")


def usable_nodes(snapshot: Snapshot, policy: Policy, drained: NodeId | None) -> dict[NodeId, Verdict]:
    """Which nodes may receive VMs; one that is drained may not."""
    verdicts = {node.id: usability(node, policy) for node in snapshot.nodes.values()}
    if drained in verdicts and verdicts[drained].ok:
        name = snapshot.nodes[drained].name
        verdicts[drained] = Verdict(Check.USABLE, False, f"{name} is being drained and takes no VM.")
    return verdicts


@dataclass(frozen=True, slots=True)
class Need:
    """A node that is to be relieved under best-fit, and of how much.

    Attributes:
        node: which node.
        load_percent: its mean CPU, or its RAM in use.
        aim_percent: what it is to come down to.
        partner: the only node that may take something off it, where two are to be evened out.
    """

    node: Node
    load_percent: float
    aim_percent: float
    partner: NodeId | None = None

    @property
    def points(self) -> float:
        """How much is to be taken off it, in percentage points."""
        return self.load_percent - self.aim_percent


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a check may look at. Mappings hold an entry for every node.

    Attributes:
        snapshot: in a dry run, the imagined one.
        placed: the VMs that occupy each node.
        means: mean CPU percent of each node over the window; `None` until its samples fill it. Under best-fit over the
            part of it that load is judged by, as it would have been had the VMs been where they are now.
        judged: what VMs and nodes ask for, over that part of the window.
        hour: the same over the long window, as much of it as there is.
        usable: the usability verdict of each node.
        mem_used_bytes: RAM in use on each node, at least what the system and its VMs have reserved; `None` unknown.
        left_at: when a VM last left a node by a move, as far as that still matters.
        drained: the node that is being drained, or is; it takes no VM.
        learned: from the balancer's own migrations.
        imagined: how many VMs are only imagined to be where the snapshot has them.
        rooms: filled by `checks` as targets are tried: what a VM of so many bytes finds on each node.
        orders: filled by `planner`: the nodes in the order in which such a VM tries them for a rule's sake.
        needs: filled by `relief`: of which load each node is to be relieved.
    """

    snapshot: Snapshot
    rules: Rules
    ledger: Ledger
    policy: Policy
    now: float
    window: Window
    placed: Mapping[NodeId, tuple[Vm, ...]]
    means: Mapping[NodeId, float | None]
    readings: Mapping[NodeId, Reading]
    usable: Mapping[NodeId, Verdict]
    mem_used_bytes: Mapping[NodeId, int | None]
    judged: Demand
    hour: Demand
    failures: Mapping[tuple[VmId, NodeId], Failure] = field(default_factory=dict)
    left_at: Mapping[tuple[VmId, NodeId], float] = field(default_factory=dict)
    drained: NodeId | None = None
    learned: Learned = NOTHING_LEARNED
    imagined: int = 0
    rooms: dict[tuple[Reason, int], dict[NodeId, Trial]] = field(default_factory=dict, repr=False)
    orders: dict[int, list[Node]] = field(default_factory=dict, repr=False)
    needs: dict[tuple[Reason, NodeId], Need | None] = field(default_factory=dict, repr=False)

    def node_name(self, node_id: NodeId | None) -> str:
        """What people call a node; its id when it is not in the snapshot."""
        node = self.snapshot.nodes.get(node_id) if node_id else None
        return node.name if node else str(node_id or "no node")

    def loads(self) -> tuple[NodeLoad, ...]:
        """The usable nodes as load balancing sees them, busiest first, those without a mean last."""
        is_rebuilt = self.policy.strategy is Strategy.BEST_FIT
        loads = [
            NodeLoad(node.id, node.name, self.means[node.id], seen.count, seen.expected)
            for node in self.snapshot.nodes.values()
            if self.usable[node.id].ok
            for seen in (self.judged.node(node.id) if is_rebuilt else self.readings[node.id],)
        ]
        return tuple(sorted(loads, key=lambda load: (load.mean_percent is None, -(load.mean_percent or 0.0))))


def situation_of(state: State, snapshot: Snapshot, policy: Policy, now: float) -> Situation:
    """Look at a snapshot through what is remembered. Cost grows with the number of VMs."""
    ledger = state.ledger
    forgets = policy.strategy is Strategy.DOCUMENTED
    view = window(
        state.samples,
        now=now,
        fresh_since=ledger.fresh_since if forgets else float("-inf"),
        window_seconds=policy.window_seconds,
        interval_seconds=policy.interval_seconds,
    )
    imagination = state.imagination and upheld(state.imagination, snapshot)
    seen = imagined(snapshot, imagination)
    placed: dict[NodeId, list[Vm]] = defaultdict(list)
    for vm in seen.vms.values():
        if vm.node_id is not None and vm.is_placed:
            placed[vm.node_id].append(vm)
    everywhere = {node_id: tuple(placed.get(node_id, ())) for node_id in seen.nodes}
    readings = {node_id: view.node(node_id) for node_id in seen.nodes}
    drained = state.drain.node if state.drain else None
    over = partial(
        demand_over, seen, everywhere, state.samples, now=now, interval_seconds=policy.interval_seconds
    )
    judged = over(seconds=policy.judged_seconds)
    means = (
        _means(readings, view, snapshot, imagination)
        if forgets
        else {node_id: judged.node(node_id).percent for node_id in seen.nodes}
    )
    return Situation(
        snapshot=seen,
        rules=rules_of(seen),
        ledger=ledger,
        policy=policy,
        now=now,
        window=view,
        placed=everywhere,
        means=means,
        readings=readings,
        usable=usable_nodes(seen, policy, drained),
        drained=drained,
        learned=state.learned,
        mem_used_bytes={node.id: _committed(node, placed.get(node.id, ())) for node in seen.nodes.values()},
        judged=judged,
        hour=over(seconds=policy.long_window_seconds, is_patient=False),
        imagined=len(state.imagination.moves) if state.imagination else 0,
        failures={(failure.vm_id, failure.target): failure for failure in ledger.failures},
        left_at={(left.vm_id, left.node): left.at for left in ledger.departures},
    )


def _committed(node: Node, vms: Sequence[Vm]) -> int | None:
    """RAM in use, counted twice and the larger taken.

    A node's figure is refreshed every 10 s or so, and right after an arrival the VM is already there but not yet in it.
    """
    if node.mem_used_bytes is None:
        return None
    return max(node.mem_used_bytes, (node.mem_system_bytes or 0) + sum(vm.mem_bytes for vm in vms))


def _means(
    readings: Mapping[NodeId, Reading], view: Window, snapshot: Snapshot, imagination: Imagination | None
) -> dict[NodeId, float | None]:
    """Window means of the nodes, with the load of VMs that are only imagined elsewhere taken along."""
    means = {node_id: reading.mean_percent for node_id, reading in readings.items()}
    if imagination:
        loads = {
            vm_id: replace(snapshot.vms[vm_id], cpu_percent=view.vm(vm_id).partial_percent)
            for vm_id in imagination.moves
        }
        for node_id, shifts in _shifts(imagination, loads).items():
            means[node_id] = shifted_percent(means[node_id], snapshot.nodes[node_id].threads, shifts)
    return means
