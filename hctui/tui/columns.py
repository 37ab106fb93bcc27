"""Where the columns of a table stand at a given width. Pure; knows nothing of what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hctui.tui.cell import Align

GAP = 1
"""Terminal cells between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. All sizes are in terminal cells.

    Attributes:
        key: names the column in messages and for sorting.
        title: stands in the header.
        width: its width, or the least of it if it is flexible.
        align: to which side its text is drawn.
        flex: its share of the width that is left over; 0 keeps it at `width`.
        widest: no wider than that, whatever is left over, lest a row falls apart; 0 for any.
        at_least: the table's width from which the column is shown.
        at_most: the table's width up to which it is shown; 0 for any.
        live: its cells change every second. The first such column is repainted without what stands left of it.
    """

    key: str
    title: str
    width: int
    align: Align = Align.LEFT
    flex: int = 0
    widest: int = 0
    at_least: int = 0
    at_most: int = 0
    live: bool = False

    def fits(self, width: int) -> bool:
        """Whether it is shown in a table so wide."""
        return self.at_least <= width <= (self.at_most or width)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column stands: its index among all columns, its first terminal cell and its width."""

    index: int
    x: int
    width: int


def arrange(columns: Sequence[Column], width: int) -> tuple[Place, ...]:
    """The places of the columns that are shown in a table `width` cells wide, from left to right.

    Spare width goes to the flexible columns, up to the widest that each may be. Where there is too little, the columns
    at the right lose theirs: a column that is left with less than it asked for keeps the place, and its text an
    ellipsis, rather than a number without its end.
    """
    shown = [(index, column) for index, column in enumerate(columns) if column.fits(width)]
    wanted = sum(column.width + GAP for _, column in shown) - GAP
    shares = _shares([column for _, column in shown], max(0, width - wanted))
    places: list[Place] = []
    x = 0
    for (index, column), more in zip(shown, shares, strict=True):
        if x >= width:
            break
        places.append(Place(index, x, min(column.width + more, width - x)))
        x += column.width + more + GAP
    return tuple(places)


def _shares(columns: Sequence[Column], spare: int) -> Iterator[int]:
    """`spare` divided by weight, to the last cell; what is too much for a column goes to those behind it."""
    left, weight_left = spare, sum(column.flex for column in columns)
    for column in columns:
        share = left * column.flex // weight_left if weight_left else 0
        if column.widest:
            share = min(share, max(0, column.widest - column.width))
        left -= share
        weight_left -= column.flex
        yield share
