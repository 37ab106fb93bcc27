"""Serving a simulated cluster over HTTPS on this machine.

Every node has a loopback address of its own, so that going over to another node works as it does with a real
cluster. Knows sockets, TLS and uvicorn; nothing of what is served.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from hctui.sim.certificate import Identity, self_signed
from hctui.sim.cluster import Cluster
from hctui.sim.gate import ConnectionDropped
from hctui.sim.server import create_app

_PORT_ATTEMPTS = 20
_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 1
_CONTROL_NAME = "localhost"
"""Who asks for this name gets a TLS connection whatever is broken: the faults must be there to be cleared."""


@dataclass(frozen=True, slots=True)
class Server:
    """A cluster that is being served.

    Attributes:
        url: where it can be reached at any time, whichever node is down.
        addresses: the addresses it listens on, all on the one port. On macOS only 127.0.0.1 exists.
        port: the port.
        username: an account that may do everything.
        password: its password.
        fingerprint: SHA-256 of the certificate (DER), in lower-case hex digits.
        certificate_pem: the certificate, which is its own authority.
    """

    url: str
    addresses: tuple[str, ...]
    port: int
    username: str
    password: str = field(repr=False)
    fingerprint: str
    certificate_pem: bytes = field(repr=False)


@asynccontextmanager
async def serve(
    cluster: Cluster,
    *,
    now: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Server]:
    """Serve in the running event loop for as long as the block lasts.

    Args:
        cluster: what is served.
        now: cluster time in Unix seconds.
        sleep: waits real seconds.
        host: the IP address of `url`; the nodes' own addresses come in addition if it is a loopback address.
        port: 0 takes one that is free.

    Raises:
        OSError: the host and port cannot be listened on.
    """
    node_ips = [node.lan_ip for node in cluster.nodes.values()]
    sockets = _listen(host, port, node_ips if ipaddress.ip_address(host).is_loopback else [])
    taken_port = sockets[0].getsockname()[1]
    identity = self_signed(cluster.scenario.cluster.name, [host, *node_ips])
    connections = _Connections()
    config = uvicorn.Config(
        connections.closing_dropped(create_app(cluster, now, sleep)),
        http=connections.protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    config.load()
    config.ssl = _tls_context(identity, cluster)
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # Not `server.serve()`: that would take over the signals, and needs a task to tick along.
    await server.startup(sockets)
    account = next(iter(cluster.access.accounts.values()))
    try:
        yield Server(
            url=f"https://{host}:{taken_port}",
            addresses=tuple(sock.getsockname()[0] for sock in sockets),
            port=taken_port,
            username=account.username,
            password=account.effective_password,
            fingerprint=identity.fingerprint,
            certificate_pem=identity.certificate_pem,
        )
    finally:
        connections.abort_all()
        for answering in server.server_state.tasks:
            answering.cancel()
        await server.shutdown(sockets)


def _listen(host: str, port: int, node_ips: list[str]) -> list[socket.socket]:
    """Listen on the host and on each of the nodes' addresses that exists, all on one port."""
    for _ in range(_PORT_ATTEMPTS):
        sockets = [_bound(host, port)]
        try:
            taken_port = sockets[0].getsockname()[1]
            for ip in node_ips:
                if ip != host and (extra := _bound_if_exists(ip, taken_port)):
                    sockets.append(extra)
        except OSError as error:
            for sock in sockets:
                sock.close()
            if port or error.errno != errno.EADDRINUSE:
                raise
        else:
            return sockets
    raise OSError(errno.EADDRINUSE, f"no port is free on all of {host}, {', '.join(node_ips)}")


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _bound_if_exists(ip: str, port: int) -> socket.socket | None:
    try:
        return _bound(ip, port)
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            return None
        raise


def _tls_context(identity: Identity, cluster: Cluster) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.configure(context)

    def refuse_if_broken(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        is_broken = "tls_broken" in cluster.faults and name != _CONTROL_NAME
        return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR if is_broken else None

    context.sni_callback = refuse_if_broken
    return context


class _Connections:
    """The open connections, by the client's address, so that they can be closed without an answer."""

    def __init__(self) -> None:
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """The protocol class of uvicorn, which here also enters its connections."""
        transports = self._transports

        class Protocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client:
                    transports[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                if self.client:
                    transports.pop(self.client, None)

        return Protocol

    def closing_dropped(self, app: ASGIApp) -> ASGIApp:
        """The application, with the connection closed where it wants a request to have no answer."""

        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await app(scope, receive, send)
            except ConnectionDropped:
                self._transports[tuple(scope["client"])].abort()
                # uvicorn would answer 500 for us if we returned before it has seen the connection go.
                while (await receive())["type"] != "http.disconnect":
                    pass

        return wrapped

    def abort_all(self) -> None:
        """Close every connection at once."""
        for transport in tuple(self._transports.values()):
            transport.abort()
