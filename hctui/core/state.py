"""What the balancer remembers from one cycle to the next, as one immutable value.

Everything here is plain data: the journal writes it to disk as it is and a restart reads it back. Samples are
kept apart (`history`), since the journal has its own compact form for them. Waiting times are remembered by when
they *began*; how long they last is the policy's, so a changed setting takes effect at once. What a clock that jumps
does to these moments is in `steadiness`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from hctui.core.decision import Move
from hctui.core.history import Sample
from hctui.core.learned import NOTHING_LEARNED, Learned
from hctui.core.migration import Migration
from hctui.core.model import NodeId, Snapshot, VmId
from hctui.core.policy import Policy, Strategy

LEAST_BACK_OFF_SECONDS = 60.0
"""No back-off is shorter, whatever the VM cooldown, except that the first request that never reached the cluster has
none: nothing was wrong with the pair, and it is decided anew with fresh data."""

MOST_DOUBLINGS = 4
"""Back-offs double with each failure of the same pair, up to sixteen times the first."""

BUDGET_SECONDS = 3600.0
"""Moves are counted over this time."""

RECENT_SECONDS = 6 * 3600.0
"""Under best-fit moves of a VM within this time make its cooldown longer."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A confirmed arrival: starts the VM's cooldown, and tells where it came from."""

    at: float
    source: NodeId
    target: NodeId


@dataclass(frozen=True, slots=True)
class Failure:
    """Attempts for a VM and target that failed in a row. `brief`: the last one never reached the cluster."""

    vm_id: VmId
    target: NodeId
    count: int
    last_at: float
    message: str
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """A proposal a person rejected: the pair rests for the VM cooldown."""

    vm_id: VmId
    target: NodeId
    at: float


@dataclass(frozen=True, slots=True)
class Departure:
    """A node that a VM left by a move that arrived elsewhere: begins its return ban, and counts for the budget."""

    vm_id: VmId
    node: NodeId
    at: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """Moves and waiting times in one reality: the real one, or the one a dry run imagines.

    `departures` are in the order in which they happened.
    """

    fresh_since: float = 0.0
    last_ended_at: float | None = None
    arrivals: Mapping[VmId, Arrival] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    departures: tuple[Departure, ...] = ()


@dataclass(frozen=True, slots=True)
class ImaginedMove:
    """A VM that a dry run pretends to have moved. Holds while the VM really stays on `source`."""

    source: NodeId
    target: NodeId
    at: float


@dataclass(frozen=True, slots=True)
class Imagination:
    """The reality of a dry run: its own ledger, and where it pretends VMs to be."""

    ledger: Ledger
    moves: Mapping[VmId, ImaginedMove] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move that waits for a person."""

    id: int
    move: Move
    made_at: float


@dataclass(frozen=True, slots=True)
class FailedMove:
    """A migration that ended in a failure; `told` is the fact it ended in."""

    at: float
    vm_name: str
    target_name: str
    told: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """A migration that is not ours, from when it was first seen until when it was seen last."""

    vm_id: VmId
    vm_name: str
    at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Others:
    """What somebody else migrates on this cluster, and when it was last told that this looks like balancing.

    `emptied_at`: when a node was last seen that HyperCore empties.
    """

    sightings: tuple[Sighting, ...] = ()
    told_at: float | None = None
    emptied_at: float | None = None


@dataclass(frozen=True, slots=True)
class WallClock:
    """The clock as it was last read, and by how many seconds it was set back before and not yet set forward again."""

    read_at: float | None = None
    set_back: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Orders of a person that hold over restarts and need no knowledge of a cluster. For the meaning see `State`."""

    paused: bool = False
    dry_run_held: bool = False


