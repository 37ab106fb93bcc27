"""One course of events: frames through the balancer in virtual time, its moves carried out in the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from hctui.core import balancer
from hctui.core.answers import Accepted
from hctui.core.decision import Move
from hctui.core.migration import Look
from hctui.core.model import Snapshot, TaskId, VmId
from hctui.core.policy import Mode, Policy
from hctui.core.rules import Rules, rules_of
from hctui.core.state import State
from hctui.replay.measures import Measures, Moved, Tally, busiest_percent
from hctui.replay.model import Model, elsewhere, runs_vms

GIB = 1024**3

START_SECONDS = 10.0
SECONDS_PER_GIB = 1.5
"""Assumed for the time of a live migration, where nothing else is said."""

LONGEST_STEP = 3.0
"""A frame stands for the time to the next one, but for no more than so many intervals: the rest is a gap."""


@dataclass(frozen=True, slots=True)
class Course:
    """What came of a policy.

    Attributes:
        measures: the figures.
        moves: every move that arrived, in order.
        busiest: the load of the busiest node at each frame, with its time (Unix seconds).
    """

    measures: Measures
    moves: tuple[Moved, ...]
    busiest: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Flight:
    """A migration under way in the model."""

    move: Move
    decided_at: float
    lands_at: float


def replayed(
    frames: Iterable[Snapshot],
    policy: Policy,
    *,
    is_blind: bool = False,
    seconds_per_gib: float = SECONDS_PER_GIB,
    on_frame: Callable[[float], None] | None = None,
) -> Course:
    """What the policy would have done, live and in auto mode, whatever it says of these.

    Args:
        frames: what was recorded, oldest first; see `model`. Looked at once each.
        policy: how to balance.
        is_blind: nothing is sampled while a VM migrates and during the cluster cooldown, as the official script has it.
        seconds_per_gib: how long a live migration takes for each GiB of RAM.
        on_frame: called with the time of each frame (Unix seconds), to show progress or to raise what ends it.
    """
    run = _Run(replace(policy, dry_run=False, mode=Mode.AUTO), is_blind, seconds_per_gib)
    for frame in frames:
        if on_frame:
            on_frame(frame.taken_at)
        run.frame(frame)
    return run.course()


class _Run:
    """The state between two frames."""

    def __init__(self, policy: Policy, is_blind: bool, seconds_per_gib: float) -> None:
        self._policy, self._is_blind, self._seconds_per_gib = policy, is_blind, seconds_per_gib
        self._model, self._tally, self._state = Model(), Tally(), State()
        self._flight: _Flight | None = None
        self._busiest: list[tuple[float, float]] = []
        self._before: tuple[float, Callable[[float], None]] | None = None
        self._rules: tuple[object, Rules] | None = None

    def course(self) -> Course:
        if self._before:
            self._before[1](self._policy.interval_seconds)
        return Course(self._tally.measures(), tuple(self._tally.moved), tuple(self._busiest))

    def frame(self, frame: Snapshot) -> None:
        now = frame.taken_at
        if self._before:
            at, count = self._before
            count(min(now - at, LONGEST_STEP * self._policy.interval_seconds))
        if self._flight and self._flight.lands_at <= now:
            self._land(self._flight, frame)
        moment = self._model.at(frame)
        if (load := busiest_percent(moment.loads)) is not None:
            self._busiest.append((now, load))
        breaches = self._breaches(frame)
        self._before = now, lambda seconds: self._tally.passed(moment, seconds, breaches)
        if not (self._is_blind and self._is_resting(now)):
            self._decide(moment.snapshot, now)

    def _decide(self, snapshot: Snapshot, now: float) -> None:
        step = balancer.step(self._state, snapshot, (), self._policy, now)
        self._state = step.state
        if step.send is None:
            return
        state = balancer.begun(self._state, step.send, f"{len(self._tally.moved)}", now)
        self._state, _ = balancer.answered(state, Accepted(TaskId("replay")), now)
        seconds = START_SECONDS + self._seconds_per_gib * step.send.mem_bytes / GIB
        self._flight = _Flight(step.send, now, now + seconds)

    def _land(self, flight: _Flight, frame: Snapshot) -> None:
        """The VM is on its target now; unless it was stopped or deleted meanwhile, which fails the migration."""
        move, at = flight.move, max(flight.lands_at, self._state.clock.read_at or 0.0)
        vm = frame.vms.get(move.vm_id)
        arrives = vm is not None and vm.is_placed and runs_vms(frame, move.target)
        place = move.target if arrives else self._model.places.get(move.vm_id)
        seen = elsewhere(vm, place) if vm is not None else None
        self._state, migration = balancer.watched(self._state, Look(seen, None), self._policy, at)
        if not migration.phase.is_end:
            return
        self._flight = None
        if arrives:
            self._model.put(move.vm_id, move.target)
            self._tally.arrived(at, flight.decided_at, move)

    def _is_resting(self, now: float) -> bool:
        ended_at = self._state.real.last_ended_at
        cooldown = self._policy.cluster_cooldown_seconds
        return self._flight is not None or (ended_at is not None and now - ended_at < cooldown)

    def _breaches(self, frame: Snapshot) -> int:
        """How many rules are broken where VMs run in the model: pairs together, and VMs away from their pins."""
        rules, places = self._rules_of(frame), self._model.places
        pairs = sum(
            one in places and places[one] == places.get(other)
            for one, others in rules.rivals.items()
            for other in others
            if one < other
        )
        return pairs + sum(
            vm_id in places and places[vm_id] not in homes for vm_id, homes in rules.homes.items()
        )

    def _rules_of(self, frame: Snapshot) -> Rules:
        """The rules of a frame, read anew only where names or tags have changed."""
        key: dict[VmId, object] = {vm.id: (vm.name, vm.tags) for vm in frame.vms.values()}
        if self._rules is None or self._rules[0] != key:
            self._rules = key, rules_of(frame)
        return self._rules[1]
