"""One case of the matrix: a cluster, a phase of the cycle, a fault that comes in it, lasts a while and goes.

The whole program in virtual time, over the in-process transport. The cluster is calm at first; then there is work;
then the fault; and when that is over, more work, so that there is something to return to. In the phase "idle" the fault
comes before the first work does. Nothing is judged here but that the case ran as it was meant to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import httpx

from hctui.core.policy import Mode, Policy
from hctui.engine.commands import Approve
from hctui.engine.view import Line
from hctui.sim import Cluster
from hctui.sim.audit import Write
from hctui.sim.fault_table import FAULTS, Value
from hctui.sim.gate import ConnectionDropped
from tests.end_to_end.world import HOUR, MINUTE, START, World
from tests.faults.judge import ACTION, Judge, broken_rules

SCENE = str(Path(__file__).with_name("scene.toml"))

POLICY = Policy(
    dry_run=False,
    window_seconds=60.0,
    cluster_cooldown_seconds=60.0,
    vm_cooldown_seconds=5 * MINUTE,
    recovery_cooldown_seconds=2 * MINUTE,
    migration_limit_seconds=5 * MINUTE,
    failure_pause_seconds=10 * MINUTE,
)

WORK_AT = START + 31.0
"""After the second poll: two cycles have found nothing to do."""

DECIDED_AFTER = START + 45.0

APPROVED_AFTER_SECONDS = 60.0
"""The person who approves does so this long after the fault has come, and from then on at once."""

LIMIT_SECONDS = HOUR

_PATIENCE: ContextVar[float] = ContextVar("patience")
"""For how many seconds the client waits for the answer to the request that is being made."""


class Phase(StrEnum):
    """Where the cycle is when the fault comes."""

    IDLE = "idle"
    DECIDING = "deciding"
    APPROVAL = "waiting for approval"
    SENDING = "sending"
    WATCHING = "watching"
    COOLING = "cooling down"
    DRY = "deciding, dry run"


class Work(StrEnum):
    """What there is to do when the fault comes."""

    RULE = "db-02 has been tagged to be kept apart from db-01"
    LOAD = "node 12 is hot"


BEGINS: Mapping[Phase, str] = {
    Phase.IDLE: "",
    Phase.DECIDING: "GET /rest/v1/VirDomain",
    Phase.DRY: "GET /rest/v1/VirDomain",
    Phase.SENDING: f"POST {ACTION}",
    Phase.APPROVAL: "proposal",
    Phase.WATCHING: "waiting",
    Phase.COOLING: "ended",
}
"""The request just before which the fault comes, or the event of the line just after which; idle: between polls."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as it is set in the matrix.

    Attributes:
        name: as the simulator has it.
        given: its parameters.
        lasts_seconds: after this it is cleared.
        work: what there is to do when it comes.
    """

    name: str
    given: Mapping[str, Value]
    lasts_seconds: float
    work: Work


@dataclass(frozen=True, slots=True)
class Request:
    """A migration that was requested.

    Attributes:
        at: when, cluster time.
        status: the HTTP status of the answer; `None`: there was none.
        result: what came of it on the cluster: `COMPLETE`, `ERROR`, `UNMOVED`; empty if none was begun.
    """

    at: float
    vm: str
    target: str
    status: int | None
    result: str


@dataclass(frozen=True, slots=True)
class Ran:
    """What happened.

    Attributes:
        began_at, ended_at: when the fault came and went, cluster time; infinite if it did not.
        lines: told from the moment on when the fault came.
        before: told before that.
        requests: what was requested since, and the one that was being watched when it came.
        requested_meanwhile: how many while it lasted, but for the one at which it came.
        broken: rules that are broken at the end, in sentences.
        is_calm: whether the last word was that nothing is left to do.
        wrong: what the judge found.
    """

    began_at: float
    ended_at: float
    lines: tuple[Line, ...]
    before: tuple[Line, ...]
    requests: tuple[Request, ...]
    requested_meanwhile: int
    broken: tuple[str, ...]
    is_calm: bool
    wrong: tuple[str, ...]


class _Late(Exception):
    """An answer that comes after the client has given up."""


class _Case(httpx.AsyncBaseTransport):
    """Stands between the client and the cluster, hears every line, and lets the fault come and go."""

    network: httpx.AsyncBaseTransport | None = None
    """In place of the in-process transport."""

    def __init__(self, folder: Path, fault: Fault, phase: Phase) -> None:
        self._fault, self._phase = fault, phase
        self.world = World(folder, scenario=SCENE, wire=self._wired, sleep=self._late)
        cluster = self._cluster = self.world.cluster
        mode = Mode.APPROVE if phase is Phase.APPROVAL else Mode.AUTO
        self.policy = replace(POLICY, dry_run=phase is Phase.DRY, mode=mode)
        self.judge = Judge(cluster, self.policy.dry_run, self.policy.ram_limit_percent)
        self.began_at = self.ended_at = float("inf")
        self.told_before = self.written_before = self.requested_before = 0
        self.is_calm = False
        self._told = 0
        self._connected: set[str] = set()
        is_idle = phase is Phase.IDLE
        cluster.world.after(WORK_AT - START, self._begin if is_idle else self._give_work)

    def _wired(self, inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        self._inner = self.network or inner
        return self

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._cluster.advance(self.world.clock.now())
        _PATIENCE.set(request.extensions["timeout"]["read"])
        self.judge.before(request)
        self._met(f"{request.method} {request.url.path}")
        if "tls_broken" in self._cluster.faults and not self.network:
            self._break(request.url.host)
        try:
            reply = await self._inner.handle_async_request(request)
            self._connected.add(request.url.host)
            return reply
        except ConnectionDropped as error:
            raise httpx.RemoteProtocolError("dropped") from error
        except _Late as error:
            raise httpx.ReadTimeout("late") from error
        finally:
            self.judge.after()

    def _break(self, host: str) -> None:
        """No TLS can be had: a connection that exists ends, and a new one cannot be made."""
        if host in self._connected:
            self._connected.remove(host)
            raise httpx.RemoteProtocolError("cut")
        raise httpx.ConnectError("no handshake")

    async def _late(self, seconds: float) -> None:
        """An answer comes late. The client's own clock is the real one, so here time passes in its place."""
        patience = _PATIENCE.get()
        due = self.world.clock.now() + min(seconds, patience)
        await asyncio.sleep(0)  # whatever is asked at the same time is asked now, too
        self.world.clock._now = max(self.world.clock.now(), due)
        if seconds > patience:
            raise _Late

    def heard(self, line: Line) -> bool:
        """Take note of a line. Whether it is the last one needed: all is over, and there is nothing left to do."""
        self._told += 1
        self._met(line.event)
        if line.event == "collecting_data":
            self._approve()
        self.is_calm |= line.event == "balanced" and line.at > self.ended_at
        return self.is_calm

    def _met(self, what: str) -> None:
        """A request is about to be answered, or a line was told."""
        is_time = self.world.clock.now() > DECIDED_AFTER + (30.0 if self._fault.work is Work.LOAD else 0.0)
        if what == BEGINS[self._phase] and is_time and self.began_at == float("inf"):
            self._begin()

    def _begin(self) -> None:
        cluster = self._cluster
        self.began_at = cluster.now
        self.told_before, self.requested_before = self._told, len(self.judge.requested_at)
        self.written_before = len(cluster.writes) - (self._phase is Phase.WATCHING)
        cluster.faults.set(self._fault.name, **self._fault.given)
        cluster.world.after(self._fault.lasts_seconds, self._end)
        if self._phase is Phase.IDLE:
            cluster.world.after(APPROVED_AFTER_SECONDS, self._give_work)

    def _end(self) -> None:
        target = FAULTS[self._fault.name].target
        self._cluster.faults.clear(
            self._fault.name, **{k: v for k, v in self._fault.given.items() if k == target}
        )
        self.ended_at = self._cluster.now
        self._tag("log-02", "anti_log-01")

    def _give_work(self) -> None:
        if self._fault.work is Work.RULE:
            self._tag("db-02", "anti_db-01")
        else:
            self._cluster.faults.set("load_surge", vms="app-*", factor=2.4)

    def _tag(self, name: str, tag: str) -> None:
        self._cluster.vm(name).tags = tag
        self._cluster.world.revision += 1

    def _approve(self) -> None:
        proposal = self.world.desk.view.state.proposal
        if proposal and self.world.clock.now() >= self.began_at + APPROVED_AFTER_SECONDS:
            self.world.desk.submit(Approve(proposal.id))


