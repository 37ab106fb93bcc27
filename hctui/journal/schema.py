"""The tables of a journal, their version, and how a file is opened for writing or for reading.

Everything that is stored belongs to this one version: the tables, the encodings in `encoding.py`, and the shape of
the state. Whoever changes one of them raises `VERSION` and writes the way from the one before. Knows nothing of
what the rows mean.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hctui.journal.errors import JournalDamaged, JournalError, disk_error

VERSION = 1

BUSY_SECONDS = 5.0
"""How long to wait for another process that is writing."""

# Plain enough for the SQLite of enterprise Linux (3.34): neither STRICT nor RETURNING.

# What was ordered by whom, in words. What a slow disk has taken late is given to it again, and is one row all the same.
_ORDERS = """
    CREATE TABLE IF NOT EXISTS orders (
        id   INTEGER PRIMARY KEY AUTOINCREMENT,
        at   REAL NOT NULL,
        who  TEXT NOT NULL,
        what TEXT NOT NULL,
        UNIQUE (at, who, what)
    )
    """

# What a migration was to do to its two nodes, and what was measured of them, in words.
_EFFECTS = """
    CREATE TABLE IF NOT EXISTS effects (
        migration_id TEXT NOT NULL PRIMARY KEY,
        told         TEXT NOT NULL
    )
    """

_LATER = (_ORDERS, _EFFECTS)
"""Tables that journals made before the first release may not have."""

_TABLES = (
    """
    CREATE TABLE cluster (
        id   TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE addresses (
        address TEXT NOT NULL PRIMARY KEY
    )
    """,
    # Nodes and VMs with all that seldom changes. Many samples share one row; digest is over the content.
    """
    CREATE TABLE inventories (
        id     INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        body   BLOB NOT NULL
    )
    """,
    # id grows with every write, which `at` need not: clocks are set back.
    """
    CREATE TABLE samples (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        at           REAL NOT NULL UNIQUE,
        inventory_id INTEGER NOT NULL REFERENCES inventories (id),
        figures      BLOB NOT NULL
    )
    """,
    "CREATE INDEX samples_by_inventory ON samples (inventory_id)",
    # The columns are for searching; trace is the whole decision.
    """
    CREATE TABLE decisions (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        at       REAL NOT NULL,
        outcome  TEXT NOT NULL,
        dry_run  INTEGER NOT NULL,
        mode     TEXT NOT NULL,
        sentence TEXT NOT NULL,
        vm_id    TEXT,
        vm_name  TEXT,
        source   TEXT,
        target   TEXT,
        reason   TEXT,
        trace    BLOB NOT NULL
    )
    """,
    "CREATE INDEX decisions_by_time ON decisions (at)",
    # Real migrations only; a dry run leaves decisions with a move and dry_run = 1.
    """
    CREATE TABLE migrations (
        id           TEXT NOT NULL PRIMARY KEY,
        vm_id        TEXT NOT NULL,
        vm_name      TEXT NOT NULL,
        source       TEXT NOT NULL,
        source_name  TEXT NOT NULL,
        target       TEXT NOT NULL,
        target_name  TEXT NOT NULL,
        reason       TEXT NOT NULL,
        sentence     TEXT NOT NULL,
        requested_at REAL NOT NULL,
        phase        TEXT NOT NULL,
        phase_since  REAL NOT NULL,
        ended_at     REAL,
        task_id      TEXT,
        note         TEXT NOT NULL
    )
    """,
    *_LATER,
    """
    CREATE TABLE state (
        id   INTEGER PRIMARY KEY CHECK (id = 1),
        body TEXT NOT NULL
    )
    """,
)


@contextmanager
def transaction(connection: sqlite3.Connection, *, durable: bool = False) -> Iterator[None]:
    """All or nothing.

    Args:
        connection: one of `open_for_writing`.
        durable: when the block is left, the changes are on the disk itself and survive a power cut. Otherwise they
            survive the end of this process, and a power cut may take the latest of them, but never a part of one.
    """
    # SQLite ignores a change of this setting within a transaction.
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # After some errors, such as a full disk, SQLite has rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a journal, making it if need be. To be used by the thread that called this.

    Raises:
        JournalDamaged: SQLite finds that the file is damaged, or no database at all.
        JournalError: it cannot be opened, is not a journal, or was written by a newer version.
    """
    try:
        # SQLite gives its two companion files (-wal, -shm) the permissions of this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    except (sqlite3.Error, OSError) as error:
        raise disk_error(path, error) from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "PRAGMA fullfsync = ON"
        )  # macOS: otherwise "on disk" ends at the drive's own cache
        connection.execute("PRAGMA foreign_keys = ON")
        _check_whole(connection, path)
        _create_tables(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise disk_error(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def open_for_reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a journal as it is at this moment; what is written meanwhile is not seen, and nobody is held up.

    Raises:
        JournalError: it cannot be read, is not a journal, or was written by a newer version.
    """
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        ) as connection:
            connection.execute("BEGIN")
            if not _known_version(connection, path):
                raise _not_a_journal(path)
            yield connection
    except sqlite3.Error as error:
        raise disk_error(path, error) from error


def _check_whole(connection: sqlite3.Connection, path: Path) -> None:
    """Look through the pages of the file, though not at what the rows mean.

    Raises:
        JournalDamaged: a page is not as it should be.
    """
    (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if finding != "ok":
        raise JournalDamaged(f"{path}: {finding}.")


def _create_tables(connection: sqlite3.Connection, path: Path) -> None:
    with transaction(connection):
        if _known_version(connection, path):
            for statement in _LATER:
                connection.execute(statement)
            return
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise _not_a_journal(path)
        for statement in _TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _known_version(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has our tables; `False` when it has no version at all."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise JournalError(
            f"{path} has version {version}; this hctui knows versions up to {VERSION}.",
            hint="A newer hctui has written it. Use that one, or move the file away to begin a new one.",
        )
    return version > 0


def _not_a_journal(path: Path) -> JournalError:
    return JournalError(f"{path} is not a journal of hctui.", hint="Move the file away to begin a new one.")
