"""What the commands of one cycle come to: what they change at once, and what is left for the cycle to carry out.

They are taken before anything else: each speaks of the proposal that waited when it was given, whatever the cycle, or
another command beside it, makes of that.
"""

from __future__ import annotations

from dataclasses import replace

from hctui.core import proposals, streak
from hctui.core.commands import Approve, Choose, Command, Drain, EndDrain, MoveVm, Pause, Reject, Resume
from hctui.core.decision import Reason
from hctui.core.orders import Orders
from hctui.core.state import Proposal, State


def taken(state: State, commands: tuple[Command, ...], now: float) -> tuple[State, Orders]:
    """The state after the commands, and what is left of them to do."""
    orders, waited = Orders(), state.proposal
    for command in commands:
        state = _at_once(state, waited, command, now)
        orders = _left(orders, waited, command)
    return state, orders


def _at_once(state: State, waited: Proposal | None, command: Command, now: float) -> State:
    """What a command changes by itself."""
    match command:
        case Pause():
            return replace(streak.paused_by_person(state), proposal=None)
        case Resume():
            return streak.resumed_by_person(state)
        case EndDrain():
            return replace(state, drain=None, proposal=_unless_for_a_drain(state))
        case Reject(proposal_id) if waited and waited.id == proposal_id:
            return proposals.rejected(state, waited, now)
        case _:
            return state


def _left(orders: Orders, waited: Proposal | None, command: Command) -> Orders:
    """What a command leaves for the cycle to do."""
    match command:
        case Approve(proposal_id) if (waited and waited.id == proposal_id) or orders.approved is None:
            return replace(orders, approved=proposal_id)
        case Choose():
            return replace(orders, choice=command)
        case Drain():
            return replace(orders, drain=command)
        case MoveVm():
            return replace(orders, moves=(*orders.moves, command))
        case _:
            return orders


def _unless_for_a_drain(state: State) -> Proposal | None:
    """The proposal that waits, unless it is a step of a drain."""
    proposal = state.proposal
    return None if proposal and proposal.move.reason is Reason.DRAIN else proposal
