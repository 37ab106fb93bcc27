"""Cells and columns: always exactly as wide as they are to be, whatever the text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hctui.tui.cell import EMPTY, Align, Cell, Tone, cell, cut, fitted, joined, visible
from hctui.tui.columns import GAP, Column, arrange
from hctui.tui.lists import charts, history, moments

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("語a…\u0301 "), max_size=30)
CELLS = st.lists(st.tuples(TEXTS, st.sampled_from(Tone)), max_size=4).map(lambda parts: Cell(tuple(parts)))


@given(CELLS, st.integers(0, 40), st.sampled_from(Align))
def test_a_fitted_cell_takes_exactly_its_width(content: Cell, width: int, align: Align) -> None:
    parts = fitted(content, width, align)
    assert sum(cell_len(text) for text, _ in parts) == width
    assert all(visible(text) == text for text, _ in parts)


@given(CELLS, st.integers(0, 40))
def test_what_fits_fits_whole_and_what_does_not_says_so(content: Cell, width: int) -> None:
    text = "".join(text for text, _ in fitted(content, width))
    if content.width <= width:
        assert text == "".join(visible(part) for part, _ in content.parts) + " " * (width - content.width)
    elif width:
        assert "…" in text


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("web-01", 6, "web-01"),
        ("web-01", 5, "web-…"),
        ("web 01", 5, "web…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("日本語", 1, "…"),
        ("日本語", 0, ""),
    ],
)
def test_text_is_cut_by_terminal_cells(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


def test_the_ellipsis_has_the_tone_of_what_it_cuts() -> None:
    content = joined(cell("abc"), cell("def", Tone.BAD))
    assert fitted(content, 5) == (("abc", Tone.PLAIN), ("d…", Tone.BAD))
    assert fitted(content, 4) == (("abc", Tone.PLAIN), ("…", Tone.BAD))
    assert fitted(content, 3) == (("ab…", Tone.PLAIN),)


def test_numbers_go_to_the_right() -> None:
    assert fitted(cell("7", Tone.BAD), 3, Align.RIGHT) == (("  ", Tone.BAD), ("7", Tone.BAD))


def test_padding_goes_with_its_text_but_is_never_underlined() -> None:
    assert fitted(cell("7", Tone.DIM), 3) == (("7", Tone.DIM), ("  ", Tone.DIM))
    assert fitted(cell("7", Tone.WARNING), 3) == (("7", Tone.WARNING), ("  ", Tone.PLAIN))
    assert fitted(EMPTY, 2) == (("  ", Tone.PLAIN),)


def test_cells_are_joined_with_something_between_those_that_are_not_empty() -> None:
    assert joined(EMPTY, cell("a"), cell(""), cell("b", Tone.GOOD), between=cell(", ")).text == "a, b"
    assert cell("") == EMPTY
    assert (cell("a") + cell("b")).text == "ab"


COLUMNS = st.lists(
    st.builds(
        Column,
        key=st.just("k"),
        title=st.just("t"),
        width=st.integers(1, 30),
        flex=st.integers(0, 3),
        at_least=st.integers(0, 100),
        at_most=st.just(0) | st.integers(20, 150),
    ),
    max_size=8,
)


@given(COLUMNS, st.integers(0, 200))
def test_columns_stand_in_order_within_the_width_and_never_overlap(columns: list[Column], width: int) -> None:
    places = arrange(columns, width)
    assert [place.index for place in places] == sorted({place.index for place in places})
    assert all(place.width > 0 and place.x + place.width <= width for place in places)
    assert all(left.x + left.width + GAP == right.x for left, right in pairwise(places))
    assert all(columns[place.index].fits(width) for place in places)


@given(COLUMNS, st.integers(0, 200))
def test_spare_width_goes_to_flexible_columns_to_the_last_cell(columns: list[Column], width: int) -> None:
    shown = [column for column in columns if column.fits(width)]
    places = arrange(columns, width)
    wanted = sum(column.width + GAP for column in shown) - GAP
    for place in places:
        column = columns[place.index]
        if wanted <= width and not column.flex:
            assert place.width == column.width
    if shown and wanted <= width and any(column.flex for column in shown):
        assert places[-1].x + places[-1].width == width


def test_a_column_is_no_wider_than_it_may_be_and_the_next_gets_the_rest() -> None:
    columns = (Column("a", "", 5, flex=3, widest=12), Column("b", "", 5, flex=1), Column("c", "", 5))
    assert [place.width for place in arrange(columns, 19)] == [6, 6, 5]
    assert [place.width for place in arrange(columns, 57)] == [12, 38, 5]
    capped = (Column("a", "", 5, flex=1, widest=12), Column("b", "", 5))
    assert [(place.x, place.width) for place in arrange(capped, 200)] == [(0, 12), (13, 5)]
    too_wide = (Column("a", "", 15, flex=1, widest=12), Column("b", "", 5))
    assert [place.width for place in arrange(too_wide, 200)] == [15, 5]


@pytest.mark.parametrize(
    "columns", [*history.COLUMNS.values(), charts.NODE_COLUMNS, charts.VM_COLUMNS, moments.COLUMNS]
)
def test_on_a_wide_screen_the_columns_stand_beside_each_other(columns: tuple[Column, ...]) -> None:
    """A text at the right end may take all there is."""
    assert all(place.width <= 44 for place in arrange(columns, 250)[:-1])
