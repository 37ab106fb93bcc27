"""The local time of this host as a value that the core can be handed: it asks the system for each moment anew.

So a change to summer time weeks after the start is kept, which a fixed offset would miss. Knows no moment itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class LocalTime(tzinfo):
    """The time zone that the system is set to."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """By how much local time is ahead of UTC then."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Not known: nobody asks."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        """The zone's abbreviation then, as in `CEST`."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, moment: datetime) -> datetime:
        """The moment in local time, from one in UTC that carries this zone."""
        local = moment.replace(tzinfo=UTC).astimezone()
        wall = local.replace(tzinfo=self)
        # When clocks are set back, the same hour comes twice: the second one has a mark.
        return wall if self.utcoffset(wall) == local.utcoffset() else wall.replace(fold=1)


LOCAL_TIME = LocalTime()
