"""The lists of what was done, decided and ordered, the latest first. Reads only; whole traces are in `traces.py`."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from hctui.core.decision import Closed, Outcome, Reason
from hctui.core.migration import Phase
from hctui.core.model import NodeId, VmId
from hctui.core.policy import Mode
from hctui.journal import encoding
from hctui.journal.reading import asked

ALL = -1
"""As a limit: no limit."""

MAY_WAIT = frozenset({Outcome.PROPOSAL, Outcome.NO_DATA, Outcome.REFUSED})
"""The outcomes of cycles after which a proposal may wait; the next one may tell how it ended, whatever it comes to."""

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class MigrationTold:
    """A migration that was asked for, or one that a dry run imagined. Times are Unix seconds.

    Attributes:
        id: unique among both kinds.
        requested_at: when the intent was written; of an imagined one, when it was decided.
        ended_at: `None` while it is under way, and for an imagined one.
        phase: `None` for an imagined one.
        note: the fact it ended in.
        effect: what it was to do to its two nodes, and what was measured of them; empty where nobody knows.
    """

    id: str
    vm_id: VmId
    vm_name: str
    source: NodeId
    source_name: str
    target: NodeId
    target_name: str
    reason: Reason
    sentence: str
    requested_at: float
    ended_at: float | None = None
    phase: Phase | None = None
    note: str = ""
    effect: str = ""

    @property
    def is_imagined(self) -> bool:
        """Whether a dry run imagined it, and nothing was sent."""
        return self.phase is None

    @property
    def seconds(self) -> float | None:
        """How long it took; `None` if it has not ended, or was imagined."""
        return None if self.ended_at is None else max(0.0, self.ended_at - self.requested_at)


@dataclass(frozen=True, slots=True)
class DecisionTold:
    """A decision without its trace.

    Attributes:
        at: Unix seconds.
        vm_name: that of its move, sent, proposed or imagined; `None` where no VM is to be moved.
        closed: the proposal that ended in it, which may be of another VM.
    """

    id: int
    at: float
    outcome: Outcome
    dry_run: bool
    mode: Mode
    sentence: str
    vm_name: str | None
    closed: Closed | None = None


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order, when it was given and by whom, in words; what came of it, decisions tell. `at`: Unix seconds."""

    id: int
    at: float
    who: str
    what: str


def read_migrations(path: Path, since: float, until: float, limit: int = ALL) -> tuple[MigrationTold, ...]:
    """Migrations of a time (Unix seconds, both ends included), real and imagined ones, the latest first.

    Raises:
        JournalError: the journal cannot be read.
    """
    with asked(path, "migration") as connection:
        told = [*_real(connection, since, until, limit), *_imagined(connection, since, until, limit)]
    told.sort(key=lambda migration: migration.requested_at, reverse=True)
    return tuple(told if limit == ALL else told[:limit])


def read_decision_list(
    path: Path,
    since: float,
    until: float,
    limit: int = ALL,
    *,
    contains: str = "",
    outcomes: Collection[Outcome] | None = None,
) -> tuple[DecisionTold, ...]:
    """Decisions of a time (Unix seconds, both ends included), the latest first.

    Args:
        path: the journal file.
        since: Unix seconds.
        until: Unix seconds.
        limit: the most to read.
        contains: only those in whose outcome, sentence or VM name this occurs, whatever its case.
        outcomes: only those that came to one of these.

    Raises:
        JournalError: the journal cannot be read.
    """
    needle = contains.casefold()

    def is_wanted(outcome: str, sentence: str, vm_name: str | None) -> bool:
        if outcomes is not None and outcome not in outcomes:
            return False
        return any(needle in text.casefold() for text in (outcome, sentence, vm_name or ""))

    with asked(path, "decision") as connection:
        connection.create_function("is_wanted", 3, is_wanted, deterministic=True)
        connection.create_function("may_wait", 1, _may_wait, deterministic=True)
        cursor = connection.execute(
            "SELECT id, at, outcome, dry_run, mode, sentence, vm_name, "
            "CASE WHEN may_wait((SELECT outcome FROM decisions AS earlier WHERE earlier.id < decisions.id "
            "ORDER BY earlier.id DESC LIMIT 1)) THEN trace END FROM decisions "
            "WHERE at BETWEEN ? AND ? AND is_wanted(outcome, sentence, vm_name) "
            "ORDER BY at DESC, id DESC LIMIT ?",
            (since, until, limit),
        )
        return tuple(_decisions(cursor))


