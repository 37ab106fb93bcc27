"""Going over to another node of the cluster while nobody answers at the configured address, and back again.

For reads alone: the write goes to the address in use and nowhere else. Which address has its turn is decided by
`hctui.api.route`; here is what must be done on the way: sessions, the test whether it is still the same cluster, and
the look whether the configured address answers again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from hctui.api import route
from hctui.api.address import Address
from hctui.api.errors import ApiDown, ApiError, ClusterUnreachable, ForeignNode, UntrustedCertificate
from hctui.api.exchange import Exchange, Lost
from hctui.api.reply import API_ROOT, Reply
from hctui.api.route import Reach
from hctui.api.session import Sessions
from hctui.core.model import ClusterInfo

_T = TypeVar("_T")

_PROBE_SECONDS = 5.0
"""So long the configured address has to answer before it is used again."""

_MOST_SILENT = 2
"""At so many addresses nobody may answer before a read fails: each may take as long as a whole request may."""


class Failover:
    """Has reads answered, wherever that is. For one reader at a time."""

    def __init__(
        self,
        exchange: Exchange,
        sessions: Sessions,
        configured: Address,
        identify: Callable[[], Awaitable[ClusterInfo]],
    ) -> None:
        """Begins at the configured address.

        Args:
            exchange: how requests are sent.
            sessions: that of the reader; it is told where to log in.
            configured: the address of the settings.
            identify: who the cluster is that answers in the session of the moment; raises `ApiError`.
        """
        self._exchange = exchange
        self._sessions = sessions
        self._identify = identify
        self._route = route.route_to(configured)
        self._now = 0.0
        self._expected_id = ""
        self._is_met = False

    @property
    def reach(self) -> Reach:
        """Which address is used and why."""
        return self._route.reach

    @property
    def configured(self) -> Address:
        """The address of the settings."""
        return self._route.configured

    def know_nodes(self, lan_ips: Iterable[str], cluster_id: str) -> None:
        """What an earlier run has seen: where the nodes of the cluster were, and the id that it must have there."""
        self._route = route.knowing(self._route, lan_ips)
        self._expected_id = cluster_id

    def have_seen(self, cluster: ClusterInfo, lan_ips: Iterable[str]) -> None:
        """What a read has told: who the cluster is, and where its nodes are. The first to be met is the cluster."""
        if not self._is_met:
            self._expected_id, self._is_met = cluster.id, True
        if cluster.id == self._expected_id:
            self._route = route.knowing(self._route, lan_ips)

    async def at(self, now: float) -> None:
        """It is `now`, Unix seconds: goes back to the configured address if that is due and somebody answers there."""
        self._now = now
        if route.is_return_due(self._route, now):
            await self._return()

    async def read(self, read: Callable[[], Awaitable[_T]]) -> _T:
        """Reads at the address in use and, where nobody answers there, at another.

        Raises:
            ApiError: what the read failed with; where nobody answers, what is wrong at each address that was tried.
        """
        silent: list[ApiError] = []
        refused: ApiError | None = None
        for _ in self._route.ring:
            try:
                await self._check_identity()
                found = await read()
            except (ClusterUnreachable, ApiDown) as error:
                silent.append(error)
            except (UntrustedCertificate, ForeignNode) as error:
                if not self._route.is_detour:
                    raise
                refused = error
                self._route = route.passed_over(self._route, self._route.in_use, error.detail)
            else:
                self._route = route.answered(self._route)
                return found
            if not await self._moved_on(silent) or len(silent) == _MOST_SILENT:
                break
        raise _of_all(silent) if silent else refused or AssertionError("there is always an address")

    async def _moved_on(self, silent: list[ApiError]) -> bool:
        """Goes over to the next address, to log in there; whether there is another."""
        before = self._route.in_use
        self._route = route.moved_on(self._route, silent[-1].detail if silent else "", self._now)
        if self._route.in_use == before:
            return False
        await self._sessions.leave(self._route.in_use)
        return True

    async def _check_identity(self) -> None:
        """See that a node still belongs to this cluster, before anything is believed that is read from it.

        Raises:
            ApiError: that could not be read.
            ForeignNode: it does not. Its session is closed.
        """
        if not self._route.is_detour:
            return  # what the settings name is the cluster; whether that changes is not judged here
        found = await self._identify()
        if found.id != self._expected_id:
            await self._sessions.move(self._route.in_use)  # which closes the session
            raise ForeignNode(f"it now belongs to the cluster {found.name} ({found.id}).")

    async def _return(self) -> None:
        """Goes back to the configured address if somebody answers there; a refusal is an answer."""
        configured = self._route.configured
        reply: Reply | Lost | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PROBE_SECONDS):
                reply = await self._exchange.send(configured, "GET", f"{API_ROOT}/ping", label="/ping")
        if isinstance(reply, Reply) and not reply.says_nobody_is_there:
            await self._sessions.move(configured)
            self._route = route.returned(self._route)
            return
        self._route = route.kept_away(self._route, self._now)
        if isinstance(reply, Lost) and isinstance(reply.error, UntrustedCertificate):
            self._route = route.passed_over(self._route, configured, reply.error.detail)


def _of_all(failures: list[ApiError]) -> ApiError:
    """What is wrong at several addresses, as one error of the kind of the first."""
    first = failures[0]
    return type(first)(" ".join(failure.detail for failure in failures), hint=first.hint)
