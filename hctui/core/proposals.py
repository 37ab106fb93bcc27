"""Moves that wait for a person: made, kept while they hold, withdrawn with a reason, approved or rejected.

A proposal is checked again in every cycle and once more when it is approved; one that no longer holds is withdrawn,
and the sentence says which check failed.
"""

from __future__ import annotations

from dataclasses import replace

from hctui.core.alternatives import answering
from hctui.core.checks import elsewhere
from hctui.core.commands import Choose
from hctui.core.decision import Closed, Decision, Ending, Move, Outcome, Reason
from hctui.core.objection import objection
from hctui.core.orders import Orders
from hctui.core.planner import move_to
from hctui.core.situation import Situation
from hctui.core.state import Proposal, Rejection, State, in_every_reality, with_imagined
from hctui.core.wording import duration

_RANKS = {
    Reason.ANTI_AFFINITY: 0,
    Reason.PIN: 1,
    Reason.TOGETHER: 2,
    Reason.ROOM: 2,
    Reason.DRAIN: 3,
    Reason.LOAD: 4,
    Reason.RAM: 4,
}
"""What is fixed first; a waiting proposal is withdrawn for a move of a higher rank."""


def rejected(state: State, proposal: Proposal, now: float) -> State:
    """The state after a rejection: the proposal is gone and its pair rests.

    In every reality: a person's no is no part of an imagination, and holds after a switch between dry run and live.
    """
    rest = Rejection(proposal.move.vm_id, proposal.move.target, now)
    state = in_every_reality(state, lambda ledger: replace(ledger, rejections=(*ledger.rejections, rest)))
    return replace(state, proposal=None)


def settled(
    state: State, s: Situation, decision: Decision, approved: int | None, choice: Choose | None = None
) -> tuple[State, Decision, Move | None]:
    """One cycle in approve mode: the state, the decision to show, and the move to send if one was approved.

    A choice comes before an approval of the same cycle, and then nothing is sent: what the person wants is not clear.
    """
    if choice is not None:
        state, decision = _chosen(state, s, decision, choice)
        if approved is not None:
            decision = _with_answer(decision, f"Proposal {approved} is not sent.")
        return state, _declining(decision, approved), None
    proposal = state.proposal
    if approved is not None and (proposal is None or proposal.id != approved):
        state, decision, _ = settled(state, s, decision, None)
        decision = _with_answer(decision, f"Proposal {approved} no longer waits.")
        return state, _declining(decision, approved), None
    if proposal is None:
        return _proposed(state, decision)
    gone = _withdrawal(s, proposal, decision)
    if gone:
        told = f"Not sent: {gone}" if approved is not None else withdrawn(proposal, gone)
        ending = Ending.EXPIRED if _is_expired(s, proposal) else Ending.WITHDRAWN
        state, decision, _ = _proposed(replace(state, proposal=None), closing(decision, proposal, ending))
        return state, _declining(_with_answer(decision, told), approved), None
    if approved is None:
        return state, _still_waiting(s, proposal, decision), None
    return _approved(state, s, proposal, decision)


def _chosen(state: State, s: Situation, decision: Decision, choice: Choose) -> tuple[State, Decision]:
    """The chosen move waits as a new proposal; one that may not be chosen changes nothing."""
    move = _choice(state, s, decision, choice)
    if isinstance(move, str):
        state, decision, _ = settled(state, s, decision, None)
        return state, replace(_with_answer(decision, f"Not chosen: {move}"), declined=Orders(choice=choice))
    assert state.proposal is not None  # noqa: S101 - a choice is made in place of it
    decision = closing(decision, state.proposal, Ending.REPLACED)
    state, decision, _ = _proposed(state, replace(decision, move=move))
    told = (
        f"Chosen instead of proposal {choice.proposal_id}: {route(move)}, "
        f"waiting for approval for {duration(s.policy.proposal_limit_seconds)}."
    )
    return state, replace(decision, sentence=told, answer=told)


def closing(
    decision: Decision, proposal: Proposal, ending: Ending, rests_until: float | None = None
) -> Decision:
    """The decision of the cycle in which a proposal ends. Adds no words."""
    return replace(decision, closed=Closed(proposal.id, proposal.move, proposal.made_at, ending, rests_until))


def _with_answer(decision: Decision, told: str) -> Decision:
    """The decision with what became of a proposal told first."""
    return replace(
        decision, sentence=f"{told} {decision.sentence}", answer=f"{told} {decision.answer}".rstrip()
    )


