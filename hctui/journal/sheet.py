"""Migrations, decisions and orders as tables for other programs: named columns, CSV or JSON lines. Pure.

The names of columns are a promise to whoever reads them with a script: add some, but rename and drop none. Units
stand in the names. Every time is there twice: for people (ISO 8601, UTC) and for arithmetic (Unix seconds).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from hctui.core.decision import Closed
from hctui.journal.chronicle import DecisionTold, MigrationTold, OrderTold

Cell = str | float | int | bool | None

MIGRATION_COLUMNS = (
    "id",
    "requested_at_utc",
    "requested_at_unix_seconds",
    "ended_at_utc",
    "ended_at_unix_seconds",
    "duration_seconds",
    "is_imagined",
    "phase",
    "reason",
    "vm_id",
    "vm_name",
    "source_id",
    "source_name",
    "target_id",
    "target_name",
    "sentence",
    "note",
    "effect",
)

DECISION_COLUMNS = (
    "id",
    "at_utc",
    "at_unix_seconds",
    "outcome",
    "is_dry_run",
    "mode",
    "vm_name",
    "sentence",
    "closed_proposal_id",
    "closed_ending",
    "closed_vm_name",
    "closed_source_name",
    "closed_target_name",
)
"""`vm_name` is that of the decision's own move; what is `closed` is a proposal of before that ended in that cycle."""

ORDER_COLUMNS = ("id", "at_utc", "at_unix_seconds", "who", "what")

_FORMULA_SIGNS = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: names of columns, and rows that have a cell for each of them. `None` is empty."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def migrations_sheet(migrations: Iterable[MigrationTold]) -> Sheet:
    """Migrations in the order given."""
    return Sheet(MIGRATION_COLUMNS, tuple(_migration_row(each) for each in migrations))


def decisions_sheet(decisions: Iterable[DecisionTold]) -> Sheet:
    """Decisions in the order given."""
    return Sheet(DECISION_COLUMNS, tuple(_decision_row(each) for each in decisions))


def orders_sheet(orders: Iterable[OrderTold]) -> Sheet:
    """Orders in the sequence given."""
    rows = ((each.id, _utc(each.at), each.at, each.who, each.what) for each in orders)
    return Sheet(ORDER_COLUMNS, tuple(rows))


def to_csv(sheet: Sheet) -> str:
    """CSV as in RFC 4180, the names of the columns first.

    Names of VMs are anybody's: a cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(sheet.columns)
    writer.writerows([_csv_cell(cell) for cell in row] for row in sheet.rows)
    return text.getvalue()


def to_json_lines(sheet: Sheet) -> str:
    """One JSON object for each row, on a line of its own."""
    lines = (msgspec.json.encode(dict(zip(sheet.columns, row, strict=True))).decode() for row in sheet.rows)
    return "".join(f"{line}\n" for line in lines)


def _migration_row(told: MigrationTold) -> tuple[Cell, ...]:
    return (
        told.id,
        _utc(told.requested_at),
        told.requested_at,
        None if told.ended_at is None else _utc(told.ended_at),
        told.ended_at,
        told.seconds,
        told.is_imagined,
        told.phase,
        told.reason,
        told.vm_id,
        told.vm_name,
        told.source,
        told.source_name,
        told.target,
        told.target_name,
        told.sentence,
        told.note,
        told.effect,
    )


def _decision_row(told: DecisionTold) -> tuple[Cell, ...]:
    return (
        told.id,
        _utc(told.at),
        told.at,
        told.outcome,
        told.dry_run,
        told.mode,
        told.vm_name,
        told.sentence,
        *_closed_cells(told.closed),
    )


def _closed_cells(closed: Closed | None) -> tuple[Cell, ...]:
    if closed is None:
        return None, None, None, None, None
    move = closed.move
    return closed.proposal_id, closed.ending, move.vm_name, move.source_name, move.target_name


def _utc(at: float) -> str:
    """`2027-01-15T08:00:00.000Z`. `ValueError` or `OverflowError` for a time that no calendar has."""
    return datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _csv_cell(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if not isinstance(cell, str):
        return cell
    # Some spreadsheets skip white space, tabs included, before they look for a sign.
    is_formula = cell.startswith(("\t", "\r")) or cell.lstrip().startswith(_FORMULA_SIGNS)
    return f"'{cell}" if is_formula else str(cell)
