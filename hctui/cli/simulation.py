"""The simulated cluster as the command line uses it: its flags, building one, serving it, and what can go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from hctui.core.errors import HctuiError
from hctui.core.wording import listing

if TYPE_CHECKING:
    from hctui.engine.clock import Clock
    from hctui.sim import Cluster
    from hctui.sim.serving import Server

F = TypeVar("F", bound=Callable[..., object])


SCENARIOS = ("default", "quiet", "violations", "ram-tight", "node-failure", "update", "large")
"""The scenarios that come with the simulator, for the help text, which is not to load it; a test compares the two."""


class SimulationError(HctuiError):
    """The simulated cluster cannot be built or served as asked."""

    title = "The simulated cluster cannot be started"


def simulation_flags(command: F) -> F:
    """Add the flags that choose a simulated cluster."""
    command = click.option(
        "--seed", type=int, default=1, show_default=True, help="Decides all that is random."
    )(command)
    return click.option(
        "--scenario",
        default="default",
        show_default=True,
        help=f"One of {listing(list(SCENARIOS))}, or a scenario file.",
    )(command)


def simulated(scenario: str, seed: int, start: float) -> Cluster:
    """The simulated cluster of a scenario, by name or path, from `start` (Unix seconds) on."""
    from hctui.sim import Cluster, ScenarioError, load_scenario

    try:
        return Cluster(load_scenario(scenario), seed=seed, start=start)
    except ScenarioError as error:
        raise SimulationError(str(error)) from error


@asynccontextmanager
async def served(cluster: Cluster, clock: Clock, port: int = 0) -> AsyncIterator[Server]:
    """The cluster, served over HTTPS on this machine for as long as the block lasts."""
    import asyncio

    try:
        from hctui.sim.serving import serve
    except ModuleNotFoundError as error:
        raise SimulationError(
            f"It needs {error.name}, which is not installed.", hint="Run: pip install 'hctui[demo]'"
        ) from error
    serving = serve(cluster, now=clock.now, sleep=asyncio.sleep, port=port)
    try:
        server = await serving.__aenter__()
    except OSError as error:
        raise SimulationError(f"Port {port} of this machine cannot be used: {error.strerror}.") from error
    try:
        yield server
    finally:
        await serving.__aexit__(None, None, None)
