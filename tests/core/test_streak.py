"""Failures in a row: which count, what pauses, what ends the pause, and whose pause it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.answers import Accepted, Answer, NotSent, Refused, SessionEnded
from hctui.core.balancer import answered, begun, step, watched
from hctui.core.commands import Approve, Command, Pause, Resume
from hctui.core.decision import Notice, Outcome
from hctui.core.migration import Look
from hctui.core.model import TaskId, TaskState
from hctui.core.policy import Mode, Policy
from hctui.core.state import FailedMove, State
from hctui.core.streak import sentence
from tests.core.build import DRY, NOW, POLICY, cluster, cycle, history, move, node, task, vm

HOT = cluster([node(1, cpu=90), node(2)], [vm("web", cpu=70)])
NO_ROOM = FailedMove(NOW - 100, "web", "10.0.0.102", "The cluster refused it (HTTP 500): No room.")
APP = FailedMove(NOW - 50, "app", "10.0.0.103", "app was deleted while it was being migrated.")
THREE = (NO_ROOM, NO_ROOM, APP)
UNTIL_RESUMED = replace(POLICY, failure_pause_seconds=0)


def paused(since: float = NOW, policy: Policy = POLICY) -> State:
    """A state that failures have paused."""
    state = State(samples=history(HOT), failed_in_a_row=THREE)
    done = cycle(replace(HOT, taken_at=since), state=state, policy=policy)
    assert (done.state.paused, done.state.failure_pause_at) == (True, since)
    return replace(done.state, samples=history(HOT))


def under_way(state: State | None = None, name: str = "web") -> State:
    return begun(state or State(), move(name), "m1", NOW)


def seen(name: str, on: int | None, task_state: TaskState | None) -> Look:
    return Look(vm(name, on) if on else None, task(task_state, on=name) if task_state else None)


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        (Refused(500, "No room."), True),
        (NotSent("No route."), False),
        (SessionEnded(), False),
    ],
)
def test_a_request_that_never_reached_the_cluster_is_no_failure(answer: Answer, counts: bool) -> None:
    state, migration = answered(under_way(), answer, NOW + 1)
    told = (FailedMove(NOW + 1, "web", "10.0.0.102", migration.note),) if counts else ()
    assert state.failed_in_a_row == told


@pytest.mark.parametrize(
    "looks",
    [
        [seen("web", 1, TaskState.ERROR)],
        [seen("web", 1, TaskState.COMPLETE), seen("web", 1, TaskState.COMPLETE)],
        [seen("web", 1, None), seen("web", 1, None)],
        [seen("web", 1, TaskState.RUNNING), seen("web", 1, TaskState.RUNNING)],
        [seen("web", None, None), seen("web", None, None)],
    ],
    ids=["error", "complete but not there", "vanished", "stuck", "the VM is gone"],
)
def test_every_end_but_an_arrival_is_a_failure(looks: list[Look]) -> None:
    state, _ = answered(under_way(), Accepted(TaskId("7")), NOW)
    for number, look in enumerate(looks):
        assert state.failed_in_a_row == ()
        state, migration = watched(state, look, POLICY, NOW + 1 + 3700 * number)
    assert [failed.told for failed in state.failed_in_a_row] == [migration.note]


def test_an_arrival_ends_the_row() -> None:
    state, _ = watched(
        under_way(State(failed_in_a_row=THREE[:2])), seen("web", 2, TaskState.COMPLETE), POLICY, NOW
    )
    assert state.failed_in_a_row == ()


def test_the_row_is_bounded() -> None:
    state = State()
    for number in range(120):
        state, _ = answered(under_way(state), Refused(500, f"No {number}."), NOW + number)
    assert len(state.failed_in_a_row) == 100


@pytest.mark.parametrize("limit", [0, 1, 3, 4])
@pytest.mark.parametrize(
    "policy", [POLICY, DRY, replace(POLICY, mode=Mode.APPROVE)], ids=["auto", "dry", "ask"]
)
def test_so_many_failures_pause(policy: Policy, limit: int) -> None:
    state = State(samples=history(HOT), failed_in_a_row=THREE)
    done = cycle(HOT, state=state, policy=replace(policy, failures_before_pause=limit))
    assert done.state.paused is (0 < limit <= 3)
    assert (done.decision.outcome is Outcome.PAUSED) is done.state.paused
    assert [notice.event for notice in done.decision.notices] == ["paused_by_failures"] * done.state.paused


def test_the_sentence_says_why_which_and_until_when() -> None:
    """`NOW` is Monday, 13:46:40 in UTC."""
    done = cycle(HOT, state=State(samples=history(HOT), failed_in_a_row=THREE))
    assert done.decision.sentence == (
        "Paused, because 3 migrations in a row failed (app to 10.0.0.103, web to 10.0.0.102 and web to 10.0.0.102). "
        "The latest: app was deleted while it was being migrated. It resumes at Mon 14:46, in 1:00 h, or when a person "
        "resumes it."
    )
    assert done.decision.notices == (Notice("paused_by_failures", done.decision.sentence),)
    again = cycle(replace(HOT, taken_at=NOW + 60), state=done.state)
    assert "in 59:00 min" in again.decision.sentence
    assert again.decision.notices == (), "it is told once"
    told = sentence(paused(), UNTIL_RESUMED, NOW)
    assert told.endswith("It stays so until a person resumes it.")
    assert sentence(replace(paused(), failed_in_a_row=(APP,)), POLICY, NOW).startswith(
        "Paused, because 1 migration failed (app to 10.0.0.103)."
    )


@pytest.mark.parametrize(("passed", "goes_on"), [(3599, False), (3600, True)])
def test_the_pause_ends_by_itself(passed: float, goes_on: bool) -> None:
    done = cycle(HOT, state=paused(NOW - passed))
    assert done.state.paused is not goes_on
    assert (done.send is not None) is goes_on
    if goes_on:
        assert (done.state.failure_pause_at, done.state.failed_in_a_row) == (None, ())
        assert [notice.event for notice in done.decision.notices] == ["resumed"]


def test_without_a_set_time_it_lasts_until_a_person_resumes() -> None:
    state = paused(NOW - 10**6, UNTIL_RESUMED)
    assert cycle(HOT, state=state, policy=UNTIL_RESUMED).state.paused
    resumed = cycle(HOT, Resume(), state=state, policy=UNTIL_RESUMED)
    assert not resumed.state.paused
    assert resumed.send is not None


def test_a_person_resumes_and_the_row_begins_anew() -> None:
    done = cycle(HOT, Resume(), state=paused())
    assert (done.state.paused, done.state.failure_pause_at, done.state.failed_in_a_row) == (False, None, ())
    state, _ = answered(under_way(done.state), Refused(500, "No."), NOW)
    assert not cycle(HOT, state=state).state.paused


@pytest.mark.parametrize("commands", [(Pause(),), (Pause(), Resume(), Pause())])
def test_a_pause_by_a_person_never_ends_by_itself(commands: tuple[Command, ...]) -> None:
    state = cycle(HOT, *commands, state=paused()).state
    assert (state.paused, state.failure_pause_at) == (True, None)
    later = cycle(replace(HOT, taken_at=NOW + 10**6), state=state)
    assert later.state.paused
    assert later.decision.sentence == "Paused: watching, deciding nothing."


def test_failures_do_not_shorten_a_pause_by_a_person() -> None:
    state = State(samples=history(HOT), failed_in_a_row=THREE, paused=True)
    done = cycle(HOT, state=state)
    assert (done.state.failure_pause_at, done.decision.notices) == (None, ())


def test_the_pause_goes_on_without_data() -> None:
    state = paused()
    blind = step(state, None, (), POLICY, NOW + 30).state
    assert (blind.paused, blind.failure_pause_at) == (True, NOW)
    over = step(blind, None, (), POLICY, NOW + 3600)
    assert (over.state.paused, [notice.event for notice in over.decision.notices]) == (False, ["resumed"])


def test_a_proposal_is_withdrawn_by_the_pause_and_its_approval_refused() -> None:
    ask = replace(POLICY, mode=Mode.APPROVE)
    proposed = cycle(HOT, policy=ask).state
    assert proposed.proposal is not None
    later = replace(HOT, taken_at=NOW + 30)
    done = cycle(later, Approve(1), state=replace(proposed, failed_in_a_row=THREE), policy=ask)
    assert (done.send, done.state.proposal, done.state.paused) == (None, None, True)
    assert done.decision.sentence.startswith("Proposal 1 is not sent.")
