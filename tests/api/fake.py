"""A cluster that answers from a table, behind httpx's mock transport."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from hctui.api.client import Client
from hctui.api.tls import Trust
from hctui.core.secret import Secret

API = "/rest/v1"
PASSWORD = 's3cret-pass\u00e4"word'
NODE = {
    "uuid": "node-1",
    "lanIP": "192.168.7.11",
    "networkStatus": "ONLINE",
    "currentDisposition": "IN",
    "desiredDisposition": "IN",
    "supportsVirtualization": True,
    "virtualizationOnline": True,
    "allowRunningVMs": True,
    "cpuUsage": 18.27,
    "memSize": 68719476736,
    "totalMemUsageBytes": 30281838592,
    "systemMemUsageBytes": 4512034816,
    "numThreads": 16,
}
VM = {
    "uuid": "vm-1",
    "nodeUUID": "node-1",
    "name": "web-01",
    "state": "RUNNING",
    "uiState": "RUNNING",
    "mem": 8589934592,
    "numVCPU": 4,
    "tags": "prod,anti_web-02",
    "affinityStrategy": {"strictAffinity": False, "preferredNodeUUID": "", "backupNodeUUID": ""},
    "latestTaskTag": {"taskTag": "4127", "progressPercent": 100, "state": "COMPLETE"},
}
TASK = {
    "taskTag": "4128",
    "progressPercent": 35,
    "state": "RUNNING",
    "formattedDescription": "Migrate %@",
    "descriptionParameters": ["web-01"],
    "formattedMessage": "",
    "messageParameters": [],
    "objectUUID": "vm-1",
    "created": 1741700400,
    "sessionID": "somebody-elses-session",
}
CONDITION = {
    "name": "node.offline",
    "description": "Node is offline",
    "value": True,
    "isOK": True,
    "userVisible": True,
    "severity": "CRITICAL",
    "nodeLANIP": "192.168.7.11",
}
UPDATE = {"prepareStatus": "", "updateStatus": {"masterState": "COMPLETE", "percent": "100"}}

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


def answer(status: int = 200, body: Any = None, **headers: str) -> httpx.Response:  # noqa: ANN401
    """A response with a JSON body, or with the bytes or text given."""
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    return httpx.Response(status, content=content, headers=headers)


class FakeCluster:
    """Answers as a healthy cluster of one node and one VM, unless `answers` says otherwise.

    `answers` maps "GET /Node" to one answer for ever or to a list used up one by one, then the usual one again.
    Sessions are numbered; only the latest is valid, and `requests` keeps all that came.
    """

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.logins = 0
        self.valid_session: str | None = None
        self.answers: dict[str, Answer | list[Answer]] = {}
        self.lists: dict[str, Any] = {
            "/Node": [NODE],
            "/VirDomain": [VM],
            "/VirDomainStats": [{"uuid": "vm-1", "cpuUsage": 37.5}],
            "/TaskTag": [TASK],
            "/Condition/filter": [CONDITION],
            "/Cluster": [{"uuid": "c-1", "clusterName": "branch-7", "icosVersion": "9.4.30.217736"}],
            "/GPUProfile": [{"name": "grid-8q", "maxInstances": 2}],
            "/User": [{"username": "balancer", "roleUUIDs": ["r-1"]}],
            "/Role": [{"uuid": "r-1", "name": "VM Power Controls"}],
        }

    def client(self, **changes: Any) -> Client:  # noqa: ANN401
        """A client of this cluster. Its address is closed, for what goes past the transport."""
        settings: dict[str, Any] = {"keepalive_seconds": 60.0, "transport": httpx.MockTransport(self.handle)}
        return Client("https://127.0.0.1:1", "balancer", Secret(PASSWORD), Trust(), **(settings | changes))

    def count(self, call: str) -> int:
        """How often it was asked this, such as "GET /Node"."""
        return [call_of(request) for request in self.requests].count(call)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        planned = self.answers.get(call_of(request))
        if isinstance(planned, list):
            planned = planned.pop(0) if planned else None
        if planned is None:
            return self._usual(request)
        if isinstance(planned, Exception):
            raise planned
        if isinstance(planned, httpx.Response):
            return httpx.Response(planned.status_code, content=planned.content, headers=planned.headers)
        found = planned(request)
        return found if isinstance(found, httpx.Response) else await found

    def _usual(self, request: httpx.Request) -> httpx.Response:
        call = call_of(request)
        if call == "POST /login":
            self.logins += 1
            self.valid_session = f"session-{self.logins}"
            return answer(body={"sessionID": self.valid_session})
        if request.headers.get("cookie") != f"sessionID={self.valid_session}":
            return answer(401, {"error": "no session"})
        if call == "POST /logout":
            self.valid_session = None
            return answer(body="")
        if call == "POST /VirDomain/action":
            return answer(body={"taskTag": "4128", "createdUUID": ""})
        path = call.partition(" ")[2]
        if path == "/update/update_status.json":
            return answer(body=UPDATE)
        if path in self.lists:
            return answer(body=self.lists[path])
        folder, _, key = path.rpartition("/")
        same = [one for one in self.lists[folder] if key in (one.get("uuid"), one.get("taskTag"))]
        return answer(body=same)


def call_of(request: httpx.Request) -> str:
    """Method and path below the API's root."""
    return f"{request.method} {request.url.path.removeprefix(API)}"


def together(planned: httpx.Response, count: int) -> Answer:
    """An answer that is given only when so many requests for it have come."""
    arrived = asyncio.Barrier(count)

    async def wait_for_the_others(_: httpx.Request) -> httpx.Response:
        await arrived.wait()
        return httpx.Response(planned.status_code, content=planned.content)

    return wait_for_the_others
