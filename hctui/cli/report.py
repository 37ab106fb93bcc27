"""`hctui report`: what a dry run would have done, or a live one did. It is what one reads before going live."""

from __future__ import annotations

import time
from pathlib import Path

import click

from hctui.cli.durations import DURATION
from hctui.cli.options import loaded, settings_flags
from hctui.config import Group
from hctui.core.errors import HctuiError


class NoJournal(HctuiError):
    """There is nothing to report on."""

    title = "Nothing recorded"


@click.command()
@settings_flags(Group.CLUSTER, Group.BALANCER)
@click.option(
    "--since", type=DURATION, default="7d", show_default=True, help="How far back, such as 12h or 7d."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def report(config_file: Path | None, since: float, as_json: bool, **flags: object) -> None:
    """Tell what was done, or in a dry run would have been done: moves, rules that could not be kept, hours too hot."""
    from hctui import journal
    from hctui.config import paths

    settings = loaded(config_file, flags)
    address = settings.cluster.url
    found = journal.find(paths.state_folder(), address) if address else None
    if found is None:
        known = journal.journals(paths.state_folder())
        if address or len(known) != 1:
            raise NoJournal(
                f"There is no journal for {address or 'a cluster: base_url is not set'}.",
                hint="Run `hctui run` first; it records from its first cycle on.",
            )
        found = known[0]
    now = time.time()
    told = journal.read_report(
        found.path, now - since, now, cpu_upper_percent=settings.policy().cpu_upper_percent
    )
    click.echo(journal.as_json(told) if as_json else journal.render(told))