@dataclass(frozen=True, slots=True)
class Draining:
    """A node that a person has emptied for maintenance, and that takes no VM until that is ended.

    Attributes:
        node: which one.
        name: what it is called.
        begun_at: since when, Unix seconds.
        vms: how many VMs were on it then.
        is_empty: whether no VM is on it any more.
    """

    node: NodeId
    name: str
    begun_at: float
    vms: int
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """All of it.

    Attributes:
        samples: CPU history, oldest first; not part of what is saved with the rest.
        real: what really happened.
        imagination: present in a dry run only; going live forgets it.
        migration: the migration under way. While there is one, nothing else is decided.
        proposal: the move that waits for a person, in approve mode.
        proposals_made: how many so far; the next proposal's id is one more.
        paused: watch, decide nothing; by order of a person, or after failures.
        unwell_at: until when the cluster was not well, or not seen well again; starts the recovery cooldown.
        dry_run_held: a person has switched to dry run while it ran; that holds over restarts, until one switches back.
        failed_in_a_row: migrations that failed since the last arrival, oldest first.
        failure_pause_at: since when it is paused after failures; `None` if it is not, or a person says so.
        unclear_since: since when the cluster was not seen well, be it that nobody knows; `None` while it is well.
        others: migrations that are not ours.
        clock: tells a clock that jumps.
        drain: the node that is being drained, or is drained.
        learned: from its own migrations.
        flaws: of rules, those that were told, in sentences.
    """

    samples: tuple[Sample, ...] = ()
    real: Ledger = Ledger()
    imagination: Imagination | None = None
    migration: Migration | None = None
    proposal: Proposal | None = None
    proposals_made: int = 0
    paused: bool = False
    unwell_at: float | None = None
    dry_run_held: bool = False
    failed_in_a_row: tuple[FailedMove, ...] = ()
    failure_pause_at: float | None = None
    unclear_since: float | None = None
    others: Others = Others()
    clock: WallClock = WallClock()
    drain: Draining | None = None
    learned: Learned = NOTHING_LEARNED
    flaws: tuple[str, ...] = ()

    @property
    def ledger(self) -> Ledger:
        """The ledger that decisions go by: the imagined one in a dry run."""
        return self.imagination.ledger if self.imagination else self.real


def remaining_seconds(begun_at: float | None, length_seconds: float, now: float) -> float:
    """What is left of a wait; 0 when over or never begun, and never more than its whole length."""
    if begun_at is None:
        return 0.0
    return max(0.0, min(begun_at + length_seconds - now, length_seconds))


def back_off_seconds(failure: Failure, policy: Policy) -> float:
    """How long a pair rests after its latest failure: it doubles with each one in a row."""
    if failure.brief:
        return (
            0.0
            if failure.count == 1
            else LEAST_BACK_OFF_SECONDS * 2.0 ** min(failure.count - 2, MOST_DOUBLINGS)
        )
    first = max(policy.vm_cooldown_seconds, LEAST_BACK_OFF_SECONDS)
    return first * 2.0 ** min(failure.count - 1, MOST_DOUBLINGS)


def find_failure(ledger: Ledger, vm_id: VmId, target: NodeId) -> Failure | None:
    """The remembered failure of a pair."""
    return next((f for f in ledger.failures if f.vm_id == vm_id and f.target == target), None)


def with_arrival(ledger: Ledger, move: Move, at: float) -> Ledger:
    """After a confirmed arrival: all cooldowns start, the window starts afresh, old failures of the pair go."""
    return replace(
        ledger,
        fresh_since=at,
        last_ended_at=at,
        arrivals={**ledger.arrivals, move.vm_id: Arrival(at, move.source, move.target)},
        failures=tuple(f for f in ledger.failures if (f.vm_id, f.target) != (move.vm_id, move.target)),
        departures=(*ledger.departures, Departure(move.vm_id, move.source, at)),
    )


def with_failure(ledger: Ledger, move: Move, at: float, message: str, *, brief: bool = False) -> Ledger:
    """After a failed attempt: the pair backs off. The cluster cooldown starts unless nothing reached the cluster."""
    before = find_failure(ledger, move.vm_id, move.target)
    failure = Failure(move.vm_id, move.target, before.count + 1 if before else 1, at, message, brief)
    others = tuple(f for f in ledger.failures if f is not before)
    return replace(ledger, failures=(*others, failure), last_ended_at=ledger.last_ended_at if brief else at)


