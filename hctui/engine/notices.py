"""Which lines of the log somebody is told of, in which words, and how often at most. Sends nothing.

Who is told may have nothing but this one line, on a telephone and at night: it names the cluster, says what is and
since when, and what there is to do. Pure but for what it remembers.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from typing import Any

from hctui.config.notify import Event
from hctui.core.calendar import day_and_time
from hctui.core.wording import count, duration
from hctui.engine.view import Level, Line, View

MOST_AN_HOUR = 20
"""So many notices of one event within an hour; of the rest only the number is told, with the next."""

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A reason to migrate nothing, of a `cause`; `what` begins what is said of it, `to_do` ends it."""

    cause: str
    what: str
    to_do: str


_JOURNAL = _Trouble(
    "journal", "Nothing is migrated", "hctui goes on by itself once the journal can be written."
)
_NO_DATA = _Trouble(
    "cluster",
    "Nothing is decided",
    "Look whether the cluster answers; hctui keeps trying and goes on by itself.",
)
_DOWN = {
    "standing_down": _Trouble(
        "cluster", "Standing down", "Look at the cluster; hctui goes on by itself once this is over."
    ),
    "no_data": _NO_DATA,
    "paused_by_failures": _Trouble(
        "failures", "Nothing is decided", "Look at what failed; `hctui resume` has it begin again."
    ),
}
_UP = ("checking_rules", "cooling_down", "waiting_for_approval", "off_hours", "budget_spent")
"""Told only once the cluster was looked at and is well. A person's pause is not among them: it says nothing of that."""

_ENDS = {
    **dict.fromkeys(_UP, frozenset({"cluster", "failures"})),
    "journal": frozenset({"journal"}),
}
"""Which causes a line shows to be over, where it is not itself such a reason."""

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
        text: what happened, with the cluster's name.
        data: the same as plain JSON values; `dry_run` says whether it was a dry run.
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
    """Reads lines in their order, each with the view at its time."""

    def __init__(self) -> None:
        self._open: set[str] = set()
        self._troubles: dict[str, Line] = {}
        self._executing: Line | None = None
        self._told: dict[Event, deque[float]] = defaultdict(lambda: deque(maxlen=MOST_AN_HOUR))
        self._left_out: dict[Event, int] = defaultdict(int)

    def of(self, line: Line, view: View) -> Notice | None:
        """What is to be told of a line, if anything is."""
        event, line = self._event(self._whole(line), view)
        if event is None:
            return None
        told = self._told[event]
        if len(told) == MOST_AN_HOUR and 0 <= line.at - told[0] < _HOUR:
            self._left_out[event] += 1
            return None
        told.append(line.at)
        dry = view.policy.dry_run
        text = f"{view.name}{' (dry run)' if dry else ''}: {line.text}"
        return Notice(event, line.at, text, {"dry_run": dry, **line.data}, self._left_out.pop(event, 0))

    def _whole(self, line: Line) -> Line:
        """An answer together with the move that was asked for: its own line does not say which."""
        if line.event == "executing":
            self._executing = line
        asked = self._executing
        if line.event != "answer" or asked is None:
            return line
        return replace(line, text=f"{asked.text}. {line.text}", data={**asked.data, **line.data})

    def _event(self, line: Line, view: View) -> tuple[Event | None, Line]:
        """Of standing down only the beginning and the end are events."""
        if trouble := _trouble(line, view):
            return self._begun(trouble, line, view)
        if line.event in _ENDS:
            return self._over(_ENDS[line.event], line, view)
        if line.event in _FAILURES and line.level is Level.ERROR:
            return Event.FAILED, line
        return _SIMPLE.get(line.event), _answerable(line, view) if line.event == "proposal" else line

    def _begun(self, trouble: _Trouble, line: Line, view: View) -> tuple[Event | None, Line]:
        """Each cause is told once, also where there is another already: there is something else to do then."""
        if trouble.cause in self._open:
            return None, line
        self._open.add(trouble.cause)
        since = day_and_time(line.at, view.policy.zone)
        text = f"{trouble.what} since {since}. {_reason(line, view)}"
        line = replace(line, text=text, data={**line.data, "since": line.at})
        self._troubles[trouble.cause] = line
        return Event.STOOD_DOWN, replace(line, text=f"{text} {trouble.to_do}")

    def _over(self, causes: frozenset[str], line: Line, view: View) -> tuple[Event | None, Line]:
        """Told once nothing is left that keeps it from migrating."""
        was_down = bool(self._open)
        self._open -= causes
        if self._open or not was_down:
            return None, line
        troubles, self._troubles = list(self._troubles.values()), {}
        since = min(each.at for each in troubles)
        now = day_and_time(line.at, view.policy.zone)
        text = (
            f"Well again since {now}, after {duration(line.at - since)}; nothing is to be done. "
            f"It was: {' '.join(each.text for each in troubles)}"
        )
        return Event.RECOVERED, replace(line, text=text, data={"since": since})


def _trouble(line: Line, view: View) -> _Trouble | None:
    """The reason to migrate nothing that a line tells of, if it does."""
    if line.event == "journal" and view.journal_error:  # such lines tell of other mishaps, too
        return _JOURNAL
    if line.event == "unreadable" and view.cluster is None:  # before the first contact there are no cycles
        return _NO_DATA
    return _DOWN.get(line.event)


def _reason(line: Line, view: View) -> str:
    """What a line says is wrong, without what the notice says anyway, or what holds for that moment only."""
    told = {"journal": view.journal_error, "unreadable": view.contact.error}
    return told.get(line.event) or line.text.removeprefix("Standing down. ")


def _answerable(line: Line, view: View) -> Line:
    """A proposal with how long it waits, and the commands that answer it."""
    number, made_at = line.data.get("proposal"), line.data.get("made_at")
    if not isinstance(number, int) or not isinstance(made_at, float):
        return line
    left = max(0.0, made_at + view.policy.proposal_limit_seconds - line.at)
    text = f"{line.text}. It waits for {duration(left)}: `hctui approve {number}` or `hctui reject {number}`."
    return replace(line, text=text, data={**line.data, "seconds_left": left})
