"""The lists of the dashboard: order, filter and cells, without a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.core.history import Sample
from hctui.core.model import NodeId, VmId, VmState
from hctui.core.policy import Mode, Policy
from hctui.core.state import Arrival, Imagination, ImaginedMove, Ledger, State
from hctui.engine.view import Level, Line
from hctui.tui.cell import Tone
from hctui.tui.columns import arrange
from hctui.tui.glyphs import ASCII, UNICODE
from hctui.tui.lists import log, nodes, violations, vms
from hctui.tui.picture import Picture, picture_of
from hctui.tui.trail import MOST_READINGS, Reading, Trail
from tests.core.build import NOW, cluster, history, node, node_id, vm
from tests.tui.stage import view_of

LIVE = Policy(dry_run=False)
SNAPSHOT = cluster(
    [node(1, cpu=86, used_gib=61), node(2, cpu=41), node(3, cpu=28)],
    [
        vm("web-03", 1, cpu=74, vcpus=8, mem_gib=8),
        vm("sql-01", 1, cpu=55, mem_gib=16, tags="anti_sql-02 backup"),
        vm("sql-02", 1, cpu=10, mem_gib=16),
        vm("App", 2, cpu=None, tags="node_103 nomove node_exporter"),
        vm("old", 3, cpu=0, state=VmState.SHUTOFF),
    ],
)
COOLING = State(
    history(SNAPSHOT),
    real=Ledger(arrivals={VmId("web-03"): Arrival(NOW - 30, node_id(2), node_id(1))}),
)


def seen(state: State | None = None, policy: Policy = LIVE) -> Picture:
    return picture_of(view_of(SNAPSHOT, policy, state=state))


@pytest.mark.parametrize(
    ("sorting", "expected"),
    [
        (vms.Sorting(), ["web-03", "sql-01", "sql-02", "old", "App"]),
        (vms.Sorting("cpu", descending=False), ["App", "old", "sql-02", "sql-01", "web-03"]),
        (vms.Sorting("name", descending=False), ["App", "old", "sql-01", "sql-02", "web-03"]),
        (vms.Sorting("node", descending=False), ["sql-01", "sql-02", "web-03", "App", "old"]),
        (vms.Sorting("ram", descending=True), ["sql-01", "sql-02", "web-03", "App", "old"]),
        (vms.Sorting("cooldown", descending=True), ["web-03", "App", "old", "sql-01", "sql-02"]),
        (vms.Sorting("rules", descending=False), ["sql-01", "App", "old", "sql-02", "web-03"]),
    ],
)
def test_vms_are_sorted_by_any_column_and_unknown_is_below_every_number(
    sorting: vms.Sorting, expected: list[str]
) -> None:
    assert vms.order(seen(COOLING), sorting, "", NOW) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("SQL", {"sql-01", "sql-02"}),
        ("backup", {"sql-01"}),
        ("10.0.0.102", {"App"}),
        ("violation", {"sql-01", "sql-02", "App"}),
        ("cooldown", {"web-03"}),
        ("sql violation", {"sql-01", "sql-02"}),
        ("shutoff", {"old"}),
        ("nothing like this", set()),
        ("[/]", set()),
    ],
)
def test_the_filter_looks_in_name_node_tags_and_state_and_knows_two_words(
    wanted: str, expected: set[str]
) -> None:
    assert set(vms.order(seen(COOLING), vms.Sorting(), wanted, NOW)) == expected


@given(st.sampled_from([column.key for column in vms.COLUMNS]), st.booleans(), st.text(max_size=5))
def test_whatever_the_order_and_filter_every_vm_is_there_once_or_not_at_all(
    column: str, descending: bool, wanted: str
) -> None:
    shown = vms.order(seen(COOLING), vms.Sorting(column, descending), wanted, NOW)
    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(SNAPSHOT.vms)
    if not wanted.split():
        assert set(shown) == set(SNAPSHOT.vms)


def test_a_click_on_the_same_column_reverses_and_the_key_goes_round_all_columns() -> None:
    sorting = vms.Sorting("cpu", descending=True)
    assert sorting.by("cpu") == vms.Sorting("cpu", descending=False)
    assert sorting.by("name") == vms.Sorting("name", descending=False)
    keys = [sorting.column]
    for _ in vms.COLUMNS:
        sorting = sorting.next(200)
        keys.append(sorting.column)
    assert keys[0] == keys[-1]
    assert set(keys) == {column.key for column in vms.COLUMNS}
    assert vms.Sorting("ram").next(80).column == "cooldown", "vCPU and rules are not shown"
    assert vms.Sorting("rules").next(80).column == "name"


def texts(vm_id: str, picture: Picture) -> dict[str, str]:
    cells = vms.row(picture, VmId(vm_id), NOW, UNICODE)
    return dict(zip((column.key for column in vms.COLUMNS), (cell.text for cell in cells), strict=True))


@pytest.mark.parametrize("width", [115, 116, 120, 200])
def test_a_state_of_two_things_is_not_cut_where_there_is_room(width: int) -> None:
    places = {vms.COLUMNS[place.index].key: place.width for place in arrange(vms.COLUMNS, width)}
    assert places["state"] >= len("proposed to .103, violates sql-02")
    assert places["rules"] >= len("anti sql-02")
    assert places["cooldown"] == len("1:30 min")


@pytest.mark.parametrize("width", [79, 80, 120])
def test_the_title_of_what_is_planned_is_not_cut(width: int) -> None:
    [*_, (plan, column)] = zip(arrange(violations.COLUMNS, width), violations.COLUMNS, strict=True)
    assert plan.width >= len(column.title)
    assert plan.x + plan.width <= width


def test_the_cells_of_a_vm() -> None:
    assert texts("web-03", seen(COOLING)) == {
        "name": "web-03",
        "node": ".101",
        "cpu": "74 %",
        "share": "6 %",
        "ram": "8 GiB",
        "vcpus": "8",
        "rules": "",
        "cooldown": "30 min",
        "state": "",
    }
    app = texts("App", seen())
    assert (app["cpu"], app["rules"]) == ("-", "on .103, nomove")
    assert app["state"] == "belongs on .103"
    assert texts("sql-02", seen())["state"] == "violates sql-01"
    assert texts("old", seen())["state"] == "shutoff"


def test_a_dry_run_shows_the_imagined_node_beside_the_real_one() -> None:
    imagination = Imagination(Ledger(), {VmId("web-03"): ImaginedMove(node_id(1), node_id(3), NOW)})
    picture = seen(State(history(SNAPSHOT), imagination=imagination), Policy())
    assert texts("web-03", picture)["node"] == ".101→.103"
    cells = vms.row(picture, VmId("web-03"), NOW, ASCII)
    assert cells[1].text == ".101->.103"


@pytest.mark.parametrize("width", [80, 100, 200])
def test_nodes_whose_figures_are_imagined_say_so(width: int) -> None:
    imagination = Imagination(Ledger(), {VmId("web-03"): ImaginedMove(node_id(1), node_id(3), NOW)})
    picture = seen(State(history(SNAPSHOT), imagination=imagination), Policy(mode=Mode.APPROVE))
    assert [nodes.state(picture, key).text for key in nodes.order(picture)] == [
        "imagined, hot",
        "may take VMs",
        "imagined, coolest",
    ]
    column = nodes.COLUMN_COUNT - 1
    [place] = [each for each in arrange(nodes.columns(LIVE), width) if each.index == column]
    assert place.width >= len("imagined, coolest")
    nothing = seen(State(history(SNAPSHOT), imagination=Imagination(Ledger(), {})), Policy(mode=Mode.APPROVE))
    assert not any("imagined" in nodes.state(nothing, key).text for key in nodes.order(nothing))


def test_a_vm_that_is_gone_leaves_an_empty_row_instead_of_a_crash() -> None:
    assert all(cell.text == "" for cell in vms.row(seen(), VmId("gone"), NOW, UNICODE))


def test_timers_run_only_for_vms_in_cooldown() -> None:
    assert vms.cooling(seen(COOLING), NOW) == ["web-03"]
    assert vms.cooling(seen(COOLING), NOW + 1771) == ["web-03"], "the timer that has just ended is wiped"
    assert vms.cooling(seen(COOLING), NOW + 1772) == []


def test_nodes_say_in_words_what_they_are() -> None:
    trail = Trail()
    trail.add(SNAPSHOT)
    rows = {key: nodes.row(seen(), key, trail, UNICODE, 200) for key in nodes.order(seen())}
    states = [cells[-1].text for cells in rows.values()]
    assert states == ["hot", "may take VMs", "coolest"]
    means = [cells[4].text for cells in rows.values()]
    assert means == ["86 %", "41 %", "28 %"]
    excluded = seen(policy=replace(LIVE, excluded_node_ips=frozenset({"10.0.0.103"})))
    assert nodes.row(excluded, node_id(3), trail, UNICODE, 200)[-1].text == "is excluded by exclude_node_ips"
    young = seen(State(history(SNAPSHOT, 3)))
    assert nodes.row(young, node_id(1), trail, UNICODE, 200)[-1].text == "history 3/10"
    assert all(cell.text == "" for cell in nodes.row(seen(), NodeId("gone"), trail, UNICODE, 200))


def test_the_legend_has_the_thresholds() -> None:
    assert nodes.legend(seen()) == "CPU hot above 80 %, takes VMs below 50 %; RAM limit 70 %"


def test_broken_rules_are_listed_with_what_is_planned_or_in_the_way() -> None:
    picture = seen()
    found = violations.order(picture)
    rows = [[cell.text for cell in violations.row(picture, finding)] for finding in found.values()]
    assert rows == [
        ["anti-affinity", "sql-01 and sql-02", ".101", "to move: sql-01 to .102"],
        ["pin", "App", ".102", "It waits for its turn."],
    ]


def test_while_nothing_is_decided_broken_rules_are_listed_all_the_same() -> None:
    cooling = replace(COOLING, real=replace(COOLING.real, last_ended_at=NOW))
    assert len(violations.order(seen(cooling))) == 2


def lines(*events: str) -> list[Line]:
    return [Line(NOW + index, event, f"{event} {index}") for index, event in enumerate(events)]


def log_texts(rows: Mapping[str, log.Row]) -> list[str]:
    """The last cell of each row."""
    return [log.row(each)[-1].text for each in rows.values()]


def test_the_log_shows_what_came_of_a_cycle_and_the_newest_of_what_repeats() -> None:
    book = log.LogBook()
    told = lines(
        "collecting_data", "violation", "candidate", "balanced", "collecting_data", "balanced", "ended"
    )
    book.add(len(told), told)
    assert log_texts(book.shown("", NOW, verbose=False)) == ["violation 1", "balanced 5", "ended 6"]
    assert len(book.shown("", NOW, verbose=True)) == 7
    assert log_texts(book.shown("ENDED", NOW, verbose=False)) == ["ended 6"]


def test_the_log_is_bounded_and_its_rows_keep_their_keys() -> None:
    book = log.LogBook()
    many = lines(*["ended"] * (log.MOST_LINES + 10))
    book.add(len(many), many)
    shown = book.shown("", NOW, verbose=False)
    assert len(shown) == log.MOST_LINES
    key = next(iter(shown))
    assert shown[key] == many[10]
    book.add(len(many) + 1, lines("violation"))
    assert key not in book.shown("", NOW, verbose=False), "the oldest has gone"
    assert list(book.shown("", NOW, verbose=False))[-1] == str(len(many))


MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
DAY_SECONDS = 86_400.0


def days_of(*times: float, now: float, wanted: str = "", zone: tzinfo = UTC) -> dict[str, log.Row]:
    """What a log shows of lines at these times, each of which says when it was."""
    book = log.LogBook(zone)
    book.add(len(times), [Line(at, "ended", f"at {at - MIDNIGHT:g}") for at in times])
    return book.shown(wanted, now, verbose=False)


def test_lines_of_today_need_no_date() -> None:
    assert log_texts(days_of(MIDNIGHT, MIDNIGHT + 5, now=MIDNIGHT + 9)) == ["at 0", "at 5"]


def test_a_date_stands_before_the_first_line_of_another_day_and_wherever_the_day_changes() -> None:
    rows = days_of(MIDNIGHT - DAY_SECONDS, MIDNIGHT - 1, MIDNIGHT, now=MIDNIGHT + 9)
    assert log_texts(rows) == ["Mon 23 Nov 2026", "at -86400", "at -1", "Tue 24 Nov 2026", "at 0"]
    time_of_day, told = log.row(rows["2026-11-23"])
    assert (time_of_day.text, told.parts[0][1]) == ("", Tone.DIM)


def test_days_begin_at_midnight_where_the_reader_is() -> None:
    rows = days_of(MIDNIGHT - 1, MIDNIGHT, now=MIDNIGHT, zone=timezone(timedelta(hours=1)))
    assert log_texts(rows) == ["at -1", "at 0"]


def test_a_filter_keeps_the_dates_of_the_lines_it_leaves() -> None:
    rows = days_of(MIDNIGHT - DAY_SECONDS, MIDNIGHT - 1, MIDNIGHT, now=MIDNIGHT, wanted="-1")
    assert log_texts(rows) == ["Mon 23 Nov 2026", "at -1"]


def test_a_clock_set_back_brings_a_day_twice_with_keys_of_their_own() -> None:
    rows = days_of(*(MIDNIGHT - 1, MIDNIGHT, MIDNIGHT - 2, MIDNIGHT + 1, MIDNIGHT - 3), now=MIDNIGHT)
    assert log_texts(rows) == [
        *("Mon 23 Nov 2026", "at -1", "Tue 24 Nov 2026", "at 0"),
        *("Mon 23 Nov 2026", "at -2", "Tue 24 Nov 2026", "at 1", "Mon 23 Nov 2026", "at -3"),
    ]


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        (Line(NOW, "balanced", "..."), log.Moment(NOW)),
        (Line(NOW, "executing", "..."), log.Moment(NOW)),
        (Line(NOW, "collecting_data", "..."), log.Moment(NOW, ahead=True)),
        (Line(NOW, "settings", "..."), log.Moment(NOW, ahead=True)),
        (Line(NOW, "ended", "...", data={"requested_at": NOW - 60}), log.Moment(NOW - 60)),
        (Line(NOW, "waiting", "...", data={"requested_at": NOW - 60}), log.Moment(NOW - 60)),
    ],
)
def test_a_line_knows_which_decision_explains_it(line: Line, moment: log.Moment) -> None:
    assert log.moment(line) == moment


@pytest.mark.parametrize(
    ("line", "text", "tone"),
    [
        (Line(NOW, "ended", "MIGRATION FAILED", Level.ERROR), "ERROR: MIGRATION FAILED", Tone.BAD),
        (Line(NOW, "no_data", "nothing", Level.WARNING), "WARNING: nothing", Tone.WARNING),
        (Line(NOW, "executing", "EXECUTING"), "EXECUTING", Tone.ACCENT),
        (Line(NOW, "unheard of", "text"), "text", Tone.PLAIN),
    ],
)
def test_lines_are_coloured_and_worded(line: Line, text: str, tone: Tone) -> None:
    _, told = log.row(line)
    assert told.text == text
    assert told.parts[0][1] is tone


def test_the_trail_is_bounded_counts_each_snapshot_once_and_survives_a_clock_that_was_set_back() -> None:
    trail = Trail()
    for second in range(MOST_READINGS + 5):
        trail.add(replace(SNAPSHOT, taken_at=NOW + second))
        trail.add(replace(SNAPSHOT, taken_at=NOW + second))
    assert len(trail.cpu_percent(node_id(1))) == MOST_READINGS
    assert trail.seconds == MOST_READINGS - 1
    trail.add(replace(SNAPSHOT, taken_at=NOW))
    assert trail.cpu_percent(node_id(1)) == [86]
    trail.begin([Reading(NOW - 30, {node_id(1): 50.0}, {})])
    assert trail.cpu_percent(node_id(1)) == [50.0, 86]
    assert trail.mem_percent(node_id(1)) == [None, 61.0]


def test_samples_without_a_node_are_gaps() -> None:
    sample = Sample(NOW, {}, {})
    assert sample.nodes == {}
    trail = Trail()
    trail.add(cluster([node(1, cpu=None, used_gib=None)]))
    assert trail.cpu_percent(node_id(1)) == [None]
