"""What a chart shows: gaps stay gaps, letters are everywhere, and the scales are readable."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.tui.cell import Tone
from hctui.tui.drawing import Curve, Threshold, load_ticks, scale_of, time_ticks

LOADS = st.lists(st.none() | st.floats(-5.0, 120.0), max_size=40)


def curve(*percent: float | None) -> Curve:
    return Curve("A", Tone.GOOD, tuple(float(index) for index in range(len(percent))), percent)


def test_a_gap_ends_a_run_and_another_begins() -> None:
    assert curve(None, 1.0, 2.0, None, None, 3.0).runs() == [[(1.0, 1.0), (2.0, 2.0)], [(5.0, 3.0)]]


@given(LOADS)
def test_only_what_is_known_is_drawn_and_no_line_crosses_a_gap(percent: list[float | None]) -> None:
    runs = curve(*percent).runs()
    known = {float(index) for index, value in enumerate(percent) if value is not None}
    assert {at for run in runs for at, _ in run} == known
    for run in runs:
        assert [at for at, _ in run] == [run[0][0] + step for step in range(len(run))]
        assert all(0.0 <= load <= 100.0 for _, load in run)


@given(LOADS, st.floats(0.0, 0.99))
def test_every_run_has_its_letter_on_a_point_of_its_own(percent: list[float | None], shift: float) -> None:
    drawn = curve(*percent)
    points = drawn.lettered(0.0, float(len(percent)), shift)
    for run in drawn.runs():
        assert set(points) & set(run)
    assert set(points) <= {point for run in drawn.runs() for point in run}


def test_two_curves_that_lie_on_each_other_have_their_letters_in_different_places() -> None:
    flat = curve(*[50.0] * 60)
    first, second = set(flat.lettered(0.0, 60.0, 0.0)), set(flat.lettered(0.0, 60.0, 0.5))
    assert first
    assert not first & second


@pytest.mark.parametrize(
    ("seconds", "width", "told"),
    [
        (900, 73, ["12:00", "12:02", "12:04", "12:06", "12:08", "12:10", "12:12", "12:14"]),
        (3600, 73, ["12:00", "12:10", "12:20", "12:30", "12:40", "12:50"]),
        (86400, 73, ["12:00", "15:00", "18:00", "21:00", "00:00", "03:00", "06:00", "09:00"]),
        (86400, 9, ["12:00", "00:00"]),
    ],
)
def test_the_times_are_round_ones_of_the_local_clock(seconds: int, width: int, told: list[str]) -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    noon = 1_800_000_000.0 - 1_800_000_000 % 86400 + 6.5 * 3600  # 12:00 there
    assert [words for _, words in time_ticks(noon, noon + seconds - 1, width, zone)] == told


@given(st.floats(0, 2e9), st.sampled_from([900, 3600, 14400, 43200, 86400]), st.integers(1, 200))
def test_there_is_room_for_every_time(since: float, seconds: int, width: int) -> None:
    ticks = time_ticks(since, since + seconds, width)
    assert all(since <= at <= since + seconds for at, _ in ticks)
    assert len(ticks) <= max(2, width // 9 + 1)


def test_the_thresholds_are_at_the_side_before_round_numbers() -> None:
    thresholds = [Threshold(78.0, Tone.BAD), Threshold(50.0, Tone.DIM)]
    few, many = (load_ticks(thresholds, scale_of(thresholds, rows, DOTS)) for rows in (8, 30))
    assert [words for _, words in few] == ["0 %", "50 %", "78 %", "100 %"]
    assert [words for _, words in many] == ["0 %", "25 %", "50 %", "78 %", "100 %"]


DOTS = 4
SCALES = st.builds(
    lambda percents, rows, dots: ([Threshold(percent, Tone.BAD) for percent in percents], rows, dots),
    st.lists(st.integers(1, 99), max_size=2, unique=True),
    st.integers(4, 60),
    st.sampled_from([1, DOTS]),
)


@given(SCALES)
def test_no_two_values_share_a_row(given_: tuple[list[Threshold], int, int]) -> None:
    thresholds, rows, dots = given_
    scale = scale_of(thresholds, rows, dots)
    values = [value for value, _ in load_ticks(thresholds, scale)]
    assert len({scale.row(value) for value in values}) == len(values)
    assert {threshold.percent for threshold in thresholds} <= set(values)


@given(SCALES, st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_what_is_above_a_threshold_is_drawn_above_its_line_and_nothing_else_is(
    given_: tuple[list[Threshold], int, int], load: float, other: float
) -> None:
    thresholds, rows, dots = given_
    scale = scale_of(thresholds, rows, dots)
    for threshold in thresholds:
        line = scale.row(threshold.percent)
        assert scale.row(threshold.percent + 0.1) > line
        assert scale.row(threshold.percent) == line
        if abs(load - threshold.percent) > 0.01:
            assert (scale.row(load) > line) is (load > threshold.percent)
    lower, higher = sorted((load, other))
    assert 0 <= scale.row(lower) <= scale.row(higher) < rows
    assert scale.height(lower) <= scale.height(higher)


@given(st.integers(4, 60), st.floats(0.0, 100.0))
def test_without_thresholds_a_load_is_drawn_where_it_is(rows: int, load: float) -> None:
    assert scale_of((), rows, DOTS).height(load) == pytest.approx(load)


@pytest.mark.parametrize("rows", [9, 10, 11, 12, 20])
def test_the_scale_gives_way_by_less_than_a_row(rows: int) -> None:
    scale = scale_of([Threshold(80.0, Tone.BAD), Threshold(50.0, Tone.DIM)], rows, DOTS)
    assert all(abs(scale.height(load) - load) <= 100.0 / rows for load in range(101))
