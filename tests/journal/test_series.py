"""How loads went: means over parts of a time, gaps, nodes that came and went, and VMs that moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hctui.core.model import NodeId, Snapshot, Vm, VmId, VmState
from hctui.journal import JournalError
from hctui.journal.series import NodeSeries, Placement, VmSeries, read_node_series, read_vm_series
from tests.journal.build import GIB, START, node, snapshot, vm, written

WEB = VmId("id-web")


async def nodes_over(
    folder: Path, entries: Iterable[Snapshot], seconds: float, most: int
) -> tuple[NodeSeries, ...]:
    return read_node_series(await written(folder, entries), START, START + seconds, most)


async def web_over(folder: Path, entries: Iterable[Snapshot], seconds: float, most: int) -> VmSeries | None:
    return read_vm_series(await written(folder, entries), WEB, START, START + seconds, most)


def loads(*figures: tuple[float, float | None, float | None]) -> list[Snapshot]:
    """Moments with the CPU percent and the RAM in GiB of one node that has 128 GiB."""
    return [snapshot(START + at, (node("n1", cpu, mem),)) for at, cpu, mem in figures]


async def test_samples_of_one_part_are_averaged(folder: Path) -> None:
    samples = loads((0, 10.0, 32.0), (30, 20.0, 64.0), (60, 50.0, 96.0), (90, 70.0, 128.0))
    [series] = await nodes_over(folder, samples, 100, 2)
    assert series == NodeSeries(NodeId("id-n1"), "n1", (START + 25, START + 75), (15.0, 60.0), (37.5, 87.5))


async def test_a_time_without_samples_is_a_gap(folder: Path) -> None:
    times = [*range(0, 300, 30), *range(900, 1200, 30)]
    [series] = await nodes_over(folder, loads(*((at, 10.0, 64.0) for at in times)), 1200, 4)
    assert series.cpu_percent == (10.0, None, None, 10.0)
    assert series.mem_percent == (50.0, None, None, 50.0)


async def test_what_is_not_known_is_not_zero(folder: Path) -> None:
    samples = loads((0, None, 64.0), (30, 40.0, None), (60, None, None), (90, None, None))
    [series] = await nodes_over(folder, samples, 100, 2)
    assert (series.cpu_percent, series.mem_percent) == ((40.0, None), (50.0, None))


async def test_parts_are_never_shorter_than_what_is_sampled(folder: Path) -> None:
    [series] = await nodes_over(folder, loads(*((at, 10.0, 64.0) for at in range(0, 930, 30))), 900, 500)
    assert len(series.at) == len(series.cpu_percent) == 25
    assert None not in series.cpu_percent


async def test_nodes_that_left_came_or_were_renamed_are_one_series_each(folder: Path) -> None:
    early = (node("n2", 20.0), node("left", 30.0))
    late = (replace(node("n2", 40.0), name="another"), node("came", 50.0))
    samples = [snapshot(START + at, early if at < 50 else late) for at in (0, 30, 60, 90)]
    found = await nodes_over(folder, samples, 100, 2)
    assert [(each.node_id, each.name, each.cpu_percent) for each in found] == [
        ("id-n2", "another", (20.0, 40.0)),
        ("id-came", "came", (None, 50.0)),
        ("id-left", "left", (30.0, None)),
    ]


async def test_both_ends_of_the_time_count_and_nothing_beyond(folder: Path) -> None:
    samples = loads((-1, 90.0, 1.0), (0, 10.0, 64.0), (60, 20.0, 64.0), (61, 90.0, 1.0))
    [series] = await nodes_over(folder, samples, 60, 1)
    assert series.cpu_percent == (15.0,)


async def test_where_a_clock_was_set_back_the_time_lived_last_counts(folder: Path) -> None:
    before = [(at, 90.0, 64.0) for at in (0, 30, 60, 90)]
    again = [(at, 10.0, 64.0) for at in (20, 50, 80)]
    [series] = await nodes_over(folder, loads(*before, *again), 100, 2)
    assert series.cpu_percent == (50.0, 10.0), (
        "of the time before only the first sample is left: (90 + 10) / 2"
    )


async def test_an_empty_time_has_no_series(folder: Path) -> None:
    path = await written(folder, loads((0, 10.0, 64.0)))
    assert read_node_series(path, START + 1, START + 2, 10) == ()
    assert read_node_series(path, START + 2, START + 1, 10) == ()
    assert read_vm_series(path, WEB, START + 1, START + 2, 10) is None


def where(at: float, *machines: Vm) -> Snapshot:
    """Two nodes, and VMs of which one is always there."""
    return snapshot(START + at, vms=(vm("db", "n2"), *machines))


async def test_a_vm_is_averaged_by_its_own_vcpus(folder: Path) -> None:
    samples = [where(30 * index, vm("web", cpu_percent=10.0 * index)) for index in range(4)]
    series = await web_over(folder, samples, 100, 2)
    assert series == VmSeries(
        WEB,
        "web",
        8 * GIB,
        (START + 25, START + 75),
        (5.0, 25.0),
        (Placement(START, "n1"),),
    )


async def test_a_vm_is_told_with_every_place_it_had(folder: Path) -> None:
    stopped = replace(vm("web", "n2"), state=VmState.SHUTOFF, ui_state=VmState.SHUTOFF)
    moving = replace(vm("web"), ui_state=VmState.MIGRATING)
    samples = [
        where(0),  # not made yet
        where(30, vm("web")),
        where(60, moving),
        where(90, vm("web", "n2")),
        where(120, stopped),
        where(150, stopped),
        where(180, vm("web", "n2")),
        where(210),  # deleted
        where(240),
    ]
    series = await web_over(folder, samples, 240, 1)
    assert series is not None
    assert [(told.at - START, told.node_name) for told in series.placements] == [
        (30, "n1"),
        (90, "n2"),
        (120, None),
        (180, "n2"),
        (210, None),
    ]


async def test_a_vm_that_was_stopped_at_first_is_told_to_be_nowhere(folder: Path) -> None:
    stopped = replace(vm("web"), state=VmState.SHUTOFF, ui_state=VmState.SHUTOFF)
    series = await web_over(folder, [where(0, stopped), where(30, vm("web"))], 60, 1)
    assert series is not None
    assert series.placements == (Placement(START, None), Placement(START + 30, "n1"))


async def test_a_node_that_was_renamed_is_no_other_place(folder: Path) -> None:
    renamed = snapshot(START + 30, (replace(node("n1"), name="new"), node("n2")), (vm("web"),))
    series = await web_over(folder, [snapshot(START, vms=(vm("web"),)), renamed], 60, 1)
    assert series is not None
    assert series.placements == (Placement(START, "n1"),)


async def test_a_node_the_cluster_did_not_tell_of_goes_by_its_id(folder: Path) -> None:
    series = await web_over(folder, [where(0, vm("web", "n9"))], 60, 1)
    assert series is not None
    assert series.placements == (Placement(START, "id-n9"),)


async def test_name_and_ram_of_a_vm_are_the_latest(folder: Path) -> None:
    grown = replace(vm("web"), name="web-new", mem_bytes=16 * GIB)
    series = await web_over(folder, [where(0, vm("web")), where(30, grown)], 60, 1)
    assert series is not None
    assert (series.name, series.mem_bytes) == ("web-new", 16 * GIB)


async def test_load_of_a_vm_that_is_away_or_not_measured_is_a_gap(folder: Path) -> None:
    known, unknown = vm("web", cpu_percent=10.0), vm("web", cpu_percent=None)
    samples = [
        where(30 * index, *machines)
        for index, machines in enumerate([(known,)] * 3 + [(unknown,)] * 3 + [()] * 3)
    ]
    series = await web_over(folder, samples, 269, 3)
    assert series is not None
    assert series.cpu_percent == (10.0, None, None)


async def test_a_vm_nobody_has_seen_has_no_series(folder: Path) -> None:
    path = await written(folder, [where(0)])
    assert read_vm_series(path, WEB, START, START + 1, 10) is None


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE samples SET figures = x'00'",
        "UPDATE samples SET figures = 'text'",
        "UPDATE samples SET figures = (SELECT figures FROM samples WHERE id = 1)",
        "UPDATE inventories SET body = x'00'",
        "DELETE FROM inventories",
    ],
)
async def test_a_damaged_row_is_an_error_of_ours(folder: Path, damage: str) -> None:
    small = snapshot(START, (node("n1"),), (vm("db"),))
    path = await written(folder, [small, where(30, vm("web"))])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)
    with pytest.raises(JournalError, match="a sample cannot be read"):
        read_node_series(path, START, START + 60, 2)
    with pytest.raises(JournalError, match="a sample cannot be read"):
        read_vm_series(path, WEB, START, START + 60, 2)
