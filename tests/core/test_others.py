"""Migrations that are not ours: which are one and the same, and when so many of them are told of."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.core.balancer import step
from hctui.core.decision import Notice
from hctui.core.model import NetworkStatus, Snapshot, Vm, VmId, VmState
from hctui.core.others import noted
from hctui.core.state import State
from tests.core.build import DRY, NOW, POLICY, cluster, node, vm

WEB, APP, SQL, DB = (VmId(name) for name in ("web", "app", "sql", "db"))


def run(*looks: tuple[float, tuple[VmId, ...]], state: State | None = None) -> tuple[State, list[str]]:
    """The state after looks at so many seconds, each with the VMs that somebody else migrates; and what was told."""
    after, told = state or State(), []
    for seconds, vm_ids in looks:
        after, notices = noted(after, {vm_id: str(vm_id) for vm_id in vm_ids}, POLICY, NOW + seconds)
        told += [notice.sentence for notice in notices]
    return after, told


def test_the_third_within_an_hour_is_told_with_the_number_and_the_vms() -> None:
    _, told = run((0, (WEB,)), (1000, (APP,)), (2000, (SQL,)))
    assert told == [
        "Somebody else seems to be balancing this cluster: 3 migrations within an hour were not made by hctui (sql, "
        "app and web). It waits for each, and rests after it."
    ]


@pytest.mark.parametrize(
    ("looks", "number"),
    [
        ([(0, (WEB,)), (30, (WEB,)), (60, (WEB,)), (90, (WEB,))], 1),
        ([(0, (WEB,)), (90, (WEB,))], 1),
        ([(0, (WEB,)), (91, (WEB,))], 2),
        ([(0, (WEB,)), (30, (APP,)), (60, (WEB,))], 2),
        ([(0, (WEB, APP)), (600, (WEB, APP))], 4),
        ([(0, (WEB,)), (3600, (APP,))], 1),
        ([(0, (WEB,)), (3599, (APP,))], 2),
        ([(30.0 * poll, (WEB,)) for poll in range(200)], 1),
    ],
    ids=[
        "one that lasts",
        "one that was not seen for as long as data is fresh",
        "seen again later",
        "two at once",
        "the same ones to and fro",
        "the first is an hour ago",
        "almost",
        "one that lasts longer than an hour",
    ],
)
def test_which_are_distinct(looks: list[tuple[float, tuple[VmId, ...]]], number: int) -> None:
    state, _ = run(*looks)
    assert len(state.others.sightings) == number


def test_it_is_told_once_in_an_hour() -> None:
    state, told = run((0, (WEB, APP, SQL)), (300, (DB,)), (600, (WEB,)), (3500, (APP,)))
    assert len(told) == 1
    _, again = run((3600, (SQL,)), state=state)
    assert len(again) == 1
    assert "migrations within an hour" in again[0]


def test_vms_that_leave_a_node_which_is_emptied_are_told_as_that_and_are_nobody_balancing() -> None:
    closed = replace(node(1), allow_running_vms=False)
    names = ("web", "app", "sql", "db")
    leaving = [vm(name, 1, ui_state=VmState.MIGRATING) for name in names]
    away = [vm(name, 2) for name in names]
    state = State()
    notices: list[Notice] = []
    for poll, (first, vms) in enumerate(
        [
            (closed, leaving),
            (closed, away),
            (node(1), [replace(each, ui_state=VmState.MIGRATING) for each in away]),
        ]
    ):
        done = step(state, cluster([first, node(2)], vms, at=NOW + 30 * poll), (), POLICY, NOW + 30 * poll)
        state, notices = done.state, [*notices, *done.decision.notices]
        if not poll:
            told = "HyperCore takes web, app, sql and 1 more VM from 10.0.0.101, which does not allow VMs."
            assert done.decision.sentence == f"Standing down. {told}"
    assert notices == []
    assert state.others.sightings == ()


def test_a_node_that_is_excluded_or_cannot_run_vms_at_all_hides_nobody() -> None:
    for first, policy in (
        (replace(node(1), allow_running_vms=False, supports_virtualization=False), POLICY),
        (
            replace(node(1), allow_running_vms=False),
            replace(POLICY, excluded_node_ips=frozenset({"10.0.0.101"})),
        ),
    ):
        seen = cluster([first, node(2)], [vm("web", 2, ui_state=VmState.MIGRATING)])
        assert len(step(State(), seen, (), policy, NOW).state.others.sightings) == 1


@given(
    st.lists(
        st.tuples(st.floats(1, 2000), st.lists(st.sampled_from((WEB, APP, SQL, DB)), unique=True)),
        max_size=60,
    )
)
def test_never_twice_in_an_hour_and_never_without_three(turns: list[tuple[float, list[VmId]]]) -> None:
    state, now = State(), NOW
    told: list[float] = []
    for seconds, vm_ids in turns:
        now += seconds
        state, notices = noted(state, {vm_id: str(vm_id) for vm_id in vm_ids}, POLICY, now)
        if notices:
            assert len(state.others.sightings) >= 3
            told.append(now)
        assert len(state.others.sightings) <= 200
    assert all(later - earlier >= 3600 for earlier, later in pairwise(told))


def _look(at: float, *vms: Vm, **changes: object) -> Snapshot:
    return replace(cluster([node(1), node(2)], vms, at=at), **changes)  # type: ignore[arg-type]


def _cycles(state: State, *snapshots: Snapshot) -> tuple[State, list[Notice]]:
    told: list[Notice] = []
    for snapshot in snapshots:
        done = step(state, snapshot, (), DRY, snapshot.taken_at)
        state, told = done.state, [*told, *done.decision.notices]
    return state, told


def test_a_migration_that_is_seen_and_then_has_moved_the_vm_is_one() -> None:
    busy = vm("web", 1, ui_state=VmState.MIGRATING)
    looks = (_look(NOW, vm("web", 1)), _look(NOW + 30, busy), _look(NOW + 60, vm("web", 2)))
    state, told = _cycles(State(), *looks)
    assert ([seen.vm_name for seen in state.others.sightings], told) == (["web"], [])


def test_three_quick_ones_that_nobody_saw_migrating_are_told_in_a_cycle() -> None:
    away = [vm(name, 2) for name in ("web", "app", "sql")]
    home = [vm(name, 1) for name in ("web", "app", "sql")]
    _, told = _cycles(State(), _look(NOW, *home), _look(NOW + 30, *away))
    assert [notice.event for notice in told] == ["others_balance"]


def test_what_the_cluster_does_while_it_is_not_well_is_not_balancing() -> None:
    """After a node has failed its VMs are on others, and on its return perhaps back: nobody balances."""
    nodes = {each.id: each for each in (node(1, status=NetworkStatus.OFFLINE), node(2))}
    away = [vm(name, 2) for name in ("web", "app", "sql")]
    home = [vm(name, 1) for name in ("web", "app", "sql")]
    state, told = _cycles(
        State(), _look(NOW, *home), _look(NOW + 30, *away, nodes=nodes), _look(NOW + 60, *home)
    )
    assert (state.others.sightings, told) == ((), [])
