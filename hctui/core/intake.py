"""What the commands of one cycle come to: what they change at once, and what is left for the cycle to carry out.

They are taken before anything else: each speaks of the proposal that waited when it was given, whatever the cycle, or
another command beside it, makes of that.
"""

from __future__ import annotations

from dataclasses import replace

from hctui.core import proposals, streak
from hctui.core.commands import Approve, Choose, Command, MoveVm, Pause, Reject, Resume
from hctui.core.orders import Orders
from hctui.core.state import State


def taken(state: State, commands: tuple[Command, ...], now: float) -> tuple[State, Orders]:
    """The state after the commands, and what is left of them to do."""
    orders, waited = Orders(), state.proposal
    for command in commands:
        match command:
            case Pause():
                state = replace(streak.paused_by_person(state), proposal=None)
            case Resume():
                state = streak.resumed_by_person(state)
            case Approve(proposal_id):
                if (waited and waited.id == proposal_id) or orders.approved is None:
                    orders = replace(orders, approved=proposal_id)
            case Reject(proposal_id):
                if waited and waited.id == proposal_id:
                    state = proposals.rejected(state, waited, now)
            case Choose():
                orders = replace(orders, choice=command)
            case MoveVm():
                orders = replace(orders, moves=(*orders.moves, command))
    return state, orders