def pruned(ledger: Ledger, snapshot: Snapshot, policy: Policy, now: float) -> Ledger:
    """The ledger without what can no longer matter: waits that are long over, and where VMs came from that are gone.

    That a VM is missing from one answer ends none of its waits: the answer may be wrong.

    A clock that was set back leaves moments in the future: those count as now, so that no wait outlasts its length.
    """
    vms, rest = snapshot.vms, policy.vm_cooldown_seconds

    def remembered(failure: Failure) -> bool:
        # Kept for as long again as the back-off lasts, so that the next failure still counts as one in a row.
        kept_seconds = 2 * max(back_off_seconds(failure, policy), LEAST_BACK_OFF_SECONDS)
        return now - failure.last_at < kept_seconds

    return replace(
        ledger,
        fresh_since=min(ledger.fresh_since, now),
        last_ended_at=None if ledger.last_ended_at is None else min(ledger.last_ended_at, now),
        arrivals={
            vm_id: arrival if arrival.at <= now else replace(arrival, at=now)
            for vm_id, arrival in ledger.arrivals.items()
            if vm_id in vms or remaining_seconds(arrival.at, rest, now) > 0
        },
        failures=tuple(replace(f, last_at=min(f.last_at, now)) for f in ledger.failures if remembered(f)),
        rejections=tuple(
            replace(r, at=min(r.at, now)) for r in ledger.rejections if remaining_seconds(r.at, rest, now) > 0
        ),
        departures=_recent(ledger.departures, policy, now),
    )


def _recent(departures: tuple[Departure, ...], policy: Policy, now: float) -> tuple[Departure, ...]:
    """Those that count for the budget, and of each VM and node the last one for as long as it bans a return."""
    last = {(departure.vm_id, departure.node): departure for departure in departures}
    counted = BUDGET_SECONDS if policy.strategy is Strategy.DOCUMENTED else RECENT_SECONDS

    def matters(departure: Departure) -> bool:
        bans = last[departure.vm_id, departure.node] is departure
        seconds = max(policy.return_ban_seconds if bans else 0.0, counted)
        return remaining_seconds(departure.at, seconds, now) > 0

    return tuple(replace(each, at=min(each.at, now)) for each in departures if matters(each))


def in_every_reality(state: State, change: Callable[[Ledger], Ledger]) -> State:
    """What really happened counts in a dry run too: the ledger is changed in both."""
    imagination = state.imagination
    if imagination:
        imagination = replace(imagination, ledger=change(imagination.ledger))
    return replace(state, real=change(state.real), imagination=imagination)


def with_disturbance(ledger: Ledger, at: float) -> Ledger:
    """While somebody else migrates: cooldown and window begin once that is over, as after a move of ours."""
    return replace(ledger, last_ended_at=at, fresh_since=at)


def with_imagined(state: State, move: Move, at: float) -> State:
    """Pretend that a move was made: the VM is there, and the cooldowns run, in the imagination only."""
    before = state.imagination or Imagination(state.real)
    earlier = before.moves.get(move.vm_id)
    source = earlier.source if earlier else move.source
    moves = {vm_id: imagined for vm_id, imagined in before.moves.items() if vm_id != move.vm_id}
    if source != move.target:
        moves[move.vm_id] = ImaginedMove(source, move.target, at)
    return replace(state, imagination=Imagination(with_arrival(before.ledger, move, at), moves))


def in_reality(state: State, *, dry_run: bool) -> State:
    """Enter or leave the dry run: it begins as a copy of what is real, and going live forgets all of it."""
    if dry_run and state.imagination is None:
        return replace(state, imagination=Imagination(state.real), proposal=None)
    if not dry_run and state.imagination is not None:
        return replace(state, imagination=None, proposal=None)
    return state
