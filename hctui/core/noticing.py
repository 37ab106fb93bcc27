"""What a look at the cluster changes in what is remembered, before anything is decided.

History is recorded, waits that are over are dropped, and what is not ours is noticed: other people's migrations, a
cluster that is not well, or one of which that is not known. Decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hctui.core import draining, flaws, learning, others
from hctui.core.decision import Check, Notice, Verdict
from hctui.core.history import recorded, sample_of
from hctui.core.model import Snapshot, VmId
from hctui.core.policy import Policy
from hctui.core.safety import cleared, is_unwell, judged, unreadable, with_recovery
from hctui.core.situation import upheld
from hctui.core.state import State, in_every_reality, pruned, with_disturbance


@dataclass(frozen=True, slots=True)
class Seen:
    """The state after a look, the verdicts of the safety gate, and what is to be told besides."""

    state: State
    safety: tuple[Verdict, ...]
    notices: tuple[Notice, ...] = ()


def look(state: State, snapshot: Snapshot, policy: Policy, now: float) -> Seen:
    """Take in the snapshot of a cycle."""
    relocated = others.relocated(state, snapshot)
    if relocated:
        state = in_every_reality(state, lambda ledger: with_disturbance(ledger, now))
    own_vm = state.migration.move.vm_id if state.migration else None
    # The samples before this one tell since when nothing was known, so this comes before it is recorded.
    seen = look_again(state, snapshot, policy, now, own_vm)
    state, safety, notices = _observed(seen.state, snapshot, policy, now), seen.safety, seen.notices
    state, is_itself = others.settled(state, snapshot, policy, now)
    is_itself &= any(verdict.check is Check.RECOVERED and verdict.ok for verdict in safety)
    if is_itself and not is_unwell(safety, unreadable(snapshot, policy)):
        foreign = {**others.migrating(snapshot, own_vm), **relocated}
        state, notices = others.noted(state, foreign, policy, now)
    state, told = flaws.noted(state, snapshot, policy)
    state, drained = draining.noted(state, snapshot)
    state, conclusions = learning.measured(state, now)
    return Seen(state, safety, (*notices, *told, *drained, *conclusions))


def look_again(
    state: State, snapshot: Snapshot, policy: Policy, now: float, own_vm: VmId | None = None
) -> Seen:
    """Take in what one more look, outside of a cycle, tells of the cluster's health and of other migrations.

    `own_vm` is the VM of our own migration.
    """
    blind, verdicts = unreadable(snapshot, policy), judged(snapshot, policy, now, own_vm)
    state = cleared(state, policy, now, is_clear=not blind, is_ill=is_unwell(verdicts, blind))
    safety = with_recovery(verdicts, policy, now, state.unwell_at)
    if any(verdict.check is Check.NO_OTHER_MIGRATION and not verdict.ok for verdict in safety):
        state = in_every_reality(state, lambda ledger: with_disturbance(ledger, now))
    return Seen(state, safety)


def _observed(state: State, snapshot: Snapshot, policy: Policy, now: float) -> State:
    """Take a snapshot into the history, and drop what it shows to be over."""
    imagination = state.imagination and upheld(state.imagination, snapshot)
    if imagination:
        imagination = replace(imagination, ledger=pruned(imagination.ledger, snapshot, policy, now))
    return replace(
        state,
        samples=recorded(state.samples, sample_of(snapshot), policy.keep_seconds),
        real=pruned(state.real, snapshot, policy, now),
        imagination=imagination,
    )
