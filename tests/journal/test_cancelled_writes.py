"""Somebody who waits for the journal and is cancelled as it has done its work: the cancellation is not lost."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from hctui.core.state import State
from hctui.journal.file import JournalFile
from hctui.journal.store import Journal
from tests.journal.build import CLUSTER


async def test_a_cancellation_that_comes_as_the_work_ends_is_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        begun.set()
        go_on.wait(10)

    async with Journal.open(tmp_path, CLUSTER, "https://10.0.0.1") as journal:
        monkeypatch.setattr(JournalFile, "save_state", slow)
        writing = asyncio.create_task(journal.save_state(State()))
        await asyncio.to_thread(begun.wait, 10)
        work = journal._last
        assert work is not None
        work.add_done_callback(lambda _: writing.cancel())
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
