"""`hctui run`: balance the configured cluster without a console, until told to stop."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.options import loaded, log_format, password_of, settings_flags
from hctui.config import Group, LiveConsent, SettingsError, password_source

if TYPE_CHECKING:
    from hctui.config import Settings


@click.command(short_help="Balance the cluster until told to stop.")
@settings_flags(Group.CLUSTER, Group.BALANCER)
@click.option(
    "--once", is_flag=True, help="One cycle, decided on the recorded history; a migration is waited for."
)
@log_format
def run(config_file: Path | None, once: bool, log_format: str, **flags: object) -> None:
    """Balance the cluster until SIGINT or SIGTERM: poll, decide, migrate, watch.

    A dry run unless the settings or --live say otherwise. `hctui` opens a console on it, and in mode approve
    `hctui approve` answers it. Exit code 0 when stopped, 2 when it cannot start.
    """
    settings = loaded(config_file, flags)
    if once:
        _refuse_unanswerable(settings)
    _refuse_second(settings)
    _say_what_arms(settings)
    _balance(settings, once=once, log_format=log_format)


def _refuse_unanswerable(settings: Settings) -> None:
    if settings.policy().mode == "approve":
        raise SettingsError(
            ["Mode approve needs somebody to answer, and with --once it is over before anybody can."],
            hint="Leave --once out and answer with `hctui approve`, or use --mode auto.",
        )


def _refuse_second(settings: Settings) -> None:
    """Before a password is asked for or anybody logs in; a cluster reached at a new address is told apart later."""
    from hctui.cli.running import lock_of
    from hctui.config import paths
    from hctui.journal import JournalError, find
    from hctui.journal.lock import HeldElsewhere, holder

    try:
        info = find(paths.state_folder(), settings.cluster.url or "")
    except JournalError:
        return  # it is told of when it is opened
    if info and (pid := holder(lock_of(info.path))):
        raise HeldElsewhere(pid)


def _say_what_arms(settings: Settings) -> None:
    """Only the environment arms it: it may have been set for another tool, so it is said first."""
    if settings.live_consent is LiveConsent.ARMED_BY_ENVIRONMENT:
        click.echo("SC_DRY_RUN in the environment makes this run LIVE: VMs will be migrated.", err=True)


def _balance(settings: Settings, *, once: bool, log_format: str) -> None:
    from hctui.config import paths
    from hctui.engine import log
    from hctui.engine.balancing import Plan, balance
    from hctui.engine.clock import RealClock
    from hctui.engine.connection import client_of, desk_of
    from hctui.engine.signals import run_until_signalled

    clock = RealClock()
    desk = desk_of(settings, clock, password_source(settings, os.environ))
    client = client_of(settings, password_of(settings))
    state = paths.private_folder(paths.state_folder())
    plan = Plan(state, once=once, socket_folder=paths.runtime_folder())
    path = paths.private_folder(paths.log_folder()) / "hctui.log"
    file_log, close = log.to_file(path, lambda line: desk.told(line))
    try:
        with log.steady(sys.stdout, log_format, str(path)) as terminal:
            lines = log.lasting(file_log, terminal)
            run_until_signalled(lambda stop: balance(client, desk, plan, clock, lines, stop))
    finally:
        close()
