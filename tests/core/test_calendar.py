"""Windows of the week: how they are read, what lies in them, when the next begins; and what summer time does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hctui.core.calendar import DAYS, Span, closed, day_and_time, opens_at, read_span

BERLIN = ZoneInfo("Europe/Berlin")
"""In 2026 summer time begins on March 29 at 02:00, which becomes 03:00, and ends on October 25 at 03:00."""

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
"""Summer time there is half an hour."""

ZONES = st.sampled_from((UTC, BERLIN, LORD_HOWE, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu")))

HOUR, DAY = 3600.0, 86_400.0


def local(text: str, zone: tzinfo = UTC, *, fold: int = 0) -> float:
    """Unix time of a local time, `2026-03-24 22:00`; 2026-03-23 is a Monday."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone, fold=fold).timestamp()


def spans(*texts: str) -> tuple[Span, ...]:
    return tuple(read_span(text) for text in texts)


@pytest.mark.parametrize(
    ("text", "days", "begin", "end", "usual"),
    [
        ("mon-fri 22:00-06:00", "01234", 1320, 360, "mon-fri 22:00-06:00"),
        ("daily 01:30-04:00", "0123456", 90, 240, "daily 01:30-04:00"),
        ("sat,sun 00:00-24:00", "56", 0, 1440, "sat,sun 00:00-24:00"),
        ("  SAT , Sun   0:00 - 24:00 ", "56", 0, 1440, "sat,sun 00:00-24:00"),
        ("wed 9:05-17:30", "2", 545, 1050, "wed 09:05-17:30"),
        ("fri-mon 22:00-00:00", "0456", 1320, 0, "fri-mon 22:00-00:00"),
        ("mon,wed-fri 08:00-12:00", "0234", 480, 720, "mon,wed-fri 08:00-12:00"),
    ],
)
def test_what_is_a_window(text: str, days: str, begin: int, end: int, usual: str) -> None:
    span = read_span(text)
    assert ("".join(str(day) for day in sorted(span.days)), span.begin, span.end) == (days, begin, end)
    assert span.text == usual
    assert read_span(usual) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22:00-06:00",
        "mon",
        "mon 22:00",
        "mon22:00-06:00",
        "monday 22:00-06:00",
        "mon-fri-sun 22:00-06:00",
        "mon,,fri 22:00-06:00",
        "daily,mon 22:00-06:00",
        "mon- 22:00-06:00",
        "mon 22-06",
        "mon 22:60-06:00",
        "mon 25:00-06:00",
        "mon 24:00-06:00",
        "mon 22:00-24:01",
        "mon 22:00-22:00",
        "mon 22:00-06:00 tue 22:00-06:00",
        "mon \u0661\u0662:00-14:00",
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - that it is one is all that is promised
        read_span(text)


@pytest.mark.parametrize(
    ("text", "at", "inside"),
    [
        ("mon-fri 22:00-06:00", "2026-03-23 21:59", False),
        ("mon-fri 22:00-06:00", "2026-03-23 22:00", True),
        ("mon-fri 22:00-06:00", "2026-03-24 05:59", True),
        ("mon-fri 22:00-06:00", "2026-03-24 06:00", False),
        ("mon-fri 22:00-06:00", "2026-03-23 01:00", False),
        ("mon-fri 22:00-06:00", "2026-03-28 01:00", True),
        ("mon-fri 22:00-06:00", "2026-03-28 22:00", False),
        ("sun 22:00-06:00", "2026-03-23 05:59", True),
        ("daily 00:00-24:00", "2026-03-23 23:59", True),
        ("sun 08:00-12:00", "2026-03-29 11:59", True),
        ("sun 08:00-12:00", "2026-03-29 12:00", False),
    ],
    ids=[
        "before",
        "at its begin",
        "at its end",
        "after",
        "the night before its first day is not its own",
        "the night of its last day is",
        "a day it does not name",
        "from Sunday into Monday",
        "a whole day",
        "within a day",
        "its end is outside",
    ],
)
def test_inside_and_outside(text: str, at: str, inside: bool) -> None:
    assert (closed(spans(text), (), local(at), UTC) is None) is inside
    assert (closed((), spans(text), local(at), UTC) is not None) is inside


def test_never_prevails_and_both_name_their_windows() -> None:
    nights, backups = (
        spans("daily 22:00-06:00", "sat 00:00-24:00"),
        spans("daily 01:00-02:00", "mon 03:00-04:00"),
    )
    forbidden = closed(nights, backups, local("2026-03-24 01:30"), UTC)
    assert forbidden is not None
    assert (forbidden.setting, forbidden.spans) == ("never", backups[:1])
    outside = closed(nights, backups, local("2026-03-24 12:00"), UTC)
    assert outside is not None
    assert (outside.setting, outside.spans) == ("act_only", nights)
    assert closed(nights, backups, local("2026-03-24 02:00"), UTC) is None


