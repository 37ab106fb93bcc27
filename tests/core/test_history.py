"""When the window is full, what its mean is, and what odd clocks and gaps do to it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hctui.core.history import Reading, Sample, Window, recorded, sample_of, window
from hctui.core.model import NodeId, VmId
from tests.core.build import NOW, cluster, node, vm

N1, WEB = NodeId("n1"), VmId("web")


def _window(ages: Sequence[float], *, fresh_age: float = 1e6, cpu: float = 40.0) -> Window:
    samples = tuple(Sample(NOW - age, {N1: cpu}, {WEB: cpu}) for age in sorted(ages, reverse=True))
    return window(samples, now=NOW, fresh_since=NOW - fresh_age, window_seconds=300, interval_seconds=30)


def _regular(count: int, *, interval: float = 30.0, first: float = 0.0) -> list[float]:
    return [first + interval * index for index in range(count)]


@pytest.mark.parametrize(
    ("ages", "count", "full"),
    [
        ([], 0, False),
        (_regular(1), 1, False),
        (_regular(9), 9, False),
        (_regular(10), 10, True),
        (_regular(30), 10, True),
        ([*_regular(4), *_regular(4, first=180)], 8, True),
        ([*_regular(3), *_regular(4, first=180)], 7, False),
        (_regular(8), 8, False),
        (_regular(30, interval=5), 30, False),
        (_regular(10, interval=29.9), 10, True),
        (_regular(10, interval=30.9), 10, True),
        ([age + 1.0 for age in _regular(10)], 10, True),
        ([0.0, *(age + 3.0 for age in _regular(9, first=24.0))], 10, True),
    ],
    ids=[
        "nothing",
        "one",
        "one too few",
        "ten in 270 s",
        "older ones do not count",
        "80 % with a gap",
        "less than 80 %",
        "80 %, but of the last 210 s",
        "many, but of the last 145 s",
        "polls a little early",
        "polls a little late",
        "decided a second later",
        "oldest late by less than a tenth",
    ],
)
def test_full_with_80_percent_of_the_samples_over_the_window_less_one_interval(
    ages: list[float], count: int, full: bool
) -> None:
    reading = _window(ages).node(N1)
    assert (reading.count, reading.expected) == (count, 10)
    assert (reading.mean_percent is not None) is full


def test_a_sample_as_old_as_the_window_no_longer_counts() -> None:
    assert _window([300.0]).node(N1).count == 0
    assert _window([299.9]).node(N1).count == 1


def test_starting_afresh_is_a_mark_that_samples_must_be_younger_than() -> None:
    assert _window(_regular(10), fresh_age=90.0).node(N1).count == 3
    assert _window(_regular(10), fresh_age=-10.0).node(N1).count == 0


def test_samples_from_the_future_do_not_count() -> None:
    assert _window([-30.0, 0.0, 30.0]).node(N1).count == 2


def test_mean_is_of_known_samples_only() -> None:
    """A node that did not report is unknown at that moment; counting it as 0 would make it a target."""
    samples = tuple(
        Sample(NOW - 30.0 * back, {} if back in (3, 5) else {N1: 60.0}, {}) for back in reversed(range(10))
    )
    reading = window(samples, now=NOW, fresh_since=0, window_seconds=300, interval_seconds=30).node(N1)
    assert reading == Reading(8, 10, 60.0, 60.0)


def test_a_vm_that_came_late_is_judged_late() -> None:
    samples = tuple(
        Sample(NOW - 30.0 * back, {N1: 10.0}, {WEB: 90.0} if back < 5 else {}) for back in reversed(range(10))
    )
    view = window(samples, now=NOW, fresh_since=0, window_seconds=300, interval_seconds=30)
    assert view.node(N1).mean_percent == 10.0
    assert view.vm(WEB) == Reading(5, 10, None, 90.0)
    assert view.vm(WEB).progress == "5/10"


@pytest.mark.parametrize("cpu", [80.1, 50.3, 0.1, 33.3, 100.0, 0.0])
@pytest.mark.parametrize("count", [10, 11, 14])
def test_mean_of_equal_samples_is_that_value(cpu: float, count: int) -> None:
    """Otherwise a node exactly at its threshold would be above it by a rounding error."""
    assert _window(_regular(count, interval=270 / (count - 1)), cpu=cpu).node(N1).mean_percent == cpu


def test_nobody_knows_a_node_that_was_never_seen() -> None:
    assert _window(_regular(10)).node(NodeId("n9")) == Reading(0, 10, None, None)


def test_window_of_one_interval_is_full_with_one_sample() -> None:
    sample = Sample(NOW, {N1: 12.0}, {})
    view = window((sample,), now=NOW, fresh_since=0, window_seconds=30, interval_seconds=30)
    assert view.node(N1) == Reading(1, 1, 12.0, 12.0)


def test_progress_never_counts_beyond_what_is_expected() -> None:
    assert _window(_regular(30, interval=5)).node(N1).progress == "10/10"


def test_sample_leaves_out_what_is_not_known() -> None:
    snapshot = cluster(
        [node(1, cpu=None), node(2, cpu=0.0)], [vm("a", cpu=None), vm("b", 2, cpu=7.0), vm("c", None)]
    )
    places = {VmId("a"): NodeId("n1"), VmId("b"): NodeId("n2")}
    assert sample_of(snapshot) == Sample(NOW, {NodeId("n2"): 0.0}, {VmId("b"): 7.0, VmId("c"): 20.0}, places)


@pytest.mark.parametrize(
    ("ages", "kept"),
    [([330.0, 30.0], [330.0, 30.0]), ([331.0, 30.0], [30.0]), ([30.0, 0.0], [30.0]), ([-60.0, 30.0], [30.0])],
    ids=["young enough", "too old", "same moment again", "clock set back"],
)
def test_recording_drops_what_no_longer_counts(ages: list[float], kept: list[float]) -> None:
    old = tuple(Sample(NOW - age, {N1: 1.0}, {}) for age in ages)
    new = Sample(NOW, {N1: 2.0}, {})
    assert [NOW - sample.at for sample in recorded(old, new, 330.0)] == [*kept, 0.0]
    assert recorded(old, new, 330.0)[-1] is new
