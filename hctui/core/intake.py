"""What the commands of one cycle come to: what they change at once, and what is left for the cycle to carry out."""

from __future__ import annotations

from dataclasses import replace

from hctui.core import proposals
from hctui.core.commands import Approve, Choose, Command, MoveVm, Pause, Reject, Resume
from hctui.core.orders import Orders
from hctui.core.state import State


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
