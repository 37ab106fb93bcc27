"""A line of text draws again what has changed, and no more."""

from __future__ import annotations

import pytest
from textual.geometry import Region

from hctui.tui.cell import EMPTY, Align, Cell, Tone, cell, joined
from hctui.tui.theme import THEMES
from hctui.tui.widgets.text_line import TextLine
from tests.tui.tables import Screenful


class Watched(TextLine):
    """Keeps what was to be drawn again; `None` stands for all of it."""

    def __init__(self, *cells: Cell, align: Align = Align.LEFT) -> None:
        super().__init__(*cells, align=align)
        self.refreshed: list[Region | None] = []

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Watched:
        self.refreshed += [None] if layout or not regions else regions
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self


@pytest.mark.parametrize(
    ("before", "after", "regions"),
    [
        (cell("data 4 s"), cell("data 4 s"), []),
        (cell("data 9 s"), cell("data 10 s"), [Region(0, 0, 9, 1)]),
        (cell("ten characters"), cell("two"), [Region(0, 0, 14, 1)]),
        (cell("same"), cell("same", Tone.BAD), [Region(0, 0, 4, 1)]),
        (joined(cell("poll "), cell("19 s")), joined(cell("poll "), cell("18 s")), [Region(5, 0, 4, 1)]),
        (EMPTY, cell("x"), [Region(0, 0, 1, 1)]),
        (cell("x" * 50), cell("x" * 49 + "y"), [Region(0, 0, 20, 1)]),
    ],
)
async def test_only_what_changed_is_drawn_again(before: Cell, after: Cell, regions: list[Region]) -> None:
    line = Watched(before)
    async with Screenful(line).run_test(size=(20, 3)) as pilot:
        await pilot.pause()
        line.refreshed.clear()
        line.show(after)
        assert line.refreshed == regions
        await pilot.pause()
        assert line.render_line(0).cell_length == 20


async def test_two_lines_of_which_one_changes() -> None:
    line = Watched(cell("one"), cell("two"))
    async with Screenful(line).run_test(size=(20, 3)) as pilot:
        await pilot.pause()
        assert line.size.height == 2
        line.refreshed.clear()
        line.show(cell("one"), cell("[/] 2"))
        assert line.refreshed == [Region(0, 1, 5, 1)]
        assert line.text == "one\n[/] 2"
        line.show(cell("one"))
        await pilot.pause()
        assert line.size.height == 1


async def test_the_widget_grows_with_its_text_if_it_is_to() -> None:
    line = Watched(cell("DRY RUN"))
    line.styles.width = "auto"
    async with Screenful(line).run_test(size=(20, 3)) as pilot:
        await pilot.pause()
        assert line.size.width == 7
        line.show(cell("DRY RUN PAUSED"))
        await pilot.pause()
        assert line.size.width == 14
        line.refreshed.clear()
        line.show(cell("DRY RUN paused"))
        assert None not in line.refreshed


async def test_another_theme_is_another_look_at_once() -> None:
    line = Watched(cell("bad", Tone.BAD))
    app = Screenful(line)
    async with app.run_test(size=(20, 3)) as pilot:
        await pilot.pause()
        looks = []
        for theme in THEMES.values():
            app.theme = theme.name
            await pilot.pause()
            looks.append(str(next(iter(line.render_line(0))).style))
        assert len(set(looks)) == len(THEMES)


async def test_text_at_the_right_is_drawn_at_the_right() -> None:
    line = Watched(cell("9 s"), align=Align.RIGHT)
    async with Screenful(line).run_test(size=(20, 3)) as pilot:
        await pilot.pause()
        line.show(cell("10 s"))
        assert line.render_line(0).text == " " * 16 + "10 s"
        assert Region(0, 0, 20, 1) in line.refreshed
