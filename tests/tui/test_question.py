"""A question is answered by keys: arrows and tab go between the answers, and nothing happens before enter."""

from __future__ import annotations

import pytest

from hctui.core.policy import Mode, Policy
from hctui.engine.commands import ChangeSettings
from hctui.tui.screens.question import ROWS_AROUND, Answer, Question
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


@pytest.mark.parametrize("rows", [1, 100], ids=["all in sight", "more than fits"])
async def test_tab_goes_through_the_answers_and_nothing_else(rows: int) -> None:
    async def evidence() -> str:
        return "\n".join(["what was done"] * rows)

    async with bare_console(view_of(scenes.BUSY, DRY)) as stage:
        stage.app.push_screen(Question("Go on", "What will happen.", ANSWERS, evidence))
        await stage.shows("what was done")
        stops = []
        for _ in range(4):
            assert stage.app.focused
            stops.append(stage.app.focused.id)
            await stage.press("tab")
        assert stops == ["no", "yes", "no", "yes"]


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


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (80, 33), (120, 40), (200, 60)])
@pytest.mark.parametrize("rows", [1, 200])
async def test_it_takes_the_rows_it_needs_up_to_those_there_are(size: tuple[int, int], rows: int) -> None:
    async with bare_console(view_of(scenes.BUSY, DRY), size) as stage:
        stage.app.push_screen(Question("Go on", "\n".join(["word"] * rows), ANSWERS))
        await stage.shows("Stay", "Go on")
        box, text, answers = (
            stage.app.screen.query_one(name).region for name in ("#box", "VerticalScroll", "#answers")
        )
        assert text.height == min(rows, size[1] - ROWS_AROUND)
        assert (answers.y, answers.bottom) == (text.bottom + 1, box.bottom - 1), "nothing empty between"
        await stage.until(lambda: ("There is more" in stage.text) is (text.height < rows))


async def test_another_size_of_the_terminal_gives_it_other_rows() -> None:
    async with bare_console(view_of(scenes.BUSY, DRY), (80, 24)) as stage:
        stage.app.push_screen(Question("Go on", "\n".join(["word"] * 20), ANSWERS))
        await stage.shows("There is more")
        await stage.pilot.resize_terminal(80, 40)
        await stage.until(lambda: "There is more" not in stage.text)
        await stage.pilot.resize_terminal(80, 15)
        await stage.shows("There is more", "Stay")
