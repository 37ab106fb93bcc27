"""What the journal holds of a time, written to a file of its own for other programs."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from hctui.core.errors import HctuiError
from hctui.journal.chronicle import read_decision_list, read_migrations, read_orders
from hctui.journal.errors import unreadable
from hctui.journal.sheet import Sheet, decisions_sheet, migrations_sheet, orders_sheet, to_csv, to_json_lines


class ExportError(HctuiError):
    """The file cannot be written."""

    title = "The export failed"


class FileInTheWay(ExportError):
    """There is a file of that name, and it stays as it is."""

    title = "Nothing was exported"


class Subject(StrEnum):
    """What is exported."""

    MIGRATIONS = "migrations"
    DECISIONS = "decisions"
    ORDERS = "orders"


class Form(StrEnum):
    """In which form; the value is what the names of such files end in."""

    CSV = "csv"
    JSON_LINES = "jsonl"


_SHEETS: dict[Subject, Callable[[Path, float, float], Sheet]] = {
    Subject.MIGRATIONS: lambda path, since, until: migrations_sheet(
        reversed(read_migrations(path, since, until))
    ),
    Subject.DECISIONS: lambda path, since, until: decisions_sheet(
        reversed(read_decision_list(path, since, until))
    ),
    Subject.ORDERS: lambda path, since, until: orders_sheet(reversed(read_orders(path, since, until))),
}

_TEXTS: dict[Form, Callable[[Sheet], str]] = {Form.CSV: to_csv, Form.JSON_LINES: to_json_lines}


def export(journal: Path, what: Subject, form: Form, path: Path, since: float, until: float) -> int:
    """Write a new file that only its owner may read: all of a time, the oldest first.

    Args:
        journal: the journal file.
        what: migrations, imagined ones included, decisions, or orders.
        form: how they are written.
        path: the file to be made. One that is there already is left alone.
        since: Unix seconds, included.
        until: Unix seconds, included.

    Returns:
        The number of rows, the names of columns not counted.

    Raises:
        JournalError: the journal cannot be read.
        ExportError: the file cannot be written; `FileInTheWay`: there is one.
    """
    try:
        sheet = _SHEETS[what](journal, since, until)
    except (ValueError, OverflowError, OSError) as error:  # a time that no calendar has
        raise unreadable(journal, "row", error) from error
    write_new(path, _TEXTS[form](sheet).encode())
    return len(sheet.rows)


def write_new(path: Path, content: bytes) -> None:
    """All of it in a new file that only its owner may read, or no file.

    Raises:
        ExportError: it cannot be written; `FileInTheWay`: there is one.
    """
    try:
        # With O_EXCL neither a file nor a link of that name is followed or changed.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise FileInTheWay(
            f"{path} is there already.", hint="Choose another name; nothing is overwritten."
        ) from error
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> ExportError:
    return ExportError(
        f"{path}: {error.strerror or error}.",
        hint="Make sure that the folder exists, has room, and that this user may write to it.",
    )
