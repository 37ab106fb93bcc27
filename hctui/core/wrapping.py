"""Sentences as lines of a terminal: wrapped at words, with hanging indents. Pure; knows no terminal and no words."""

from __future__ import annotations

import textwrap
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


def wrapped(blocks: Iterable[Block | str], width: int | None = WIDEST) -> list[str]:
    """The lines of all blocks, none wider than `width`; `None`: each block is one line. Strings stay as they are."""
    return [line for block in blocks for line in _lines(block, width)]


def _lines(block: Block | str, width: int | None) -> list[str]:
    if isinstance(block, str):
        return [block]
    if width is None:
        return [f"{block.first}{block.text}".rstrip()]
    before = max(len(block.first), len(block.rest))
    return textwrap.wrap(
        block.text,
        max(min(width, WIDEST), before + _NARROWEST),
        initial_indent=block.first,
        subsequent_indent=block.rest,
        break_on_hyphens=False,
    )
