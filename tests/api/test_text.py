import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.api.text import (
    MOST_MARKS,
    MOST_NAME_CHARACTERS,
    MOST_RULES,
    MOST_TAGS,
    MOST_TEXT_CHARACTERS,
    harmless,
    harmless_tags,
)
from hctui.core.rules import ANTI_PREFIX

ACUTE = "\u0301"

# Rich in what is replaced and in what the replacement is made of.
characters = st.one_of(st.sampled_from(f"⟨⟩U+01BE\x1b\u200b\u202e\ufeff a{ACUTE}"), st.characters())
nasty = st.text(characters, max_size=MOST_NAME_CHARACTERS)


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
        (f"e{ACUTE}", f"e{ACUTE}"),
        (f"e{ACUTE * 6}e{ACUTE}", f"e{ACUTE * 4}⟨U+0301⟩⟨U+0301⟩e{ACUTE}"),
        (f"{ACUTE}e", "⟨U+0301⟩e"),
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


@given(nasty)
def test_no_pile_of_accents_is_left(text: str) -> None:
    marks = MOST_MARKS
    for char in harmless(text):
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        assert marks <= MOST_MARKS


@pytest.mark.parametrize("most", [MOST_NAME_CHARACTERS, MOST_TEXT_CHARACTERS])
@pytest.mark.parametrize("char", ["x", "数", "\x1b", ACUTE, "\ud800"])
def test_up_to_its_limit_a_text_is_whole_and_beyond_it_says_that_it_was_cut(most: int, char: str) -> None:
    assert harmless(char * most, most) == harmless(char * most, 10 * most)
    cut = harmless(char * 500_000, most)
    assert cut.startswith(harmless(char * most, most) + "…⟨cut from 500000 characters, checksum ")
    assert len(cut) < 10 * most
    assert harmless(char * (most + 1), most) == harmless(char * (most + 1), most)


def test_200_characters_are_shown_whole() -> None:
    assert harmless("w" * 200) == "w" * 200


@given(nasty, nasty)
def test_long_texts_that_differ_only_after_the_cut_stay_different(one: str, other: str) -> None:
    long = "x" * MOST_NAME_CHARACTERS
    assert (harmless(long + one) == harmless(long + other)) == (one == other)


@given(nasty)
def test_no_text_can_pretend_to_be_one_that_was_cut(text: str) -> None:
    shown = harmless("x" * 300 + text)
    assert harmless(shown[:MOST_NAME_CHARACTERS]) != shown
    assert harmless(shown) != shown


@given(st.text(characters, max_size=600), st.sampled_from(["", " ", "   "]))
def test_a_rule_still_names_the_vm_it_named(name: str, space: str) -> None:
    """However long the name is, and whatever it begins with."""
    name = name.replace(",", "").strip()
    for tag in harmless_tags(f"{ANTI_PREFIX}{space}{name}"):
        assert tag.removeprefix(ANTI_PREFIX) == harmless(name)


def test_no_rule_is_left_out_however_many_tags_there_are() -> None:
    """One that is not read would bind another VM, which nobody would know."""
    words = [f"word-{number}" for number in range(50_000)]
    rules = [f"anti_db-{number}" for number in range(500)]
    read = harmless_tags(",".join([*words, *rules, "nomove", "node_11", *words]))
    assert read[:502] == (*rules, "nomove", "node_11")
    assert read[502:] == (*words[:MOST_TAGS], f"⟨{50_000 - MOST_TAGS} more⟩")
    assert harmless_tags(",".join(["a"] * 50_000)) == ("a",)
    assert len(harmless_tags(",".join(words[:MOST_TAGS]))) == MOST_TAGS
    assert harmless_tags("⟨5 more⟩") != ("⟨5 more⟩",), "a cluster cannot write it"


def test_a_vm_with_more_rules_than_can_be_heeded_is_not_read() -> None:
    rules = ",".join(f"anti_db-{number}" for number in range(MOST_RULES + 1))
    with pytest.raises(ValueError, match="1001 of its tags are rules; at most 1000 can be heeded"):
        harmless_tags(rules)


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


@pytest.mark.parametrize("char", ["\u0378", "\ue000", "\U000f0000", "\u05f6", "\uffff"])
def test_what_stands_for_nothing_is_shown_as_its_number(char: str) -> None:
    """Nobody knows how wide a terminal draws it."""
    assert harmless(f"a{char}b") == f"a⟨U+{ord(char):04X}⟩b"
