"""The next best moves: others that would mend the same thing as a move that was found, in the planner's order.

Knows the situation and the move; which of them is taken, if any, a person says.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from hctui.core import best_fit, relief
from hctui.core.checks import trial, vm_verdicts
from hctui.core.decision import Move, Reason
from hctui.core.model import Node, Vm
from hctui.core.objection import needed
from hctui.core.order import busiest_first, coolest_first, emptiest_first, homes_of
from hctui.core.planner import move_to
from hctui.core.policy import Strategy
from hctui.core.situation import Situation

_NO_OTHERS = frozenset({Reason.MANUAL, Reason.ROOM, Reason.TOGETHER})
"""For these there is one move: that which a person asked for, or the next step of a plan."""


def next_best(s: Situation, move: Move, most: int = 5) -> tuple[Move, ...]:
    """At most `most` other moves for the same reason that pass every check now; none for a move by hand.

    First other targets for the same VM. Then, of a pair that must be kept apart, the partner with its targets; for
    load, the other VMs of the hot node, busiest first, each with its best target.
    """
    if move.reason in _NO_OTHERS or not needed(s, move).ok:
        return ()
    if s.policy.strategy is Strategy.BEST_FIT and move.reason in (Reason.LOAD, Reason.RAM):
        return tuple(islice(_by_worth(s, move), most))
    each = (_passing(s, vm, move) for vm in answering(s, move))
    return tuple(islice((other for moves in each for other in moves), most))


def _by_worth(s: Situation, move: Move) -> Iterator[Move]:
    """Under best-fit: what else would relieve that node, the best first; of each other VM its best target."""
    need, seen = relief.need_of(s, move.source, move.reason), set()
    for other in best_fit.passing(s, need, move.reason) if need else ():
        if (other.vm_id, other.target) == (move.vm_id, move.target) or other.vm_id in seen:
            continue
        if other.vm_id != move.vm_id:
            seen.add(other.vm_id)
        yield other


def answering(s: Situation, move: Move) -> list[Vm]:
    """The VMs any of which could leave the source to mend the same thing, that of the move first."""
    vm = s.snapshot.vms.get(move.vm_id)
    if vm is None or not vm.is_placed or vm.node_id != move.source:
        return []
    here = [other for other in s.placed.get(move.source, ()) if other.id != vm.id]
    if move.reason in (Reason.LOAD, Reason.RAM):
        return [vm, *busiest_first(s, here)]
    if move.reason is Reason.ANTI_AFFINITY:
        rivals = s.rules.rivals.get(vm.id, ())
        return [vm, *sorted((o for o in here if o.id in rivals), key=lambda rival: rival.mem_bytes)]
    return [vm]


def _passing(s: Situation, vm: Vm, move: Move) -> Iterator[Move]:
    """Moves of one VM that pass all checks, the one it is instead of excepted."""
    if not vm_verdicts(s, vm, move.reason)[-1].ok:
        return
    other_vm_to_relieve = move.reason is Reason.LOAD and vm.id != move.vm_id
    for node in _targets(s, vm, move):
        if (vm.id, node.id) != (move.vm_id, move.target) and trial(s, vm, node, move.reason).ok:
            yield move_to(s, vm, node, move.reason, move.sentence)
            if other_vm_to_relieve:
                return


def _targets(s: Situation, vm: Vm, move: Move) -> list[Node]:
    if move.reason is Reason.LOAD:
        return coolest_first(s, move.source)
    return homes_of(s, vm) if move.reason is Reason.PIN else emptiest_first(s, vm)
