"""Notes in passing: small, never over what waits for an answer, and told in full in the log where they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.widgets._toast import Toast

from hctui.engine.view import Line
from hctui.tui import saying
from hctui.tui.lists.log import MOST_LINES, LogBook
from hctui.tui.screens.panels import LogTable
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.proposal_bar import ProposalBar
from tests.core.build import NOW
from tests.tui.scenes import waiting
from tests.tui.stage import Stage, console

LONG = (
    "The settings "
    + " and ".join(f"balancer.setting_number_{number}" for number in range(12))
    + " are wrong."
)


@given(st.text(max_size=600))
def test_a_note_is_never_larger_than_it_may_be(text: str) -> None:
    lines = saying.short(text).splitlines()
    if saying.fits(text):
        assert saying.short(text) == text
    else:
        assert len(lines) == saying.LINES
        assert all(cell_len(line) <= saying.WIDTH for line in lines)
        assert lines[-1] == saying.IN_THE_LOG


@pytest.mark.parametrize(("text", "seconds"), [("Saved.", 3.3), ("x" * 80, 7.0), (LONG, 8.0)])
def test_a_note_stays_as_long_as_it_takes_to_read(text: str, seconds: float) -> None:
    assert saying.seconds(text) == pytest.approx(seconds)


def test_the_lines_of_the_console_stand_among_those_of_the_engine() -> None:
    book = LogBook()
    book.add(1, [Line(NOW, "balanced", "first")])
    book.note(Line(NOW, "console", "second"))
    book.add(2, [Line(NOW, "violation", "third")])
    book.note(Line(NOW, "console", "fourth"))
    shown = book.shown("", NOW, verbose=False)
    assert [getattr(line, "text", "") for line in shown.values()] == ["first", "second", "third", "fourth"]
    assert len(set(shown)) == 4
    for _ in range(MOST_LINES):
        book.note(Line(NOW, "console", "more"))
    assert len(book.shown("", NOW, verbose=True)) == MOST_LINES


def toasts(stage: Stage) -> list[Toast]:
    return [each for each in stage.app.screen.query(Toast) if each.region.area]


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (200, 50)])
async def test_notes_are_small_and_cover_neither_proposal_nor_keys(size: tuple[int, int]) -> None:
    async with console(waiting(), size) as stage:
        for number in range(12):
            stage.app.say(f"{number} {LONG}", is_wrong=True)
        await stage.until(lambda: bool(toasts(stage)))
        await stage.settle()
        answer = stage.app.screen.query_one(ProposalBar).region, stage.app.screen.query_one(KeyBar).region
        rack = toasts(stage)[0].parent
        assert rack
        assert rack.parent
        for each in toasts(stage):
            assert each.region.width <= 48
            assert each.region.height <= 4
        shown = stage.text
        assert "PROPOSAL" in shown.splitlines()[answer[0].y]
        for bar in answer:
            for y in range(bar.y, bar.bottom):
                assert "balancer.setting" not in shown.splitlines()[y]
                assert "In full" not in shown.splitlines()[y]


async def test_what_is_cut_is_told_in_full_in_the_log() -> None:
    async with console(waiting(), (200, 50)) as stage:
        await stage.press("c")
        stage.app.say(LONG, is_wrong=True)
        stage.app.say("Short.")
        await stage.shows(saying.IN_THE_LOG, "Short.")
        await stage.press("escape")
        await stage.shows("WARNING: The settings balancer.setting_number_0")
        stage.app.say(f"Again: {LONG}")
        await stage.until(lambda: not stage.app.said)
        log = stage.app.screen.query_one(LogTable)
        told = []
        for key in log.keys_in_sight:
            log.set_cursor(key)
            told.append(log.row_text().partition("\t")[2])
        assert told == [f"WARNING: {LONG}", f"Again: {LONG}"]


async def test_a_note_is_literal() -> None:
    async with console(waiting()) as stage:
        stage.app.say("db [/] x [red]stays[/red].")
        await stage.shows("db [/] x [red]stays[/red].")
