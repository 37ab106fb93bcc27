"""One cycle of the balancer: state, snapshot, commands, policy and now in; state, decision and effect out.

The order is the documented one: a migration under way, the safety gate, the cluster cooldown, then rules, then
load. A move by hand takes a cycle for itself and has checks of its own (`by_hand`). Sampling comes before all of it,
so that nothing of the cluster's history is lost while waiting. Nothing is sent from here: the one effect, a move, is
the engine's to carry out, and what came of it is told by `begun`, `answered` and `watched`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hctui.core import by_hand, intake, planner, proposals
from hctui.core import migration as migrations
from hctui.core.answers import Answer, Refused
from hctui.core.closing import accounted
from hctui.core.commands import Command
from hctui.core.decision import Check, Decision, Finding, Move, Outcome, Reason, Verdict, window_progress
from hctui.core.history import recorded, sample_of
from hctui.core.migration import Look, Migration, Phase
from hctui.core.model import Snapshot
from hctui.core.objection import objection
from hctui.core.orders import Orders
from hctui.core.policy import Mode, Policy
from hctui.core.safety import gate, is_unwell
from hctui.core.situation import Situation, situation_of, upheld
from hctui.core.state import (
    Ledger,
    State,
    in_every_reality,
    in_reality,
    pruned,
    remaining_seconds,
    with_arrival,
    with_disturbance,
    with_failure,
    with_imagined,
)
from hctui.core.wording import duration, first_of


@dataclass(frozen=True, slots=True)
class Step:
    """What a cycle came to. `send` is the move to be carried out now; never set in a dry run."""

    state: State
    decision: Decision
    send: Move | None = None


def step(
    state: State, snapshot: Snapshot | None, commands: tuple[Command, ...], policy: Policy, now: float
) -> Step:
    """One cycle. `snapshot` is the one just taken, or `None` when the cluster could not be read."""
    done = _cycle(state, snapshot, commands, policy, now)
    return replace(done, decision=accounted(state, done.state, done.decision, commands, policy))


def _cycle(
    state: State, snapshot: Snapshot | None, commands: tuple[Command, ...], policy: Policy, now: float
) -> Step:
    state = in_reality(state, dry_run=policy.dry_run)
    if snapshot is None:
        state, wanted = intake.taken(state, commands, now)
        return _nothing(state, policy, now, (Outcome.NO_DATA, "The cluster could not be read."), wanted)
    if _moved_by_others(state, snapshot):
        state = in_every_reality(state, lambda ledger: with_disturbance(ledger, now))
    state = _observed(state, snapshot, policy, now)
    own_vm = state.migration.move.vm_id if state.migration else None
    safety = gate(snapshot, policy, now, unwell_at=state.unwell_at, own_vm=own_vm)
    state = _noted(state, safety, now)
    state, wanted = intake.taken(state, commands, now)
    waiting = _waiting(state, safety, policy, now)
    if wanted.moves:
        return _by_hand(state, snapshot, safety, policy, now, wanted, is_waiting=waiting is not None)
    if waiting:
        # A proposal made before must not be there to be approved once this is over.
        return _nothing(replace(state, proposal=None), policy, now, waiting, wanted, safety)
    situation = situation_of(state, snapshot, policy, now)
    decision = _decided(situation, safety)
    if policy.mode is Mode.APPROVE:
        return Step(*proposals.settled(state, situation, decision, wanted.approved, wanted.choice))
    return _acted(state, decision, wanted)


def _by_hand(
    state: State,
    snapshot: Snapshot,
    safety: tuple[Verdict, ...],
    policy: Policy,
    now: float,
    wanted: Orders,
    *,
    is_waiting: bool,
) -> Step:
    """A cycle that a move by hand takes, also while paused; of several the first, since VMs move one at a time."""
    situation = situation_of(state, snapshot, policy, now)
    first, *others = wanted.moves
    state, decision, send = by_hand.carried_out(
        state,
        situation,
        safety,
        first,
        may_wait=not is_waiting and policy.mode is Mode.APPROVE,
    )
    unheeded = replace(wanted, moves=()).unheeded
    sentence = f"{unheeded}{decision.sentence}{by_hand.left_out(situation, others)}"
    declined = replace(wanted, moves=tuple(others) if decision.move else wanted.moves)
    decision = replace(decision, sentence=sentence, declined=declined, answer=unheeded.rstrip())
    return Step(state, decision, send)


def recheck(
    state: State, snapshot: Snapshot, move: Move, policy: Policy, now: float
) -> tuple[State, Verdict | None]:
    """Check a move again, on fresh data, right before it is sent.

    Returns the state with what that look showed of the cluster, and the first check that fails, or `None`.
    """
    safety = gate(snapshot, policy, now, unwell_at=state.unwell_at)
    situation = situation_of(state, snapshot, policy, now)
    if move.reason is Reason.MANUAL:
        return _noted(state, safety, now), by_hand.objection(situation, by_hand.guarded(state, safety), move)
    blocked = next((verdict for verdict in safety if not verdict.ok), None)
    return _noted(state, safety, now), blocked or objection(situation, move)


def _noted(state: State, safety: tuple[Verdict, ...], now: float) -> State:
    """The state with what the gate says of the cluster's health and of other people's migrations."""
    if is_unwell(safety):
        state = replace(state, unwell_at=now)
    if any(verdict.check is Check.NO_OTHER_MIGRATION and not verdict.ok for verdict in safety):
        state = in_every_reality(state, lambda ledger: with_disturbance(ledger, now))
    return state


def begun(state: State, move: Move, migration_id: str, now: float) -> State:
    """The state with the intent of a move: to be on disk before the request is sent."""
    return replace(state, migration=migrations.intend(migration_id, move, now), proposal=None)


def answered(state: State, answer: Answer, now: float) -> tuple[State, Migration]:
    """The state after the one request of the migration was answered, or not, and the migration as it is now.

    A refusal starts the cluster cooldown and the back-off of the pair; a request that certainly reached nobody only
    a brief back-off, since nothing was wrong with the pair.
    """
    assert state.migration is not None  # noqa: S101 - there is no answer without a request
    migration = migrations.answered(state.migration, answer, now)
    if not migration.phase.is_end:
        return replace(state, migration=migration), migration
    brief = not isinstance(answer, Refused)

    def after(ledger: Ledger) -> Ledger:
        return with_failure(ledger, migration.move, now, migration.note, brief=brief)

    return replace(in_every_reality(state, after), migration=None), migration


def watched(state: State, seen: Look, policy: Policy, now: float) -> tuple[State, Migration]:
    """The state after a look at the migration under way, and the migration as it is now, ended or not.

    An arrival starts both cooldowns; a failure the cluster cooldown and the back-off of the pair. Either way the
    averaging window starts afresh.
    """
    assert state.migration is not None  # noqa: S101 - nothing else is watched
    migration = migrations.watched(state.migration, seen, now, policy.migration_limit_seconds)
    if not migration.phase.is_end:
        return replace(state, migration=migration), migration

    def after(ledger: Ledger) -> Ledger:
        if migration.phase is Phase.ARRIVED:
            return with_arrival(ledger, migration.move, now)
        return replace(with_failure(ledger, migration.move, now, migration.note), fresh_since=now)

    return replace(in_every_reality(state, after), migration=None), migration


def _observed(state: State, snapshot: Snapshot, policy: Policy, now: float) -> State:
    """Take a snapshot into the history, and drop what it shows to be over."""
    imagination = state.imagination and upheld(state.imagination, snapshot)
    if imagination:
        imagination = replace(imagination, ledger=pruned(imagination.ledger, snapshot, policy, now))
    proposal = state.proposal
    if proposal and proposal.made_at > now:
        proposal = replace(proposal, made_at=now)
    return replace(
        state,
        unwell_at=None if state.unwell_at is None else min(state.unwell_at, now),
        samples=recorded(state.samples, sample_of(snapshot), policy.keep_seconds),
        real=pruned(state.real, snapshot, policy, now),
        imagination=imagination,
        proposal=proposal,
    )


def _moved_by_others(state: State, snapshot: Snapshot) -> bool:
    """Whether a VM is on another node than at the last poll, and not because we moved it.

    A small VM migrates faster than we poll, so nobody need ever have seen it migrating.
    """
    if not state.samples:
        return False
    last = state.samples[-1]
    own = {vm_id for vm_id, arrival in state.real.arrivals.items() if arrival.at >= last.at}
    if state.migration:
        own.add(state.migration.move.vm_id)
    return any(
        vm.is_placed and vm.id not in own and last.places.get(vm.id, vm.node_id) != vm.node_id
        for vm in snapshot.vms.values()
    )


def _waiting(
    state: State, safety: tuple[Verdict, ...], policy: Policy, now: float
) -> tuple[Outcome, str] | None:
    """The reason to decide nothing in this cycle, if there is one."""
    if state.migration:
        move = state.migration.move
        known = (
            "Migrating"
            if state.migration.phase is not Phase.DOUBT
            else "It is not known whether the cluster migrates"
        )
        return Outcome.WATCHING, f"{known} {move.vm_name} from {move.source_name} to {move.target_name}."
    if state.paused:
        return Outcome.PAUSED, "Paused: watching, deciding nothing."
    objections = [verdict.sentence for verdict in safety if not verdict.ok]
    if objections:
        return Outcome.STANDING_DOWN, f"Standing down. {' '.join(objections)}"
    left = remaining_seconds(state.ledger.last_ended_at, policy.cluster_cooldown_seconds, now)
    if left > 0:
        return Outcome.COOLING_DOWN, f"Cluster cooldown, {duration(left)} left."
    return None


def _decided(s: Situation, safety: tuple[Verdict, ...]) -> Decision:
    """Rules first, then load: all findings, and the first move among them."""
    findings = _broken_rules(s)
    move = next((finding.move for finding in findings if finding.move), None)
    load = None if move else planner.relieve(s)
    if load:
        findings.append(load)
        move = load.move
    problems = [finding.sentence for finding in findings if finding.headline]
    blocked = first_of(problems, len(problems), "finding")
    if move:
        outcome, sentence = Outcome.MOVE, next(f.sentence for f in findings if f.move)
    elif load is None:
        outcome, sentence = Outcome.COLLECTING, f"{blocked} {_collecting(s)}".lstrip()
    elif blocked:
        outcome, sentence = Outcome.BLOCKED, blocked
    else:
        outcome, sentence = Outcome.BALANCED, load.sentence
    return Decision(
        s.now,
        outcome,
        sentence,
        s.policy.dry_run,
        s.policy.mode,
        safety,
        tuple(findings),
        s.loads(),
        move,
        s.imagined,
    )


def _broken_rules(s: Situation) -> list[Finding]:
    """All violated rules, anti-affinity before pins; once one of them can be fixed the others wait."""
    findings: list[Finding] = []
    fixed = False
    for pair in planner.violations(s):
        findings.append(
            planner.pending(s, pair, Reason.ANTI_AFFINITY) if fixed else planner.separate(s, pair)
        )
        fixed = fixed or findings[-1].move is not None
    for vm in planner.strays(s):
        findings.append(planner.pending(s, (vm,), Reason.PIN) if fixed else planner.bring_home(s, vm))
        fixed = fixed or findings[-1].move is not None
    return findings


def _collecting(s: Situation) -> str:
    loads = s.loads()
    if len(loads) < 2:
        return "Fewer than two nodes are usable, so there is nowhere to balance to."
    return f"Collecting data: history {window_progress(loads)} samples."


def _acted(state: State, decision: Decision, wanted: Orders) -> Step:
    """In auto mode: carry the move out, or, in a dry run, imagine it. A proposal from before is dropped."""
    state = replace(state, proposal=None)
    decision = replace(decision, declined=wanted)
    if wanted.choice:
        told = f"Proposal {wanted.choice.proposal_id} no longer waits."
        decision = replace(decision, sentence=f"{told} {decision.sentence}", answer=told)
    if decision.move is None:
        return Step(state, decision)
    if decision.dry_run:
        return Step(with_imagined(state, decision.move, decision.at), decision)
    return Step(state, decision, send=decision.move)


def _nothing(
    state: State,
    policy: Policy,
    now: float,
    told: tuple[Outcome, str],
    wanted: Orders,
    safety: tuple[Verdict, ...] = (),
) -> Step:
    outcome, sentence = told
    decision = Decision(
        now,
        outcome,
        f"{wanted.unheeded}{sentence}",
        policy.dry_run,
        policy.mode,
        safety,
        answer=wanted.unheeded.rstrip(),
        declined=wanted,
    )
    return Step(state, decision)
