"""What became of the proposal that waited when a cycle began, and of a pause, told in the decision of that cycle.

One place compares the states before and after, so that no proposal can vanish without a word, whatever put an end to
it: a rejection, a pause, a switch to auto, a move by hand. Decides nothing. What `proposals` has told already, since it
alone knows why, stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from hctui.core.commands import Command, Reject
from hctui.core.decision import Decision, Ending, Outcome, Reason
from hctui.core.policy import Mode, Policy
from hctui.core.proposals import closing, route, withdrawn
from hctui.core.state import Proposal, State
from hctui.core.wording import duration

RESUMED = "Resumed."

_HELD_BACK = {
    Outcome.WATCHING: "a migration is under way.",
    Outcome.COOLING_DOWN: "the cluster cooldown runs.",
    Outcome.BUDGET_SPENT: "no more moves are made within this hour.",
    Outcome.OFF_HOURS: "these are not the hours to act.",
}
"""Why nothing may wait, whichever VM it were of."""


def accounted(
    before: State, after: State, decision: Decision, commands: tuple[Command, ...], policy: Policy
) -> Decision:
    """The decision with the proposal that ended, if one did, with rejections in vain, and with the end of a pause.

    `before` is the state after pauses that end by themselves, which are told elsewhere.
    """
    waited = before.proposal
    rejections = [command.proposal_id for command in commands if isinstance(command, Reject)]
    if waited and decision.closed is None and not _waits(after, waited):
        why = "" if waited.id in rejections else _why_withdrawn(before, after, decision)
        decision = _ended(waited, decision, policy, why)
    stale = (number for number in rejections if waited is None or waited.id != number)
    if (number := next(stale, None)) is not None:
        decision = replace(decision, declined=replace(decision.declined, rejected=number))
        decision = _telling(decision, f"Proposal {number} is not rejected, for it no longer waits.")
    if before.paused and not after.paused:
        decision = _telling(decision, RESUMED)
    return decision


def _waits(state: State, proposal: Proposal) -> bool:
    return state.proposal is not None and state.proposal.id == proposal.id


def _ended(waited: Proposal, decision: Decision, policy: Policy, why: str) -> Decision:
    """The decision with the proposal that waited: withdrawn, and `why`, or, without one, rejected."""
    if not why:
        rest = policy.vm_cooldown_seconds
        decision = closing(decision, waited, Ending.REJECTED, decision.at + rest)
        return _telling(decision, f"Rejected for {duration(rest)}: {route(waited.move)}.")
    decision = closing(decision, waited, Ending.WITHDRAWN)
    if decision.declined.approved == waited.id:
        return decision  # that it is not sent has been told
    return _telling(decision, withdrawn(waited, why))


def _why_withdrawn(before: State, after: State, decision: Decision) -> str:
    """What put an end to a proposal that nobody answered, in a sentence; what a person did comes first."""
    if (before.imagination is None) is not (after.imagination is None):
        return "a dry run began." if decision.dry_run else "it went live."
    if decision.mode is not Mode.APPROVE:
        return f"the mode changed to {decision.mode}."
    if decision.move is not None and decision.move.reason is Reason.MANUAL:
        return "a move by hand came first."
    if after.paused:
        return "paused."
    if any(not verdict.ok for verdict in decision.safety):
        return "it stands down."
    return _HELD_BACK.get(decision.outcome, "it no longer holds.")


def _telling(decision: Decision, told: str) -> Decision:
    """The decision with a sentence more in its answer."""
    rest = decision.sentence.removeprefix(decision.answer).lstrip()
    answer = f"{decision.answer} {told}".lstrip()
    return replace(decision, answer=answer, sentence=f"{answer} {rest}".rstrip())
