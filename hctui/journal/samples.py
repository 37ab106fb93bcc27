"""Reading stored samples, each with the inventory it shares with others. Knows no files, only a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from hctui.journal import encoding

Inventory = TypeVar("Inventory")
Figures = TypeVar("Figures")


class StoredSample(NamedTuple, Generic[Inventory, Figures]):
    """One sample: its time (Unix seconds), what there was, and what was measured."""

    at: float
    inventory: Inventory
    figures: Figures


WholeSample = StoredSample[encoding.Inventory, encoding.Figures]
NodeSample = StoredSample[encoding.NodesTold, encoding.NodeFigures]


def stored_samples(connection: sqlite3.Connection, since: float, until: float) -> Iterator[WholeSample]:
    """The samples of a time, both ends included, in the order they were written.

    Raises:
        encoding.UNREADABLE: a row is damaged.
    """
    return _samples(connection, since, until, encoding.read_inventory, encoding.read_figures)


def node_samples(connection: sqlite3.Connection, since: float, until: float) -> Iterator[NodeSample]:
    """What the same samples tell of nodes, for half the effort.

    Raises:
        encoding.UNREADABLE: a row is damaged.
    """
    return _samples(connection, since, until, encoding.read_nodes, encoding.read_node_figures)


def not_taken_again(
    samples: Sequence[StoredSample[Inventory, Figures]],
) -> list[StoredSample[Inventory, Figures]]:
    """Of samples in the order they were written those that count, oldest first.

    Where a clock was set back, what was written before that, from the time it was set back to on, does not: that time
    was lived through again.
    """
    kept: list[StoredSample[Inventory, Figures]] = []
    for sample in reversed(samples):
        if not kept or sample.at < kept[-1].at:
            kept.append(sample)
    kept.reverse()
    return kept


def _samples(
    connection: sqlite3.Connection,
    since: float,
    until: float,
    inventory_of: Callable[[bytes], Inventory],
    figures_of: Callable[[bytes], Figures],
) -> Iterator[StoredSample[Inventory, Figures]]:
    inventories: dict[int, Inventory] = {}
    rows = connection.execute(
        "SELECT at, inventory_id, figures FROM samples WHERE at BETWEEN ? AND ? ORDER BY id", (since, until)
    )
    for at, inventory_id, body in rows:
        if inventory_id not in inventories:
            inventories[inventory_id] = inventory_of(_body(connection, inventory_id))
        yield StoredSample(at, inventories[inventory_id], figures_of(body))


def _body(connection: sqlite3.Connection, inventory_id: int) -> bytes:
    row = connection.execute("SELECT body FROM inventories WHERE id = ?", (inventory_id,)).fetchone()
    if row is None:
        raise ValueError(f"inventory {inventory_id} is missing")
    body: bytes = row[0]
    return body
