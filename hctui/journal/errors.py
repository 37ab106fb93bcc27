"""What can be wrong with a journal, in words that say what to do. Knows no SQL and no schema."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hctui.core.errors import HctuiError


class JournalError(HctuiError):
    """The journal cannot be written or read. Without a journal nothing is sent to a cluster."""

    title = "The journal cannot be used"


class JournalDamaged(JournalError):
    """The file is not what was written to it."""


_HINTS = {
    "FULL": "Free some space on this disk.",
    "IOERR": "The disk reports an error; it may be full, failing or gone.",
    "READONLY": "Make the file, its folder and its disk writable for this user.",
    "CANTOPEN": "Make sure that the folder exists and that this user may write to it.",
    "PERM": "Make sure that this user may read and write the file.",
    "CORRUPT": "The file is damaged. Move it away to begin a new one; its history is then lost.",
    "NOTADB": "The file is damaged or not a journal. Move it away to begin a new one; its history is then lost.",
    "BUSY": "Another process is writing to it. Only one hctui may control a cluster.",
    "LOCKED": "Another process is writing to it. Only one hctui may control a cluster.",
}
"""What to do, by the primary name of SQLite's result code (`SQLITE_IOERR_WRITE` has the primary name `IOERR`)."""

_DAMAGED = frozenset({"CORRUPT", "NOTADB"})


def disk_error(path: Path, error: sqlite3.Error | OSError) -> JournalError:
    """The error of SQLite or the operating system as one of ours."""
    if isinstance(error, OSError):
        return JournalError(f"{path}: {error.strerror or error}.", hint=_HINTS["CANTOPEN"])
    name = getattr(error, "sqlite_errorname", "")
    primary = name.removeprefix("SQLITE_").partition("_")[0]
    told = f" ({name})" if name else ""
    kind = JournalDamaged if primary in _DAMAGED else JournalError
    return kind(f"{path}: {error}{told}.", hint=_HINTS.get(primary, ""))


def unreadable(path: Path, what: str, error: Exception) -> JournalError:
    """The error for a row (`what` it is, in a word) whose content makes no sense."""
    return JournalError(f"{path}: a {what} cannot be read ({error}).", hint=_HINTS["CORRUPT"])
