"""What speaks against a move that was found earlier: whether it is still needed, and whether it is still allowed.

Asked in every cycle in which a proposal waits, and right before anything is sent. Knows one move and one situation;
what follows from an objection is the caller's.
"""

from __future__ import annotations

from hctui.core import draining, planner, relief, repair, together
from hctui.core.checks import trial, up_to_failure, vm_verdicts
from hctui.core.decision import Check, Move, Reason, Verdict
from hctui.core.policy import Strategy
from hctui.core.restraint import binding
from hctui.core.situation import Situation
from hctui.core.wording import percent


def objection(s: Situation, move: Move) -> Verdict | None:
    """The first check that a move of the balancer's fails now; `None` while it holds. Not for moves by hand."""
    if gone := overtaken(s, move):
        return gone
    vm, node = s.snapshot.vms[move.vm_id], s.snapshot.nodes[move.target]
    verdicts = (
        *binding(s.ledger, s.policy, s.now, move.reason),
        needed(s, move),
        *vm_verdicts(s, vm, move.reason),
        *trial(s, vm, node, move.reason).verdicts,
    )
    last = up_to_failure(verdicts)[-1]
    return None if last.ok else last


def overtaken(s: Situation, move: Move) -> Verdict | None:
    """Whether the VM or its target is gone, or the VM has left its source; `None` while none of this is so."""
    vm = s.snapshot.vms.get(move.vm_id)
    if vm is None or move.target not in s.snapshot.nodes:
        missing = move.vm_name if vm is None else move.target_name
        return Verdict(Check.STILL_NEEDED, False, f"{missing} no longer exists.")
    if vm.node_id != move.source:
        where = f"is on {s.node_name(vm.node_id)}" if vm.is_placed else "runs nowhere"
        return Verdict(Check.STILL_NEEDED, False, f"{vm.name} {where}, no longer on {move.source_name}.")
    return None


def needed(s: Situation, move: Move) -> Verdict:
    """Whether what the move is to mend is still so."""
    return _NEEDED[move.reason](s, move)


def _still_violating(s: Situation, move: Move) -> Verdict:
    still = any(move.vm_id in (vm.id, rival.id) for vm, rival in planner.violations(s))
    told = "still shares" if still else "no longer shares"
    return Verdict(
        Check.STILL_NEEDED,
        still,
        f"{move.vm_name} {told} {move.source_name} with a VM it must be kept apart from.",
    )


def _still_astray(s: Situation, move: Move) -> Verdict:
    still = any(vm.id == move.vm_id for vm in planner.strays(s))
    told = "still away" if still else "no longer away"
    return Verdict(Check.STILL_NEEDED, still, f"{move.vm_name} is {told} from the nodes it is pinned to.")


def _still_in_need(s: Situation, move: Move) -> Verdict:
    """Under best-fit: the source is still to be relieved; what of is told by the reason."""
    need = relief.need_of(s, move.source, move.reason)
    what = "RAM in use" if move.reason is Reason.RAM else "Mean CPU"
    if need is None:
        return Verdict(Check.STILL_NEEDED, False, f"{what} of {move.source_name} is no longer too high.")
    sentence = f"{what} of {move.source_name} is still {percent(need.load_percent)}."
    return Verdict(Check.STILL_NEEDED, True, sentence, need.load_percent, need.aim_percent)


def _still_hot(s: Situation, move: Move) -> Verdict:
    if s.policy.strategy is Strategy.BEST_FIT:
        return _still_in_need(s, move)
    mean, upper = s.means.get(move.source), s.policy.cpu_upper_percent
    if mean is None:
        return Verdict(
            Check.STILL_NEEDED, False, f"Mean CPU of {move.source_name} is not known.", None, upper
        )
    told = "above" if mean > upper else "no longer above"
    sentence = f"Mean CPU of {move.source_name} is {percent(mean)}, {told} {percent(upper)}."
    return Verdict(Check.STILL_NEEDED, mean > upper, sentence, mean, upper)


def _still_apart(s: Situation, move: Move) -> Verdict:
    still = any(move.vm_id in {vm.id for vm in group} for group in together.apart(s))
    told = "still apart from" if still else "no longer apart from"
    sentence = f"{move.vm_name} is {told} a VM that it is kept together with."
    return Verdict(Check.STILL_NEEDED, still, sentence)


def _still_in_the_way(s: Situation, move: Move) -> Verdict:
    """A step of a plan is needed as long as the plan, made anew, begins with it."""
    found = [*repair.findings(s), draining.finding(s)]
    steps = {(each.vm_id, each.target) for finding in found if finding and (each := finding.move)}
    still = (move.vm_id, move.target) in steps
    told = "still makes" if still else "no longer makes"
    sentence = f"Moving {move.vm_name} to {move.target_name} {told} room for a rule."
    return Verdict(Check.STILL_NEEDED, still, sentence)


def _still_drained(s: Situation, move: Move) -> Verdict:
    still = move.source == s.drained
    told = "is being drained" if still else "is no longer being drained"
    return Verdict(Check.STILL_NEEDED, still, f"{move.source_name} {told}.")


_NEEDED = {
    Reason.ANTI_AFFINITY: _still_violating,
    Reason.PIN: _still_astray,
    Reason.TOGETHER: _still_apart,
    Reason.ROOM: _still_in_the_way,
    Reason.DRAIN: _still_drained,
    Reason.LOAD: _still_hot,
    Reason.RAM: _still_in_need,
}
