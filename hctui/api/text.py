"""Foreign text made fit for a terminal, one to one. Knows nothing of clusters or terminals.

A VM name may hold anything: escape sequences that recolour the screen, direction marks that show `evil` as
`live`, letters without width that make two names look alike. Each such character is replaced by its code point
in visible brackets. The opening bracket is replaced as well, so the result can be read back in one way only: two
texts are equal afterwards exactly when they were equal before. Rules match names by equality and rely on it.

A text may also be of any length, and no screen or log is to suffer from that. What is too long is cut, and says so
with its length and a checksum of the whole: it cannot be read back, but is still equal only to itself.
"""

from __future__ import annotations

import hashlib
import unicodedata

from hctui.core.rules import ANTI_PREFIX, NOMOVE_TAG, PIN_PREFIX

MOST_NAME_CHARACTERS = 256
"""Names and tags up to this length are shown whole."""

MOST_TEXT_CHARACTERS = 1000
"""Descriptions and messages up to this length are shown whole."""

MOST_TAGS = 100
"""So many tags of one VM that are no rules are kept. Rules are never left out."""

MOST_RULES = 1000
"""A VM with more rules is not read at all: a rule binds other VMs as well, so none may be overlooked."""

MOST_MARKS = 4
"""So many accents may stand on one letter. No living language needs more; a pile of them covers the lines above."""

_OPENING = "⟨"
_CLOSING = "⟩"

# Controls, format characters (direction marks, zero width), surrogates, code points that stand for nothing or for
# whatever a font makes of them (nobody knows how wide), line and paragraph separators.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})

# Marks without a width of their own, on or around the letter before.
_MARKS = frozenset({"Mn", "Me"})

# Invisible although Unicode files them under letters and marks: joiner, fillers, vowels without a glyph.
_HIDDEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def harmless(text: str, most: int = MOST_NAME_CHARACTERS) -> str:
    """Replaces every character that controls, reorders or hides text, such as `⟨U+001B⟩` for escape.

    Args:
        text: anything, lone surrogates included.
        most: so many characters are shown; of a longer text the beginning, and that it was cut.

    Returns:
        The text with nothing but visible characters and spaces; different texts give different results.
    """
    if len(text) <= most:
        return _shown(text)
    checksum = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    told = f"cut from {len(text)} characters, checksum {checksum}"
    return f"{_shown(text[:most])}…{_OPENING}{told}{_CLOSING}"


def harmless_tags(text: str) -> tuple[str, ...]:
    """The words of a comma-separated list: trimmed, without empty ones, in their order, each made harmless.

    Of too many, each is taken once, rules come first, and of the others some are left out. That is told by a tag at the
    end, which no cluster can make, since it has an opening bracket in it.

    Raises:
        ValueError: there are more rules among them than can be heeded.
    """
    words = [word for word in map(str.strip, text.split(",")) if word]
    if len(words) <= MOST_TAGS:
        return tuple(map(_harmless_tag, words))
    rules = [word for word in dict.fromkeys(words) if _is_rule(word)]
    others = [word for word in dict.fromkeys(words) if not _is_rule(word)]
    if len(rules) > MOST_RULES:
        raise ValueError(f"{len(rules)} of its tags are rules; at most {MOST_RULES} can be heeded")
    left_out = len(others) - MOST_TAGS
    rest = (f"{_OPENING}{left_out} more{_CLOSING}",) if left_out > 0 else ()
    return (*map(_harmless_tag, [*rules, *others[:MOST_TAGS]]), *rest)


def _harmless_tag(word: str) -> str:
    """The name in a rule is made harmless by itself, so that it is still equal to that of the VM it means."""
    if not word.startswith(ANTI_PREFIX):
        return harmless(word)
    return ANTI_PREFIX + harmless(word.removeprefix(ANTI_PREFIX).strip(" "))


def _is_rule(word: str) -> bool:
    return word.startswith((ANTI_PREFIX, PIN_PREFIX)) or word == NOMOVE_TAG


def _shown(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], MOST_MARKS  # an accent without a letter would sit on whatever is drawn before it
    for char in text:
        is_mark = unicodedata.category(char) in _MARKS
        marks = marks + 1 if is_mark else 0
        is_hidden = _is_hidden(char) or marks > MOST_MARKS
        shown.append(f"{_OPENING}U+{ord(char):04X}{_CLOSING}" if is_hidden else char)
    return "".join(shown)


def _is_hidden(char: str) -> bool:
    return (
        char == _OPENING
        or unicodedata.category(char) in _HIDDEN_CATEGORIES
        or char in _HIDDEN_LETTERS
        or "\ufe00" <= char <= "\ufe0f"  # variation selectors: two names may differ by nothing else
        or "\U000e0100" <= char <= "\U000e01ef"
    )
