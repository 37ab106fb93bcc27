"""Courses side by side, in words: the table of their measures, and each move with its time and reason. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from hctui.core.policy import Policy, Strategy
from hctui.core.wording import gib
from hctui.replay.course import Course
from hctui.replay.measures import GIB, Measures, Moved

LIMITS = (
    "A model, not a promise: on a node that was full, VMs asked for at least what they got, and how much more is not "
    "known. What others moved is not repeated, alerts and updates are left out, and how long a migration takes is "
    "assumed."
)

Row = tuple[str, Callable[[Measures], str]]

ROWS: tuple[Row, ...] = (
    ("time looked at", lambda m: f"{m.hours:.1f} h" if m.hours >= 1 else f"{m.hours * 60:.0f} min"),
    ("overload at 80 %", lambda m: f"{m.overload_minutes:.0f} node-min"),
    ("overload at 90 %", lambda m: f"{m.heavy_overload_minutes:.0f} node-min"),
    ("unserved demand", lambda m: f"{m.unserved_percent:.3f} %"),
    ("broken rules", lambda m: f"{m.breach_minutes:.0f} min"),
    ("moves", lambda m: f"{m.moves}"),
    ("RAM moved", lambda m: gib(round(m.gib_moved * GIB))),
    ("returns within 2 h", lambda m: f"{m.returns}"),
    ("unhelpful moves", lambda m: f"{m.unhelpful}"),
)


@dataclass(frozen=True, slots=True)
class Contender:
    """A policy by a short name, with what came of it."""

    name: str
    policy: Policy
    course: Course


def named(policy: Policy) -> str:
    """`documented`, or `best-fit, level 3`."""
    return (
        f"{policy.strategy}, level {policy.level}"
        if policy.strategy is Strategy.BEST_FIT
        else policy.strategy.value
    )


def table(contenders: Sequence[Contender]) -> Iterator[str]:
    """The measures, a column for each contender, as lines of equal width."""
    rows = [["", *(each.name for each in contenders)]]
    rows += [[label, *(told(each.course.measures) for each in contenders)] for label, told in ROWS]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for label, *figures in rows:
        aligned = (figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True))
        yield "   ".join((label.ljust(widths[0]), *aligned)).rstrip()


def moves(contender: Contender, zone: tzinfo | None) -> Iterator[str]:
    """Each move in a line: when, what, and why."""
    for each in contender.course.moves:
        yield _move(each, zone)


def _move(moved: Moved, zone: tzinfo | None) -> str:
    move = moved.move
    marks = [
        mark for mark, is_so in (("a return", moved.is_return), ("did not help", moved.is_unhelpful)) if is_so
    ]
    told = f" ({', '.join(marks)})" if marks else ""
    at = datetime.fromtimestamp(moved.at, zone).strftime("%a %d %b %H:%M")
    what = f"{move.vm_name} ({gib(move.mem_bytes)}) from {move.source_name} to {move.target_name}"
    return f"{at}  {what}, {move.reason}{told}. {move.sentence}"
