"""What the setting `notify` can say: which events somebody is to be told of, and by which command or webhook.

Knows no event of the program's own making, and sends nothing.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit


class Event(StrEnum):
    """What somebody may want to be told of."""

    STARTED = "started"
    """A migration was requested."""
    ENDED = "ended"
    """The VM is on its new node."""
    FAILED = "failed"
    """A migration failed, was refused, or was given up."""
    PROPOSAL = "proposal"
    """A move waits for somebody's approval."""
    STOOD_DOWN = "stood_down"
    """The cluster is not well, or cannot be read: nothing is moved."""
    RECOVERED = "recovered"
    """That is over."""


ALL = "all"

NOTIFY_ALLOWED = (
    f'a list of "event=command" or "event=https://...", with an event of {", ".join(Event)} or {ALL}'
)


@dataclass(frozen=True, slots=True)
class Target:
    """Who is told of an event: a webhook, or else a program with its arguments. Either may hold a secret."""

    events: frozenset[Event]
    url: str = ""
    command: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """What may be said of it: the host, or the program."""
        return urlsplit(self.url).hostname or "a webhook" if self.url else self.command[0]

    def __repr__(self) -> str:
        return f"<Target {self.shown}>"


def target(text: str) -> Target:
    """Read `event=command` or `event=url`.

    Raises:
        ValueError: it is neither.
    """
    event, separator, rest = (part.strip() for part in text.partition("="))
    if not separator or not rest:
        raise ValueError("an event and what is to be done")
    events = frozenset(Event) if event == ALL else frozenset({Event(event)})
    if rest.startswith(("https://", "http://")):
        if not urlsplit(rest).hostname or not rest.isprintable():
            raise ValueError("a URL")
        return Target(events, url=rest)
    command = tuple(shlex.split(rest))
    if not command:
        raise ValueError("a command")
    return Target(events, command=command)


def checked(text: str) -> str:
    """The text, if it is a target.

    Raises:
        ValueError: it is none.
    """
    target(text)
    return text.strip()
