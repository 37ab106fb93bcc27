"""The life of one live migration, as a table of phases.

A migration is done when the VM *is* on its target, not when a task says so; it has failed when the task says so and
the VM is where it was. Whatever else is seen, or not seen, only changes what we are waiting for, and for how long:
every migration ends, and ends in a statement of fact.

`look` turns what the cluster shows (the task, the VM) into one `Sight`; `NEXT` says which phase follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hctui.core.answers import Accepted, Answer, NotSent, Refused, SessionEnded, Unanswered
from hctui.core.decision import Move
from hctui.core.model import Task, TaskId, TaskState, Vm, VmState
from hctui.core.wording import duration

GRACE_SECONDS = 60.0
"""How long the cluster may show neither the VM moving nor a task at work before the migration counts as failed.

The VM's fields may lag behind its task, and a task may not be visible at once after the request
(hypercore-api.md 6: allow a short grace period, then decide by looking at the VM).
"""


class Phase(StrEnum):
    """Where a migration stands. The last four are ends."""

    INTENT = "intent"
    REQUESTED = "requested"
    RUNNING = "running"
    CONFIRMING = "confirming"
    DOUBT = "doubt"
    ARRIVED = "arrived"
    NOT_STARTED = "not started"
    FAILED = "failed"
    GIVEN_UP = "given up"

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return self in (Phase.ARRIVED, Phase.NOT_STARTED, Phase.FAILED, Phase.GIVEN_UP)


class Sight(StrEnum):
    """What looking at the cluster showed."""

    ARRIVED = "the VM is on the target and nothing works on it"
    SETTLING = "the VM is on the target and a task still works on it"
    UNDER_WAY = "the VM or the task is migrating"
    TASK_FAILED = "the task failed and the VM is where it was"
    TASK_DONE = "the task is complete and the VM is where it was"
    NO_TRACE = "no task at work and the VM is where it was"
    STRAYED = "the VM is on another node than source and target"
    STOPPED = "the VM no longer runs"
    GONE = "the VM no longer exists"
    UNREADABLE = "what would tell could not be read"


@dataclass(frozen=True, slots=True)
class Look:
    """What was read: the VM and the task. `None` means it does not exist, `UNREAD` that it could not be read."""

    vm: Vm | Unread | None
    task: Task | Unread | None


@dataclass(frozen=True, slots=True)
class Unread:
    """In place of something that could not be read, and why."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration under way or ended.

    Attributes:
        id: ours; unique in a journal.
        requested_at: when the intent was written, before the request. Unix seconds.
        phase_since: when the present phase began.
        task_id: what the cluster gave to follow; `None` if nothing (yet).
        progress_percent: as the task last reported it.
        note: the latest fact worth telling, such as the task's message.
    """

    id: str
    move: Move
    requested_at: float
    phase: Phase
    phase_since: float
    task_id: TaskId | None = None
    progress_percent: int = 0
    note: str = ""


NEXT: dict[Sight, Phase | None] = {
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
"""Which phase follows a sight; `None`: the phase stays, since nothing was seen. Holds for every phase but ends."""

_BLIND = frozenset({Sight.UNDER_WAY, Sight.UNREADABLE})
"""Sights that do not tell how it ends. While they last a migration goes on up to the policy's limit in time; any
other that is no end by itself is believed once it has lasted for the grace period."""


def intend(migration_id: str, move: Move, now: float) -> Migration:
    """The migration as it is written down before the request is sent."""
    return Migration(migration_id, move, now, Phase.INTENT, now)


def answered(migration: Migration, answer: Answer, now: float) -> Migration:
    """The migration after its one request."""
    match answer:
        case Accepted(task_id):
            phase, note = Phase.REQUESTED, ""
        case Unanswered(message):
            phase, task_id, note = Phase.DOUBT, None, message
        case Refused() | NotSent() | SessionEnded():
            phase, task_id, note = Phase.NOT_STARTED, None, answer_sentence(answer)
    return replace(migration, phase=phase, phase_since=now, task_id=task_id, note=note)


def answer_sentence(answer: Answer) -> str:
    """What the answer to a migration request means, in a sentence."""
    match answer:
        case Accepted(task_id):
            return (
                f"The cluster accepted it as task {task_id}."
                if task_id
                else "The cluster accepted it without a task."
            )
        case Refused(status, message):
            return f"The cluster refused it (HTTP {status}): {message.removesuffix('.')}."
        case SessionEnded():
            return "The session had expired and nothing was started. It is decided anew with fresh data."
        case NotSent(message):
            return f"The request could not be sent: {message}"
        case Unanswered(message):
            return f"Whether the cluster started it is not known: {message} Watching the VM."


def look(migration: Migration, seen: Look) -> Sight:
    """What a look at the VM and the task amounts to."""
    vm, task, move = seen.vm, seen.task, migration.move
    task_state = task.state if isinstance(task, Task) else None
    if isinstance(vm, Unread):
        return Sight.UNREADABLE
    if vm is None:
        return Sight.GONE
    if migration.task_id is None:
        task_state = vm.task  # without a task to follow, the VM's latest one is the best witness
    is_working = task_state is not None and task_state.is_live
    if vm.ui_state is VmState.MIGRATING or (is_working and vm.node_id != move.target):
        return Sight.UNDER_WAY
    if vm.state is VmState.UNKNOWN:
        return Sight.UNREADABLE
    if not vm.is_placed:
        return Sight.STOPPED
    if vm.node_id == move.target:
        return Sight.SETTLING if is_working else Sight.ARRIVED
    if vm.node_id != move.source:
        return Sight.STRAYED
    if migration.task_id is None:
        return Sight.NO_TRACE  # how an older task of the VM ended says nothing of this migration
    # A task that cannot be read may still be queued: a quiet VM alone does not prove that nothing is coming.
    return Sight.UNREADABLE if isinstance(task, Unread) else _AT_SOURCE.get(task_state, Sight.NO_TRACE)


_AT_SOURCE: dict[TaskState | None, Sight] = {
    TaskState.ERROR: Sight.TASK_FAILED,
    TaskState.COMPLETE: Sight.TASK_DONE,
}


def watched(migration: Migration, seen: Look, now: float, limit_seconds: float) -> Migration:
    """The migration after one look. Call again until `phase.is_end`."""
    sight = look(migration, seen)
    phase = NEXT[sight] or migration.phase
    task = seen.task if isinstance(seen.task, Task) else None
    after = replace(
        migration,
        phase=phase,
        phase_since=migration.phase_since if phase is migration.phase else now,
        progress_percent=task.progress_percent if task and task.state.is_live else migration.progress_percent,
    )
    if phase.is_end:
        return replace(after, note=_statement(after, sight, task, seen))
    if sight in _BLIND:
        # Nothing was seen that could end it: only the limit does.
        if now - after.requested_at > limit_seconds:
            return replace(after, phase=Phase.GIVEN_UP, phase_since=now, note=_surrender(after, now))
    elif now - after.phase_since > GRACE_SECONDS:
        end = Phase.ARRIVED if sight is Sight.SETTLING else Phase.FAILED
        return replace(after, phase=end, phase_since=now, note=_statement(after, sight, task, seen))
    return after


def _statement(migration: Migration, sight: Sight, task: Task | None, seen: Look) -> str:
    """The fact a migration ended in, as one sentence."""
    move = migration.move
    message = task.message if task else ""
    sentences = {
        Sight.ARRIVED: f"{move.vm_name} is on {move.target_name}.",
        Sight.SETTLING: f"{move.vm_name} is on {move.target_name}, although its task has not ended.",
        Sight.TASK_FAILED: f"The cluster reported an error: {message or 'without a message'}. "
        f"{move.vm_name} is still on {move.source_name}.",
        Sight.TASK_DONE: f"The cluster reported success, but {move.vm_name} is still on {move.source_name}.",
        Sight.NO_TRACE: f"The cluster shows no trace of the migration, and {move.vm_name} is still on "
        f"{move.source_name}.",
        Sight.STRAYED: f"{move.vm_name} is neither on {move.target_name}, where it was sent, nor on "
        f"{move.source_name}, but on another node.",
        Sight.STOPPED: f"{move.vm_name} stopped running while it was being migrated.",
        Sight.GONE: f"{move.vm_name} was deleted while it was being migrated.",
    }
    return sentences[sight]


def _surrender(migration: Migration, now: float) -> str:
    move = migration.move
    return (
        f"Given up after {duration(now - migration.requested_at)}: it cannot be seen whether {move.vm_name} still "
        f"migrates from {move.source_name} to {move.target_name}. Please look at the cluster."
    )