@pytest.mark.parametrize(
    ("act_only", "never", "at", "zone", "opens"),
    [
        (("mon-fri 22:00-06:00",), (), "2026-03-23 12:00", UTC, "2026-03-23 22:00"),
        (("mon-fri 22:00-06:00",), (), "2026-03-28 06:00", UTC, "2026-03-30 22:00"),
        (("sun 02:00-04:00",), (), "2026-03-22 04:00", UTC, "2026-03-29 02:00"),
        ((), ("daily 08:00-10:00", "daily 10:00-11:00"), "2026-03-23 08:30", UTC, "2026-03-23 11:00"),
        (("daily 22:00-06:00",), ("daily 21:00-23:00",), "2026-03-23 12:00", UTC, "2026-03-23 23:00"),
        (("daily 22:00-06:00",), (), "2026-03-28 12:00", BERLIN, "2026-03-28 22:00"),
        # The hour from two to three is left out: what begins within it begins when three strikes.
        (("sun 02:30-04:00",), (), "2026-03-29 01:00", BERLIN, "2026-03-29 03:00"),
        # And a window that lies in it wholly does not come that week.
        (("sun 02:15-02:45",), (), "2026-03-29 01:00", BERLIN, "2026-04-05 02:15"),
        ((), ("sat 22:00-02:30",), "2026-03-29 01:00", BERLIN, "2026-03-29 03:00"),
        (("daily 22:00-06:00",), (), "2026-10-25 06:00", BERLIN, "2026-10-25 22:00"),
        (("sun 02:10-05:00",), (), "2026-10-04 01:50", LORD_HOWE, "2026-10-04 02:30"),
    ],
)
def test_when_it_may_act_again(
    act_only: tuple[str, ...], never: tuple[str, ...], at: str, zone: tzinfo, opens: str
) -> None:
    assert opens_at(spans(*act_only), spans(*never), local(at, zone), zone) == local(opens, zone)


def test_an_hour_that_comes_twice_belongs_to_its_window_twice() -> None:
    window = spans("sun 02:15-02:45")
    first, second = (local("2026-10-25 02:20", BERLIN, fold=fold) for fold in (0, 1))
    assert second - first == HOUR
    between = local("2026-10-25 02:50", BERLIN)
    assert [closed(window, (), at, BERLIN) is None for at in (first, between, second)] == [True, False, True]
    assert opens_at(window, (), between, BERLIN) == local("2026-10-25 02:15", BERLIN, fold=1)


def test_what_never_opens_is_looked_for_in_vain() -> None:
    assert (
        opens_at(spans("mon 08:00-09:00"), spans("daily 00:00-24:00"), local("2026-03-23 08:00"), UTC) is None
    )


def test_what_is_open_is_open_now() -> None:
    now = local("2026-03-23 08:00") + 0.25
    assert opens_at((), (), now, UTC) == opens_at(spans("mon 08:00-09:00"), (), now, UTC) == now


def test_a_moment_is_told_in_local_time() -> None:
    at = local("2026-07-21 20:00")
    assert (day_and_time(at, UTC), day_and_time(at, BERLIN)) == ("Tue 20:00", "Tue 22:00")


def minutes(last: int) -> st.SearchStrategy[int]:
    return st.integers(0, last)


@st.composite
def texts(draw: st.DrawFn) -> str:
    words = draw(st.lists(st.sampled_from((*DAYS, "mon-fri", "fri-mon", "sat-sun")), min_size=1, max_size=3))
    begin, end = draw(minutes(1439)), draw(minutes(1440))
    assume(begin != end)
    times = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in (begin, end))
    return f"{draw(st.sampled_from((','.join(words), 'daily')))} {'-'.join(times)}"


WINDOWS = st.lists(texts().map(read_span), max_size=3).map(tuple)
MOMENTS = st.integers(int(local("2026-03-20 00:00")), int(local("2026-11-05 00:00")))


@given(texts())
def test_a_window_in_its_usual_form_reads_the_same(text: str) -> None:
    assert read_span(read_span(text).text) == read_span(text)


@given(WINDOWS, WINDOWS, MOMENTS, ZONES)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    act_only: tuple[Span, ...], never: tuple[Span, ...], now: int, zone: tzinfo
) -> None:
    """Judged minute by minute, with nothing but the clock on the wall."""
    opens = opens_at(act_only, never, now, zone)
    if opens is None:
        later = [now + 8 * DAY * step / 500 for step in range(500)]
        assert all(closed(act_only, never, at, zone) for at in later)
        return
    assert closed(act_only, never, opens, zone) is None
    looked = [*range(now, int(opens), 60), max(now, int(opens) - 1)] if opens > now else []
    assert all(closed(act_only, never, at, zone) for at in looked)


@given(texts().map(read_span), MOMENTS)
def test_a_window_lasts_as_long_as_it_says(span: Span, now: int) -> None:
    """Without summer time: so many minutes of any week lie in it as it has days, times its length."""
    length = (span.end - span.begin) % 1440 or 1440
    week = [now // 60 * 60 + 60 * minute for minute in range(7 * 1440)]
    inside = sum(closed((span,), (), at, UTC) is None for at in week)
    assert inside == length * len(span.days)


def test_weeks_of_nights_over_the_end_of_summer_time() -> None:
    """Every night begins at ten on the wall; the one with the hour that comes twice is an hour longer."""
    nights = spans("daily 22:00-06:00")
    at, last = local("2026-10-20 12:00", BERLIN), local("2026-10-30 12:00", BERLIN)
    begins = []
    while (opening := opens_at(nights, (), at, BERLIN)) is not None and opening < last:
        begins.append(opening)
        at = local(f"{datetime.fromtimestamp(opening, BERLIN) + timedelta(days=1):%Y-%m-%d} 12:00", BERLIN)
    assert [f"{datetime.fromtimestamp(begin, BERLIN):%H:%M}" for begin in begins] == ["22:00"] * 10
    assert [later - earlier for earlier, later in pairwise(begins)].count(25 * HOUR) == 1
