"""From a client to a balanced cluster: first contact, journal, engine, and an orderly end.

The one way in which an engine is put together, for a real cluster and for the simulated one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from hctui.api.account import MayMigrate
from hctui.api.client import Client
from hctui.api.errors import ApiTrouble, ClusterUnreachable
from hctui.core.errors import HctuiError
from hctui.core.model import ClusterInfo
from hctui.core.state import State
from hctui.core.wording import duration, listing
from hctui.engine.clock import Clock, first_of
from hctui.engine.desk import Desk
from hctui.engine.engine import Engine
from hctui.engine.log import Log
from hctui.engine.queries import Queries
from hctui.engine.view import Level, Line, View
from hctui.engine.waiting import Waiting
from hctui.journal.store import Journal


class NoData(HctuiError):
    """The one cycle that was asked for could not read the cluster."""

    title = "Nothing was decided"


@dataclass(frozen=True, slots=True)
class Plan:
    """Where it is recorded, and for how long it is done (seconds of the clock)."""

    journal_folder: Path
    once: bool = False
    duration_seconds: float | None = None


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

    desk.told = told
    until = None if plan.duration_seconds is None else clock.now() + plan.duration_seconds
    async with client, Waiting(desk, plan.journal_folder, told) as waiting:
        info = await _first_contact(client, desk, plan, until, clock, told, stop)
        if info is None:
            return
        told(Line(clock.now(), "connected", _greeting(info, desk.view)))
        if not desk.view.policy.dry_run:
            await _warn_of_missing_role(client, clock, told)
        async with Journal.open(plan.journal_folder, info, desk.view.contact.address) as journal:
            desk.queries = Queries(journal.path)
            state = await journal.load_state(clock.now(), desk.view.policy.keep_seconds)
            await waiting.hand_over(journal, state)
            engine = Engine(
                cluster=client,
                memory=journal,
                clock=clock,
                desk=desk,
                state=_resumed(state),
                info=info,
                log=told,
                on_live=lambda: _warn_of_missing_role(client, clock, told),
            )
            stopping = asyncio.create_task(_stop_with(engine, stop))
            try:
                await engine.run(once=plan.once, until=until)
                if plan.once and desk.view.contact.error:
                    raise NoData(desk.view.contact.error)
            finally:
                desk.queries = None
                stopping.cancel()
                await asyncio.gather(stopping, return_exceptions=True)
        told(Line(clock.now(), "stopped", "Stopped. Logging out."))


def _resumed(state: State) -> State:
    """What is gone on with. A dry run that was interrupted for longer than the window imagines nothing any more."""
    return state if state.samples else replace(state, imagination=None)


async def _stop_with(engine: Engine, stop: asyncio.Event) -> None:
    await stop.wait()
    engine.stop()


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
            desk.publish(contact=replace(desk.view.contact, latency_seconds=client.latency_seconds, error=""))
            return info
        except (ClusterUnreachable, ApiTrouble) as error:
            if plan.once:
                raise
            desk.publish(contact=replace(desk.view.contact, error=str(error)))
            log(
                Line(clock.now(), "unreadable", f"{error} Trying again in {duration(interval)}.", Level.ERROR)
            )
        finally:
            desk.publish(is_reading=False)
        await first_of(clock.sleep(interval), stop.wait())
    return None


async def _warn_of_missing_role(client: Client, clock: Clock, log: Log) -> None:
    """Say before the first move, not by it, that the account seems not to be allowed any.

    Only a warning: what a role of the cluster's own making permits is known by the API's names alone.
    """
    account = await client.account()
    if account.may_migrate is MayMigrate.NO:
        roles = listing(list(account.roles)) or "no role"
        told = (
            f"{account.username} has {roles} and seems not to be allowed to migrate VMs. "
            "It needs the role VM Power Controls."
        )
        log(Line(clock.now(), "no_permission", told, Level.WARNING))


def _greeting(info: ClusterInfo, view: View) -> str:
    dry = "DRY RUN: nothing is migrated" if view.policy.dry_run else "LIVE: VMs are migrated"
    return (
        f"Connected to {info.name} (HyperCore {info.version}) at {view.contact.address}, {view.contact.trust}. "
        f"{dry}. Mode {view.policy.mode}."
    )
