"""The charts: drawn from a real journal, in every scope and time, readable without colour."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hctui.core.decision import Move, Reason
from hctui.core.migration import Migration, Phase
from hctui.core.model import NodeId, Snapshot, VmId
from hctui.core.policy import Policy
from hctui.engine.queries import MigrationTold, NodeSeries, Placement, Queries, VmSeries
from hctui.tui.cell import Tone
from hctui.tui.drawing import Curve, Drawing, Threshold
from hctui.tui.glyphs import ASCII
from hctui.tui.lists import charts, moments
from hctui.tui.lists.charts import CPU, RAM, Past, Scope
from hctui.tui.picture import picture_of
from hctui.tui.screens.charts import NO_JOURNAL, Charts
from hctui.tui.widgets.chart import Chart
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.table import Table
from tests.core.build import NOW, cluster, move, node, vm
from tests.journal import build as journal
from tests.tui.stage import Stage, bare_console, view_of

AWKWARD = "db [/] x"
LONG = "x" * 200
WIDE = "数据库"
ALL = Scope()


def now_shown(at: float = NOW, on: int = 1) -> Snapshot:
    vms = [vm("web", on), vm(AWKWARD, 2, id="awkward"), vm(WIDE, 2, id="wide"), vm(LONG, 2, id="long")]
    return cluster([node(1, cpu=90.0), node(2, cpu=30.0)], vms, at=at)


def polls(count: int = 100, without: range = range(60, 70)) -> list[Snapshot]:
    """One every 30 s up to now, some missing; web is on the second node from the 50th on."""
    times = [NOW - 30.0 * (count - 1 - index) for index in range(count)]
    return [now_shown(at, 2 if index >= 50 else 1) for index, at in enumerate(times) if index not in without]


def migrated(
    phase: Phase = Phase.ARRIVED, *, at: float = NOW - 1510.0, what: Move | None = None, id: str = "m-1"
) -> Migration:
    return Migration(id, what or move("web"), at, phase, at + 42.0)


async def recorded(folder: Path) -> Queries:
    """The last polls and two migrations."""
    awkward = replace(move(AWKWARD, 2, 1, Reason.ANTI_AFFINITY), vm_id=VmId("awkward"))
    entries: list[journal.Entry] = [
        *polls(),
        migrated(),
        migrated(Phase.FAILED, at=NOW - 600.0, what=awkward, id="m-2"),
    ]
    return Queries(await journal.written(folder, entries))


@pytest.fixture
async def queries(tmp_path: Path) -> Queries:
    return await recorded(tmp_path)


@asynccontextmanager
async def charts_of(
    queries: Queries | None,
    size: tuple[int, int] = (80, 24),
    scope: Scope = ALL,
    *,
    theme: str = "dark",
    glyphs: str = "unicode",
) -> AsyncIterator[Stage]:
    view = view_of(now_shown(on=2), theme=theme, glyphs=glyphs)
    async with bare_console(view, size, queries=queries) as stage:
        await stage.app.push_screen(Charts(scope.node_id, scope.vm_id))
        await stage.until(lambda: drawn(stage) != "" or told(stage) != "")
        yield stage


def drawn(stage: Stage, figure: str = CPU) -> str:
    return stage.app.screen.query_one(f"#chart-{figure}", Chart).text


def told(stage: Stage) -> str:
    return stage.app.screen.query_one("#note", Prose).text


def keys(stage: Stage, table: str) -> list[str]:
    return list(stage.app.screen.query_one(f"#{table}", Table).keys_in_sight)


def shown(stage: Stage) -> set[str]:
    """The figures on the screen."""
    return {figure for figure in (CPU, RAM) if stage.app.screen.query_one(f"#panel-{figure}").display}


# What is on the screen


async def test_all_nodes_are_drawn_with_thresholds_migrations_and_what_the_letters_mean(
    queries: Queries,
) -> None:
    async with charts_of(queries) as stage:
        chart = drawn(stage)
        assert "A" in chart
        assert "B" in chart
        assert re.search(r"^ 80 %├[^\n]*─", chart, re.M), "the upper threshold is a line with its value"
        assert re.search(r"^ 50 %├[^\n]*─", chart, re.M)
        assert re.search(r"^100 %┤ +1 +2 +│$", chart, re.M), "two migrations are marked and numbered"
        assert re.search(r"A 10\.0\.0\.101 +90 % +90 % +90 % +20 % +20 % +20 %", stage.text)
        assert re.search(r"B 10\.0\.0\.102 +30 %", stage.text)
        assert re.search(r"2 \d\d:\d\d:\d\d db \[/\] x +\.102 → \.101 +anti-affinity failed", stage.text)
        assert re.search(r"1 \d\d:\d\d:\d\d web +\.101 → \.102 +load +arrived", stage.text)
        assert "CPU  hot above 80 %, takes VMs below 50 %" in stage.text
        assert "all nodes  the last 1 h" in stage.text
        assert "LIVE" in stage.text


async def test_time_without_data_is_a_gap(queries: Queries) -> None:
    async with charts_of(queries, scope=Scope(NodeId("n1"))) as stage:
        line = next(line for line in drawn(stage).splitlines() if "A" in line and "%" not in line)
        before, _, after = re.sub(r"^\s*│|│$", "", line).rpartition("      ")
        assert before.strip(" │"), "a curve before the gap"
        assert after.strip(" │"), "and after it"


async def test_where_there_is_room_for_one_figure_a_key_switches(queries: Queries) -> None:
    async with charts_of(queries) as stage:
        assert shown(stage) == {CPU}
        assert "CPU/RAM" in stage.text
        await stage.press("t")
        assert shown(stage) == {RAM}
        await stage.until(lambda: " 70 %├" in stage.text)
        assert "no move fills a node above 70 %" in stage.text
        await stage.press("t")
        assert shown(stage) == {CPU}


@pytest.mark.parametrize("size", [(120, 40), (200, 50), (200, 24)])
async def test_larger_screens_show_both(queries: Queries, size: tuple[int, int]) -> None:
    async with charts_of(queries, size) as stage:
        await stage.until(lambda: " 80 %├" in stage.text and " 70 %├" in stage.text)
        assert shown(stage) == {CPU, RAM}
        await stage.until(lambda: "CPU/RAM" not in stage.text)
        await stage.press("t")
        assert shown(stage) == {CPU, RAM}


async def test_a_chart_is_as_large_as_its_place_whatever_the_terminal_was_at_first(
    queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("LINES", "20")
    async with charts_of(queries, (150, 50)) as stage:
        await stage.until(lambda: max(map(len, drawn(stage).splitlines())) == 150)
        await stage.pilot.resize_terminal(90, 24)
        await stage.until(lambda: max(map(len, drawn(stage).splitlines())) == 90)


async def test_the_time_grows_and_shrinks_within_its_ends(queries: Queries) -> None:
    async with charts_of(queries) as stage:
        for key, words in (("minus", "15 min"), ("minus", "15 min"), ("plus", "1 h"), ("equals_sign", "4 h")):
            await stage.press(key)
            await stage.until(lambda words=words: f"the last {words}," in stage.text)  # type: ignore[misc]
        for _ in range(5):
            await stage.press("plus")
        assert "the last 24 h," in stage.text


async def test_one_key_goes_through_the_nodes_and_back_to_all(queries: Queries) -> None:
    async with charts_of(queries) as stage:
        for letters, name in (
            (["A"], "node 10.0.0.101"),
            (["B"], "node 10.0.0.102"),
            (["A", "B"], "all nodes"),
        ):
            await stage.press("n")
            await stage.until(lambda name=name: name in stage.text)  # type: ignore[misc]
            await stage.until(
                lambda letters=letters: sorted({*"AB"} & {*drawn(stage)}) == letters  # type: ignore[misc]
            )


async def test_a_node_is_chosen_in_the_list_and_left_the_same_way(queries: Queries) -> None:
    async with charts_of(queries) as stage:
        await stage.press("down", "enter")
        await stage.until(lambda: keys(stage, "lines") == ["n2"])
        assert "node 10.0.0.102" in stage.text
        await stage.press("enter")
        await stage.until(lambda: keys(stage, "lines") == ["n1", "n2"])


async def test_a_vm_is_drawn_with_its_changes_of_node(queries: Queries) -> None:
    async with charts_of(queries, scope=Scope(vm_id=VmId("web"))) as stage:
        assert "VM web" in stage.text
        assert "percent of its own vCPUs" in stage.text
        assert "├" not in drawn(stage), "thresholds are loads of nodes"
        assert re.search(r"A web +20 % +20 % +20 % +4 GiB 10\.0\.0\.102", stage.text)
        assert re.search(r"1 \d\d:\d\d:\d\d web +\.101 → \.102 +load +arrived", stage.text)
        assert "CPU/RAM" not in stage.text
        await stage.press("t")
        assert shown(stage) == {CPU}


async def test_one_key_goes_through_the_vms_and_names_are_literal(queries: Queries) -> None:
    async with charts_of(queries, (120, 40), Scope(vm_id=VmId("web"))) as stage:
        for name in (LONG[:60], WIDE, AWKWARD, "web"):
            await stage.press("n")
            await stage.until(lambda name=name: f"VM {name}" in stage.text)  # type: ignore[misc]
            await stage.until(lambda: len(keys(stage, "lines")) == 1)


async def test_what_is_gone_is_said_to_be_gone(queries: Queries) -> None:
    for scope, words in (
        (Scope(NodeId("n9")), "node n9, which is no longer there"),
        (Scope(vm_id=VmId("v9")), "VM v9, which is no longer there"),
    ):
        async with charts_of(queries, scope=scope) as stage:
            assert words in stage.text
            assert "Nothing was recorded of this" in told(stage)


async def test_a_vm_that_vanishes_meanwhile_is_still_charted(queries: Queries) -> None:
    async with charts_of(queries, scope=Scope(vm_id=VmId("web"))) as stage:
        gone = cluster([node(1), node(2)], [vm("other")])
        stage.front.publish(snapshot=gone)
        await stage.until(lambda: "VM web, which is no longer there" in stage.text)
        assert keys(stage, "lines") == ["web"]


# Reading


async def test_without_a_journal_it_says_so() -> None:
    async with charts_of(None) as stage:
        assert told(stage) == NO_JOURNAL
        await stage.press("plus", "n", "t", "y")
        assert told(stage) == NO_JOURNAL


async def test_a_journal_that_cannot_be_read_is_told_and_the_charts_stay(queries: Queries) -> None:
    async with charts_of(queries) as stage:
        stage.front.queries = Queries(Path("/nowhere/at [/] all.sqlite"))
        await stage.press("plus")
        await stage.until(lambda: "at [/] all.sqlite" in told(stage))
        assert "A" in drawn(stage)
        assert "the last 1 h, 1" in stage.text, (
            "what is drawn is not said to be of the time that was asked for"
        )
        stage.front.queries = queries
        stage.front.publish(decision=view_of(now_shown(), now=NOW + 30.0).decision)
        await stage.until(lambda: told(stage) == "" and "the last 4 h" in stage.text)


async def test_an_error_nobody_foresaw_is_told(queries: Queries, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Queries, "node_series", broken)
    async with bare_console(view_of(now_shown()), queries=queries) as stage:
        stage.app.push_screen(Charts())
        await stage.until(lambda: "ZeroDivisionError" in stage.text)


async def test_the_journal_is_asked_once_for_each_poll(
    queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    real = Queries.migrations

    async def counted(self: Queries, since: float, until: float, limit: int) -> tuple[MigrationTold, ...]:
        asked.append(until)
        return await real(self, since, until, limit)

    monkeypatch.setattr(Queries, "migrations", counted)
    async with charts_of(queries) as stage:
        for _ in range(5):
            stage.front.publish()
            await stage.pilot.pause(0.12)
        assert asked == [NOW]
        stage.front.clock = NOW + 30.0
        later = view_of(now_shown(NOW + 30.0, 2), now=NOW + 30.0)
        stage.front.publish(decision=later.decision, snapshot=later.snapshot)
        await stage.until(lambda: asked == [NOW, NOW + 30.0])


async def test_the_row_is_copied(queries: Queries) -> None:
    async with charts_of(queries) as stage:
        await stage.press("y")
        assert "10.0.0.101" in stage.app.clipboard
        await stage.press("tab", "y")
        assert AWKWARD in stage.app.clipboard


async def test_escape_closes_the_page(queries: Queries) -> None:
    async with charts_of(queries) as stage:
        await stage.press("escape")
        assert not isinstance(stage.app.screen, Charts)


# Looks


async def test_with_plain_glyphs_everything_is_ascii(queries: Queries) -> None:
    async with charts_of(queries, glyphs="ascii") as stage:
        assert drawn(stage).isascii()
        assert re.search(r"^ 80 %\+[^\n]*-", drawn(stage), re.M)
        assert "A" in drawn(stage)
        assert ".102 -> .101" in stage.text


@pytest.mark.parametrize("theme", ["dark", "light", "ansi"])
async def test_the_colours_are_the_themes(queries: Queries, theme: str) -> None:
    async with charts_of(queries, theme=theme) as stage:
        await stage.until(lambda: "80 %├" in stage.text)
        chart = stage.app.screen.query_one(f"#chart-{CPU}", Chart)
        styles = {str(span.style) for span in chart.render().spans}
        good = chart.get_component_styles(f"chart--{Tone.GOOD}").color
        assert (f"color({good.ansi})" if good.ansi is not None else good.hex.lower()) in {
            style.replace("cyan", "color(6)") for style in styles
        }
        assert not any(" on " in style for style in styles), "the background is the page's"


async def test_another_theme_draws_again_in_its_colours(queries: Queries) -> None:
    async with charts_of(queries) as stage:
        chart = stage.app.screen.query_one(f"#chart-{CPU}", Chart)
        before = {str(span.style) for span in chart.render().spans}
        stage.app.theme = "hctui-light"
        await stage.until(lambda: not {str(span.style) for span in chart.render().spans} & before)


async def test_without_colour_the_letters_tell_the_nodes_apart(
    queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with charts_of(queries) as stage:
        await stage.until(lambda: "80 %├" in stage.text)
        assert {"A", "B"} <= {*drawn(stage)}


async def test_a_chart_that_cannot_be_drawn_says_so(
    monkeypatch: pytest.MonkeyPatch, queries: Queries
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("hctui.tui.widgets.chart._plot", broken)
    async with charts_of(queries) as stage:
        await stage.until(lambda: "This chart cannot be drawn: ZeroDivisionError." in stage.text)


# Words and rows


def series(name: str, *cpu: float | None) -> NodeSeries:
    at = tuple(float(index) for index in range(len(cpu)))
    return NodeSeries(NodeId(name), name, at, cpu, tuple(None for _ in cpu))


PICTURE = picture_of(view_of(now_shown()))


def texts(cells: Iterable[Any]) -> list[str]:
    return [each.text for each in cells]


def test_the_latest_is_unknown_where_it_is() -> None:
    past = Past("1 h", 0.0, 9.0, nodes=(series("n", 10.0, 30.0, None), series("o", 10.0, 30.0, None, None)))
    first, second = charts.line_rows(past, Scope()).values()
    assert texts(first) == ["A", "n", "30 %", "20 %", "30 %", "-", "-", "-"]
    assert texts(second)[2:5] == ["-", "20 %", "30 %"]


def test_a_node_keeps_its_letter_when_it_is_looked_at_alone() -> None:
    past = Past("1 h", 0.0, 9.0, nodes=tuple(series(f"n{number}", 1.0) for number in range(60)))
    assert [row[0].text for row in charts.line_rows(past, Scope(NodeId("n2"))).values()] == ["C"]
    drawn_alone = charts.drawing(past, Scope(NodeId("n2")), CPU, Policy(), ())
    assert [curve.letter for curve in drawn_alone.curves] == ["C"]
    assert len(charts.line_rows(past, Scope())) == 60, "more nodes than letters"


def test_rows_have_a_cell_for_each_column() -> None:
    past = Past("1 h", 0.0, 9.0, nodes=(series("n", 1.0),))
    assert len(charts.line_rows(past, Scope())["n"]) == len(charts.NODE_COLUMNS)
    web = VmSeries(VmId("web"), "web", 2**30, (0.0,), (1.0,), (Placement(0.0, None),))
    [row] = charts.line_rows(Past("1 h", 0.0, 9.0, vm=web), Scope(vm_id=web.vm_id)).values()
    assert len(row) == len(charts.VM_COLUMNS)
    assert row[-1].text == "not running"


def test_a_change_of_node_that_hctui_did_not_make_is_told_as_such() -> None:
    places = (Placement(0.0, "10.0.0.101"), Placement(5.0, None), Placement(8.0, "elsewhere"))
    web = VmSeries(VmId("web"), "web", 2**30, (0.0,), (1.0,), places)
    started, stopped = moments.events(Past("1 h", 0.0, 9.0, vm=web), Scope(vm_id=web.vm_id), PICTURE)
    assert (stopped.label, stopped.source, stopped.target, stopped.reason) == (
        "1",
        ".101",
        "stopped",
        "not by hctui",
    )
    assert (started.label, started.source, started.target) == ("2", "stopped", "elsewhere")


def test_an_imagined_move_explains_no_change_of_node() -> None:
    places = (Placement(0.0, "10.0.0.101"), Placement(8.0, "10.0.0.102"))
    web = VmSeries(VmId("web"), "web", 2**30, (0.0,), (1.0,), places)
    sent = MigrationTold(
        "m", web.vm_id, "web", NodeId("n1"), "10.0.0.101", NodeId("n2"), "10.0.0.102",
        Reason.PIN, "Why.", 5.0, 7.0, Phase.ARRIVED,
    )  # fmt: skip
    imagined = replace(sent, phase=None, ended_at=None)
    reasons = [
        moments.events(Past("1 h", 0.0, 9.0, vm=web, migrations=(each,)), Scope(vm_id=web.vm_id), PICTURE)[
            0
        ].reason
        for each in (sent, imagined, replace(sent, requested_at=8.5))
    ]
    assert reasons == ["pin", "not by hctui", "not by hctui"]


def test_the_heading_tells_the_time_that_is_drawn() -> None:
    words = charts.heading(PICTURE, ALL, Past("1 h", 0.0, 3600.0), "4 h").text
    assert "the last 1 h, " in words
    assert "the last 4 h" in charts.heading(PICTURE, ALL, None, "4 h").text


async def test_of_very_many_migrations_the_latest_are_drawn_and_all_are_listed(tmp_path: Path) -> None:
    entries = [migrated(at=NOW - 10.0 * number, id=f"m-{number}") for number in range(50)]
    asked = Queries(await journal.written(tmp_path, entries))
    past = Past("1 h", NOW - 900.0, NOW, migrations=await asked.migrations(NOW - 900.0, NOW, 500))
    found = moments.events(past, Scope(), PICTURE)
    assert len(found) == 50
    assert (found[0].label, found[0].at) == ("40", NOW)
    assert [event.label for event in found[-10:]] == [""] * 10
    assert len(charts.drawing(past, Scope(), CPU, Policy(), moments.marks(found)).marks) == moments.MOST_MARKS
    assert moments.events(past, Scope(NodeId("n9")), PICTURE) == ()


# The drawing by itself


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (12, 5), (60, 15)])
async def test_no_size_is_too_small_to_draw(size: tuple[int, int]) -> None:
    from hctui.tui.widgets import chart

    wave = Curve("A", Tone.GOOD, (0.0, 5.0, 9.0), (0.0, 150.0, None))
    sheet = chart._Sheet(Drawing(0.0, 9.0, (wave,)), *size, dict.fromkeys(Tone, "default"), True)
    lines = chart._drawn(sheet).plain.splitlines()
    assert len(lines) <= size[1]
    assert all(len(line) <= max(size[0], 5) for line in lines)


def test_an_empty_time_is_an_empty_chart() -> None:
    from hctui.tui.widgets import chart

    sheet = chart._Sheet(Drawing(0.0, 900.0), 60, 12, dict.fromkeys(Tone, "default"), False)
    assert "100 %" in chart._drawn(sheet).plain


def test_plain_glyphs_are_known_by_their_set() -> None:
    assert Chart(glyphs=ASCII)._is_ascii
    assert not Chart()._is_ascii


@pytest.mark.parametrize("height", range(7, 30))
@pytest.mark.parametrize("load", [3.0, 20.0, 50.0, 77.0, 90.0, 100.0])
def test_letters_and_thresholds_are_on_the_row_of_the_curve(load: float, height: int) -> None:
    from hctui.tui.widgets import chart

    flat = Curve("A", Tone.GOOD, tuple(float(at) for at in range(61)), (load,) * 61)
    inks = dict.fromkeys(Tone, "default")
    with_curve = chart._Sheet(Drawing(0.0, 60.0, (flat,)), 60, height, inks, False)
    rows = [row for row in chart._drawn(with_curve).plain.splitlines() if "A" in row]
    assert len(rows) == 1
    assert re.search(r"[\u2801-\u28ff]A[\u2801-\u28ff]", rows[0])
    limit = Drawing(0.0, 60.0, (flat,), (Threshold(load, Tone.BAD),))
    row = next(
        row for row in chart._drawn(replace(with_curve, drawing=limit)).plain.splitlines() if "├" in row
    )
    assert row.startswith(f"{load:g} %".rjust(5))
    assert "A" in row


@pytest.mark.parametrize("height", range(8, 20))
@pytest.mark.parametrize("is_ascii", [False, True], ids=["dots", "ascii"])
@pytest.mark.parametrize(("load", "is_above"), [(81.0, True), (89.0, True), (80.0, False), (72.0, False)])
def test_what_is_above_the_threshold_is_drawn_above_its_line(
    load: float, is_above: bool, is_ascii: bool, height: int
) -> None:
    from hctui.tui.widgets import chart

    flat = Curve("A", Tone.GOOD, tuple(float(at) for at in range(61)), (load,) * 61)
    limits = (Threshold(80.0, Tone.BAD), Threshold(50.0, Tone.DIM))
    sheet = chart._Sheet(
        Drawing(0.0, 60.0, (flat,), limits), 60, height, dict.fromkeys(Tone, "default"), is_ascii
    )
    rows = chart._drawn(sheet).plain.splitlines()
    [curve] = [index for index, row in enumerate(rows) if "A" in row]
    [line] = [index for index, row in enumerate(rows) if row.startswith(" 80 %")]
    assert (curve < line) is is_above


async def test_other_glyphs_draw_another_chart(queries: Queries) -> None:
    async with charts_of(queries) as stage:
        await stage.until(lambda: not drawn(stage).isascii())
        stage.front.publish(settings=view_of(now_shown(on=2), glyphs="ascii").settings)
        await stage.until(lambda: drawn(stage).isascii())
