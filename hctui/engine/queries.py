"""What a front end may ask about the past: questions to the journal, which never change it and never hold up a loop.

Each is answered by a thread, from the journal as it is at that moment, also while the engine is writing. Knows no
engine: before a journal is open there is nobody to ask. All times are Unix seconds, and both ends of a time are
included.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from hctui.core.decision import Decision, Outcome
from hctui.core.model import VmId
from hctui.core.policy import Policy
from hctui.journal.chronicle import (
    DecisionTold,
    MigrationTold,
    OrderTold,
    read_decision_list,
    read_migrations,
    read_orders,
)
from hctui.journal.export import ExportError, FileInTheWay, Form, Subject, export
from hctui.journal.frames import read_frames
from hctui.journal.report import read_report
from hctui.journal.report_text import render
from hctui.journal.series import NodeSeries, Placement, VmSeries, read_node_series, read_vm_series
from hctui.journal.traces import read_decision, read_decision_after, read_decision_at
from hctui.replay.course import Course, replayed

__all__ = [
    "Course",
    "DecisionTold",
    "ExportError",
    "FileInTheWay",
    "Form",
    "MigrationTold",
    "NodeSeries",
    "OrderTold",
    "Placement",
    "Queries",
    "Subject",
    "VmSeries",
]

_EVER = float("-inf")


class _NobodyAsksAnyMore(Exception):
    """Ends a replay whose task was cancelled; nobody is there to see it."""


@dataclass(frozen=True, slots=True)
class Queries:
    """Questions to one journal. Every method raises `HctuiError`, and no other error, when it cannot answer."""

    path: Path

    async def node_series(self, since: float, until: float, most_points: int) -> tuple[NodeSeries, ...]:
        """CPU and RAM of every node that was seen, by name, in at most so many means over equal parts of the time.

        There are fewer when samples are rarer, so that a part without a sample is a gap and nothing else.
        """
        return await asyncio.to_thread(read_node_series, self.path, since, until, most_points)

    async def vm_series(self, vm_id: VmId, since: float, until: float, most_points: int) -> VmSeries | None:
        """CPU of a VM likewise, and where it was; `None` if it was not seen."""
        return await asyncio.to_thread(read_vm_series, self.path, vm_id, since, until, most_points)

    async def migrations(self, since: float, until: float, limit: int) -> tuple[MigrationTold, ...]:
        """Migrations, real ones and those a dry run imagined, the latest first."""
        return await asyncio.to_thread(read_migrations, self.path, since, until, limit)

    async def decisions(
        self,
        until: float,
        limit: int,
        *,
        contains: str = "",
        outcomes: Collection[Outcome] | None = None,
    ) -> tuple[DecisionTold, ...]:
        """Decisions without their traces, the latest first.

        `contains` is looked for in outcome, sentence and VM name, whatever its case; `outcomes` leaves only those.
        """
        return await asyncio.to_thread(
            read_decision_list, self.path, _EVER, until, limit, contains=contains, outcomes=outcomes
        )

    async def orders(
        self, since: float, until: float, limit: int, *, contains: str = ""
    ) -> tuple[OrderTold, ...]:
        """Orders with who gave them, the latest first; `contains` is looked for in both, whatever its case."""
        return await asyncio.to_thread(read_orders, self.path, since, until, limit, contains=contains)

    async def decision(self, decision_id: int) -> Decision | None:
        """A decision with its whole trace; `None` if there is none of that id."""
        return await asyncio.to_thread(read_decision, self.path, decision_id)

    async def decision_at(self, at: float) -> Decision | None:
        """The decision made at that moment, else the latest one before it; `None` if there is none."""
        return await asyncio.to_thread(read_decision_at, self.path, at)

    async def decision_after(self, at: float) -> Decision | None:
        """The first decision made after that moment; `None` if there is none."""
        return await asyncio.to_thread(read_decision_after, self.path, at)

    async def report(self, since: float, until: float, cpu_upper_percent: float) -> str:
        """What was done, or in a dry run would have been, as text in local time, a line for each paragraph."""
        return await asyncio.to_thread(
            lambda: render(read_report(self.path, since, until, cpu_upper_percent), width=None)
        )

    async def replay(
        self, since: float, until: float, policy: Policy, heard: Callable[[float], None] | None = None
    ) -> Course:
        """What a policy would have done with the samples of a time; see `hctui.replay`.

        Ends early if the task that asks is cancelled. `heard` is called by another thread, with each sample's time.
        """
        is_over = threading.Event()

        def heed(at: float) -> None:
            if is_over.is_set():
                raise _NobodyAsksAnyMore
            if heard:
                heard(at)

        try:
            return await asyncio.to_thread(
                lambda: replayed(read_frames(self.path, since, until), policy, on_frame=heed)
            )
        finally:
            is_over.set()

    async def export(self, what: Subject, form: Form, path: Path, since: float, until: float) -> int:
        """Write a new file with all of a time, the oldest first, readable by its owner only; returns the rows.

        A file that is there already is left alone, and that is an error.
        """
        return await asyncio.to_thread(export, self.path, what, form, path, since, until)