def read_orders(
    path: Path, since: float, until: float, limit: int = ALL, *, contains: str = ""
) -> tuple[OrderTold, ...]:
    """Orders of a time (Unix seconds, both ends included), the latest first.

    Args:
        path: the journal file.
        since: Unix seconds.
        until: Unix seconds.
        limit: the most to read.
        contains: only those in whose giver or words this occurs, whatever its case.

    Raises:
        JournalError: the journal cannot be read.
    """
    needle = contains.casefold()

    def is_wanted(who: str, what: str) -> bool:
        return any(needle in text.casefold() for text in (who, what))

    with asked(path, "order") as connection:
        connection.create_function("is_wanted", 2, is_wanted, deterministic=True)
        cursor = connection.execute(
            "SELECT id, at, who, what FROM orders WHERE at BETWEEN ? AND ? AND is_wanted(who, what) "
            "ORDER BY at DESC, id DESC LIMIT ?",
            (since, until, limit),
        )
        return tuple(_rows(cursor, OrderTold))


def _real(connection: sqlite3.Connection, since: float, until: float, limit: int) -> Iterator[MigrationTold]:
    cursor = connection.execute(
        "SELECT id, vm_id, vm_name, source, source_name, target, target_name, reason, sentence, requested_at, "
        "ended_at, phase, note, coalesce((SELECT told FROM effects WHERE migration_id = id), '') AS effect "
        "FROM migrations WHERE requested_at BETWEEN ? AND ? ORDER BY requested_at DESC, rowid DESC LIMIT ?",
        (since, until, limit),
    )
    return _rows(cursor, MigrationTold)


def _imagined(
    connection: sqlite3.Connection, since: float, until: float, limit: int
) -> Iterator[MigrationTold]:
    """A proposal in a dry run is none: only what was approved, or decided without asking, is imagined."""
    rows = connection.execute(
        "SELECT id, at, trace FROM decisions WHERE dry_run = 1 AND outcome = ? AND at BETWEEN ? AND ? "
        "ORDER BY at DESC, id DESC LIMIT ?",
        (Outcome.MOVE, since, until, limit),
    )
    for row_id, at, trace in rows:
        move = encoding.read_conclusions(trace).move
        if move is None:
            raise ValueError(f"decision {row_id} is to move nothing")
        yield MigrationTold(
            f"dry-run-{row_id}",
            move.vm_id,
            move.vm_name,
            move.source,
            move.source_name,
            move.target,
            move.target_name,
            move.reason,
            move.sentence,
            at,
        )


def _may_wait(before: str | None) -> bool:
    """Whether a proposal may have ended in the cycle after this outcome; traces of others need not be read."""
    return before is None or before in MAY_WAIT


def _decisions(cursor: sqlite3.Cursor) -> Iterator[DecisionTold]:
    for *told, trace in cursor:
        closed = encoding.read_conclusions(trace).closed if trace is not None else None
        values = dict(zip(DecisionTold.__dataclass_fields__, (*told, None), strict=True))
        yield replace(msgspec.convert(values, DecisionTold, strict=False), closed=closed)


def _rows(cursor: sqlite3.Cursor, kind: type[_Row]) -> Iterator[_Row]:
    """Rows as values whose fields are named like the columns. Raises `encoding.UNREADABLE` where they do not fit."""
    names = [column[0] for column in cursor.description]
    for row in cursor:
        # Not strict: SQLite has no booleans, and a float without a fraction may come back as an int.
        yield msgspec.convert(dict(zip(names, row, strict=True)), kind, strict=False)
