"""`hctui drain`: have the running hctui empty a node for maintenance, with the plan shown first, and follow it.

Exit code 0: the node is empty, or the plan was shown, or the drain was ended. 1: it was refused, or the answer was no.
2: there is no engine to talk to, or it did not answer. 130: Ctrl-C, and the drain goes on.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.control import agreed, meant_engine, of_a_cluster, order_told
from hctui.cli.printing import tell
from hctui.core.errors import HctuiError
from hctui.core.wording import gib, listing

if TYPE_CHECKING:
    from hctui.cli.answers import Came, Follower
    from hctui.cli.conversation import Look
    from hctui.cli.running import Running
    from hctui.core.draining import Plan
    from hctui.core.model import Node, Snapshot
    from hctui.engine.commands import Command
    from hctui.engine.view import View

LOOK_SECONDS = 2.0
"""How often it looks how far the drain is."""


class NoSuchNode(HctuiError):
    """What was typed names no node, or more than one."""

    title = "Which node is meant is not clear"


@click.command(short_help="Empty a node for maintenance.")
@click.argument("named_node", metavar="[NODE]", required=False)
@click.option("--plan", "only_plan", is_flag=True, help="Show the plan and change nothing.")
@click.option("--yes", is_flag=True, help="Begin without a question.")
@click.option("--no-wait", is_flag=True, help="Return once it has begun.")
@click.option("--end", is_flag=True, help="End the drain: the node may take VMs again.")
@of_a_cluster
def drain(
    config_file: Path | None,
    named: str | None,
    named_node: str | None,
    only_plan: bool,
    yes: bool,
    no_wait: bool,
    end: bool,
) -> int:
    """Have the running hctui move all VMs off NODE, within all rules and limits.

    NODE is a name, a LAN address, or the last number of one. The plan is shown first; what does not fit is refused,
    with the VM that stands in the way. The node takes no VM until `hctui drain --end`.
    """
    if end is (named_node is not None):
        raise click.UsageError("Name a node to drain, or give --end to end a drain.")
    engine = meant_engine(config_file, named)
    if end:
        return _end(engine)
    look = _look(engine)
    node = find_node(look.view.snapshot, str(named_node))
    plan = _plan(look, node)
    _show(engine, node, plan)
    if plan.blocked or only_plan:
        return 1 if plan.blocked else 0
    if not yes and not agreed(f"Drain {node.name}?", "Add --yes to begin from a script."):
        return 1
    code = _begin(engine, node)
    return code if code or no_wait else _follow(engine, node)


def find_node(snapshot: Snapshot | None, typed: str) -> Node:
    """The node that is meant by a name, an address, or the last number of one.

    Raises:
        NoSuchNode: none or several are.
    """
    nodes = list(snapshot.nodes.values()) if snapshot else []
    wanted = typed.strip().lstrip(".")
    exact = [node for node in nodes if typed in (node.name, node.lan_ip, node.id)]
    found = exact or [node for node in nodes if wanted.isascii() and wanted == str(node.last_octet)]
    if len(found) == 1:
        return found[0]
    names = listing(sorted(node.name for node in nodes)) or "none is known yet"
    problem = "names more than one node" if found else "names no node"
    raise NoSuchNode(f"{typed!r} {problem}. There are: {names}.")


def _look(engine: Running) -> Look:
    from hctui.cli.conversation import looked_at

    return looked_at(engine.found.path)


def _plan(look: Look, node: Node) -> Plan:
    from hctui.core import draining
    from hctui.core.situation import situation_of

    assert look.view.snapshot is not None  # noqa: S101 - the node is from it
    view = look.view
    return draining.plan(situation_of(view.state, look.view.snapshot, view.policy, look.now), node.id)


def _show(engine: Running, node: Node, plan: Plan) -> None:
    if plan.blocked:
        tell(f"{engine.label}: {node.name} cannot be drained.")
        for each in plan.blocked:
            tell(f"  {each}")
        return
    tell(f"{engine.label}: to drain {node.name}: {plan.sentence}")
    for number, step in enumerate(plan.steps, 1):
        tell(f"  {number}. {step.vm.name} ({gib(step.vm.mem_bytes)}) to {step.target.name}")


def _begin(engine: Running, node: Node) -> int:
    from hctui.cli.answers import DrainFollower
    from hctui.engine.commands import Drain

    def ordered(view: View) -> tuple[Command, Follower] | Came:
        return Drain(node.id), DrainFollower(node.id)

    return order_told(engine, ordered)


def _end(engine: Running) -> int:
    from hctui.cli.answers import Came, EndDrainFollower
    from hctui.engine.commands import EndDrain

    def ordered(view: View) -> tuple[Command, Follower] | Came:
        if view.state.drain is None:
            return Came("No node is being drained.", is_done=False)
        return EndDrain(), EndDrainFollower(view.state.drain.name)

    return order_told(engine, ordered)


def _follow(engine: Running, node: Node) -> int:
    """Say how far it is each time that changes, until the node is empty or somebody ends the drain."""
    from hctui.core import draining

    before = ""
    try:
        while True:
            look = _look(engine)
            drain = look.view.state.drain
            if drain is None or drain.node != node.id:
                tell(f"{engine.label}: The drain of {node.name} was ended.")
                return 1
            decision = look.view.decision
            stuck = (
                next(
                    (
                        each.sentence
                        for each in decision.findings
                        if each.reason == "drain" and each.move is None
                    ),
                    "",
                )
                if decision
                else ""
            )
            told = f"{draining.told(look.view.state, look.view.snapshot)}. {stuck}".rstrip()
            if told != before:
                tell(told)
                before = told
            if drain.is_empty:
                return 0
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        tell(
            f"The drain of {node.name} goes on. `hctui status` says how far it is, `hctui drain --end` ends it."
        )
        return 130
