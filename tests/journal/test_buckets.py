"""Readings shared out over a time: nothing is lost, and what is empty was empty."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.journal.buckets import Buckets, Means, buckets_for


def test_parts_are_equal_and_told_by_their_middles() -> None:
    assert Buckets(1000.0, 1400.0, 4).middles == (1050.0, 1150.0, 1250.0, 1350.0)


@pytest.mark.parametrize(
    ("at", "index"), [(0.0, 0), (99.9, 0), (100.0, 1), (399.9, 3), (400.0, 3), (-1.0, 0), (401.0, 3)]
)
def test_an_edge_belongs_to_the_later_part_and_the_last_edge_to_the_last(at: float, index: int) -> None:
    assert Buckets(0.0, 400.0, 4).index(at) == index


def test_a_time_without_length_is_one_part() -> None:
    buckets = buckets_for([5.0], 5.0, 5.0, 1)
    assert (buckets.middles, buckets.index(5.0)) == ((5.0,), 0)


@pytest.mark.parametrize(
    ("span_seconds", "most", "count"),
    [(86_400.0, 160, 160), (900.0, 160, 25), (36.0, 160, 1), (10.0, 160, 1), (86_400.0, 0, 1)],
)
def test_there_are_as_many_parts_as_asked_for_unless_samples_are_rarer(
    span_seconds: float, most: int, count: int
) -> None:
    times = [30.0 * index for index in range(20)]
    assert buckets_for(times, 0.0, span_seconds, most).count == count


@pytest.mark.parametrize("times", [[], [7.0]])
def test_where_no_interval_is_known_it_limits_nothing(times: list[float]) -> None:
    assert buckets_for(times, 0.0, 100.0, 50).count == 50


def test_a_few_gaps_do_not_make_parts_longer_and_a_changed_interval_does() -> None:
    gap = [30.0 * index for index in range(50)] + [9_000 + 30.0 * index for index in range(50)]
    changed = [30.0 * index for index in range(50)] + [1_500 + 60.0 * index for index in range(50)]
    assert buckets_for(gap, 0.0, 36_000.0, 10_000).count == 1000
    assert buckets_for(changed, 0.0, 36_000.0, 10_000).count == 500


@given(
    seed=st.integers(0, 10_000),
    interval=st.floats(5.0, 600.0),
    polls=st.integers(30, 400),
    most=st.integers(1, 500),
)
def test_polls_that_come_a_little_early_or_late_leave_no_part_empty(
    seed: int, interval: float, polls: int, most: int
) -> None:
    noise = random.Random(seed)  # noqa: S311 - not a secret
    times = [interval * (index + noise.uniform(-0.04, 0.04)) for index in range(polls)]
    buckets = buckets_for(times, times[0], times[-1], most)
    assert {buckets.index(at) for at in times} == set(range(buckets.count))
    assert all(earlier < later for earlier, later in pairwise(buckets.middles))


def test_a_mean_counts_what_is_known() -> None:
    means = Means(3)
    for index, value in [(0, 10.0), (0, None), (0, 20.0), (2, None)]:
        means.add(index, value)
    assert means.told() == (15.0, None, None)
