"""`hctui demo`: the balancer on a simulated cluster in the same process, where nothing can be harmed.

Everything between the two is real: HTTPS on loopback, a login, the ordinary client. The user's own settings and
the environment are not read, so a demo is the same everywhere.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.durations import DURATION
from hctui.cli.options import log_format
from hctui.cli.simulation import served, simulated, simulation_flags
from hctui.config import Glyphs, Theme
from hctui.core.policy import Mode, Strategy
from hctui.core.wording import count

if TYPE_CHECKING:
    import asyncio

    from hctui.api.client import Client
    from hctui.engine.balancing import Plan
    from hctui.engine.clock import Clock
    from hctui.engine.desk import Desk
    from hctui.engine.log import Log
    from hctui.sim import Cluster

START = 1_767_600_000.0
"""When a demo begins, on the simulated cluster's clock: Monday, 5 January 2026, 08:00 UTC, always the same."""

STEPPED = "max"
STEPPED_SPEED = 0.0
"""Stands for the stepped clock among the speeds."""

STEPPED_SECONDS = 7200.0
"""How long a demo at full speed lasts if nothing else is said."""


class Speed(click.ParamType[float]):
    """A factor, or `max`, which arrives as `STEPPED_SPEED`."""

    name = "speed"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The factor, or a usage error that says what is allowed."""
        if value == STEPPED:
            return STEPPED_SPEED
        try:
            factor = float(value)
        except ValueError:
            factor = 0.0
        if not 0 < factor <= 1000:
            self.fail(f"{value!r} is no speed: write a factor above 0 and up to 1000, or max.", param, ctx)
        return factor


CONSOLE_SPEED, LOG_SPEED = 10.0, 60.0
"""How fast a demo is if nothing else is said: slow enough to read and answer, or quick enough to wait for."""

PROPOSAL_MINUTES = "60"
"""A proposal waits so long in a demo, since its minutes pass quickly."""


@dataclass(frozen=True, slots=True)
class Show:
    """What is to be shown, and how fast: `speed` is `None` for a stepped clock. `others` are more settings, by key."""

    scenario: str = "default"
    seed: int = 1
    speed: float | None = CONSOLE_SPEED
    duration_seconds: float | None = None
    live: bool = True
    mode: Mode = Mode.APPROVE
    others: Mapping[str, str] = field(default_factory=dict)


@click.command(short_help="Watch the balancer on a simulated cluster.")
@simulation_flags
@click.option(
    "--live/--dry-run",
    "live",
    default=None,
    help="Migrate the simulated VMs, or only say so. The console begins live, --headless as a dry run.",
)
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="Who decides on a move. The console begins in approve; --headless knows auto only.",
)
@click.option(
    "--strategy", type=click.Choice([each.value for each in Strategy]), help="How load is balanced."
)
@click.option("--level", type=click.IntRange(1, 5), help="How readily best-fit moves VMs for load.")
@click.option("--theme", type=click.Choice([theme.value for theme in Theme]), help="Colours of the console.")
@click.option(
    "--glyphs", type=click.Choice([glyphs.value for glyphs in Glyphs]), help="What the console draws with."
)
@click.option("--headless", is_flag=True, help="Print log lines instead of opening the console.")
@click.option(
    "--speed",
    help="Times as fast as real, or max (with --headless). By default 10 in the console, 60 with --headless.",
    type=Speed(),
    default=None,
)
@click.option(
    "--duration",
    type=DURATION,
    help="Stop after this long on the cluster's clock: a number and s, m, h or d.",
)
@log_format
def demo(
    scenario: str,
    seed: int,
    live: bool | None,
    mode: str | None,
    strategy: str | None,
    level: int | None,
    theme: str | None,
    glyphs: str | None,
    headless: bool,
    speed: float | None,
    duration: float | None,
    log_format: str,
) -> int:
    """Watch the balancer at work on a simulated cluster. Nothing real is touched.

    It opens in the console, live and in mode approve, since nothing can be harmed here. At speed max (with --headless)
    the same seed gives exactly the same run; it lasts 2 h of cluster time unless --duration says otherwise. Your
    settings and SC_ variables are not used.
    """
    given = {"strategy": strategy, "level": level, "theme": theme, "glyphs": glyphs}
    others = {key: str(value) for key, value in given.items() if value is not None}
    if headless:
        if mode == Mode.APPROVE:
            raise click.UsageError("Mode approve needs the console to answer in; leave --headless out.")
        speed = LOG_SPEED if speed is None else speed
        if speed == STEPPED_SPEED and duration is None:
            duration = STEPPED_SECONDS
        factor = None if speed == STEPPED_SPEED else speed
        show = Show(scenario, seed, factor, duration, bool(live), Mode.AUTO, others)
        _print_lines(show, log_format)
        return 0
    if speed == STEPPED_SPEED:
        raise click.UsageError("Speed max is for --headless: in the console nobody could follow.")
    chosen = Mode(mode) if mode else Mode.APPROVE
    return open_demo(
        Show(scenario, seed, speed or CONSOLE_SPEED, duration, live is not False, chosen, others)
    )


def _print_lines(show: Show, log_format: str) -> None:
    from hctui.engine import log
    from hctui.engine.signals import run_until_signalled

    lines = log.to_stream(sys.stdout, log_format)
    summary = run_until_signalled(lambda stop: perform(show, lines, stop))
    if summary and log_format == "text":
        click.echo(f"\n{summary}")


def open_demo(show: Show) -> int:
    """Open the console on a simulated cluster; returns the exit code."""
    import asyncio

    from hctui.cli.console import check_terminal

    check_terminal("hctui demo --headless")
    code, summary = asyncio.run(_show_console(show))
    click.echo(summary)
    return code


@dataclass(frozen=True, slots=True)
class Staged:
    """A simulated cluster that is being served, and everything that is needed to balance it."""

    cluster: Cluster
    clock: Clock
    client: Client
    desk: Desk
    plan: Plan

    @property
    def folder(self) -> Path:
        """Where settings and journal are, until the demo ends."""
        return self.plan.journal_folder

    def summary(self) -> str:
        """What happened: the report, and the requests that the cluster counted."""
        from hctui.cli.printing import width
        from hctui.journal import find, read_report, render

        view = self.desk.view
        found = find(self.folder, view.contact.address)
        if found is None:
            return "The demo ended before anything was recorded."
        report = read_report(
            found.path, START, self.clock.now(), cpu_upper_percent=view.policy.cpu_upper_percent
        )
        writes = count(len(self.cluster.writes), "request")
        return (
            f"{render(report, width=width())}\nThe simulated cluster counted {writes} that would change it."
        )


async def perform(show: Show, log: Log, stop: asyncio.Event) -> str:
    """Run a demo without a console to its end and return what is to be said about it."""
    from hctui.engine.balancing import balance

    async with staged(show) as stage:
        await balance(stage.client, stage.desk, stage.plan, stage.clock, log, stop)
        return stage.summary()


def kept_folder() -> Path:
    """Where a demo writes what a person asked to have: copies, exports, and what is left of a crash.

    It is apart from what a real run keeps, and is made once something is written; journal and settings of a demo go
    with it.
    """
    from hctui.config import paths

    return paths.state_folder() / "demo"


async def _show_console(show: Show) -> tuple[int, str]:
    from hctui.cli.siblings import Siblings, Surroundings
    from hctui.engine.balancing import balance
    from hctui.engine.log import lasting, to_stream
    from hctui.engine.view import Line
    from hctui.tui.app import Console, Outlook

    async with staged(show) as stage:
        greeting = (
            f"A simulated cluster, {show.speed:g} times as fast as real. Nothing can be harmed, so this is "
            f"{'live' if show.live else 'a dry run'}."
        )
        stage.desk.log(Line(stage.clock.now(), "demo", greeting))
        kept = kept_folder()
        outlook = Outlook(kept / "exports", greeting)
        siblings = Siblings(
            lambda lines, stop: balance(stage.client, stage.desk, stage.plan, stage.clock, lines, stop),
            lambda: Console(stage.desk, outlook),
            Surroundings(
                stage.desk,
                lambda line: None,
                lasting(lambda line: None, to_stream(sys.stdout, "text")),
                kept / "crash.txt",
            ),
        )
        return await siblings.run(), stage.summary()


@asynccontextmanager
async def staged(show: Show) -> AsyncIterator[Staged]:
    """Serve a simulated cluster for as long as the block lasts, with settings in a folder that goes with it."""
    import tempfile

    from hctui.config import load, write_config
    from hctui.core.secret import Secret
    from hctui.engine.balancing import Plan
    from hctui.engine.clock import ScaledClock, SteppedClock
    from hctui.engine.connection import client_of, desk_of

    cluster = simulated(show.scenario, show.seed, START)
    clock = SteppedClock(START) if show.speed is None else ScaledClock(show.speed, START)
    with tempfile.TemporaryDirectory(prefix="hctui-demo-") as name:
        folder = Path(name)
        async with served(cluster, clock) as server:
            values = {
                "base_url": server.url,
                "username": server.username,
                "pinned_fingerprints": server.fingerprint,
                "dry_run": str(not show.live).lower(),
                "mode": show.mode.value,
                "proposal_limit_minutes": PROPOSAL_MINUTES,
                **show.others,
            }
            settings = load(write_config(folder / "config.toml", values), {}, {})
            yield Staged(
                cluster,
                clock,
                client_of(settings, Secret(server.password)),
                desk_of(settings, clock, "the simulated cluster"),
                Plan(folder, duration_seconds=show.duration_seconds),
            )
