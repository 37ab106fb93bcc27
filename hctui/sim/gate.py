"""What stands between a request and its endpoint: faults of the connection, the session, the permission.

Also the place that keeps the book of requests. Knows no sockets and no framework.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from hctui.sim.access import permits
from hctui.sim.audit import Write
from hctui.sim.cluster import Cluster
from hctui.sim.endpoints import Endpoint
from hctui.sim.exchange import HTML, Call, Reply, error_reply, invalid_reply
from hctui.sim.scenario import AccountSpec

API_ROOT = "/rest/v1"
_PROXY_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
)


class ConnectionDropped(ConnectionResetError):
    """The request gets no answer: the connection is to be closed.

    `serving` does that. Through `httpx.ASGITransport` there is no connection, so this exception itself comes out
    of the client's call; a test that wants an `httpx.TransportError` translates it in a transport of its own.
    """


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it arrived. `host` is the address at which the cluster was reached."""

    method: str
    path: str
    host: str
    authorization: str = field(repr=False)
    session_id: str = field(repr=False)
    parameters: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes = field(repr=False)

    @property
    def fault_path(self) -> str:
        """The path by which faults know it: without /rest/v1, without a slash at the end."""
        return self.path.removeprefix(API_ROOT).rstrip("/")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A reply, or none where the connection is dropped; and whether the endpoint was called."""

    reply: Reply | None
    was_handled: bool = False


class Gate:
    """Lets requests through to the endpoints of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def pass_through(self, endpoint: Endpoint, arrival: Arrival) -> Reply:
        """Answer a request at the cluster's present moment.

        Raises:
            ConnectionDropped: it gets no answer.
        """
        cluster = self._cluster
        cluster.audit.requests[f"{endpoint.method} {endpoint.path}"] += 1
        outcome = self._outcome(endpoint, arrival)
        reply = outcome.reply
        if outcome.was_handled and cluster.faults.strike("answer_lost", arrival.fault_path):
            reply = None
        if endpoint.is_write:
            body = _readable(arrival.body)
            status = reply.status if reply else None
            cluster.audit.writes.append(
                Write(cluster.now, arrival.method, arrival.path, body, status, outcome.was_handled)
            )
        if reply is None:
            raise ConnectionDropped(f"{arrival.method} {arrival.path} gets no answer")
        return reply

    def _outcome(self, endpoint: Endpoint, arrival: Arrival) -> _Outcome:
        if self._is_cut(arrival):
            return _Outcome(None)
        if self._cluster.faults.strike("proxy_error", arrival.fault_path):
            return _Outcome(Reply(_PROXY_PAGE, 502, HTML))
        if not endpoint.is_public:
            refusal = self._refusal(endpoint, arrival)
            if refusal is not None:
                return _Outcome(refusal)
        if self._cluster.faults.strike("bad_request", arrival.fault_path):
            return _Outcome(invalid_reply("/body: not as described"))
        call = Call(self._cluster, arrival.parameters, arrival.query, arrival.body, arrival.session_id)
        return _Outcome(endpoint.handler(call), was_handled=True)

    def _is_cut(self, arrival: Arrival) -> bool:
        """Whether there is nobody to answer: a fault, or the node at this address is offline."""
        faults = self._cluster.faults
        at_offline_node = any(
            node.lan_ip == arrival.host and not node.is_online for node in self._cluster.nodes.values()
        )
        return (
            at_offline_node
            or "tls_broken" in faults
            or bool(faults.strike("connection_dropped", arrival.fault_path))
        )

    def _refusal(self, endpoint: Endpoint, arrival: Arrival) -> Reply | None:
        """Why this one may not; `None` if it may."""
        faults = self._cluster.faults
        if arrival.session_id and (expired := faults.strike("session_expired", arrival.fault_path)):
            self._cluster.access.end(arrival.session_id)
            return _no_session(int(expired.number("status")))
        account = self._account(arrival)
        if account is None:
            return _no_session(self._cluster.scenario.cluster.no_session_status)
        is_permitted = not endpoint.operation or permits(account, endpoint.operation)
        if not is_permitted or faults.strike("forbidden", arrival.fault_path):
            return error_reply(403, "Permission denied")
        return None

    def _account(self, arrival: Arrival) -> AccountSpec | None:
        """Who asks, by the session or, failing that, by HTTP Basic."""
        account = self._cluster.access.use(arrival.session_id, self._cluster.now)
        if account is not None:
            return account
        scheme, _, encoded = arrival.authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            username, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._cluster.access.authenticate(username, password)


def _no_session(status: int) -> Reply:
    return error_reply(status, "The session is not valid or has expired")


def _readable(body: bytes) -> object:
    """A request body for the book: as JSON if it is that, otherwise as text."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode(errors="replace")
