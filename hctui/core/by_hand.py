"""Moves by hand: which a person may ask for, what stands against each, and a cycle that carries one out.

Hard checks bind always: nothing of ours under way, the safety gate, the VM, the target, the rules. The waits (both
cooldowns, a return ban, a back-off, an earlier rejection) are soft: a person may override them. What is meant for the
balancer alone, such as `nomove`, the CPU of the target or the windows in which to act, does not bind. Nothing is sent
from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hctui.core import checks, proposals
from hctui.core.commands import MoveVm
from hctui.core.decision import Candidate, Check, Decision, Finding, Move, Outcome, Reason, Trial, Verdict
from hctui.core.model import Node, NodeId, Snapshot, Vm, VmId
from hctui.core.objection import overtaken
from hctui.core.planner import move_to
from hctui.core.policy import Policy
from hctui.core.safety import gate
from hctui.core.situation import Situation, imagined, upheld
from hctui.core.state import State, with_imagined

_REFUSED = "Not moved by hand"


@dataclass(frozen=True, slots=True)
class Option:
    """A node to which a VM may be moved by hand, or why it may not.

    Attributes:
        hard: the hard checks in their order, up to the first that failed.
        soft: the waits that fail.
        is_here: whether the VM is on that node now.
    """

    node_id: NodeId
    node_name: str
    hard: tuple[Verdict, ...]
    soft: tuple[Verdict, ...]
    is_here: bool

    @property
    def allowed(self) -> bool:
        """Whether every hard check holds."""
        return self.hard[-1].ok

    def objections(self, *, override_cooldowns: bool) -> tuple[Verdict, ...]:
        """What stands against the move: the hard check that fails, or else all waits that are not overridden."""
        if not self.allowed:
            return self.hard[-1:]
        return () if override_cooldowns else self.soft


def safety_now(state: State, snapshot: Snapshot, policy: Policy, now: float) -> tuple[Verdict, ...]:
    """What must hold for any move by hand, whichever VM it is: nothing of ours under way, then the safety gate."""
    own_vm = state.migration.move.vm_id if state.migration else None
    return guarded(state, gate(snapshot, policy, now, unwell_at=state.unwell_at, own_vm=own_vm))


def guarded(state: State, gated: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The verdicts of the safety gate, with the one on a migration of our own before them."""
    if state.migration is None:
        return (Verdict(Check.NO_OTHER_MIGRATION, True, "No migration is under way."), *gated)
    move = state.migration.move
    told = f"{move.vm_name} is being migrated to {move.target_name}, and only one VM is migrated at a time."
    return (Verdict(Check.NO_OTHER_MIGRATION, False, told), *gated)


def options(s: Situation, safety: tuple[Verdict, ...], vm: Vm) -> tuple[Option, ...]:
    """Every node with what stands against moving the VM there by hand, in the order of the cluster's answer.

    `safety` is what `safety_now` says.
    """
    return tuple(_option(s, safety, vm, node) for node in s.snapshot.nodes.values())


def _option(s: Situation, safety: tuple[Verdict, ...], vm: Vm, node: Node) -> Option:
    hard = (*safety, *checks.vm_verdicts(s, vm, Reason.MANUAL), *_target_verdicts(s, vm, node))
    return Option(node.id, node.name, checks.up_to_failure(hard), _waits(s, vm, node), vm.node_id == node.id)


def _target_verdicts(s: Situation, vm: Vm, node: Node) -> tuple[Verdict, ...]:
    return checks.up_to_failure(
        (checks.elsewhere(s, vm, node), *checks.trial(s, vm, node, Reason.MANUAL).verdicts)
    )


def _waits(s: Situation, vm: Vm, node: Node) -> tuple[Verdict, ...]:
    waits = (
        checks.cluster_cooldown(s),
        checks.cooldown(s, vm),
        checks.may_return(s, vm, node),
        checks.not_backed_off(s, vm, node),
    )
    return tuple(verdict for verdict in waits if not verdict.ok)


def last_move(state: State, snapshot: Snapshot) -> tuple[VmId, NodeId] | None:
    """The VM that arrived last and where it came from, which is where undoing would move it.

    `None` when nothing has arrived yet, or when that VM is no longer on its target. In a dry run, what was imagined
    last. Whether it may go back is for `options` to say; its cooldown and the return ban speak against it for a while.
    """
    arrivals = state.ledger.arrivals
    if not arrivals:
        return None
    vm_id = max(arrivals, key=lambda arrived: arrivals[arrived].at)
    seen = imagined(snapshot, state.imagination and upheld(state.imagination, snapshot))
    vm = seen.vms.get(vm_id)
    if vm is None or not vm.is_placed or vm.node_id != arrivals[vm_id].target:
        return None
    return vm_id, arrivals[vm_id].source


