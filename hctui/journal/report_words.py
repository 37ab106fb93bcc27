"""Moments, lengths of time and ends of moves, as all parts of a report write them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from hctui.core.migration import Phase
from hctui.core.wording import duration
from hctui.journal.facts import MoveTold

DAY_SECONDS = 86_400.0

_ENDINGS: dict[Phase | None, str] = {
    Phase.INTENT: "Whether it was sent is not known.",
    Phase.REQUESTED: "Under way.",
    Phase.RUNNING: "Under way.",
    Phase.CONFIRMING: "Under way.",
    Phase.DOUBT: "Under way, its state in doubt.",
    Phase.ARRIVED: "Arrived.",
    Phase.NOT_STARTED: "Not started.",
    Phase.FAILED: "Failed.",
    Phase.GIVEN_UP: "Given up.",
    None: "Not sent: it was decided, but no request followed.",
}


class Times:
    """Moments as people read them in one time zone."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def full(self, at: float) -> str:
        """`Mon 2026-11-16 10:40 UTC`."""
        return f"{self._local(at):%a %Y-%m-%d %H:%M %Z}"

    def brief(self, at: float) -> str:
        """`11-16 10:40`."""
        return f"{self._local(at):%m-%d %H:%M}"

    def span(self, from_at: float, until_at: float) -> str:
        """`from 11-16 10:40 to 11-16 11:00`, `at 11-16 10:40`."""
        begin, end = self.brief(from_at), self.brief(until_at)
        return f"at {begin}" if begin == end else f"from {begin} to {end}"

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, tz=UTC).astimezone(self._zone)


def ending(move: MoveTold) -> str:
    """What became of a move that was no imagination."""
    return f"{_ENDINGS[move.phase]} {move.note}".strip()


def length(seconds: float) -> str:
    """A duration that may be days: `6 d 22 h`."""
    if seconds < 2 * DAY_SECONDS:
        return duration(seconds)
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24} h"
