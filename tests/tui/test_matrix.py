"""The matrix of VMs and nodes: its words, which nodes fit, and the page."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from textual.widgets import Input, Static

from hctui.core import checks, explain
from hctui.core.decision import Check, Reason, Verdict
from hctui.core.model import Snapshot, VmId
from hctui.core.state import Failure, Ledger, State
from hctui.tui.cell import Tone
from hctui.tui.glyphs import ASCII
from hctui.tui.lists import matrix
from hctui.tui.picture import picture_of
from hctui.tui.screens.explain import Explanation
from hctui.tui.screens.matrix import Matrix, MatrixTable
from tests.core.build import NOW, cluster, history, node, node_id, situation, vm
from tests.tui.stage import Stage, bare_console, view_of
from tests.tui.troubled import MARKUP, WIDE, troubled

# Words

OF_THE_VM = (
    Check.COOLDOWN,
    Check.RUNNING,
    Check.NOT_BUSY,
    Check.NOMOVE,
    Check.GPU,
    Check.SOURCE,
    Check.PINNED,
    Check.NATIVE,
    Check.HISTORY,
)
OF_A_NODE = (
    Check.USABLE,
    Check.TARGET_CPU,
    Check.RAM,
    Check.ANTI_AFFINITY,
    Check.PINNED,
    Check.NATIVE,
    Check.BACK_OFF,
)


def cell_for(check: Check, value: float | None = None, limit: float | None = None) -> str:
    verdict = Verdict(check, False, "Why.", value, limit)
    return matrix.word(explain.Cell(node_id(1), "n1", False, verdict), situation([node(1)])).text


@pytest.mark.parametrize(
    ("check", "value", "limit", "expected"),
    [
        (Check.RAM, 74.4, 70.0, "RAM 74 %"),
        (Check.RAM, 70.2, 70.0, "RAM 71 %"),
        (Check.RAM, None, 70.0, "RAM ?"),
        (Check.TARGET_CPU, 61.0, 50.0, "CPU 61 %"),
        (Check.TARGET_CPU, 50.0, 50.0, "CPU 50 %"),
        (Check.TARGET_CPU, None, 50.0, "CPU ?"),
        (Check.ANTI_AFFINITY, 1, 0, "anti"),
        (Check.PINNED, None, None, "pin"),
        (Check.NATIVE, None, None, "affinity"),
        (Check.BACK_OFF, 60, 100, "back-off"),
        (Check.USABLE, None, None, "unusable"),
    ],
)
def test_what_fails_on_a_node_in_a_word(
    check: Check, value: float | None, limit: float | None, expected: str
) -> None:
    assert cell_for(check, value, limit) == expected


def test_every_check_of_a_node_has_a_word_that_fits() -> None:
    for check in OF_A_NODE:
        assert len(cell_for(check, 100.0, 70.0)) < matrix.NODE_WIDTH


@pytest.mark.parametrize(
    ("name", "expected", "tone"),
    [
        ("web-01", "cooldown 19 min", Tone.NOTICE),
        ("web-02", "nomove", Tone.WARNING),
        ("web-03", "ok", Tone.GOOD),
        ("sql-01", "pin", Tone.WARNING),
        ("strict", "affinity", Tone.WARNING),
    ],
)
def test_what_a_vm_says_itself_in_a_word(name: str, expected: str, tone: Tone) -> None:
    s = picture_of(troubled()).situation
    assert s
    assert matrix.own_word(explain.Rows(s).row(VmId(name)), s).parts == ((expected, tone),)


def test_nodes_are_dimmed_where_the_vm_goes_nowhere() -> None:
    s = picture_of(troubled()).situation
    assert s

    def tones(name: str) -> set[Tone]:
        cells = matrix.row(explain.Rows(s).row(VmId(name)), s, range(4), None, ASCII)[2:6]
        return {tone for each in cells for text, tone in each.parts if text.strip() not in ("", "here")}

    assert tones("web-02") == {Tone.DIM}
    assert Tone.DIM not in tones("web-03")


def test_a_history_that_is_not_full_says_how_far_it_is() -> None:
    s = situation([node(1), node(2)], [vm("web")], polls=3)
    assert matrix.own_word(explain.Rows(s).row(VmId("web")), s).text == "history 3/10"


def test_every_check_of_the_vm_fits_its_column() -> None:
    s = situation([node(1)], [vm("web")])
    row = explain.Rows(s).row(VmId("web"))
    for check in OF_THE_VM:
        failed = replace(row, own=Verdict(check, False, "Why.", 99 * 60.0, 5400.0))
        assert matrix.own_word(failed, s).width <= matrix.OWN.width


def test_the_cell_under_the_cursor_is_told_in_full() -> None:
    picture = picture_of(troubled())
    s = picture.situation
    assert s
    nodes = list(s.snapshot.nodes.values())
    rows = explain.Rows(s)

    def told(name: str, at: int) -> str:
        return matrix.sentence(rows.row(VmId(name)), at, nodes[at], ASCII)

    assert told("web-03", 2) == (
        "web-03 -> 10.0.0.103: no (RAM). RAM 72.0 % with 32 GiB more, above the limit of 70.0 %."
    )
    assert told("web-02", 2) == (
        "web-02 -> 10.0.0.103: ok, every check of the node holds. It stays where it is (nomove): "
        "web-02 has the tag nomove."
    )
    assert told("web-03", 0) == "web-03 is on 10.0.0.101. Nothing about the VM itself keeps it there."
    assert told("nameless", 2).startswith("(no name) is on 10.0.0.103.")
    assert told("sql-01", 2) == (
        "sql-01 -> 10.0.0.103: no (pin). sql-01 is pinned to 10.0.0.102. That also keeps it where it is."
    ), "one pin, told once"


def test_cells_say_what_the_core_says() -> None:
    """The one row is what the whole matrix has, whichever VM is asked for first."""
    s = picture_of(troubled()).situation
    assert s
    rows = explain.Rows(s)
    assert [row.vm_id for row in explain.matrix(s)] == list(rows.order)
    assert tuple(rows.row(vm_id) for vm_id in reversed(rows.order)) == tuple(reversed(explain.matrix(s)))
    for row in explain.matrix(s):
        for found in row.cells:
            if found.verdict:
                vm, target = s.snapshot.vms[row.vm_id], s.snapshot.nodes[found.node_id]
                assert found.verdict == checks.last_verdict(s, vm, target, row.reason)


# Which nodes fit


@pytest.mark.parametrize(
    ("width", "nodes", "at", "first", "expected"),
    [
        (80, 4, 0, 0, range(0, 4)),
        (80, 4, 3, 0, range(0, 4)),
        (80, 16, 0, 0, range(0, 4)),
        (80, 16, 4, 0, range(1, 5)),
        (80, 16, 15, 0, range(12, 16)),
        (80, 16, 3, 12, range(3, 7)),
        (80, 16, 13, 12, range(12, 16)),
        (80, 3, 0, 12, range(0, 3)),
        (200, 16, 0, 0, range(0, 14)),
        (20, 3, 1, 0, range(1, 2)),
        (80, 1, 0, 0, range(0, 1)),
    ],
)
def test_the_nodes_in_sight_hold_the_cursor(
    width: int, nodes: int, at: int, first: int, expected: range
) -> None:
    assert matrix.in_sight(width, nodes, at, first) == expected


@pytest.mark.parametrize("width", range(60, 200, 7))
def test_the_columns_never_need_more_than_there_is(width: int) -> None:
    picture = picture_of(view_of(large(16, 4)))
    assert picture.snapshot
    nodes = list(picture.snapshot.nodes)
    shown = matrix.in_sight(width, 16, 9, 0)
    columns = matrix.columns(picture, nodes, shown, 9, ASCII, width)
    assert 9 in shown
    assert sum(column.width + 1 for column in columns if column.fits(width)) - 1 <= width
    assert [column.title[0] for column in columns if column.key == nodes[9]] == [ASCII.pointer]


@pytest.mark.parametrize(
    ("name", "width", "expected"),
    [
        ("web", 200, (14, 20)),
        ("a-name-of-twenty-one-", 200, (21, 20)),
        ("a-name-of-twenty-one-", 110, (21, 13)),
        ("a-name-of-twenty-one-", 80, (20, 10)),
        ("n" * 200, 200, (32, 20)),
        ("数据库" * 4, 200, (24, 20)),
        ("web", 60, (14, 14)),
    ],
)
def test_a_name_is_as_wide_as_it_must_be_and_the_rest_is_for_the_nodes(
    name: str, width: int, expected: tuple[int, int]
) -> None:
    nodes = [node(number) for number in range(1, 5)]
    picture = picture_of(view_of(cluster(nodes, [vm("web-1"), vm(name, id="named")])))
    shown = matrix.in_sight(width, len(nodes), 0, 0)
    found = matrix.columns(picture, [each.id for each in nodes], shown, 0, ASCII, width)
    assert (found[0].width, found[2].width) == expected
    assert sum(column.width + 1 for column in found if column.fits(width)) - 1 <= width


# The page


def large(nodes: int, vms: int) -> Snapshot:
    many = [node(number, cpu=10.0 + 5 * number, used_gib=50.0 + number) for number in range(1, nodes + 1)]
    tags = {number: f"anti_vm-{number + 1:04}" for number in range(0, vms, 10)}
    return cluster(
        many,
        [
            vm(f"vm-{n:04}", 1 + n % nodes, mem_gib=1 + n % 4, cpu=float(n % 97), tags=tags.get(n, ""))
            for n in range(vms)
        ],
    )


async def opened(stage: Stage) -> Matrix:
    page = Matrix()
    await stage.app.push_screen(page)
    await stage.settle()
    return page


def told(page: Matrix) -> str:
    return str(page.query_one("#sentence", Static).content)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50), (60, 15)])
async def test_the_matrix_is_shown_in_the_planners_order(size: tuple[int, int]) -> None:
    async with bare_console(troubled(), size) as stage:
        page = await opened(stage)
        assert page.query_one(MatrixTable).keys_in_sight[:5] == (
            "sql-01",
            "sql-02",
            "web-01",
            "web-02",
            "web-03",
        )
        for part in ("VM itself", "▶.101", "RAM 76 %", "cooldown 19 min", "nomove", "here"):
            assert part in stage.text
        assert ("if moved for" in stage.text) == (size[0] >= 120)


async def test_the_verdicts_stand_beside_the_names_on_a_wide_screen() -> None:
    async with bare_console(troubled(), (200, 50)) as stage:
        await opened(stage)
        [line] = [line for line in stage.text.splitlines() if line.startswith("web-01")]
        assert line.index("cooldown") == matrix.WIDEST_NAME + 1


async def test_the_cursor_moves_between_nodes_and_vms_and_the_sentence_follows() -> None:
    async with bare_console(troubled()) as stage:
        page = await opened(stage)
        assert told(page).startswith("sql-01 → 10.0.0.101: no (RAM). RAM 76.0 %")
        await stage.press("right", "right", "down")
        assert told(page).startswith("sql-02 → 10.0.0.103: no (RAM). RAM 80.0 %")
        assert "▶.103" in stage.text
        assert "▶RAM 80 %" in stage.text
        assert stage.text.count("▶") == 2
        await stage.press(*["left"] * 9)
        assert told(page).startswith("sql-02 → 10.0.0.101")
        await stage.press(*["right"] * 9, "up")
        assert told(page).startswith("sql-01 → 10.0.0.104")
        assert stage.text.count("▶") == 2


async def test_more_nodes_than_fit_are_reached_by_going_right() -> None:
    async with bare_console(view_of(large(16, 40))) as stage:
        await opened(stage)
        assert ".101" in stage.text
        assert ".116" not in stage.text
        await stage.press(*["right"] * 15)
        assert "▶.116" in stage.text
        assert ".101 " not in stage.text.split("VM itself")[1].splitlines()[0]


async def test_cursor_and_node_survive_a_new_picture_and_a_vanished_vm() -> None:
    async with bare_console(troubled()) as stage:
        page = await opened(stage)
        await stage.press("right", "right", "down", "down")
        assert told(page).startswith("web-01 → 10.0.0.103")
        view = stage.front.view
        assert view.snapshot
        stage.front.publish(state=replace(view.state, real=Ledger(last_ended_at=1.0)))
        await stage.until(lambda: "cooldown 19" not in stage.text)
        assert told(page).startswith("web-01 → 10.0.0.103")
        left = {key: each for key, each in view.snapshot.vms.items() if key != "web-01"}
        stage.front.publish(snapshot=replace(view.snapshot, vms=left))
        await stage.until(lambda: told(page).startswith("web-02 → 10.0.0.103"))


async def test_a_vanished_node_and_an_empty_cluster_do_no_harm() -> None:
    async with bare_console(troubled()) as stage:
        page = await opened(stage)
        await stage.press(*["right"] * 3)
        snapshot = stage.front.view.snapshot
        assert snapshot
        left = {key: each for key, each in snapshot.nodes.items() if key != node_id(4)}
        stage.front.publish(snapshot=replace(snapshot, nodes=left))
        await stage.until(lambda: ".104" not in stage.text)
        assert "10.0.0.101" in told(page)
        stage.front.publish(snapshot=replace(snapshot, vms={}))
        await stage.until(lambda: "no VM is running" in stage.text)
        assert told(page) == ""


async def test_without_a_snapshot_there_is_nothing_to_show() -> None:
    view = replace(troubled(), snapshot=None)
    async with bare_console(view) as stage:
        await opened(stage)
        assert "no VM is known yet" in stage.text
        await stage.press("right", "down", "enter", "e", "g", "y")
        assert isinstance(stage.app.screen, Matrix)


async def test_the_filter_works_as_on_the_dashboard() -> None:
    async with bare_console(troubled()) as stage:
        page = await opened(stage)
        await stage.press("slash", *"[/]")
        assert page.query_one(MatrixTable).keys_in_sight == (MARKUP,)
        assert MARKUP in stage.text
        await stage.press("enter", "right")
        assert told(page).startswith(f"{MARKUP} → 10.0.0.102")
        await stage.press("escape")
        assert len(page.query_one(MatrixTable).keys_in_sight) > 5
        await stage.press("slash", *"violation", "enter")
        assert page.query_one(MatrixTable).keys_in_sight == ("sql-01", "sql-02")
        await stage.press("slash", *"zzz")
        assert "no VM matches 'violationzzz'" in stage.text
        await stage.press("escape")
        assert page.query_one(Input).value == ""
        await stage.press("escape")
        assert not isinstance(stage.app.screen, Matrix)


async def test_names_are_literal() -> None:
    async with bare_console(troubled(), (120, 40)) as stage:
        page = await opened(stage)
        table = page.query_one(MatrixTable)
        for key, name in ((MARKUP, MARKUP), (WIDE, WIDE), ("nameless", "(no name)")):
            assert table.set_cursor(key)
            await stage.settle()
            assert told(page).startswith(name)
            assert name in stage.text


async def test_a_click_points_at_a_cell_and_at_a_node() -> None:
    async with bare_console(troubled()) as stage:
        page = await opened(stage)
        table = page.query_one(MatrixTable)
        x = next(place.x for place in table.places if table.columns[place.index].key == "n3")
        await stage.pilot.click(table, offset=(x + 1, 5))
        await stage.settle()
        assert told(page).startswith("web-03 → 10.0.0.103")
        x = next(place.x for place in table.places if table.columns[place.index].key == "n2")
        await stage.pilot.click(table, offset=(x + 1, 0))
        await stage.settle()
        assert told(page).startswith("web-03 → 10.0.0.102")


async def test_keys_lead_to_the_vm_and_back() -> None:
    async with bare_console(troubled()) as stage:
        await opened(stage)
        await stage.press("down", "enter")
        assert isinstance(stage.app.screen, Explanation)
        assert " Why: sql-02" in stage.text
        await stage.press("escape", "e")
        assert isinstance(stage.app.screen, Explanation)
        await stage.press("escape", "escape")
        assert not isinstance(stage.app.screen, Matrix)


async def test_resizing_shows_more_nodes_with_the_cursor_where_it_was() -> None:
    async with bare_console(view_of(large(16, 40))) as stage:
        page = await opened(stage)
        await stage.press(*["right"] * 5)
        before = told(page)
        await stage.pilot.resize_terminal(200, 50)
        await stage.settle()
        assert ".114" in stage.text
        assert told(page) == before


async def test_a_thousand_vms_on_sixteen_nodes_open_and_scroll_without_waiting() -> None:
    """Only the rows in sight are worked out: 40 of 1000."""
    view = view_of(large(16, 1000))
    async with bare_console(view, (200, 50)) as stage:
        asked: list[VmId] = []
        page = await opened(stage)
        rows = page._rows
        assert rows
        worked_out = rows.row

        def counted(vm_id: VmId, reason: Reason | None = None) -> explain.Row:
            asked.append(vm_id)
            return worked_out(vm_id, reason)

        rows.row = counted  # type: ignore[method-assign]
        begun = time.perf_counter()
        page.paint(replace(stage.app.picture))
        await stage.press("pagedown", "end", "pageup")
        assert time.perf_counter() - begun < 5.0
        assert len(set(asked)) < 200


def test_the_reason_beside_a_failure_of_the_pair_is_the_back_off() -> None:
    snapshot = cluster([node(1, cpu=91), node(2, cpu=20)], [vm("web")])
    failure = Failure(VmId("web"), node_id(2), 1, NOW - 60, "The cluster refused it.")
    view = view_of(snapshot, state=State(history(snapshot), real=Ledger(failures=(failure,))))
    s = picture_of(view).situation
    assert s
    assert matrix.word(explain.Rows(s).row(VmId("web")).cells[1], s).text == "back-off"
