"""The journal as the engine uses it: each write returns once it is committed, and none holds up the event loop.

One thread per journal does all the work, so that writes keep their order and a slow disk delays only those who wait
for it. Nobody waits for ever: a disk that takes too long is an error like one that is full. Times come from the caller;
nothing here reads a clock.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from hctui.core.commands import Ordered
from hctui.core.decision import Decision
from hctui.core.migration import Migration, Phase
from hctui.core.model import ClusterInfo, Snapshot
from hctui.core.state import State
from hctui.journal.errors import JournalError
from hctui.journal.file import JournalFile

SUFFIX = ".sqlite"

LONGEST_SECONDS = 10.0
"""So long a piece of work may take; real seconds, as a disk's are."""

MOST_OPENING_SECONDS = 300.0
"""So long it may take to open a journal: at each start the whole file is looked through. Real seconds."""

_SLOW = "It may be overloaded, failing, or on a network that is gone."

_Result = TypeVar("_Result")


def journal_path(folder: Path, cluster_id: str) -> Path:
    """Where the journal of a cluster lies. Ids that would not be safe as a file name are replaced by their hash."""
    safe = re.fullmatch(r"[0-9A-Za-z-]{1,64}", cluster_id)
    name = cluster_id if safe else f"cluster-{hashlib.sha256(cluster_id.encode()).hexdigest()[:32]}"
    return folder / f"{name}{SUFFIX}"


class Journal:
    """The open journal of one cluster. Every method raises `JournalError` when the disk does not play along.

    Attributes:
        set_aside: where the journal is that lay here and was damaged; `None` if there was none.
    """

    def __init__(self, file: JournalFile, thread: ThreadPoolExecutor) -> None:
        self._file = file
        self._thread = thread
        self._last: asyncio.Future[Any] | None = None
        self.set_aside: Path | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, folder: Path, cluster: ClusterInfo, address: str, tell: Callable[[str], None] = lambda told: None
    ) -> AsyncIterator[Journal]:
        """Open the journal of a cluster for writing, and close it at the end.

        Args:
            folder: where journals lie; made with mode 0700 if it is not there.
            cluster: which journal. Its name is noted as the present one.
            address: where the cluster was reached, as the settings write it; `find` looks for it, letter by letter.
            tell: is given a sentence where opening or closing takes longer than a piece of work may.

        Raises:
            JournalError: it cannot be opened, not within 5 min, or a newer version has written it.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        file = JournalFile(journal_path(folder, cluster.id))
        journal = cls(file, thread)
        try:
            opening = journal._begun(lambda: file.open(cluster, address))
            if not await journal._is_done(opening, LONGEST_SECONDS):
                tell(f"{journal.path} is looked through, which takes longer than {LONGEST_SECONDS:g} s.")
                if not await journal._is_done(opening, MOST_OPENING_SECONDS):
                    raise JournalError(f"{journal.path} cannot be opened in time.", hint=_SLOW)
            journal.set_aside = opening.result()
            yield journal
        finally:
            # What is committed is safe without it, so the end does not wait for a disk for ever.
            closing = journal._begun(file.close)
            if await journal._is_done(closing, LONGEST_SECONDS):
                closing.result()
            else:
                tell(f"{journal.path} could not be closed within {LONGEST_SECONDS:g} s. {_SLOW}")
            thread.shutdown(wait=False)

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    async def record_cycle(
        self,
        snapshot: Snapshot | None,
        decision: Decision,
        state: State,
        orders: Collection[Ordered] = (),
    ) -> None:
        """Write a cycle: the sample (if the cluster could be read), the decision, the state, the orders; all or none.

        Survives the end of this process; a power cut may take the latest cycles. `orders` may be given again where it
        is not certain that they were written: each is recorded once.
        """
        await self._keep(lambda: self._file.record_cycle(snapshot, decision, state, orders))

    async def save_state(self, state: State, orders: Collection[Ordered] = ()) -> None:
        """Write the state, without its samples, and the orders. Survives a power cut."""
        await self._keep(lambda: self._file.save_state(state, orders))

    async def record_intent(self, state: State) -> None:
        """Write down the migration that is about to be requested. Await this *before* the request is sent.

        Once it returns, the intent survives a power cut. If it raises, nothing may be sent.

        Raises:
            JournalError: it could not be written.
            ValueError: `state` has no migration in phase `INTENT`.
        """
        migration = state.migration
        if migration is None or migration.phase is not Phase.INTENT:
            raise ValueError("an intent is a state whose migration is in phase INTENT")
        try:
            await self._keep(lambda: self._file.record_migration(migration, state))
        except JournalError as error:
            # It may be on disk all the same, if that only took too long; then it is not to stand there for ever.
            note = f"Nothing was sent, since this could not be written in time. {error}"
            self._file.owed[migration.id] = replace(migration, phase=Phase.NOT_STARTED, note=note)
            raise

    async def record_migration(self, migration: Migration, state: State) -> None:
        """Write a migration as it is now, under way or ended, with the state. Survives a power cut.

        If it raises, that is made up for with the next thing that is written.
        """
        self._file.owed[migration.id] = migration
        await self._keep(lambda: self._file.record_migration(migration, state))

    async def forget(self, before: float) -> bool:
        """Delete some of what is older than that moment, Unix seconds, and not kept for good; whether there is more."""
        return await self._run(lambda: self._file.forget(before))

    async def load_state(self, now: float, keep_seconds: float) -> State:
        """What a restart goes on with; `State()` if there is nothing.

        Args:
            now: Unix time in seconds. Samples from later are left out: a clock was set back.
            keep_seconds: how old samples may be. They come oldest first, rounded to 0.01 %.

        Raises:
            JournalError: it cannot be read, or the state has a shape of another version.
        """
        return await self._run(lambda: self._file.load_state(now, keep_seconds))

    async def _keep(self, work: Callable[[], None]) -> None:
        """Have it write a state, and with it what is owed; raises as `_run`."""
        owed = dict(self._file.owed)
        await self._run(work)
        for key, migration in owed.items():
            if self._file.owed.get(key) is migration:
                del self._file.owed[key]

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        """Have the thread do it, and wait, but not for ever; what has been begun is done to its end all the same.

        Raises:
            JournalError: it failed, takes too long, or would have to wait for something that does.
        """
        if self._last is not None and not self._last.done():
            raise JournalError(
                f"{self.path}: the disk has not yet taken what was written before.", hint=_SLOW
            )
        running = self._begun(work)
        try:
            # Not `wait_for`: in Python 3.11 it loses a cancellation that comes as the work ends.
            async with asyncio.timeout(LONGEST_SECONDS):
                return await asyncio.shield(running)
        except TimeoutError:
            running.add_done_callback(_forgive)
            raise JournalError(
                f"{self.path}: the disk has taken longer than {LONGEST_SECONDS:g} s.", hint=_SLOW
            ) from None

    @staticmethod
    async def _is_done(running: asyncio.Future[Any], seconds: float) -> bool:
        """Wait for work, but not longer than that; whether it is done. If not, nobody asks how it ends."""
        done, _ = await asyncio.wait({running}, timeout=seconds)
        if not done:
            running.add_done_callback(_forgive)
        return bool(done)

    def _begun(self, work: Callable[[], _Result]) -> asyncio.Future[_Result]:
        self._last = running = asyncio.get_running_loop().run_in_executor(self._thread, work)
        return running


def _forgive(late: asyncio.Future[Any]) -> None:
    """That it took too long has been said; how it ended is seen by the next who writes."""
    if not late.cancelled():
        late.exception()
