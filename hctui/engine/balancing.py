"""From a client to a balanced cluster: first contact, journal, engine, and an orderly end.

The one way in which an engine is put together, for a real cluster and for the simulated one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from hctui.api.client import Client
from hctui.api.errors import ApiError, ConnectionSettingWrong, LoginRefused, UntrustedCertificate
from hctui.core import intake
from hctui.core.errors import HctuiError
from hctui.core.model import ClusterInfo
from hctui.core.state import Ledger, Standing, State
from hctui.core.wording import duration
from hctui.engine import permission, reaching
from hctui.engine.clock import Clock, first_of
from hctui.engine.desk import Desk
from hctui.engine.engine import Engine
from hctui.engine.log import Log
from hctui.engine.notifying import Notifier
from hctui.engine.queries import Queries
from hctui.engine.recovery import recovering
from hctui.engine.remote_server import listening
from hctui.engine.view import Level, Line, View
from hctui.engine.waiting import Waiting
from hctui.journal.last_nodes import last_nodes
from hctui.journal.memory import read_memory
from hctui.journal.store import Journal

T = TypeVar("T")

_FOR_GOOD = (LoginRefused, UntrustedCertificate, ConnectionSettingWrong)
"""At the start these end it: nothing but other settings helps, and a login tried again and again locks the account."""


class NoData(HctuiError):
    """The one cycle that was asked for could not read the cluster."""

    title = "Nothing was decided"


@dataclass(frozen=True, slots=True)
class Plan:
    """Where it is recorded, and for how long it is done (seconds of the clock).

    `socket_folder`: the runtime folder, in which it listens for consoles and commands; `None`: it does not.
    """

    journal_folder: Path
    once: bool = False
    duration_seconds: float | None = None
    socket_folder: Path | None = None


async def balance(
    client: Client, desk: Desk, plan: Plan, clock: Clock, log: Log, stop: asyncio.Event
) -> None:
    """Balance a cluster until `stop` is set or the plan is through, then log out.

    Settings come from the desk, and views go there; `log` gets every line, and the desk too.

    Raises:
        HctuiError: the cluster refuses us or cannot be trusted, or there can be no journal.
    """

    def told(line: Line) -> None:
        log(line)
        desk.log(line)
        notifier.take(line)

    notifier = Notifier(lambda: desk.view, told)
    desk.told = told
    until = None if plan.duration_seconds is None else clock.now() + plan.duration_seconds
    run = _Run(client, desk, plan, clock, told, stop, until)
    async with (
        notifier,
        listening(desk, plan.socket_folder, told),
        client,
        Waiting(desk, plan.journal_folder, told) as waiting,
    ):
        if (info := await run.steadily(run.first_contact)) is not None:
            await run.with_journal(info, waiting)
            told(Line(clock.now(), "stopped", "Stopped. Logging out."))


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of `balance`: what each of its parts needs.

    Attributes:
        told: the log, the desk and the notices.
        until: when it is through, a moment of the clock; `None`: when told to stop.
    """

    client: Client
    desk: Desk
    plan: Plan
    clock: Clock
    told: Log
    stop: asyncio.Event
    until: float | None

    async def first_contact(self) -> ClusterInfo | None:
        """Who the cluster is; asks until it answers, unless there is only one try, or until told to stop or time is up.

        What only new settings and another start can mend is raised at once (`_FOR_GOOD`). A right that the account
        lacks can be given at the cluster, and what makes no sense may be a node that is starting: for these it waits.
        """
        await _recall_nodes(self.client, self.plan.journal_folder, self.desk.view.contact.address)
        interval = self.desk.view.policy.interval_seconds
        while not self.stop.is_set() and (self.until is None or self.clock.now() < self.until):
            self.desk.publish(is_reading=True, next_poll_at=self.clock.now() + interval)
            try:
                info = (await self.client.snapshot(self.clock.now())).cluster
                contact = reaching.reached(
                    self.desk.view.contact, self.client.reach, self.client.latency_seconds
                )
                reaching.publish(self.desk, contact, self.told)
                return info
            except _FOR_GOOD:
                raise
            except ApiError as error:
                if self.plan.once:
                    raise
                contact = reaching.not_reached(self.desk.view.contact, self.client.reach, str(error))
                reaching.publish(self.desk, contact, self.told)
                text = f"{error} Trying again in {duration(interval)}."
                self.told(Line(self.clock.now(), "unreadable", text, Level.ERROR))
            finally:
                self.desk.publish(is_reading=False)
            await first_of(self.clock.sleep(interval), self.stop.wait())
        return None

    async def steadily(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """Do it, begun anew after each fault of ours; `None` if told to stop meanwhile."""
        return await recovering(
            work,
            clock=self.clock,
            log=self.told,
            stop=self.stop,
            pause_seconds=self.desk.view.policy.interval_seconds,
            crash_file=self.plan.journal_folder / "fault.txt",
        )

    async def look_at_permission(self) -> None:
        """Warn where the account seems to lack the right to migrate."""
        await permission.look(self.client, self.desk, self.clock, self.told)

    async def with_journal(self, info: ClusterInfo, waiting: Waiting) -> None:
        """Balance the cluster on its journal, begun anew from it after each fault of ours.

        Raises:
            NoData: there was to be one cycle, and it could not read the cluster.
        """
        address = self.desk.view.contact.address

        def slowly(told: str) -> None:
            self.told(Line(self.clock.now(), "journal", told, Level.WARNING))

        async with Journal.open(self.plan.journal_folder, info, address, slowly) as journal:
            await _begin_without_memory(journal, self.clock, self.told)
            beginnings = [await waiting.hand_over(journal, await self._remembered(journal))]
            ordered = self.desk.standing

            async def from_the_journal() -> None:
                is_anew = not beginnings
                state = self.desk.upheld(await self._remembered(journal)) if is_anew else beginnings.pop()
                engine = self._engine(journal, info, state, ordered, is_anew=is_anew)
                if not is_anew:
                    self.told(Line(self.clock.now(), "connected", _greeting(info, self.desk.view)))
                    await self.look_at_permission()
                async with _stopping_with(engine, self.stop):
                    await engine.run(once=self.plan.once, until=self.until)

            self.desk.queries = Queries(journal.path)
            try:
                await self.steadily(from_the_journal)
            finally:
                self.desk.queries = None
                await self._keep_orders(journal)
        if self.plan.once and self.desk.view.contact.error:
            raise NoData(self.desk.view.contact.error)

    def _engine(
        self, journal: Journal, info: ClusterInfo, state: State, ordered: Standing, *, is_anew: bool
    ) -> Engine:
        return Engine(
            cluster=self.client,
            memory=journal,
            clock=self.clock,
            desk=self.desk,
            state=_resumed(state),
            ordered=ordered,
            is_anew=is_anew,
            info=info,
            log=self.told,
            on_live=self.look_at_permission,
        )

    async def _keep_orders(self, journal: Journal) -> None:
        """Write down what was ordered after a fault, and no engine has taken: it holds at the next start."""
        if not (self.desk.is_stirred or self.desk.unrecorded):
            return
        orders, held = self.desk.unrecorded, self.desk.standing.dry_run_held
        try:
            state = self.desk.upheld(await self._remembered(journal))
            state, _ = intake.taken(state, self.desk.take(), self.clock.now())
            await journal.save_state(replace(state, dry_run_held=held), orders)
            self.desk.recorded(orders)
        except HctuiError as error:
            self.told(Line(self.clock.now(), "journal", str(error), Level.ERROR))

    async def _remembered(self, journal: Journal) -> State:
        return await journal.load_state(self.clock.now(), self.desk.view.policy.keep_seconds)


def _resumed(state: State) -> State:
    """What is gone on with. A dry run that was interrupted for longer than the window imagines nothing any more."""
    return state if state.samples else replace(state, imagination=None)


async def _begin_without_memory(journal: Journal, clock: Clock, log: Log) -> None:
    """Where the journal was damaged, say so, and rest as after a migration: nobody knows when the last one ended."""
    if journal.set_aside is None:
        return
    now = clock.now()
    try:
        before = await asyncio.to_thread(read_memory, journal.set_aside)
    except HctuiError:
        before = None
    rested = State(real=Ledger(fresh_since=now, last_ended_at=now))
    # A person's order holds over restarts. Where nobody can know whether there was one, somebody has to say so.
    paused = before is None or (before.paused and before.failure_pause_at is None)
    await journal.save_state(
        replace(rested, paused=paused, dry_run_held=before is not None and before.dry_run_held)
    )
    then = (
        " Whether somebody had paused it or switched it to dry run cannot be read any more, so it is PAUSED until "
        "somebody resumes it."
        if before is None
        else ""
    )
    log(
        Line(
            now,
            "journal",
            f"The journal was damaged. It is now {journal.set_aside}, and a new one is begun. What was remembered is "
            "lost: cooldowns, back-offs, history, and whether a migration was under way. Nothing is migrated within "
            f"the cluster cooldown.{then}",
            Level.ERROR,
        )
    )


@asynccontextmanager
async def _stopping_with(engine: Engine, stop: asyncio.Event) -> AsyncIterator[None]:
    """Have the engine stop once `stop` is set."""

    async def heed() -> None:
        await stop.wait()
        engine.stop()

    heeding = asyncio.create_task(heed())
    try:
        yield
    finally:
        heeding.cancel()
        await asyncio.gather(heeding, return_exceptions=True)


async def _recall_nodes(client: Client, folder: Path, address: str) -> None:
    """Tell the client where an earlier run saw the nodes. One that cannot be read is told of when it is opened."""
    with suppress(HctuiError):
        if known := await asyncio.to_thread(last_nodes, folder, address):
            client.know_nodes(known.lan_ips, known.cluster_id)


def _greeting(info: ClusterInfo, view: View) -> str:
    dry = "DRY RUN: nothing is migrated" if view.policy.dry_run else "LIVE: VMs are migrated"
    return (
        f"Connected to {info.name} (HyperCore {info.version}) at {view.contact.used}, {view.contact.trust}. "
        f"{dry}. Mode {view.policy.mode}."
    )
