"""Clocks that jump: no wait is longer than its length, and none ends early because a clock went back and forth."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.core.balancer import begun, step, watched
from hctui.core.decision import Outcome
from hctui.core.migration import Look, Phase, Unread
from hctui.core.state import (
    Arrival,
    Departure,
    FailedMove,
    Failure,
    Imagination,
    ImaginedMove,
    Ledger,
    Others,
    Proposal,
    Rejection,
    Sighting,
    State,
    WallClock,
    remaining_seconds,
)
from hctui.core.steadiness import at_the_clock
from tests.core.build import NOW, POLICY, cluster, history, move, node, node_id, vm

CALM = cluster([node(1), node(2)], [vm("web")])
LENGTH = 300.0
POLL = 30.0


def everything(at: float) -> State:
    """A state that remembers one moment in every place that holds one."""
    web = vm("web").id
    ledger = Ledger(
        fresh_since=at,
        last_ended_at=at,
        arrivals={web: Arrival(at, node_id(1), node_id(2))},
        failures=(Failure(web, node_id(2), 1, at, "No."),),
        rejections=(Rejection(web, node_id(2), at),),
        departures=(Departure(web, node_id(1), at),),
    )
    state = State(
        samples=tuple(replace(sample, at=at) for sample in history(CALM, polls=1)),
        real=ledger,
        imagination=Imagination(ledger, {web: ImaginedMove(node_id(1), node_id(2), at)}),
        proposal=Proposal(1, move(), at),
        unwell_at=at,
        failed_in_a_row=(FailedMove(at, "web", "n2", "No."),),
        failure_pause_at=at,
        unclear_since=at,
        others=Others((Sighting(web, "web", at, at),), at, at),
    )
    return begun(state, move(), "m1", at)


def test_every_moment_goes_back_and_forth_with_the_clock() -> None:
    """Nothing that the state remembers is left out: it equals one in which all of it happened so much earlier."""
    there = at_the_clock(everything(NOW), NOW + 7)
    back = at_the_clock(there, NOW + 7 - 5000)
    assert replace(back, clock=WallClock(), proposal=None) == replace(
        everything(NOW - 5000), clock=WallClock(), proposal=None
    )
    assert back.clock == WallClock(NOW + 7 - 5000, (5000.0,))
    again = at_the_clock(back, NOW + 7 + 30)
    assert replace(again, clock=there.clock) == there
    assert again.clock == WallClock(NOW + 37)


def test_the_same_moment_changes_nothing() -> None:
    state = at_the_clock(everything(NOW), NOW + 7)
    assert at_the_clock(state, NOW + 7) == state


@pytest.mark.parametrize(
    ("readings", "age"),
    [
        ((30, 60, 90), 90),
        ((30, -86_400), 30),
        ((30, -86_400, 90), 90),
        ((30, -86_400, -86_370, 120), 120),
        ((30, -86_400, -86_370, -3600), 30 + 30 + (86_370 - 3600)),
        ((30, -600, -4200, 60), 60),
        ((30, -600, -4200, -570), 60),
        ((30, 3630, 60), 3630),
    ],
    ids=[
        "no jump",
        "what passed in the step back is not known",
        "a poll in the past",
        "two polls in the past",
        "a step forward that is too short to be a correction",
        "back twice and forth at once",
        "back twice and forth once",
        "forth and back: time that seemed to pass has passed",
    ],
)
def test_how_old_a_wait_is(readings: tuple[float, ...], age: float) -> None:
    state = at_the_clock(State(unwell_at=NOW), NOW)
    for reading in readings:
        state = at_the_clock(state, NOW + reading)
    assert state.unwell_at is not None
    assert state.clock.read_at is not None
    assert state.clock.read_at - state.unwell_at == age


def test_only_so_many_steps_back_are_remembered() -> None:
    state = State()
    for reading in range(100):
        state = at_the_clock(state, NOW - reading)
    assert len(state.clock.set_back) == 64


def test_a_cooldown_is_still_there_after_one_poll_in_the_past() -> None:
    """Seen end to end: the window survives as well, so that nothing else would have held the move back."""
    hot = cluster([node(1, cpu=90), node(2)], [vm("web", cpu=70)])
    state = State(samples=history(hot), real=Ledger(last_ended_at=NOW - 20))
    for at in (NOW, NOW - 86_400, NOW + 60):
        done = step(state, replace(hot, taken_at=at), (), POLICY, at)
        assert done.decision.outcome is Outcome.COOLING_DOWN, at
        state = done.state
    assert done.decision.sentence == "Cluster cooldown, 3:40 min left."


def test_a_migration_is_not_given_up_because_the_clock_went_back_and_forth() -> None:
    state = begun(State(), move(), "m1", NOW)
    for at in (NOW + 30, NOW - 86_400, NOW - 86_395, NOW + 60):
        state, migration = watched(state, Look(Unread(), None), POLICY, at)
        assert migration.phase is Phase.INTENT
    assert migration.requested_at == NOW


JUMPS = st.lists(st.floats(-1e6, 1e6).map(round), min_size=1, max_size=8)


@given(JUMPS, st.integers(0, 299))
def test_whatever_the_clock_does_a_wait_ends_within_its_length_afterwards(jumps: list[int], age: int) -> None:
    state = at_the_clock(State(unwell_at=NOW - age), NOW)
    now = NOW
    for jump in jumps:
        now += jump
        state = at_the_clock(state, now)
        assert state.unwell_at is not None
        assert state.unwell_at <= now
        assert remaining_seconds(state.unwell_at, LENGTH, now) <= LENGTH
    first_left = remaining_seconds(state.unwell_at, LENGTH, now)
    settled = replace(state, clock=WallClock(now))
    for seconds in (POLL, LENGTH - POLL):
        now += seconds
        settled = at_the_clock(settled, now)
    assert first_left <= LENGTH
    assert remaining_seconds(settled.unwell_at, LENGTH, now) == 0


@given(
    st.lists(
        st.tuples(
            st.integers(1, 40), st.sampled_from(("runs", "runs", "back", "forth")), st.integers(100, 10**6)
        ),
        max_size=40,
    )
)
def test_a_clock_that_goes_back_and_forth_neither_ends_a_wait_early_nor_keeps_it(
    turns: list[tuple[int, str, int]],
) -> None:
    """Against time that really passed. What passed in steps in which the clock was set may not count."""
    state = at_the_clock(State(unwell_at=NOW), NOW)
    passed = lost = 0.0
    off: list[int] = []
    for seconds, what, jump in turns:
        passed += seconds
        lost += seconds if what != "runs" else 0
        if what == "back":
            off.append(jump)
        elif what == "forth" and off:
            off.pop()
        now = NOW + passed - sum(off)
        state = at_the_clock(state, now)
        left = remaining_seconds(state.unwell_at, LENGTH, now)
        assert left >= LENGTH - passed, "it does not end early"
        assert left <= max(0.0, LENGTH - passed + lost), "nor late"
