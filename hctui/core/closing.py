"""What became of the proposal that waited when a cycle began, told in the decision of that cycle.

One place compares the states before and after, so that no proposal can vanish without a word, whatever put an end to
it: a rejection, a pause, a switch to auto, a move by hand. Decides nothing. What `proposals` has told already, since it
alone knows why, stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from hctui.core.commands import Command, Reject
from hctui.core.decision import Decision, Ending
from hctui.core.policy import Policy
from hctui.core.proposals import closing, route
from hctui.core.state import Proposal, Rejection, State


def accounted(
    before: State, after: State, decision: Decision, commands: tuple[Command, ...], policy: Policy
) -> Decision:
    """The decision with the proposal that ended, if one did, and with rejections of proposals that wait no longer."""
    waited = before.proposal
    if waited and decision.closed is None and not _waits(after, waited):
        decision = _ended(after, waited, decision, policy)
    stale = (
        command.proposal_id
        for command in commands
        if isinstance(command, Reject) and not (waited and waited.id == command.proposal_id)
    )
    if (number := next(stale, None)) is not None:
        decision = replace(decision, declined=replace(decision.declined, rejected=number))
        decision = _telling(decision, f"Proposal {number} is not rejected, for it no longer waits.")
    return decision


def _waits(state: State, proposal: Proposal) -> bool:
    return state.proposal is not None and state.proposal.id == proposal.id


def _ended(after: State, waited: Proposal, decision: Decision, policy: Policy) -> Decision:
    move = waited.move
    if Rejection(move.vm_id, move.target, decision.at) in after.ledger.rejections:
        until = decision.at + policy.vm_cooldown_seconds
        decision = closing(decision, waited, Ending.REJECTED, until)
        return _telling(decision, f"Rejected: {route(move)}.")
    decision = closing(decision, waited, Ending.WITHDRAWN)
    if decision.declined.approved == waited.id:
        return decision  # that it is not sent has been told
    return _telling(decision, f"Proposal {waited.id} is withdrawn.")


def _telling(decision: Decision, told: str) -> Decision:
    """The decision with a sentence more in its answer."""
    rest = decision.sentence.removeprefix(decision.answer).lstrip()
    answer = f"{decision.answer} {told}".lstrip()
    return replace(decision, answer=answer, sentence=f"{answer} {rest}".rstrip())
