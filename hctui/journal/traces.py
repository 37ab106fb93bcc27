"""What was decided, read back whole: why this VM, why not that node, or why nothing. Reads only."""

from __future__ import annotations

from pathlib import Path

from hctui.core.decision import Decision
from hctui.journal import encoding
from hctui.journal.errors import unreadable
from hctui.journal.schema import open_for_reading


def read_decisions(path: Path, since: float, until: float) -> tuple[Decision, ...]:
    """The decisions of a time (Unix seconds, both ends included) with their traces, in the order they were made.

    Raises:
        JournalError: the journal cannot be read.
    """
    with open_for_reading(path) as connection:
        rows = connection.execute(
            "SELECT trace FROM decisions WHERE at BETWEEN ? AND ? ORDER BY id", (since, until)
        )
        try:
            return tuple(encoding.read_decision(trace) for (trace,) in rows)
        except encoding.UNREADABLE as error:
            raise unreadable(path, "decision", error) from error
