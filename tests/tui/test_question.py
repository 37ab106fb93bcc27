"""A question is answered by keys: arrows and tab go between the answers, and nothing happens before enter."""

from __future__ import annotations

import pytest

from hctui.core.policy import Mode, Policy
from hctui.engine.commands import ChangeSettings
from hctui.tui.screens.question import Answer, Question
from tests.tui import scenes
from tests.tui.stage import bare_console, view_of

DRY = Policy(dry_run=True, mode=Mode.APPROVE)
ANSWERS = Answer("no", "Stay", is_safe=True), Answer("yes", "Go on")


@pytest.mark.parametrize(
    ("keys", "answered"),
    [
        (["right"], "yes"),
        (["left"], "yes"),
        (["right", "right"], "no"),
        (["right", "left"], "no"),
        (["tab"], "yes"),
        ([], "no"),
    ],
)
async def test_arrows_go_between_the_answers(keys: list[str], answered: str) -> None:
    async with bare_console(view_of(scenes.BUSY, DRY), (100, 40)) as stage:
        given: list[str | None] = []
        stage.app.push_screen(Question("Go on", "What will happen.", ANSWERS), given.append)
        await stage.settle()
        await stage.press(*keys)
        assert given == []
        await stage.press("enter")
        assert given == [answered]


async def test_the_keys_of_a_question_can_be_remapped() -> None:
    view = view_of(scenes.BUSY, DRY, given={"keys": ("answer_after=n",)})
    async with bare_console(view, (100, 40)) as stage:
        await stage.press("d")
        assert isinstance(stage.app.screen, Question)
        await stage.press("n", "enter")
        assert stage.front.commands == [ChangeSettings({"dry_run": "false"})]


async def test_what_does_not_fit_is_scrolled_by_arrows_and_that_is_said() -> None:
    text = "\n".join(f"line {number}" for number in range(40))
    async with bare_console(view_of(scenes.BUSY, DRY)) as stage:
        stage.app.push_screen(Question("Go on", text, ANSWERS))
        await stage.shows("line 0", "There is more")
        assert "line 39" not in stage.text
        await stage.press(*["down"] * 8)
        await stage.shows("line 39")
        await stage.press("pageup")
        await stage.until(lambda: "line 39" not in stage.text)
