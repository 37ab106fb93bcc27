"""What is said in passing, on a small note over a corner of the screen: how much fits, and how long it stays. Pure.

A note covers what stands below it. So it is small, and what is too long for it is told in the log instead.
"""

from __future__ import annotations

from hctui.tui.cell import cell, cut
from hctui.tui.paragraph import wrapped

WIDTH, LINES = 45, 3
"""Terminal cells across, and lines; the style sheet gives a note the room for that."""

IN_THE_LOG = "In full: see the log of the dashboard."

_LEAST_SECONDS, _MOST_SECONDS = 3.0, 8.0
_CHARACTERS_PER_SECOND = 20
"""As somebody reads who was not waiting for it."""


def fits(text: str) -> bool:
    """Whether a note can hold all of it."""
    return len(_lines(text)) <= LINES


def short(text: str) -> str:
    """The text, or, where it is too long, its beginning and where to read the rest."""
    if fits(text):
        return text
    *head, last = _lines(text)[: LINES - 1]
    return "\n".join((*head, cut(f"{last} ...", WIDTH, " ..."), IN_THE_LOG))


def seconds(text: str) -> float:
    """How long a note stays."""
    return min(_MOST_SECONDS, _LEAST_SECONDS + len(short(text)) / _CHARACTERS_PER_SECOND)


def _lines(text: str) -> list[str]:
    """As they are broken; a text of several lines keeps them."""
    return [line.text for each in text.splitlines() for line in wrapped(cell(each), WIDTH)]
