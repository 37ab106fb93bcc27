"""Where an engine and its front ends meet: the latest view, the latest log lines, and what is ordered by whom.

It exists before the cluster has answered and outlives front ends that crash. Decides nothing and waits for nothing.

Settings hold from the moment they are changed: what a person is told and asked goes by the view, and must not be
outrun by a change that still waits. Orders wait in the queue for the cycle that carries them out. Whatever is ordered
is told here, once, and kept for the record until a journal has it.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hctui.config import Settings, Source, SourceKind, change, reloaded
from hctui.config.schema import DRY_RUN
from hctui.core import intake, streak
from hctui.core.commands import ITSELF, Giver, Ordered, Pause, Resume
from hctui.core.errors import HctuiError
from hctui.core.policy import Policy
from hctui.core.state import Standing, State
from hctui.engine.clock import Clock
from hctui.engine.commands import ChangeSettings, Command, Order, ReloadSettings, SettingsCommand
from hctui.engine.narrative import changed_settings
from hctui.engine.order_words import ordered, with_outcome
from hctui.engine.view import Contact, Level, Line, View

if TYPE_CHECKING:
    from hctui.engine.queries import Queries

MOST_LINES = 2000
"""So many log lines are kept for front ends; the log file has all of them."""

MOST_UNRECORDED = 1000
"""So many orders are kept while no journal can be written, the latest; the log file has all of them."""

NOTHING_CHANGED = "Nothing has changed."


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
        self._is_pause_ordered = False
        self._unrecorded: deque[Ordered] = deque(maxlen=MOST_UNRECORDED)
        self._console = Giver("the console", os.getpid())
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

    def submit(self, command: Command, giver: Giver | None = None) -> None:
        """Tell and record who orders what, and have it done: settings change at once, orders wait for the engine.

        Args:
            command: what is ordered.
            giver: who orders it; the console of this process if not given.
        """
        giver, what = giver or self._console, ordered(command, self._view)
        data = {"who": giver.name, "process": giver.process, "order": what}
        self.told(Line(self.now(), "ordered", f"Ordered by {giver}: {what}.", data=data))
        came_of_it: tuple[str, ...] = ()
        if isinstance(command, ChangeSettings | ReloadSettings):
            came_of_it = self._change_settings(command, giver)
            self._stir()
        else:
            self.take_up(command)
        self._record(giver, with_outcome(what, came_of_it))

    def upheld(self, state: State) -> State:
        """A state that was read from a journal, paused if that was ordered in this run and did not get there."""
        return streak.paused_by_person(state) if self._is_pause_ordered and not state.paused else state

    def take_up(self, order: Order) -> None:
        """Queue an order without a word, as one that was given and recorded in an earlier run."""
        if isinstance(order, Pause | Resume):
            self._is_pause_ordered = isinstance(order, Pause)
        self._orders.append(order)
        self._stir()

    def _stir(self) -> None:
        self._is_stirred = True
        self.woken.set()

    @property
    def unrecorded(self) -> tuple[Ordered, ...]:
        """What was ordered and is in no journal yet, the oldest first."""
        return tuple(self._unrecorded)

    def record_own(self, what: Iterable[str]) -> None:
        """Record what hctui ordered itself, in words."""
        for each in what:
            self._record(ITSELF, each)

    def keep(self, earlier: Iterable[Ordered]) -> None:
        """Keep for the record what was ordered in an earlier run."""
        self._unrecorded.extendleft(reversed(tuple(earlier)[-MOST_UNRECORDED:]))

    def recorded(self, those: Collection[Ordered]) -> None:
        """These are in a journal now."""
        left = [each for each in self._unrecorded if each not in those]
        self._unrecorded = deque(left, MOST_UNRECORDED)

    def _record(self, giver: Giver, what: str) -> None:
        self._unrecorded.append(Ordered(self.now(), str(giver), what))

    def take(self) -> tuple[Order, ...]:
        """The orders that wait, in their sequence; they are the engine's from now on."""
        taken, self._orders = tuple(self._orders), []
        self._is_stirred = False
        return taken

    def use(self, settings: Settings) -> tuple[str, ...]:
        """Have these settings hold, and say what has changed. `told` has the lines; returns the sentences."""
        changed = tuple(changed_settings(self._view.settings, settings))
        self.publish(settings=settings, policy=settings.policy())
        for sentence in changed:
            self.told(Line(self.now(), "settings", sentence))
        return changed

    def _change_settings(self, command: SettingsCommand, giver: Giver) -> tuple[str, ...]:
        """Returns what came of it, in sentences."""
        settings = self._view.settings
        try:
            if isinstance(command, ChangeSettings):
                wanted = change(settings, command.changes, Source(SourceKind.CONSOLE, giver.name))
            else:
                wanted = _agreed(reloaded(settings, command.forget), command.expected)
            return self.use(wanted) or (NOTHING_CHANGED,)
        except HctuiError as error:
            refused = f"Settings not changed. {error}"
            self.told(Line(self.now(), "settings", refused, Level.WARNING))
            return (refused,)

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
