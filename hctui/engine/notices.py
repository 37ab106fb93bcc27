"""Which lines of the log somebody is told of, and how often at most. Pure but for what it remembers; sends nothing."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from typing import Any

from hctui.config.notify import Event
from hctui.core.wording import count
from hctui.engine.view import Level, Line

MOST_AN_HOUR = 20
"""So many notices of one event within an hour; of the rest only the number is told, with the next."""

_HOUR = 3600.0

_DOWN = frozenset({"standing_down", "no_data", "paused_by_failures"})
_UP = frozenset({"checking_rules", "cooling_down", "waiting_for_approval", "off_hours", "budget_spent"})
"""Told only once the cluster was looked at and is well. A person's pause is not among them: it says nothing of that."""

_SIMPLE = {
    "answer": Event.STARTED,
    "ended": Event.ENDED,
    "proposal": Event.PROPOSAL,
}
_FAILURES = frozenset({"ended", "answer"})
"""Events that are failures where their line is an error. What was not sent at all (`not_sent`) is none."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell.

    Attributes:
        event: of which kind it is.
        at: when it happened, Unix seconds.
        text: what happened.
        data: the same as plain JSON values.
        left_out: so many notices of this kind were not told before it, since they were too many.
    """

    event: Event
    at: float
    text: str
    data: dict[str, Any]
    left_out: int = 0

    @property
    def told(self) -> str:
        """The text, and how many there were before that nobody was told of."""
        if not self.left_out:
            return self.text
        return f"{self.text} ({count(self.left_out, 'notice')} of this kind before it left out: too many.)"


class Notices:
    """Reads lines in their order."""

    def __init__(self) -> None:
        self._is_down = False
        self._executing: Line | None = None
        self._told: dict[Event, deque[float]] = defaultdict(lambda: deque(maxlen=MOST_AN_HOUR))
        self._left_out: dict[Event, int] = defaultdict(int)

    def of(self, line: Line) -> Notice | None:
        """What is to be told of a line, if anything is."""
        line = self._whole(line)
        event = self._event(line)
        if event is None:
            return None
        told = self._told[event]
        if len(told) == MOST_AN_HOUR and 0 <= line.at - told[0] < _HOUR:
            self._left_out[event] += 1
            return None
        told.append(line.at)
        return Notice(event, line.at, line.text, dict(line.data), self._left_out.pop(event, 0))

    def _whole(self, line: Line) -> Line:
        """An answer together with the move that was asked for: its own line does not say which."""
        if line.event == "executing":
            self._executing = line
        asked = self._executing
        if line.event != "answer" or asked is None:
            return line
        return replace(line, text=f"{asked.text}. {line.text}", data={**asked.data, **line.data})

    def _event(self, line: Line) -> Event | None:
        """Of standing down only the beginning and the end are events."""
        was_down = self._is_down
        if line.event in _DOWN:
            self._is_down = True
            return None if was_down else Event.STOOD_DOWN
        if line.event in _UP:
            self._is_down = False
            return Event.RECOVERED if was_down else None
        if line.event in _FAILURES and line.level is Level.ERROR:
            return Event.FAILED
        return _SIMPLE.get(line.event)
