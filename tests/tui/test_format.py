"""Figures on the screen: short, with their unit, rounded to the side on which they do no harm."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.tui import format as formats

GIB = 1024**3


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (math.nan, "-"), (0.0, "0 %"), (85.6, "86 %"), (100.0, "100 %")]
)
def test_percent(value: float | None, text: str) -> None:
    assert formats.percent(value) == text


@pytest.mark.parametrize(("size", "text"), [(None, "-"), (8 * GIB, "8 GiB"), (GIB / 2, "0.5 GiB")])
def test_gib(size: float | None, text: str) -> None:
    assert formats.gib(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.1, "1 s"),
        (59, "59 s"),
        (60, "1:00 min"),
        (102, "1:42 min"),
        (119, "1:59 min"),
        (119.5, "2 min"),
        (120, "2 min"),
        (121, "3 min"),
        (720, "12 min"),
        (5940, "99 min"),
        (5941, "1:40 h"),
        (7500, "2:05 h"),
        (90000, "25:00 h"),
    ],
)
def test_a_timer_counts_seconds_below_two_minutes_then_minutes(seconds: float, text: str) -> None:
    assert formats.timer(seconds) == text


@given(st.floats(0, 10**6))
def test_a_timer_never_reads_as_over_before_it_is(seconds: float) -> None:
    assert (formats.timer(seconds) == "0 s") == (seconds == 0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (4.9, "4 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (179, "2 min"),
        (3600, "1 h"),
        (3 * 3600, "3 h"),
        (47 * 3600, "47 h"),
        (48 * 3600, "2 d"),
    ],
)
def test_an_age_is_rounded_down(seconds: float, text: str) -> None:
    assert formats.age(seconds) == text


def test_moments_are_told_in_the_time_of_the_zone() -> None:
    at = datetime(2026, 11, 23, 13, 2, 11, tzinfo=UTC).timestamp()
    zone = timezone(timedelta(hours=1))
    assert formats.clock(at, zone) == "14:02:11"
    assert formats.date_time(at, zone) == "2026-11-23 14:02:11"
    local = datetime.fromtimestamp(at, UTC).astimezone()
    assert formats.clock(at) == local.strftime("%H:%M:%S")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.038, "38 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (1.24, "1.2 s")],
)
def test_latency(seconds: float | None, text: str) -> None:
    assert formats.latency(seconds) == text


@pytest.mark.parametrize(
    ("name", "others", "short"),
    [
        ("10.5.11.101", ["10.5.11.102", "10.5.11.103"], ".101"),
        ("10.5.11.101", [], ".101"),
        ("10.5.11.101", ["10.5.12.101"], "10.5.11.101"),
        ("10.5.11.101", ["10.5.11.102", "node-c"], "10.5.11.101"),
        ("node-a", ["node-b"], "node-a"),
        ("a.b.c.d", ["a.b.c.e"], "a.b.c.d"),
        ("", [], ""),
    ],
)
def test_a_node_is_called_by_what_tells_it_from_the_others(name: str, others: list[str], short: str) -> None:
    assert formats.short_nodes((name, *others))[0] == short
    assert formats.short_nodes((*others, name))[-1] == short


def test_ellipsis() -> None:
    assert formats.ellipsis("日本語", 5, "~") == "日本~"
