"""The decision log: which lines are shown, and how. Pure but for the bounded book that keeps them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from hctui.engine.view import Level, Line
from hctui.tui.cell import Cell, Tone, cell
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
        "paused",
        "waiting",
        "waiting_for_approval",
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
    "dry_run": Tone.ACCENT,
    "waiting": Tone.ACCENT,
    "waiting_for_approval": Tone.ACCENT,
    "ended": Tone.GOOD,
    **dict.fromkeys(("balanced", "collecting", "cooling_down"), Tone.DIM),
    **dict.fromkeys(_WORKINGS, Tone.DIM),
}
_LEVELS = {Level.ERROR: Tone.BAD, Level.WARNING: Tone.WARNING}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line and its number, by which it is known however many have gone before it."""

    number: int
    line: Line


class LogBook:
    """The newest lines, as many as fit."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST_LINES)

    def add(self, told: int, lines: Sequence[Line]) -> None:
        """Take the newest `lines`, of `told` there have been in all."""
        first = told - len(lines)
        self._entries.extend(Entry(first + index, line) for index, line in enumerate(lines))

    def line(self, key: str) -> Line | None:
        """The line of a row."""
        return next((entry.line for entry in self._entries if str(entry.number) == key), None)

    def shown(self, wanted: str, *, verbose: bool) -> dict[str, Line]:
        """The lines to show, oldest first, by the key of their row."""
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
        return {str(entry.number): entry.line for entry in kept}


def row(line: Line) -> tuple[Cell, ...]:
    """The cells of one line."""
    mark = "" if line.level is Level.INFO else f"{line.level.upper()}: "
    tone = _LEVELS.get(line.level) or _TONES.get(line.event, Tone.PLAIN)
    return cell(clock(line.at), Tone.DIM), cell(f"{mark}{line.text}", tone)
