"""The simulated API as an ASGI application, to be served or called directly.

Puts HTTP around the gate and the endpoints, and remembers long answers until the cluster changes. Time and
sleep are given by whoever makes it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hctui.sim import control, permissions
from hctui.sim.cluster import Cluster
from hctui.sim.endpoints import ENDPOINTS, SESSION_COOKIE, Endpoint, Handler
from hctui.sim.exchange import Call, Reply, error_reply, reply_with
from hctui.sim.gate import API_ROOT, Arrival, Gate
from hctui.sim.openapi import describe

Now = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_REMEMBERED = ("/Node", "/VirDomain", "/VirDomainStats")


def create_app(cluster: Cluster, now: Now, sleep: Sleep) -> Starlette:
    """The application for a cluster.

    Args:
        cluster: is advanced to `now()` at each request.
        now: cluster time in Unix seconds.
        sleep: waits real seconds; used only for answers that are to be slow.
    """
    gate = Gate(cluster)
    description = reply_with(describe(ENDPOINTS))
    own = Endpoint("GET", "/openapi.json", permissions.OPENAPI, lambda call: description, None)
    routes: list[Route] = []
    for endpoint in (*map(_remembering, ENDPOINTS), own):
        answer = partial(_answer, cluster, gate, endpoint, now, sleep)
        routes += _routes(("" if endpoint.is_outside else API_ROOT) + endpoint.path, endpoint.method, answer)
    for path, method, reply in (
        ("/sim/faults", "GET", lambda body: control.faults_reply(cluster)),
        ("/sim/faults", "POST", lambda body: control.switch_reply(cluster, body)),
        ("/sim/state", "GET", lambda body: control.state_reply(cluster)),
    ):
        routes += _routes(path, method, partial(_control, cluster, reply, now))
    return Starlette(routes=routes, exception_handlers={Exception: _let_through})


def _routes(path: str, method: str, answer: Callable[[Request], Awaitable[Response]]) -> list[Route]:
    """The path, with and without a slash at its end."""
    return [Route(form, answer, methods=[method]) for form in (path, path + "/")]


async def _answer(
    cluster: Cluster, gate: Gate, endpoint: Endpoint, now: Now, sleep: Sleep, request: Request
) -> Response:
    arrival = await _arrival(request)
    cluster.advance(now())
    slow = cluster.faults.strike("slow_answers", arrival.fault_path)
    reply = gate.pass_through(endpoint, arrival)
    if slow is not None:
        await sleep(slow.number("seconds"))
    return _response(reply)


async def _control(cluster: Cluster, reply: Callable[[bytes], Reply], now: Now, request: Request) -> Response:
    """Answered to this machine only."""
    if request.client is None or not ipaddress.ip_address(request.client.host).is_loopback:
        return _response(error_reply(403, "Only for requests from this machine"))
    body = await request.body()
    cluster.advance(now())
    return _response(reply(body))


async def _arrival(request: Request) -> Arrival:
    server = request.scope.get("server") or ("", None)
    return Arrival(
        method=request.method,
        path=request.url.path,
        host=server[0],
        authorization=request.headers.get("Authorization", ""),
        session_id=request.cookies.get(SESSION_COOKIE, ""),
        parameters=request.path_params,
        query={key: request.query_params.getlist(key) for key in request.query_params},
        body=await request.body(),
    )


def _response(reply: Reply) -> Response:
    headers = {"Content-Type": reply.content_type, **reply.headers}
    return Response(reply.body, reply.status, headers)


async def _let_through(request: Request, error: Exception) -> Response:
    """Answer nothing where an exception ended the request: it is a dropped connection, or our own mistake."""
    raise error


def _remembering(endpoint: Endpoint) -> Endpoint:
    """The endpoint, not made to build the same long answer twice."""
    if endpoint.method != "GET" or endpoint.path not in _REMEMBERED:
        return endpoint
    return Endpoint(
        endpoint.method, endpoint.path, endpoint.operation, _Memory(endpoint.handler), endpoint.answer
    )


class _Memory:
    """A handler that repeats its last reply as long as the cluster has not changed.

    While a task is under way its progress changes with time, so then the moment must be the same, too.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._state: tuple[int, float] | None = None
        self._reply = Reply()

    def __call__(self, call: Call) -> Reply:
        cluster = call.cluster
        state = (cluster.world.revision, cluster.now if cluster.tasks.any_live else 0.0)
        if state != self._state:
            self._state, self._reply = state, self._handler(call)
        return self._reply
