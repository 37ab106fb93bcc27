"""The characters that are not letters: one set for terminals with Unicode, one for all others. No emoji.

Each is one terminal cell wide, except the arrow, which may take two.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of glyphs.

    Attributes:
        levels: eight heights of a sparkline, lowest first.
        gap: a moment of a sparkline of which nothing is known.
        full: the filled part of a gauge.
        empty: the rest of a gauge.
        tick: a threshold, on the whole gauge.
        ellipsis: stands where text was cut.
        ascending: marks the column by which a table is sorted, smallest first.
        descending: the same, largest first.
        arrow: from here to there.
        bullet: before an item of a list.
        pointer: before the item that is meant.
        separator: between two things on one line.
    """

    levels: str
    gap: str
    full: str
    empty: str
    tick: str
    ellipsis: str
    ascending: str
    descending: str
    arrow: str
    bullet: str
    pointer: str
    separator: str


UNICODE = Glyphs(
    levels="▁▂▃▄▅▆▇█",
    gap="·",
    full="█",
    empty="░",
    tick="┊",
    ellipsis="…",
    ascending="▲",
    descending="▼",
    arrow="→",
    bullet="•",
    pointer="▶",
    separator="│",
)

ASCII = Glyphs(
    levels="_-~=+*#@",
    gap=".",
    full="#",
    empty="-",
    tick="|",
    ellipsis="~",
    ascending="^",
    descending="v",
    arrow="->",
    bullet="*",
    pointer=">",
    separator="|",
)
