"""From a client to a balanced cluster: first contact, journal, engine, and an orderly end.

The one way in which an engine is put together, for a real cluster and for the simulated one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from hctui.api.client import Client
from hctui.api.errors import ApiTrouble, ClusterUnreachable
from hctui.core.errors import HctuiError
from hctui.core.model import ClusterInfo
from hctui.core.state import Ledger, State
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
from hctui.journal.store import Journal


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

    def name() -> str:
        return desk.view.cluster.name if desk.view.cluster else desk.view.contact.address

    notifier = Notifier(lambda: desk.view.settings, name, told)
    desk.told = told
    until = None if plan.duration_seconds is None else clock.now() + plan.duration_seconds
    async with (
        notifier,
        listening(desk, plan.socket_folder, told),
        client,
        Waiting(desk, plan.journal_folder, told) as waiting,
    ):
        await _recall_nodes(client, plan.journal_folder, desk.view.contact.address)
        info = await _first_contact(client, desk, plan, until, clock, told, stop)
        if info is None:
            return
        told(Line(clock.now(), "connected", _greeting(info, desk.view)))
        await permission.look(client, desk, clock, told)
        async with Journal.open(plan.journal_folder, info, desk.view.contact.address) as journal:
            await _begin_without_memory(journal, clock, told)
            beginnings = [await waiting.hand_over(journal, await _remembered(journal, desk, clock))]
            ordered = desk.standing

            async def from_the_journal() -> None:
                state = beginnings.pop() if beginnings else await _remembered(journal, desk, clock)
                engine = Engine(
                    cluster=client,
                    memory=journal,
                    clock=clock,
                    desk=desk,
                    state=_resumed(state),
                    ordered=ordered,
                    info=info,
                    log=told,
                    on_live=lambda: permission.look(client, desk, clock, told),
                )
                async with _stopping_with(engine, stop):
                    await engine.run(once=plan.once, until=until)

            desk.queries = Queries(journal.path)
            try:
                await recovering(
                    from_the_journal,
                    clock=clock,
                    log=told,
                    stop=stop,
                    pause_seconds=desk.view.policy.interval_seconds,
                    crash_file=plan.journal_folder / "fault.txt",
                )
            finally:
                desk.queries = None
            if plan.once and desk.view.contact.error:
                raise NoData(desk.view.contact.error)
        told(Line(clock.now(), "stopped", "Stopped. Logging out."))


def _resumed(state: State) -> State:
    """What is gone on with. A dry run that was interrupted for longer than the window imagines nothing any more."""
    return state if state.samples else replace(state, imagination=None)


async def _remembered(journal: Journal, desk: Desk, clock: Clock) -> State:
    return await journal.load_state(clock.now(), desk.view.policy.keep_seconds)


async def _begin_without_memory(journal: Journal, clock: Clock, log: Log) -> None:
    """Where the journal was damaged, say so, and rest as after a migration: nobody knows when the last one ended."""
    if journal.set_aside is None:
        return
    now = clock.now()
    await journal.save_state(State(real=Ledger(fresh_since=now, last_ended_at=now)))
    log(
        Line(
            now,
            "journal",
            f"The journal was damaged. It is now {journal.set_aside}, and a new one is begun. What was remembered is "
            "lost: cooldowns, back-offs, history, and whether a migration was under way. Nothing is migrated within "
            "the cluster cooldown.",
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


async def _first_contact(
    client: Client,
    desk: Desk,
    plan: Plan,
    until: float | None,
    clock: Clock,
    log: Log,
    stop: asyncio.Event,
) -> ClusterInfo | None:
    """Who the cluster is; asks until it answers, unless there is only one try, or until told to stop or time is up.

    What waiting cannot mend (a refused login, a certificate that is not trusted) is raised at once.
    """
    interval = desk.view.policy.interval_seconds
    while not stop.is_set() and (until is None or clock.now() < until):
        desk.publish(is_reading=True, next_poll_at=clock.now() + interval)
        try:
            info = (await client.snapshot(clock.now())).cluster
            reaching.publish(
                desk, reaching.reached(desk.view.contact, client.reach, client.latency_seconds), log
            )
            return info
        except (ClusterUnreachable, ApiTrouble) as error:
            if plan.once:
                raise
            reaching.publish(desk, reaching.not_reached(desk.view.contact, client.reach, str(error)), log)
            log(
                Line(clock.now(), "unreadable", f"{error} Trying again in {duration(interval)}.", Level.ERROR)
            )
        finally:
            desk.publish(is_reading=False)
        await first_of(clock.sleep(interval), stop.wait())
    return None


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
