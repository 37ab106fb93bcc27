"""A move that a person asked for, followed from the key press to its end. Pure; knows no screen.

The engine carries a command out in a cycle of its own time, and says what came of it in the decision of that cycle and
in the log. Other cycles may come between: only what certainly speaks of this order is taken for its answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from hctui.core.commands import Approve, MoveVm
from hctui.core.decision import Decision, Move, Outcome, Reason
from hctui.engine.view import Level, Line, View


class Stage(StrEnum):
    """How far it has come. The last four are ends."""

    ASKED = "asked"
    HOLDS = "holds"
    SENDING = "sending"
    SENT = "sent"
    IMAGINED = "imagined"
    NOT_SENT = "not sent"
    ARRIVED = "arrived"
    FAILED = "failed"

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return self in (Stage.IMAGINED, Stage.NOT_SENT, Stage.ARRIVED, Stage.FAILED)

    @property
    def is_answered(self) -> bool:
        """Whether it is known if the move was sent."""
        return self is Stage.SENT or self.is_end


@dataclass(frozen=True, slots=True)
class Errand:
    """An order and what has come of it.

    Attributes:
        order: what was sent to the engine.
        move: what it is to bring about.
        before: the decision that stood when it was sent; `None` if there was none.
        lines_before: how many lines there were when the decision on it was published; 0 until then.
        told: the latest the engine said of it, in its own words; empty at first.
    """

    order: Approve | MoveVm
    move: Move
    before: Decision | None = None
    stage: Stage = Stage.ASKED
    lines_before: int = 0
    told: str = ""


def shown(errand: Errand, view: View) -> Errand:
    """The errand after a view. Give it every view since the order, in their order, before the lines."""
    decision = view.decision
    if errand.stage is not Stage.ASKED or decision is None or decision is errand.before:
        return errand
    if _is_accepted(errand, decision):
        stage = Stage.IMAGINED if decision.dry_run else Stage.HOLDS
        return replace(errand, stage=stage, lines_before=view.lines_before, told=decision.sentence)
    if _is_turned_down(errand, decision, view):
        return replace(errand, stage=Stage.NOT_SENT, told=decision.sentence)
    return errand


def _is_accepted(errand: Errand, decision: Decision) -> bool:
    move = decision.move
    by_hand = isinstance(errand.order, MoveVm)
    return (
        decision.outcome is Outcome.MOVE
        and move is not None
        and (move.vm_id, move.target) == (errand.move.vm_id, errand.move.target)
        and (move.reason is Reason.MANUAL) is by_hand
    )


def _is_turned_down(errand: Errand, decision: Decision, view: View) -> bool:
    """Whether it is certain that the order will never be carried out."""
    order = errand.order
    if isinstance(order, Approve):
        proposal = view.state.proposal
        waits = proposal is not None and proposal.id == order.proposal_id
        # An id never comes back: once it is gone, nobody can approve it.
        return not waits or decision.declined.approved == order.proposal_id
    return order in decision.declined.moves


def heard(errand: Errand, lines: Iterable[Line]) -> Errand:
    """The errand after lines of the log, those since the order. A line that is of no concern to it changes nothing."""
    for line in lines:
        if line.number >= errand.lines_before:
            errand = _heard(errand, line)
    return errand


_NEXT: dict[tuple[Stage, str, bool], Stage] = {
    (Stage.HOLDS, "executing", False): Stage.SENDING,
    (Stage.HOLDS, "journal", True): Stage.NOT_SENT,
    (Stage.SENDING, "not_sent", False): Stage.NOT_SENT,
    (Stage.SENDING, "answer", False): Stage.SENT,
    (Stage.SENDING, "answer", True): Stage.FAILED,
    (Stage.SENT, "ended", False): Stage.ARRIVED,
    (Stage.SENT, "ended", True): Stage.FAILED,
}
"""By stage, event of the line, and whether the line tells of an error."""


def _heard(errand: Errand, line: Line) -> Errand:
    stage = _NEXT.get((errand.stage, line.event, line.level is Level.ERROR))
    if stage is None or (stage is Stage.SENDING and line.data.get("vm_id") != errand.move.vm_id):
        return errand
    return replace(errand, stage=stage, told=line.text)


def unsent(sentence: str) -> str:
    """What the engine said of an order that came to nothing, with that in it."""
    says_so = sentence.startswith(("Not ", "Nothing ")) or " is not sent." in sentence
    return sentence if says_so else f"Not sent. {sentence}"
