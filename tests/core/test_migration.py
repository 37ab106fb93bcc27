"""The life of a migration: what a look amounts to, every phase with every sight, and the limits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from hctui.core.answers import Accepted, Answer, NotSent, Refused, SessionEnded, Unanswered
from hctui.core.migration import (
    GRACE_SECONDS,
    NEXT,
    Look,
    Migration,
    Phase,
    Sight,
    Unread,
    answer_sentence,
    answered,
    intend,
    look,
    watched,
)
from hctui.core.model import Task, TaskId, TaskState, Vm, VmState
from tests.core.build import NOW, move, task, vm

LIMIT = 3600.0
UNREAD = Unread("timed out")
BUSY = [TaskState.QUEUED, TaskState.RUNNING]
QUIET = [TaskState.UNINITIALIZED, TaskState.UNKNOWN]


def _at(phase: Phase, *, since: float = NOW, task_id: str | None = "7") -> Migration:
    return Migration("m1", move("web", 1, 2), NOW, phase, since, TaskId(task_id) if task_id else None)


OPEN = [phase for phase in Phase if not phase.is_end]

SEEN: dict[Sight, list[Look]] = {
    Sight.ARRIVED: [
        Look(vm("web", 2), task(TaskState.COMPLETE)),
        Look(vm("web", 2), task(TaskState.ERROR)),
        Look(vm("web", 2), None),
        Look(vm("web", 2), UNREAD),
        *(Look(vm("web", 2), task(state)) for state in QUIET),
        # Where it is decides, not how well it feels there: paused or shut down by hand right afterwards.
        Look(vm("web", 2, state=VmState.PAUSED), task(TaskState.COMPLETE)),
        Look(vm("web", 2, state=VmState.BLOCKED), task(TaskState.COMPLETE)),
        Look(vm("web", 2, state=VmState.SHUTDOWN), task(TaskState.COMPLETE)),
    ],
    Sight.SETTLING: [Look(vm("web", 2), task(state)) for state in BUSY],
    Sight.UNDER_WAY: [
        *(Look(vm("web", 1), task(state)) for state in BUSY),
        *(Look(vm("web", on, ui_state=VmState.MIGRATING), None) for on in (1, 2)),
        Look(vm("web", 1, ui_state=VmState.MIGRATING), UNREAD),
        Look(vm("web", 1, ui_state=VmState.MIGRATING), task(TaskState.ERROR)),
        Look(vm("web", 1, state=VmState.PAUSED), task(TaskState.RUNNING)),
    ],
    Sight.TASK_FAILED: [
        Look(vm("web", 1), task(TaskState.ERROR)),
        Look(vm("web", 1, state=VmState.PAUSED), task(TaskState.ERROR)),
    ],
    Sight.TASK_DONE: [Look(vm("web", 1), task(TaskState.COMPLETE))],
    Sight.NO_TRACE: [Look(vm("web", 1), None), *(Look(vm("web", 1), task(state)) for state in QUIET)],
    Sight.STRAYED: [Look(vm("web", 3), task(TaskState.COMPLETE)), Look(vm("web", 3), None)],
    Sight.STOPPED: [
        Look(vm("web", None, state=VmState.SHUTOFF), None),
        Look(vm("web", 2, state=VmState.CRASHED), task(TaskState.COMPLETE)),
        Look(vm("web", 1, state=VmState.SHUTOFF), task(TaskState.ERROR)),
    ],
    Sight.GONE: [Look(None, None), Look(None, task()), Look(None, UNREAD)],
    Sight.UNREADABLE: [
        Look(UNREAD, None),
        Look(UNREAD, task(TaskState.COMPLETE)),
        Look(vm("web", 1), UNREAD),
        Look(vm("web", 2, state=VmState.UNKNOWN), task(TaskState.COMPLETE)),
    ],
}


@pytest.mark.parametrize(("sight", "seen"), [(sight, seen) for sight, all_ in SEEN.items() for seen in all_])
def test_what_a_look_amounts_to(sight: Sight, seen: Look) -> None:
    assert look(_at(Phase.RUNNING), seen) is sight


@pytest.mark.parametrize(
    ("latest", "on", "sight"),
    [
        (TaskState.RUNNING, 1, Sight.UNDER_WAY),
        (TaskState.QUEUED, 2, Sight.SETTLING),
        (TaskState.COMPLETE, 2, Sight.ARRIVED),
        (TaskState.COMPLETE, 1, Sight.NO_TRACE),
        (TaskState.ERROR, 1, Sight.NO_TRACE),
        (None, 1, Sight.NO_TRACE),
    ],
)
def test_without_a_task_to_follow_the_latest_one_of_the_vm_tells_only_whether_it_works(
    latest: TaskState | None, on: int, sight: Sight
) -> None:
    seen = Look(replace(vm("web", on), task=latest), None)
    assert look(_at(Phase.DOUBT, task_id=None), seen) is sight


FOLLOWS: dict[Sight, Phase | None] = {
    Sight.ARRIVED: Phase.ARRIVED,
    Sight.SETTLING: Phase.CONFIRMING,
    Sight.UNDER_WAY: Phase.RUNNING,
    Sight.TASK_FAILED: Phase.FAILED,
    Sight.TASK_DONE: Phase.CONFIRMING,
    Sight.NO_TRACE: Phase.DOUBT,
    Sight.STRAYED: Phase.DOUBT,
    Sight.STOPPED: Phase.DOUBT,
    Sight.GONE: Phase.DOUBT,
    Sight.UNREADABLE: None,
}


def test_the_table_knows_every_sight() -> None:
    assert set(NEXT) == set(Sight) == set(FOLLOWS) == set(SEEN)


@pytest.mark.parametrize("sight", Sight)
@pytest.mark.parametrize("phase", OPEN)
def test_every_phase_with_every_sight(phase: Phase, sight: Sight) -> None:
    after = watched(_at(phase), SEEN[sight][0], NOW + 1, LIMIT)
    expected = FOLLOWS[sight] or phase
    assert after.phase is expected
    assert after.phase_since == (NOW if expected is phase else NOW + 1)
    assert bool(after.note) is expected.is_end


@dataclass(frozen=True)
class Patience:
    phase: Phase
    sight: Sight
    lasts: float
    end: Phase


WAITS = [
    Patience(Phase.CONFIRMING, Sight.TASK_DONE, GRACE_SECONDS, Phase.FAILED),
    Patience(Phase.CONFIRMING, Sight.SETTLING, GRACE_SECONDS, Phase.ARRIVED),
    *(
        Patience(Phase.DOUBT, sight, GRACE_SECONDS, Phase.FAILED)
        for sight in (Sight.NO_TRACE, Sight.STRAYED, Sight.STOPPED, Sight.GONE)
    ),
    Patience(Phase.RUNNING, Sight.UNDER_WAY, LIMIT, Phase.GIVEN_UP),
    *(Patience(phase, Sight.UNREADABLE, LIMIT, Phase.GIVEN_UP) for phase in OPEN),
]


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: f"{wait.phase}, {wait.sight.name}")
def test_every_wait_has_an_end(wait: Patience) -> None:
    seen = SEEN[wait.sight][0]
    at_limit = watched(_at(wait.phase), seen, NOW + wait.lasts, LIMIT)
    after = watched(_at(wait.phase), seen, NOW + wait.lasts + 1, LIMIT)
    assert at_limit.phase is wait.phase
    assert after.phase is wait.end
    assert after.note


def test_a_doubt_that_lasted_while_nothing_could_be_read_does_not_end_unread() -> None:
    after = watched(_at(Phase.DOUBT), Look(UNREAD, None), NOW + GRACE_SECONDS + 1, LIMIT)
    assert after.phase is Phase.DOUBT


def test_an_old_intent_is_looked_at_for_the_grace_period_before_it_is_judged() -> None:
    """A restart days later: what is seen then counts, not how long nobody looked."""
    old = intend("m1", move(), NOW - 99 * LIMIT)
    quiet = Look(vm("web", 1), None)
    first = watched(old, quiet, NOW, LIMIT)
    assert first.phase is Phase.DOUBT
    assert watched(first, quiet, NOW + GRACE_SECONDS + 1, LIMIT).phase is Phase.FAILED


def test_a_task_seen_late_ends_the_doubt() -> None:
    doubt = watched(_at(Phase.REQUESTED), Look(vm("web", 1), None), NOW + 1, LIMIT)
    running = watched(doubt, Look(vm("web", 1), task()), NOW + 5, LIMIT)
    arrived = watched(running, Look(vm("web", 2), None), NOW + 30, LIMIT)
    assert [step.phase for step in (doubt, running, arrived)] == [Phase.DOUBT, Phase.RUNNING, Phase.ARRIVED]


def test_progress_is_that_of_a_task_at_work() -> None:
    running = watched(_at(Phase.REQUESTED), Look(vm("web", 1), task(progress_percent=35)), NOW, LIMIT)
    ended = watched(running, Look(vm("web", 2), task(TaskState.ERROR, progress_percent=0)), NOW, LIMIT)
    assert (running.progress_percent, ended.progress_percent) == (35, 35)


STRAYED = "web is neither on 10.0.0.102, where it was sent, nor on 10.0.0.101, but on another node."
STATEMENTS: list[tuple[Vm | None, Task | None, str]] = [
    (vm("web", 2), None, "web is on 10.0.0.102."),
    (
        vm("web", 1),
        task(TaskState.ERROR, message="No room"),
        "The cluster reported an error: No room. web is still on 10.0.0.101.",
    ),
    (
        vm("web", 1),
        task(TaskState.ERROR),
        "The cluster reported an error: without a message. web is still on 10.0.0.101.",
    ),
    (
        vm("web", 1),
        task(TaskState.COMPLETE),
        "The cluster reported success, but web is still on 10.0.0.101.",
    ),
    (
        vm("web", 1),
        None,
        "The cluster shows no trace of the migration, and web is still on 10.0.0.101.",
    ),
    (vm("web", 2), task(), "web is on 10.0.0.102, although its task has not ended."),
    (vm("web", 3), None, STRAYED),
    (vm("web", None, state=VmState.SHUTOFF), None, "web stopped running while it was being migrated."),
    (None, None, "web was deleted while it was being migrated."),
]


@pytest.mark.parametrize(("seen_vm", "seen_task", "note"), STATEMENTS)
def test_it_ends_in_a_statement_of_fact(seen_vm: Vm | None, seen_task: Task | None, note: str) -> None:
    first = watched(_at(Phase.RUNNING), Look(seen_vm, seen_task), NOW, LIMIT)
    last = first if first.phase.is_end else watched(first, Look(seen_vm, seen_task), NOW + 61, LIMIT)
    assert last.phase.is_end
    assert last.note == note


def test_giving_up_asks_a_person_to_look() -> None:
    given_up = watched(_at(Phase.RUNNING), Look(UNREAD, None), NOW + 3661, LIMIT)
    assert given_up.note == (
        "Given up after 1:02 h: it cannot be seen whether web still migrates from 10.0.0.101 to 10.0.0.102. "
        "Please look at the cluster."
    )


@pytest.mark.parametrize(
    ("answer", "phase", "task_id", "told"),
    [
        (Accepted(TaskId("9")), Phase.REQUESTED, "9", "The cluster accepted it as task 9."),
        (Accepted(None), Phase.REQUESTED, None, "The cluster accepted it without a task."),
        (
            Refused(500, "An internal error occurred"),
            Phase.NOT_STARTED,
            None,
            "The cluster refused it (HTTP 500): An internal error occurred.",
        ),
        (SessionEnded(), Phase.NOT_STARTED, None, "The session had expired and nothing was started."),
        (NotSent("No route."), Phase.NOT_STARTED, None, "The request could not be sent: No route."),
        (
            Unanswered("Timed out."),
            Phase.DOUBT,
            None,
            "Whether the cluster started it is not known: Timed out.",
        ),
    ],
)
def test_answers(answer: Answer, phase: Phase, task_id: str | None, told: str) -> None:
    after = answered(intend("m1", move(), NOW), answer, NOW + 2)
    assert (after.phase, after.task_id, after.requested_at, after.phase_since) == (
        phase,
        task_id,
        NOW,
        NOW + 2,
    )
    assert answer_sentence(answer).startswith(told)


def test_the_ends() -> None:
    assert {phase for phase in Phase if phase.is_end} == {
        Phase.ARRIVED,
        Phase.NOT_STARTED,
        Phase.FAILED,
        Phase.GIVEN_UP,
    }
