"""What a balancer did, or would have done, in a time: the facts of `hctui report`, read from a journal file.

Reads only, while an engine may be writing. Knows nothing of how the facts are shown (`report_text.py`), and nothing
of the policy: what was decided stands in the decisions, and the threshold is asked for.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest
from pathlib import Path
from statistics import median

from hctui.core.commands import Ordered
from hctui.core.decision import Check, Outcome, Reason
from hctui.core.migration import Phase
from hctui.core.model import NodeId
from hctui.journal import encoding
from hctui.journal.chronicle import MAY_WAIT, read_orders
from hctui.journal.errors import unreadable
from hctui.journal.facts import (
    Coverage,
    Gap,
    MoveTold,
    NodeTime,
    Report,
    StandDown,
    Tally,
)
from hctui.journal.samples import node_samples
from hctui.journal.schema import open_for_reading
from hctui.journal.unresolved import LOAD, RULES, Cycle, unresolved

LONGEST_INTERVALS = 3
"""Between two entries further apart than this many ordinary intervals nothing is known; they count for so many."""

_TOLD = frozenset(
    {
        Outcome.MOVE,
        Outcome.PROPOSAL,
        Outcome.BLOCKED,
        Outcome.COLLECTING,
        Outcome.RULES_ONLY,
        Outcome.STANDING_DOWN,
    }
)
"""The outcomes of cycles that have something to tell."""


def read_report(path: Path, since: float, until: float, cpu_upper_percent: float) -> Report:
    """The facts of a time.

    Args:
        path: the journal file.
        since: Unix seconds, included.
        until: Unix seconds, included.
        cpu_upper_percent: hours are counted in which a node was above.

    Raises:
        JournalError: the journal cannot be read.
    """
    with open_for_reading(path) as connection:
        try:
            migrations = _migrations(connection, since, until)
            cycles = _with_moves(_cycles(connection, since, until), migrations)
            coverage = _coverage(connection, since, until)
            cluster_id, cluster_name = connection.execute("SELECT id, name FROM cluster").fetchone()
            return Report(
                cluster_id=cluster_id,
                cluster_name=cluster_name,
                since=since,
                until=until,
                cpu_upper_percent=cpu_upper_percent,
                coverage=coverage,
                dry_cycles=sum(cycle.dry_run for cycle in cycles),
                live_cycles=sum(not cycle.dry_run for cycle in cycles),
                cycles=_tallies(cycles),
                moves=_moves(cycles, migrations),
                broken_rules=unresolved(cycles, RULES),
                unrelieved=unresolved(cycles, LOAD),
                stand_downs=_stand_downs(cycles),
                nodes=_node_times(connection, since, until, coverage.interval_seconds, cpu_upper_percent),
                orders=_orders(path, since, until),
            )
        except encoding.UNREADABLE as error:
            raise unreadable(path, "row", error) from error


def _orders(path: Path, since: float, until: float) -> tuple[Ordered, ...]:
    """The oldest first."""
    return tuple(Ordered(each.at, each.who, each.what) for each in reversed(read_orders(path, since, until)))


def _ordinary_interval(times: Sequence[float]) -> float:
    """The usual seconds between two entries; 0 when there are fewer than two."""
    steps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    return median(steps) if steps else 0.0


def _held(times: Sequence[float], interval_seconds: float) -> list[float]:
    """How long each entry held: until the next, but see `LONGEST_INTERVALS`. The last one: not known, so 0."""
    longest = LONGEST_INTERVALS * interval_seconds
    return [*(min(max(0.0, later - earlier), longest) for earlier, later in pairwise(times)), 0.0]


def _cycles(connection: sqlite3.Connection, since: float, until: float) -> list[Cycle]:
    rows = connection.execute(
        "SELECT at, outcome, dry_run, trace FROM decisions WHERE at BETWEEN ? AND ? ORDER BY id",
        (since, until),
    ).fetchall()
    times = [row[0] for row in rows]
    held = _held(times, _ordinary_interval(times))
    cycles: list[Cycle] = []
    before: Outcome | None = None
    for (at, name, dry_run, trace), seconds in zip(rows, held, strict=False):
        outcome = Outcome(name)
        is_told = outcome in _TOLD or before in MAY_WAIT
        told = encoding.read_conclusions(trace) if is_told else None
        cycles.append(Cycle(at, outcome, bool(dry_run), seconds, told))
        before = outcome
    return cycles


def _coverage(connection: sqlite3.Connection, since: float, until: float) -> Coverage:
    rows = connection.execute("SELECT at FROM samples WHERE at BETWEEN ? AND ? ORDER BY at", (since, until))
    times = [row[0] for row in rows]
    if not times:
        return Coverage(None, None, 0, 0.0, 0.0, ())
    interval_seconds = _ordinary_interval(times)
    held = _held(times, interval_seconds)
    gaps = tuple(
        Gap(earlier + seconds, later)
        for (earlier, later), seconds in zip(pairwise(times), held, strict=False)
        if earlier + seconds < later
    )
    return Coverage(times[0], times[-1], len(times), interval_seconds, sum(held), gaps)


def _tallies(cycles: list[Cycle]) -> tuple[Tally, ...]:
    """Every outcome that occurred, the most frequent first."""
    counts: Counter[Outcome] = Counter()
    seconds: defaultdict[Outcome, float] = defaultdict(float)
    for cycle in cycles:
        counts[cycle.outcome] += 1
        seconds[cycle.outcome] += cycle.seconds
    return tuple(Tally(outcome, count, seconds[outcome]) for outcome, count in counts.most_common())


def _migrations(connection: sqlite3.Connection, since: float, until: float) -> list[MoveTold]:
    rows = connection.execute(
        "SELECT requested_at, reason, vm_name, source_name, target_name, sentence, phase, note, "
        "coalesce((SELECT told FROM effects WHERE migration_id = id), '') FROM migrations "
        "WHERE requested_at BETWEEN ? AND ? ORDER BY requested_at",
        (since, until),
    )
    return [
        MoveTold(
            at, False, Reason(reason), vm, source, target, sentence, Phase(phase), f"{note} {effect}".rstrip()
        )
        for at, reason, vm, source, target, sentence, phase, note, effect in rows
    ]


def _with_moves(cycles: list[Cycle], migrations: list[MoveTold]) -> list[Cycle]:
    """The cycles, those that decided on a move with what became of it."""
    return [
        replace(cycle, move=_became(cycle, later.at if later else float("inf"), migrations))
        for cycle, later in zip_longest(cycles, cycles[1:])
    ]


def _became(cycle: Cycle, ends_at: float, migrations: list[MoveTold]) -> MoveTold | None:
    """What became of the move of a cycle: the migration that followed before the next one; `None` without a move."""
    move = cycle.decided
    if cycle.outcome is not Outcome.MOVE or move is None:
        return None
    names = (move.vm_name, move.source_name, move.target_name)
    sent = (
        real
        for real in migrations
        if cycle.at <= real.at < ends_at and names == (real.vm_name, real.source_name, real.target_name)
    )
    told = MoveTold(cycle.at, cycle.dry_run, move.reason, *names, move.sentence)
    return told if cycle.dry_run else next(sent, told)


def _moves(cycles: list[Cycle], migrations: list[MoveTold]) -> tuple[MoveTold, ...]:
    """Imagined moves from the decisions, real ones from the migrations, and decided ones that were never sent."""
    decided = [cycle.move for cycle in cycles if cycle.move and cycle.move.phase is None]
    return tuple(sorted([*migrations, *decided], key=lambda move: move.at))


def _stand_downs(cycles: list[Cycle]) -> tuple[StandDown, ...]:
    """Each check that said no, the one that took most time first."""
    found: dict[Check, StandDown] = {}
    before: frozenset[Check] = frozenset()
    for cycle in cycles:
        standing_down = cycle.outcome is Outcome.STANDING_DOWN and cycle.conclusions is not None
        verdicts = cycle.conclusions.safety if standing_down and cycle.conclusions else ()
        failed = {verdict.check: verdict for verdict in verdicts if not verdict.ok}
        for check, verdict in failed.items():
            earlier = found.get(check) or StandDown(check, 0, 0.0, cycle.at, cycle.at, "")
            found[check] = replace(
                earlier,
                times=earlier.times + (check not in before),
                seconds=earlier.seconds + cycle.seconds,
                last_at=cycle.at,
                sentence=verdict.sentence,
            )
        before = frozenset(failed)
    return tuple(sorted(found.values(), key=lambda stand_down: -stand_down.seconds))


class _NodeCount:
    """Adds up the readings of one node."""

    def __init__(self, node: encoding.NodeTold) -> None:
        self.node = node
        self.seconds_over = 0.0
        self.cpu: tuple[float, float] | None = None  # the highest percent, and when it was first reached
        self.mem: tuple[float, float] | None = None

    def add(
        self, cpu_percent: float | None, mem_percent: float | None, at: float, seconds_over: float
    ) -> None:
        """Take in one reading."""
        self.seconds_over += seconds_over
        if cpu_percent is not None and (self.cpu is None or cpu_percent > self.cpu[0]):
            self.cpu = cpu_percent, at
        if mem_percent is not None and (self.mem is None or mem_percent > self.mem[0]):
            self.mem = mem_percent, at

    def told(self) -> NodeTime:
        """What came of it."""
        return NodeTime(
            self.node.id,
            self.node.name,
            self.seconds_over,
            *(self.cpu or (None, None)),
            *(self.mem or (None, None)),
        )


def _node_times(
    connection: sqlite3.Connection, since: float, until: float, interval_seconds: float, upper_percent: float
) -> tuple[NodeTime, ...]:
    """All nodes that were seen, by name."""
    rows = sorted(node_samples(connection, since, until), key=lambda stored: stored.at)
    held = _held([stored.at for stored in rows], interval_seconds)
    counts: dict[NodeId, _NodeCount] = {}
    for (at, nodes, figures), seconds in zip(rows, held, strict=False):
        for node, cpu, mem in encoding.node_readings(nodes, figures):
            count = counts.setdefault(node.id, _NodeCount(node))
            count.node = node
            count.add(cpu, mem, at, seconds if cpu is not None and cpu > upper_percent else 0.0)
    return tuple(sorted((count.told() for count in counts.values()), key=lambda node: node.name))
