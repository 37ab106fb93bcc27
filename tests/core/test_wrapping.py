"""Every line that is printed is one line, and harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.core.wrapping import Block, one_line, wrapped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web-03 at 86.2 %, größer, 日本, a\u00a0b", "web-03 at 86.2 %, größer, 日本, a\u00a0b"),
        ("a\x1b[31mb", "a?[31mb"),
        ("a\nb\r\nc\td\u2028e\x85f", "a b  c d e f"),
        ("a\u202eb\u200bc\ud800d\x9be", "a?b?c?d?e"),
    ],
)
def test_what_would_steer_a_terminal_is_shown_as_a_question_mark(text: str, shown: str) -> None:
    assert one_line(text) == shown


@given(st.lists(st.text(), max_size=3), st.sampled_from((None, 40, 100)))
def test_no_line_holds_anything_else(texts: list[str], width: int | None) -> None:
    lines = wrapped([each for text in texts for each in (text, Block(text, text[:9], text[:9]))], width)
    assert all(char.isprintable() or unicodedata.category(char) == "Zs" for line in lines for char in line)
