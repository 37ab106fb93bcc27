"""The log beside the VMs: a line that is cut can be read whole, and notes lie where they cover the least."""

from __future__ import annotations

import pytest

from hctui.core.policy import Mode, Policy
from hctui.engine.view import Line
from hctui.tui.screens.help import Help
from hctui.tui.screens.question import Question
from hctui.tui.screens.side import Side
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.table import Table
from tests.core.build import NOW, cluster, node, vm
from tests.tui.scenes import waiting
from tests.tui.stage import Stage, console, view_of

LONG = "Rejected: sql-01 is not proposed for 10.0.0.103 again, as a person said no, and that holds for 30:00 min."
VERY_LONG = f"VIOLATION FOUND: {'x' * 200} shares 10.0.0.101 with sql-02, which a tag of that VM forbids."
LINES = (
    Line(NOW - 60, "violation", VERY_LONG),
    Line(NOW - 50, "proposal_answer", LONG),
    Line(NOW - 40, "balanced", "Short."),
)
CALM = cluster([node(1), node(2)], [vm("web", 1), vm("db", 2)])
DRY = Policy(mode=Mode.APPROVE)


def whole(stage: Stage) -> str:
    prose = stage.app.screen.query_one("#whole", Prose)
    return " ".join(prose.text.split()) if prose.display else ""


def squeezed(stage: Stage) -> str:
    """All that is on the screen without spaces, so that it does not matter where a line is broken."""
    return "".join(stage.text.split())


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40), (200, 50)])
async def test_the_line_under_the_cursor_of_the_log_can_be_read_to_its_end(size: tuple[int, int]) -> None:
    async with console(view_of(CALM), size, lines=LINES) as stage:
        log = stage.app.screen.query_one("#log", Table)
        assert whole(stage) == "", "while the log is not read, it has the room for itself"
        log.focus()
        await stage.settle()
        assert whole(stage) == "", "Short. needs no second place"
        await stage.press("up")
        assert "".join(LONG.split()) in squeezed(stage)
        await stage.press("up")
        assert whole(stage) == VERY_LONG
        if size[1] > 15:
            assert "".join(VERY_LONG.split()) in squeezed(stage)
        assert log.cursor_key in log.keys_in_sight
        await stage.press("down", "down")
        assert whole(stage) == ""


async def test_the_room_for_reading_is_given_back_with_the_focus() -> None:
    async with console(waiting(), lines=LINES) as stage:
        side, vms = stage.app.screen.query_one(Side), stage.app.screen.query_one("#vms", Table)
        before = side.size.height
        stage.app.screen.query_one("#log", Table).focus()
        await stage.press("up")
        assert side.size.height > before
        assert vms.size.height >= 3
        assert whole(stage) == LONG
        vms.focus()
        await stage.settle()
        assert (side.size.height, whole(stage)) == (before, "")


async def test_at_another_width_another_line_is_too_long() -> None:
    line = Line(NOW - 60, "violation", "y" * 90)
    async with console(view_of(CALM), (120, 40), lines=[line]) as stage:
        stage.app.screen.query_one("#log", Table).focus()
        await stage.settle()
        assert whole(stage) == ""
        await stage.pilot.resize_terminal(80, 24)
        await stage.until(lambda: whole(stage) == "y" * 90)


async def test_on_wide_screens_the_log_has_what_the_vms_do_not_need() -> None:
    async with console(waiting(), (240, 50), lines=LINES) as stage:
        side, vms = stage.app.screen.query_one(Side), stage.app.screen.query_one("#vms", Table)
        assert "proposed to .103, violates sql-02" in stage.text
        assert side.size.width > vms.size.width


# Notes


@pytest.mark.parametrize("key", ["d", "question_mark"])
async def test_a_note_does_not_lie_over_what_is_opened_next(key: str) -> None:
    async with console(view_of(CALM, DRY)) as stage:
        stage.app.say("Of what was done before.")
        await stage.shows("Of what was done before.")
        await stage.press(key)
        assert isinstance(stage.app.screen, Question | Help)
        assert "done before" not in stage.text
        stage.app.say("Of what is done now.")
        await stage.shows("Of what is done now.")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_on_the_dashboard_a_note_covers_neither_nodes_nor_the_proposal(size: tuple[int, int]) -> None:
    async with console(waiting(), size, lines=LINES) as stage:
        before = stage.text.splitlines()
        stage.app.say("Two lines, of words enough to be broken once at the least, I should think.")
        await stage.shows("Two lines,")
        changed = [y for y, line in enumerate(stage.text.splitlines()) if line != before[y]]
        side = stage.app.screen.query_one(Side).region
        assert side.y <= min(changed)
        assert max(changed) < side.bottom
