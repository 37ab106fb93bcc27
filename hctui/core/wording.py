"""Numbers as people read them, for the sentences of the core. Pure, and the same everywhere."""

from __future__ import annotations

_GIB = 1024**3

MOST_TOLD = 3
"""So many of many names or sentences are told; the rest is counted."""


def percent(value: float) -> str:
    """`86.2 %`."""
    return f"{value:.1f} %"


def gib(size_bytes: float) -> str:
    """`8 GiB`, `0.5 GiB`."""
    size = size_bytes / _GIB
    return f"{size:.0f} GiB" if size >= 10 or size == int(size) else f"{size:.1f} GiB"


def duration(seconds: float) -> str:
    """`45 s`, `2:41 min`, `3:05 h`; rounded up, so that a wait never reads as over before it is."""
    whole = max(0, -int(-seconds // 1))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    minutes = -(-whole // 60)
    return f"{minutes // 60}:{minutes % 60:02d} h"


def listing(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def some_of(names: list[str], noun: str) -> str:
    """`a, b, c and 4 more nodes`: a listing that stays short."""
    more = len(names) - MOST_TOLD
    return listing(names if more <= 0 else [*names[:MOST_TOLD], count(more, f"more {noun}")])


def first_of(sentences: list[str], total: int, noun: str) -> str:
    """`A. B. C. And 4 more nodes.`: the first of `total` sentences; only those that are told need be given."""
    told = " ".join(sentences[:MOST_TOLD])
    return told if total <= MOST_TOLD else f"{told} And {count(total - MOST_TOLD, f'more {noun}')}."


def count(number: int, noun: str) -> str:
    """`1 node`, `4 nodes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
