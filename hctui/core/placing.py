"""Placements tried before they are made: a situation as it would be after a move, and ways that make room first.

A layout is a situation in which some VMs are elsewhere, so that every check says of it what it would say then. A way
is a sequence of moves after which a VM is where it is wanted, each of them allowed on the layout it is made in. It may
first move one or two others out of the way. Nothing is decided here, and nothing sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from hctui.core.checks import is_astray, trial, vm_verdicts
from hctui.core.decision import Check, Reason
from hctui.core.model import Node, Vm, VmId
from hctui.core.order import emptiest_first
from hctui.core.situation import Situation

MOST_OTHERS = 2
"""So many other VMs may be moved out of the way of one."""

MOST_BLOCKERS = 12
"""So many of the VMs on a node are tried as what stands in the way."""

MOST_TRIES = 600
"""After so many trials a search is given up: what is that tightly packed needs a person."""


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a way."""

    vm: Vm
    target: Node

    def told(self, s: Situation) -> str:
        """`web from 10.0.0.101 to 10.0.0.103`."""
        return f"{self.vm.name} from {s.node_name(self.vm.node_id)} to {self.target.name}"


Way = tuple[Step, ...]


def after(s: Situation, vm: Vm, target: Node) -> Situation:
    """The situation once a VM has been moved; its load is left out of account, RAM and rules go with it."""
    assert vm.node_id is not None, "only placed VMs are moved"  # noqa: S101 - the callers' contract
    there = replace(vm, node_id=target.id)
    placed = dict(s.placed)
    placed[vm.node_id] = tuple(each for each in placed[vm.node_id] if each.id != vm.id)
    placed[target.id] = (*placed[target.id], there)
    used = dict(s.mem_used_bytes)
    for node_id, sign in ((vm.node_id, -1), (target.id, +1)):
        before = used[node_id]
        used[node_id] = None if before is None else max(0, before + sign * vm.mem_bytes)
    return replace(
        s,
        snapshot=replace(s.snapshot, vms={**s.snapshot.vms, vm.id: there}),
        placed=placed,
        mem_used_bytes=used,
        rooms={},
        orders={},
        needs={},
        has_slack=[],
    )


def carried_out(s: Situation, way: Way) -> Situation:
    """The situation after all moves of a way."""
    for step in way:
        s = after(s, s.snapshot.vms[step.vm.id], step.target)
    return s


def cost(way: Way) -> tuple[int, int]:
    """What is least wanted first: many moves, then much RAM."""
    return len(way), sum(step.vm.mem_bytes for step in way)


def way(s: Situation, vm: Vm, targets: Iterable[Node], reason: Reason) -> Way | None:
    """The way with the fewest moves, and of those with the least RAM, that brings a VM to one of these nodes.

    `None`: there is none, or none was found in so many tries. That the VM itself may be moved is for the caller to see.
    """
    nodes = list(targets)
    search = _Search()
    for others in range(MOST_OTHERS + 1):
        found = [steps for node in nodes if (steps := search.to(s, vm, node, reason, others))]
        if not found and others and is_astray(s, vm):
            found = list(search.by_parking(s, vm, nodes, reason, others - 1))
        if found:
            return min(found, key=cost)  # the first among equals: targets are in the order of preference
        if not s.has_slack:
            s.has_slack.append(_can_make_room(s))
        if not s.has_slack[0]:
            return None
    return None


def _can_make_room(s: Situation) -> bool:
    """Whether any node has room for the smallest VM there is: otherwise nobody can be moved out of the way."""
    sizes = [vm.mem_bytes for vms in s.placed.values() for vm in vms]
    rooms = [
        node.mem_bytes * s.policy.ram_limit_percent / 100.0 - used
        for node in s.snapshot.nodes.values()
        if s.usable[node.id].ok and node.mem_bytes and (used := s.mem_used_bytes[node.id]) is not None
    ]
    return bool(sizes and rooms) and max(rooms) >= min(sizes)


@dataclass(slots=True)
class _Search:
    """A search of bounded effort. Thrown away with its answer."""

    tries: int = 0
    movable: dict[VmId, bool] = field(default_factory=dict)

    def to(
        self,
        s: Situation,
        vm: Vm,
        node: Node,
        reason: Reason,
        others: int,
        held: frozenset[VmId] = frozenset(),
    ) -> Way | None:
        """The best way to one node for which at most so many others are moved first; those held are not."""
        obstacle = self._obstacle(s, vm, node, reason)
        if obstacle is None:
            return (Step(vm, node),)
        if others == 0 or obstacle not in (Check.RAM, Check.ANTI_AFFINITY):
            return None
        held |= {vm.id}
        ways = []
        for blocker in self._blockers(s, vm, node, held, obstacle):
            for place in emptiest_first(s, blocker):
                if place.id == node.id:
                    continue
                first = self.to(s, blocker, place, Reason.ROOM, others - 1, held)
                if first is None:
                    continue
                moved = held | {step.vm.id for step in first}
                rest = self.to(carried_out(s, first), vm, node, reason, others - len(first), moved)
                if rest is not None:
                    ways.append((*first, *rest))
        return min(ways, key=cost, default=None)

    def by_parking(
        self, s: Situation, vm: Vm, nodes: Sequence[Node], reason: Reason, others: int
    ) -> Iterator[Way]:
        """Ways on which the VM itself first leaves its node for one that it does not belong on either."""
        for place in emptiest_first(s, vm):
            if place in nodes or self._obstacle(s, vm, place, Reason.ROOM) is not None:
                continue
            parked = after(s, vm, place)
            for node in nodes:
                rest = self.to(parked, parked.snapshot.vms[vm.id], node, reason, others)
                if rest is not None:
                    yield (Step(vm, place), *rest)

    def _obstacle(self, s: Situation, vm: Vm, node: Node, reason: Reason) -> Check | None:
        """The first check of the target that fails; `None` if all hold."""
        self.tries += 1
        if self.tries > MOST_TRIES:
            return Check.ELSEWHERE
        last = trial(s, vm, node, reason).verdicts[-1]
        return None if last.ok else last.check

    def _blockers(
        self, s: Situation, vm: Vm, node: Node, held: frozenset[VmId], obstacle: Check
    ) -> Sequence[Vm]:
        """The VMs on a node that may be moved out of the way: rivals, or those whose RAM would do, the smallest."""
        here = [each for each in s.placed[node.id] if each.id not in held]
        if obstacle is Check.ANTI_AFFINITY:
            rivals = s.rules.rivals.get(vm.id, ())
            return [each for each in here if each.id in rivals and self._may_move(s, each)]
        lacking = _lacking_bytes(s, vm, node)
        here.sort(key=lambda each: (each.mem_bytes < lacking, abs(each.mem_bytes - lacking), each.id))
        return [each for each in here if self._may_move(s, each)][:MOST_BLOCKERS]

    def _may_move(self, s: Situation, vm: Vm) -> bool:
        known = self.movable.get(vm.id)
        if known is None:
            known = self.movable[vm.id] = vm_verdicts(s, vm, Reason.ROOM)[-1].ok
        return known


def _lacking_bytes(s: Situation, vm: Vm, node: Node) -> float:
    used = s.mem_used_bytes[node.id]
    if used is None or not node.mem_bytes:
        return 0.0
    return used + vm.mem_bytes - node.mem_bytes * s.policy.ram_limit_percent / 100.0
