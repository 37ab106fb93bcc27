"""What was decided, read back whole: why this VM, why not that node, or why nothing. Reads only."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hctui.core.decision import Decision
from hctui.journal import encoding
from hctui.journal.reading import asked


def read_decisions(path: Path, since: float, until: float) -> tuple[Decision, ...]:
    """The decisions of a time (Unix seconds, both ends included) with their traces, in the order they were made.

    Raises:
        JournalError: the journal cannot be read.
    """
    with asked(path, "decision") as connection:
        rows = connection.execute(
            "SELECT trace FROM decisions WHERE at BETWEEN ? AND ? ORDER BY id", (since, until)
        )
        return tuple(encoding.read_decision(trace) for (trace,) in rows)


def read_decision(path: Path, decision_id: int) -> Decision | None:
    """The decision of one row; `None` if there is none.

    Raises:
        JournalError: the journal cannot be read.
    """
    with asked(path, "decision") as connection:
        return _whole(connection.execute("SELECT trace FROM decisions WHERE id = ?", (decision_id,)))


def read_decision_at(path: Path, at: float) -> Decision | None:
    """The decision made at that moment (Unix seconds), else the latest one before it; `None` if there is none.

    Where a clock was set back there may be two of one moment: the one written last.

    Raises:
        JournalError: the journal cannot be read.
    """
    with asked(path, "decision") as connection:
        return _whole(
            connection.execute(
                "SELECT trace FROM decisions WHERE at <= ? ORDER BY at DESC, id DESC LIMIT 1", (at,)
            )
        )


def read_decision_after(path: Path, at: float) -> Decision | None:
    """The first decision made after that moment (Unix seconds); `None` if there is none.

    Raises:
        JournalError: the journal cannot be read.
    """
    with asked(path, "decision") as connection:
        return _whole(
            connection.execute("SELECT trace FROM decisions WHERE at > ? ORDER BY at, id LIMIT 1", (at,))
        )


def _whole(cursor: sqlite3.Cursor) -> Decision | None:
    row = cursor.fetchone()
    return encoding.read_decision(row[0]) if row else None
