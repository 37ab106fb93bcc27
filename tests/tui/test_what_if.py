"""What if: a form with other settings, tried on the recorded days, beside what holds."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from hctui.core.policy import Policy
from hctui.engine.queries import Queries
from hctui.tui.screens.what_if import WhatIf
from hctui.tui.texts import what_if
from tests.core import build
from tests.engine.given import settings_of
from tests.journal.build import written
from tests.tui.stage import Stage, bare_console, view_of

LIVE = Policy(dry_run=False)
NODES = [build.node(1, cpu=92.0), build.node(2, cpu=20.0)]
VMS = [build.vm("web", cpu=50.0, vcpus=40), build.vm("app", cpu=60.0, vcpus=40)]
MOMENTS = 60


async def journal(folder: Path) -> Queries:
    """Half an hour of a hot node, up to now on the console's clock."""
    frames = [
        replace(build.cluster(NODES, VMS), taken_at=build.NOW - 1800 + 30.0 * index)
        for index in range(MOMENTS)
    ]
    return Queries(await written(folder, frames))


@asynccontextmanager
async def page(queries: Queries | None, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Stage]:
    async with bare_console(view_of(build.cluster(NODES, VMS), LIVE), size, queries=queries) as stage:
        await stage.press("k")
        await stage.until(lambda: isinstance(stage.app.screen, WhatIf))
        await stage.settle()
        yield stage


def field(stage: Stage, key: str) -> Input:
    return stage.app.screen.query_one(f"#try-{key}", Input)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_other_strategy_is_tried_with_one_key(tmp_path: Path, size: tuple[int, int]) -> None:
    async with page(await journal(tmp_path), size) as stage:
        assert field(stage, "strategy").value == "best-fit"
        assert "Change what you like to try" in stage.text
        await stage.press("enter")
        await stage.until(lambda: "overload at 80 %" in stage.text)
        assert "as set: documented" in stage.text
        assert "tried: best-fit, level 3" in stage.text
        assert "The chart: CPU of the busiest node, A as set, B tried." in stage.text
        await stage.press("tab")


async def test_a_wrong_value_is_told_and_nothing_is_replayed(tmp_path: Path) -> None:
    async with page(await journal(tmp_path)) as stage:
        field(stage, "level").value = "9"
        await stage.press("enter")
        await stage.until(lambda: "must be a whole number from 1 to 5" in stage.text)
        field(stage, "level").value = "4"
        field(stage, "hours").value = "soon"
        await stage.press("enter")
        await stage.until(lambda: "hours must be a number from 0.1 to 2160; it is 'soon'." in stage.text)
        assert "overload" not in stage.text


async def test_without_a_journal_or_a_sample_it_says_so(tmp_path: Path) -> None:
    async with page(None) as stage:
        await stage.press("enter")
        await stage.until(lambda: "Nothing has been recorded yet" in stage.text)
    async with page(Queries(await written(tmp_path, []))) as stage:
        await stage.press("enter")
        await stage.until(lambda: "No sample was recorded in that time." in stage.text)


async def test_leaving_the_page_ends_the_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queries = await journal(tmp_path)
    begun: list[float] = []

    def slowly(frames: object, policy: Policy, *, on_frame: object = None) -> object:
        for moment in range(10_000):
            begun.append(moment)
            on_frame(float(moment))  # type: ignore[operator]
            time.sleep(0.001)
        raise AssertionError("it was not ended")

    monkeypatch.setattr("hctui.engine.queries.replayed", slowly)
    async with page(queries) as stage:
        await stage.pilot.press("enter")  # not waiting for its worker
        await stage.until(lambda: bool(begun))
        await stage.pilot.press("escape")
        await stage.until(lambda: not isinstance(stage.app.screen, WhatIf))
        seen = len(begun)
        await stage.until(lambda: len(begun) <= seen + 2)
    assert len(begun) < 10_000


def test_what_the_form_asks_for() -> None:
    settings = settings_of(LIVE)
    texts = what_if.first_texts(settings)
    wanted = what_if.wish(settings, {**texts, "move_cost_points": "3", "hours": "48"})
    assert isinstance(wanted, what_if.Wish)
    assert (wanted.as_set, wanted.tried.move_cost_points, wanted.seconds) == (LIVE, 3.0, 172_800.0)
    assert "must be below" in str(what_if.wish(settings, {**texts, "cpu_lower_threshold_percent": "90"}))
