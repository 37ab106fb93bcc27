"""What came of asking the cluster to migrate a VM: the five things that can be known after one request.

The request is never repeated, so each of these is final for that request. They differ in what may be true on
the cluster now, which is what decides how to go on.
"""

from __future__ import annotations

from dataclasses import dataclass

from hctui.core.model import TaskId


@dataclass(frozen=True, slots=True)
class Accepted:
    """The cluster took it. `task_id` is `None` when it gave none to follow: then only the VM can tell."""

    task_id: TaskId | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The cluster said no (HTTP `status`); nothing moves. `message` is what it said, made harmless."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session had expired, so nothing was started. The client has logged in again; look before asking anew."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request certainly did not reach the cluster (no connection could be made)."""

    message: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The request may or may not have been carried out (time-out, connection lost, unreadable answer)."""

    message: str


Answer = Accepted | Refused | SessionEnded | NotSent | Unanswered
