"""One process of hctui after the other on a simulated cluster, in a time that passes only when it is told to.

Everything of the program is real but the network and the clock: client, engine, journal on disk. A process may be
killed at any request: then nothing of it runs on, its session stays open, and the next one finds the files as they
were.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import httpx

from hctui.api.client import Client
from hctui.api.tls import Trust
from hctui.core.policy import Policy
from hctui.core.secret import Secret
from hctui.engine.balancing import Plan, balance
from hctui.engine.clock import first_of
from hctui.engine.desk import Desk
from hctui.engine.view import Contact, Line, View
from hctui.sim import Cluster
from hctui.sim.server import create_app
from tests.engine.given import settings_of

MIGRATION_PATH = "/rest/v1/VirDomain/action"
VMS_PATH = "/rest/v1/VirDomain"

_LONGEST_SECONDS = 15.0
"""Real time within which a process that is cancelled has ended."""

_CALM_TURNS = 20
"""Nothing is ready to run any more once the clock's sleeper has slept for so many turns of the event loop."""


class HeldClock:
    """Stands still until it is let go on to a moment, and goes from one awakening to the next on the way there."""

    def __init__(self, start: float) -> None:
        self._now = self._until = start
        self._let_go = asyncio.Event()
        self.resting = asyncio.Event()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        """For one sleeper at a time, which the engine is."""
        await asyncio.sleep(0)
        due = self._now + max(0.0, seconds)
        while due > self._until:
            self._now = self._until
            self.resting.set()
            try:
                await self._let_go.wait()
            finally:
                self.resting.clear()
            self._let_go.clear()
        self._now = max(self._now, due)

    def let_go(self, seconds: float) -> None:
        self._until += seconds
        self._let_go.set()

    def jump(self) -> None:
        """Be where it was let go to, though nobody sleeps."""
        self._now = self._until
        self._let_go.clear()


class End(StrEnum):
    """How a process ends."""

    STOPPED = "told to stop"
    KILLED = "killed at once"
    BEFORE_WRITE = "killed before its next migration request is sent"
    AFTER_WRITE = "killed after its next migration request was carried out"
    BEFORE_READ = "killed before one of its next reads"
    AFTER_READ = "killed after one of its next reads"


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """The network between a process and the cluster: looks at each request, and is where a process is killed.

    Attributes:
        on_write: called with a request that is not a read, before the cluster sees it.
        on_read: called with the path of a read that was answered with 200.
        end: at which request the process is to die; `None`: at none.
        passes: how many reads it lives through before that.
        on_death: called at that moment.
    """

    inner: httpx.AsyncBaseTransport
    on_write: Callable[[httpx.Request], None]
    on_read: Callable[[str], None]
    on_death: Callable[[], None]
    end: End | None = None
    passes: int = 0
    died: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.died.is_set():
            raise httpx.ConnectError("There is no such process any more.", request=request)
        is_read, is_move = request.method == "GET", request.url.path == MIGRATION_PATH
        await self._pass(End.BEFORE_READ if is_read else End.BEFORE_WRITE if is_move else None)
        if not is_read:
            self.on_write(request)
        response = await self.inner.handle_async_request(request)
        if is_read and response.status_code == 200:
            self.on_read(request.url.path)
        await self._pass(End.AFTER_READ if is_read else End.AFTER_WRITE if is_move else None)
        return response

    async def _pass(self, point: End | None) -> None:
        if point is None or point is not self.end:
            return
        self.passes -= 1
        if self.passes < 0:
            if not self.died.is_set():
                self.on_death()
                self.died.set()
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        await self.inner.aclose()


class Process:
    """One run of the balancer. Make it within a running event loop.

    `folder` holds its journal. `look` is called after each change of its view.
    """

    def __init__(
        self,
        cluster: Cluster,
        clock: HeldClock,
        folder: Path,
        policy: Policy,
        on_write: Callable[[httpx.Request], None],
        on_read: Callable[[str], None],
        look: Callable[[View], None],
    ) -> None:
        self.folder, self.clock = folder, clock
        self.lines: list[Line] = []
        self.heir = folder
        app = httpx.ASGITransport(create_app(cluster, clock.now, asyncio.sleep), raise_app_exceptions=True)
        self.wire = Wire(app, on_write, on_read, self._bequeath)
        account = next(iter(cluster.access.accounts.values()))
        client = Client(
            "https://127.0.0.11",
            account.username,
            Secret(account.effective_password),
            Trust(verify=False),
            keepalive_seconds=90,
            transport=self.wire,
        )
        self.desk = Desk(settings_of(policy), Contact("https://127.0.0.11", "TLS unverified"), clock)
        self.desk.listen(lambda: look(self.desk.view))
        self._stop = asyncio.Event()
        self.task = asyncio.create_task(
            balance(client, self.desk, Plan(folder), clock, self.lines.append, self._stop)
        )

    @property
    def is_over(self) -> bool:
        return self.task.done() or self.wire.died.is_set()

    async def settle(self) -> None:
        """Let it do what is to be done at this moment, up to its own end or death."""
        while not self.is_over:
            await first_of(self.clock.resting.wait(), self.wire.died.wait(), asyncio.wait([self.task]))
            for _ in range(_CALM_TURNS):
                await asyncio.sleep(0)
                if self.is_over or not self.clock.resting.is_set():
                    break
            else:
                return

    async def stop(self) -> None:
        """Tell it to stop, and wait for that."""
        self._stop.set()
        await asyncio.wait([self.task])

    async def kill(self) -> None:
        """End it without its doing, unless it is dead already; what it leaves behind is in `heir`."""
        if not self.wire.died.is_set():
            self._bequeath()
            self.wire.died.set()
        self.task.cancel()
        _, undead = await asyncio.wait([self.task], timeout=_LONGEST_SECONDS)
        for task in undead:
            task.print_stack()
        assert not undead, "a cancellation was lost"

    def _bequeath(self) -> None:
        """Copy what is on disk now: what its last breath still writes is nobody's."""
        number = int(self.folder.name) + 1
        self.heir = self.folder.with_name(str(number))
        shutil.copytree(self.folder, self.heir, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
