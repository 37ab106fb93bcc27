"""Another node is asked while nobody answers at the configured address. Three nodes, sessions their own or common."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from hctui.api.client import Client
from hctui.api.errors import (
    ApiError,
    ApiSurprise,
    ApiTrouble,
    ClusterUnreachable,
    LoginRefused,
    UntrustedCertificate,
)
from hctui.api.route import RETURN_SECONDS
from hctui.api.tls import PinMismatch, Trust
from hctui.core.answers import NotSent, Unanswered
from hctui.core.model import NodeId, TaskId, VmId
from hctui.core.secret import Secret
from tests.api.fake import NODE, PASSWORD, FakeCluster, answer, call_of

A, B, C = "192.168.7.11", "192.168.7.12", "192.168.7.13"
HOSTS = (A, B, C)
VM, TARGET = VmId("vm-1"), NodeId("node-2")
LOST: dict[str, httpx.Response | Exception] = {
    "refused": httpx.ConnectError("no"),
    "no connection in time": httpx.ConnectTimeout("late"),
    "no answer in time": httpx.ReadTimeout("late"),
    "broken": httpx.ReadError("reset"),
    "a proxy says 502": answer(502, "<html>"),
    "a proxy says 503": answer(503, "<html>"),
    "a proxy says 504": answer(504, ""),
}


def untrusted() -> httpx.ConnectError:
    error = httpx.ConnectError("x")
    error.__cause__ = PinMismatch("ab" * 32)
    return error


@dataclass
class Nodes:
    """Three addresses of one cluster. `down` maps a host to what it answers to everything."""

    common_sessions: bool = True
    down: dict[str, httpx.Response | Exception] = field(default_factory=dict)
    at: list[tuple[str, str]] = field(default_factory=list)
    most_sessions: int = 0

    def __post_init__(self) -> None:
        common = FakeCluster()
        self.of = {host: common if self.common_sessions else FakeCluster() for host in HOSTS}
        for cluster in self.of.values():
            cluster.lists["/Node"] = [NODE | {"uuid": f"node-{ip}", "lanIP": ip} for ip in HOSTS]

    def client(self, host: str = A) -> Client:
        return Client(
            f"https://{host}",
            "balancer",
            Secret(PASSWORD),
            Trust(("cd" * 32,)),
            keepalive_seconds=60.0,
            transport=httpx.MockTransport(self.handle),
        )

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.at.append((request.url.host, call_of(request)))
        found = self.down.get(request.url.host)
        if isinstance(found, Exception):
            raise found
        if found is not None:
            return httpx.Response(found.status_code, content=found.content)
        reply = await self.of[request.url.host].handle(request)
        self.most_sessions = max(self.most_sessions, len(self.open_sessions()))
        return reply

    def open_sessions(self) -> set[str]:
        return {f"{id(one)} {one.valid_session}" for one in self.of.values() if one.valid_session}

    def hosts(self, call: str) -> list[str]:
        return [host for host, asked in self.at if asked == call]


@pytest.fixture(params=[True, False], ids=["sessions of the cluster", "sessions of each node"])
def nodes(request: pytest.FixtureRequest) -> Nodes:
    return Nodes(common_sessions=request.param)


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
async def test_another_node_is_asked_in_the_same_poll(nodes: Nodes, lost: httpx.Response | Exception) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = lost
        assert (await client.snapshot(30.0)).taken_at == 30.0
        assert client.reach.via == f"{B}:443"
        assert client.reach.since == 30.0
        assert client.reach.why
        nodes.at.clear()
        await client.snapshot(60.0)
        assert {host for host, _ in nodes.at} == {B}


READS: list[Callable[[Client], object]] = [
    lambda client: client.vm(VM),
    lambda client: client.task(TaskId("4128")),
    lambda client: client.account(),
]


@pytest.mark.parametrize("read", READS)
async def test_any_read_goes_over_and_asks_first_who_is_there(
    nodes: Nodes, read: Callable[[Client], object]
) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = LOST["refused"]
        if read is READS[2]:
            await client.logout()  # an account is asked for in a session that may be there already
        nodes.at.clear()
        assert await read(client)  # type: ignore[misc]
        there = [call for host, call in nodes.at if host == B]
        assert there.index("POST /login") < there.index("GET /Cluster") < len(there) - 1


async def test_the_next_one_is_asked_where_that_is_down_too(nodes: Nodes) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down = {A: LOST["refused"], B: LOST["no connection in time"]}
        with pytest.raises(ClusterUnreachable) as caught:
            await client.snapshot(30.0)
        assert f"{A}:443 (GET /" in caught.value.detail
        assert f"{B}:443 (POST /login): no connection within 15 s." in caught.value.detail
        await client.snapshot(60.0)
        assert (client.reach.via, client.reach.since) == (f"{C}:443", 30.0)


async def test_where_nobody_answers_all_have_their_turns(nodes: Nodes) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down = dict.fromkeys(HOSTS, LOST["refused"])
        nodes.at.clear()
        for poll in range(6):
            with pytest.raises(ClusterUnreachable):
                await client.snapshot(30.0 * poll)
        assert {host: nodes.hosts("POST /login").count(host) for host in HOSTS} == {A: 3, B: 4, C: 4}
        nodes.down.clear()
        await client.snapshot(200.0)


async def test_what_is_wrong_at_the_configured_address_is_told_of_no_other(nodes: Nodes) -> None:
    """On the way round a read may begin at another node and come by the configured one."""
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down = dict.fromkeys(HOSTS, LOST["refused"])
        for poll in range(2):
            with pytest.raises(ClusterUnreachable):
                await client.snapshot(30.0 * poll)
        del nodes.down[B]
        await client.snapshot(90.0)
        assert client.reach.via == f"{B}:443"
        assert client.reach.why.startswith(f"{A}:443 ")


@pytest.mark.parametrize(
    ("planned", "kind"),
    [
        (answer(500, ""), ApiTrouble),
        (answer(429, ""), ApiTrouble),
        (answer(403, ""), LoginRefused),
        (answer(401, ""), LoginRefused),
        (answer(200, "nonsense"), ApiSurprise),
        (answer(302, "", location=f"https://{B}/"), ApiSurprise),
    ],
)
async def test_an_answer_is_an_answer(nodes: Nodes, planned: httpx.Response, kind: type[ApiError]) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = planned
        with pytest.raises(kind):
            await client.snapshot(30.0)
    assert {host for host, _ in nodes.at} == {A}


async def test_a_session_that_is_over_is_not_a_node_that_is_down(nodes: Nodes) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.of[A].answers["GET /Node"] = [answer(503, {"error": "Invalid session"})]
        await client.snapshot(30.0)
    assert {host for host, _ in nodes.at} == {A}


async def test_a_certificate_that_has_changed_is_no_reason_to_go_elsewhere(nodes: Nodes) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = untrusted()
        with pytest.raises(UntrustedCertificate):
            await client.snapshot(30.0)
    assert {host for host, _ in nodes.at} == {A}


async def test_a_node_that_is_not_trusted_is_passed_over_and_that_is_said(nodes: Nodes) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down = {A: LOST["refused"], B: untrusted()}
        await client.snapshot(30.0)
        assert client.reach.via == f"{C}:443"
        (told,) = client.reach.passed_over
        assert told.startswith(f"{B}:443 is not used: its fingerprint (SHA-256) {'ab' * 32} differs")
        assert "cd" * 32 in told
    assert set(nodes.hosts("POST /login")) == {A, B, C}


async def test_where_the_others_are_not_trusted_the_cluster_is_unreachable(nodes: Nodes) -> None:
    """Not untrusted: that would end the program, and the configured node may come back."""
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down = {A: LOST["refused"], B: untrusted(), C: untrusted()}
        for poll in (30.0, 60.0):
            with pytest.raises(ClusterUnreachable, match=A):
                await client.snapshot(poll)
            assert len(client.reach.passed_over) == 2
        nodes.down.clear()
        await client.snapshot(90.0)
        assert client.reach.passed_over == ()
        assert client.reach.via == ""


async def test_a_node_that_has_become_that_of_another_cluster_is_passed_over() -> None:
    nodes = Nodes(common_sessions=False)
    nodes.of[B].lists["/Cluster"] = [{"uuid": "c-2", "clusterName": "other"}]
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = LOST["refused"]
        assert await client.vm(VM)
        assert client.reach.via == f"{C}:443"
        (told,) = client.reach.passed_over
        assert told == f"{B}:443 is not used: it now belongs to the cluster other (c-2)."
    there = [call for host, call in nodes.at if host == B]
    assert there == ["POST /logout", "POST /login", "GET /Cluster", "POST /logout"]
    assert nodes.of[B].valid_session is None


async def test_of_another_cluster_at_the_configured_address_no_nodes_are_learnt() -> None:
    """The engine refuses it; its nodes must not become those that are asked instead."""
    nodes = Nodes(common_sessions=False)
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.of[A].lists |= {"/Cluster": [{"uuid": "c-2"}], "/Node": [NODE | {"lanIP": "10.9.9.9"}]}
        await client.login()
        assert (await client.snapshot(30.0)).cluster.id == "c-2"
        nodes.down[A] = LOST["refused"]
        await client.snapshot(60.0)
        assert client.reach.via == f"{B}:443"


async def test_it_returns_once_the_configured_address_answers_and_not_sooner_than_it_may(
    nodes: Nodes,
) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = LOST["no connection in time"]
        for now in range(30, 1200, 30):
            await client.snapshot(float(now))
        tries = [host for host, call in nodes.at if call == "GET /ping"]
        assert tries == [A] * 3
        nodes.down.clear()
        nodes.at.clear()
        polls = 0
        while client.reach.via:
            await client.snapshot(1200.0 + 30 * polls)
            polls += 1
        assert 30 * polls <= RETURN_SECONDS
        assert nodes.hosts("GET /ping") == [A]
        assert nodes.hosts("POST /login") == [A]
        assert client.reach.why == ""


@pytest.mark.parametrize("lost", [LOST["a proxy says 502"], untrusted()])
async def test_it_stays_where_it_is_while_the_configured_address_is_no_use(
    nodes: Nodes, lost: httpx.Response | Exception
) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = LOST["refused"]
        await client.snapshot(30.0)
        nodes.down[A] = lost
        await client.snapshot(1000.0)
        assert client.reach.via == f"{B}:443"
        assert nodes.hosts("GET /ping") == [A]
        assert nodes.hosts("POST /login") == [A, B]
        assert bool(client.reach.passed_over) == isinstance(lost, Exception)


async def test_a_ping_that_hangs_holds_a_poll_up_for_seconds_only(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hctui.api.failover._PROBE_SECONDS", 0.01)
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = LOST["refused"]
        await client.snapshot(30.0)
        del nodes.down[A]
        nodes.of[A].answers["GET /ping"] = hanging
        await client.snapshot(1000.0)
        assert client.reach.via == f"{B}:443"


async def hanging(_: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def test_there_is_one_session_whoever_is_asked(nodes: Nodes) -> None:
    """In both worlds; a session that could not be closed, since its node was down, is closed once that is back."""
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = LOST["refused"]
        await client.snapshot(30.0)
        reachable = [cluster for host, cluster in nodes.of.items() if host not in nodes.down]
        assert len({id(one) for one in reachable if one.valid_session}) == 1
        nodes.down.clear()
        await client.snapshot(1000.0)
        assert client.reach.via == ""
        assert len(nodes.open_sessions()) == 1
        assert nodes.of[A].valid_session
    assert nodes.open_sessions() == set()


async def test_at_the_end_the_session_that_was_left_is_closed_where_that_is_possible() -> None:
    nodes = Nodes(common_sessions=False)
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = LOST["refused"]
        await client.snapshot(30.0)
        nodes.down.clear()
        assert len(nodes.open_sessions()) == 2
    assert nodes.open_sessions() == set()


@pytest.mark.parametrize(
    ("lost", "kind"),
    [
        (LOST["refused"], NotSent),
        (LOST["no answer in time"], Unanswered),
        (LOST["a proxy says 502"], Unanswered),
    ],
)
async def test_a_migration_is_never_sent_elsewhere(
    nodes: Nodes, lost: httpx.Response | Exception, kind: type
) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = lost
        assert isinstance(await client.migrate(VM, TARGET), kind)
        assert nodes.hosts("POST /VirDomain/action") == [A]
        for now in range(30, 2000, 30):
            await client.snapshot(float(now))
            await client.vm(VM)
        nodes.down.clear()
        for now in range(2000, 3000, 30):
            await client.snapshot(float(now))
        assert nodes.hosts("POST /VirDomain/action") == [A]


async def test_a_migration_on_the_way_round_is_sent_to_the_node_in_use(nodes: Nodes) -> None:
    async with nodes.client() as client:
        await client.snapshot(0.0)
        nodes.down[A] = LOST["refused"]
        await client.snapshot(30.0)
        await client.migrate(VM, TARGET)
    assert nodes.hosts("POST /VirDomain/action") == [B]


async def test_what_an_earlier_run_knew_helps_at_the_start(nodes: Nodes) -> None:
    nodes.down[A] = LOST["refused"]
    async with nodes.client() as client:
        with pytest.raises(ClusterUnreachable):
            await client.snapshot(0.0)
        client.know_nodes([B, C], "c-1")
        await client.snapshot(30.0)
        assert client.reach.via == f"{B}:443"


async def test_what_an_earlier_run_knew_is_of_that_cluster_only(nodes: Nodes) -> None:
    nodes.down[A] = LOST["refused"]
    async with nodes.client() as client:
        client.know_nodes([B], "c-9")
        with pytest.raises(ClusterUnreachable):
            await client.snapshot(0.0)
        assert "another" not in client.reach.via
        assert client.reach.passed_over == (
            f"{B}:443 is not used: it now belongs to the cluster branch-7 (c-1).",
        )
        # The settings lead to another cluster than the journal tells of: that is then the cluster.
        nodes.down.clear()
        await client.snapshot(30.0)
        nodes.down[A] = LOST["refused"]
        await client.snapshot(60.0)
        assert client.reach.via == f"{B}:443"


def test_a_pin_that_differs_is_a_certificate_error() -> None:
    assert isinstance(untrusted().__cause__, ssl.SSLCertVerificationError)
