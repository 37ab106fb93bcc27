"""Reading stored samples, each with the inventory it shares with others. Knows no files, only a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from hctui.journal import encoding


class StoredSample(NamedTuple):
    """One sample: its time (Unix seconds), what there was, and what was measured."""

    at: float
    inventory: encoding.Inventory
    figures: encoding.Figures


def stored_samples(connection: sqlite3.Connection, since: float, until: float) -> Iterator[StoredSample]:
    """The samples of a time, both ends included, in the order they were written.

    Raises:
        encoding.UNREADABLE: a row is damaged.
    """
    inventories: dict[int, encoding.Inventory] = {}
    rows = connection.execute(
        "SELECT at, inventory_id, figures FROM samples WHERE at BETWEEN ? AND ? ORDER BY id", (since, until)
    )
    for at, inventory_id, body in rows:
        if inventory_id not in inventories:
            inventories[inventory_id] = _inventory(connection, inventory_id)
        yield StoredSample(at, inventories[inventory_id], encoding.read_figures(body))


def _inventory(connection: sqlite3.Connection, inventory_id: int) -> encoding.Inventory:
    row = connection.execute("SELECT body FROM inventories WHERE id = ?", (inventory_id,)).fetchone()
    if row is None:
        raise ValueError(f"inventory {inventory_id} is missing")
    return encoding.read_inventory(row[0])
