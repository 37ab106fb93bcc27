"""All that a front end may know of an engine, as one immutable value that is published after every change."""

from __future__ import annotations

from dataclasses import dataclass

from hctui.core.decision import Decision
from hctui.core.model import ClusterInfo, Snapshot
from hctui.core.policy import Policy
from hctui.core.state import State


@dataclass(frozen=True, slots=True)
class Contact:
    """How the cluster is reached: the address, what vouches for its certificate, and how the last poll went.

    `error` is empty while polls succeed. `latency_seconds` is that of the last successful poll.
    """

    address: str
    trust: str
    latency_seconds: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """The engine at one moment.

    Attributes:
        at: when this was published, Unix seconds of the engine's clock.
        snapshot: the last good one; it may be older than `at`.
        decision: of the last cycle; `None` before the first.
        next_poll_at: when the next cycle is due.
    """

    at: float
    cluster: ClusterInfo
    contact: Contact
    policy: Policy
    state: State
    snapshot: Snapshot | None = None
    decision: Decision | None = None
    next_poll_at: float | None = None
