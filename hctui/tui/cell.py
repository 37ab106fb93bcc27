"""Text with a meaning: what the widgets of the console draw. Pure; knows neither Textual nor colours.

A tone says what a piece of text means, never how it looks: the theme decides that. Text is literal: nothing in it
is read as markup, and a control character in it is shown as `?`. The strings of the cluster are harmless before
they come here; this is the second lock on the same door.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from rich.cells import cell_len, set_cell_size


class Tone(StrEnum):
    """What a piece of text means. Beside every tone that matters stands a word or a glyph."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    GOOD = "good"
    NOTICE = "notice"
    WARNING = "warning"
    BAD = "bad"
    ACCENT = "accent"


class Align(StrEnum):
    """To which side text is drawn that is shorter than its place: words to the left, numbers to the right."""

    LEFT = "left"
    RIGHT = "right"


Part = tuple[str, Tone]


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of text in one or more tones."""

    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """The text without its tones."""
        return "".join(text for text, _ in self.parts)

    @property
    def width(self) -> int:
        """How many terminal cells the text takes."""
        return sum(cell_len(visible(text)) for text, _ in self.parts)

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.parts + other.parts)


EMPTY = Cell()


def cell(text: str = "", tone: Tone = Tone.PLAIN) -> Cell:
    """Literal text in one tone."""
    return Cell(((text, tone),)) if text else EMPTY


def joined(*cells: Cell, between: Cell = EMPTY) -> Cell:
    """Several cells as one, with `between` between those that are not empty."""
    parts: list[Part] = []
    for each in cells:
        if parts and each.parts:
            parts.extend(between.parts)
        parts.extend(each.parts)
    return Cell(tuple(parts))


# Controls, and lone surrogates, which no terminal can be sent.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


# Padding goes with the text beside it, which saves the terminal a change of colour. A warning may be underlined.
_TONES_OF_PADDING = {Tone.WARNING: Tone.PLAIN}


def visible(text: str) -> str:
    """The text with a `?` for each character that would steer the terminal instead of being shown."""
    return text if text.isprintable() else _UNFIT.sub("?", text)


def cut(text: str, width: int, mark: str = "…") -> str:
    """The text, or its beginning and `mark` where it takes more than `width` terminal cells.

    A wide character is never split: the result may be one cell shorter than `width`.
    """
    return text if cell_len(text) <= width else _head(text, width - cell_len(mark), mark)


def fitted(content: Cell, width: int, align: Align = Align.LEFT, mark: str = "…") -> tuple[Part, ...]:
    """The parts of a cell, cut or padded to take exactly `width` terminal cells."""
    parts = [(visible(text), tone) for text, tone in content.parts]
    spare = width - _width(parts)
    if spare < 0:
        parts = _beginning(parts, width - cell_len(mark), mark)
        spare = width - _width(parts)
    if spare == 0:
        return tuple(parts)
    beside = parts[0 if align is Align.RIGHT else -1][1] if parts else Tone.PLAIN
    padding = (" " * spare, _TONES_OF_PADDING.get(beside, beside))
    return (padding, *parts) if align is Align.RIGHT else (*parts, padding)


def _width(parts: list[Part]) -> int:
    return sum([cell_len(text) for text, _ in parts])


def _beginning(parts: list[Part], room: int, mark: str) -> list[Part]:
    """As many parts as there is room for, the last one cut and marked."""
    shown: list[Part] = []
    for text, tone in parts:
        if cell_len(text) > room:
            shown.append((_head(text, room, mark), tone))
            break
        shown.append((text, tone))
        room -= cell_len(text)
    return shown


def _head(text: str, room: int, mark: str) -> str:
    """The first `room` cells and the mark; a wide character that would be split is left out."""
    return set_cell_size(text, room).rstrip() + mark if room >= 0 else ""
