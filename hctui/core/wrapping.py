"""Sentences as lines of a terminal: harmless, wrapped at words, with hanging indents. Pure; knows no words.

What a cluster says is made harmless before it is taken in. This is the second lock on the same door, for what comes
from a file or another process, and every line that is printed passes through it.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

WIDEST = 100
"""Longer lines are hard to read, however wide a terminal is."""

_NARROWEST = 20
"""At least so many columns are left to the text, however narrow a terminal is."""


@dataclass(frozen=True, slots=True)
class Block:
    """A text that may take several lines. `first` stands before it, `rest` before its second and later lines."""

    text: str
    first: str = ""
    rest: str = ""


def indented(text: str, indent: int = 0, hang: int = 0) -> Block:
    """A block that begins after so many blanks, and goes on after `hang` more."""
    return Block(text, " " * indent, " " * (indent + hang))


def one_line(text: str) -> str:
    """The text on one line: a blank for each line break, `?` for what would steer a terminal or turn text around."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return " " if char.isspace() else "?"


def wrapped(blocks: Iterable[Block | str], width: int | None = WIDEST) -> list[str]:
    """The lines of all blocks, none wider than `width`; `None`: each block is one line. Strings are one line each."""
    return [line for block in blocks for line in _lines(block, width)]


def _lines(block: Block | str, width: int | None) -> list[str]:
    if isinstance(block, str):
        return [one_line(block)]
    text = one_line(block.text)
    if width is None:
        return [f"{one_line(block.first)}{text}".rstrip()]
    before = max(len(block.first), len(block.rest))
    return textwrap.wrap(
        text,
        max(min(width, WIDEST), before + _NARROWEST),
        initial_indent=one_line(block.first),
        subsequent_indent=one_line(block.rest),
        break_on_hyphens=False,
    )
