"""Which journals a folder holds, for commands that have an address or nothing at all, and no cluster to ask.

Reads only; an engine may be writing meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hctui.journal.errors import JournalError
from hctui.journal.schema import open_for_reading
from hctui.journal.store import SUFFIX


@dataclass(frozen=True, slots=True)
class JournalInfo:
    """A journal: whose it is and what time it covers. `first_at` and `last_at` are `None` while it is empty."""

    cluster_id: str
    cluster_name: str
    addresses: tuple[str, ...]
    path: Path
    first_at: float | None
    last_at: float | None


def journals(folder: Path) -> list[JournalInfo]:
    """The journals in a folder, the one written to last first. Files that cannot be read are left out."""
    return _survey(folder)[0]


def find(folder: Path, address: str) -> JournalInfo | None:
    """The journal of the cluster that was reached at an address; of several the one written to last.

    Raises:
        JournalError: there is none, but there is a file that cannot be read, which may be the one.
    """
    found, unreadable = _survey(folder)
    match = next((info for info in found if address in info.addresses), None)
    if match is None and unreadable:
        raise unreadable[0]
    return match


def describe(path: Path) -> JournalInfo:
    """What a journal file is about.

    Raises:
        JournalError: it cannot be read, is not a journal, or was written by a newer version.
    """
    with open_for_reading(path) as connection:
        cluster_id, cluster_name = connection.execute("SELECT id, name FROM cluster").fetchone()
        addresses = tuple(
            row[0] for row in connection.execute("SELECT address FROM addresses ORDER BY rowid")
        )
        first_at, last_at = connection.execute("SELECT min(at), max(at) FROM decisions").fetchone()
        return JournalInfo(cluster_id, cluster_name, addresses, path, first_at, last_at)


def _survey(folder: Path) -> tuple[list[JournalInfo], list[JournalError]]:
    found, unreadable = [], []
    for path in sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_file()):
        try:
            found.append(describe(path))
        except JournalError as error:
            unreadable.append(error)
    return sorted(found, key=lambda info: info.last_at or 0.0, reverse=True), unreadable
