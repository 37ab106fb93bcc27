"""What a chart of load shows, as values: curves, thresholds and moments on a scale from 0 to 100 %. Pure.

Knows nothing of what draws it, how large it is drawn, or in which colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase

from hctui.tui.cell import Tone

FULL = 100.0

LETTERS = ascii_uppercase + ascii_lowercase
"""What stands for a curve on the chart and in the list beside it, so that no colour is needed to tell them apart."""

_LETTERS_PER_CURVE = 6
_LESS = 1e-6
"""Of a dot: so much below the edge of its row a threshold is drawn."""

_CELLS_PER_TIME = 9
_STEPS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600)

Point = tuple[float, float]
"""Unix seconds and percent."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Load over time, in percent at each moment (Unix seconds, ascending); `None`: not known, and drawn as a gap."""

    letter: str
    tone: Tone
    at: tuple[float, ...]
    percent: tuple[float | None, ...]

    def runs(self) -> list[list[Point]]:
        """The points between the gaps, each value on the scale."""
        found: list[list[Point]] = [[]]
        for at, value in zip(self.at, self.percent, strict=True):
            if value is None:
                found.append([])
            else:
                found[-1].append((at, min(max(value, 0.0), FULL)))
        return [run for run in found if run]

    def lettered(self, since: float, until: float, shift: float) -> list[Point]:
        """The points at which its letter stands: a few all along it, and one at least in each run.

        Args:
            since: begin of the chart, Unix seconds.
            until: end of the chart, Unix seconds.
            shift: from 0 to 1, of the distance between two letters, so that curves that lie on each other are all seen.
        """
        length = (until - since) / _LETTERS_PER_CURVE or 1.0
        chosen: list[Point] = []
        for run in self.runs():
            beats = [int((at - since) / length + 1 - shift) for at, _ in run]
            after = [point for point, was, now in zip(run[1:], beats, beats[1:], strict=False) if was != now]
            chosen += after or [run[len(run) // 2]]
        return chosen


@dataclass(frozen=True, slots=True)
class Threshold:
    """A load at which something changes, in percent."""

    percent: float
    tone: Tone


@dataclass(frozen=True, slots=True)
class Scale:
    """On which row of a chart a load is drawn, the lowest row being 0.

    A row stands for many loads, so one just above a threshold may belong on the row of its line. That would read as
    if it were not above. So the scale gives way a little: what is above a threshold is drawn above its line, all else
    on the line or below it, and in between the loads keep their order.

    Attributes:
        rows: of the chart, in terminal cells.
        dots: of a curve in one row, from bottom to top.
        knots: loads in percent, ascending from 0 to 100, and how high each is drawn, likewise in percent.
    """

    rows: int
    dots: int
    knots: tuple[tuple[float, float], ...] = ((0.0, 0.0), (FULL, FULL))

    def height(self, percent: float) -> float:
        """How high a load is drawn, in percent of the chart."""
        percent = min(max(percent, 0.0), FULL)
        below, above = next(pair for pair in pairwise(self.knots) if percent <= pair[1][0])
        part = (percent - below[0]) / (above[0] - below[0])
        return below[1] + part * (above[1] - below[1])

    def row(self, percent: float) -> int:
        """The row in which it is drawn."""
        return cell_of(self.height(percent), FULL, self.rows, self.dots)

    def middle(self, percent: float) -> float:
        """How high a letter or a line must be drawn to stand on that row, in percent of the chart."""
        return self.row(percent) / (self.rows - 1) * FULL if self.rows > 1 else self.height(percent)


def cell_of(value: float, full: float, cells: int, dots: int) -> int:
    """The cell, of so many, in which one of its dots shows a value from 0 to `full`; as plotext rounds it."""
    return int(value / full * (cells * dots - 1) + 0.5) // dots if full > 0.0 else 0


def scale_of(thresholds: Iterable[Threshold], rows: int, dots: int) -> Scale:
    """The scale of a chart with these thresholds; their lines have rows of their own, as far as there are enough."""
    most = rows * dots - 1
    knots, row = [(0.0, 0.0)], -1
    inner = sorted({threshold.percent for threshold in thresholds if 0.0 < threshold.percent < FULL})
    for index, percent in enumerate(inner):
        # A knot is at the upper edge of its row: what is higher is drawn with a dot of the next one.
        wanted = round((percent / FULL * most + 0.5) / dots) - 1
        row = max(row + 1, min(wanted, rows - 1 - (len(inner) - index)))
        edge = ((row + 1) * dots - 0.5 - _LESS) / most * FULL if most else FULL
        if knots[-1][1] < edge < FULL:
            knots.append((percent, edge))
    return Scale(rows, dots, (*knots, (FULL, FULL)))


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment (Unix seconds), and the number under which the list below tells of it."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """One chart, from `since` to `until` (Unix seconds)."""

    since: float
    until: float
    curves: tuple[Curve, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    marks: tuple[Mark, ...] = ()


def time_ticks(
    since: float, until: float, width: int, zone: tzinfo | None = None
) -> tuple[tuple[float, str], ...]:
    """Round times of the local clock, as many as are readable on a line `width` cells long, with their words.

    Times are Unix seconds; `zone` is that of this machine if not given.
    """
    most = max(1, width // _CELLS_PER_TIME)
    step = next((step for step in _STEPS if (until - since) // step <= most), _STEPS[-1] * 2)
    return tuple((at, f"{_local(at, zone):%H:%M}") for at in _round_times(since, until, step, zone))


def _round_times(since: float, until: float, step: int, zone: tzinfo | None) -> Iterator[float]:
    offset = _local(since, zone).utcoffset()
    shift = offset.total_seconds() if offset else 0.0
    at = -(-(since + shift) // step) * step - shift
    while at <= until:
        yield at
        at += step


def _local(at: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(zone)


def load_ticks(thresholds: Iterable[Threshold], scale: Scale) -> tuple[tuple[float, str], ...]:
    """The loads (percent) whose values stand at the side, thresholds first; none on the row of one before."""
    usual = (0.0, FULL, 50.0, 25.0, 75.0) if scale.rows >= 9 else (0.0, FULL)
    taken: dict[int, float] = {}
    for percent in (*(threshold.percent for threshold in thresholds), *usual):
        taken.setdefault(scale.row(percent), percent)
    return tuple((percent, f"{percent:g} %") for percent in sorted(taken.values()))
