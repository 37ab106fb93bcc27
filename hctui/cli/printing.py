"""How wide text may be that commands print: as the terminal is, and as long as it likes where a program reads it."""

from __future__ import annotations

import shutil
import sys

import click

from hctui.core.wrapping import WIDEST, Block, wrapped


def width() -> int | None:
    """The columns of the terminal that is printed to, at most 100; `None` where the output is piped."""
    if not sys.stdout.isatty():
        return None
    return min(shutil.get_terminal_size().columns, WIDEST)


def tell(sentences: str) -> None:
    """Print sentences, wrapped at words where a person reads them."""
    for line in wrapped([Block(sentences)], width()):
        click.echo(line)
