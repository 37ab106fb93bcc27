"""What is going to happen, in order of time.

Equal times keep the order in which they were entered, so that a run can be repeated exactly. Knows no domain.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

Happening = Callable[[], None]


class Agenda:
    """A queue of happenings by their time."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Happening]] = []
        self._entered = 0

    def enter(self, at: float, happening: Happening) -> None:
        """Let `happening` be called when time has reached `at` (Unix seconds)."""
        self._entered += 1
        heapq.heappush(self._queue, (at, self._entered, happening))

    def take_due(self, until: float) -> tuple[float, Happening] | None:
        """Remove and return the earliest entry not later than `until`, with its time."""
        if not self._queue or self._queue[0][0] > until:
            return None
        at, _, happening = heapq.heappop(self._queue)
        return at, happening
