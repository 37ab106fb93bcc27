"""A proposal that a person is looking at, and whether it may still be approved. Pure; knows no screen.

What is approved is what was seen, or nothing: the case is closed as soon as that proposal no longer waits, and one that
takes its place is looked at only if the person chose it. A proposal that has only just appeared cannot be approved by a
key that was meant for the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hctui.core.commands import Choose
from hctui.core.policy import Policy
from hctui.core.state import Proposal
from hctui.core.wording import duration
from hctui.engine.view import View
from hctui.tui.cell import EMPTY, Cell, Tone, cell
from hctui.tui.errand import Errand, Stage, shown, unsent

LOOK_SECONDS = 1.0
"""So long a proposal must have been on the screen before it can be approved."""


@dataclass(frozen=True, slots=True)
class Case:
    """The proposal on the screen.

    Attributes:
        proposal: the one that is shown.
        since: when it appeared, in seconds of the person's own clock, not of the engine's.
        errand: the approval, once it was given.
        choice: which other move shall wait instead, until that is answered.
        before: the view when the choice was made.
        remark: what came of the last choice or approval, if the proposal still waits.
        closed: why it no longer waits, in a sentence; empty while it does.
    """

    proposal: Proposal
    since: float
    errand: Errand | None = None
    choice: Choose | None = None
    before: View | None = None
    remark: Cell = EMPTY
    closed: str = ""

    @property
    def is_open(self) -> bool:
        """Whether there is something to say yes or no to."""
        return not self.closed and self.errand is None and self.choice is None


def objection(case: Case | None, view: View, engine_now: float, own_now: float) -> str:
    """Why a key that approves, rejects or chooses is not heeded at this moment; empty if it is.

    Args:
        case: what the person sees.
        view: the latest there is, which may be newer than what the person sees.
        engine_now: Unix seconds of the engine.
        own_now: seconds of the person's clock, as in `Case.since`.
    """
    if case is None or case.closed:
        return "No proposal waits here any more."
    if case.errand or case.choice:
        return "The answer to your last key is not there yet."
    waiting = view.state.proposal
    if waiting is None or waiting.id != case.proposal.id:
        return "The proposal that you see no longer waits. Nothing was sent."
    if told := expired(case.proposal, view.policy, engine_now):
        return f"{told} Nothing was sent."
    if own_now - case.since < LOOK_SECONDS:
        return "This proposal has only just appeared. Look at it, then press the key again."
    return ""


def expired(proposal: Proposal, policy: Policy, now: float) -> str:
    """That a proposal has expired, in a sentence; empty while it has not."""
    limit = policy.proposal_limit_seconds
    return f"It expired after {duration(limit)}." if now - proposal.made_at > limit else ""


def after(case: Case, view: View, own_now: float) -> Case:
    """The case after a view. Give it every view there was, in their order."""
    if case.closed:
        return case
    if case.errand:
        return _approving(case, case.errand, view)
    if case.choice:
        return _choosing(case, case.choice, view, own_now)
    waiting = view.state.proposal
    if waiting and waiting.id == case.proposal.id:
        return case
    return replace(case, closed=_reason(view))


def _approving(case: Case, errand: Errand, view: View) -> Case:
    """Until it is answered. An approval that came to nothing leaves a proposal that may still wait."""
    errand = shown(errand, view)
    waiting = view.state.proposal
    if errand.stage is Stage.NOT_SENT and waiting and waiting.id == case.proposal.id:
        return replace(case, errand=None, remark=cell(unsent(errand.told), Tone.BAD))
    return replace(case, errand=errand)


def _choosing(case: Case, choice: Choose, view: View, own_now: float) -> Case:
    waiting, decision = view.state.proposal, view.decision
    if waiting and waiting.id == case.proposal.id:
        answered = (
            decision is not None
            and case.before is not None
            and decision is not case.before.decision
            and decision.declined.choice == choice
        )
        return replace(case, choice=None, remark=cell(_reason(view), Tone.BAD)) if answered else case
    if waiting and (waiting.move.vm_id, waiting.move.target) == (choice.vm_id, choice.target):
        return Case(waiting, own_now, remark=cell(_reason(view), Tone.NOTICE))
    return replace(case, choice=None, closed=_reason(view))


def _reason(view: View) -> str:
    return view.decision.sentence if view.decision else "The engine does not say why."
