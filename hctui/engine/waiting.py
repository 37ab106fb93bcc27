"""Keeps what a person orders while the cluster has not answered yet.

There is no journal before the cluster has said who it is. A pause, or a dry run that a person holds, must survive the
end of the program nevertheless, and so must who ordered it: until then it is kept by address. At the next start what
was kept holds again; that is no new order. Sees that nothing is lost; what an order does is not its business.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Self

from hctui.config import change
from hctui.config.schema import DRY_RUN
from hctui.config.source import EARLIER
from hctui.core.commands import Ordered, Pause
from hctui.core.errors import HctuiError
from hctui.core.state import Standing, State
from hctui.engine.desk import Desk
from hctui.engine.executor import Memory
from hctui.engine.log import Log
from hctui.engine.standing import read_standing, write_standing
from hctui.engine.view import Level, Line

PAUSED = (
    "Paused in the last run, before the cluster had answered, and it stays so: watching, deciding nothing, until "
    "somebody resumes it with `hctui resume` or the key p in the console."
)
HELD = (
    "DRY RUN, whatever the settings say: in the last run, before the cluster had answered, a person switched to it. It "
    "stays so until somebody switches to live with `hctui dry-run off` or the key d in the console."
)

_Kept = tuple[Standing, tuple[Ordered, ...]]


class Waiting:
    """The time from the start to the moment when a journal takes over. Use once, as an asynchronous context."""

    def __init__(self, desk: Desk, folder: Path, log: Log) -> None:
        self._desk = desk
        self._folder = folder
        self._log = log
        self._address = desk.view.contact.address
        self._written: _Kept = (Standing(), ())
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Have what was kept hold again, and begin to keep.

        Raises:
            JournalError: it cannot be known what was ordered.
        """
        self._written = kept, orders = read_standing(self._folder, self._address)
        self._desk.keep(orders)
        if kept.dry_run_held:
            self._desk.use(change(self._desk.view.settings, {DRY_RUN.key: "true"}, EARLIER))
            self._tell("dry_run_held", HELD)
        if kept.paused:
            self._desk.take_up(Pause())
            self._tell("paused", PAUSED)
        self._note()
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *error: object) -> None:
        """Keep the last of it, unless a journal has it."""
        if self._give_up():
            self._note()

    async def hand_over(self, journal: Memory, state: State) -> State:
        """Have the journal keep it from now on, before anything is decided. The orders themselves stay at the desk.

        Args:
            journal: of the cluster that has answered.
            state: what it held so far.

        Returns:
            The state with what was ordered.

        Raises:
            JournalError: it cannot be written; then it is still kept by address.
        """
        saved = Standing()
        while (ordered := self._desk.standing) != saved or self._desk.unrecorded:  # more may come meanwhile
            held = state.dry_run_held or ordered.dry_run_held
            both = replace(state, paused=state.paused or ordered.paused, dry_run_held=held)
            orders = self._desk.unrecorded
            await journal.save_state(both, orders)
            self._desk.recorded(orders)
            saved = ordered
        # From here on without a pause, so that nothing can be ordered between the journal and the file.
        self._give_up()
        if self._written != (Standing(), ()):
            write_standing(self._folder, self._address, Standing())
        held = state.dry_run_held or saved.dry_run_held
        return replace(state, paused=state.paused or saved.paused, dry_run_held=held)

    def _give_up(self) -> bool:
        """Keep no longer. Whether that was not the case already."""
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
        return keeping is not None

    async def _keep(self) -> None:
        while True:
            await self._desk.woken.wait()
            self._desk.woken.clear()
            self._note()

    def _note(self) -> None:
        """Show and write down what is ordered by now. A small file, at a key press, while nothing is balanced."""
        ordered, state = self._desk.standing, self._desk.view.state
        if state.paused != ordered.paused:
            self._desk.publish(state=replace(state, paused=ordered.paused))
        kept = ordered, self._desk.unrecorded
        if kept == self._written:
            return
        try:
            write_standing(self._folder, self._address, *kept)
        except HctuiError as error:
            self._tell("journal", f"What was ordered holds for this run only. {error}", Level.ERROR)
        else:
            self._written = kept

    def _tell(self, event: str, text: str, level: Level = Level.WARNING) -> None:
        self._log(Line(self._desk.now(), event, text, level))
