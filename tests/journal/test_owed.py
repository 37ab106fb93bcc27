"""What became of a migration while the disk did not play along: it is made up for, and never forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hctui.core.migration import Migration, Phase
from hctui.core.state import State
from hctui.journal.errors import JournalError
from hctui.journal.file import JournalFile
from hctui.journal.store import Journal
from tests.journal.build import CLUSTER, migration

RECORD = JournalFile.record_migration


def phases(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [phase for (phase,) in connection.execute("SELECT phase FROM migrations")]


def full(*_: object) -> None:
    raise JournalError("The disk is full.")


def late(file: JournalFile, ended: Migration, state: State) -> None:
    RECORD(file, ended, state)
    raise JournalError("The disk has taken too long.")


@pytest.mark.parametrize("disk", [full, late])
async def test_an_end_that_could_not_be_written_is_written_with_the_next_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: Callable[..., None]
) -> None:
    async with Journal.open(tmp_path, CLUSTER, "https://10.0.0.1") as journal:
        running = migration(phase=Phase.RUNNING)
        await journal.record_migration(running, State(migration=running))
        with monkeypatch.context() as patch:
            patch.setattr(JournalFile, "record_migration", disk)
            with pytest.raises(JournalError):
                await journal.record_migration(migration(phase=Phase.ARRIVED), State())
        await journal.save_state(State())
        assert phases(journal.path) == [Phase.ARRIVED]


@pytest.mark.parametrize("disk", [full, late])
async def test_an_intent_that_could_not_be_written_in_time_is_known_not_to_have_been_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: Callable[..., None]
) -> None:
    async with Journal.open(tmp_path, CLUSTER, "https://10.0.0.1") as journal:
        intended = migration(phase=Phase.INTENT)
        with monkeypatch.context() as patch:
            patch.setattr(JournalFile, "record_migration", disk)
            with pytest.raises(JournalError):
                await journal.record_intent(State(migration=intended))
        await journal.save_state(State())
        assert phases(journal.path) == [Phase.NOT_STARTED]


async def test_what_was_made_up_for_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Journal.open(tmp_path, CLUSTER, "https://10.0.0.1") as journal:
        with monkeypatch.context() as patch:
            patch.setattr(JournalFile, "record_migration", full)
            with pytest.raises(JournalError):
                await journal.record_migration(migration(phase=Phase.RUNNING), State())
        await journal.record_migration(migration(phase=Phase.FAILED), State())
        await journal.save_state(State())
        assert phases(journal.path) == [Phase.FAILED]
