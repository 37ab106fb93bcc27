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
from hctui.api.tls import TrustKind
from hctui.core.errors import HctuiError
from hctui.core.model import ClusterInfo
from hctui.core.policy import Policy
from hctui.core.state import State
from hctui.core.wording import duration, listing
from hctui.engine.clock import Clock, first_of
from hctui.engine.engine import Engine
from hctui.engine.log import Level, Line, Log
from hctui.engine.view import Contact
from hctui.journal.store import Journal


class NoData(HctuiError):
    """The one cycle that was asked for could not read the cluster."""

    title = "Nothing was decided"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: by which policy, where it is recorded, and for how long (seconds of the clock)."""

    policy: Policy
    journal_folder: Path
    address: str
    trust: TrustKind
    once: bool = False
    duration_seconds: float | None = None


async def balance(client: Client, plan: Plan, clock: Clock, log: Log, stop: asyncio.Event) -> None:
    """Balance a cluster until `stop` is set or the plan is through, then log out.

    Raises:
        HctuiError: the cluster refuses us or cannot be trusted, or there can be no journal.
    """
    until = None if plan.duration_seconds is None else clock.now() + plan.duration_seconds
    async with client:
        info = await _first_contact(client, plan, until, clock, log, stop)
        if info is None:
            return
        log(Line(clock.now(), "connected", _greeting(info, plan)))
        if not plan.policy.dry_run:
            await _warn_of_missing_role(client, clock, log)
        async with Journal.open(plan.journal_folder, info, plan.address) as journal:
            engine = Engine(
                cluster=client,
                memory=journal,
                clock=clock,
                policy=plan.policy,
                state=_resumed(await journal.load_state(clock.now(), plan.policy.keep_seconds)),
                info=info,
                contact=Contact(plan.address, f"TLS {plan.trust}", client.latency_seconds),
                log=log,
            )
            stopping = asyncio.create_task(_stop_with(engine, stop))
            try:
                await engine.run(once=plan.once, until=until)
                if plan.once and engine.view.contact.error:
                    raise NoData(engine.view.contact.error)
            finally:
                stopping.cancel()
                await asyncio.gather(stopping, return_exceptions=True)
        log(Line(clock.now(), "stopped", "Stopped. Logging out."))


def _resumed(state: State) -> State:
    """What is gone on with. A dry run that was interrupted for longer than the window imagines nothing any more."""
    return state if state.samples else replace(state, imagination=None)


async def _stop_with(engine: Engine, stop: asyncio.Event) -> None:
    await stop.wait()
    engine.stop()


async def _first_contact(
    client: Client, plan: Plan, until: float | None, clock: Clock, log: Log, stop: asyncio.Event
) -> ClusterInfo | None:
    """Who the cluster is; asks until it answers, unless there is only one try, or until told to stop or time is up.

    What waiting cannot mend (a refused login, a certificate that is not trusted) is raised at once.
    """
    while not stop.is_set() and (until is None or clock.now() < until):
        try:
            return (await client.snapshot(clock.now())).cluster
        except (ClusterUnreachable, ApiTrouble) as error:
            if plan.once:
                raise
            again = duration(plan.policy.interval_seconds)
            log(Line(clock.now(), "unreadable", f"{error} Trying again in {again}.", Level.ERROR))
        await first_of(clock.sleep(plan.policy.interval_seconds), stop.wait())
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


def _greeting(info: ClusterInfo, plan: Plan) -> str:
    dry = "DRY RUN: nothing is migrated" if plan.policy.dry_run else "LIVE: VMs are migrated"
    return (
        f"Connected to {info.name} (HyperCore {info.version}) at {plan.address}, TLS {plan.trust}. "
        f"{dry}. Mode {plan.policy.mode}."
    )
