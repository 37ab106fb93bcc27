"""What a list of the history holds: asked of the journal, for each kind of list in its own way.

Knows what is asked for, and neither how it is shown nor the screen. One row more than may be listed is asked for, to
know whether there is more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hctui.engine.queries import MigrationTold, OrderTold, Queries, Subject
from hctui.tui.lists import history
from hctui.tui.lists.folding import Fold, folded

Told = MigrationTold | Fold | OrderTold


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time, both ends included (Unix seconds), and the text of the filter."""

    since: float
    until: float
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be listed, by the key of its row, the latest first; and whether there is more."""

    told: dict[str, Told]
    is_cut: bool


async def found(queries: Queries, subject: Subject, wanted: Wanted) -> Found:
    """Ask the journal for one list.

    Raises:
        HctuiError: it cannot be read.
    """
    return await _ASKED[subject](queries, wanted)


async def _migrations(queries: Queries, wanted: Wanted) -> Found:
    """Those that match, among the latest."""
    most = history.MOST_ROWS
    migrations = await queries.migrations(wanted.since, wanted.until, most + 1)
    matching = [each for each in migrations[:most] if history.matches(each, wanted.text)]
    return Found({each.id: each for each in matching}, len(migrations) > most)


async def _decisions(queries: Queries, wanted: Wanted) -> Found:
    """The latest that match, those that say the same in one row."""
    most = history.MOST_DECISIONS
    decisions = await queries.decisions(wanted.until, most + 1, contains=wanted.text)
    within = [each for each in decisions if each.at >= wanted.since]
    return Found({fold.key: fold for fold in folded(within[:most])}, len(within) > most)


async def _orders(queries: Queries, wanted: Wanted) -> Found:
    """The latest that match."""
    most = history.MOST_ROWS
    orders = await queries.orders(wanted.since, wanted.until, most + 1, contains=wanted.text)
    return Found({str(each.id): each for each in orders[:most]}, len(orders) > most)


_ASKED: dict[Subject, Callable[[Queries, Wanted], Awaitable[Found]]] = {
    Subject.MIGRATIONS: _migrations,
    Subject.DECISIONS: _decisions,
    Subject.ORDERS: _orders,
}
