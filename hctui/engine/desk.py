"""Where an engine and its front ends meet: the latest view, the latest log lines, and the queue of commands.

It exists before the cluster has answered and outlives front ends that crash. Decides nothing and waits for nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hctui.config import Settings
from hctui.engine.clock import Clock
from hctui.engine.commands import Command
from hctui.engine.view import Contact, Line, View

if TYPE_CHECKING:
    from hctui.engine.queries import Queries

MOST_LINES = 2000
"""So many log lines are kept for front ends; the log file has all of them."""


class Desk:
    """Implements `Front` for front ends in the same process; the engine publishes and takes commands here."""

    def __init__(self, settings: Settings, contact: Contact, clock: Clock) -> None:
        self._clock = clock
        self._view = View(clock.now(), contact, settings, settings.policy())
        self._lines: deque[Line] = deque(maxlen=MOST_LINES)
        self._told = 0
        self._listeners: list[Callable[[], None]] = []
        self._commands: list[Command] = []
        self.queries: Queries | None = None
        self.woken = asyncio.Event()

    @property
    def view(self) -> View:
        """The latest view."""
        return self._view

    @property
    def has_commands(self) -> bool:
        """Whether any command waits to be taken."""
        return bool(self._commands)

    def now(self) -> float:
        """The present moment on the engine's clock, Unix seconds."""
        return self._clock.now()

    def lines_since(self, number: int) -> tuple[int, tuple[Line, ...]]:
        """How many lines there have been, and those after the first `number` that are still kept."""
        new = min(self._told - number, len(self._lines))
        return self._told, tuple(self._lines)[len(self._lines) - new :]

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after every change, in the task that makes it. Returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def submit(self, command: Command) -> None:
        """Queue a command and wake the engine. Commands given before there is one are kept for it."""
        self._commands.append(command)
        self.woken.set()

    def take(self) -> tuple[Command, ...]:
        """The commands that wait, in their order; they are the engine's from now on."""
        taken, self._commands = tuple(self._commands), []
        return taken

    def publish(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of View, checked by `replace`
        """Replace what has changed in the view, and tell the listeners."""
        self._view = replace(self._view, at=self._clock.now(), **changes)
        self._notify()

    def log(self, line: Line) -> None:
        """Keep a line for front ends. A `Log`."""
        self._lines.append(line)
        self._told += 1
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()
