"""What of a journal is forgotten: samples and decisions that are older than somebody wants to keep.

Migrations and orders stay: they are few, and what was moved when, and who said so, is asked for years later. Only where
something orders without end, orders as old as that go too, but for the latest. The file does not shrink; what is
written next takes the place. Knows a connection, and neither the time nor the settings.
"""

from __future__ import annotations

import sqlite3

MOST_ROWS = 2000
"""So many of each kind at a time: a few milliseconds, so that no cycle waits for it."""

MOST_ORDERS = 100_000
"""So many of the latest orders are kept whatever their age: thirty a day for nine years."""

_FORGET = (
    "DELETE FROM samples WHERE id IN (SELECT id FROM samples WHERE at < :before ORDER BY id LIMIT :rows)",
    "DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE at < :before ORDER BY id LIMIT :rows)",
    "DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE at < :before "
    "AND id <= (SELECT max(id) FROM orders) - :orders ORDER BY id LIMIT :rows)",
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
    bounds = {"before": before, "rows": MOST_ROWS, "orders": MOST_ORDERS}
    deleted = [connection.execute(statement, bounds).rowcount for statement in _FORGET]
    if deleted[0]:
        connection.execute(_FORGET_INVENTORIES)
    return max(deleted) == MOST_ROWS
