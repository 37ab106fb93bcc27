"""Draining a node from the console: the plan before a yes, the blocker instead of one, and the way to end it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.commands import Drain, EndDrain
from hctui.core.policy import Policy
from hctui.core.state import Draining, State
from tests.core.build import NOW, cluster, history, node, node_id, vm
from tests.tui.stage import Stage, console, view_of

LIVE = Policy(dry_run=False)
NODES = [node(1), node(2), node(3)]


async def asked(stage: Stage) -> None:
    """The question for the first node."""
    stage.app.screen.query_one("#nodes").focus()
    await stage.press("home", "o")
    await stage.until(lambda: "Drain 10.0.0.101" in stage.text)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_plan_is_shown_and_a_yes_orders_it(size: tuple[int, int]) -> None:
    snapshot = cluster(NODES, [vm("web", mem_gib=8.0), vm("db", mem_gib=2.0), vm("mail", 2)])
    async with console(view_of(snapshot, LIVE), size=size) as stage:
        await asked(stage)
        assert "2 VMs to move in 2 moves, 10 GiB." in stage.text
        assert "1. web (8 GiB) to 10.0.0.102" in stage.text
        await stage.press("enter")  # the focus is on "Not yet"
        assert stage.front.commands == []
        await asked(stage)
        await stage.press("right", "enter")
        assert stage.front.commands == [Drain(node_id(1))]


async def test_what_does_not_fit_can_only_be_left() -> None:
    async with console(view_of(cluster(NODES, [vm("web", tags="nomove")]), LIVE)) as stage:
        await asked(stage)
        assert "web has the tag nomove." in stage.text
        await stage.press("right", "enter")
        assert stage.front.commands == []


async def test_the_same_key_ends_it_and_the_bar_says_what_is_so() -> None:
    snapshot = cluster(NODES, [vm("mail", 2)])
    drain = Draining(node_id(1), "10.0.0.101", NOW - 60, 2)
    view = replace(view_of(snapshot, LIVE), state=State(samples=history(snapshot), drain=drain))
    async with console(view, size=(120, 40)) as stage:
        await stage.shows("DRAINING", "is being drained")
        stage.app.screen.query_one("#nodes").focus()
        await stage.press("home", "o")
        await stage.until(lambda: "End the drain" in stage.text)
        await stage.press("right", "enter")
        assert stage.front.commands == [EndDrain()]
