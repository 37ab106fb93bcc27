"""What the commands of one cycle come to: what they change at once, and what is left for the cycle to carry out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hctui.core import proposals
from hctui.core.commands import Approve, Choose, Command, MoveVm, Pause, Reject, Resume
from hctui.core.state import State


@dataclass(frozen=True, slots=True)
class Orders:
    """What a person wants of this cycle.

    Attributes:
        approved: the id of the proposal to send.
        choice: which move shall wait instead of a proposal; of several the last, as people change their minds.
        moves: moves by hand, in the order in which they were asked for.
    """

    approved: int | None = None
    choice: Choose | None = None
    moves: tuple[MoveVm, ...] = ()

    @property
    def unheeded(self) -> str:
        """In sentences, each ending in a space, what a cycle does not do that cannot carry any of it out."""
        told = ""
        if self.approved is not None:
            told += f"Proposal {self.approved} is not sent. "
        if self.choice is not None:
            told += f"Nothing is chosen instead of proposal {self.choice.proposal_id}. "
        if self.moves:
            told += "Nothing is moved by hand. "
        return told


def taken(state: State, commands: tuple[Command, ...], now: float) -> tuple[State, Orders]:
    """The state after the commands, and what is left of them to do."""
    orders = Orders()
    for command in commands:
        match command:
            case Pause():
                state = replace(state, paused=True, proposal=None)
            case Resume():
                state = replace(state, paused=False)
            case Approve(proposal_id):
                waits = state.proposal is not None and state.proposal.id == proposal_id
                if waits or orders.approved is None:
                    orders = replace(orders, approved=proposal_id)
            case Reject(proposal_id):
                state = proposals.rejected(state, proposal_id, now)
            case Choose():
                orders = replace(orders, choice=command)
            case MoveVm():
                orders = replace(orders, moves=(*orders.moves, command))
    return state, orders