def objection(s: Situation, safety: tuple[Verdict, ...], move: Move) -> Verdict | None:
    """The first check that a move by hand fails now; `None` while it holds."""
    if gone := overtaken(s, move):
        return gone
    option = _option(s, safety, s.snapshot.vms[move.vm_id], s.snapshot.nodes[move.target])
    objections = option.objections(override_cooldowns=move.overrides_cooldowns)
    return objections[0] if objections else None


def examine(s: Situation, safety: tuple[Verdict, ...], order: MoveVm) -> Finding:
    """What comes of an order: a finding with the move, or one whose headline says that it is refused."""
    vm, node = s.snapshot.vms.get(order.vm_id), s.snapshot.nodes.get(order.target)
    if vm is None or node is None:
        told = "that VM is not on the cluster."  # its id may be anything, and is not repeated
        if vm is not None:
            told = f"{vm.name} stays where it is, for that node is not on the cluster."
        return Finding(Reason.MANUAL, f"{_REFUSED}: {told}", f"{_REFUSED}: {told}", (order.vm_id,))
    option = _option(s, safety, vm, node)
    trace = _trace(s, safety, vm, node, option)
    route = f"{vm.name} from {s.node_name(vm.node_id)} to {node.name}."
    objections = [each.sentence for each in option.objections(override_cooldowns=order.override_cooldowns)]
    if order.dry_run is not None and order.dry_run != s.policy.dry_run:
        meant, now = ("a dry run", "live") if order.dry_run else ("a live run", "a dry run")
        objections = [f"It was asked for in {meant}, and this is {now}."]
    if objections:
        headline = f"{_REFUSED}: {route}"
        told = " ".join((headline, *objections))
        return Finding(Reason.MANUAL, headline, told, (vm.id,), trace)
    why = "Asked for by a person."
    if option.soft:
        overridden = " ".join(verdict.sentence for verdict in option.soft)
        why = f"Asked for by a person, overriding this: {overridden}"
    move = replace(move_to(s, vm, node, Reason.MANUAL, why), overrides_cooldowns=order.override_cooldowns)
    return Finding(Reason.MANUAL, "", f"Moving by hand: {route} {why}", (vm.id,), trace, move)


def _trace(
    s: Situation, safety: tuple[Verdict, ...], vm: Vm, node: Node, option: Option
) -> tuple[Candidate, ...]:
    """The option as the journal keeps what was tried. What holds for any VM stands there only if it fails."""
    if vm.node_id is None:
        return ()
    unsafe = next((verdict for verdict in safety if not verdict.ok), None)
    verdicts = (unsafe,) if unsafe else checks.vm_verdicts(s, vm, Reason.MANUAL)
    tried: tuple[Trial, ...] = ()
    if verdicts[-1].ok:
        on_target = (*_target_verdicts(s, vm, node), *option.soft)
        tried = (Trial(node.id, node.name, checks.up_to_failure(on_target)),)
    reading = s.window.vm(vm.id)
    return (
        Candidate(
            vm.id, vm.name, vm.node_id, s.node_name(vm.node_id), reading.partial_percent, verdicts, tried
        ),
    )


def left_out(s: Situation, orders: Sequence[MoveVm]) -> str:
    """What a cycle that another move by hand takes says of these, in sentences after a space; nothing of none."""
    if not orders:
        return ""
    vms = s.snapshot.vms
    names = (vms[each.vm_id].name if each.vm_id in vms else "an unknown VM" for each in orders)
    nodes = s.snapshot.nodes
    targets = (nodes[each.target].name if each.target in nodes else "an unknown node" for each in orders)
    routes = (f"{name} to {target}" for name, target in zip(names, targets, strict=True))
    return f" {_REFUSED}: {', '.join(routes)}. A cycle takes one move by hand."


def carried_out(
    state: State, s: Situation, gated: tuple[Verdict, ...], order: MoveVm, *, may_wait: bool
) -> tuple[State, Decision, Move | None]:
    """A cycle that an order takes: the state, the decision to show, and the move to send, never in a dry run.

    A move withdraws a proposal. A refused order leaves one that holds, if proposals `may_wait` in this cycle at all.
    `gated` are the verdicts of the safety gate.
    """
    finding = examine(s, guarded(state, gated), order)
    move, proposal = finding.move, state.proposal
    if proposal and (move or not may_wait or proposals.lapse(s, proposal)):
        state = replace(state, proposal=None)
    decision = Decision(
        s.now,
        Outcome.MOVE if move else Outcome.REFUSED,
        finding.sentence,
        s.policy.dry_run,
        s.policy.mode,
        gated,
        (finding,),
        s.loads(),
        move,
        s.imagined,
    )
    if move and s.policy.dry_run:
        return with_imagined(state, move, s.now), decision, None
    return state, decision, move
