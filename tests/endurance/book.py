"""What the journal says of our migrations against the cluster's own book, which is the witness.

Pure: rows, writes and migrations in, sentences on what does not fit out. Shared by the long runs and by the runs that
are killed. Knows nothing of how any of them came about.

The rows of the journal follow each other in time, and each stands for at most one request. So the requests in the book
that arrived between one row and the next belong to the first of them, and need no guessing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from hctui.core.migration import Phase
from hctui.sim.audit import EndedMigration, Write

ARRIVES_WITHIN_SECONDS = 10.0
"""So long after its intent was written down a request may reach the cluster. In virtual time it takes none."""


class Row(NamedTuple):
    """A migration as the journal has it. Times are Unix seconds; `ended_at` is `None` while it lasts."""

    vm_id: str
    vm_name: str
    target: str
    at: float
    phase: str
    ended_at: float | None


class Fate(StrEnum):
    """What truly came of a migration that the journal has."""

    MOVED = "the cluster moved it"
    STAYED = "the cluster began it, and the VM stayed"
    REFUSED = "the cluster refused it"
    SILENT = "the cluster did not begin it, and said neither yes nor no"
    NEVER_CAME = "the request never reached the cluster"


TRUE_ENDS: dict[Fate, frozenset[str]] = {
    Fate.MOVED: frozenset({Phase.ARRIVED, Phase.GIVEN_UP}),
    Fate.STAYED: frozenset({Phase.FAILED, Phase.GIVEN_UP}),
    Fate.REFUSED: frozenset({Phase.NOT_STARTED}),
    Fate.SILENT: frozenset({Phase.FAILED, Phase.GIVEN_UP}),
    Fate.NEVER_CAME: frozenset({Phase.NOT_STARTED}),
}
"""Which ends in the journal are the truth about each fate."""

_STARTED = frozenset({Phase.ARRIVED, Phase.FAILED, Phase.GIVEN_UP})
_UNHEARD = frozenset({Fate.REFUSED, Fate.NEVER_CAME})


@dataclass(frozen=True, slots=True)
class Book:
    """The cluster's own: every request to migrate, every migration that has ended, those of others included.

    Attributes:
        stops: when a process of ours was ended, by whatever; the answer to a request may have been lost with it.
        cooldown_seconds: how long the cluster is to rest after a migration that was begun.
    """

    writes: Sequence[Write]
    migrations: Sequence[EndedMigration]
    stops: Sequence[float] = ()
    cooldown_seconds: float = 0.0

    def begun_by(self, write: Write) -> EndedMigration | None:
        """The migration that a request began: the cluster books both at the same moment."""
        asked = asked_for(write)
        for each in self.migrations:
            if not each.is_foreign and each.started == write.at and (each.vm_id, each.target_id) == asked:
                return each
        return None

    def fate_of(self, write: Write | None) -> Fate:
        """What came of the request of a row; `None` if none arrived."""
        if write is None:
            return Fate.NEVER_CAME
        begun = self.begun_by(write)
        if begun is not None:
            return Fate.MOVED if begun.result == "COMPLETE" else Fate.STAYED
        is_refusal = write.status is not None and 400 <= write.status <= 500
        return Fate.REFUSED if is_refusal else Fate.SILENT

    def was_stopped_during(self, row: Row) -> bool:
        """Whether the process that wrote the row may have ended before it knew the answer."""
        return any(row.at <= stop and (row.ended_at is None or stop <= row.ended_at) for stop in self.stops)

    def was_moved_by_others(self, row: Row) -> bool:
        """Whether somebody else brought the VM to where we wanted it, in the time of the row."""
        return any(
            each.is_foreign
            and each.result == "COMPLETE"
            and (each.vm_id, each.target_id) == (row.vm_id, row.target)
            and row.at <= each.ended <= (row.ended_at or row.at)
            for each in self.migrations
        )


def asked_for(write: Write) -> tuple[str, str]:
    """VM and target of a request to migrate."""
    body: Any = write.body
    return body[0]["virDomainUUID"], body[0]["nodeUUID"]


def rows_of(path: Path) -> list[Row]:
    """The migrations in a journal, oldest first. Only read, so that a journal left behind by a kill stays as it is."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT vm_id, vm_name, target, requested_at, phase, ended_at FROM migrations ORDER BY requested_at"
        )
        return [Row(*row) for row in rows]


def disagreements(rows: Sequence[Row], book: Book) -> Iterator[str]:
    """In sentences, whatever does not fit. Everything must have come to its end before this is asked."""
    yield from _unknown(rows, book.writes)
    followers: list[Row | None] = [*rows[1:], None]
    for row, follower in zip(rows, followers, strict=False):
        until = float("inf") if follower is None else follower.at
        theirs = [write for write in book.writes if row.at <= write.at < until]
        yield from _about(row, theirs, book)
    yield from _at_once(book)
    yield from _without_rest(rows, book)


def _unknown(rows: Sequence[Row], writes: Iterable[Write]) -> Iterator[str]:
    first = rows[0].at if rows else float("inf")
    for write in writes:
        if write.at < first:
            yield f"The journal does not know of the request at {write.at:.1f}."


def _about(row: Row, writes: Sequence[Write], book: Book) -> Iterator[str]:
    """One row against the requests that arrived until the next one was written."""
    told = f"{row.vm_name} at {row.at:.1f}"
    if len(writes) > 1:
        yield f"{told}: the cluster was asked {len(writes)} times."
    for write in writes:
        if asked_for(write) != (row.vm_id, row.target):
            yield f"{told}: the cluster was asked for something else, {asked_for(write)}."
        if write.at - row.at > ARRIVES_WITHIN_SECONDS:
            yield f"{told}: the request came {write.at - row.at:.1f} s after it was written down."
    fate = book.fate_of(writes[0] if writes else None)
    true_ends = TRUE_ENDS[fate]
    if fate in _UNHEARD and book.was_stopped_during(row):
        true_ends |= {Phase.FAILED}  # found without a trace by the next run, which is all that it can know
    if book.was_moved_by_others(row):
        true_ends |= {Phase.ARRIVED}
    if row.phase not in true_ends:
        yield f"{told}: the journal says '{row.phase}', but {fate}."


def _at_once(book: Book) -> Iterator[str]:
    """Requests, granted or not, while one of our migrations was under way."""
    ours = [each for each in book.migrations if not each.is_foreign]
    for write in book.writes:
        for each in ours:
            if each.started < write.at < each.ended:
                yield f"A migration was asked for at {write.at:.1f} while {each.vm_name} was still being migrated."


def _without_rest(rows: Sequence[Row], book: Book) -> Iterator[str]:
    """Requests within the cooldown, by the journal's account of when a migration ended and by the cluster's."""
    for row, follower in pairwise(rows):
        if row.ended_at is not None and row.phase in _STARTED:
            rested = follower.at - row.ended_at
            if rested < book.cooldown_seconds:
                yield f"{follower.vm_name} was asked for {rested:.1f} s after {row.vm_name} had ended."
    for write in book.writes:
        for each in book.migrations:
            rested = write.at - each.ended
            if not each.is_foreign and 0 <= rested < book.cooldown_seconds:
                yield f"The cluster was asked {rested:.1f} s after the migration of {each.vm_name} had ended."
