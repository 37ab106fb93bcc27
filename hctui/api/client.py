"""A client of one cluster: what the balancer asks of it, and the one thing it tells it to do.

A read is repeated once where its session turns out to be over, and otherwise never, because the next poll is the
repetition; the write is never repeated. It decides nothing about VMs and reads no clock but for the latency of a
snapshot.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from hctui.api import action, convert, wire
from hctui.api.account import Account, account
from hctui.api.certificate import CertificateInfo
from hctui.api.errors import ApiError, ApiSurprise, ConnectionSettingWrong
from hctui.api.exchange import Address, Exchange, Lost
from hctui.api.reply import API_ROOT, Reply, refusal
from hctui.api.session import Session, Sessions
from hctui.api.text import harmless
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

_T = TypeVar("_T")

_UPDATE_PATH = "/update/update_status.json"
_HOST = re.compile(r"[\w.:-]+")


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
            base_url: `https://host` or `https://host:port` of any node.
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
        self._address = _address(base_url)
        self._username = username
        self._timeout_seconds = timeout_seconds
        self._exchange = Exchange(
            self._address,
            trust,
            timeout_seconds=timeout_seconds,
            keepalive_seconds=keepalive_seconds,
            secrets=(password,),
            transport=transport,
        )
        self._sessions = Sessions(self._exchange, username, password, oidc=oidc)
        self._cluster: tuple[int, ClusterInfo] | None = None  # with the number of the login it was read in
        self._gpu_profiles: tuple[int, frozenset[str]] | None = None
        self._latency_seconds: float | None = None

    def __repr__(self) -> str:
        return f"<Client of {self._address}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Logs out and closes all connections; a cancellation meanwhile waits for that (5 s at most)."""
        await _uncancelled(self._close())

    @property
    def latency_seconds(self) -> float | None:
        """How long the cluster took for all answers of the last snapshot; `None` before the first."""
        return self._latency_seconds

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
        login_number = (await self._sessions.current()).login_number
        started = time.perf_counter()
        async with _all_or_first_failure() as reads:
            nodes = reads.create_task(self._list("/Node", wire.NODES))
            vms = reads.create_task(self._list("/VirDomain", wire.VMS))
            stats = reads.create_task(self._list("/VirDomainStats", wire.STATS))
            tasks = reads.create_task(self._list("/TaskTag", wire.TASKS))
            conditions = reads.create_task(self._conditions())
            update = reads.create_task(self._update_status())
            cluster = reads.create_task(self._cluster_info(login_number))
            gpu_profiles = reads.create_task(self._gpu_profile_names(login_number))
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
        found = await self._one("/VirDomain", vm_id, wire.VMS)
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
        found = await self._one("/TaskTag", task_id, wire.TASKS)
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
        await self._sessions.current()
        async with _all_or_first_failure() as reads:
            users = reads.create_task(self._list_or_none("/User", wire.USERS))
            roles = reads.create_task(self._list_or_none("/Role", wire.ROLES))
        return account(self._username, users.result(), roles.result())

    async def certificate(self) -> CertificateInfo:
        """The certificate the cluster shows, trusted or not, on a connection of its own without a login."""
        return await fetch_fingerprint(self._address.host, self._address.port, self._timeout_seconds)

    # The write

    async def migrate(self, vm_id: VmId, target: NodeId) -> Answer:
        """Asks the cluster to migrate a running VM: one request, never repeated for any reason.

        It raises nothing but `CancelledError`. Cancelled while the request is under way, it cannot say whether the
        cluster carried it out: callers write their intent down before they call, and look at the VM afterwards.
        """
        try:
            session = await self._sessions.current()
        except ApiError as error:
            return NotSent(f"{error.title}: {error.detail}")
        reply = await self._exchange.send(
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

    async def _cluster_info(self, login_number: int) -> ClusterInfo:
        if self._cluster is None or self._cluster[0] != login_number:
            cluster = convert.cluster_info(await self._list("/Cluster", wire.CLUSTERS))
            self._cluster = (login_number, cluster)
        return self._cluster[1]

    async def _gpu_profile_names(self, login_number: int) -> frozenset[str]:
        if self._gpu_profiles is None or self._gpu_profiles[0] != login_number:
            answer = await self._list_or_none("/GPUProfile", wire.GPU_PROFILES)
            if answer is None:
                return frozenset()
            self._gpu_profiles = (login_number, convert.gpu_profiles(answer))
        return self._gpu_profiles[1]

    async def _conditions(self) -> tuple[Condition, ...] | None:
        answer = await self._list_or_none("/Condition/filter?includeSet=true", wire.CONDITIONS)
        return None if answer is None else convert.conditions(answer)

    async def _update_status(self) -> UpdateStatus:
        try:
            reply = await self._get(_UPDATE_PATH, _UPDATE_PATH)
        except ApiError as error:
            return unreadable(error.detail.removesuffix("."))
        return update_status(reply.status, reply.body)

    # Requests

    async def _list_or_none(
        self, path: str, decoder: msgspec.json.Decoder[list[_T | None]]
    ) -> list[_T] | None:
        try:
            return await self._list(path, decoder)
        except ApiError:
            return None

    async def _list(self, path: str, decoder: msgspec.json.Decoder[list[_T | None]]) -> list[_T]:
        reply = await self._get(API_ROOT + path, path)
        if not reply.is_success:
            raise refusal(reply)
        return wire.decode_list(reply, decoder)

    async def _one(self, path: str, key: str, decoder: msgspec.json.Decoder[list[_T | None]]) -> _T | None:
        """One object by its id, which the API answers with an array of none or one, or with 404."""
        path = f"{path}/{quote(key, safe='')}"
        reply = await self._get(API_ROOT + path, path)
        if reply.status == 404 and not reply.is_html:
            return None
        if not reply.is_success:
            raise refusal(reply)
        found = wire.decode_list(reply, decoder)
        if len(found) > 1:
            raise ApiSurprise(f"{path}: expected one object at most, got {len(found)}.")
        return found[0] if found else None

    async def _get(self, path: str, label: str) -> Reply:
        """Reads once, and once more in a new session where the cluster's answer is that this one is over."""
        session = await self._sessions.current()
        reply = await self._get_in(session, path, label)
        if not session.is_over(reply):
            return reply
        session = await self._sessions.renew(session, reply.status)
        return await self._get_in(session, path, label)

    async def _get_in(self, session: Session, path: str, label: str) -> Reply:
        reply = await self._exchange.send("GET", path, label=label, session=session.id)
        if isinstance(reply, Lost):
            raise reply.error
        return reply

    async def _close(self) -> None:
        await self.logout()
        await self._exchange.close()


def _address(base_url: str) -> Address:
    """Host and port of `https://host[:port]`.

    Raises:
        ConnectionSettingWrong: it is something else. The text is not repeated where it may hold a password.
    """
    problem = "the address must not contain a user name or password."
    if "@" not in base_url:
        problem = f"{harmless(base_url)!r} is not an address of a cluster."
        with contextlib.suppress(ValueError):
            parts = urlsplit(base_url)
            bare = parts.path in ("", "/") and not parts.query and not parts.fragment
            host = parts.hostname or ""
            if parts.scheme == "https" and _HOST.fullmatch(host) and bare and parts.port != 0:
                return Address(host, parts.port or 443)
    raise ConnectionSettingWrong(problem, hint="Allowed is https://host or https://host:port.")


@contextlib.asynccontextmanager
async def _all_or_first_failure() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that fails with its first failure itself; the other tasks are cancelled and waited for."""
    failure = None
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        failure = failures.exceptions[0]
    if failure is not None:
        raise failure


async def _uncancelled(work: Coroutine[None, None, None]) -> None:
    """Runs work to its end, also when cancelled meanwhile; the cancellation is delivered afterwards."""
    running = asyncio.ensure_future(work)
    cancellation = None
    while not running.done():
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        raise cancellation
