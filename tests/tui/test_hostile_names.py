"""Names that a cluster may give, from its answer to the screen: whole where they are short enough, and always harmless.

A name is chosen by whoever may edit a VM. It must not steer the terminal, cover other lines, or hold up the console.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import msgspec
import pytest

from hctui.api import convert, wire
from hctui.api.text import MOST_MARKS
from hctui.core.model import Snapshot, VmId
from hctui.engine.view import Line
from hctui.tui.screens.detail import VmDetail
from tests.api.fake import VM
from tests.core.build import NOW, cluster, node
from tests.tui.stage import Stage, console, view_of

HUGE = 200_000
NAMES = {
    "escapes": "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "right to left": "\u202eevil\u202c \u05d0\u05d1\u05d2",
    "no width": "we\u200bb\u200d\u2060\ufeff-01",
    "wide": "数" * 200,
    "accents": "e" + "\u0301" * HUGE,
    "accents on nothing": "\u0301" * 200,
    "long": "x" * HUGE,
    "long and wide": "数" * HUGE,
    "long and hidden": "\x1b" * HUGE,
    "empty": "",
    "spaces": " \u3000 ",
    "lines": "a\nb\r\nc\tq",
    "twin": "twin",
    "other twin": "twin",
    "markup": "[bold red]x[/] [@click=app.leave]y[/]",
    "surrogate": "a\ud800b",
}
PAGES = ("c", "h", "i", "w", "question_mark", "ctrl+p", "a", "d", "enter", "e", "v")


def hostile(first: str) -> Snapshot:
    """Two nodes, of which one is hot; the VM of that name would be moved. Each names the next in a rule."""
    keys = [first, *(key for key in NAMES if key != first)]
    rivals = dict(zip(keys, [*keys[1:], first], strict=True))
    items = [
        VM
        | {"uuid": key, "name": NAMES[key], "nodeUUID": "n1" if key == first else "n2"}
        | {
            "tags": ""
            if key == first
            else f"anti_{NAMES[rivals[key]]},{','.join(f'tag{n}' for n in range(500))}"
        }
        for key in keys
    ]
    loads = [{"uuid": key, "cpuUsage": 90 - number} for number, key in enumerate(keys)]
    vms = convert.vms(
        [msgspec.convert(item, wire.VirDomain) for item in items],
        [msgspec.convert(item, wire.VirDomainStats) for item in loads],
    )
    return replace(cluster([node(1, cpu=92), node(2, cpu=20), node(3, cpu=10)]), vms=vms)


def check(stage: Stage, width: int) -> None:
    """Every line is as wide as the screen, and holds nothing but what stands in a place of its own."""
    for strip in stage._strips():
        marks = 0
        for char in "".join(segment.text for segment in strip):
            category = unicodedata.category(char)
            marks = marks + 1 if category in ("Mn", "Me") else 0
            assert marks <= MOST_MARKS
            assert category not in ("Cc", "Cf", "Cs", "Zl", "Zp"), hex(ord(char))
        assert strip.cell_length == width


@pytest.mark.parametrize(
    ("number", "first"), [*enumerate(["escapes", "wide", "accents", "long and wide", "empty", "markup"])]
)
async def test_no_name_breaks_a_screen(number: int, first: str) -> None:
    """All names are on every page; which of them is proposed to be moved takes turns, two on each page."""
    snapshot = hostile(first)
    lines = [Line(NOW, "ended", f"{vm.name} has arrived") for vm in snapshot.vms.values()]
    async with console(view_of(snapshot), lines=lines) as stage:
        check(stage, 80)
        home = stage.app.screen
        for key in PAGES[number % 3 :: 3]:
            await stage.press(key)
            check(stage, 80)
            for _ in range(4):
                if stage.app.screen is home:
                    break
                await stage.press("escape")
            assert stage.app.screen is home, key


async def test_200_wide_characters_are_shown_whole() -> None:
    async with console(view_of(hostile("wide"))) as stage:
        stage.app.push_screen(VmDetail(VmId("wide")))
        await stage.until(lambda: isinstance(stage.app.screen, VmDetail) and stage.text.count("数") >= 200)


async def test_of_a_name_that_is_too_long_it_is_said_that_it_was_cut() -> None:
    async with console(view_of(hostile("long"))) as stage:
        stage.app.push_screen(VmDetail(VmId("long")))
        await stage.until(lambda: f"⟨cut from {HUGE}" in stage.text.replace("\n", ""))
