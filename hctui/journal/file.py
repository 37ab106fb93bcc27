"""One journal file: what is written in which transaction, and how a restart reads it back.

Blocking, and for one thread; `store.py` puts it on a thread of its own. Does not decide when to write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from hctui.core.commands import Ordered
from hctui.core.decision import Decision
from hctui.core.history import Sample
from hctui.core.learning import sentence
from hctui.core.migration import Migration
from hctui.core.model import ClusterInfo, Snapshot
from hctui.core.state import State
from hctui.journal import encoding
from hctui.journal.errors import JournalDamaged, JournalError, disk_error, unreadable
from hctui.journal.lock import sole_engine
from hctui.journal.retention import forget
from hctui.journal.samples import not_taken_again, stored_samples
from hctui.journal.schema import open_for_writing, transaction


class JournalFile:
    """A journal that is open for writing. Every method raises `JournalError` when the disk does not play along."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection
        self._at_close = ExitStack()
        self._inode = 0
        self._inventory: tuple[bytes, int] | None = None  # digest and row of the latest one
        self.owed: dict[str, Migration] = {}
        """Migrations, by id, to be written with the next state: a state in which one is over must not be alone."""

    def open(self, cluster: ClusterInfo, address: str) -> Path | None:
        """Open the file, or make it; the thread that calls this is the one for everything that follows.

        A file that is damaged is set aside, with whatever can be read of it, and a new one begun.

        Returns:
            Where the damaged file is now; `None` if it was not.
        """
        set_aside = None
        with self._ours():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._at_close.enter_context(sole_engine(self.path.with_suffix(".lock")))
            try:
                connection = open_for_writing(self.path)
            except JournalDamaged:
                set_aside = _set_aside(self.path)
                connection = open_for_writing(self.path)
            self._connection = self._at_close.enter_context(closing(connection))
            self._inode = self.path.stat().st_ino
            with transaction(self._connection):
                self._introduce(cluster, address)
        return set_aside

    def close(self) -> None:
        """Leave one tidy file behind. Does nothing where `open` was not called or did not succeed."""
        with self._ours():
            self._at_close.close()

    def record_cycle(
        self,
        snapshot: Snapshot | None,
        decision: Decision,
        state: State,
        orders: Iterable[Ordered] = (),
    ) -> None:
        """A cycle: its sample, its decision, the state after it and what had been ordered; all or none."""
        with self._ours():
            inventory = self._inventory
            with transaction(self._connection):
                if snapshot is not None:
                    inventory = self._insert_sample(snapshot)
                self._insert_decision(decision)
                self._insert_orders(orders)
                self._replace_state(state)
            self._inventory = inventory  # not before: a row that is rolled back is not to be referred to

    def save_state(self, state: State, orders: Iterable[Ordered] = ()) -> None:
        """The state, and what had been ordered, on the disk itself."""
        with self._ours(), transaction(self._connection, durable=True):
            self._insert_orders(orders)
            self._replace_state(state)

    def forget(self, before: float) -> bool:
        """Delete some of what is older; whether there is more."""
        with self._ours(), transaction(self._connection):
            has_more = forget(self._connection, before)
            self._inventory = None  # it may have been deleted with the last sample that referred to it
        return has_more

    def record_migration(self, migration: Migration, state: State) -> None:
        """A migration as it is now, new or known, and the state with it, on the disk itself."""
        with self._ours(), transaction(self._connection, durable=True):
            self._check_in_place()
            self._upsert_migration(migration)
            self._replace_state(state)

    def load_state(self, now: float, keep_seconds: float) -> State:
        """What a restart goes on with; see `Journal.load_state`."""
        with self._ours():
            row = self._connection.execute("SELECT body FROM state").fetchone()
            try:
                state = encoding.read_state(row[0]) if row else State()
            except encoding.UNREADABLE as error:
                raise JournalError(
                    f"{self.path}: the saved state has a shape that this hctui does not know ({error}).",
                    hint="It holds cooldowns and the migration under way. Use the version of hctui that wrote it, or "
                    "move the file away to begin without any memory.",
                ) from error
            return replace(state, samples=self._samples(now, keep_seconds))

    def _check_in_place(self) -> None:
        """SQLite goes on writing into a file that was moved away or deleted; a restart would know nothing of it."""
        try:
            is_ours = self.path.stat().st_ino == self._inode
        except FileNotFoundError:
            is_ours = False
        if not is_ours:
            raise JournalError(
                f"{self.path} was moved away or deleted while hctui was using it.",
                hint="Put it back, or start hctui again to begin a new one.",
            )

    def _introduce(self, cluster: ClusterInfo, address: str) -> None:
        row = self._connection.execute("SELECT id FROM cluster").fetchone()
        if row and row[0] != cluster.id:
            raise JournalError(
                f"{self.path} belongs to the cluster {row[0]}, not to {cluster.id} ({cluster.name}).",
                hint="It was renamed or copied. Move it away to begin a new one.",
            )
        self._connection.execute("INSERT OR REPLACE INTO cluster VALUES (?, ?)", (cluster.id, cluster.name))
        self._connection.execute("INSERT OR IGNORE INTO addresses VALUES (?)", (address,))

    def _insert_sample(self, snapshot: Snapshot) -> tuple[bytes, int]:
        """Returns the digest and row of the inventory the sample refers to."""
        inventory, figures = encoding.split(snapshot)
        digest, content = encoding.write_inventory(inventory)
        if self._inventory and self._inventory[0] == digest:
            row_id = self._inventory[1]
        else:
            row_id = self._find_inventory(digest) or self._insert_inventory(digest, content)
        # A snapshot that is decided on twice is one sample.
        self._connection.execute(
            "INSERT OR REPLACE INTO samples (at, inventory_id, figures) VALUES (?, ?, ?)",
            (snapshot.taken_at, row_id, encoding.write_figures(figures)),
        )
        return digest, row_id

    def _find_inventory(self, digest: bytes) -> int | None:
        """One that was there before, such as when a VM has returned to its node."""
        row = self._connection.execute("SELECT id FROM inventories WHERE digest = ?", (digest,)).fetchone()
        return row[0] if row else None

    def _insert_inventory(self, digest: bytes, content: bytes) -> int:
        row_id = self._connection.execute(
            "INSERT INTO inventories (digest, body) VALUES (?, ?)", (digest, encoding.deflated(content))
        ).lastrowid
        assert row_id is not None  # noqa: S101 - an INSERT that did not raise has one
        return row_id

    def _insert_decision(self, decision: Decision) -> None:
        move = decision.move
        self._connection.execute(
            "INSERT INTO decisions (at, outcome, dry_run, mode, sentence, vm_id, vm_name, source, target, reason, "
            "trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                decision.at,
                decision.outcome,
                decision.dry_run,
                decision.mode,
                decision.sentence,
                *((move.vm_id, move.vm_name, move.source, move.target, move.reason) if move else [None] * 5),
                encoding.write_decision(decision),
            ),
        )

    def _insert_orders(self, orders: Iterable[Ordered]) -> None:
        """Those that are there already stay one row: a disk that took too long may have taken them."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO orders (at, who, what) VALUES (?, ?, ?)",
            [(each.at, each.who, each.what) for each in orders],
        )

    def _upsert_migration(self, migration: Migration) -> None:
        move = migration.move
        self._connection.execute(
            "INSERT OR REPLACE INTO migrations (id, vm_id, vm_name, source, source_name, target, target_name, reason, "
            "sentence, requested_at, phase, phase_since, ended_at, task_id, note) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                migration.id,
                move.vm_id,
                move.vm_name,
                move.source,
                move.source_name,
                move.target,
                move.target_name,
                move.reason,
                move.sentence,
                migration.requested_at,
                migration.phase,
                migration.phase_since,
                migration.phase_since if migration.phase.is_end else None,
                migration.task_id,
                migration.note,
            ),
        )

    def _replace_state(self, state: State) -> None:
        for migration in tuple(self.owed.values()):
            with suppress(
                *encoding.UNWRITABLE
            ):  # was said when it was to be written, and holds up nothing else
                self._upsert_migration(migration)
        self._connection.executemany(
            "INSERT OR REPLACE INTO effects (migration_id, told) VALUES (?, ?)",
            [(each.migration_id, sentence(each)) for each in (*state.learned.awaiting, *state.learned.news)],
        )
        body = encoding.write_state(state)
        self._connection.execute("INSERT OR REPLACE INTO state (id, body) VALUES (1, ?)", (body,))

    def _samples(self, now: float, keep_seconds: float) -> tuple[Sample, ...]:
        try:
            rows = list(stored_samples(self._connection, now - keep_seconds, now))
            return tuple(encoding.joined(*stored) for stored in not_taken_again(rows))
        except encoding.UNREADABLE as error:
            raise unreadable(self.path, "sample", error) from error

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """Turn errors of the disk, and values that no file can hold, into ours."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise disk_error(self.path, error) from error
        except encoding.UNWRITABLE as error:
            raise JournalError(f"{self.path}: this cannot be written: {error}.") from error


def _set_aside(path: Path) -> Path:
    """Give a damaged journal and its companions other names; returns that of the journal."""
    for number in count(1):
        aside = path.with_name(f"{path.name}.damaged-{number}")
        if not aside.exists():
            break
    for ending in ("-wal", "-shm", ""):  # the journal last: a half-finished renaming is begun again
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    return aside
