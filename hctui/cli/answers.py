"""What comes of a command that was given over the socket, found in the views and lines that follow it. Pure.

An engine carries a command out in a cycle of its own time. What certainly speaks of the command is its answer; a cycle
that was in progress when it came says nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hctui.core import draining
from hctui.core.commands import Approve
from hctui.core.decision import Decision, Ending, Move
from hctui.core.model import NodeId
from hctui.engine.view import Level, Line, View
from hctui.tui.errand import Errand, Stage, heard, shown, unsent


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it, in sentences; `is_done`: it was carried out, and not refused."""

    text: str
    is_done: bool = True


class Follower(Protocol):
    """Follows one command, from the view before it on."""

    def see(self, view: View, lines: tuple[Line, ...]) -> Came | None:
        """The answer, once it is there. To be shown every view since the command, with the lines that came with it."""
        ...


class PauseFollower:
    """Follows a pause, or the end of one."""

    def __init__(self, before: View, *, paused: bool) -> None:
        self._before: Decision | None = before.decision
        self._paused = paused

    def see(self, view: View, lines: tuple[Line, ...]) -> Came | None:
        """Done once it is so, and a cycle has said so; before the first contact with the cluster there is no cycle."""
        if view.state.paused is not self._paused or (view.cluster and view.decision is self._before):
            return None
        word = "Paused" if self._paused else "Resumed"
        told = view.decision.sentence if view.decision and view.cluster else ""
        return Came(told if word in told else f"{word}. {told}".rstrip())


class DryRunFollower:
    """Follows a change to dry run or live, which holds at once."""

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run

    def see(self, view: View, lines: tuple[Line, ...]) -> Came | None:
        """Done once it is so; refused if the settings say why not."""
        if view.policy.dry_run is self._dry_run:
            return Came(switched(view))
        refusals = (line for line in lines if line.event == "settings" and line.level is not Level.INFO)
        return next((Came(line.text, is_done=False) for line in refusals), None)


def switched(view: View) -> str:
    """How the two switches stand, in a sentence."""
    dry = "DRY RUN: nothing is migrated." if view.policy.dry_run else "LIVE: VMs are migrated."
    return f"{dry} Mode {view.policy.mode}."


class RejectFollower:
    """Follows the rejection of a proposal."""

    def __init__(self, proposal_id: int) -> None:
        self._proposal_id = proposal_id

    def see(self, view: View, lines: tuple[Line, ...]) -> Came | None:
        """Done if it ended so; refused if it no longer waited, or ended otherwise in the same moment."""
        decision = view.decision
        if decision is None:
            return None
        closed = decision.closed
        if closed and closed.proposal_id == self._proposal_id:
            return Came(decision.answer or decision.sentence, closed.ending is Ending.REJECTED)
        if decision.declined.rejected == self._proposal_id:
            return Came(decision.answer or decision.sentence, is_done=False)
        return None


class ApproveFollower:
    """Follows the approval of a proposal until it is known whether the move was sent."""

    def __init__(self, before: View, proposal_id: int, move: Move) -> None:
        self._errand = Errand(Approve(proposal_id), move, before.decision)

    def see(self, view: View, lines: tuple[Line, ...]) -> Came | None:
        """Done once the cluster has accepted it, or, in a dry run, once it is imagined."""
        errand = self._errand = heard(shown(self._errand, view), lines)
        if not errand.stage.is_answered:
            return None
        is_done = errand.stage not in (Stage.NOT_SENT, Stage.FAILED)
        return Came(
            _SAID.get(errand.stage, "{}").format(errand.told) if is_done else unsent(errand.told), is_done
        )


class DrainFollower:
    """Follows the order to drain a node until it has begun, or was refused."""

    def __init__(self, node_id: NodeId) -> None:
        self._node_id = node_id

    def see(self, view: View, lines: tuple[Line, ...]) -> Came | None:
        """The cycle that takes it says which."""
        answers = {draining.BEGUN: True, draining.REFUSED: False}
        line = next((line for line in lines if line.event in answers), None)
        return Came(line.text, answers[line.event]) if line else None


class EndDrainFollower:
    """Follows the end of a drain."""

    def __init__(self, name: str) -> None:
        self._name = name

    def see(self, view: View, lines: tuple[Line, ...]) -> Came | None:
        """Done once nothing is drained."""
        ended = f"The drain of {self._name} is ended: it may take VMs again."
        return None if view.state.drain else Came(ended)


_SAID = {Stage.IMAGINED: "Dry run: imagined, nothing was sent. {}", Stage.SENT: "Sent. {}"}
