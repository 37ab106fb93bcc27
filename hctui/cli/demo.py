"""`hctui demo`: the balancer on a simulated cluster in the same process, where nothing can be harmed.

Everything between the two is real: HTTPS on loopback, a login, the ordinary client. The user's own settings and
the environment are not read, so a demo is the same everywhere.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.durations import DURATION
from hctui.cli.options import log_format
from hctui.cli.simulation import served, simulated, simulation_flags
from hctui.core.policy import Policy

if TYPE_CHECKING:
    import asyncio

    from hctui.engine.clock import Clock
    from hctui.engine.log import Log
    from hctui.sim import Cluster

START = 1_767_600_000.0
"""When a demo begins, on the simulated cluster's clock: Monday, 5 January 2026, 08:00 UTC, always the same."""

STEPPED = "max"
STEPPED_SECONDS = 7200.0
"""How long a demo at full speed lasts if nothing else is said."""


class Speed(click.ParamType[float | None]):
    """A factor, or `max`, which arrives as `None`."""

    name = "speed"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """The factor, or a usage error that says what is allowed."""
        if value == STEPPED:
            return None
        try:
            factor = float(value)
        except ValueError:
            factor = 0.0
        if not 0 < factor <= 1000:
            self.fail(f"{value!r} is no speed: write a factor above 0 and up to 1000, or max.", param, ctx)
        return factor


@dataclass(frozen=True, slots=True)
class Show:
    """What is to be shown, and how fast: `speed` is `None` for a stepped clock."""

    scenario: str
    seed: int
    speed: float | None
    duration_seconds: float | None
    live: bool


@click.command(short_help="Watch the balancer on a simulated cluster.")
@simulation_flags
@click.option("--live", is_flag=True, help="Migrate the simulated VMs instead of only saying so.")
@click.option("--headless", is_flag=True, help="Print log lines. There is nothing else yet.")
@click.option("--speed", type=Speed(), default="60", show_default=True, help="Times as fast as real, or max.")
@click.option(
    "--duration",
    type=DURATION,
    help="Stop after this long on the cluster's clock: a number and s, m, h or d.",
)
@log_format
def demo(
    scenario: str,
    seed: int,
    live: bool,
    headless: bool,
    speed: float | None,
    duration: float | None,
    log_format: str,
) -> None:
    """Watch the balancer at work on a simulated cluster. Nothing real is touched.

    At speed max the same seed gives exactly the same run; it lasts 2 h of cluster time unless --duration says
    otherwise. Your settings and SC_ variables are not used.
    """
    from hctui.engine import log
    from hctui.engine.signals import run_until_signalled

    if speed is None and duration is None:
        duration = STEPPED_SECONDS
    show = Show(scenario, seed, speed, duration, live)
    lines = log.to_stream(sys.stdout, log_format)
    summary = run_until_signalled(lambda stop: perform(show, lines, stop))
    if summary and log_format == "text":
        click.echo(f"\n{summary}")


async def perform(show: Show, log: Log, stop: asyncio.Event) -> str:
    """Run a demo to its end and return what is to be said about it."""
    import tempfile

    from hctui.engine.clock import ScaledClock, SteppedClock

    cluster = simulated(show.scenario, show.seed, START)
    clock = SteppedClock(START) if show.speed is None else ScaledClock(show.speed, START)
    with tempfile.TemporaryDirectory(prefix="hctui-demo-") as folder:
        return await _balanced(show, cluster, clock, log, stop, Path(folder))


async def _balanced(
    show: Show, cluster: Cluster, clock: Clock, log: Log, stop: asyncio.Event, folder: Path
) -> str:
    from hctui.api.client import Client
    from hctui.api.tls import Trust
    from hctui.core.secret import Secret
    from hctui.engine.balancing import Plan, balance
    from hctui.engine.connection import IDLE_MARGIN_SECONDS

    policy = Policy(dry_run=not show.live)
    async with served(cluster, clock) as server:
        trust = Trust(pinned_fingerprints=(server.fingerprint,))
        client = Client(
            server.url,
            server.username,
            Secret(server.password),
            trust,
            keepalive_seconds=policy.interval_seconds + IDLE_MARGIN_SECONDS,
        )
        plan = Plan(policy, folder, server.url, trust.kind, duration_seconds=show.duration_seconds)
        await balance(client, plan, clock, log, stop)
    return _summary(cluster, folder, server.url, policy, clock.now())


def _summary(cluster: Cluster, folder: Path, address: str, policy: Policy, until: float) -> str:
    from hctui.journal import find, read_report, render

    found = find(folder, address)
    if found is None:
        return "The demo ended before anything was recorded."
    report = read_report(found.path, START, until, cpu_upper_percent=policy.cpu_upper_percent)
    writes = len(cluster.writes)
    counted = (
        f"The simulated cluster counted {writes} request{'' if writes == 1 else 's'} that would change it."
    )
    return f"{render(report)}\n{counted}"
