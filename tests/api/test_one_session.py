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

from hctui.api.address import Address
from hctui.api.client import Client
from hctui.api.errors import ApiError, ClusterUnreachable, LoginPending
from hctui.api.exchange import Exchange
from hctui.api.session import Sessions
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


async def test_over_hundreds_of_logins_there_is_one_session() -> None:
    rng = random.Random(1)  # noqa: S311 - nothing secret
    watched = Watched(small_cluster(), rng)
    account = next(iter(watched.cluster.access.accounts.values()))
    password = Secret(account.effective_password)
    clients = 0
    while watched.logins < 300:
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
    monkeypatch.setattr("hctui.api.session._LAST_LOGIN_SECONDS", 0.01)
    cluster.answers["POST /login"] = hang
    async with asyncio.timeout(5), cluster.client() as client:
        reading = asyncio.create_task(client.vm(VmId("vm-1")))
        await opened.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading


@dataclass
class Late:
    """Opens a session at once and says so only when it is allowed to."""

    cluster: FakeCluster
    asked: int = 0
    allowed: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        self.cluster.valid_session = f"late-{self.asked}"
        await self.allowed.wait()
        return answer(200, {"sessionID": f"late-{self.asked}"})


async def test_a_login_that_is_answered_late_is_the_only_one_and_its_session_is_used(
    cluster: FakeCluster,
) -> None:
    """Another one would open another session, and that of the first nobody could close."""
    cluster.answers["POST /login"] = late = Late(cluster)
    async with cluster.client(timeout_seconds=0.1) as client:
        for _ in range(2):
            with pytest.raises(LoginPending, match=r"no answer within 0\.1 s"):
                await client.vm(VmId("vm-1"))
        late.allowed.set()
        assert await client.vm(VmId("vm-1"))
        assert late.asked == 1
    assert cluster.valid_session is None


async def test_the_end_waits_for_a_login_that_is_to_be_answered_and_closes_its_session(
    cluster: FakeCluster,
) -> None:
    cluster.answers["POST /login"] = late = Late(cluster)
    async with cluster.client(timeout_seconds=0.1) as client:
        with pytest.raises(LoginPending):
            await client.vm(VmId("vm-1"))
        asyncio.get_running_loop().call_later(0.02, late.allowed.set)
    assert (late.asked, cluster.valid_session) == (1, None)


async def test_a_login_that_is_answered_where_nobody_asks_any_more_is_closed_at_once() -> None:
    """Sessions of one cluster at two addresses; somebody has gone over to the other one while the first was silent."""
    cluster = FakeCluster()
    cluster.answers["POST /login"] = late = Late(cluster)
    exchange = Exchange(
        Trust(), timeout_seconds=0.1, keepalive_seconds=60, transport=httpx.MockTransport(cluster.handle)
    )
    here, there = Address("127.0.0.11", 443), Address("127.0.0.12", 443)
    sessions = Sessions(exchange, here, "balancer", Secret("x"), oidc=False)
    with pytest.raises(LoginPending):
        await sessions.current()
    await sessions.leave(there)
    late.allowed.set()
    for _ in range(99):
        await asyncio.sleep(0)
    assert cluster.valid_session is None
    assert cluster.requests[-1].url.host == "127.0.0.11"
    await sessions.close()


async def test_what_was_answered_before_somebody_else_was_asked_is_closed_too(cluster: FakeCluster) -> None:
    cluster.answers["POST /login"] = late = Late(cluster)
    exchange = Exchange(
        Trust(), timeout_seconds=0.1, keepalive_seconds=60, transport=httpx.MockTransport(cluster.handle)
    )
    sessions = Sessions(exchange, Address("127.0.0.11", 443), "balancer", Secret("x"), oidc=False)
    with pytest.raises(LoginPending):
        await sessions.current()
    late.allowed.set()
    for _ in range(9):
        await asyncio.sleep(0)
    await sessions.leave(Address("127.0.0.12", 443))
    await sessions.close()
    assert cluster.valid_session is None


async def test_a_login_that_is_never_answered_is_asked_again_more_and_more_rarely(
    cluster: FakeCluster,
) -> None:
    limits: list[float] = []

    def unanswered(request: httpx.Request) -> httpx.Response:
        limits.append(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("late")

    cluster.answers["POST /login"] = unanswered
    async with cluster.client(timeout_seconds=15.0) as client:
        for _ in range(7):
            with pytest.raises(ClusterUnreachable, match="no answer within"):
                await client.vm(VmId("vm-1"))
        assert limits == [60.0, 120.0, 240.0, 480.0, 960.0, 960.0, 960.0]
        cluster.answers.clear()
        assert await client.vm(VmId("vm-1"))
        await client.logout()
        cluster.answers["POST /login"] = unanswered
        with pytest.raises(ClusterUnreachable):
            await client.vm(VmId("vm-1"))
        assert limits[-1] == 60.0


@pytest.mark.parametrize("status", [401, 403, 503])
async def test_what_is_said_to_be_over_is_closed_all_the_same(cluster: FakeCluster, status: int) -> None:
    """A proxy may have said it, and then the session is open still."""
    cluster.answers["GET /VirDomain/vm-1"] = [answer(status, {"error": "session"})]
    async with cluster.client() as client:
        await client.vm(VmId("vm-1"))
        logouts = [one.headers["cookie"] for one in cluster.requests if one.url.path.endswith("/logout")]
        assert logouts == ["sessionID=session-1"]
