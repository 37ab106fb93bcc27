"""Empties a node for maintenance, within all rules and limits: the whole plan before it begins, then step by step.

The VMs leave one at a time, the largest first, each to the node it fills least; where no node has room for one, others
are moved out of its way. What a person ordered waits for no VM cooldown, no budget and no window; the safety gate and
the cluster cooldown bind it. `nomove`, pins and affinity bind it too: a VM that may not leave is named as the blocker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hctui.core import placing, together
from hctui.core.checks import first_fit
from hctui.core.commands import Drain
from hctui.core.decision import Candidate, Finding, Notice, Reason
from hctui.core.model import NodeId, Snapshot, Vm
from hctui.core.order import emptiest_first
from hctui.core.placing import Way
from hctui.core.planner import move_to
from hctui.core.repair import blockers_told, steps_told
from hctui.core.situation import Situation, imagined, upheld, usable_nodes
from hctui.core.state import Draining, State
from hctui.core.wording import count, first_of, gib

BEGUN, REFUSED, EMPTY = "drain_begun", "drain_refused", "drain_empty"
"""The events of its notices."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a node would be emptied.

    Attributes:
        vms: those that are to leave.
        steps: every move in its order, those of others that make room included.
        blocked: for each VM that cannot go, what stands in its way, in sentences.
    """

    vms: tuple[Vm, ...]
    steps: Way
    blocked: tuple[str, ...]

    @property
    def mem_bytes(self) -> int:
        """RAM that is copied for it."""
        return sum(step.vm.mem_bytes for step in self.steps)

    @property
    def sentence(self) -> str:
        """`9 VMs leave in 10 moves, 64 GiB.`, or what stands in the way."""
        if self.blocked:
            return first_of(list(self.blocked), len(self.blocked), "VM")
        moves = count(len(self.steps), "move")
        return f"{count(len(self.vms), 'VM')} to move in {moves}, {gib(self.mem_bytes)}."


def plan(s: Situation, node_id: NodeId) -> Plan:
    """How a node of the snapshot could be emptied now. Cost grows with its VMs times all VMs."""
    s = replace(
        s,
        usable=usable_nodes(s.snapshot, s.policy, node_id),
        drained=node_id,
        rooms={},
        orders={},
        needs={},
    )
    leaving = _leaving(s)
    steps: list[placing.Step] = []
    blocked = []
    for vm in leaving:
        there = s.snapshot.vms[vm.id]
        if there.node_id != node_id:
            continue  # it went along with its group
        found = _way(s, there)
        if isinstance(found, Candidate):
            blocked.append(_blocker(s, there, found))
            continue
        steps += found
        s = placing.carried_out(s, found)
    return Plan(leaving, tuple(steps), tuple(blocked))


def finding(s: Situation) -> Finding | None:
    """The next step of the drain under way, or what keeps it from going on; `None` where nothing is drained or left."""
    if s.drained is None or s.drained not in s.snapshot.nodes:
        return None
    leaving = _leaving(s)
    if not leaving:
        return None
    name = s.node_name(s.drained)
    headline = f"{name} is being drained: {count(len(leaving), 'VM')} left."
    tried: list[Candidate] = []
    for vm in leaving:
        found = _way(s, vm)
        if not isinstance(found, Candidate):
            step = found[0]
            reason = Reason.DRAIN if step.vm.node_id == s.drained else Reason.ROOM
            sentence = f"{headline} {steps_told(s, found)}"
            move = move_to(s, step.vm, step.target, reason, sentence)
            return Finding(Reason.DRAIN, headline, sentence, (vm.id,), tuple(tried), move)
        tried.append(found)
    sentence = f"{headline} None of them can go now. {blockers_told(tried[:3])}"
    return Finding(Reason.DRAIN, headline, sentence, tuple(vm.id for vm in leaving), tuple(tried))


def _leaving(s: Situation) -> tuple[Vm, ...]:
    """The VMs on the node, the largest first: they are the hardest to place."""
    here = s.placed[s.drained] if s.drained is not None else ()
    return tuple(sorted(here, key=lambda vm: (-vm.mem_bytes, vm.id)))


def _way(s: Situation, vm: Vm) -> Way | Candidate:
    """How a VM leaves, or, tried on every node, why it cannot."""
    targets = emptiest_first(s, vm)
    candidate = first_fit(s, vm, targets, Reason.DRAIN)
    if not candidate.verdicts[-1].ok:
        return candidate
    group = together.group_of(s, vm)
    if len(group) > 1:
        usable = [node for node in targets if s.usable[node.id].ok]
        return together.gathering(s, group, usable, vm) or candidate
    if candidate.trials and candidate.trials[-1].ok:
        return (placing.Step(vm, s.snapshot.nodes[candidate.trials[-1].node_id]),)
    return placing.way(s, vm, targets, Reason.DRAIN) or candidate


def _blocker(s: Situation, vm: Vm, candidate: Candidate) -> str:
    mates = [mate.name for mate in together.group_of(s, vm) if mate.id != vm.id]
    if mates and candidate.verdicts[-1].ok:
        return f"{vm.name}: no node can take it together with {', '.join(sorted(mates)[:3])}."
    return blockers_told([candidate])


def begun(state: State, s: Situation, order: Drain, now: float) -> tuple[State, Notice]:
    """The state after a person asked to drain a node, and what is said of it; refused if it does not fit."""
    node = s.snapshot.nodes.get(order.node_id)
    if node is None:
        return state, Notice(REFUSED, "Not drained: there is no such node.")
    if state.drain and state.drain.node != node.id:
        refusal = f"Not drained: {state.drain.name} is, and one node is drained at a time. End that first."
        return state, Notice(REFUSED, refusal)
    found = plan(s, node.id)
    if found.blocked:
        return state, Notice(REFUSED, f"{node.name} is not drained. {found.sentence}")
    drain = Draining(node.id, node.name, now, len(found.vms), is_empty=not found.vms)
    answer = (
        f"Draining {node.name}: {found.sentence}"
        if found.vms
        else f"{node.name} is empty already; it takes no VM until the drain is ended."
    )
    return replace(state, drain=drain), Notice(BEGUN, answer)


def noted(state: State, snapshot: Snapshot) -> tuple[State, tuple[Notice, ...]]:
    """See whether the drained node is empty by now, or no longer; the first is told, once."""
    drain = state.drain
    if drain is None:
        return state, ()
    is_empty = left(state, snapshot) == 0
    if is_empty is drain.is_empty:
        return state, ()
    state = replace(state, drain=replace(drain, is_empty=is_empty))
    if not is_empty:
        return state, ()
    sentence = (
        f"{drain.name} is empty: its VMs ({drain.vms} when it began) have left. It takes no VM until the drain is "
        "ended, with `hctui drain --end` or the key in the console."
    )
    return state, (Notice(EMPTY, sentence),)


def is_under_way(state: State) -> bool:
    """Whether a node is being drained and not empty yet."""
    return state.drain is not None and not state.drain.is_empty


def left(state: State, snapshot: Snapshot) -> int:
    """How many VMs are on the drained node still; in a dry run, as it imagines them."""
    drain = state.drain
    seen = imagined(snapshot, state.imagination and upheld(state.imagination, snapshot))
    return sum(vm.is_placed and drain is not None and vm.node_id == drain.node for vm in seen.vms.values())


def told(state: State, snapshot: Snapshot | None) -> str | None:
    """`10.0.0.12, 3 of 9 VMs left`; `None` where nothing is drained."""
    drain = state.drain
    if drain is None:
        return None
    if drain.is_empty:
        return f"{drain.name}, empty; takes no VM"
    if snapshot is None:
        return f"{drain.name}, begun with {count(drain.vms, 'VM')}"
    return f"{drain.name}, {left(state, snapshot)} of {count(drain.vms, 'VM')} left"
