"""Foreign text made fit for a terminal, one to one. Knows nothing of clusters or terminals.

A VM name may hold anything: escape sequences that recolour the screen, direction marks that show `evil` as
`live`, letters without width that make two names look alike. Each such character is replaced by its code point
in visible brackets. The opening bracket is replaced as well, so the result can be read back in one way only: two
texts are equal afterwards exactly when they were equal before. Rules match names by equality and rely on it.
"""

from __future__ import annotations

import unicodedata

_OPENING = "⟨"
_CLOSING = "⟩"

# Controls, format characters (direction marks, zero width), surrogates, line and paragraph separators.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# Invisible although Unicode files them under letters and marks: joiner, fillers, vowels without a glyph.
_HIDDEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def harmless(text: str) -> str:
    """Replaces every character that controls, reorders or hides text, such as `⟨U+001B⟩` for escape.

    Args:
        text: anything, lone surrogates included.

    Returns:
        The text with nothing but visible characters and spaces; different texts give different results.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"{_OPENING}U+{ord(char):04X}{_CLOSING}" if _is_hidden(char) else char for char in text)


def harmless_tags(text: str) -> tuple[str, ...]:
    """The words of a comma-separated list: trimmed, without empty ones, in their order, each made harmless."""
    return tuple(harmless(word) for word in map(str.strip, text.split(",")) if word)


def _is_hidden(char: str) -> bool:
    return (
        char == _OPENING
        or unicodedata.category(char) in _HIDDEN_CATEGORIES
        or char in _HIDDEN_LETTERS
        or "\ufe00" <= char <= "\ufe0f"  # variation selectors: two names may differ by nothing else
        or "\U000e0100" <= char <= "\U000e01ef"
    )
