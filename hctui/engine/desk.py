"""Where an engine and its front ends meet: the latest view, the latest log lines, and the queue of commands.

It exists before the cluster has answered and outlives front ends that crash. Decides nothing and waits for nothing.

Settings hold from the moment they are changed: what a person is told and asked goes by the view, and must not be
outrun by a change that still waits. Orders wait in the queue for the cycle that carries them out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hctui.config import Settings, SourceKind, change, reloaded
from hctui.config.schema import DRY_RUN
from hctui.core import intake
from hctui.core.errors import HctuiError
from hctui.core.policy import Policy
from hctui.core.state import Standing
from hctui.engine.clock import Clock
from hctui.engine.commands import ChangeSettings, Command, Order, ReloadSettings, SettingsCommand
from hctui.engine.narrative import changed_settings
from hctui.engine.view import Contact, Level, Line, View

if TYPE_CHECKING:
    from hctui.engine.queries import Queries

MOST_LINES = 2000
"""So many log lines are kept for front ends; the log file has all of them."""


def is_held(settings: Settings) -> bool:
    """Whether a person has switched to dry run while it ran."""
    given = settings.given(DRY_RUN)
    return given.value is True and given.source.kind is SourceKind.CONSOLE


class NotAgreed(HctuiError):
    """The settings file says something else by now than what was shown when it was saved."""

    title = "The settings file has changed"


def _agreed(settings: Settings, expected: Policy | None) -> Settings:
    if expected is not None and settings.policy() != expected:
        raise NotAgreed(
            f"{settings.file} says something else by now than what was shown and agreed to.",
            hint="What holds is as it was. Look at the settings again and save once more.",
        )
    return settings


class Desk:
    """Implements `Front` for front ends in the same process; the engine publishes and takes commands here."""

    def __init__(self, settings: Settings, contact: Contact, clock: Clock) -> None:
        self._clock = clock
        self._view = View(clock.now(), contact, settings, settings.policy())
        self._lines: deque[Line] = deque(maxlen=MOST_LINES)
        self._told = 0
        self._listeners: list[Callable[[], None]] = []
        self._orders: list[Order] = []
        self._is_stirred = False
        self.told: Callable[[Line], None] = self.log
        self.queries: Queries | None = None
        self.woken = asyncio.Event()

    @property
    def view(self) -> View:
        """The latest view."""
        return self._view

    @property
    def is_stirred(self) -> bool:
        """Whether an order waits to be taken, or settings have changed since orders were taken last."""
        return self._is_stirred

    @property
    def standing(self) -> Standing:
        """What will hold over restarts once the orders that wait are taken."""
        state, _ = intake.taken(self._view.state, tuple(self._orders), self.now())
        return Standing(state.paused, is_held(self._view.settings))

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
        """Change settings at once, or queue an order, and wake the engine. Orders are kept until there is one."""
        if isinstance(command, ChangeSettings | ReloadSettings):
            self._change_settings(command)
        else:
            self._orders.append(command)
        self._is_stirred = True
        self.woken.set()

    def take(self) -> tuple[Order, ...]:
        """The orders that wait, in their sequence; they are the engine's from now on."""
        taken, self._orders = tuple(self._orders), []
        self._is_stirred = False
        return taken

    def use(self, settings: Settings) -> None:
        """Have these settings hold, and say what has changed. `told` has the lines."""
        before = self._view.settings
        self.publish(settings=settings, policy=settings.policy())
        for sentence in changed_settings(before, settings):
            self.told(Line(self.now(), "settings", sentence))

    def _change_settings(self, command: SettingsCommand) -> None:
        settings = self._view.settings
        try:
            if isinstance(command, ChangeSettings):
                self.use(change(settings, command.changes))
            else:
                self.use(_agreed(reloaded(settings, command.forget), command.expected))
        except HctuiError as error:
            self.told(Line(self.now(), "settings", f"Settings not changed. {error}", Level.WARNING))

    def publish(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of View, checked by `replace`
        """Replace what has changed in the view, and tell the listeners.

        The state always says whether a person holds the dry run, whatever it was when a cycle began.
        """
        if "decision" in changes:
            changes["lines_before"] = self._told
        view = replace(self._view, at=self._clock.now(), **changes)
        held = is_held(view.settings)
        if view.state.dry_run_held != held:
            view = replace(view, state=replace(view.state, dry_run_held=held))
        self._view = view
        self._notify()

    def log(self, line: Line) -> None:
        """Keep a line for front ends, with its number. A `Log`."""
        self._lines.append(replace(line, number=self._told))
        self._told += 1
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()
