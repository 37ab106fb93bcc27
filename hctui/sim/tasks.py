"""The cluster's tasks: numbered, in one of five states, kept for a while after their end.

Knows nothing of what a task does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

TaskState = Literal["UNINITIALIZED", "QUEUED", "RUNNING", "COMPLETE", "ERROR"]

KEPT_SECONDS = 2 * 3600.0
_FIRST_TAG = 4101


@dataclass(slots=True)
class Task:
    """One task. Times are Unix seconds; 0 while they have not come. `due` is when it is expected to end."""

    tag: str
    description: str
    parameters: tuple[str, ...]
    object_id: str
    session_id: str = field(repr=False)
    node_ids: tuple[str, ...]
    created: float
    state: TaskState = "QUEUED"
    started: float = 0.0
    due: float = 0.0
    modified: float = 0.0
    completed: float = 0.0
    message: str = ""
    message_parameters: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.state in ("QUEUED", "RUNNING")

    def progress_percent(self, now: float) -> int:
        """0 while queued and after an error, at most 99 while running, 100 when complete."""
        if self.state == "COMPLETE":
            return 100
        if self.state != "RUNNING":
            return 0
        if now >= self.due:
            return 99
        return int(99 * max(0.0, now - self.started) / (self.due - self.started))

    def run(self, now: float, due: float) -> None:
        """Queued to running."""
        self.state, self.started, self.due, self.modified = "RUNNING", now, due, now

    def complete(self, now: float) -> None:
        """End well."""
        self.state, self.completed, self.modified = "COMPLETE", now, now

    def fail(self, now: float, message: str, *parameters: str) -> None:
        """End badly; each `%@` in the message stands for one of the parameters."""
        self.state, self.completed, self.modified = "ERROR", now, now
        self.message, self.message_parameters = message, parameters


class Tasks:
    """All tasks the cluster still remembers, oldest first."""

    def __init__(self) -> None:
        self._by_tag: dict[str, Task] = {}
        self._next_tag = _FIRST_TAG

    def __iter__(self) -> Iterator[Task]:
        return iter(self._by_tag.values())

    def get(self, tag: str) -> Task | None:
        """The task with this tag, if it is still remembered."""
        return self._by_tag.get(tag)

    @property
    def any_live(self) -> bool:
        """Whether any is queued or running."""
        return any(task.is_live for task in self._by_tag.values())

    def create(
        self,
        now: float,
        description: str,
        *parameters: str,
        object_id: str,
        session_id: str,
        node_ids: tuple[str, ...] = (),
    ) -> Task:
        """A new task, queued."""
        tag = str(self._next_tag)
        self._next_tag += 1
        task = Task(tag, description, parameters, object_id, session_id, node_ids, created=now, modified=now)
        self._by_tag[tag] = task
        return task

    def forget_old(self, now: float) -> None:
        """Drop those that ended more than `KEPT_SECONDS` ago."""
        old = [tag for tag, task in self._by_tag.items() if 0 < task.completed < now - KEPT_SECONDS]
        for tag in old:
            del self._by_tag[tag]
