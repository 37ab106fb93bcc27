"""Paragraphs in lines: nothing is cut, nothing is lost, nothing is wider than the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.paragraph import Paragraph, laid_out, lines, paragraph_key, plain, wrapped

WORDS = st.lists(
    st.text(st.sampled_from("abc[]/数据é"), min_size=1, max_size=30), min_size=1, max_size=12
)  # nothing in here joins with its neighbour to one character


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 10, [""]),
        ("one", 10, ["one"]),
        ("one two three", 7, ["one two", "three"]),
        ("one two", 3, ["one", "two"]),
        ("a  b", 10, ["a  b"]),
        ("a   b", 3, ["a", "b"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("ab cdefgh", 3, ["ab", "cde", "fgh"]),
        ("数据库", 4, ["数据", "库"]),
        ("a数据", 4, ["a数", "据"]),
        ("db [/] x", 20, ["db [/] x"]),
        ("a\x1bb", 20, ["a?b"]),
    ],
)
def test_text_is_broken_at_spaces_and_inside_of_words_that_are_too_long(
    text: str, width: int, expected: list[str]
) -> None:
    assert [line.text for line in wrapped(cell(text), width)] == expected


@given(WORDS, st.integers(2, 40))
def test_no_character_is_lost_and_no_line_is_too_wide(words: list[str], width: int) -> None:
    told = wrapped(cell(" ".join(words)), width)
    assert "".join(line.text for line in told).replace(" ", "") == "".join(words)
    assert all(line.width <= width for line in told)


def test_tones_go_with_their_words() -> None:
    told = wrapped(joined(cell("no: ", Tone.BAD), cell("because of this")), 8)
    assert told == [
        Cell((("no:", Tone.BAD),)),
        Cell((("because", Tone.PLAIN),)),
        Cell((("of this", Tone.PLAIN),)),
    ]


def test_text_hangs_beside_its_label() -> None:
    paragraph = Paragraph("p", cell("one two three four"), cell("state"), indent=2, label_width=8)
    assert [line.text for line in lines(paragraph, 26)] == ["  state   one two three", "          four"]


def test_a_label_that_is_too_wide_stands_above_whole() -> None:
    paragraph = Paragraph("p", cell("text"), cell("x" * 30), indent=2, label_width=8)
    assert [line.text for line in lines(paragraph, 26)] == ["  " + "x" * 24, "  " + "x" * 6, "          text"]


def test_a_label_without_a_text_stands_alone() -> None:
    assert [line.text for line in lines(Paragraph("p", label=cell("Nodes")), 26)] == ["Nodes"]


def test_an_aside_stands_at_the_right_end() -> None:
    paragraph = Paragraph("p", cell("one two three"), aside=cell("id"))
    assert [line.text for line in lines(paragraph, 22)] == ["one two three       id"]
    told = [line.text for line in lines(Paragraph("p", cell("one two three four"), aside=cell("id")), 20)]
    assert told == ["one two three     id", "four"]


@given(WORDS, WORDS, st.integers(0, 8), st.integers(0, 20), st.integers(30, 120))
def test_a_paragraph_shows_all_of_it_within_the_page(
    label: list[str], text: list[str], indent: int, label_width: int, width: int
) -> None:
    paragraph = Paragraph("p", cell(" ".join(text)), cell(" ".join(label)), indent, label_width)
    told = lines(paragraph, max(width, indent + label_width + 16))
    assert "".join(line.text for line in told).replace(" ", "") == "".join(label) + "".join(text)
    assert all(cell_len(line.text) <= max(width, indent + label_width + 16) for line in told)


def test_lines_keep_their_keys_when_a_page_is_written_anew() -> None:
    page = [Paragraph("a", cell("one two")), Paragraph("b/c", cell("x"))]
    keys = list(laid_out(page, 16))
    assert keys == ["0/a", "0/b/c"]
    assert [paragraph_key(key) for key in keys] == ["a", "b/c"]


def test_plain_text_has_no_spaces_at_the_ends_and_no_control_characters() -> None:
    page = [Paragraph("a", cell("x\x1b[1m  ")), Paragraph("b"), Paragraph("c", cell("y"), indent=2)]
    assert plain(page) == "x?[1m\n\n  y"
