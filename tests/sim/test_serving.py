"""The same over TLS: certificate, addresses, dropped connections, shutdown."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import socket
import ssl
import time

import httpx
import pytest

from hctui.sim.serving import Server, serve
from tests.sim.bench import START, small_cluster


def client_of(server: Server) -> httpx.AsyncClient:
    context = ssl.create_default_context(cadata=server.certificate_pem.decode())
    return httpx.AsyncClient(verify=context, auth=(server.username, server.password), timeout=5)


def open_idle_connection(server: Server) -> ssl.SSLSocket:
    """Connect like a client that says nothing and does not notice when it is hung up on."""
    context = ssl.create_default_context(cadata=server.certificate_pem.decode())
    return context.wrap_socket(
        socket.create_connection(("127.0.0.1", server.port)), server_hostname="127.0.0.1"
    )


async def test_it_serves_and_leaves_nothing_behind(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    cluster = small_cluster("[[accounts]]\nusername = 'root'\npassword = 'not-to-be-seen'")
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    async with serve(cluster, now=lambda: START + 20, sleep=asyncio.sleep) as server:
        assert server.url == f"https://127.0.0.1:{server.port}"
        assert (server.username, server.password) == ("root", "not-to-be-seen")
        assert "not-to-be-seen" not in repr((server, cluster.scenario))
        pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", server.port))
        assert hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest() == server.fingerprint
        async with client_of(server) as client:
            login = {"username": server.username, "password": server.password}
            assert (await client.post(f"{server.url}/rest/v1/login", json=login)).status_code == 200
            for address in server.addresses:
                answer = await client.get(f"https://{address}:{server.port}/rest/v1/Node/")
                assert len(answer.json()) == 3
            assert cluster.now == START + 20
            assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers
            idle = await asyncio.to_thread(open_idle_connection, server)
            began = time.monotonic()
    idle.close()
    assert time.monotonic() - began < 1.0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


async def test_connections_are_dropped_for_real(capfd: pytest.CaptureFixture[str]) -> None:
    cluster = small_cluster()
    async with serve(cluster, now=lambda: START, sleep=asyncio.sleep) as server, client_of(server) as client:

        async def ping(address: str = "127.0.0.1") -> int:
            return (await client.get(f"https://{address}:{server.port}/rest/v1/ping")).status_code

        assert await ping() == 200
        cluster.faults.set("connection_dropped", times=1)
        with pytest.raises(httpx.RemoteProtocolError):
            await ping()
        assert await ping() == 200
        cluster.faults.set("tls_broken")
        with pytest.raises(httpx.RemoteProtocolError):
            await ping()
        with pytest.raises(httpx.ConnectError):
            await ping()
        cluster.faults.clear("tls_broken")
        if "127.0.0.12" in server.addresses:
            cluster.faults.set("node_offline", node=12)
            with pytest.raises(httpx.RemoteProtocolError):
                await ping("127.0.0.12")
        assert await ping() == 200
    assert capfd.readouterr() == ("", "")


async def test_broken_tls_can_be_mended_and_the_api_is_not_heard_meanwhile() -> None:
    cluster = small_cluster()
    cluster.faults.set("tls_broken")
    async with serve(cluster, now=lambda: START, sleep=asyncio.sleep) as server:
        control = f"https://localhost:{server.port}"
        async with httpx.AsyncClient(verify=False) as client:
            with pytest.raises(httpx.ConnectError):
                await client.post(f"{server.url}/sim/faults", json={"clear": "tls_broken"})
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(f"{control}/rest/v1/ping")
            assert (await client.post(f"{control}/sim/faults", json={"clear": "tls_broken"})).is_success
            assert (await client.get(f"{server.url}/rest/v1/ping")).status_code == 401


async def test_a_slow_answer_is_slow_in_real_seconds() -> None:
    cluster = small_cluster()
    async with serve(cluster, now=lambda: START, sleep=asyncio.sleep) as server, client_of(server) as client:
        cluster.faults.set("slow_answers", seconds=60)
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"{server.url}/rest/v1/ping", timeout=0.2)


async def test_a_port_that_is_taken_is_an_error() -> None:
    cluster = small_cluster()
    async with serve(cluster, now=lambda: START, sleep=asyncio.sleep) as server:
        with pytest.raises(OSError, match="in use"):
            async with serve(cluster, now=lambda: START, sleep=asyncio.sleep, port=server.port):
                pass
