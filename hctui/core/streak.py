"""Migrations that fail one after the other pause the balancer: whatever is wrong, more of the same does not mend it.

A request that never reached the cluster is no failure of a migration; an arrival ends the row. A person who resumes
begins a new one. Such a pause ends by itself after the policy's time; one that a person ordered never does.
"""

from __future__ import annotations

from dataclasses import replace

from hctui.core.answers import Answer, Refused
from hctui.core.calendar import day_and_time
from hctui.core.decision import Notice
from hctui.core.migration import Migration, Phase
from hctui.core.policy import Policy
from hctui.core.state import FailedMove, State, remaining_seconds
from hctui.core.wording import count, duration, some_of

MOST_REMEMBERED = 100
"""As many as a policy may ask for before it pauses."""


def after_answer(state: State, migration: Migration, answer: Answer) -> State:
    """The state once a request was answered: only a refusal by the cluster is a failure."""
    return _failed(state, migration) if isinstance(answer, Refused) else state


def after_end(state: State, migration: Migration) -> State:
    """The state once a migration has ended."""
    if migration.phase is Phase.ARRIVED:
        if state.failure_pause_at is not None:  # one that a person moved by hand; the pause keeps its reasons
            return state
        return replace(state, failed_in_a_row=())
    return _failed(state, migration)


def _failed(state: State, migration: Migration) -> State:
    move = migration.move
    failed = FailedMove(migration.phase_since, move.vm_name, move.target_name, migration.note)
    return replace(state, failed_in_a_row=(*state.failed_in_a_row, failed)[-MOST_REMEMBERED:])


def paused_by_person(state: State) -> State:
    """The state once a person has paused it: whatever it was before, this pause does not end by itself."""
    return replace(state, paused=True, failure_pause_at=None)


def resumed_by_person(state: State) -> State:
    """The state once a person has resumed it."""
    return replace(state, paused=False, failure_pause_at=None, failed_in_a_row=())


def heeded(state: State, policy: Policy, now: float) -> tuple[State, tuple[Notice, ...]]:
    """Begin the pause that is due after failures, or end the one that is over; with what is to be told of that."""
    limit = policy.failures_before_pause
    if not state.paused and 0 < limit <= len(state.failed_in_a_row):
        state = replace(state, paused=True, failure_pause_at=now)
        return state, (Notice("paused_by_failures", sentence(state, policy, now)),)
    length = policy.failure_pause_seconds
    if state.failure_pause_at is None or not length:
        return state, ()
    if remaining_seconds(state.failure_pause_at, length, now) > 0:
        return state, ()
    told = f"Resumed: the pause of {duration(length)} after failed migrations is over."
    return resumed_by_person(state), (Notice("resumed", told),)


def sentence(state: State, policy: Policy, now: float) -> str:
    """Why it is paused after failures, what failed and how, and until when."""
    failed = state.failed_in_a_row
    routes = some_of([f"{each.vm_name} to {each.target_name}" for each in reversed(failed)], "migration")
    last = f" The latest: {failed[-1].told}" if failed else ""
    how_many = f"{count(len(failed), 'migration')}{' in a row' if len(failed) > 1 else ''}"
    return f"Paused, because {how_many} failed ({routes}).{last} {_until(state, policy, now)}"


def _until(state: State, policy: Policy, now: float) -> str:
    length = policy.failure_pause_seconds
    if not length:
        return "It stays so until a person resumes it."
    left = remaining_seconds(state.failure_pause_at, length, now)
    return f"It resumes at {day_and_time(now + left, policy.zone)}, in {duration(left)}, or when a person resumes it."
