"""Whatever happens to a client, the cluster never has more than one session of it open, and none when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from hctui.api.client import Client
from hctui.api.errors import ApiError
from hctui.api.tls import Trust
from hctui.core.model import NodeId, VmId
from hctui.core.secret import Secret
from hctui.sim import Cluster
from hctui.sim.server import create_app
from tests.api.fake import FakeCluster, answer
from tests.sim.bench import START, small_cluster

HOURS_12 = 12 * 3600.0


@dataclass
class Watched(httpx.AsyncBaseTransport):
    """The simulated cluster; counts its open sessions after every request, and takes some steps for each."""

    cluster: Cluster
    rng: random.Random
    now: float = START
    most_open: int = 0
    logins: int = 0
    down: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._inner = httpx.ASGITransport(create_app(self.cluster, lambda: self.now, asyncio.sleep))

    @property
    def open_now(self) -> int:
        return len(self.cluster.access.open_sessions(self.now))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._steps()
        if request.url.host in self.down:
            raise httpx.ConnectError("no")
        reply = await self._inner.handle_async_request(request)
        self.logins += request.url.path.endswith("/login") and reply.status_code == 200
        self.most_open = max(self.most_open, self.open_now)
        await self._steps()
        return reply

    async def _steps(self) -> None:
        for _ in range(self.rng.randrange(4)):
            await asyncio.sleep(0)


async def cancelled(client: Client, rng: random.Random) -> None:
    """Begin something and cancel it somewhere in the middle, perhaps twice."""
    begun: Callable[[], Coroutine[Any, Any, object]] = rng.choice(
        [client.login, lambda: client.snapshot(0.0), client.account, lambda: client.vm(VmId("vm"))]
    )
    task = asyncio.create_task(begun())
    for _ in range(rng.randrange(40)):
        await asyncio.sleep(0)
    task.cancel()
    if rng.random() < 0.2:
        await asyncio.sleep(0)
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError, ApiError):
        await task


async def step(client: Client, watched: Watched, rng: random.Random) -> None:
    """One of the things that happen to a client."""
    faults = watched.cluster.faults
    match rng.randrange(8):
        case 0:
            await client.login()
        case 1:
            await client.logout()
        case 2:
            watched.now += HOURS_12 * rng.random() * 2  # sessions may be over by idling
        case 3:
            faults.set("session_expired", status=rng.choice([401, 503]), times=rng.randrange(1, 9))
        case 4:
            faults.set(
                "forbidden", path=rng.choice(["/VirDomain", "/Node", "/Cluster"]), times=rng.randrange(1, 4)
            )
        case 5:
            watched.down = set(rng.sample(["127.0.0.11", "127.0.0.12", "127.0.0.13"], rng.randrange(3)))
        case 6:
            await client.migrate(VmId("vm"), NodeId("node"))
        case _:
            await cancelled(client, rng)
    watched.now += rng.choice([1.0, 30.0, 400.0])
    with contextlib.suppress(ApiError):
        await (client.snapshot(watched.now) if rng.random() < 0.3 else client.vm(VmId("vm")))


async def test_over_a_thousand_logins_there_is_one_session() -> None:
    rng = random.Random(1)  # noqa: S311 - nothing secret
    watched = Watched(small_cluster(), rng)
    account = next(iter(watched.cluster.access.accounts.values()))
    password = Secret(account.effective_password)
    clients = 0
    while watched.logins < 1000:
        clients += 1
        client = Client(
            "https://127.0.0.11",
            account.username,
            password,
            Trust(verify=False),
            keepalive_seconds=60,
            transport=watched,
        )
        async with client:
            for _ in range(40):
                with contextlib.suppress(ApiError):
                    await step(client, watched, rng)
                assert watched.open_now <= 1
            watched.down.clear()
        assert watched.open_now == 0
    assert watched.most_open == 1
    assert clients > 5


async def test_a_login_that_is_cancelled_is_finished_and_closed(cluster: FakeCluster) -> None:
    """The cluster opens the session at once and says so late; its id must not be lost on the way."""
    opened, allowed = asyncio.Event(), asyncio.Event()

    async def late(_: httpx.Request) -> httpx.Response:
        cluster.valid_session = "session-x"
        opened.set()
        await allowed.wait()
        return answer(200, {"sessionID": "session-x"})

    cluster.answers["POST /login"] = late
    async with cluster.client() as client:
        reading = asyncio.create_task(client.vm(VmId("vm-1")))
        await opened.wait()
        reading.cancel()
        await asyncio.sleep(0)
        reading.cancel()
        allowed.set()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert cluster.valid_session == "session-x"
    assert cluster.valid_session is None


async def test_a_login_that_hangs_holds_a_cancellation_up_for_seconds_only(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        opened.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("hctui.api.session._LOGOUT_SECONDS", 0.01)
    cluster.answers["POST /login"] = hang
    async with asyncio.timeout(5), cluster.client() as client:
        reading = asyncio.create_task(client.vm(VmId("vm-1")))
        await opened.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading


@pytest.mark.parametrize("status", [401, 403, 503])
async def test_what_is_said_to_be_over_is_closed_all_the_same(cluster: FakeCluster, status: int) -> None:
    """A proxy may have said it, and then the session is open still."""
    cluster.answers["GET /VirDomain/vm-1"] = [answer(status, {"error": "session"})]
    async with cluster.client() as client:
        await client.vm(VmId("vm-1"))
        logouts = [one.headers["cookie"] for one in cluster.requests if one.url.path.endswith("/logout")]
        assert logouts == ["sessionID=session-1"]
