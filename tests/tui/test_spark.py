"""Sparklines and gauges: a fixed scale, honest gaps, thresholds always in sight."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hctui.tui.cell import Tone
from hctui.tui.glyphs import ASCII, UNICODE, Glyphs
from hctui.tui.spark import gauge, spark

LOADS = st.none() | st.floats(allow_nan=True, allow_infinity=True)
GLYPHS = st.sampled_from([UNICODE, ASCII])


def test_an_idle_node_looks_idle() -> None:
    assert spark([3.0, 3.4, 3.1], 3, 70, 80, UNICODE).text == "▁▁▁"


def test_the_scale_runs_from_nothing_to_all_in_eight_levels() -> None:
    assert spark([0, 12.5, 25, 37.5, 50, 62.5, 75, 87.5, 100], 9, None, 100, UNICODE).text == "▁▂▃▄▅▆▇██"


def test_the_newest_is_at_the_right_and_what_is_not_known_is_a_gap() -> None:
    assert spark([100, 0, None, math.nan, 100], 4, None, 100, UNICODE).text == "▁··█"
    assert spark([100], 3, None, 100, ASCII).text == "..@"
    assert spark([], 2, None, 100, UNICODE).text == "··"
    assert spark([1, 2], 0, None, 100, UNICODE).text == ""


def test_the_tone_says_on_which_side_of_the_thresholds_a_value_is() -> None:
    found = spark([None, 70, 70.1, 80, 80.1], 5, 70, 80, UNICODE)
    tones = [(len(text), tone) for text, tone in found.parts]
    assert tones == [(1, Tone.DIM), (1, Tone.GOOD), (2, Tone.NOTICE), (1, Tone.BAD)]


@pytest.mark.parametrize("lower", [None, 85.0])
def test_with_one_limit_there_is_nothing_between_plain_and_bad(lower: float | None) -> None:
    found = spark([85, 85.1], 2, lower, 85, UNICODE)
    assert [tone for _, tone in found.parts] == [Tone.PLAIN, Tone.BAD]


def test_a_gauge_shows_its_thresholds_on_the_filled_part_too() -> None:
    assert gauge(30, 10, 50, 80, UNICODE).text == "███░░┊░░┊░"
    assert gauge(100, 10, 50, 80, UNICODE).text == "█████┊██┊█"
    assert gauge(30, 10, None, 80, ASCII).text == "###-----|-"


@pytest.mark.parametrize(("value", "tone"), [(50, Tone.GOOD), (80, Tone.NOTICE), (81, Tone.BAD)])
def test_the_bar_has_the_tone_of_its_value(value: float, tone: Tone) -> None:
    assert {each for text, each in gauge(value, 10, 50, 80, UNICODE).parts if "█" in text} == {tone}


@pytest.mark.parametrize("value", [None, math.nan, 0.0, -5.0])
def test_a_gauge_of_nothing_is_empty_but_for_the_ticks(value: float | None) -> None:
    assert gauge(value, 10, 50, 80, UNICODE).text == "░░░░░┊░░┊░"


@given(st.lists(LOADS, max_size=40), LOADS, st.integers(0, 40), st.floats(0, 100), st.floats(0, 100), GLYPHS)
def test_any_value_draws_exactly_the_width(
    values: list[float | None], value: float | None, width: int, lower: float, upper: float, glyphs: Glyphs
) -> None:
    assert cell_len(spark(values, width, lower, upper, glyphs).text) == width
    assert cell_len(gauge(value, width, lower, upper, glyphs).text) == width


@given(st.floats(0, 100), st.floats(0, 100))
def test_more_load_never_draws_lower(one: float, other: float) -> None:
    low, high = sorted((one, other))
    drawn = spark([low, high], 2, None, 100, UNICODE).text
    assert UNICODE.levels.index(drawn[0]) <= UNICODE.levels.index(drawn[1])


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_each_glyph_takes_one_cell(glyphs: Glyphs) -> None:
    for field in fields(glyphs):
        text = getattr(glyphs, field.name)
        wide = {"levels": 8, "arrow": cell_len(text)}
        assert len(text) == cell_len(text) == wide.get(field.name, 1), field.name
    assert len(set(glyphs.levels) | {glyphs.gap}) == 9
    assert cell_len(glyphs.arrow) <= 2


def test_the_plain_set_is_plain() -> None:
    assert all(getattr(ASCII, field.name).isascii() for field in fields(ASCII))