def _declining(decision: Decision, approved: int | None) -> Decision:
    """The decision with what else it declined: an approval, if there was one."""
    return replace(decision, declined=replace(decision.declined, approved=approved))


def _choice(state: State, s: Situation, decision: Decision, choice: Choose) -> Move | str:
    """The move that was chosen, or, in a sentence, why it cannot be."""
    if state.proposal is None or state.proposal.id != choice.proposal_id:
        return f"proposal {choice.proposal_id} no longer waits."
    instead_of = state.proposal.move
    node = s.snapshot.nodes.get(choice.target)
    vm = next((vm for vm in answering(s, instead_of) if vm.id == choice.vm_id), None)
    if vm is None or node is None:
        return "that move would not mend what the proposal is for."
    if (vm.id, node.id) == (instead_of.vm_id, instead_of.target):
        return "that is the move that waits already."
    if not (verdict := elsewhere(s, vm, node)).ok:
        return verdict.sentence
    move = move_to(s, vm, node, instead_of.reason, instead_of.sentence)
    return _withdrawal(s, Proposal(0, move, s.now), decision) or move


def _still_waiting(s: Situation, proposal: Proposal, decision: Decision) -> Decision:
    left = duration(s.policy.proposal_limit_seconds - (s.now - proposal.made_at))
    told = f"Waiting for approval: {route(proposal.move)}, for {left} more."
    return replace(decision, outcome=Outcome.PROPOSAL, sentence=told, move=proposal.move)


def withdrawn(proposal: Proposal, why: str) -> str:
    """That a proposal is gone, which move it was, and why, in a sentence. `why` ends in a full stop."""
    return f"Proposal {proposal.id} withdrawn, {route(proposal.move)}: {why}"


def route(move: Move) -> str:
    """`web-03 from 10.0.0.101 to 10.0.0.103`."""
    return f"{move.vm_name} from {move.source_name} to {move.target_name}"


def _approved(
    state: State, s: Situation, proposal: Proposal, decision: Decision
) -> tuple[State, Decision, Move | None]:
    move, state = proposal.move, replace(state, proposal=None)
    told = f"Approved: {route(move)}."
    decision = replace(
        closing(decision, proposal, Ending.APPROVED),
        outcome=Outcome.MOVE,
        sentence=f"{told} {move.sentence}",
        move=move,
        answer=told,
    )
    if decision.dry_run:
        return with_imagined(state, move, s.now), decision, None
    return state, decision, move


def _proposed(state: State, decision: Decision) -> tuple[State, Decision, Move | None]:
    if decision.move is None:
        return state, decision, None
    number = state.proposals_made + 1
    state = replace(state, proposals_made=number, proposal=Proposal(number, decision.move, decision.at))
    told = f"Proposed: {route(decision.move)}. {decision.move.sentence}"
    return state, replace(decision, outcome=Outcome.PROPOSAL, sentence=told), None


def taken_back(state: State, decision: Decision, why: str) -> tuple[State, Decision]:
    """The state and the decision of a cycle without the proposal it made, of which nobody has heard.

    Its number stays used. `why` is a sentence.
    """
    assert decision.move is not None  # noqa: S101 - it was proposed
    told = f"Not proposed: {route(decision.move)}. {why}"
    decision = replace(decision, outcome=Outcome.BLOCKED, sentence=told, answer="", move=None)
    return replace(state, proposal=None), decision


def _is_expired(s: Situation, proposal: Proposal) -> bool:
    return s.now - proposal.made_at > s.policy.proposal_limit_seconds


def lapse(s: Situation, proposal: Proposal) -> str | None:
    """Why a proposal no longer holds, in a sentence; `None` while it does."""
    if _is_expired(s, proposal):
        return f"it expired after {duration(s.policy.proposal_limit_seconds)}."
    verdict = objection(s, proposal.move)
    return verdict.sentence if verdict else None


def _withdrawal(s: Situation, proposal: Proposal, decision: Decision) -> str | None:
    """Why a proposal cannot stay, in a sentence. That the planner would now pick another is no reason."""
    better = None if _is_expired(s, proposal) else decision.move
    if better and _RANKS[better.reason] < _RANKS[proposal.move.reason]:
        return "a rule is violated, and fixing it comes first."
    return lapse(s, proposal)
