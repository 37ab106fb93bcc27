"""The facts of a report as values, and as JSON. Knows neither where they come from nor how people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from hctui.core.commands import Ordered
from hctui.core.decision import Check, Ending, Outcome, Reason
from hctui.core.migration import Phase
from hctui.core.model import NodeId, VmId


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without samples within the time covered."""

    from_at: float
    until_at: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the time there are samples for. `first_at`, `last_at`: `None` if there are none at all."""

    first_at: float | None
    last_at: float | None
    samples: int
    interval_seconds: float
    seconds: float
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often cycles came to an outcome, and for how long it held."""

    outcome: Outcome
    cycles: int
    seconds: float


@dataclass(frozen=True, slots=True)
class MoveTold:
    """One move. `phase` and `note` tell how a live one ended; `phase` is `None` where nothing was sent."""

    at: float
    dry_run: bool
    reason: Reason
    vm_name: str
    source_name: str
    target_name: str
    sentence: str
    phase: Phase | None = None
    note: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the VM arrived, or, in a dry run, was imagined to."""
        return self.dry_run or self.phase is Phase.ARRIVED

    @property
    def is_in_vain(self) -> bool:
        """Whether it was not sent, or ended elsewhere than on its target; one that is under way is neither."""
        return not self.is_done and (self.phase is None or self.phase.is_end)


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A violated rule, or an imbalance, in whose way something stood.

    No way out was found, or the move for it failed, or it waited for a person, or for its turn behind another one.

    Attributes:
        first_at: when it was first seen violated, `last_at`: when last.
        cycles: how many cycles found no way out.
        sentence: what the last of them said; where there was none, only what is wrong.
        moved_at: when a move for it was last decided that arrived, or that a dry run imagined; `None` if never.
        is_standing: whether it was violated when last looked for, and no such move followed.
        asked_cycles: how many cycles found a way out that waited for a person to approve it.
        asked_seconds: for how long.
        behind_cycles: in how many cycles it waited for its turn, behind another move or the proposal of one.
        behind_seconds: for how long.
        proposals: how the proposals for it ended; one that still waits is not among them.
        failed_moves: how many moves for it were not sent, or did not arrive.
        last_failed: the last of them.
    """

    reason: Reason
    vm_ids: tuple[VmId, ...]
    first_at: float
    last_at: float
    cycles: int
    sentence: str
    moved_at: float | None
    is_standing: bool
    asked_cycles: int = 0
    asked_seconds: float = 0.0
    behind_cycles: int = 0
    behind_seconds: float = 0.0
    proposals: Mapping[Ending, int] = field(default_factory=dict)
    failed_moves: int = 0
    last_failed: MoveTold | None = None


@dataclass(frozen=True, slots=True)
class StandDown:
    """A safety check that kept the balancer from acting, with the latest of its sentences."""

    check: Check
    times: int
    seconds: float
    first_at: float
    last_at: float
    sentence: str


@dataclass(frozen=True, slots=True)
class NodeTime:
    """What the samples say of one node; `None` is unknown."""

    node_id: NodeId
    name: str
    seconds_over: float
    highest_cpu_percent: float | None
    highest_cpu_at: float | None
    highest_mem_percent: float | None
    highest_mem_at: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. Times are Unix seconds."""

    cluster_id: str
    cluster_name: str
    since: float
    until: float
    cpu_upper_percent: float
    coverage: Coverage
    dry_cycles: int
    live_cycles: int
    cycles: tuple[Tally, ...]
    moves: tuple[MoveTold, ...]
    broken_rules: tuple[BrokenRule, ...]
    unrelieved: tuple[BrokenRule, ...]
    stand_downs: tuple[StandDown, ...]
    nodes: tuple[NodeTime, ...]
    orders: tuple[Ordered, ...]


def as_json(report: Report) -> str:
    """The same facts for other programs: times in Unix seconds, units in the names."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
