"""The decision log: which lines are shown, and how. Pure but for the bounded book that keeps them.

Lines have a time of day only; a row with the date stands before the first line of each day but the present one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from hctui.engine.view import Level, Line
from hctui.tui.cell import EMPTY, Cell, Tone, cell
from hctui.tui.columns import Column
from hctui.tui.format import clock

MOST_LINES = 1000

COLUMNS = (Column("at", "time", 8), Column("text", "what was decided, and why", 40, flex=1))

_WORKINGS = frozenset({"collecting_data", "checking_rules", "rules_kept", "candidate", "target", "check"})
"""Lines that tell how something was worked out; the explanation shows that better."""

_STEADY = frozenset(
    {
        "balanced",
        "collecting",
        "cooling_down",
        "budget_spent",
        "off_hours",
        "paused",
        "waiting",
        "waiting_for_approval",
        "meanwhile",
        "standing_down",
        "no_data",
        "unreadable",
    }
)
"""Lines that say the same in every cycle: of several in a row only the newest is shown."""

_TONES: dict[str, Tone] = {
    "violation": Tone.BAD,
    "imbalance": Tone.WARNING,
    "executing": Tone.ACCENT,
    "proposal": Tone.ACCENT,
    "proposal_answer": Tone.ACCENT,
    "resumed": Tone.ACCENT,
    "dry_run": Tone.ACCENT,
    "waiting": Tone.ACCENT,
    "waiting_for_approval": Tone.ACCENT,
    "ended": Tone.GOOD,
    **dict.fromkeys(("balanced", "collecting", "cooling_down", "budget_spent", "off_hours"), Tone.DIM),
    **dict.fromkeys(_WORKINGS, Tone.DIM),
}
_LEVELS = {Level.ERROR: Tone.BAD, Level.WARNING: Tone.WARNING}

_AHEAD = frozenset(
    {
        "collecting_data",
        "connected",
        "demo",
        "dry_run_held",
        "imagining",
        "no_permission",
        "picked_up",
        "settings",
        "unreadable",
    }
)
"""Lines that come before the decision of the cycle that they belong to; all others come with it, or after it."""

Row = Line | date
"""A line, or the day of those below it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line, the day it is of, and its number, by which it is known however many have gone before it."""

    number: int
    line: Line
    day: date


@dataclass(frozen=True, slots=True)
class Moment:
    """When the decision was made that explains a line: at `at`, else the next before it; if `ahead`, the next after."""

    at: float
    ahead: bool = False


def moment(line: Line) -> Moment:
    """Where the explanation of a line is. What became of a migration is explained by the decision to migrate."""
    requested_at = line.data.get("requested_at")
    if isinstance(requested_at, float):
        return Moment(requested_at)
    return Moment(line.at, line.event in _AHEAD)


class LogBook:
    """The newest lines, as many as fit."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        """An empty book; days begin at midnight in `zone`, that of this machine if not given."""
        self._entries: deque[Entry] = deque(maxlen=MOST_LINES)
        self._zone = zone
        self._notes = 0

    def add(self, told: int, lines: Sequence[Line]) -> None:
        """Take the newest `lines`, of `told` there have been in all."""
        first = told - len(lines)
        self._entries.extend(
            Entry(first + index, line, self._day(line.at)) for index, line in enumerate(lines)
        )

    def note(self, line: Line) -> None:
        """Take a line of the console's own. These are numbered apart from those of the engine, below nought."""
        self._notes += 1
        self._entries.append(Entry(-self._notes, line, self._day(line.at)))

    def shown(self, wanted: str, now: float, *, verbose: bool) -> dict[str, Row]:
        """The rows to show, oldest first, by their keys. A line keeps its key, and so does the day before it.

        Args:
            wanted: only lines with all of these words, whatever their case.
            now: Unix seconds; before a first line of the same day there is no date.
            verbose: whether lines are shown that tell how something was worked out, or that only repeat.
        """
        rows: dict[str, Row] = {}
        day = self._day(now)
        for entry in self._kept(wanted, verbose=verbose):
            if entry.day != day:
                day = entry.day
                rows[_day_key(day, rows)] = day
            rows[str(entry.number)] = entry.line
        return rows

    def _kept(self, wanted: str, *, verbose: bool) -> list[Entry]:
        terms = wanted.casefold().split()
        kept: list[Entry] = []
        for entry in self._entries:
            line = entry.line
            if not verbose and line.event in _WORKINGS:
                continue
            if terms and not all(term in line.text.casefold() for term in terms):
                continue
            if not verbose and kept and line.event in _STEADY and kept[-1].line.event == line.event:
                kept.pop()
            kept.append(entry)
        return kept

    def _day(self, at: float) -> date:
        return datetime.fromtimestamp(at, UTC).astimezone(self._zone).date()


def _day_key(day: date, rows: dict[str, Row]) -> str:
    """A key of its own for a day, also where a clock that was set back has it come twice."""
    return (
        f"{day} after {sum(isinstance(row, date) for row in rows.values())}" if str(day) in rows else str(day)
    )


def row(shown: Row) -> tuple[Cell, ...]:
    """The cells of one line, or of a day."""
    if isinstance(shown, date):
        return EMPTY, cell(f"{shown:%a} {shown.day} {shown:%b %Y}", Tone.DIM)
    mark = "" if shown.level is Level.INFO else f"{shown.level.upper()}: "
    tone = _LEVELS.get(shown.level) or _TONES.get(shown.event, Tone.PLAIN)
    return cell(clock(shown.at), Tone.DIM), cell(f"{mark}{shown.text}", tone)
