"""A client of one cluster: what the balancer asks of it, and the one thing it tells it to do.

Where nobody answers, what was to be read is read from another node; the write is never repeated, neither there nor
elsewhere. It decides nothing about VMs and reads no clock but for the latency of a snapshot: what it does in the course
of time goes by the times of the snapshots it is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from hctui.api import action, convert, wire
from hctui.api import reads as paths
from hctui.api.account import Account, account
from hctui.api.address import address_of
from hctui.api.cancellation import finished
from hctui.api.certificate import CertificateInfo
from hctui.api.errors import ApiError, ApiSurprise
from hctui.api.exchange import Exchange, Lost, check_address
from hctui.api.failover import Failover
from hctui.api.reads import Reads
from hctui.api.reply import API_ROOT
from hctui.api.route import Reach
from hctui.api.session import Sessions
from hctui.api.tls import Trust, fetch_fingerprint
from hctui.api.update import unreadable, update_status
from hctui.core.answers import Answer, NotSent, SessionEnded, Unanswered
from hctui.core.model import (
    ClusterInfo,
    Condition,
    NodeId,
    Snapshot,
    Task,
    TaskId,
    UpdateStatus,
    Vm,
    VmId,
)
from hctui.core.secret import Secret

if TYPE_CHECKING:
    import httpx

_CLOSE_SECONDS = 10.0

_T = TypeVar("_T")


class Client:
    """Async context manager; leaving it logs out, on every way out. Usable from one event loop.

    Every method raises subclasses of `hctui.api.errors.ApiError` and nothing else, unless it says otherwise.
    """

    def __init__(
        self,
        base_url: str,
        username: str,
        password: Secret,
        trust: Trust,
        *,
        keepalive_seconds: float,
        timeout_seconds: float = 15.0,
        oidc: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Makes a client; nothing is sent before the first request.

        Args:
            base_url: `https://host` or `https://host:port` of any node. It is used whenever somebody answers there.
            username: account on the cluster.
            password: its password.
            trust: which certificates are accepted.
            keepalive_seconds: how long an idle connection is kept; more than the time between two polls.
            timeout_seconds: limit for connecting, for writing, for each read and for a free connection.
            oidc: the cluster checks the password with its OpenID Connect server.
            transport: replaces the network; `trust` is then not used for requests.

        Raises:
            ConnectionSettingWrong: the address or the trust cannot be used as it is written.
        """
        configured = address_of(base_url)
        check_address(configured)
        self._username = username
        self._timeout_seconds = timeout_seconds
        self._exchange = Exchange(
            trust,
            timeout_seconds=timeout_seconds,
            keepalive_seconds=keepalive_seconds,
            secrets=(password,),
            transport=transport,
        )
        self._sessions = Sessions(self._exchange, configured, username, password, oidc=oidc)
        self._reads = Reads(self._exchange, self._sessions)
        self._failover = Failover(self._exchange, self._sessions, configured, self._cluster_info)
        self._cluster: tuple[int, ClusterInfo] | None = None  # with the number of the login it was read in
        self._gpu_profiles: tuple[int, frozenset[str]] | None = None
        self._latency_seconds: float | None = None

    def __repr__(self) -> str:
        return f"<Client of {self._failover.configured}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Logs out and closes all connections; a cancellation meanwhile waits for that (10 s at most)."""
        await finished(self._close(), _CLOSE_SECONDS)

    @property
    def latency_seconds(self) -> float | None:
        """How long the cluster took for all answers of the last snapshot; `None` before the first."""
        return self._latency_seconds

    @property
    def reach(self) -> Reach:
        """Which address is used and why; as of the latest read."""
        return self._failover.reach

    def know_nodes(self, lan_ips: Iterable[str], cluster_id: str) -> None:
        """What an earlier run has seen: where the nodes of the cluster were, and the id that it must have there."""
        self._failover.know_nodes(lan_ips, cluster_id)

    # Session

    async def login(self) -> None:
        """Opens a session; one that is open is closed first. Reads do it by themselves where there is none."""
        await self._sessions.login()

    async def logout(self) -> None:
        """Closes the session, if there is one. It never raises: what the cluster says to it does not matter."""
        await self._sessions.logout()

    # Reads

    async def snapshot(self, taken_at: float) -> Snapshot:
        """The cluster as it is now; the lists are read at the same time but are not one atomic picture.

        Args:
            taken_at: Unix time that the snapshot is to carry.

        Raises:
            ApiError: nodes, VMs, their statistics, tasks or the cluster's identity could not be read. The alerts,
                the update status and the GPU profiles may be unreadable, see `Snapshot`.
        """
        await self._failover.at(taken_at)
        snapshot = await self._failover.read(lambda: self._snapshot(taken_at))
        self._failover.have_seen(snapshot.cluster, (node.lan_ip for node in snapshot.nodes.values()))
        return snapshot

    async def _snapshot(self, taken_at: float) -> Snapshot:
        await self._sessions.current()  # one login for all of them
        started = time.perf_counter()
        async with _all_or_first_failure() as reads:
            nodes = reads.create_task(self._reads.all(paths.NODES, wire.NODES))
            vms = reads.create_task(self._reads.all(paths.VMS, wire.VMS))
            stats = reads.create_task(self._reads.all(paths.STATS, wire.STATS))
            tasks = reads.create_task(self._reads.all(paths.TASKS, wire.TASKS))
            conditions = reads.create_task(self._conditions())
            update = reads.create_task(self._update_status())
            cluster = reads.create_task(self._cluster_info())
            gpu_profiles = reads.create_task(self._gpu_profile_names())
        self._latency_seconds = time.perf_counter() - started
        return Snapshot(
            taken_at=taken_at,
            cluster=cluster.result(),
            nodes=convert.nodes(nodes.result()),
            vms=convert.vms(vms.result(), stats.result()),
            live_tasks=convert.live_tasks(tasks.result()),
            update=update.result(),
            conditions=conditions.result(),
            gpu_profiles=gpu_profiles.result(),
        )

    async def vm(self, vm_id: VmId) -> Vm | None:
        """One VM as it is now, without its load (`cpu_percent` is `None`); `None` when the cluster has no such VM."""
        found = await self._failover.read(lambda: self._reads.one(paths.VMS, vm_id, wire.VMS))
        if found is None:
            return None
        vm = convert.vm(found, {})
        if vm.id != vm_id:
            raise ApiSurprise(f"/VirDomain/{vm_id}: the answer is another VM, {vm.id}.")
        return vm

    async def task(self, task_id: TaskId) -> Task | None:
        """One task as it is now; `None` when the cluster does not know it (yet, or any more).

        `UNINITIALIZED` comes back as such: like `None`, it may be a delay right after the task was started.
        """
        found = await self._failover.read(lambda: self._reads.one(paths.TASKS, task_id, wire.TASKS))
        if found is None:
            return None
        task = convert.task(found)
        if task.id != task_id:
            raise ApiSurprise(f"/TaskTag/{task_id}: the answer is another task, {task.id}.")
        return task

    async def account(self) -> Account:
        """The account in use and whether it may migrate; reading that may itself need a role it does not have.

        Raises:
            ApiError: no session could be opened.
        """
        await self._failover.read(self._sessions.current)
        async with _all_or_first_failure() as reads:
            users = reads.create_task(self._reads.all_or_none(paths.USERS, wire.USERS))
            roles = reads.create_task(self._reads.all_or_none(paths.ROLES, wire.ROLES))
        return account(self._username, users.result(), roles.result())

    async def certificate(self) -> CertificateInfo:
        """The certificate shown at the configured address, trusted or not, on a connection without a login."""
        address = self._failover.configured
        return await fetch_fingerprint(address.host, address.port, self._timeout_seconds)

    # The write

    async def migrate(self, vm_id: VmId, target: NodeId) -> Answer:
        """Asks the cluster to migrate a running VM: one request, never repeated for any reason, nor at another address.

        It raises nothing but `CancelledError`. Cancelled while the request is under way, it cannot say whether the
        cluster carried it out: callers write their intent down before they call, and look at the VM afterwards.
        """
        try:
            session = await self._sessions.current()
        except ApiError as error:
            return NotSent(f"{error.title}: {error.detail}")
        reply = await self._exchange.send(
            session.address,
            "POST",
            API_ROOT + action.MIGRATION_PATH,
            label=action.MIGRATION_PATH,
            session=session.id,
            body=Secret(action.migration_body(vm_id, target)),
        )
        if isinstance(reply, Lost):
            message = f"{reply.error.title}: {reply.error.detail}"
            return Unanswered(message) if reply.sent else NotSent(message)
        answer = action.answer_of(reply)
        if isinstance(answer, SessionEnded):
            # Where that fails as well, the next read says why.
            with contextlib.suppress(ApiError):
                await self._sessions.renew(session, reply.status)
        return answer

    # Parts of a snapshot

    async def _cluster_info(self) -> ClusterInfo:
        login_number = (await self._sessions.current()).login_number
        if self._cluster is None or self._cluster[0] != login_number:
            cluster = convert.cluster_info(await self._reads.all(paths.CLUSTERS, wire.CLUSTERS))
            self._cluster = (login_number, cluster)
        return self._cluster[1]

    async def _gpu_profile_names(self) -> frozenset[str]:
        login_number = (await self._sessions.current()).login_number
        if self._gpu_profiles is None or self._gpu_profiles[0] != login_number:
            answer = await self._reads.all_or_none(paths.GPU_PROFILES, wire.GPU_PROFILES)
            if answer is None:
                return frozenset()
            self._gpu_profiles = (login_number, convert.gpu_profiles(answer))
        return self._gpu_profiles[1]

    async def _conditions(self) -> tuple[Condition, ...] | None:
        answer = await self._reads.all_or_none(paths.CONDITIONS, wire.CONDITIONS)
        return None if answer is None else convert.conditions(answer)

    async def _update_status(self) -> UpdateStatus:
        try:
            reply = await self._reads.update_file()
        except ApiError as error:
            return unreadable(error.detail.removesuffix("."))
        return update_status(reply.status, reply.body)

    async def _close(self) -> None:
        await self._sessions.close()
        await self._exchange.close()


class _Together:
    """Reads that are made at the same time."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[Any]] = []

    def create_task(self, read: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        task = asyncio.create_task(read)
        self.tasks.append(task)
        return task


@contextlib.asynccontextmanager
async def _all_or_first_failure() -> AsyncIterator[_Together]:
    """Waits for all reads, or for the first that fails and raises that; the others are cancelled and waited for.

    Whoever is cancelled meanwhile learns of that, whatever fails at the same moment: an `asyncio.TaskGroup` tells of
    the failure instead, and its caller would go on as if nobody wanted it to end.
    """
    reads = _Together()
    try:
        yield reads
        done, _ = await asyncio.wait(reads.tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in reads.tasks:
            task.cancel()
        await asyncio.gather(*reads.tasks, return_exceptions=True)
    for task in reads.tasks:
        if task in done and (failure := task.exception()) is not None:
            raise failure