Network = Callable[[World], AbstractAsyncContextManager[httpx.AsyncBaseTransport]]
"""Serves the world's cluster for as long as the block lasts, and gives the way to it."""


async def run(folder: Path, fault: Fault, phase: Phase, network: Network | None = None) -> Ran:
    """Run one case to its end: all is over and nothing is left to do, or an hour has passed."""
    case = _Case(folder, fault, phase)
    cluster = case.world.cluster
    async with AsyncExitStack() as served:
        if network:
            case.network = await served.enter_async_context(network(case.world))
        lines = await case.world.run(LIMIT_SECONDS, policy=case.policy, stop_when=case.heard)
    case.judge.at_the_end([line.text for line in lines], folder)
    meanwhile = [at for at in case.judge.requested_at[case.requested_before :] if at < case.ended_at]
    return Ran(
        began_at=case.began_at,
        ended_at=case.ended_at,
        lines=tuple(lines[case.told_before :]),
        before=tuple(lines[: case.told_before]),
        requests=tuple(_request(cluster, write) for write in cluster.writes[case.written_before :]),
        requested_meanwhile=len(meanwhile),
        broken=tuple(broken_rules(cluster)),
        is_calm=case.is_calm,
        wrong=tuple(case.judge.wrong),
    )


def _request(cluster: Cluster, write: Write) -> Request:
    """A request as the cluster's book has it, with what came of it."""
    assert isinstance(write.body, list)
    (asked,) = write.body
    vm, target = cluster.vms[asked["virDomainUUID"]], cluster.nodes[asked["nodeUUID"]]
    began = (
        each.result
        for each in cluster.ended_migrations
        if not each.is_foreign and (each.vm_id, each.started) == (vm.id, write.at)
    )
    return Request(write.at, vm.name, target.lan_ip, write.status, next(began, ""))
