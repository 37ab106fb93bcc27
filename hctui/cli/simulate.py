"""`hctui simulate`: serve a simulated cluster for other programs, until told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hctui.cli.simulation import served, simulated, simulation_flags

if TYPE_CHECKING:
    import asyncio


@click.command(short_help="Serve a simulated cluster on this machine.")
@simulation_flags
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on; a free one by default."
)
def simulate(scenario: str, seed: int, port: int) -> None:
    """Serve a simulated HyperCore cluster over HTTPS on this machine.

    It speaks the REST API below /rest/v1, with a certificate of its own that is new at each start. Faults are switched
    through /sim/faults: GET it for their names and parameters, POST {"set": NAME, "with": {...}} or {"clear": NAME} to
    it. GET /sim/state shows what was asked of the cluster. Stop it with Ctrl-C.
    """
    from hctui.engine.signals import run_until_signalled

    run_until_signalled(lambda stop: _serve(scenario, seed, port, stop))


async def _serve(scenario: str, seed: int, port: int, stop: asyncio.Event) -> None:
    from hctui.engine.clock import RealClock

    clock = RealClock()
    cluster = simulated(scenario, seed, clock.now())
    async with served(cluster, clock, port) as server:
        click.echo(f"address      {server.url}")
        click.echo(f"nodes        {', '.join(node.lan_ip for node in cluster.nodes.values())}")
        click.echo(f"fingerprint  {server.fingerprint}")
        for account in cluster.access.accounts.values():
            click.echo(f"user         {account.username}")
            click.echo(f"password     {account.effective_password}")
        await stop.wait()
