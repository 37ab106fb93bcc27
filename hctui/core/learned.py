"""What hctui has learned from its own migrations, as plain values: part of what is remembered.

How it is learned is in `learning`. Moments are Unix seconds, loads are percent of a node's threads.
"""

from __future__ import annotations

from dataclasses import dataclass

from hctui.core.model import NodeId, VmId


@dataclass(frozen=True, slots=True)
class Reading:
    """Mean CPU of the two nodes of a move, at one moment; `None` where it is not known."""

    source_percent: float | None
    target_percent: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a move was to do to its two nodes, and what was measured.

    Attributes:
        migration_id: ours; empty until it is asked for.
        before: both nodes before it.
        after: as projected.
        is_for_load: whether it has to show that it helped.
        arrived_at: `None` while it is under way.
        soon: 5 minutes after it; `None` until then.
        late: 30 minutes after it.
        disturbed: whether another move touched one of the nodes meanwhile.
    """

    migration_id: str
    vm_id: VmId
    vm_name: str
    source: NodeId
    source_name: str
    target: NodeId
    target_name: str
    before: Reading
    after: Reading
    is_for_load: bool
    arrived_at: float | None = None
    soon: Reading | None = None
    late: Reading | None = None
    disturbed: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """All of it.

    Attributes:
        paces: seconds per GiB of the latest migrations, the latest last.
        foreseen: of the move that is about to be asked for, or is under way.
        awaiting: of moves that have arrived and are still to be measured.
        news: those of which something new is known since the last cycle.
        unhelpful_in_a_row: moves for load that did not help, since the last one that did.
        extra_margin_points: so much more than the policy says a target stays below the upper threshold.
    """

    paces: tuple[float, ...] = ()
    foreseen: Forecast | None = None
    awaiting: tuple[Forecast, ...] = ()
    news: tuple[Forecast, ...] = ()
    unhelpful_in_a_row: int = 0
    extra_margin_points: float = 0.0

    @property
    def seconds_per_gib(self) -> float | None:
        """The median pace; `None` while there is none to learn from."""
        return sorted(self.paces)[len(self.paces) // 2] if self.paces else None


NOTHING_LEARNED = Learned()
