"""Whatever comes as an answer, it costs a bounded amount of time and memory, and nobody is sent anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest

from hctui.api import reads, wire
from hctui.api.address import Address
from hctui.api.client import Client
from hctui.api.errors import ApiError, ApiSurprise, ClusterUnreachable, LoginPending
from hctui.api.exchange import REFUSAL_LIMIT_BYTES, Exchange, Lost
from hctui.api.reply import Reply
from hctui.api.tls import Trust
from hctui.core.answers import Unanswered
from hctui.core.model import NodeId, VmId
from hctui.core.secret import Secret
from hctui.sim.certificate import self_signed
from tests.api.fake import NODE, PASSWORD, VM, FakeCluster, answer
from tests.api.tls_server import let_connections_end, server_context

REDIRECTS = [301, 302, 303, 307, 308]
SERVER = "https://evil.example/rest/v1/login?x=\x1b[31m"


async def sent(handle: Callable[[httpx.Request], httpx.Response], most_bytes: int = 5000) -> Reply | Lost:
    exchange = Exchange(
        Trust(), timeout_seconds=1, keepalive_seconds=1, transport=httpx.MockTransport(handle)
    )
    found = await exchange.send(Address("h", 443), "GET", "/x", label="/x", most_bytes=most_bytes)
    await exchange.close()
    return found


@dataclass
class Stream:
    """An answer of 100 kB in 100 pieces; `taken` of them have been asked for."""

    status: int = 200
    announced: bool = False
    taken: int = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        headers = {"content-length": "100000"} if self.announced else {}
        return httpx.Response(self.status, content=self.pieces(), headers=headers)

    async def pieces(self) -> AsyncIterator[bytes]:
        for _ in range(100):
            self.taken += 1
            yield b"x" * 1000


@pytest.mark.parametrize("announced", [True, False])
async def test_an_answer_that_is_too_large_is_not_read_to_its_end(announced: bool) -> None:
    stream = Stream(announced=announced)
    lost = await sent(stream)
    assert isinstance(lost, Lost)
    assert isinstance(lost.error, ApiSurprise)
    assert lost.error.detail == "GET /x: the answer is larger than 4.88281 KiB."
    assert stream.taken == (0 if announced else 6)


async def test_of_a_refusal_only_the_beginning_is_read() -> None:
    stream = Stream(500)
    reply = await sent(stream)
    assert isinstance(reply, Reply)
    assert len(reply.body) == REFUSAL_LIMIT_BYTES
    assert stream.taken == 66


async def test_a_compressed_answer_is_not_unpacked() -> None:
    lost = await sent(
        lambda _: httpx.Response(200, stream=httpx.ByteStream(b"x"), headers={"content-encoding": "gzip"})
    )
    assert isinstance(lost, Lost)
    assert lost.error.detail == "GET /x: the answer is compressed (gzip), which nobody asked for."


async def test_an_answer_that_drips_for_ever_is_given_up() -> None:
    async def handle(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    exchange = Exchange(
        Trust(), timeout_seconds=0.005, keepalive_seconds=1, transport=httpx.MockTransport(handle)
    )
    lost = await exchange.send(Address("::1", 443), "GET", "/x", label="/x")
    await exchange.close()
    assert isinstance(lost, Lost)
    assert lost.error.detail == "[::1]:443 (GET /x): the answer was not complete within 0.02 s."


NESTED = [b"[" * 100_000, b'{"a":' * 100_000, b'[{"uuid":"n","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}]"]


@pytest.mark.parametrize("body", NESTED)
@pytest.mark.parametrize("status", [200, 400, 503])
async def test_an_answer_may_not_be_nested_without_end(
    cluster: FakeCluster, body: bytes, status: int
) -> None:
    async with cluster.client() as client:
        for call in ("GET /Node", "POST /VirDomain/action", "GET /update/update_status.json", "POST /login"):
            cluster.answers = {call: answer(status, body)}
            with contextlib.suppress(ApiError):
                await client.snapshot(0.0)
            with contextlib.suppress(ApiError):
                await client.login()
            await client.migrate(VmId("vm-1"), NodeId("n"))
        cluster.answers = {"GET /Node": answer(200, body)}
        with pytest.raises(ApiSurprise):
            await client.snapshot(0.0)


async def test_ten_thousand_vms_are_not_too_many(cluster: FakeCluster) -> None:
    padding = "x" * 6000  # disks and network cards, of which nothing is read
    cluster.lists["/VirDomain"] = [VM | {"uuid": f"vm-{n}", "description": padding} for n in range(10_000)]
    cluster.lists["/VirDomainStats"] = [{"uuid": f"vm-{n}", "cpuUsage": 1} for n in range(10_000)]
    assert len(json.dumps(cluster.lists["/VirDomain"])) < reads.MOST_BYTES[reads.VMS]
    async with cluster.client() as client:
        assert len((await client.snapshot(0.0)).vms) == 10_000


async def test_more_objects_than_can_be_are_an_error(cluster: FakeCluster) -> None:
    cluster.lists["/Node"] = [NODE | {"uuid": f"n-{n}"} for n in range(wire.MOST_NODES + 1)]
    async with cluster.client() as client:
        with pytest.raises(ApiSurprise, match="/Node: expected array of length <= 1000"):
            await client.snapshot(0.0)


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("call", ["POST /login", "GET /Node", "GET /Cluster"])
async def test_nobody_is_followed_anywhere(cluster: FakeCluster, status: int, call: str) -> None:
    cluster.answers[call] = answer(status, "<html>", location=SERVER + "y" * 500)
    async with cluster.client() as client:
        with pytest.raises(ApiSurprise) as caught:
            await client.snapshot(0.0)
    told = caught.value.detail
    assert f"{call} gave HTTP {status} (a redirect to https://evil.example/rest/v1/login?x=" in told
    assert "\x1b" not in told
    assert len(told) < 300
    assert "Redirects are not followed" in caught.value.hint
    assert {request.url.host for request in cluster.requests} == {"127.0.0.1"}
    assert cluster.count("POST /login") == 1


@pytest.mark.parametrize("status", REDIRECTS)
async def test_a_migration_is_not_taken_elsewhere(cluster: FakeCluster, status: int) -> None:
    cluster.answers["POST /VirDomain/action"] = answer(status, "", location="https://evil.example/")
    async with cluster.client() as client:
        told = await client.migrate(VmId("vm-1"), NodeId("node-2"))
    assert told == Unanswered(f"HTTP {status} (a redirect to https://evil.example/).")
    assert cluster.count("POST /VirDomain/action") == 1
    assert {request.url.host for request in cluster.requests} == {"127.0.0.1"}


async def test_a_redirect_shows_no_secret(cluster: FakeCluster) -> None:
    cluster.answers["GET /Node"] = answer(302, "", location="https://h/?s=session-1")
    async with cluster.client() as client:
        with pytest.raises(ApiSurprise) as caught:
            await client.snapshot(0.0)
    assert "session-1" not in str(caught.value)
    assert "https://h/?s=***" in str(caught.value)


# Over a real connection, where the answer is made of bytes

HEAD = b"HTTP/1.1 200 OK\r\n"
WIRE = {
    "a header without end": HEAD + b"X: " + b"y" * 10_000_000,
    "headers without end": HEAD + b"X: y\r\n" * 1_000_000,
    "no HTTP": b"220 hello\r\n\r\n",
    "a status without end": b"HTTP/1.1 2" + b"0" * 1_000_000,
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\n[]abc",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n[]",
    "a huge length": HEAD + b"Content-Length: 9" + b"9" * 4000 + b"\r\n\r\n[]",
    "a short body": HEAD + b"Content-Length: 100\r\n\r\n[]",
    "a chunk that is none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n",
    "a chunk without end": HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n" + b"[" * 2_000_000,
    "a zero byte": HEAD + b"X: a\x00b\r\n\r\n[]",
    "nothing": b"",
    "continue for ever": b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
}


@contextlib.asynccontextmanager
async def speaking(
    words: bytes, *, drip_seconds: float | None = None, timeout_seconds: float = 5.0
) -> AsyncIterator[Client]:
    """A client of a server that says this to everybody, whatever is asked."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(words)
            await writer.drain()
            while drip_seconds is not None:
                await asyncio.sleep(drip_seconds)
                writer.write(b" ")
                await writer.drain()
        writer.transport.abort()

    async with await asyncio.start_server(
        say, "127.0.0.1", 0, ssl=server_context(self_signed("x", ["127.0.0.1"]))
    ) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"https://127.0.0.1:{port}"
        trust = Trust(verify=False)
        client = Client(
            url, "u", Secret(PASSWORD), trust, keepalive_seconds=1.0, timeout_seconds=timeout_seconds
        )
        async with client:
            yield client
        await let_connections_end()


@pytest.mark.parametrize("words", WIRE.values(), ids=WIRE)
async def test_odd_bytes_are_an_error_of_ours(words: bytes) -> None:
    async with speaking(words) as client, asyncio.timeout(10):
        with pytest.raises(ApiError):
            await client.snapshot(0.0)


async def test_a_byte_now_and_then_does_not_hold_a_poll_for_ever() -> None:
    """Each read gets its byte in time, so that only the limit of the whole request ends it."""
    head = HEAD + b"Content-Length: 100000\r\n\r\n"
    async with speaking(head, drip_seconds=0.02, timeout_seconds=0.2) as client, asyncio.timeout(10):
        error: ApiError = LoginPending("")
        while isinstance(error, LoginPending):  # one login, for which each poll waits in its turn
            with pytest.raises(ApiError) as caught:
                await client.snapshot(0.0)
            error = caught.value
        assert isinstance(error, ClusterUnreachable)
        assert "the answer was not complete within 0.8 s" in error.detail
