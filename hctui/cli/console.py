"""`hctui` without a command: the console on the configured cluster, or the first run where none is configured."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hctui.cli.options import loaded, password_of
from hctui.config import LiveConsent, SettingsError, password_source
from hctui.core.errors import HctuiError

if TYPE_CHECKING:
    from hctui.config import Settings
    from hctui.core.secret import Secret
    from hctui.engine.log import Log

HEAD_START_SECONDS = 2.0
"""So long at most the engine waits for the first frame: what it loads would hold up the loop that draws it."""

COLLECT_AFTER = (20_000, 20, 20)
"""Objects made before the youngest are looked through for rubbish, and how many such looks before older ones are. One
refresh of a large cluster makes some ten thousand; Python's own 700 would stop it a dozen times."""

ARMED = (
    "SC_DRY_RUN in the environment says live, but it may be there for another tool: this is a dry run until you go "
    "live with the key d."
)


class NoTerminal(HctuiError):
    """The console was asked for where there is none to draw on."""

    title = "No terminal"


def open_console(config_file: Path | None, flags: dict[str, object]) -> int:
    """Open the console; returns the exit code."""
    gc.disable()  # what is made until the first frame stays; to look through it for rubbish takes a tenth of the time
    try:
        check_terminal("hctui run")
        settings = loaded(config_file, flags)
        check_keys(settings)
        if not settings.cluster.url:
            return _first_run(config_file, flags, settings)
        code = _attached(settings, flags)
        return _balance_or_attach(settings, flags) if code is None else code
    finally:
        gc.enable()


def _attached(settings: Settings, flags: dict[str, object], pid: str = "") -> int | None:
    """The console on the engine that balances this cluster already, by its address or, if it is known, its process.

    Returns the exit code, `None` if there is no such engine.
    """
    from hctui.cli.running import may_be_running

    if not may_be_running():
        return None
    from hctui.cli import attach

    engine = attach.find(settings, pid)
    if engine is None:
        return None
    attach.check_flags(engine, {key: value for key, value in flags.items() if value not in (None, ())})
    return attach.show(engine, settings)


def _balance_or_attach(settings: Settings, flags: dict[str, object]) -> int:
    """An engine of our own, unless its cluster turns out to have one, which was reached at another address."""
    try:
        return _balance(settings, password_of(settings))
    except HctuiError as error:
        # Not sooner: it loads SQLite, which no first frame needs.
        from hctui.journal.lock import HeldElsewhere

        code = _attached(settings, flags, error.pid) if isinstance(error, HeldElsewhere) else None
        if code is None:
            raise
        return code


def check_terminal(instead: str) -> None:
    """See that there is a terminal to draw on and to type at.

    Raises:
        NoTerminal: there is not.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        raise NoTerminal(
            "The console needs one, for input and for output.", hint=f"Use `{instead}` where there is none."
        )


def check_keys(settings: Settings) -> None:
    """See that other keys are given only to actions that exist, and only such as exist and are free.

    Raises:
        SettingsError: a key could not work.
    """
    from hctui.core.wording import listing
    from hctui.tui.keys import BY_ID
    from hctui.tui.remapping import faults

    found = faults(settings.console.keys)
    if found:
        raise SettingsError(
            [f"console.keys: {each}" for each in found], hint=f"The actions are {listing(sorted(BY_ID))}."
        )


def _first_run(config_file: Path | None, flags: dict[str, object], settings: Settings) -> int:
    """Ask for a cluster, then go on with what was written."""
    gc.enable()
    from importlib.util import find_spec

    from hctui.cli.alone import shown_alone
    from hctui.cli.demo import Show, open_demo
    from hctui.engine.probing import NetworkProbes
    from hctui.tui.first_run.app import FirstRunApp
    from hctui.tui.first_run.draft import Configured, suggestions_of

    app = FirstRunApp(
        NetworkProbes(),
        suggestions_of(settings),
        settings.file,
        keyring_available=find_spec("keyring") is not None,
        theme=settings.console.theme,
        glyphs=settings.console.glyphs,
    )
    showing = shown_alone(app)
    answer, code = asyncio.run(showing)
    if isinstance(answer, Configured):
        settings = loaded(answer.path if config_file else None, flags)
        if answer.password:
            return _balance(settings, answer.password, "the first run, where it was typed")
        return _balance(settings, password_of(settings))
    if answer is not None:
        return open_demo(Show())
    return code


def keep_what_is_loaded() -> None:
    """Have the garbage collector work, but look no more at what the program consists of.

    Else it goes through all modules and classes every few minutes, and no key is answered meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    gc.enable()


def _balance(settings: Settings, password: Secret, source: str = "") -> int:
    """An engine with a console. `source`: where the password comes from, if not from where the settings say."""
    from hctui.cli.siblings import Siblings, Surroundings
    from hctui.config import paths
    from hctui.engine import log
    from hctui.engine.clock import RealClock, first_of
    from hctui.engine.connection import desk_of
    from hctui.tui.app import Console, Outlook

    armed = settings.live_consent is LiveConsent.ARMED_BY_ENVIRONMENT
    settings = settings.disarmed() if armed else settings
    clock = RealClock()
    desk = desk_of(settings, clock, source or password_source(settings, os.environ))
    state = paths.private_folder(paths.state_folder())
    logs = paths.private_folder(paths.log_folder())
    outlook = Outlook(state / "exports", ARMED if armed else "", is_armed_by_environment=armed)
    log_file = logs / "hctui.log"
    file_log, close = log.to_file(log_file, lambda line: desk.told(line))

    async def balance_once_shown(lines: Log, stop: asyncio.Event) -> None:
        await first_of(outlook.shown.wait(), stop.wait(), asyncio.sleep(HEAD_START_SECONDS))
        from hctui.engine.balancing import Plan, balance
        from hctui.engine.connection import client_of

        keep_what_is_loaded()
        plan = Plan(state, socket_folder=paths.runtime_folder())
        await balance(client_of(settings, password), desk, plan, clock, lines, stop)

    try:
        with log.steady(sys.stdout, "text", str(log_file)) as terminal:
            around = Surroundings(desk, file_log, log.lasting(file_log, terminal), logs / "crash.txt")
            siblings = Siblings(balance_once_shown, lambda: Console(desk, outlook), around)
            return asyncio.run(siblings.run())
    finally:
        close()
