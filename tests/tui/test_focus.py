"""Which table has the focus can be seen in every terminal, and is what the keys speak of."""

from __future__ import annotations

from itertools import combinations

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.theme import Theme

from hctui.tui.glyphs import ASCII, UNICODE
from hctui.tui.screens.explain import Explanation
from hctui.tui.theme import DARK, LIGHT
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine
from tests.tui.scenes import waiting
from tests.tui.stage import Stage, console

KINDS = ["surface", "table-header", "table-cursor", "table-cursor-blurred"]
FAR_ENOUGH = 20
"""Of 3 x 255: two colours of the 256 that are nearer than that look the same."""

TABLES = ["nodes", "vms", "log"]


def of_256(theme: Theme, name: str) -> tuple[int, ...]:
    """What becomes of a colour in a terminal that has 256 of them."""
    colour = theme.surface if name == "surface" else theme.variables[name]
    assert colour
    return tuple(RichColor.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor())


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("pair", list(combinations(KINDS, 2)), ids=" and ".join)
def test_the_lines_of_a_table_differ_in_256_colours(theme: Theme, pair: tuple[str, str]) -> None:
    one, other = (of_256(theme, name) for name in pair)
    assert sum(abs(x - y) for x, y in zip(one, other, strict=True)) >= FAR_ENOUGH


def marked(stage: Stage) -> list[str]:
    """The tables whose header says that they have the focus, by word and by form."""
    return [
        name
        for name in TABLES
        if (first := next(iter(stage.app.screen.query_one(f"#{name}", Table).render_line(0)))).text[0]
        in (UNICODE.pointer, ASCII.pointer)
        and first.style
        and first.style.underline
    ]


@pytest.mark.parametrize("theme", ["dark", "light", "ansi"])
@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
async def test_the_header_of_the_focused_table_is_marked_and_no_other(theme: str, glyphs: str) -> None:
    async with console(waiting(theme=theme, glyphs=glyphs)) as stage:
        for name in TABLES:
            stage.app.screen.query_one(f"#{name}", Table).focus()
            await stage.settle()
            assert marked(stage) == [name]
            for other in TABLES:
                if theme != "ansi" and other != name:
                    header = stage.app.screen.query_one(f"#{other}", Table).render_line(0)
                    assert not any(each.style and each.style.underline for each in header)


@pytest.mark.parametrize(
    ("name", "told"), [("vms", "Why: web-03"), ("nodes", "Why: the last decision")], ids=["vms", "nodes"]
)
async def test_what_is_explained_is_of_the_focused_table(name: str, told: str) -> None:
    async with console(waiting()) as stage:
        assert stage.app.screen.query_one("#vms", Table).cursor_key == "web-03"
        stage.app.screen.query_one(f"#{name}", Table).focus()
        await stage.press("e")
        assert isinstance(stage.app.screen, Explanation)
        assert told in stage.app.screen.query_one("#title", TextLine).text
