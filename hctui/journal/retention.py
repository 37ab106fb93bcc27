"""What of a journal is forgotten: samples and decisions that are older than somebody wants to keep.

Migrations stay: they are few, and what was moved when is asked for years later. The file does not shrink; what
is written next takes the place. Knows a connection, and neither the time nor the settings.
"""

from __future__ import annotations

import sqlite3

MOST_ROWS = 2000
"""So many of each kind at a time: a few milliseconds, so that no cycle waits for it."""

_FORGET = (
    "DELETE FROM samples WHERE id IN (SELECT id FROM samples WHERE at < ? ORDER BY id LIMIT ?)",
    "DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE at < ? ORDER BY id LIMIT ?)",
)
_FORGET_INVENTORIES = (
    "DELETE FROM inventories WHERE NOT EXISTS (SELECT 1 FROM samples WHERE inventory_id = inventories.id)"
)


def forget(connection: sqlite3.Connection, before: float) -> bool:
    """Delete some of what was recorded before `before` (Unix seconds), the oldest first.

    To be called within a transaction. What nothing refers to any more goes too.

    Returns:
        Whether there is more to forget.
    """
    deleted = [connection.execute(statement, (before, MOST_ROWS)).rowcount for statement in _FORGET]
    if deleted[0]:
        connection.execute(_FORGET_INVENTORIES)
    return max(deleted) == MOST_ROWS
