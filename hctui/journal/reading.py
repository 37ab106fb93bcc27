"""Opening a journal to ask it one thing, with every way of failing turned into one error. Knows no tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hctui.journal import encoding
from hctui.journal.errors import unreadable
from hctui.journal.schema import open_for_reading

_SENSELESS = (*encoding.UNREADABLE, TypeError)
"""What reading a row may raise that makes no sense; `TypeError` is for text or a number where bytes should be."""


@contextmanager
def asked(path: Path, what: str) -> Iterator[sqlite3.Connection]:
    """Open the journal at `path` to read one kind of row; `what` it is, in a word.

    Raises:
        JournalError: the file cannot be read, or a row in it makes no sense.
    """
    with open_for_reading(path) as connection:
        try:
            yield connection
        except _SENSELESS as error:
            raise unreadable(path, what, error) from error
