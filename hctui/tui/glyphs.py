"""The characters that are not letters: one set for terminals with Unicode, one for all others. No emoji.

Each is one terminal cell wide, except the arrow, which may take two. Our own words and figures are drawn with one of
the sets; `plain` is for what is drawn by others, such as frames, scrollbars and text that was cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


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

SETS = MappingProxyType({"unicode": UNICODE, "ascii": ASCII})
"""By the names they have in the settings."""

_BOX_DRAWING = range(0x2500, 0x2580)
_STAND_INS = {
    "-": "─━═╌╍┄┅┈┉╴╶╸╺╼╾▔▁▀▄░",
    "|": "│┃║╎╏┆┇┊┋╵╷╹╻╽╿▏▎▍▌▋▊▉▐▕",
    "+": "▖▗▘▝▙▚▛▜▞▟",
    " ": "▂▃▅▆▇",  # an end of a scrollbar, which is blank
    "#": "█",
    "~": UNICODE.ellipsis,
    "*": UNICODE.bullet,
    ".": UNICODE.gap,
    "^": "↑▲",
    "v": "↓▼",
    "<": "←⌫",
    ">": "→▶⏎",
}
_PLAIN: Mapping[int, str] = MappingProxyType(
    dict.fromkeys(_BOX_DRAWING, "+")
    | {ord(mark): plain for plain, marks in _STAND_INS.items() for mark in marks}
)

KEY_NAMES: Mapping[str, str] = MappingProxyType(
    {"↑": "up", "↓": "down", "←": "left", "→": "right", "⌫": "backspace", "⏎": "enter"}
)
"""The names of keys for which Textual has a sign."""


def plain(text: str) -> str:
    """The text with an ASCII character for each mark that is used for drawing; it is as wide as before.

    Letters stay what they are, whatever the alphabet: they can only be names that the cluster has.
    """
    return text if text.isascii() else text.translate(_PLAIN)
