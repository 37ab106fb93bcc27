"""Paragraphs, and how they are broken into lines of a given width. Pure; knows nothing of what they say.

A paragraph may have a label at its left, under which its text hangs, and a remark at the right of its first line.
Nothing is ever cut: what is too long goes on in the next line, names without a space included.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len

from hctui.tui.cell import EMPTY, Cell, Part, Tone, cell, visible

LEAST_WIDTH = 16
"""So many terminal cells a text gets, however far it is indented."""

COPY_WIDTH = 100
"""The width of a page that is copied as plain text."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph. Sizes are in terminal cells.

    Attributes:
        key: no other paragraph of its page has the same, and it has it again when the page is written anew.
        text: what it says.
        label: stands before the text, or above it where it is wider than `label_width`.
        indent: where the label begins.
        label_width: the text begins so far behind the indent.
        aside: at the right end of the first line.
        link: where it leads to; empty for nowhere.
    """

    key: str
    text: Cell = EMPTY
    label: Cell = EMPTY
    indent: int = 0
    label_width: int = 0
    aside: Cell = EMPTY
    link: str = ""


def lines(paragraph: Paragraph, width: int) -> list[Cell]:
    """The lines of a paragraph, at least one, none wider than `width` where that is at all possible."""
    start = paragraph.indent + paragraph.label_width
    room = max(LEAST_WIDTH, width - start)
    told = _with_aside(paragraph, room)
    if not paragraph.label.parts:
        return [_shifted(line, start) for line in told]
    if paragraph.label.width < max(paragraph.label_width, 1):
        gap = cell(" " * (paragraph.label_width - paragraph.label.width))
        first = paragraph.label + gap + told[0]
        return [_shifted(first, paragraph.indent), *(_shifted(line, start) for line in told[1:])]
    above = wrapped(paragraph.label, max(LEAST_WIDTH, width - paragraph.indent))
    below = told if paragraph.text.parts else []
    return [*(_shifted(line, paragraph.indent) for line in above), *(_shifted(line, start) for line in below)]


def laid_out(paragraphs: Iterable[Paragraph], width: int) -> dict[str, Cell]:
    """All lines of a page by a key that a line has again when the page is written anew; see `paragraph_key`."""
    return {
        f"{number}/{paragraph.key}": line
        for paragraph in paragraphs
        for number, line in enumerate(lines(paragraph, width))
    }


def paragraph_key(line_key: str) -> str:
    """The key of the paragraph that a line belongs to."""
    return line_key.partition("/")[2]


def plain(paragraphs: Iterable[Paragraph], width: int = COPY_WIDTH) -> str:
    """A page as plain text."""
    return "\n".join(
        visible(line.text).rstrip() for paragraph in paragraphs for line in lines(paragraph, width)
    )


def blank(key: str) -> Paragraph:
    """An empty line."""
    return Paragraph(f"blank-{key}")


def wrapped(content: Cell, width: int) -> list[Cell]:
    """The text in lines of at most `width` terminal cells, broken at spaces, and inside of words that are longer."""
    filling = _Lines(width)
    for is_space, run in groupby(_characters(content), lambda part: part[0] == " "):
        take = filling.space if is_space else filling.word
        take(list(run))
    return [_cell(line) for line in filling.done]


class _Lines:
    """Takes words and spaces and fills lines with them; thrown away with them."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._used = 0
        self.done: list[list[Part]] = [[]]

    def word(self, word: list[Part]) -> None:
        size = sum(cell_len(character) for character, _ in word)
        if self._used + size > self._width and self._used and size <= self._width:
            self._break()
        for part in word:
            if self._used + cell_len(part[0]) > self._width and self._used:
                self._break()
            self._take(part)

    def space(self, spaces: list[Part]) -> None:
        for part in spaces:
            if self._used < self._width:
                self._take(part)

    def _take(self, part: Part) -> None:
        self.done[-1].append(part)
        self._used += cell_len(part[0])

    def _break(self) -> None:
        while self.done[-1] and self.done[-1][-1][0] == " ":
            self.done[-1].pop()
        self.done.append([])
        self._used = 0


def _characters(content: Cell) -> Iterable[Part]:
    return ((character, tone) for text, tone in content.parts for character in visible(text))


def _cell(characters: Iterable[Part]) -> Cell:
    runs = groupby(characters, itemgetter(1))
    return Cell(tuple(("".join(character for character, _ in run), tone) for tone, run in runs))


def _with_aside(paragraph: Paragraph, room: int) -> list[Cell]:
    if not paragraph.aside.parts:
        return wrapped(paragraph.text, room)
    told = wrapped(paragraph.text, max(LEAST_WIDTH, room - paragraph.aside.width - 2))
    gap = max(2, room - told[0].width - paragraph.aside.width)
    return [told[0] + cell(" " * gap) + paragraph.aside, *told[1:]]


def _shifted(line: Cell, indent: int) -> Cell:
    return cell(" " * indent, Tone.PLAIN) + line if line.parts else line
