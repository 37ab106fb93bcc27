"""`hctui pause`, `resume`, `approve`, `reject` and `dry-run`: commands to an engine that runs on this host.

Each waits for what comes of it and prints that. Exit code 0: done. 1: the engine refused, and said why. 2: there is no
engine to talk to, or it did not answer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.options import loaded, settings_flags
from hctui.cli.printing import tell
from hctui.core.errors import HctuiError
from hctui.core.wording import count, gib

if TYPE_CHECKING:
    from hctui.cli.answers import Came, Follower
    from hctui.cli.conversation import Ordered
    from hctui.cli.running import Running
    from hctui.engine.commands import Command
    from hctui.engine.view import View


class NotAsked(HctuiError):
    """A question needs an answer, and there is nobody to ask."""

    title = "Somebody has to agree"


def of_a_cluster(command: Callable[..., int]) -> Callable[..., int]:
    """The flags that say which engine is meant."""
    named = click.option("--cluster", "named", metavar="NAME|ADDRESS", help="Which, if several run here.")
    return settings_flags()(named(command))


@click.command(short_help="Have the running hctui decide nothing.")
@of_a_cluster
def pause(config_file: Path | None, named: str | None) -> int:
    """Have the running hctui watch and decide nothing, until it is resumed. It stays so over a restart."""
    return _pause(config_file, named, paused=True)


@click.command(short_help="Have the running hctui decide again.")
@of_a_cluster
def resume(config_file: Path | None, named: str | None) -> int:
    """Have the running hctui decide again after a pause."""
    return _pause(config_file, named, paused=False)


@click.command(short_help="Approve the move that waits.")
@click.argument("proposal_id", metavar="[ID]", type=int, required=False)
@of_a_cluster
def approve(config_file: Path | None, named: str | None, proposal_id: int | None) -> int:
    """Approve the proposal with this ID. Without one it shows the proposal that waits, and asks.

    Everything is checked once more on fresh data before anything is sent.
    """
    from hctui.cli.answers import ApproveFollower
    from hctui.engine.commands import Approve

    engine = meant_engine(config_file, named)
    number = _asked(engine, "Approve it?", "approve") if proposal_id is None else proposal_id
    if number is None:
        return 1

    def ordered(view: View) -> tuple[Command, Follower] | Came:
        proposal = view.state.proposal
        if proposal is None or proposal.id != number:
            return _no_longer_waits(view, number)
        return Approve(number), ApproveFollower(view, number, proposal.move)

    return order_told(engine, ordered)


@click.command(short_help="Reject the move that waits.")
@click.argument("proposal_id", metavar="[ID]", type=int, required=False)
@of_a_cluster
def reject(config_file: Path | None, named: str | None, proposal_id: int | None) -> int:
    """Reject the proposal with this ID; its VM and target rest. Without one it shows what waits, and asks."""
    from hctui.cli.answers import RejectFollower
    from hctui.engine.commands import Reject

    engine = meant_engine(config_file, named)
    number = _asked(engine, "Reject it?", "reject") if proposal_id is None else proposal_id
    if number is None:
        return 1

    def ordered(view: View) -> tuple[Command, Follower] | Came:
        if view.state.proposal is None or view.state.proposal.id != number:
            return _no_longer_waits(view, number)
        return Reject(number), RejectFollower(number)

    return order_told(engine, ordered)


@click.command("dry-run", short_help="Switch the running hctui to dry run, or live.")
@click.argument("switch", metavar="[on|off]", type=click.Choice(["on", "off"]), required=False)
@click.option("--yes", is_flag=True, help="Go live without a question.")
@of_a_cluster
def dry_run(config_file: Path | None, named: str | None, switch: str | None, yes: bool) -> int:
    """Switch the running hctui to dry run (on), or live (off). Without either it says which holds.

    Going live asks first, and needs --yes where nobody can answer. A switch to dry run stays over a restart, one to
    live does not.
    """
    from hctui.cli.answers import Came, DryRunFollower, switched
    from hctui.engine.commands import ChangeSettings

    engine = meant_engine(config_file, named)
    wanted = switch == "on"

    def ordered(view: View) -> tuple[Command, Follower] | Came:
        if switch is None or (view.policy.dry_run is wanted and not wanted):
            return Came(switched(view))
        return ChangeSettings({"dry_run": str(wanted).lower()}), DryRunFollower(dry_run=wanted)

    if switch == "off" and not yes and not _agreed_to_live(engine):
        return 1
    return order_told(engine, ordered)


# Asking


def meant_engine(config_file: Path | None, named: str | None) -> Running:
    """The engine that a command is for.

    Raises:
        HctuiError: none runs, or which one is not clear.
    """
    from hctui.cli.running import meant, running

    configured = None if named else loaded(config_file, {}).cluster.url
    return meant(running(), named, configured)


def _pause(config_file: Path | None, named: str | None, *, paused: bool) -> int:
    from hctui.cli.answers import PauseFollower
    from hctui.engine.commands import Pause, Resume

    command = Pause() if paused else Resume()
    return order_told(
        meant_engine(config_file, named), lambda view: (command, PauseFollower(view, paused=paused))
    )


def _asked(engine: Running, question: str, command: str) -> int | None:
    """Show the proposal that waits, and ask; its number, or `None` if there is none or the answer is no.

    Raises:
        NotAsked: nobody can answer.
    """
    view = _look(engine)
    proposal = view.state.proposal
    if proposal is None:
        tell(f"{engine.label}: No proposal waits.")
        return None
    move = proposal.move
    dry = " DRY RUN: approving only pretends." if view.policy.dry_run else ""
    tell(
        f"{engine.label}: proposal {proposal.id}: {move.vm_name} ({gib(move.mem_bytes)}) from {move.source_name} to "
        f"{move.target_name} ({move.reason}). {move.sentence}{dry}"
    )
    return proposal.id if agreed(question, f"Run `hctui {command} {proposal.id}`.") else None


def _agreed_to_live(engine: Running) -> bool:
    view = _look(engine)
    if not view.policy.dry_run:
        return True  # there is nothing to agree to
    imagination = view.state.imagination
    moves = len(imagination.moves) if imagination else 0
    forgotten = f" {count(moves, 'imagined move')} will be forgotten." if moves else ""
    if view.hindrance:
        tell(view.hindrance)
    tell(
        f"Going live on {engine.label} in mode {view.policy.mode}: from then on VMs are migrated.{forgotten} "
        "`hctui report` tells what was done, or in a dry run would have been."
    )
    return agreed("Go live?", "Add --yes to go live from a script.")


def agreed(question: str, instead: str) -> bool:
    """Whether a person says yes.

    Raises:
        NotAsked: nobody can answer; `instead` says what to do in a script.
    """
    if not (sys.stdin and sys.stdin.isatty()):
        raise NotAsked("There is no terminal to ask at.", hint=instead)
    return click.confirm(question)


def _no_longer_waits(view: View, number: int) -> Came:
    from hctui.cli.answers import Came

    proposal = view.state.proposal
    other = f" Proposal {proposal.id} does." if proposal else " None does."
    return Came(f"Proposal {number} does not wait.{other}", is_done=False)


# Telling


def _look(engine: Running) -> View:
    from hctui.cli.conversation import looked_at

    return looked_at(engine.found.path).view


def order_told(engine: Running, ordered: Ordered) -> int:
    """Give a command, wait for what comes of it, and print that; returns the exit code."""
    import asyncio

    from hctui.cli.conversation import carried_out
    from hctui.engine.remote_wire import Who

    who = Who(f"hctui {click.get_current_context().command.name}")
    came = asyncio.run(carried_out(engine.found.path, who, ordered))
    tell(f"{engine.label}: {came.text}")
    return 0 if came.is_done else 1
