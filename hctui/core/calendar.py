"""Windows of the week in local time: how they are written, and when they allow to act, now and next.

Pure: the moment and the time zone are handed in. Local time is what the clock on the wall shows, so when summer time
begins or ends a window begins and ends by that clock: an hour that is left out belongs to no window, and one that
comes twice belongs to its window twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = "daily"
ALLOWED = (
    'a list of windows, as in "mon-fri 22:00-06:00", "sat,sun 00:00-24:00" or "daily 01:30-04:00": days from mon to '
    "sun, then two different times"
)

_MINUTES = 24 * 60
_QUARTER_SECONDS = 900
_SPAN = re.compile(r"([a-z][a-z,\s-]*?)\s+([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")

LOOK_AHEAD_SECONDS = 8 * 24 * 3600
"""How far the next opening is looked for: a week, and a day for a window that summer time leaves out once."""


@dataclass(frozen=True, slots=True)
class Span:
    """A window of the week. One that crosses midnight belongs to the days on which it begins.

    Attributes:
        days: 0 is Monday.
        begin: minutes after midnight.
        end: likewise, up to 1440; before or at `begin` it is on the next day. The window ends before this minute.
        text: as it is written.
    """

    days: frozenset[int]
    begin: int
    end: int
    text: str

    def holds(self, weekday: int, minute: int) -> bool:
        """Whether a minute of a day lies in it; both in local time."""
        if self.begin < self.end:
            return weekday in self.days and self.begin <= minute < self.end
        return (weekday in self.days and minute >= self.begin) or (
            (weekday - 1) % 7 in self.days and minute < self.end
        )


@dataclass(frozen=True, slots=True)
class Closed:
    """That nothing may be done now: by which setting, and by which of its windows (all, where none is open)."""

    setting: str
    spans: tuple[Span, ...]


def read_span(text: str) -> Span:
    """Read a window, `mon-fri 22:00-06:00`, in any case and with any spaces.

    Raises:
        ValueError: it is none.
    """
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(text)
    words = "".join(match[1].split())
    begin, end = _minute(match[2], match[3]), _minute(match[4], match[5])
    if begin in (end, _MINUTES):
        raise ValueError(text)
    return Span(_days(words), begin, end, f"{words} {_time(begin)}-{_time(end)}")


def closed(act_only: tuple[Span, ...], never: tuple[Span, ...], now: float, zone: tzinfo) -> Closed | None:
    """What forbids to act at a moment (Unix seconds), or `None`. `never` prevails; no `act_only` is always."""
    local = _local(now, zone)
    weekday, minute = local.weekday(), local.hour * 60 + local.minute
    forbidding = tuple(span for span in never if span.holds(weekday, minute))
    if forbidding:
        return Closed("never", forbidding)
    if act_only and not any(span.holds(weekday, minute) for span in act_only):
        return Closed("act_only", act_only)
    return None


def opens_at(act_only: tuple[Span, ...], never: tuple[Span, ...], now: float, zone: tzinfo) -> float | None:
    """The first moment from now on at which nothing forbids to act; `None` if there is none within eight days."""
    boundaries = {minute * 60 for span in (*act_only, *never) for minute in (span.begin, span.end)}
    at, last = now // 1, now + LOOK_AHEAD_SECONDS
    while at <= last:
        if closed(act_only, never, at, zone) is None:
            return max(at, now)
        at += _step(at, boundaries, zone)
    return None


def _step(at: float, boundaries: set[int], zone: tzinfo) -> float:
    """Seconds to the next moment at which anything can change: a window's boundary, or a change of the offset.

    Offsets change on a quarter of an hour everywhere.
    """
    local = _local(at, zone)
    second = local.hour * 3600 + local.minute * 60 + local.second
    ahead = ((boundary - second) % (_MINUTES * 60) or _MINUTES * 60 for boundary in boundaries)
    return min(_QUARTER_SECONDS - at % _QUARTER_SECONDS, *ahead)


def day_and_time(at: float, zone: tzinfo) -> str:
    """`Tue 22:00`: a moment (Unix seconds) in local time, for one within a week."""
    local = _local(at, zone)
    return f"{DAYS[local.weekday()].capitalize()} {local:%H:%M}"


def _local(at: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(zone)


def _days(words: str) -> frozenset[int]:
    if words == DAILY:
        return frozenset(range(7))
    days: set[int] = set()
    for word in words.split(","):
        first, _, last = word.partition("-")
        begin = DAYS.index(first)
        length = (DAYS.index(last) - begin) % 7 if "-" in word else 0
        days.update((begin + ahead) % 7 for ahead in range(length + 1))
    return frozenset(days)


def _minute(hours: str, minutes: str) -> int:
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > _MINUTES:
        raise ValueError(f"{hours}:{minutes}")
    return minute


def _time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
