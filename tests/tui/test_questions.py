"""What is asked before it is acted for real: first what would keep it from that, then what will happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hctui.core.policy import Policy
from hctui.engine.view import View
from hctui.tui.screens import questions
from hctui.tui.screens.question import Question
from tests.core.build import cluster, node, vm
from tests.tui.stage import bare_console, view_of

CALM = cluster([node(1), node(2)], [vm("web")])
DRY, LIVE = Policy(dry_run=True), Policy(dry_run=False)
HINDERED = "NOT ALLOWED TO MIGRATE: viewer has Read [b]only[/b]."

ASKED: dict[str, tuple[Policy, Callable[[View], Question], str]] = {
    "going live": (
        DRY,
        lambda view: questions.going_live(view, None, armed_by_environment=True),
        "SC_DRY_RUN in the environment says live",
    ),
    "live auto": (LIVE, lambda view: questions.live_auto(view, None), "hctui is LIVE on branch-7"),
}


@pytest.mark.parametrize("name", ASKED)
async def test_what_keeps_it_from_migrating_comes_before_everything_else(name: str) -> None:
    policy, asked, rest = ASKED[name]
    view = replace(view_of(CALM, policy), hindrance=HINDERED)
    async with bare_console(view) as stage:
        await stage.app.push_screen(asked(view))
        await stage.until(lambda: rest in stage.text)
        assert 0 < stage.text.index(HINDERED) < stage.text.index(rest)


@pytest.mark.parametrize("name", ASKED)
async def test_the_report_is_introduced_in_words_true_of_dry_and_live_cycles(name: str) -> None:
    policy, asked, _ = ASKED[name]
    async with bare_console(view_of(CALM, policy)) as stage:
        await stage.app.push_screen(asked(view_of(CALM, policy)))
        words = "Below is what was done, or in a dry run would have been done, in the last 7 days."
        await stage.until(lambda: words in " ".join(stage.text.replace("│", " ").split()))
        assert "NOT ALLOWED" not in stage.text
