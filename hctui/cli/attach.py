"""`hctui` where an engine for that cluster runs already: a console on that one. Closing it leaves the engine alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from hctui.cli.printing import tell
from hctui.cli.running import Running, running
from hctui.config import BY_KEY
from hctui.core.errors import HctuiError
from hctui.core.wording import listing
from hctui.core.wrapping import one_line

if TYPE_CHECKING:
    from hctui.config import Settings
    from hctui.config.settings import Layer

LOOKS = ("theme", "glyphs")
"""Flags that are of this terminal, and hold wherever the engine is."""

NAMING = ("base_url",)
"""Flags that say which engine is meant."""

_INSTEAD = {
    "dry_run": "Run `hctui dry-run on` or `hctui dry-run off`, or press d in the console.",
    "mode": "Press m in the console.",
}
_IN_GENERAL = "Press c in the console to change its settings."


class ForANewEngine(HctuiError):
    """A flag was given that only a new engine could obey."""

    title = "hctui is running already"


def find(settings: Settings, pid: str = "") -> Running | None:
    """The engine that already balances the configured cluster on this host, if there is one.

    By `pid`, its process, where that is known: it may have reached the cluster at an address that nobody knows here.
    """
    address = settings.cluster.url or ""
    return next((each for each in running() if str(each.found.hello.pid) == pid or each.has([address])), None)


def check_flags(engine: Running, given: dict[str, object]) -> None:
    """See that no flag was given that is for a new engine.

    Raises:
        ForANewEngine: there was one; the hint says what does the same.
    """
    others = [key for key in given if key not in (*LOOKS, *NAMING)]
    if not others:
        return
    flags = listing([BY_KEY[key].flag_for(given[key]) for key in others])
    pid = engine.found.hello.pid
    raise ForANewEngine(
        f"Process {pid} balances {engine.label}, and `hctui` opens a console on that. {flags} would be for a new one.",
        hint=f"{_INSTEAD.get(others[0], _IN_GENERAL)} Without that flag `hctui` opens the console.",
    )


def show(engine: Running, settings: Settings) -> int:
    """Show a console on an engine until it is closed or the engine ends; returns the exit code."""
    given = {key: settings.given(BY_KEY[key]) for key in LOOKS}
    looks = {key: each for key, each in given.items() if key in settings.layers[1]}
    return asyncio.run(_shown(engine, looks))


async def _shown(engine: Running, looks: Layer) -> int:
    from hctui.cli.alone import shown_alone
    from hctui.cli.console import keep_what_is_loaded
    from hctui.config import paths
    from hctui.engine.crash import last_line, written_down
    from hctui.engine.remote_client import attached
    from hctui.engine.remote_wire import Who
    from hctui.tui.app import Console, Leaving, Outlook

    pid = engine.found.hello.pid
    exports = paths.private_folder(paths.state_folder()) / "exports"
    crash_file = paths.private_folder(paths.log_folder()) / "crash.txt"
    greeting = f"Attached to process {pid}, which goes on when this console is closed."
    outlook = Outlook(exports, greeting, attached_to=pid)
    async with attached(engine.found.path, Who.CONSOLE, looks) as front:
        console = Console(front, outlook)

        async def end_with_it() -> None:
            await front.ended.wait()
            console.exit(Leaving.STOP)

        async def settle() -> None:
            await outlook.shown.wait()
            keep_what_is_loaded()

        beside = [asyncio.create_task(end_with_it()), asyncio.create_task(settle())]
        try:
            _, code = await shown_alone(console)
        finally:
            for task in beside:
                task.cancel()
        has_ended, farewell = front.ended.is_set(), front.farewell
    if has_ended:
        told = farewell or "It said nothing, so it may have been killed; its journal has what it was doing."
        tell(f"hctui, process {pid}, has ended. {told}")
        return 0
    if console.crash:
        where = written_down(console.crash, crash_file)
        click.echo(one_line(f"The console crashed: {last_line(console.crash)}. {where}"), err=True)
    tell(
        f"hctui goes on balancing {engine.label} in process {pid}. `hctui` opens a console on it again, and "
        f"`kill {pid}` stops it."
    )
    return code
