"""Moves that wait for a person: made, kept while they hold, withdrawn with a reason, approved or rejected.

A proposal is checked again in every cycle and once more when it is approved; one that no longer holds is withdrawn,
and the sentence says which check failed.
"""

from __future__ import annotations

from dataclasses import replace

from hctui.core import planner
from hctui.core.checks import trial, vm_verdicts
from hctui.core.decision import Check, Decision, Move, Outcome, Reason, Verdict
from hctui.core.situation import Situation
from hctui.core.state import Proposal, Rejection, State, with_imagined
from hctui.core.wording import duration, percent


def objection(s: Situation, move: Move) -> Verdict | None:
    """The first check that a move fails now; `None` while it holds."""
    vm = s.snapshot.vms.get(move.vm_id)
    node = s.snapshot.nodes.get(move.target)
    if vm is None or node is None:
        missing = move.vm_name if vm is None else move.target_name
        return Verdict(Check.STILL_NEEDED, False, f"{missing} no longer exists.")
    if vm.node_id != move.source:
        where = f"is on {s.node_name(vm.node_id)}" if vm.is_placed else "runs nowhere"
        return Verdict(Check.STILL_NEEDED, False, f"{vm.name} {where}, no longer on {move.source_name}.")
    verdicts = (_NEEDED[move.reason](s, move), *vm_verdicts(s, vm, move.reason))
    verdicts += trial(s, vm, node, move.reason).verdicts
    return next((verdict for verdict in verdicts if not verdict.ok), None)


def _still_violating(s: Situation, move: Move) -> Verdict:
    needed = any(move.vm_id in (vm.id, rival.id) for vm, rival in planner.violations(s))
    told = "still shares" if needed else "no longer shares"
    return Verdict(
        Check.STILL_NEEDED,
        needed,
        f"{move.vm_name} {told} {move.source_name} with a VM it must be kept apart from.",
    )


def _still_astray(s: Situation, move: Move) -> Verdict:
    needed = any(vm.id == move.vm_id for vm in planner.strays(s))
    told = "still away" if needed else "no longer away"
    return Verdict(Check.STILL_NEEDED, needed, f"{move.vm_name} is {told} from the nodes it is pinned to.")


def _still_hot(s: Situation, move: Move) -> Verdict:
    mean, upper = s.means.get(move.source), s.policy.cpu_upper_percent
    if mean is None:
        return Verdict(
            Check.STILL_NEEDED, False, f"Mean CPU of {move.source_name} is not known.", None, upper
        )
    told = "above" if mean > upper else "no longer above"
    sentence = f"Mean CPU of {move.source_name} is {percent(mean)}, {told} {percent(upper)}."
    return Verdict(Check.STILL_NEEDED, mean > upper, sentence, mean, upper)


_NEEDED = {
    Reason.ANTI_AFFINITY: _still_violating,
    Reason.PIN: _still_astray,
    Reason.LOAD: _still_hot,
}


_RANKS = (Reason.ANTI_AFFINITY, Reason.PIN, Reason.LOAD)
"""What is fixed first; a waiting proposal is withdrawn for a move of a higher rank."""


def rejected(state: State, proposal_id: int, now: float) -> State:
    """The state after a rejection: the proposal is gone and its pair rests. A stale id changes nothing."""
    proposal = state.proposal
    if proposal is None or proposal.id != proposal_id:
        return state
    rest = Rejection(proposal.move.vm_id, proposal.move.target, now)
    ledger = replace(state.ledger, rejections=(*state.ledger.rejections, rest))
    return replace(state.with_ledger(ledger), proposal=None)


def settled(
    state: State, s: Situation, decision: Decision, approved: int | None
) -> tuple[State, Decision, Move | None]:
    """One cycle in approve mode: the state, the decision to show, and the move to send if one was approved."""
    proposal = state.proposal
    if approved is not None and (proposal is None or proposal.id != approved):
        state, decision, _ = settled(state, s, decision, None)
        told = f"Proposal {approved} no longer waits. {decision.sentence}"
        return state, replace(decision, sentence=told), None
    if proposal is None:
        return _proposed(state, decision)
    gone = _withdrawal(s, proposal, decision)
    if gone:
        told = "Not sent" if approved is not None else "Proposal withdrawn"
        state, decision, _ = _proposed(replace(state, proposal=None), decision)
        return state, replace(decision, sentence=f"{told}: {gone} {decision.sentence}"), None
    if approved is None:
        return state, _still_waiting(s, proposal, decision), None
    return _approved(state, s, proposal.move, decision)


def _still_waiting(s: Situation, proposal: Proposal, decision: Decision) -> Decision:
    move = proposal.move
    left = duration(s.policy.proposal_limit_seconds - (s.now - proposal.made_at))
    told = f"Waiting for approval: {move.vm_name} from {move.source_name} to {move.target_name}, for {left} more."
    return replace(decision, outcome=Outcome.PROPOSAL, sentence=told, move=move)


def _approved(
    state: State, s: Situation, move: Move, decision: Decision
) -> tuple[State, Decision, Move | None]:
    state = replace(state, proposal=None)
    told = f"Approved: {move.vm_name} from {move.source_name} to {move.target_name}. {move.sentence}"
    decision = replace(decision, outcome=Outcome.MOVE, sentence=told, move=move)
    if decision.dry_run:
        return with_imagined(state, move, s.now), decision, None
    return state, decision, move


def _proposed(state: State, decision: Decision) -> tuple[State, Decision, Move | None]:
    if decision.move is None:
        return state, decision, None
    number = state.proposals_made + 1
    state = replace(state, proposals_made=number, proposal=Proposal(number, decision.move, decision.at))
    return state, replace(decision, outcome=Outcome.PROPOSAL), None


def _withdrawal(s: Situation, proposal: Proposal, decision: Decision) -> str | None:
    """Why a proposal cannot stay, in a sentence."""
    if s.now - proposal.made_at > s.policy.proposal_limit_seconds:
        return f"it expired after {duration(s.policy.proposal_limit_seconds)}."
    better = decision.move
    if better and _RANKS.index(better.reason) < _RANKS.index(proposal.move.reason):
        return "a rule is violated, and fixing it comes first."
    verdict = objection(s, proposal.move)
    return verdict.sentence if verdict else None
