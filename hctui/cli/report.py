"""`hctui report`: what a dry run would have done, or a live one did. It is what one reads before going live."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.durations import DURATION
from hctui.cli.options import loaded, settings_flags
from hctui.core.errors import HctuiError

if TYPE_CHECKING:
    from hctui.config import Settings
    from hctui.journal import JournalInfo


class NoJournal(HctuiError):
    """There is nothing to report on."""

    title = "Nothing recorded"


@click.command(short_help="Tell what was done, or in a dry run would have been.")
@settings_flags("base_url", "cpu_upper_threshold_percent")
@click.option(
    "--since", type=DURATION, default="7d", show_default=True, help="How far back: a number and s, m, h or d."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def report(config_file: Path | None, since: float, as_json: bool, **flags: object) -> None:
    """Tell what was done, or in a dry run would have been done: moves, rules that could not be kept, hours too hot."""
    from hctui import journal
    from hctui.cli.printing import width

    settings = loaded(config_file, flags)
    found = journal_of(settings)
    now = time.time()
    told = journal.read_report(
        found.path, now - since, now, cpu_upper_percent=settings.policy().cpu_upper_percent
    )
    text = journal.as_json(told) if as_json else journal.render(told, width=width())
    click.echo(text.rstrip("\n"))


def journal_of(settings: Settings) -> JournalInfo:
    """The journal of the cluster that the settings name; where they name none, the only one there is.

    Raises:
        NoJournal: there is none, or which one is not clear.
    """
    from hctui import journal
    from hctui.config import paths

    address = settings.cluster.url
    found = journal.find(paths.state_folder(), address) if address else None
    if found is None:
        known = journal.journals(paths.state_folder())
        if address or len(known) != 1:
            raise NoJournal(
                f"There is no journal for {address}."
                if address
                else "No cluster is named: base_url is not set.",
                hint="Run `hctui run` first; it records from its first cycle on."
                if address
                else "Run `hctui config init` and edit the file it names, or set SC_HOST.",
            )
        found = known[0]
    return found
