"""What the sparklines begin with: the recent past from the journal, asked for once when the console is opened."""

from __future__ import annotations

from hctui.engine.queries import Queries
from hctui.engine.view import View
from hctui.tui.trail import MOST_READINGS, Reading


async def readings(queries: Queries, view: View, most_seconds: float) -> list[Reading]:
    """The readings of each poll before the view's snapshot, oldest first.

    Raises:
        HctuiError: the journal cannot be read.
    """
    if view.snapshot is None:
        return []
    until = view.snapshot.taken_at
    seconds = min(most_seconds, MOST_READINGS * view.policy.interval_seconds)
    series = await queries.node_series(until - seconds, until, round(seconds / view.policy.interval_seconds))
    times = series[0].at if series else ()
    read = [
        Reading(
            at,
            {one.node_id: cpu for one in series if (cpu := one.cpu_percent[index]) is not None},
            {one.node_id: mem for one in series if (mem := one.mem_percent[index]) is not None},
        )
        for index, at in enumerate(times)
        if at < until
    ]
    return [reading for reading in read if reading.cpu or reading.mem]
