"""All that a front end may know of an engine: immutable values, and the `Front` through which they come.

A front end reads the latest `View` and the latest log lines, asks `Queries` about the past, and submits commands. It
never touches the engine, the cluster or the journal, so it can run beside the engine or in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from hctui.api.route import Reach
from hctui.config import Settings
from hctui.core.decision import Decision
from hctui.core.model import ClusterInfo, Snapshot
from hctui.core.policy import Policy
from hctui.core.state import State
from hctui.core.wording import duration

if TYPE_CHECKING:
    from hctui.engine.commands import Command
    from hctui.engine.queries import Queries


class Level(StrEnum):
    """How much attention a line wants."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log.

    Attributes:
        at: Unix seconds. A clock may be set back, so this says nothing of the order of lines; `number` does.
        event: its kind, for programs.
        text: what it says, for people.
        level: how much attention it wants.
        data: the same facts as in `text`, for programs: plain JSON values, never a secret.
        number: how many lines there were before it in this run, from when the desk has it; no part of what it says.
    """

    at: float
    event: str
    text: str
    level: Level = Level.INFO
    data: Mapping[str, str | float | int | bool | None] = field(default_factory=dict)
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """How the cluster is reached: the address, what vouches for its certificate, and how the last poll went.

    Attributes:
        address: that of the settings; it names the cluster also while another is used.
        trust: what vouches for the certificate.
        latency_seconds: that of the last successful poll.
        error: empty while polls succeed.
        reach: which address is used, and why if it is not that of the settings.
        password_source: where the password came from at the start, in words that end a sentence. The environment of
            whoever shows it says nothing of that.
    """

    address: str
    trust: str
    latency_seconds: float | None = None
    error: str = ""
    reach: Reach = field(default_factory=Reach)
    password_source: str = ""

    @property
    def detour(self) -> Reach | None:
        """The way over another node than that of the settings; `None` while there is none, or nobody answers."""
        return self.reach if self.reach.via and not self.error else None

    @property
    def used(self) -> str:
        """The address in use: that of the settings, or host and port of a node."""
        return self.reach.via or self.address

    def told_way(self, now: float) -> tuple[str, ...]:
        """What of the way to the cluster is not as the settings say, in sentences; `now` is Unix seconds."""
        way = self.detour
        if way is None:
            return self.reach.passed_over
        since = "" if way.since is None else f" {duration(now - way.since)} ago"
        asked = f"The node at {way.via} is asked instead of {way.configured}, which was left{since}."
        return (f"{asked} What is wrong there: {way.why}", *self.reach.passed_over)


@dataclass(frozen=True, slots=True)
class View:
    """The engine at one moment.

    Attributes:
        at: when this was published, Unix seconds of the engine's clock.
        settings: those in force, changes made while running included.
        policy: the balancer's part of the settings, in the units of the core.
        cluster: `None` until it has answered for the first time.
        snapshot: the last good one; it may be older than `at`.
        decision: of the last cycle; `None` before the first.
        lines_before: how many lines there were when the decision was published; those that tell what came of it have
            this number or a higher one.
        next_poll_at: when the next cycle is due.
        is_reading: whether the cluster is being asked at this moment.
        hindrance: why the account seems not to be allowed to migrate, in sentences; empty if it may, or nobody knows.
        journal_error: why the last cycle could not be written to the journal, in sentences; empty if it was.
    """

    at: float
    contact: Contact
    settings: Settings
    policy: Policy
    state: State = field(default_factory=State)
    cluster: ClusterInfo | None = None
    snapshot: Snapshot | None = None
    decision: Decision | None = None
    lines_before: int = 0
    next_poll_at: float | None = None
    is_reading: bool = False
    hindrance: str = ""
    journal_error: str = ""

    @property
    def name(self) -> str:
        """The cluster's name; its address until it has told one."""
        return self.cluster.name if self.cluster else self.contact.address


class Front(Protocol):
    """What a front end holds of an engine. All of it may be used from the event loop only."""

    @property
    def view(self) -> View:
        """The latest view."""
        ...

    @property
    def queries(self) -> Queries | None:
        """Questions about the past; `None` until there is a journal."""
        ...

    def now(self) -> float:
        """The present moment on the engine's clock, Unix seconds."""
        ...

    def lines_since(self, number: int) -> tuple[int, tuple[Line, ...]]:
        """How many lines there have been, and those after the first `number` that are still kept."""
        ...

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after every change of view or lines. Returns what ends that. It must not block."""
        ...

    def submit(self, command: Command) -> None:
        """Queue a command. It is carried out with fresh data, right away unless a cycle is in progress."""
        ...
