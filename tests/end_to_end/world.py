"""The whole program on a simulated cluster: client, journal and engine, in virtual time over the in-process transport.

Only the network and the clock are replaced, so hours of cluster time take seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from hctui.api.client import Client
from hctui.api.tls import Trust
from hctui.core.policy import Policy
from hctui.core.secret import Secret
from hctui.engine.balancing import Plan, balance
from hctui.engine.clock import SteppedClock
from hctui.engine.commands import Command
from hctui.engine.desk import Desk
from hctui.engine.view import Contact, Line
from hctui.sim import Cluster, load_scenario
from hctui.sim.server import create_app
from tests.engine.given import settings_of

START = 1_767_600_000.0
MINUTE, HOUR = 60.0, 3600.0
LIVE = Policy(dry_run=False)
DRY = Policy(dry_run=True)


@dataclass
class World:
    """A simulated cluster with a clock, and runs of the balancer on it, one after the other.

    `wire` may put something between the client and the cluster, `sleep` is how the cluster delays slow answers.
    """

    folder: Path
    scenario: str = "default"
    seed: int = 7
    lines: list[Line] = field(default_factory=list)
    wire: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = lambda transport: transport
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def __post_init__(self) -> None:
        self.clock = SteppedClock(START)
        self.cluster = Cluster(load_scenario(self.scenario), seed=self.seed, start=START)

    async def run(
        self,
        seconds: float,
        *,
        policy: Policy = LIVE,
        once: bool = False,
        commands: tuple[Command, ...] = (),
        stop_when: Callable[[Line], bool] = lambda line: False,
    ) -> list[Line]:
        """Balance for so long, or until a line is told; the journal stays for the next run. Returns its lines."""
        stop = asyncio.Event()
        told: list[Line] = []

        def log(line: Line) -> None:
            told.append(line)
            if stop_when(line):
                stop.set()

        app = create_app(self.cluster, self.clock.now, self.sleep)
        account = next(iter(self.cluster.access.accounts.values()))
        client = Client(
            "https://127.0.0.1",
            account.username,
            Secret(account.effective_password),
            Trust(verify=False),
            keepalive_seconds=90,
            transport=self.wire(httpx.ASGITransport(app, raise_app_exceptions=True)),
        )
        plan = Plan(self.folder, once=once, duration_seconds=seconds)
        self.desk = Desk(settings_of(policy), Contact("https://127.0.0.1", "TLS unverified"), self.clock)
        for command in commands:
            self.desk.submit(command)
        await balance(client, self.desk, plan, self.clock, log, stop)
        self.lines += told
        return told

    def moves(self, event: str) -> list[tuple[object, ...]]:
        """The (VM, from, to, reason) of all lines of an event: `executing`, `dry_run`."""
        keys = ("vm", "from", "to", "reason")
        return [tuple(line.data[key] for key in keys) for line in self.lines if line.event == event]

    def mean_cpu(self, octet: int, seconds: float = 5 * MINUTE) -> float:
        """Mean CPU percent of a node over the last while, as the cluster itself measures it now and then."""
        node = self.cluster.node(octet)
        total, steps = 0.0, 0
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            self.clock._now += 10
            self.cluster.advance(self.clock.now())
            total += self.cluster.statistics.node_cpu_percent[node.id]
            steps += 1
        return total / steps


def quick(policy: Policy) -> Policy:
    """The policy with short waits, for tests that are not about waiting."""
    return replace(policy, cluster_cooldown_seconds=60, window_seconds=60, recovery_cooldown_seconds=120)
