"""One cycle of the balancer: state, snapshot, commands, policy and now in; state, decision and effect out.

The order is the documented one: a migration under way, a pause, the safety gate, the cluster cooldown, the moves of the
last hour, the windows in which to act, then rules, then load. A move by hand takes a cycle for itself and has checks of
its own (`by_hand`). Looking comes before all of it (`noticing`), so that nothing of the cluster's history is lost while
waiting. Nothing is sent from here: the one effect, a move, is
the engine's to carry out, and what came of it is told by `begun`, `answered` and `watched`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hctui.core import best_fit, by_hand, draining, intake, learning, planner, proposals, repair, streak
from hctui.core import migration as migrations
from hctui.core.answers import Answer, Refused
from hctui.core.closing import accounted
from hctui.core.commands import Command
from hctui.core.decision import Check, Decision, Finding, Move, Outcome, Reason, Verdict, window_progress
from hctui.core.migration import Look, Migration, Phase
from hctui.core.model import Snapshot
from hctui.core.noticing import look, look_again
from hctui.core.objection import objection
from hctui.core.orders import Orders
from hctui.core.policy import Mode, Policy, Strategy
from hctui.core.restraint import binding, hours
from hctui.core.safety import cleared
from hctui.core.situation import Situation, situation_of
from hctui.core.state import (
    Ledger,
    State,
    in_every_reality,
    in_reality,
    with_arrival,
    with_failure,
    with_imagined,
)
from hctui.core.steadiness import at_the_clock
from hctui.core.wording import first_of


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
    before, notices = streak.heeded(at_the_clock(state, now), policy, now)
    after, wanted = intake.taken(before, commands, now)
    after = in_reality(after, dry_run=policy.dry_run)
    if snapshot is None:
        after = cleared(after, policy, now, is_clear=False)
        done = _nothing(after, policy, now, (Outcome.NO_DATA, "The cluster could not be read."), wanted)
    else:
        seen = look(after, snapshot, policy, now)
        notices += seen.notices
        if wanted.drain is not None:
            situation = situation_of(seen.state, snapshot, policy, now)
            begun_state, told = draining.begun(seen.state, situation, wanted.drain, now)
            seen, wanted = replace(seen, state=begun_state), replace(wanted, drain=None)
            notices += (told,)
        done = _cycle(seen.state, snapshot, seen.safety, wanted, policy, now)
    decision = accounted(before, done.state, done.decision, commands, policy)
    return replace(done, decision=replace(decision, notices=notices))


def _cycle(
    state: State,
    snapshot: Snapshot,
    safety: tuple[Verdict, ...],
    wanted: Orders,
    policy: Policy,
    now: float,
) -> Step:
    """What follows from what was seen and what is wanted."""
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
    seen = look_again(at_the_clock(state, now), snapshot, policy, now)
    state, safety = seen.state, seen.safety
    situation = situation_of(state, snapshot, policy, now)
    if move.reason is Reason.MANUAL:
        blocked = by_hand.objection(situation, by_hand.guarded(state, safety), move)
        return state if blocked else learning.foreseen(state, situation, move), blocked
    blocked = next((verdict for verdict in safety if not verdict.ok), None) or objection(situation, move)
    return state if blocked else learning.foreseen(state, situation, move), blocked


def begun(state: State, move: Move, migration_id: str, now: float) -> State:
    """The state with the intent of a move: to be on disk before the request is sent."""
    state = learning.begun(at_the_clock(state, now), migration_id)
    return replace(state, migration=migrations.intend(migration_id, move, now), proposal=None)


def answered(state: State, answer: Answer, now: float) -> tuple[State, Migration]:
    """The state after the one request of the migration was answered, or not, and the migration as it is now.

    A refusal starts the cluster cooldown and the back-off of the pair; a request that certainly reached nobody only
    a brief back-off, since nothing was wrong with the pair.
    """
    state = at_the_clock(state, now)
    assert state.migration is not None  # noqa: S101 - there is no answer without a request
    migration = migrations.answered(state.migration, answer, now)
    if not migration.phase.is_end:
        return replace(state, migration=migration), migration
    brief = not isinstance(answer, Refused)

    def after(ledger: Ledger) -> Ledger:
        return with_failure(ledger, migration.move, now, migration.note, brief=brief)

    state = streak.after_answer(in_every_reality(state, after), migration, answer)
    return replace(state, migration=None), migration


def watched(state: State, seen: Look, policy: Policy, now: float) -> tuple[State, Migration]:
    """The state after a look at the migration under way, and the migration as it is now, ended or not.

    An arrival starts both cooldowns; a failure the cluster cooldown and the back-off of the pair. Either way the
    averaging window starts afresh.
    """
    state = at_the_clock(state, now)
    assert state.migration is not None  # noqa: S101 - nothing else is watched
    migration = migrations.watched(state.migration, seen, now, policy.migration_limit_seconds)
    if not migration.phase.is_end:
        return replace(state, migration=migration), migration

    def after(ledger: Ledger) -> Ledger:
        if migration.phase is Phase.ARRIVED:
            return with_arrival(ledger, migration.move, now)
        return replace(with_failure(ledger, migration.move, now, migration.note), fresh_since=now)

    state = streak.after_end(in_every_reality(state, after), migration)
    state = learning.ended(state, migration, now)
    return replace(state, migration=None), migration


_HELD_BACK = {
    Check.CLUSTER_COOLDOWN: Outcome.COOLING_DOWN,
    Check.BUDGET: Outcome.BUDGET_SPENT,
    Check.HOURS: Outcome.OFF_HOURS,
}
"""What a cycle comes to when nothing may be moved, whichever VM it were of."""


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
        failed = state.failure_pause_at is not None
        told = streak.sentence(state, policy, now) if failed else "Paused: watching, deciding nothing."
        return Outcome.PAUSED, told
    objections = [verdict.sentence for verdict in safety if not verdict.ok]
    if objections:
        return Outcome.STANDING_DOWN, f"Standing down. {' '.join(objections)}"
    reason = Reason.DRAIN if draining.is_under_way(state) else None
    held_back = next((each for each in binding(state.ledger, policy, now, reason) if not each.ok), None)
    if held_back is None:
        return None
    return _HELD_BACK[held_back.check], _held_back(state, held_back, policy, now)


def _held_back(state: State, verdict: Verdict, policy: Policy, now: float) -> str:
    """Why nothing may be moved; and that it is imagined, where only the moves of a dry run have it so."""
    told = verdict.sentence
    is_real = verdict in binding(state.real, policy, now)
    return told if is_real else f"Imagined: {told[0].lower()}{told[1:]}"


def _decided(s: Situation, safety: tuple[Verdict, ...]) -> Decision:
    """Rules first, then a drain, then load: all findings, and the first move among them."""
    # While a node is drained, what holds back everything else still does.
    bound = next((each for each in binding(s.ledger, s.policy, s.now) if not each.ok), None)
    may_relieve = hours(s.policy, s.now)
    findings = [] if bound else repair.findings(s)
    move = _first_move(findings)
    if move is None and (drain := draining.finding(s)):
        findings.append(drain)
        move = drain.move
    load = [] if move or bound else _load(s, may_relieve)
    findings += load
    move = move or _first_move(load)
    problems = [finding.sentence for finding in findings if finding.headline]
    blocked = first_of(problems, len(problems), "finding")
    if move:
        outcome, sentence = Outcome.MOVE, next(f.sentence for f in findings if f.move)
    elif bound:
        outcome, sentence = _HELD_BACK[bound.check], f"{blocked} {bound.sentence}".lstrip()
    elif not load:
        outcome, sentence = Outcome.COLLECTING, f"{blocked} {_collecting(s)}".lstrip()
    elif not may_relieve.ok:
        outcome, sentence = Outcome.RULES_ONLY, f"{blocked} {load[0].sentence}".lstrip()
    elif blocked:
        outcome, sentence = Outcome.BLOCKED, blocked
    else:
        outcome, sentence = Outcome.BALANCED, load[0].sentence
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


def _first_move(findings: list[Finding]) -> Move | None:
    return next((finding.move for finding in findings if finding.move), None)


def _load(s: Situation, may_relieve: Verdict) -> list[Finding]:
    """What is to be said of the load; nothing while it is not known."""
    if may_relieve.ok:
        return _STRATEGIES[s.policy.strategy](s)
    return [Finding(Reason.LOAD, "", f"Load is not looked at. {may_relieve.sentence}", ())]


def _documented(s: Situation) -> list[Finding]:
    finding = planner.relieve(s)
    return [finding] if finding else []


_STRATEGIES = {Strategy.DOCUMENTED: _documented, Strategy.BEST_FIT: best_fit.findings}


def _collecting(s: Situation) -> str:
    loads = s.loads()
    if len(loads) < 2:
        return "Fewer than two nodes are usable, so there is nowhere to balance to."
    return f"Collecting data: history {window_progress(loads)} samples."


def _acted(state: State, decision: Decision, wanted: Orders) -> Step:
    """In auto mode: carry the move out, or, in a dry run, imagine it. A proposal from before is dropped."""
    state = replace(state, proposal=None)
    if told := wanted.unheeded:
        decision = replace(
            decision, sentence=f"{told}{decision.sentence}", answer=told.rstrip(), declined=wanted
        )
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
