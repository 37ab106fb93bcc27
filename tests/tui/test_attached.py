"""A console on an engine in another process: it says so, and leaving it asks nothing, since nothing is left undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.policy import Policy
from hctui.tui import status
from hctui.tui.app import Leaving
from hctui.tui.picture import picture_of
from tests.core.build import cluster, node, vm
from tests.tui.stage import console, view_of

CALM = cluster([node(1), node(2)], [vm("web"), vm("db", 2)])
LIVE_AUTO = view_of(CALM, Policy(dry_run=False))


@pytest.mark.parametrize(
    ("attached_to", "told"),
    [(1234, "branch-7  attached to process 1234  2 nodes  2 VMs"), (None, "branch-7  2 nodes  2 VMs")],
)
def test_the_status_bar_says_to_which_process(attached_to: int | None, told: str) -> None:
    assert status.identity(picture_of(LIVE_AUTO), attached_to).text == told


def test_it_says_so_also_before_the_cluster_has_told_its_name() -> None:
    view = replace(LIVE_AUTO, cluster=None, snapshot=None)
    told = status.identity(picture_of(view), 1234).text
    assert told == "https://10.0.0.101  attached to process 1234"


async def test_q_leaves_an_attached_console_without_a_question() -> None:
    async with console(LIVE_AUTO) as stage:
        stage.app.outlook = replace(stage.app.outlook, attached_to=1234)
        await stage.press("q")
        assert stage.app.return_value is Leaving.STOP
