"""The fake cluster behind a real TLS socket, which keeps every byte of the application that it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import cast

import httpx

from hctui.api.client import Client
from hctui.api.tls import Trust
from hctui.core.secret import Secret
from hctui.sim.certificate import Identity
from tests.api.fake import PASSWORD, FakeCluster


async def let_connections_end() -> None:
    """Lets the loop see what the other ends have closed already, so that no socket is left to the collector."""
    for _ in range(20):
        await asyncio.sleep(0)


def server_context(identity: Identity) -> ssl.SSLContext:
    """For a server that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.configure(context)
    return context


class TlsServer:
    """Serves HTTP/1.1 with keep-alive on 127.0.0.1."""

    def __init__(self, cluster: FakeCluster) -> None:
        self.cluster = cluster
        self.received = bytearray()
        self.connections = 0
        self.port = 0
        self._handlers: list[asyncio.Task[None]] = []
        self.drops: set[str] = set()  # paths that are answered by closing the connection

    def client(self, trust: Trust) -> Client:
        return Client(
            f"https://127.0.0.1:{self.port}",
            "balancer",
            Secret(PASSWORD),
            trust,
            timeout_seconds=5.0,
            keepalive_seconds=60.0,
        )

    @contextlib.asynccontextmanager
    async def running(self, context: ssl.SSLContext) -> AsyncIterator[TlsServer]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for handler in self._handlers:
                handler.cancel()
            await asyncio.gather(*self._handlers, return_exceptions=True)
            await let_connections_end()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._handlers.append(cast("asyncio.Task[None]", asyncio.current_task()))
        try:
            while (request := await self._read(reader)).url.path not in self.drops:
                response = await self.cluster.handle(request)
                head = f"HTTP/1.1 {response.status_code} X\r\nContent-Length: {len(response.content)}\r\n"
                if cookie := response.headers.get("set-cookie"):
                    head += f"Set-Cookie: {cookie}\r\n"
                writer.write(head.encode() + b"\r\n" + response.content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the client has gone
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> httpx.Request:
        head = await reader.readuntil(b"\r\n\r\n")
        self.received += head
        first, *lines = head.decode().rstrip().split("\r\n")
        method, target, _ = first.split()
        headers = dict(line.split(": ", 1) for line in lines)
        body = await reader.readexactly(int(headers.get("Content-Length", "0")))
        self.received += body
        return httpx.Request(method, f"https://h{target}", headers=headers, content=body)
