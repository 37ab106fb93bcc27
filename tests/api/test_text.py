import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.api.text import harmless, harmless_tags

# Rich in what is replaced and in what the replacement is made of.
nasty = st.text(st.one_of(st.sampled_from("⟨⟩U+01BE\x1b\u200b\u202e\ufeff"), st.characters()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web-01", "web-01"),
        ("Büro \N{GREEK SMALL LETTER ALPHA} 東京", "Büro \N{GREEK SMALL LETTER ALPHA} 東京"),
        ("\x1b[31m", "⟨U+001B⟩[31m"),
        ("a\tb\n", "a⟨U+0009⟩b⟨U+000A⟩"),
        ("\x7f\x9b", "⟨U+007F⟩⟨U+009B⟩"),
        ("\u202elive", "⟨U+202E⟩live"),
        ("we\u200bb\ufeff", "we⟨U+200B⟩b⟨U+FEFF⟩"),
        ("\u2028\u2029", "⟨U+2028⟩⟨U+2029⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("web\ufe0f", "web⟨U+FE0F⟩"),
        ("\u3164", "⟨U+3164⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("⟨U+001B⟩", "⟨U+27E8⟩U+001B⟩"),
    ],
)
def test_hidden_characters_are_shown_as_their_code_points(text: str, expected: str) -> None:
    assert harmless(text) == expected


@given(nasty, nasty)
def test_different_texts_stay_different(one: str, other: str) -> None:
    assert (harmless(one) == harmless(other)) == (one == other)


@given(nasty)
def test_the_original_can_be_read_back(text: str) -> None:
    parts = harmless(text).split("⟨")
    back = parts[0] + "".join(
        chr(int(part.partition("⟩")[0][2:], 16)) + part.partition("⟩")[2] for part in parts[1:]
    )
    assert back == text


@given(nasty)
def test_nothing_hidden_is_left(text: str) -> None:
    assert not {unicodedata.category(char) for char in harmless(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (",, ,", ()),
        (" prod , anti_web-02,prod", ("prod", "anti_web-02", "prod")),
        ("a b,\x1b", ("a b", "⟨U+001B⟩")),
    ],
)
def test_tags_are_trimmed_words_in_their_order(text: str, expected: tuple[str, ...]) -> None:
    assert harmless_tags(text) == expected
