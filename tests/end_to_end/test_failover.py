"""The configured node goes down: the program goes on over another, sends nothing twice, and returns.

Some over TLS on the nodes' own loopback addresses, the rest in virtual time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from hctui.api.client import Client
from hctui.api.errors import ApiError, ClusterUnreachable, UntrustedCertificate
from hctui.api.route import RETURN_SECONDS
from hctui.api.tls import Trust
from hctui.core.secret import Secret
from hctui.engine.balancing import Plan, balance
from hctui.engine.desk import Desk
from hctui.engine.view import Contact, Line
from hctui.sim import Cluster, load_scenario
from hctui.sim.certificate import self_signed
from hctui.sim.gate import ConnectionDropped
from hctui.sim.server import create_app
from hctui.sim.serving import Server, serve
from tests.api.tls_server import server_context
from tests.end_to_end.world import HOUR, LIVE, MINUTE, START, World, quick
from tests.engine.given import settings_of

CONFIGURED = "127.0.0.11"
NODES = [f"127.0.0.{octet}" for octet in (11, 12, 13, 14)]
ACTION = "/rest/v1/VirDomain/action"


@dataclass
class Network(httpx.AsyncBaseTransport):
    """The way to a simulated cluster, cut at some hosts. It counts what is sent where."""

    world: World
    down: set[str]
    cut: Callable[[float], set[str]] = lambda now: set()
    cut_after: Callable[[httpx.Request], bool] = lambda request: False

    def __post_init__(self) -> None:
        app = create_app(self.world.cluster, self.world.clock.now, asyncio.sleep)
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=True)
        self.requests: list[tuple[str, str]] = []
        self.most_sessions = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.url.host, request.url.path))
        if request.url.host in self.down | self.cut(self.world.clock.now()):
            raise httpx.ConnectError("no route to host")
        try:
            reply = await self._inner.handle_async_request(request)
        except ConnectionDropped as error:
            raise httpx.ReadError("dropped") from error
        finally:
            access = self.world.cluster.access
            self.most_sessions = max(self.most_sessions, len(access.open_sessions(self.world.clock.now())))
        if self.cut_after(request):
            self.down.add(request.url.host)
            raise httpx.ReadTimeout("late")
        return reply

    async def run(self, seconds: float) -> list[Line]:
        """Balance for so long over the configured node."""
        told: list[Line] = []
        account = next(iter(self.world.cluster.access.accounts.values()))
        url = f"https://{CONFIGURED}"
        client = Client(
            url,
            account.username,
            Secret(account.effective_password),
            Trust(verify=False),
            keepalive_seconds=90,
            transport=self,
        )
        desk = Desk(settings_of(quick(LIVE)), Contact(url, "TLS unverified"), self.world.clock)
        plan = Plan(self.world.folder, duration_seconds=seconds)
        await balance(client, desk, plan, self.world.clock, told.append, asyncio.Event())
        self.view = desk.view
        return told

    def at(self, host: str, path: str = "") -> int:
        """How many requests went there."""
        return sum(asked == host and where.startswith(path or "/") for asked, where in self.requests)


def changes(lines: list[Line]) -> list[str]:
    return [line.text for line in lines if line.event == "address_changed"]


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(World(tmp_path), set())


async def test_the_configured_node_goes_down_and_comes_back(network: Network) -> None:
    first = await network.run(2 * MINUTE)
    assert changes(first) == []
    network.world.cluster.faults.set("node_offline", node=11)
    second = await network.run(20 * MINUTE)
    (told,) = changes(second)
    used = network.view.contact.used
    assert used in {f"{ip}:443" for ip in NODES[1:]}
    assert told.startswith(f"Asking the node at {used} now, instead of 127.0.0.11:443. ")
    assert "127.0.0.11:443 is tried again every 5:00 min." in told
    assert network.view.contact.reach.why.startswith("127.0.0.11:443 (")
    assert network.view.contact.error == ""
    assert any(line.event == "standing_down" and "127.0.0.11 is offline" in line.text for line in second)
    assert network.at(CONFIGURED, "/rest/v1/ping") == 20 * MINUTE // RETURN_SECONDS - 1
    network.world.cluster.faults.clear("node_offline")
    third = await network.run(20 * MINUTE)
    assert changes(third) == []
    assert network.view.contact.used == f"https://{CONFIGURED}"
    assert network.most_sessions == 1
    assert network.world.cluster.access.open_sessions(network.world.clock.now()) == ()


async def test_one_line_when_it_goes_and_one_when_it_returns(network: Network) -> None:
    network.cut = lambda now: {CONFIGURED} if 5 * MINUTE <= now - START < 30 * MINUTE else set()
    lines = await network.run(HOUR)
    went, returned = changes(lines)
    assert went.startswith("Asking the node at 127.0.0.12:443 now")
    assert returned.startswith("127.0.0.11:443 answers again")
    assert [line.text for line in lines if line.event in ("no_data", "unreadable", "fault")] == []
    assert network.most_sessions == 1


async def test_a_migration_whose_answer_is_lost_with_its_node_is_sent_once(network: Network) -> None:
    """The node takes the request and dies: the VM is looked for over another node, and found where it was to go."""
    network.cut_after = lambda request: request.url.path == ACTION
    lines = await network.run(30 * MINUTE)
    writes = [path for _, path in network.requests if path == ACTION]
    assert len(writes) == len(network.world.cluster.writes)
    first = network.world.cluster.writes[0].body
    assert [write.body for write in network.world.cluster.writes].count(first) == 1
    assert any(line.event == "ended" and "MIGRATION COMPLETE" in line.text for line in lines)
    assert len(changes(lines)) >= 1
    ended = network.world.cluster.audit.migrations
    assert len(ended) == len(network.world.cluster.writes)


@pytest.mark.parametrize(
    "path", ["/rest/v1/VirDomain", "/rest/v1/TaskTag", "/rest/v1/Node", "/rest/v1/Cluster"]
)
async def test_whichever_read_the_node_dies_in_nothing_is_sent_twice(network: Network, path: str) -> None:
    times = 0

    def dies(request: httpx.Request) -> bool:
        nonlocal times
        times += request.url.path.startswith(path) and request.url.host == CONFIGURED
        return times == 9 or (path.endswith("Cluster") and times > 0)

    network.cut_after = dies
    await network.run(30 * MINUTE)
    cluster = network.world.cluster
    assert len([path for _, path in network.requests if path == ACTION]) == len(cluster.writes)
    assert all(migration.result == "COMPLETE" for migration in cluster.audit.migrations)
    assert network.most_sessions == 1


async def test_after_a_restart_the_nodes_are_known_from_the_journal(network: Network) -> None:
    await network.run(2 * MINUTE)
    network.down = {CONFIGURED}
    lines = await network.run(2 * MINUTE)
    assert [line.event for line in lines if "Asking the node at" in line.text] == ["address_changed"]
    (connected,) = [line.text for line in lines if line.event == "connected"]
    assert f"at {network.view.contact.used}" in connected
    assert not any(line.event == "unreadable" for line in lines)


async def test_at_the_very_first_start_there_is_nobody_else_to_ask(network: Network) -> None:
    network.down = {CONFIGURED}
    lines = await network.run(2 * MINUTE)
    assert {host for host, _ in network.requests} == {CONFIGURED}
    assert any(line.event == "unreadable" for line in lines)


# Over TLS


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Cluster, Server]]:
    cluster = Cluster(load_scenario("default"), seed=7, start=START)
    async with serve(cluster, now=lambda: START, sleep=asyncio.sleep, host=CONFIGURED) as server:
        if set(NODES) - set(server.addresses):
            pytest.skip("this machine has no loopback addresses but 127.0.0.1")
        yield cluster, server


def client_of(server: Server, trust: Trust, timeout_seconds: float = 5.0) -> Client:
    return Client(
        server.url,
        server.username,
        Secret(server.password),
        trust,
        keepalive_seconds=30,
        timeout_seconds=timeout_seconds,
    )


async def test_over_tls_a_node_that_drops_every_connection_is_left() -> None:
    async with served() as (cluster, server), client_of(server, Trust((server.fingerprint,))) as client:
        await client.snapshot(0.0)
        cluster.faults.set("node_offline", node=11)
        assert (await client.snapshot(30.0)).nodes
        assert client.reach.via == f"127.0.0.12:{server.port}"
        cluster.faults.clear("node_offline")
        await client.snapshot(30.0 + RETURN_SECONDS)
        assert client.reach.via == ""
        assert len(cluster.access.open_sessions(START)) == 1
    assert cluster.access.open_sessions(START) == ()


async def test_over_tls_logins_that_are_answered_late_leave_no_session_behind() -> None:
    """The cluster opens a session for each, whether or not anybody waits for the answer; it is slow at every node."""
    async with served() as (cluster, server):
        trust = Trust((server.fingerprint,))
        async with client_of(server, trust, timeout_seconds=0.1) as client:
            client.know_nodes(NODES, cluster.id)
            cluster.faults.set("slow_answers", seconds=0.25)
            for poll in range(8):
                with contextlib.suppress(ApiError):
                    await client.snapshot(30.0 * poll)
                assert len(cluster.access.open_sessions(START)) <= 1
            assert cluster.audit.requests["POST /login"] > 1
        assert cluster.access.open_sessions(START) == ()


async def test_over_tls_where_nobody_listens_another_node_answers() -> None:
    async with served() as (cluster, server):
        elsewhere = replace(server, url=f"https://127.0.0.99:{server.port}")
        async with client_of(elsewhere, Trust((server.fingerprint,))) as client:
            client.know_nodes(NODES, cluster.id)
            await client.snapshot(0.0)
            assert client.reach.via == f"127.0.0.11:{server.port}"
            assert "Connection refused" in client.reach.why


@asynccontextmanager
async def impostor(ip: str, port: int) -> AsyncIterator[tuple[bytearray, str]]:
    """Another machine at an address of a node, with a certificate of its own. Gives what it receives."""
    received = bytearray()
    identity = self_signed("other", [ip])

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.read(1000))
        writer.transport.abort()

    async with await asyncio.start_server(keep, ip, port, ssl=server_context(identity)):
        yield received, identity.fingerprint


async def test_over_tls_another_certificate_gets_nothing_and_is_passed_over() -> None:
    async with served() as (cluster, server), impostor("127.0.0.21", server.port) as (received, fingerprint):
        elsewhere = replace(server, url=f"https://127.0.0.99:{server.port}")
        async with client_of(elsewhere, Trust((server.fingerprint,))) as client:
            client.know_nodes(["127.0.0.21", "127.0.0.12"], cluster.id)
            await client.snapshot(0.0)
            assert client.reach.via == f"127.0.0.12:{server.port}"
            (told,) = client.reach.passed_over
            assert fingerprint in told
            assert server.fingerprint in told
        assert received == b""
        # Several pins: each node may have a certificate of its own.
        async with client_of(elsewhere, Trust((server.fingerprint, fingerprint))) as client:
            client.know_nodes(["127.0.0.21"], cluster.id)
            with pytest.raises(ClusterUnreachable):
                await client.snapshot(0.0)
        assert b"POST /rest/v1/login" in received


async def test_over_tls_a_certificate_that_is_replaced_meanwhile_is_refused_and_explained() -> None:
    async with served() as (_, server):
        port, pin = server.port, server.fingerprint
        client = client_of(server, Trust((pin,)))
        await client.snapshot(0.0)
    async with impostor(CONFIGURED, port) as (received, fingerprint), client:
        with pytest.raises(UntrustedCertificate) as caught:
            await client.snapshot(30.0)
        assert received == b""
    told = str(caught.value)
    assert fingerprint in told
    assert pin in told
    assert "Nothing was sent." in told
    assert "put it into pinned_fingerprints" in told
