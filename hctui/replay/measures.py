"""How well it went: overload, unserved demand, broken rules, and what the moves were worth. Formulas, and nothing else.

Overload is counted in node-minutes: two nodes at 85 % for a minute are two. Demand is in hardware threads, so unserved
demand is in thread-seconds. A move for load is unhelpful if over the 30 minutes after it its two nodes had no less
overload, in points above 80 % times time, than they would have had without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hctui.core.decision import Move
from hctui.core.model import NodeId, VmId
from hctui.replay.model import Moment, NodeLoad

OVERLOAD_PERCENT = 80.0
HEAVY_OVERLOAD_PERCENT = 90.0
RETURN_SECONDS = 7200.0
HELP_SECONDS = 1800.0
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Moved:
    """One move that was made: when it was decided (Unix seconds), and what became of it.

    `is_unhelpful`: `None` for moves that were not for load, and where fewer than 30 minutes followed.
    """

    at: float
    move: Move
    is_return: bool = False
    is_unhelpful: bool | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """All figures of one course.

    Attributes:
        hours: the time that was looked at, gaps not counted.
        overload_minutes: node-minutes at 80 % or more.
        heavy_overload_minutes: node-minutes at 90 % or more.
        unserved_thread_seconds: demand that no thread was left for.
        unserved_percent: the same of all demand.
        breach_minutes: minutes times broken rules: pairs together, VMs away from their pins.
        moves: how many were made.
        gib_moved: RAM that was copied for them.
        returns: moves to a node that the VM had left within two hours.
        unhelpful: moves for load that did not help.
    """

    hours: float = 0.0
    overload_minutes: float = 0.0
    heavy_overload_minutes: float = 0.0
    unserved_thread_seconds: float = 0.0
    unserved_percent: float = 0.0
    breach_minutes: float = 0.0
    moves: int = 0
    gib_moved: float = 0.0
    returns: int = 0
    unhelpful: int = 0


@dataclass(slots=True)
class _Watch:
    """A move for load, for the time in which it has to prove itself."""

    index: int
    since: float
    move: Move
    excess: float = 0.0
    excess_without: float = 0.0


@dataclass(slots=True)
class Tally:
    """Counts up a course, moment by moment."""

    seconds: float = 0.0
    overload: float = 0.0
    heavy: float = 0.0
    asked: float = 0.0
    unserved: float = 0.0
    breach: float = 0.0
    moved: list[Moved] = field(default_factory=list)
    _watched: list[_Watch] = field(default_factory=list)
    _left: dict[tuple[VmId, NodeId], float] = field(default_factory=dict)

    def passed(self, moment: Moment, seconds: float, breaches: int) -> None:
        """So much time passed as that moment was, with so many rules broken."""
        self.seconds += seconds
        self.breach += breaches * seconds
        for load in moment.loads.values():
            percent = load.percent
            if percent is None:
                continue
            self.overload += seconds if percent >= OVERLOAD_PERCENT else 0.0
            self.heavy += seconds if percent >= HEAVY_OVERLOAD_PERCENT else 0.0
            self.unserved += load.unserved * seconds
        self.asked += sum(moment.demand.values()) * seconds
        self._watch(moment, seconds)

    def arrived(self, at: float, decided_at: float, move: Move) -> None:
        """A move that was decided on then has ended now."""
        left_at = self._left.get((move.vm_id, move.target))
        is_return = left_at is not None and at - left_at <= RETURN_SECONDS
        self._left[move.vm_id, move.source] = at
        self.moved.append(Moved(decided_at, move, is_return))
        if move.reason.is_load:
            self._watched.append(_Watch(len(self.moved) - 1, at, move))

    def measures(self) -> Measures:
        """The figures so far."""
        return Measures(
            hours=self.seconds / 3600.0,
            overload_minutes=self.overload / 60.0,
            heavy_overload_minutes=self.heavy / 60.0,
            unserved_thread_seconds=self.unserved,
            unserved_percent=100.0 * self.unserved / self.asked if self.asked else 0.0,
            breach_minutes=self.breach / 60.0,
            moves=len(self.moved),
            gib_moved=sum(each.move.mem_bytes for each in self.moved) / GIB,
            returns=sum(each.is_return for each in self.moved),
            unhelpful=sum(each.is_unhelpful is True for each in self.moved),
        )

    def _watch(self, moment: Moment, seconds: float) -> None:
        at = moment.snapshot.taken_at
        for watch in list(self._watched):
            vm = moment.snapshot.vms.get(watch.move.vm_id)
            is_there = (
                vm is not None and vm.node_id == watch.move.target
            )  # once it has left, others are to be judged
            demand = moment.demand.get(watch.move.vm_id, 0.0) if is_there else 0.0
            for node_id, sign in ((watch.move.source, +1), (watch.move.target, -1)):
                load = moment.loads.get(node_id)
                watch.excess += _excess(load, 0.0) * seconds
                watch.excess_without += _excess(load, sign * demand) * seconds
            if at - watch.since >= HELP_SECONDS:
                self._watched.remove(watch)
                moved = self.moved[watch.index]
                unhelpful = watch.excess >= watch.excess_without
                self.moved[watch.index] = Moved(moved.at, moved.move, moved.is_return, unhelpful)


def _excess(load: NodeLoad | None, more_threads: float) -> float:
    """Points above 80 % that a node is asked for, with so many threads more."""
    if load is None or load.asked is None or not load.threads:
        return 0.0
    return max(0.0, 100.0 * (load.asked + more_threads) / load.threads - OVERLOAD_PERCENT)


def busiest_percent(loads: Mapping[NodeId, NodeLoad]) -> float | None:
    """The load of the busiest node; `None` while none is known."""
    return max((load.percent for load in loads.values() if load.percent is not None), default=None)
