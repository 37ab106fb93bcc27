"""What is remembered: cooldowns, back-offs, rejections, clock jumps, and the reality of a dry run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.model import VmId
from hctui.core.state import (
    Arrival,
    Departure,
    Failure,
    ImaginedMove,
    Ledger,
    Rejection,
    State,
    back_off_seconds,
    find_failure,
    in_every_reality,
    in_reality,
    pruned,
    remaining_seconds,
    with_arrival,
    with_failure,
    with_imagined,
)
from tests.core.build import NOW, POLICY, cluster, move, node, node_id, vm

WEB = VmId("web")
SNAPSHOT = cluster([node(1), node(2)], [vm("web"), vm("sql")])


@pytest.mark.parametrize(
    ("begun_at", "left"),
    [
        (None, 0),
        (NOW, 300),
        (NOW - 299.5, 0.5),
        (NOW - 300, 0),
        (NOW - 9999, 0),
        (NOW + 1, 300),
        (NOW + 9999, 300),
    ],
)
def test_no_wait_is_ever_longer_than_its_length(begun_at: float | None, left: float) -> None:
    assert remaining_seconds(begun_at, 300, NOW) == left


@pytest.mark.parametrize(
    ("count", "brief", "seconds"),
    [
        (1, False, 1800),
        (2, False, 3600),
        (3, False, 7200),
        (5, False, 28800),
        (99, False, 28800),
        (1, True, 0),
        (2, True, 60),
        (4, True, 240),
    ],
)
def test_back_off_doubles_up_to_sixteen_times(count: int, brief: bool, seconds: float) -> None:
    assert back_off_seconds(Failure(WEB, node_id(2), count, NOW, "", brief), POLICY) == seconds


def test_without_a_vm_cooldown_a_failed_pair_still_rests_for_a_minute() -> None:
    failure = Failure(WEB, node_id(2), 1, NOW, "")
    assert back_off_seconds(failure, replace(POLICY, vm_cooldown_seconds=0)) == 60


def test_failures_of_a_pair_in_a_row_are_counted() -> None:
    ledger = with_failure(Ledger(), move(), NOW, "No room.")
    ledger = with_failure(ledger, move(target=3), NOW + 1, "Other target.")
    ledger = with_failure(ledger, move(), NOW + 2, "Still no room.")
    assert find_failure(ledger, WEB, node_id(2)) == Failure(WEB, node_id(2), 2, NOW + 2, "Still no room.")
    assert find_failure(ledger, WEB, node_id(3)) == Failure(WEB, node_id(3), 1, NOW + 1, "Other target.")
    assert find_failure(ledger, VmId("sql"), node_id(2)) is None


def test_a_failure_rests_the_cluster_but_not_the_vm() -> None:
    ledger = with_failure(Ledger(), move(), NOW, "No room.")
    assert (ledger.last_ended_at, ledger.arrivals) == (NOW, {})


def test_a_request_that_reached_nobody_does_not_rest_the_cluster() -> None:
    ledger = with_failure(Ledger(last_ended_at=NOW - 7), move(), NOW, "No route.", brief=True)
    assert ledger.last_ended_at == NOW - 7
    assert ledger.failures[0].brief


def test_an_arrival_starts_both_cooldowns_and_the_window_and_ends_the_failures_of_the_pair() -> None:
    before = with_failure(with_failure(Ledger(), move(), NOW, "a"), move(target=3), NOW, "b")
    ledger = with_arrival(before, move(), NOW + 9)
    assert (ledger.fresh_since, ledger.last_ended_at) == (NOW + 9, NOW + 9)
    assert ledger.arrivals == {WEB: Arrival(NOW + 9, node_id(1), node_id(2))}
    assert ledger.departures == (Departure(WEB, node_id(1), NOW + 9),)
    assert [failure.target for failure in ledger.failures] == ["n3"]


@pytest.mark.parametrize(
    ("age", "kept"),
    [(0, True), (3599, True), (3600, False)],
    ids=["new", "within twice the back-off", "beyond"],
)
def test_a_failure_is_remembered_for_twice_its_back_off(age: float, kept: bool) -> None:
    """So that one right after the back-off still counts as one in a row."""
    ledger = Ledger(failures=(Failure(WEB, node_id(2), 1, NOW - age, "x"),))
    assert bool(pruned(ledger, SNAPSHOT, POLICY, NOW).failures) is kept


@pytest.mark.parametrize(("age", "kept"), [(0, True), (1799, True), (1800, False)])
def test_a_rejection_is_remembered_for_the_vm_cooldown(age: float, kept: bool) -> None:
    ledger = Ledger(rejections=(Rejection(WEB, node_id(2), NOW - age),))
    assert bool(pruned(ledger, SNAPSHOT, POLICY, NOW).rejections) is kept


def test_what_is_gone_is_forgotten_only_when_its_waits_are_over() -> None:
    gone = VmId("gone")
    ledger = Ledger(
        arrivals={gone: Arrival(NOW, node_id(1), node_id(2)), WEB: Arrival(NOW, node_id(1), node_id(2))},
        failures=(Failure(gone, node_id(2), 1, NOW, "x"),),
        rejections=(Rejection(gone, node_id(2), NOW),),
    )
    assert pruned(ledger, SNAPSHOT, POLICY, NOW) == ledger
    left = pruned(ledger, SNAPSHOT, POLICY, NOW + 3600)
    assert (set(left.arrivals), left.failures, left.rejections) == ({WEB}, (), ())


def test_a_clock_set_back_is_cut_to_now() -> None:
    later = NOW + 86_400
    ledger = Ledger(
        fresh_since=later,
        last_ended_at=later,
        arrivals={WEB: Arrival(later, node_id(1), node_id(2))},
        failures=(Failure(WEB, node_id(2), 1, later, "x"),),
        rejections=(Rejection(WEB, node_id(2), later),),
        departures=(Departure(WEB, node_id(1), later),),
    )
    left = pruned(ledger, SNAPSHOT, POLICY, NOW)
    assert (left.fresh_since, left.last_ended_at) == (NOW, NOW)
    assert left.arrivals[WEB].at == left.failures[0].last_at == left.rejections[0].at == NOW
    assert left.departures[0].at == NOW


@pytest.mark.parametrize(
    ("ban", "kept"),
    [
        (0, [3500, 3400, 100]),
        (3800, [3500, 3400, 100]),
        (7200, [4000, 3500, 3400, 100]),
        (10**5, [9000, 4000, 3500, 3400, 100]),
    ],
)
def test_departures_are_kept_for_the_budget_and_the_last_of_each_pair_for_the_ban(
    ban: float, kept: list[float]
) -> None:
    """web has left node 1 twice: 5000 s ago, which neither bans nor counts any more, and 100 s ago."""
    left = [
        ("sql", 1, 9000),
        ("web", 1, 5000),
        ("gone", 1, 4000),
        ("web", 2, 3500),
        ("sql", 2, 3400),
        ("web", 1, 100),
    ]
    departures = tuple(Departure(VmId(name), node_id(number), NOW - ago) for name, number, ago in left)
    policy = replace(POLICY, return_ban_seconds=ban)
    ledger = pruned(Ledger(departures=departures), SNAPSHOT, policy, NOW)
    assert [NOW - departure.at for departure in ledger.departures] == kept


def test_pruning_changes_nothing_that_still_matters() -> None:
    ledger = with_arrival(with_failure(Ledger(), move(target=3), NOW - 5, "x"), move(), NOW - 1)
    assert pruned(ledger, SNAPSHOT, POLICY, NOW) == ledger


def test_a_dry_run_begins_as_a_copy_of_what_is_real() -> None:
    real = with_arrival(Ledger(), move(), NOW)
    state = in_reality(State(real=real), dry_run=True)
    assert state.imagination is not None
    assert state.ledger == real
    assert in_reality(state, dry_run=True) is state


def test_imagined_moves_leave_the_real_ledger_alone() -> None:
    state = with_imagined(in_reality(State(), dry_run=True), move(), NOW)
    assert state.real == Ledger()
    assert state.ledger == with_arrival(Ledger(), move(), NOW)
    assert state.imagination is not None
    assert state.imagination.moves == {WEB: ImaginedMove(node_id(1), node_id(2), NOW)}


def test_an_imagined_move_goes_on_from_where_the_vm_really_is() -> None:
    state = with_imagined(with_imagined(State(), move("web", 1, 2), NOW), move("web", 2, 3), NOW + 1)
    assert state.imagination is not None
    assert state.imagination.moves == {WEB: ImaginedMove(node_id(1), node_id(3), NOW + 1)}
    back = with_imagined(state, move("web", 3, 1), NOW + 2)
    assert back.imagination is not None
    assert back.imagination.moves == {}


def test_going_live_forgets_the_imagination() -> None:
    state = with_imagined(in_reality(State(), dry_run=True), move(), NOW)
    live = in_reality(state, dry_run=False)
    assert (live.imagination, live.ledger) == (None, Ledger())
    assert in_reality(live, dry_run=False) is live


def test_the_end_of_a_migration_counts_in_both_realities() -> None:
    """A dry run that began while a migration was under way has its cooldown too."""
    dry = in_reality(State(), dry_run=True)
    ended = in_every_reality(dry, lambda ledger: with_arrival(ledger, move(), NOW))
    assert ended.real == ended.ledger == with_arrival(Ledger(), move(), NOW)
    live = in_every_reality(State(), lambda ledger: replace(ledger, last_ended_at=NOW))
    assert (live.real.last_ended_at, live.imagination) == (NOW, None)
