"""Load as a picture of one line, always on a scale from 0 to 100 %, so that an idle node looks idle. Pure.

The glyphs say how much; the tone says on which side of the thresholds. What is not known is shown as such, never as
zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from hctui.tui.cell import Cell, Part, Tone
from hctui.tui.glyphs import Glyphs

_FULL = 100.0


def spark(
    values: Sequence[float | None], width: int, lower: float | None, upper: float, glyphs: Glyphs
) -> Cell:
    """Load over time, the newest value at the right.

    Args:
        values: percent, oldest first; `None` or NaN where nothing is known. The last `width` of them are drawn.
        width: in terminal cells. Where there are fewer values, the time before is drawn as unknown.
        lower: a value up to here is good; `None`, or the upper limit itself, if there is only one limit.
        upper: a value above is bad.
        glyphs: for levels and gaps.
    """
    shown = [_known(value) for value in values[-width:]] if width > 0 else []
    before: list[float | None] = [None] * (width - len(shown))
    return _cell((_level(value, glyphs), _tone(value, lower, upper)) for value in [*before, *shown])


def gauge(value: float | None, width: int, lower: float | None, upper: float, glyphs: Glyphs) -> Cell:
    """A load as a bar, with a tick for each threshold, on the filled part as well.

    Args:
        value: percent; `None` or NaN, if it is not known, leaves the bar empty.
        width: in terminal cells.
        lower: as for `spark`.
        upper: as for `spark`.
        glyphs: for the bar and the ticks.
    """
    known = _known(value)
    filled = 0 if known is None else round(known / _FULL * width)
    ticks = {_tick(limit, width) for limit in (lower, upper) if limit is not None}
    tone = _tone(known, lower, upper)

    def at(x: int) -> Part:
        if x in ticks:
            return glyphs.tick, Tone.STRONG
        return (glyphs.full, tone) if x < filled else (glyphs.empty, Tone.DIM)

    return _cell(map(at, range(width)))


def _known(value: float | None) -> float | None:
    """The value on the scale, or `None`."""
    return None if value is None or math.isnan(value) else min(max(value, 0.0), _FULL)


def _level(value: float | None, glyphs: Glyphs) -> str:
    if value is None:
        return glyphs.gap
    levels = len(glyphs.levels)
    return glyphs.levels[min(int(value / _FULL * levels), levels - 1)]


def _tone(value: float | None, lower: float | None, upper: float) -> Tone:
    if value is None:
        return Tone.DIM
    if value > upper:
        return Tone.BAD
    if lower is None or lower >= upper:
        return Tone.PLAIN
    return Tone.NOTICE if value > lower else Tone.GOOD


def _tick(limit: float, width: int) -> int:
    return min(int(min(max(limit, 0.0), _FULL) / _FULL * width), width - 1)


def _cell(parts: Iterable[Part]) -> Cell:
    """Parts as a cell, neighbours of one tone put together."""
    return Cell(
        tuple(("".join(text for text, _ in run), tone) for tone, run in groupby(parts, itemgetter(1)))
    )
