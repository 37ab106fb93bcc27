"""The table: what it asks for, what it draws again, and that the reader's place survives every new order."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.geometry import Region
from textual.pilot import Pilot

from hctui.tui.cell import Tone, cell
from hctui.tui.columns import Column
from hctui.tui.glyphs import ASCII
from hctui.tui.theme import LIGHT
from hctui.tui.widgets.seam import Seam
from hctui.tui.widgets.table import Table
from tests.tui.tables import NAME_AND_LOAD, Rows, Screenful, WatchedTable

WIDTH, HEIGHT = 40, 11
PAGE = HEIGHT - 1
TEXT_WIDTH = WIDTH - 1
"""What the scrollbar of a long table leaves."""
LOAD_X = TEXT_WIDTH - 6
KEYS = [f"vm{n}" for n in range(100)]


@asynccontextmanager
async def shown(
    table: WatchedTable, keys: list[str], rows: Rows
) -> AsyncIterator[tuple[Pilot[None], Screenful]]:
    """The table on a screen with these rows, painted, and nothing remembered of how it came there."""
    app = Screenful(table)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        table.show(keys, rows)
        await pilot.pause()
        forget(table, rows, app)
        yield pilot, app


def forget(table: WatchedTable, rows: Rows, app: Screenful) -> None:
    table.refreshed.clear()
    table.repainted_whole = 0
    rows.asked.clear()
    app.told.clear()


# What it asks for


async def test_only_the_rows_in_sight_are_asked_for_and_each_once() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        table.show(KEYS, rows)
        await pilot.pause()
        assert sorted(rows.asked) == sorted(KEYS[:PAGE])
        table.lines()
        assert len(rows.asked) == PAGE


async def test_rows_are_asked_for_when_they_come_in_sight() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        await pilot.press(*["down"] * PAGE)
        await pilot.pause()
        assert rows.asked == [KEYS[PAGE]]


async def test_a_touched_row_is_asked_for_again_if_it_is_in_sight() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows):
        table.touch(["vm3", "vm50", "gone"])
        assert rows.asked == ["vm3"]


async def test_a_row_touched_out_of_sight_is_fresh_when_it_comes_in_sight() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        await pilot.press("end")
        rows.loads["vm3"] = "77"
        table.touch(["vm3"])
        await pilot.press("home")
        await pilot.pause()
        assert table.lines()[4].endswith("77")


async def test_a_row_with_too_few_cells_is_refused() -> None:
    table = WatchedTable()
    app = Screenful(table)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        with pytest.raises(ValueError, match="1 cells in a table of 2 columns"):
            table.show(["vm0"], lambda _: (cell("x"),))
        table.show([], lambda _: ())


# What it draws again


async def test_one_changed_cell_is_all_that_is_drawn_again() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        rows.loads["vm3"] = "77"
        table.touch(KEYS)
        assert table.refreshed == [Region(LOAD_X, 4, 6, 1)]
        assert not table.repainted_whole
        await pilot.pause()
        assert table.lines()[4].endswith("77")


async def test_the_same_rows_once_more_draw_nothing() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows):
        table.show(list(KEYS), rows)
        table.touch(KEYS)
        assert (table.refreshed, table.repainted_whole) == ([], 0)


async def test_a_new_order_draws_the_lines_that_changed_only() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows):
        swapped = [*KEYS[:4], KEYS[5], KEYS[4], *KEYS[6:]]
        table.show(swapped, rows)
        assert {region.y for region in table.refreshed} == {5, 6}
        assert not table.repainted_whole


async def test_a_moved_cursor_draws_two_lines() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        await pilot.press("down")
        assert sorted(table.refreshed) == [Region(0, 1, TEXT_WIDTH, 1), Region(0, 2, TEXT_WIDTH, 1)]
        assert not table.repainted_whole


async def test_a_sort_mark_draws_one_title() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        table.sort_mark = ("load", True)
        assert table.refreshed == [Region(LOAD_X, 0, 6, 1)]
        await pilot.pause()
        assert table.lines()[0].endswith("CPU▼")
        table.sort_mark = ("name", False)
        table.glyphs = ASCII
        await pilot.pause()
        assert table.lines()[0].startswith("VM^")
        assert table.lines()[0].endswith("CPU")


async def test_what_was_scrolled_is_compared_with_what_is_on_the_screen_now() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        await pilot.press("end")
        await pilot.pause()
        table.refreshed.clear()
        rows.loads["vm95"] = "-"
        table.touch(["vm95"])
        assert table.refreshed == [Region(LOAD_X, 6, 6, 1)]


async def test_the_cursor_is_drawn_again_when_the_focus_goes() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, app):
        table.focus()
        await pilot.pause()
        table.refreshed.clear()
        app.set_focus(None)
        await pilot.pause()
        assert table.refreshed == [Region(0, 1, TEXT_WIDTH, 1)]


@pytest.mark.parametrize(("rows", "height"), [(0, 2), (3, 4), (100, 6)])
@pytest.mark.parametrize("columns", [NAME_AND_LOAD, (NAME_AND_LOAD[0], Column("t", "t", 6, live=True))])
async def test_a_table_can_be_as_high_as_its_rows(
    columns: tuple[Column, ...], rows: int, height: int
) -> None:
    table = WatchedTable(columns)
    table.styles.height = "auto"
    table.styles.max_height = 6
    async with shown(table, KEYS[:rows], Rows(rows)):
        assert table.size.height == height
        assert table.max_scroll_y == max(0, rows - 5)


# The seam before a live column

LIVE = (Column("name", "VM", 10, flex=1), Column("timer", "wait", 6, live=True))


async def test_a_live_column_begins_at_a_seam_wherever_it_stands() -> None:
    table, rows = WatchedTable(LIVE), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        seam = table.query_one(Seam)
        assert seam.region == Region(LOAD_X - 1, 0, 1, HEIGHT)
        await pilot.press("end")
        await pilot.resize_terminal(60, HEIGHT)
        await pilot.pause()
        assert seam.region == Region(60 - 8, 0, 1, HEIGHT)
        table.set_columns(NAME_AND_LOAD)
        table.show(KEYS, rows)
        await pilot.pause()
        assert not seam.display


async def test_the_seam_shows_what_the_table_shows_there() -> None:
    table, rows = WatchedTable(LIVE), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, app):
        for keys in (["down"], ["end"], ["home", "down", "down"]):
            await pilot.press(*keys)
            await pilot.pause()
            for y in range(HEIGHT):
                backgrounds = {app.screen.get_style_at(x, y).bgcolor for x in range(LOAD_X - 3, LOAD_X + 2)}
                assert len(backgrounds) == 1
        app.theme = LIGHT.name
        await pilot.pause()
        assert app.screen.get_style_at(LOAD_X - 1, 5).bgcolor == app.screen.get_style_at(LOAD_X, 5).bgcolor


async def test_the_mouse_reaches_the_table_through_the_seam() -> None:
    table, rows = WatchedTable(LIVE), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, app):
        await pilot.click(offset=(LOAD_X - 1, 4))
        await pilot.pause()
        assert app.told == [("moved", "vm3")]
        assert table.has_focus


# The reader's place


async def test_the_cursor_stays_on_its_row_and_the_row_on_its_line() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, app):
        await pilot.press(*["down"] * 4)
        app.told.clear()
        order = list(KEYS)
        for seed in range(10):
            random.Random(seed).shuffle(order)  # noqa: S311 - an order, not a secret
            order.remove("vm4")
            order.insert(20 + seed, "vm4")
            table.show(order, rows)
            await pilot.pause()
            assert table.cursor_key == "vm4"
            assert table.keys_in_sight.index("vm4") == 4
        assert app.told == []


async def test_a_row_at_the_end_stays_in_sight_where_its_line_cannot_be_kept() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        table.show(KEYS[::-1], rows)
        await pilot.pause()
        assert table.cursor_key == "vm0"
        assert table.keys_in_sight[-1] == "vm0"


async def test_the_view_does_not_jump_when_the_cursor_is_out_of_sight() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        table.scroll_to(y=30, animate=False)
        await pilot.pause()
        table.show(KEYS[1:], rows)
        await pilot.pause()
        assert table.scroll_offset.y == 30


@pytest.mark.parametrize(
    ("left", "heir"),
    [
        (["vm5", "vm6", "vm7"], "vm5"),
        (["vm0", "vm1", "vm6", "vm3"], "vm6"),
        (["vm0", "vm1", "vm2"], "vm2"),
        (["vm9", "vm2", "vm4", "vm1"], "vm4"),
        ([], None),
    ],
)
async def test_a_row_that_is_gone_leaves_the_cursor_to_the_next_one(
    left: list[str], heir: str | None
) -> None:
    table, rows = WatchedTable(), Rows(10)
    async with shown(table, KEYS[:10], rows) as (pilot, app):
        table.set_cursor("vm4")
        await pilot.pause()
        app.told.clear()
        table.show(left, rows)
        await pilot.pause()
        assert table.cursor_key == heir
        assert app.told == ([] if heir == "vm4" else [("moved", heir)])


async def test_a_filter_that_matches_nothing_for_a_moment_does_not_lose_the_place() -> None:
    table, rows = WatchedTable(), Rows(10)
    async with shown(table, KEYS[:10], rows) as (pilot, _):
        table.set_cursor("vm4")
        table.show([], rows)
        await pilot.pause()
        table.show(KEYS[:10], rows)
        assert table.cursor_key == "vm4"


async def test_rows_of_which_none_is_known_begin_at_the_first() -> None:
    table, rows = WatchedTable(), Rows(20)
    async with shown(table, KEYS[:10], rows):
        table.set_cursor("vm4")
        table.show([], rows)
        table.show(KEYS[10:20], rows)
        assert table.cursor_key == "vm10"


async def test_fewer_rows_than_were_scrolled_past_leave_no_empty_screen() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        await pilot.press("end")
        table.show(KEYS[:5], rows)
        await pilot.pause()
        assert table.keys_in_sight == tuple(KEYS[:5])
        assert table.lines()[1].startswith("vm0 ")
        assert table.lines()[6:] == [""] * 5


async def test_the_cursor_stays_in_sight_when_the_screen_gets_smaller() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, _):
        table.set_cursor("vm9")
        await pilot.resize_terminal(30, 6)
        await pilot.pause()
        assert "vm9" in table.keys_in_sight
        assert all(len(line) <= 30 for line in table.lines())


# A log


async def test_a_followed_log_shows_its_last_row() -> None:
    table, rows = WatchedTable(follow=True), Rows(100)
    async with shown(table, KEYS[:50], rows) as (pilot, _):
        assert table.keys_in_sight[-1] == "vm49"
        table.show(KEYS[3:60], rows)
        await pilot.pause()
        assert table.keys_in_sight[-1] == table.cursor_key == "vm59"


async def test_a_log_is_held_where_it_is_read_and_followed_again_from_its_end() -> None:
    table, rows = WatchedTable(follow=True), Rows(100)
    async with shown(table, KEYS[:50], rows) as (pilot, _):
        await pilot.press("up", "up")
        assert not table.following
        in_sight = table.keys_in_sight
        table.show(KEYS[3:60], rows)
        await pilot.pause()
        assert table.cursor_key == "vm47"
        assert table.keys_in_sight == in_sight
        await pilot.press("end")
        table.show(KEYS[4:61], rows)
        await pilot.pause()
        assert table.keys_in_sight[-1] == "vm60"


async def test_a_log_scrolled_by_wheel_stays_while_rows_come_and_go() -> None:
    table, rows = WatchedTable(follow=True), Rows(100)
    async with shown(table, KEYS[:50], rows) as (pilot, _):
        table.scroll_to(y=20, animate=False)
        await pilot.pause()
        table.show(KEYS[5:60], rows)
        await pilot.pause()
        assert table.first_in_sight == "vm20"
        table.follow = True
        await pilot.pause()
        assert table.keys_in_sight[-1] == "vm59"


# Keys and mouse


async def test_keys_move_the_cursor_as_far_as_there_are_rows() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, app):
        for key, expected in [
            ("up", "vm0"),
            ("down", "vm1"),
            ("pagedown", "vm10"),
            ("end", "vm99"),
            ("down", "vm99"),
            ("pageup", "vm90"),
            ("home", "vm0"),
        ]:
            await pilot.press(key)
            assert table.cursor_key == expected
            assert expected in table.keys_in_sight
        await pilot.press("enter")
        assert app.told[-1] == ("chosen", "vm0")
        assert ("moved", "vm10") in app.told


async def test_a_click_moves_the_cursor_and_a_click_on_the_cursor_chooses() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, app):
        await pilot.click(table, offset=(3, 4))
        await pilot.pause()
        assert app.told == [("moved", "vm3")]
        await pilot.click(table, offset=(3, 4))
        await pilot.pause()
        assert app.told == [("moved", "vm3"), ("chosen", "vm3")]


@pytest.mark.parametrize("line", [1, 4])
async def test_a_double_click_chooses_once(line: int) -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, app):
        await pilot.double_click(table, offset=(3, line))
        await pilot.pause()
        assert [event for event in app.told if event[0] == "chosen"] == [("chosen", f"vm{line - 1}")]


async def test_a_click_on_a_title_names_its_column() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows) as (pilot, app):
        await pilot.click(table, offset=(1, 0))
        await pilot.click(table, offset=(LOAD_X + 2, 0))
        await pilot.pause()
        assert app.told == [("header", "name"), ("header", "load")]


async def test_a_click_below_the_rows_does_nothing() -> None:
    table, rows = WatchedTable(), Rows(3)
    async with shown(table, KEYS[:3], rows) as (pilot, app):
        await pilot.click(table, offset=(3, 8))
        await pilot.pause()
        assert app.told == []


async def test_an_empty_table_says_so_and_bears_every_key() -> None:
    table, rows = WatchedTable(empty="no VM is known yet"), Rows(0)
    async with shown(table, [], rows) as (pilot, app):
        assert table.lines()[1] == "no VM is known yet"
        await pilot.press("up", "down", "pageup", "pagedown", "home", "end", "enter")
        assert table.cursor_key is None
        assert not table.set_cursor("vm0")
        assert app.told == []
        table.empty = "nothing matches"
        await pilot.pause()
        assert table.lines()[1] == "nothing matches"


async def test_every_binding_can_be_remapped_and_none_is_in_the_footer() -> None:
    table = WatchedTable()
    async with Screenful(table).run_test() as pilot:
        await pilot.pause()
        active = table.screen.active_bindings.values()
        bindings = [binding for node, binding, *_ in active if node is table]
        assert len(bindings) == len(Table.BINDINGS)
        assert all(binding.id.startswith("table.") and not binding.show for binding in bindings if binding.id)
        assert all(binding.id for binding in bindings)


# What stands there


@pytest.mark.parametrize(
    "name", ["db [/] x", "web[prod]-1", "[red]x", "a\\[b]", "日本語のサーバー", "", "e\u0301"]
)
async def test_a_name_is_shown_as_it_is(name: str) -> None:
    table, rows = WatchedTable(), Rows(1)
    rows.names["vm0"] = name
    async with shown(table, ["vm0"], rows):
        assert table.lines()[1].startswith(name)
        assert table.render_line(1).cell_length == WIDTH


async def test_a_long_name_ends_in_an_ellipsis() -> None:
    table, rows = WatchedTable(), Rows(2)
    rows.names |= {"vm0": "x" * 200, "vm1": "語" * 200}
    async with shown(table, ["vm0", "vm1"], rows):
        assert table.lines()[1] == "x" * (WIDTH - 8) + "…      0"
        assert table.lines()[2] == "語" * 16 + "…" + "      1"
        table.glyphs = ASCII
        assert table.lines()[1].startswith("x" * (WIDTH - 8) + "~")


async def test_nothing_stands_below_the_scrollbar() -> None:
    table, rows = WatchedTable(), Rows(100)
    async with shown(table, KEYS, rows):
        assert table.lines()[1].endswith(" 0")
        assert table.render_line(1).cell_length == TEXT_WIDTH


async def test_no_control_character_reaches_the_terminal() -> None:
    table, rows = WatchedTable(), Rows(1)
    rows.names["vm0"] = "a\x1b[31mb\tc\x7fd\x9be\ud800"
    async with shown(table, ["vm0"], rows):
        assert table.lines()[1].startswith("a?[31mb?c?d?e?")


async def test_columns_come_and_go_with_the_width() -> None:
    columns = (*NAME_AND_LOAD, Column("ram", "RAM", 8, at_least=50), Column("short", "s", 3, at_most=49))
    table = WatchedTable(columns)
    app = Screenful(table)
    async with app.run_test(size=(40, 5)) as pilot:
        table.show(["a"], lambda key: (cell(key), cell("1"), cell("8 GiB"), cell("abc")))
        await pilot.pause()
        assert table.lines()[:2] == ["VM" + " " * 31 + "CPU s", "a" + " " * 34 + "1 abc"]
        await pilot.resize_terminal(60, 5)
        await pilot.pause()
        assert table.lines()[1] == "a" + " " * 49 + "1 8 GiB"


async def test_other_columns_can_be_set() -> None:
    table, rows = WatchedTable(), Rows(3)
    async with shown(table, KEYS[:3], rows) as (pilot, _):
        table.set_columns([Column("only", "only", 12)])
        table.show(KEYS[:3], lambda key: (cell(key, Tone.BAD),))
        await pilot.pause()
        assert table.lines()[:2] == ["only", "vm0"]


async def test_a_table_without_header_begins_with_its_first_row() -> None:
    table = Table(NAME_AND_LOAD, header=False)
    app = Screenful(table)
    async with app.run_test(size=(WIDTH, 4)) as pilot:
        table.show(KEYS, Rows(100))
        await pilot.pause()
        assert table.render_line(0).text.startswith("vm0")
        await pilot.press("end")
        assert table.render_line(3).text.startswith("vm99")
        await pilot.click(table, offset=(0, 0))
        assert table.cursor_key == "vm96"
