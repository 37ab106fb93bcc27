"""What its own migrations teach: the pace, and whether they did what was projected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core import balancer, checks, learning, relief
from hctui.core.answers import Accepted
from hctui.core.decision import Move, Notice, Reason
from hctui.core.history import Sample
from hctui.core.learned import Forecast, Learned, Reading
from hctui.core.migration import Look, Phase
from hctui.core.model import Snapshot, TaskId
from hctui.core.policy import Policy, Strategy
from hctui.core.situation import situation_of
from hctui.core.state import State
from hctui.core.steadiness import at_the_clock
from tests.core.build import NOW, POLICY, cluster, cycle, history, move, node, node_id, situation, vm

N1, N2 = node_id(1), node_id(2)
BEST = Policy(dry_run=False, strategy=Strategy.BEST_FIT)
HOT = cluster([node(1, cpu=90.0), node(2, cpu=30.0)], [vm("web", cpu=50.0, vcpus=40, mem_gib=4.0)])


def sent(snapshot: Snapshot = HOT, what: Move | None = None, policy: Policy = BEST) -> State:
    """The state once a move has been checked and asked for."""
    state = State(samples=history(snapshot))
    what = what or cycle(snapshot, policy=policy).decision.move
    assert what is not None
    state, blocked = balancer.recheck(state, snapshot, what, policy, NOW)
    assert blocked is None
    state = balancer.begun(state, what, "m1", NOW)
    state, _ = balancer.answered(state, Accepted(TaskId("7")), NOW)
    return state


def arrived(state: State, seconds: float = 40.0, policy: Policy = BEST) -> State:
    there = replace(HOT.vms[vm("web").id], node_id=N2)
    state, migration = balancer.watched(state, Look(there, None), policy, NOW + seconds)
    assert migration.phase is Phase.ARRIVED
    return state


def after(state: State, minutes: float, source: float, target: float) -> State:
    """So many minutes after the arrival, with samples that show both nodes like that."""
    now = NOW + 40 + 60 * minutes
    samples = tuple(Sample(now - 30 * back, {N1: source, N2: target}, {}, {}) for back in reversed(range(9)))
    state, _ = learning.measured(replace(state, samples=samples), now)
    return state


def test_the_pace_is_the_median_of_real_migrations() -> None:
    state = arrived(sent())
    assert state.learned.seconds_per_gib == 10.0
    assert Learned(paces=(1.0, 30.0, 2.0)).seconds_per_gib == 2.0
    assert Learned().seconds_per_gib is None
    s = replace(situation([node(1), node(2)]), learned=state.learned)
    assert relief.migration_seconds(s, 8 * 1024**3) == 80.0


def test_small_vms_say_nothing_of_the_pace() -> None:
    small = cluster(HOT.nodes.values(), [vm("web", cpu=50.0, vcpus=40, mem_gib=0.5)])
    assert arrived(sent(small)).learned.paces == ()


def test_what_was_projected_is_put_beside_what_was_measured() -> None:
    state = arrived(sent())
    forecast = state.learned.awaiting[0]
    assert forecast.migration_id == "m1"
    assert learning.sentence(forecast) == (
        "CPU of 10.0.0.101 90.0 % -> 70.0 % predicted; of 10.0.0.102 30.0 % -> 50.0 % predicted."
    )
    state = after(state, 4.9, 71.0, 49.0)
    assert state.learned.awaiting[0].soon is None
    state = after(state, 5, 71.0, 49.0)
    assert "90.0 % -> 70.0 % predicted, 71.0 % after 5 min" in learning.sentence(state.learned.news[0])
    state = after(state, 30, 65.0, 52.0)
    assert state.learned.awaiting == ()
    assert learning.sentence(state.learned.news[0]).endswith(
        "of 10.0.0.102 30.0 % -> 50.0 % predicted, 49.0 % after 5 min, 52.0 % after 30 min."
    )
    assert after(state, 31, 0.0, 0.0).learned.news == ()


def test_another_move_of_one_of_the_nodes_makes_it_unknown() -> None:
    state = arrived(sent())
    migration = replace(state.learned.awaiting[0])
    state = replace(state, learned=replace(state.learned, awaiting=(migration,)))
    other = move("sql", 2, 1)
    state = balancer.begun(state, other, "m2", NOW + 60)
    state, _ = balancer.answered(state, Accepted(None), NOW + 60)
    state, _ = balancer.watched(state, Look(vm("sql", 1), None), BEST, NOW + 90)
    state = after(state, 5, 10.0, 10.0)
    assert state.learned.awaiting[0].soon == Reading(None, None)
    assert "unknown after 5 min" in learning.sentence(state.learned.awaiting[0])
    assert learning.sentence(state.learned.awaiting[0]).endswith(
        "Another move touched one of them meanwhile."
    )
    assert state.learned.unhelpful_in_a_row == 0


def forecast(**changes: object) -> Forecast:
    made = Forecast(
        "m1",
        vm("web").id,
        "web",
        N1,
        "n1",
        N2,
        "n2",
        Reading(90.0, 30.0),
        Reading(70.0, 50.0),
        True,
        NOW + 40,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("soon", "helped"),
    [
        (Reading(70.0, 50.0), True),
        (Reading(88.0, 50.0), True),
        (Reading(88.1, 50.0), False),
        (Reading(60.0, 92.0), False),
        (Reading(None, 50.0), None),
        (None, None),
    ],
)
def test_a_move_helped_if_the_higher_of_its_nodes_is_clearly_lower(
    soon: Reading | None, helped: bool | None
) -> None:
    assert learning.is_helpful(forecast(soon=soon)) is helped
    assert learning.is_helpful(forecast(soon=soon, is_for_load=False)) is None


def test_three_unhelpful_moves_in_a_row_widen_the_margin_and_one_that_helps_takes_it_back() -> None:
    state, told = State(), list[Notice]()
    for _ in range(3):
        state = replace(state, learned=replace(state.learned, awaiting=(forecast(),)))
        now = NOW + 340
        samples = tuple(Sample(now - 30 * back, {N1: 95.0, N2: 50.0}, {}, {}) for back in range(5))
        state, notices = learning.measured(replace(state, samples=samples), now)
        told += notices
    assert state.learned.extra_margin_points == 5.0
    assert [notice.event for notice in told] == ["unhelpful_moves"]
    assert "targets now stay 5 points further below the upper threshold" in told[0].sentence
    s = situation_of(replace(state, samples=history(HOT)), HOT, BEST, NOW)
    web = HOT.vms[vm("web").id]
    assert checks.projected_cpu(s, web, HOT.nodes[N2]).limit == 67.0
    state = replace(state, learned=replace(state.learned, awaiting=(forecast(),)))
    state = after(state, 5, 60.0, 50.0)
    assert state.learned.extra_margin_points == 0.0


def test_the_margin_does_not_grow_without_end() -> None:
    state = State(learned=Learned(unhelpful_in_a_row=2, extra_margin_points=15.0, awaiting=(forecast(),)))
    assert after(state, 5, 95.0, 50.0).learned.extra_margin_points == 15.0


def test_a_move_that_does_not_arrive_is_not_measured() -> None:
    state, _ = balancer.watched(sent(), Look(None, None), BEST, NOW + 40)
    state, migration = balancer.watched(state, Look(None, None), BEST, NOW + 4000)
    assert migration.phase.is_end
    assert state.learned == Learned()


def test_moves_by_hand_and_of_the_documented_rule_are_foreseen_too() -> None:
    by_hand = move("web", reason=Reason.MANUAL)
    state = arrived(sent(what=by_hand, policy=POLICY), policy=POLICY)
    assert state.learned.awaiting[0].is_for_load is False
    assert arrived(sent(policy=POLICY), policy=POLICY).learned.awaiting[0].is_for_load is True


def test_it_outlives_a_clock_that_is_set_back() -> None:
    state = at_the_clock(arrived(sent()), NOW + 100)
    back = at_the_clock(state, NOW + 100 - 3600)
    assert back.learned.awaiting[0].arrived_at == NOW + 40 - 3600
