"""What a table draws on its lines, as values: how a line is drawn, and what differs between two. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from hctui.tui.cell import Cell, Part, Tone, cell, cut, fitted
from hctui.tui.columns import Column, Place
from hctui.tui.glyphs import Glyphs
from hctui.tui.widgets.tones import segments


class Kind(StrEnum):
    """What a line of a table is; the looks of header and cursor depend on whether the table has the focus."""

    BLANK = "blank"
    REMARK = "remark"
    HEADER = "header"
    HEADER_FOCUSED = "header-focused"
    ROW = "row"
    CURSOR = "cursor"
    CURSOR_BLURRED = "cursor-blurred"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a cell for each column, a single cell across all of them if it is a remark, none if it is blank."""

    kind: Kind
    cells: tuple[Cell, ...] = ()


BLANK = Line(Kind.BLANK)


def titles(
    columns: Sequence[Column], places: Sequence[Place], sort_mark: tuple[str, bool] | None, glyphs: Glyphs
) -> tuple[Cell, ...]:
    """The cells of the header; the mark stands behind the title of its column even where that must be cut for it."""
    found = [cell(column.title) for column in columns]
    key, descending = sort_mark or ("", False)
    mark = glyphs.descending if descending else glyphs.ascending
    for place in places:
        if columns[place.index].key == key:
            found[place.index] = cell(
                cut(columns[place.index].title, place.width - 1, glyphs.ellipsis) + mark
            )
    return tuple(found)


def drawn(
    line: Line,
    columns: Sequence[Column],
    places: Sequence[Place],
    width: int,
    styles: Mapping[Tone, Style],
    ellipsis: str,
) -> Strip:
    """A line as Textual draws it, `width` terminal cells wide."""
    if line.kind is Kind.REMARK:
        return Strip(segments(fitted(line.cells[0], width, mark=ellipsis), styles), width)
    parts: list[Part] = []
    x = 0
    for place in places if line.cells else ():
        parts.append((" " * (place.x - x), Tone.PLAIN))
        parts += fitted(line.cells[place.index], place.width, columns[place.index].align, ellipsis)
        x = place.x + place.width
    parts.append((" " * (width - x), Tone.PLAIN))
    return Strip(segments(parts, styles), width)


def differing(before: Line, after: Line, y: int, places: Sequence[Place], width: int) -> Iterator[Region]:
    """The parts of line `y` that must be drawn again."""
    if before == after:
        return
    alike = before.kind is after.kind and after.kind is not Kind.REMARK
    if not alike or len(before.cells) != len(after.cells):
        yield Region(0, y, width, 1)
        return
    changed = [place for place in places if before.cells[place.index] != after.cells[place.index]]
    if changed:  # in one piece: of several, Textual writes each from the beginning of the line
        begin, last = changed[0].x, changed[-1]
        yield Region(begin, y, last.x + last.width - begin, 1)
