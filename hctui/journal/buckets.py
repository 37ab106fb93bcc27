"""Many readings over a time as a few means, for a chart with so many points. Pure figures, no journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hctui.core.history import JITTER

USUAL_SHARE = 0.9
"""The usual interval is the one that this share of all intervals do not exceed. Gaps are rare and do not count; an
interval that was changed on the way does, with the longer of its two lengths."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """A time (Unix seconds, both ends included) in `count` parts of equal length; an edge belongs to the later part."""

    since: float
    until: float
    count: int

    @property
    def middles(self) -> tuple[float, ...]:
        """The middle of each part, Unix seconds."""
        return tuple(self.since + (index + 0.5) * self._seconds for index in range(self.count))

    def index(self, at: float) -> int:
        """The part that a moment of this time falls into."""
        if self._seconds <= 0.0:
            return 0
        return max(0, min(int((at - self.since) / self._seconds), self.count - 1))

    @property
    def _seconds(self) -> float:
        return (self.until - self.since) / self.count


def buckets_for(times: Sequence[float], since: float, until: float, most: int) -> Buckets:
    """At most so many parts, and none so short that it could be empty although nothing is missing.

    Args:
        times: of the readings that are to be shared out, ascending.
        since: Unix seconds, included.
        until: Unix seconds, included; not before `since`.
        most: one at least is made.
    """
    shortest = _usual_interval(times) * (1 + 2 * JITTER)
    enough = int((until - since) / shortest) if shortest else most
    return Buckets(since, until, max(1, min(most, enough)))


@dataclass(slots=True)
class Means:
    """Adds readings up, part by part. `None` is a part without any, or a reading that is not known."""

    count: int
    _sums: list[float] = field(init=False)
    _numbers: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._sums, self._numbers = [0.0] * self.count, [0] * self.count

    def add(self, index: int, value: float | None) -> None:
        """Take in one reading of part `index`."""
        if value is not None:
            self._sums[index] += value
            self._numbers[index] += 1

    def told(self) -> tuple[float | None, ...]:
        """The mean of each part."""
        return tuple(
            total / number if number else None
            for total, number in zip(self._sums, self._numbers, strict=True)
        )


def _usual_interval(times: Sequence[float]) -> float:
    """Seconds; 0 when there are fewer than two readings."""
    steps = sorted(later - earlier for earlier, later in pairwise(times))
    return steps[int(USUAL_SHARE * (len(steps) - 1))] if steps else 0.0
