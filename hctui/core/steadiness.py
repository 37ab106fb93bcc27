"""Keeps waits true while the clock of the host is set back and forth.

All waits are remembered by the wall clock's reading when they began, since they outlive the process. When the clock
is set back, every moment is set back with it, so that each wait is as old as it was. When the clock is then set forward
again, so are they. A step forward is taken for such a correction if it is at least as long as an earlier step back;
any other is time that passed, for nobody can tell a clock that was set forward from a host that slept.

So a clock that goes back and forth ends no wait early, and none is ever longer than its length from the last jump on.
Knows what is remembered, and neither what it is for nor how long a wait lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from hctui.core.state import (
    Arrival,
    Departure,
    FailedMove,
    Imagination,
    ImaginedMove,
    Ledger,
    Others,
    Rejection,
    State,
    WallClock,
)

MOST_STEPS_BACK = 64
"""So many of them are remembered, the latest."""

_Moment = TypeVar("_Moment", Arrival, Departure, FailedMove, ImaginedMove, Rejection)
_Key = TypeVar("_Key")


def at_the_clock(state: State, now: float) -> State:
    """The state as the clock reads now, Unix seconds. Asked again at the same moment, it changes nothing."""
    clock = state.clock
    if clock.read_at is None or now == clock.read_at:
        return replace(state, clock=replace(clock, read_at=now))
    passed = now - clock.read_at
    if passed < 0:
        set_back = (*clock.set_back, -passed)[-MOST_STEPS_BACK:]
        return replace(_shifted(state, passed), clock=WallClock(now, set_back))
    corrected, set_back = _corrected(passed, clock.set_back)
    moved = _shifted(state, corrected) if corrected else state
    return replace(moved, clock=WallClock(now, set_back))


def _corrected(passed: float, set_back: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
    """How much of a step forward takes earlier steps back, the longest first; and those that are left."""
    corrected, left = 0.0, list(set_back)
    for step in sorted(set_back, reverse=True):
        if corrected + step <= passed:
            corrected += step
            left.remove(step)
    return corrected, tuple(left)


def _shifted(state: State, seconds: float) -> State:
    """The state with all that it remembers so much later."""

    def at(moment: float | None) -> float | None:
        return None if moment is None else moment + seconds

    proposal, migration, imagination = state.proposal, state.migration, state.imagination
    return replace(
        state,
        samples=tuple(replace(sample, at=sample.at + seconds) for sample in state.samples),
        real=_later(state.real, seconds),
        imagination=imagination
        and Imagination(_later(imagination.ledger, seconds), _each_later(imagination.moves, seconds)),
        migration=migration
        and replace(
            migration,
            requested_at=migration.requested_at + seconds,
            phase_since=migration.phase_since + seconds,
        ),
        proposal=proposal and replace(proposal, made_at=proposal.made_at + seconds),
        learned=replace(
            state.learned,
            awaiting=tuple(replace(each, arrived_at=at(each.arrived_at)) for each in state.learned.awaiting),
        ),
        drain=state.drain and replace(state.drain, begun_at=state.drain.begun_at + seconds),
        unwell_at=at(state.unwell_at),
        failed_in_a_row=_all_later(state.failed_in_a_row, seconds),
        failure_pause_at=at(state.failure_pause_at),
        unclear_since=at(state.unclear_since),
        others=Others(
            tuple(
                replace(seen, at=seen.at + seconds, last_at=seen.last_at + seconds)
                for seen in state.others.sightings
            ),
            at(state.others.told_at),
            at(state.others.emptied_at),
        ),
    )


def _later(ledger: Ledger, seconds: float) -> Ledger:
    ended_at = ledger.last_ended_at
    return Ledger(
        fresh_since=ledger.fresh_since + seconds,
        last_ended_at=None if ended_at is None else ended_at + seconds,
        arrivals=_each_later(ledger.arrivals, seconds),
        failures=tuple(replace(failure, last_at=failure.last_at + seconds) for failure in ledger.failures),
        rejections=_all_later(ledger.rejections, seconds),
        departures=_all_later(ledger.departures, seconds),
    )


def _all_later(moments: tuple[_Moment, ...], seconds: float) -> tuple[_Moment, ...]:
    return tuple(replace(each, at=each.at + seconds) for each in moments)


def _each_later(moments: Mapping[_Key, _Moment], seconds: float) -> dict[_Key, _Moment]:
    return {key: replace(each, at=each.at + seconds) for key, each in moments.items()}
