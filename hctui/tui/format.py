"""Figures as the console writes them: short, with their unit, and `-` for what is not known. Pure.

The sentences of the core are more exact (`hctui.core.wording`); here a column is six cells wide. What runs down is
rounded up, so that a wait never reads as over before it is; what grows, such as an age, is rounded down.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from hctui.core import wording
from hctui.tui.cell import cut

UNKNOWN = "-"

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def percent(value: float | None) -> str:
    """`86 %`, from 0 to 100; `-` if not known."""
    return UNKNOWN if value is None or math.isnan(value) else f"{value:.0f} %"


def gib(size_bytes: float | None) -> str:
    """`8 GiB`, `0.5 GiB`, from bytes; `-` if not known."""
    return UNKNOWN if size_bytes is None else wording.gib(size_bytes)


def timer(seconds: float) -> str:
    """A wait that runs down, from seconds: `45 s`, `1:42 min`; from 2 min on `12 min`, from 100 min on `2:05 h`.

    Only below two minutes it changes every second: many timers on the screen cost little.
    """
    whole = max(0, math.ceil(seconds))
    if whole < 2 * _MINUTE:
        return wording.duration(whole)
    minutes = -(-whole // _MINUTE)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60}:{minutes % 60:02d} h"


def age(seconds: float) -> str:
    """How long ago something was, from seconds: `4 s`, `2 min`, `3 h`, and from two days on `2 d`."""
    whole = max(0, math.floor(seconds))
    for limit, size, unit in ((_MINUTE, 1, "s"), (_HOUR, _MINUTE, "min"), (2 * _DAY, _HOUR, "h")):
        if whole < limit:
            return f"{whole // size} {unit}"
    return f"{whole // _DAY} d"


def clock(at: float, zone: tzinfo | None = None) -> str:
    """`14:02:11`, from Unix seconds; `zone` is that of this machine if not given."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%H:%M:%S}"


def date_time(at: float, zone: tzinfo | None = None) -> str:
    """`2026-11-23 14:02:11`, from Unix seconds; `zone` is that of this machine if not given."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def latency(seconds: float | None) -> str:
    """`38 ms`, from one second on `1.2 s`; `-` if not known."""
    if seconds is None:
        return UNKNOWN
    milliseconds = round(seconds * 1000)
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{seconds:.1f} s"


def called(name: str) -> str:
    """A name as it is, or that there is none."""
    return name if name.strip() else "(no name)"


@lru_cache(maxsize=8)  # the nodes of a cluster are the same from view to view
def short_nodes(names: tuple[str, ...]) -> tuple[str, ...]:
    """The shortest form of each LAN address of a cluster's nodes that tells it from the others: `.101`.

    That is the last number if all of them share the first three, else the whole name.
    """
    parts = [_parts(each) for each in names]
    shared = {each[:3] for each in parts if each is not None}
    if None in parts or len(shared) != 1:
        return names
    return tuple(f".{name.rpartition('.')[2]}" for name in names)


def ellipsis(text: str, width: int, mark: str = "…") -> str:
    """The text, or its beginning and `mark`, in at most `width` terminal cells."""
    return cut(text, width, mark)


def _parts(name: str) -> tuple[str, ...] | None:
    """The four numbers of an IPv4 address; `None` for any other name."""
    parts = tuple(name.split("."))
    return parts if len(parts) == 4 and all(part.isascii() and part.isdigit() for part in parts) else None
