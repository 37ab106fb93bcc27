"""The command palette: VMs and nodes are found by name, names are literal, and a thousand of them stay quick."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from textual.command import CommandPalette, Hit
from textual.content import Content
from textual.widgets import OptionList

from hctui.core.model import Snapshot
from hctui.engine.commands import Pause
from hctui.tui.keys import KEYS, Where
from hctui.tui.palette import MOST_DISCOVERED, MOST_FOUND, Place, Places, highlighted, score
from hctui.tui.screens.detail import NodeDetail, VmDetail
from hctui.tui.screens.explain import Explanation
from tests.core.build import cluster, node, vm
from tests.tui.stage import Stage, bare_console, view_of
from tests.tui.troubled import LONG, MARKUP, WIDE, troubled


def place(name: str, kind: str = "VM", where: str = "") -> Place:
    return Place(kind, name, where, "Details of this VM.", lambda: None)


# What fits


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("web", "web-03"),
        ("WEB", "web-03"),
        ("03", "web-03"),
        ("vm web", "web-03"),
        ("03 web", "web-03"),
        ("db [/]", "db [/] x"),
        ("[/", "db [/] x"),
        ("数据", "数据库-01"),
        ("x" * 50, "long-" + "x" * 195),
    ],
)
def test_a_name_is_found_by_any_part_of_it(wanted: str, name: str) -> None:
    assert 0 < score(wanted, place(name)) <= 1


@pytest.mark.parametrize("wanted", ["", "  ", "wbe", "web mail", "[x]"])
def test_what_is_not_in_a_name_does_not_find_it(wanted: str) -> None:
    assert score(wanted, place("web-03")) == 0


def test_the_better_fit_comes_first() -> None:
    names = ["my-web-server-of-old", "a-web", "web-server", "web-03", "web", "backup"]
    ranked = sorted(names, key=lambda name: -score("web", place(name)))
    assert ranked == ["web", "web-03", "web-server", "a-web", "my-web-server-of-old", "backup"]


def test_a_long_name_of_one_letter_costs_nothing() -> None:
    begun = time.perf_counter()
    assert score("ab ab ab abx", place("ab" * 100)) == 0
    assert score("aab", place("ab" * 100)) == 0
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize("name", [MARKUP, "[red]x[/red]", "a\\[b", WIDE, "İstanbul", "x\x1b[1m"])
def test_a_name_is_never_read_as_markup(name: str) -> None:
    content = highlighted(name[:2], place(name, where=".103"))
    assert isinstance(content, Content)
    assert content.plain == f"VM {name}  .103".replace("\x1b", "?")


def test_what_was_looked_for_stands_out() -> None:
    spans = highlighted("web", place("my-web")).spans
    assert [(span.start, span.end) for span in spans if span.style == "bold"] == [(6, 9)]


# The palette on the screen


def large() -> Snapshot:
    return cluster([node(n) for n in range(1, 17)], [vm(f"vm-{n:04}", 1 + n % 16) for n in range(1000)])


async def typed(stage: Stage, text: str) -> list[str]:
    """What the palette lists once this was typed."""
    if not isinstance(stage.app.screen, CommandPalette):
        await stage.press("ctrl+p")
    palette = stage.app.screen
    for key in text:
        await stage.pilot.press("space" if key == " " else key)
    await stage.until(lambda: _listed(stage) is not None)
    assert palette is stage.app.screen
    return _listed(stage) or []


def _listed(stage: Stage) -> list[str] | None:
    options = stage.app.screen.query_one(OptionList)
    found = [str(getattr(each.prompt, "plain", each.prompt)) for each in options.options]
    return found or None


async def test_a_name_that_looks_like_markup_is_found_and_shown_as_it_is() -> None:
    async with bare_console(troubled()) as stage:
        listed = await typed(stage, "db [/]")
        await stage.until(lambda: len(_listed(stage) or []) == 3)
        listed = _listed(stage) or []
        assert listed[0] == f"VM {MARKUP}  .103\nDetails of this VM."
        assert {each.split()[0] for each in listed} == {"VM", "move", "explain"}
        assert f"VM {MARKUP}" in stage.text


@pytest.mark.parametrize(
    ("text", "page"),
    [("VM web-01", VmDetail), ("node .103", NodeDetail), ("explain web-01", Explanation)],
)
async def test_what_is_chosen_is_opened(text: str, page: type[object]) -> None:
    async with bare_console(troubled()) as stage:
        await typed(stage, text)
        await stage.until(lambda: len(_listed(stage) or []) == 1)
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, page))


async def test_a_move_is_chosen_by_name() -> None:
    async with bare_console(troubled()) as stage:
        await typed(stage, "move web-01")
        await stage.until(lambda: len(_listed(stage) or []) == 1)
        await stage.press("enter")
        await stage.until(lambda: type(stage.app.screen).__name__ == "MovePage")


async def test_everything_that_works_everywhere_is_a_command() -> None:
    async with bare_console(troubled()) as stage:
        names = {each.title for each in stage.app.get_system_commands(stage.app.screen)}
        assert names == {
            key.label or key.id for key in KEYS if key.where is Where.EVERYWHERE and key.id != "palette"
        }
        await typed(stage, "pause")
        await stage.until(lambda: any(each.startswith("pause") for each in _listed(stage) or []))
        await stage.press("enter")
        await stage.until(lambda: stage.front.commands == [Pause()])


async def hits(stage: Stage, wanted: str) -> list[Hit]:
    places = Places(stage.app.screen)
    return [hit async for hit in places.search(wanted) if isinstance(hit, Hit)]


async def test_of_a_thousand_vms_the_best_are_listed_without_delay() -> None:
    async with bare_console(view_of(large())) as stage:
        begun = time.perf_counter()
        found = await hits(stage, "vm-09")
        assert time.perf_counter() - begun < 1.0
        assert len(found) == MOST_FOUND
        assert all("vm-09" in (hit.text or "") for hit in found)
        [first, *_] = await hits(stage, "vm-0999")
        assert first.text == "VM vm-0999"
        assert first.score == 1.0


async def test_the_best_is_listed_even_if_it_comes_last() -> None:
    snapshot = large()
    best = vm("vm", 1)
    async with bare_console(view_of(replace(snapshot, vms={**snapshot.vms, best.id: best}))) as stage:
        assert [hit.text for hit in (await hits(stage, "vm"))[:3]] == [f"{kind} vm" for kind in KINDS]


async def test_before_anything_is_typed_the_nodes_come_first() -> None:
    async with bare_console(view_of(large())) as stage:
        found = [hit async for hit in Places(stage.app.screen).discover()]
        assert len(found) == MOST_DISCOVERED
        assert found[0].text == "node 10.0.0.101"
        assert found[16].text == "VM vm-0000"


async def test_without_a_snapshot_there_is_nothing_to_go_to() -> None:
    async with bare_console(replace(troubled(), snapshot=None)) as stage:
        assert await hits(stage, "web") == []


async def test_names_that_try_to_break_it_are_listed_whole() -> None:
    async with bare_console(troubled()) as stage:
        assert [hit.text for hit in await hits(stage, "x" * 100)] == [f"{kind} {LONG}" for kind in KINDS]
        assert {hit.text for hit in await hits(stage, "(no name)")} == {f"{kind} (no name)" for kind in KINDS}
        twins = await hits(stage, "VM twin")
        assert [str(hit.match_display) for hit in twins] == ["VM twin  .103", "VM twin  .104"]


KINDS = ("VM", "move", "explain")
