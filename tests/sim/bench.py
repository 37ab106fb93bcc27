"""A small cluster, a clock that only moves when told, and an HTTP client over ASGI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from hctui.sim import Cluster, parse_scenario
from hctui.sim.server import create_app

START = 1_790_000_000.0
GIB = 2**30
Json = Any
"""Whatever an answer holds."""

ADMIN = ("admin", "admin")

SMALL = """
[[nodes]]
count = 3
threads = 16
memory = "64GiB"
system_memory = "4GiB"

[[vms]]
name = "web-01"
node = 11
vcpus = 4
memory = "8GiB"
cpu = 50
tags = ["prod", "anti_web-02"]

[[vms]]
name = "web-02"
node = 12
vcpus = 2
memory = "4GiB"
cpu = 40

[[vms]]
name = "db-01"
node = 11
vcpus = 8
memory = "40GiB"
cpu = 30
replicated = true

[[vms]]
name = "db-02"
node = 12
vcpus = 4
memory = "30GiB"
cpu = 30
preferred = 12
backup = 13
strict = true

[[vms]]
name = "off-01"
node = 13
vcpus = 2
memory = "4GiB"
cpu = 30
state = "SHUTOFF"
"""


@dataclass
class Bench:
    """Cluster time is `time`; `slept` are the seconds somebody wanted to wait."""

    cluster: Cluster
    client: httpx.AsyncClient = field(init=False)
    time: float = START
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = create_app(self.cluster, lambda: self.time, self.sleep)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://127.0.0.1", auth=ADMIN
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.cluster.advance(self.time)

    async def get(self, path: str) -> Json:
        answer = await self.client.get(f"/rest/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def vm(self, name: str) -> Json:
        return (await self.get(f"/VirDomain/{self.cluster.vm(name).id}"))[0]

    async def act(self, action: str, name: str, octet: int | None = None) -> httpx.Response:
        item = {"virDomainUUID": self.cluster.vm(name).id, "actionType": action}
        if octet is not None:
            item["nodeUUID"] = self.cluster.node(octet).id
        return await self.client.post("/rest/v1/VirDomain/action", json=[item])

    async def migrate(self, name: str, octet: int) -> str:
        answer = await self.act("LIVEMIGRATE", name, octet)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["taskTag"])

    async def task(self, tag: str) -> Json:
        return (await self.get(f"/TaskTag/{tag}"))[0]


def small_cluster(extra: str = "", *, seed: int = 0) -> Cluster:
    return Cluster(parse_scenario(SMALL + extra), seed=seed, start=START)
