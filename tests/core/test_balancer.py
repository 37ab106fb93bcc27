"""One cycle: what is asked in which order, what a dry run imagines, and what becomes of a move."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.answers import Accepted, Answer, NotSent, Refused, SessionEnded, Unanswered
from hctui.core.balancer import Step, answered, begun, recheck, step, watched
from hctui.core.commands import Pause, Resume
from hctui.core.decision import Check, Move, Outcome, Reason
from hctui.core.migration import Look, Phase, Unread
from hctui.core.model import (
    NetworkStatus,
    Snapshot,
    TaskId,
    TaskState,
    UpdateStatus,
    UpdateVerdict,
    VmId,
    VmState,
)
from hctui.core.policy import Policy
from hctui.core.state import Arrival, Departure, Failure, Ledger, State, WallClock, with_arrival, with_failure
from tests.core.build import (
    DRY,
    NOW,
    POLICY,
    cluster,
    cycle,
    history,
    move,
    node,
    node_id,
    task,
    vm,
)

HOT = [node(1, cpu=90), node(2, cpu=20), node(3, cpu=30)]
BUSY = [vm("web", cpu=70), vm("app", cpu=50)]
PAIR = [vm("a", tags="anti_b"), vm("b", mem_gib=8)]
STRAY = vm("pinned", tags="node_103")

IMBALANCE = cluster(HOT, BUSY)
EVERYTHING = cluster(HOT, [*BUSY, *PAIR, STRAY])
"""A violation, a VM away from home, and a hot node."""

UPDATING = replace(EVERYTHING, update=UpdateStatus(UpdateVerdict.ACTIVE, "An update is being installed."))


def _later(snapshot: Snapshot, seconds: float) -> Snapshot:
    return replace(snapshot, taken_at=snapshot.taken_at + seconds)


def _sent(done: Step) -> tuple[str, str, Reason] | None:
    return (done.send.vm_name, done.send.target, done.send.reason) if done.send else None


def _pretended(done: Step) -> tuple[str, str, Reason] | None:
    assert done.send is None
    found = done.decision.move
    return (found.vm_name, found.target, found.reason) if found else None


def _ready(snapshot: Snapshot, **changes: object) -> State:
    return replace(State(samples=history(snapshot)), **changes)  # type: ignore[arg-type]


# --- the order of the cycle


MIGRATING = begun(State(), move("a"), "m1", NOW - 10).migration
COOLING = Ledger(last_ended_at=NOW - 1)


@pytest.mark.parametrize(
    ("state", "snapshot", "outcome", "told"),
    [
        (
            _ready(EVERYTHING, migration=MIGRATING, paused=True, real=COOLING),
            UPDATING,
            Outcome.WATCHING,
            "Migrating a from 10.0.0.101 to 10.0.0.102.",
        ),
        (_ready(EVERYTHING, paused=True, real=COOLING), UPDATING, Outcome.PAUSED, "Paused"),
        (
            _ready(EVERYTHING, real=COOLING),
            UPDATING,
            Outcome.STANDING_DOWN,
            "Standing down. An update is being installed.",
        ),
        (
            _ready(EVERYTHING, real=COOLING),
            EVERYTHING,
            Outcome.COOLING_DOWN,
            "Cluster cooldown, 4:59 min left.",
        ),
        (_ready(EVERYTHING), EVERYTHING, Outcome.MOVE, "a shares 10.0.0.101 with b"),
    ],
    ids=["a migration", "pause", "the safety gate", "the cluster cooldown", "then it decides"],
)
def test_order_of_what_is_waited_for(state: State, snapshot: Snapshot, outcome: Outcome, told: str) -> None:
    done = cycle(snapshot, state=state)
    assert done.decision.outcome is outcome
    assert done.decision.sentence.startswith(told)
    assert (done.send is None) is (outcome is not Outcome.MOVE)


def test_violation_before_pin_before_load() -> None:
    assert _sent(cycle(EVERYTHING)) == ("a", "n2", Reason.ANTI_AFFINITY)
    no_pair = cluster(HOT, [*BUSY, STRAY])
    assert _sent(cycle(no_pair)) == ("pinned", "n3", Reason.PIN)
    assert _sent(cycle(IMBALANCE)) == ("web", "n2", Reason.LOAD)


def test_one_fix_per_cycle_and_the_others_are_told_to_wait() -> None:
    findings = cycle(EVERYTHING).decision.findings
    assert [(finding.reason, finding.move is not None) for finding in findings] == [
        (Reason.ANTI_AFFINITY, True),
        (Reason.PIN, False),
    ]
    assert findings[1].sentence.endswith("It waits for its turn.")


def test_rules_need_no_full_window() -> None:
    assert _sent(cycle(EVERYTHING, state=State())) == ("a", "n2", Reason.ANTI_AFFINITY)
    assert _sent(cycle(cluster(HOT, [STRAY]), state=State())) == ("pinned", "n3", Reason.PIN)


def test_a_violation_that_cannot_be_fixed_hides_nothing() -> None:
    stuck = [vm("x", tags="anti_y nomove"), vm("y", tags="nomove")]
    done = cycle(cluster(HOT, [*stuck, *PAIR, *BUSY]))
    assert _sent(done) == ("a", "n2", Reason.ANTI_AFFINITY)
    assert done.decision.sentence.startswith("a shares"), "the sentence is that of the move"
    assert _sent(cycle(cluster(HOT, [*stuck, STRAY, *BUSY]))) == ("pinned", "n3", Reason.PIN)
    lost = vm("lost", tags="node_103 nomove")
    done = cycle(cluster(HOT, [*stuck, lost, *BUSY]))
    assert _sent(done) == ("web", "n2", Reason.LOAD)
    assert [finding.reason for finding in done.decision.findings] == [
        Reason.ANTI_AFFINITY,
        Reason.PIN,
        Reason.LOAD,
    ]


@pytest.mark.parametrize(
    ("polls", "told"),
    [(0, "Collecting data: history 1/10 samples."), (5, "Collecting data: history 5/10 samples.")],
)
def test_collecting(polls: int, told: str) -> None:
    done = cycle(IMBALANCE, polls=polls)
    assert (done.decision.outcome, done.decision.sentence) == (Outcome.COLLECTING, told)


def test_collecting_never_counts_beyond_what_is_expected() -> None:
    quick = State(samples=history(IMBALANCE, polls=20, interval_seconds=5))
    assert cycle(IMBALANCE, state=quick).decision.sentence == "Collecting data: history 10/10 samples."


def test_collecting_tells_of_rules_that_cannot_be_kept() -> None:
    stuck = cluster(HOT, [vm("x", tags="anti_y nomove"), vm("y", tags="nomove")])
    decision = cycle(stuck, polls=3).decision
    assert decision.outcome is Outcome.COLLECTING
    assert decision.sentence.startswith("x shares 10.0.0.101 with y")
    assert decision.sentence.endswith("Collecting data: history 3/10 samples.")


def test_one_node_has_nowhere_to_balance_to() -> None:
    decision = cycle(cluster([node(1, cpu=99)], BUSY)).decision
    assert "Fewer than two nodes are usable" in decision.sentence
    assert decision.move is None


def test_balanced() -> None:
    decision = cycle(cluster([node(1), node(2)], BUSY)).decision
    assert decision.outcome is Outcome.BALANCED
    assert decision.sentence == "No imbalance. The busiest node, 10.0.0.101, is at 20.0 %, not above 80.0 %."
    assert [load.node_id for load in decision.loads] == ["n1", "n2"]


def test_a_node_of_unknown_load_is_not_passed_off_as_balanced() -> None:
    decision = cycle(cluster([node(1), node(2), node(3, cpu=None)], BUSY)).decision
    assert decision.outcome is Outcome.BALANCED
    assert decision.sentence.endswith("not above 80.0 %. The load of 10.0.0.103 is not known.")


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        (cluster(HOT, [vm("web", tags="nomove")]), "Of 1 VM on 10.0.0.101, none can be moved"),
        (
            cluster([node(1, cpu=90), node(2, cpu=60)], BUSY),
            "even the coolest node, 10.0.0.102, is at 60.0 %",
        ),
        (cluster([node(1), node(2)], [vm("x", tags="anti_y nomove"), vm("y", tags="nomove")]), "x shares"),
    ],
    ids=["no VM fits", "no node is cool", "a rule cannot be kept"],
)
def test_blocked(snapshot: Snapshot, told: str) -> None:
    decision = cycle(snapshot).decision
    assert decision.outcome is Outcome.BLOCKED
    assert told in decision.sentence


def test_many_blocked_findings_are_counted_in_the_sentence() -> None:
    pairs = [[vm(f"a{i}", tags=f"anti_b{i} nomove"), vm(f"b{i}", tags="nomove")] for i in range(5)]
    decision = cycle(cluster([node(1), node(2)], [vm for pair in pairs for vm in pair])).decision
    assert decision.sentence.endswith("And 2 more findings.")
    assert len(decision.findings) == 6, "five violations and the load, in full"


# --- sampling, and data that does not come


@pytest.mark.parametrize(
    "state",
    [State(), State(paused=True), State(migration=MIGRATING), State(real=COOLING), State(unwell_at=NOW)],
    ids=["deciding", "paused", "migrating", "cooling down", "standing down"],
)
def test_sampling_never_stops(state: State) -> None:
    after = cycle(IMBALANCE, state=state).state
    assert [sample.at for sample in after.samples] == [NOW]


def test_without_data_nothing_is_decided() -> None:
    state = _ready(IMBALANCE)
    done = step(state, None, (), POLICY, NOW + 30)
    assert (done.decision.outcome, done.send) == (Outcome.NO_DATA, None)
    assert done.decision.sentence == "The cluster could not be read."
    assert replace(done.state, clock=state.clock, unclear_since=None) == state


def test_commands_are_heard_without_data_too() -> None:
    assert step(State(), None, (Pause(),), POLICY, NOW).state.paused


def test_data_that_is_stale_is_not_decided_on() -> None:
    done = cycle(IMBALANCE, now=NOW + 91)
    assert done.decision.outcome is Outcome.STANDING_DOWN


def test_old_samples_are_dropped() -> None:
    old = State(samples=history(_later(IMBALANCE, -3600)))
    assert len(cycle(IMBALANCE, state=old).state.samples) == 1


def test_our_own_migration_is_not_told_as_somebody_elses() -> None:
    moving = cluster(HOT, [vm("web", ui_state=VmState.MIGRATING)])
    decision = cycle(moving, state=begun(State(), move(), "m1", NOW)).decision
    assert decision.outcome is Outcome.WATCHING
    assert all(verdict.ok for verdict in decision.safety)


# --- pause


def test_pause_and_resume() -> None:
    paused = cycle(IMBALANCE, Pause())
    assert (paused.decision.outcome, paused.send, paused.state.paused) == (Outcome.PAUSED, None, True)
    assert cycle(IMBALANCE, state=paused.state).decision.outcome is Outcome.PAUSED
    assert _sent(cycle(IMBALANCE, Resume(), state=paused.state)) == ("web", "n2", Reason.LOAD)


# --- the recovery cooldown


def test_a_cluster_that_was_not_well_is_given_time() -> None:
    ill = cycle(UPDATING)
    assert ill.state.unwell_at == NOW
    well = _later(EVERYTHING, 30)
    resting = cycle(well, state=ill.state)
    assert resting.decision.outcome is Outcome.STANDING_DOWN
    assert resting.decision.sentence.endswith("recovery cooldown, 15:00 min left.")
    later = cycle(_later(EVERYTHING, 60), state=resting.state)
    assert later.state.unwell_at == NOW + 30, "the rest does not prolong itself"
    assert cycle(_later(EVERYTHING, 930), state=later.state).decision.outcome is Outcome.MOVE


def test_the_recovery_begins_when_the_cluster_was_last_not_well() -> None:
    ill = cycle(_later(UPDATING, 600), state=cycle(UPDATING).state)
    assert ill.state.unwell_at == NOW + 600


def test_the_cluster_is_watched_for_its_health_while_migrating_or_paused() -> None:
    for state in (State(paused=True), State(migration=MIGRATING)):
        assert cycle(UPDATING, state=state).state.unwell_at == NOW


def test_a_clock_set_back_does_not_prolong_the_recovery() -> None:
    state = _ready(EVERYTHING, unwell_at=NOW + 86_400, clock=WallClock(NOW + 86_400))
    assert cycle(EVERYTHING, state=state).state.unwell_at == NOW
    assert cycle(_later(EVERYTHING, 900), state=cycle(EVERYTHING, state=state).state).send is not None


def test_a_clock_set_back_stretches_no_limit_of_a_migration() -> None:
    state = begun(State(), move("a"), "m1", NOW + 86_400)
    _, after = watched(state, Look(Unread(), None), POLICY, NOW)
    assert (after.requested_at, after.phase_since) == (NOW, NOW)


# --- somebody else's migrations

FOREIGN = replace(IMBALANCE, live_tasks=(task(on="somebody's"),))


@pytest.mark.parametrize("policy", [POLICY, DRY], ids=["live", "dry run"])
def test_a_migration_of_somebody_else_is_waited_for_and_rested_after_like_our_own(policy: Policy) -> None:
    during = cycle(FOREIGN, policy=policy)
    assert during.decision.outcome is Outcome.STANDING_DOWN
    assert during.state.real == Ledger(fresh_since=NOW, last_ended_at=NOW)
    resting = cycle(_later(IMBALANCE, 30), state=during.state, policy=policy)
    assert resting.decision.outcome is Outcome.COOLING_DOWN
    rested = cycle(_later(IMBALANCE, 300), state=resting.state, policy=policy)
    assert rested.decision.outcome is Outcome.COLLECTING, "the window starts afresh"


# --- cooldowns


@pytest.mark.parametrize(("ago", "waits"), [(0, True), (299.9, True), (300, False), (-9999, True)])
def test_cluster_cooldown(ago: float, waits: bool) -> None:
    done = cycle(EVERYTHING, state=_ready(EVERYTHING, real=Ledger(last_ended_at=NOW - ago)))
    assert (done.decision.outcome is Outcome.COOLING_DOWN) is waits


def test_after_a_migration_the_window_starts_afresh() -> None:
    state = _ready(IMBALANCE, real=Ledger(fresh_since=NOW - 100, last_ended_at=NOW - 9999))
    done = cycle(IMBALANCE, state=state)
    assert done.decision.sentence == "Collecting data: history 4/10 samples."


# --- dry run


def test_a_dry_run_sends_nothing_and_leaves_what_is_real_alone() -> None:
    state = _ready(EVERYTHING)
    done = cycle(EVERYTHING, state=state, policy=DRY)
    assert _pretended(done) == ("a", "n2", Reason.ANTI_AFFINITY)
    assert (done.decision.outcome, done.decision.dry_run) == (Outcome.MOVE, True)
    assert done.state.real == state.real


def test_a_dry_run_goes_on_to_the_next_finding_as_a_live_run_would() -> None:
    """Its log predicts the live one: fix, pin, load, each after the same rests, and no finding for ever."""
    state, moves = _ready(EVERYTHING), []
    for poll in range(60):
        done = cycle(_later(EVERYTHING, 30.0 * poll), state=state, policy=DRY)
        state = done.state
        if found := _pretended(done):
            moves.append((poll, *found))
    assert moves[:3] == [
        (0, "a", "n2", Reason.ANTI_AFFINITY),
        (10, "pinned", "n3", Reason.PIN),
        (20, "web", "n2", Reason.LOAD),
    ]
    assert state.real == Ledger()


def test_the_imagined_vm_rests_too() -> None:
    first = cycle(IMBALANCE, policy=DRY)
    assert first.state.ledger.arrivals == {VmId("web"): Arrival(NOW, node_id(1), node_id(2))}
    assert first.state.real.arrivals == {}
    cooling = cycle(_later(IMBALANCE, 30), state=first.state, policy=DRY)
    assert cooling.decision.outcome is Outcome.COOLING_DOWN
    assert cooling.decision.sentence == "Imagined: cluster cooldown, 4:30 min left."


def test_what_is_real_is_not_called_imagined_in_a_dry_run() -> None:
    state = _ready(IMBALANCE, real=Ledger(last_ended_at=NOW - 60))
    assert cycle(IMBALANCE, state=state, policy=DRY).decision.sentence == "Cluster cooldown, 4:00 min left."


def test_a_budget_that_only_imagined_moves_have_spent_is_called_imagined() -> None:
    policy = replace(DRY, most_moves_per_hour=1, cluster_cooldown_seconds=0.0)
    first = cycle(IMBALANCE, policy=policy)
    spent = cycle(_later(IMBALANCE, 30), state=first.state, policy=policy)
    assert spent.decision.outcome is Outcome.BUDGET_SPENT
    assert spent.decision.sentence.startswith("Imagined: 1 move within the last hour")


def test_going_live_forgets_what_was_imagined() -> None:
    dry = cycle(IMBALANCE, policy=DRY).state
    live = cycle(IMBALANCE, state=dry)
    assert _sent(live) == ("web", "n2", Reason.LOAD)
    assert live.state.imagination is None


def test_a_real_cooldown_holds_in_a_dry_run() -> None:
    state = _ready(IMBALANCE, real=Ledger(last_ended_at=NOW - 10))
    assert cycle(IMBALANCE, state=state, policy=DRY).decision.outcome is Outcome.COOLING_DOWN


def test_a_migration_that_ends_in_a_dry_run_counts_there_too() -> None:
    """Switched to a dry run while a real migration was under way."""
    state = begun(_ready(IMBALANCE), move(), "m1", NOW)
    dry = cycle(IMBALANCE, state=state, policy=DRY).state
    after, _ = watched(dry, Look(vm("web", 2), None), DRY, NOW + 20)
    done = cycle(_later(IMBALANCE, 30), state=after, policy=DRY)
    assert done.decision.outcome is Outcome.COOLING_DOWN
    assert done.state.ledger == done.state.real


def test_reality_overtakes_an_imagined_move() -> None:
    dry = cycle(IMBALANCE, policy=DRY).state
    moved = _later(cluster(HOT, [vm("web", 3), vm("app")]), 30)
    after = cycle(moved, state=dry, policy=DRY).state
    assert after.imagination is not None
    assert after.imagination.moves == {}


# --- the life of a move


def _intended() -> State:
    return begun(_ready(IMBALANCE), move(), "m1", NOW)


def _moving() -> State:
    return answered(_intended(), Accepted(TaskId("7")), NOW)[0]


def test_the_intent_is_written_before_the_request() -> None:
    state = _intended()
    assert state.migration is not None
    assert (state.migration.phase, state.migration.requested_at, state.proposal) == (Phase.INTENT, NOW, None)


@pytest.mark.parametrize(
    ("answer", "phase", "goes_on", "rests", "brief"),
    [
        (Accepted(TaskId("7")), Phase.REQUESTED, True, False, None),
        (Accepted(None), Phase.REQUESTED, True, False, None),
        (Unanswered("Timed out."), Phase.DOUBT, True, False, None),
        (Refused(500, "No."), Phase.NOT_STARTED, False, True, False),
        (NotSent("No route."), Phase.NOT_STARTED, False, False, True),
        (SessionEnded(), Phase.NOT_STARTED, False, False, True),
    ],
)
def test_answers(answer: Answer, phase: Phase, goes_on: bool, rests: bool, brief: bool | None) -> None:
    state, migration = answered(_intended(), answer, NOW + 1)
    assert migration.phase is phase
    assert (state.migration == migration) is goes_on
    assert (state.real.last_ended_at == NOW + 1) is rests
    assert [failure.brief for failure in state.real.failures] == ([] if brief is None else [brief])
    assert state.real.arrivals == {}


def test_an_arrival_starts_both_cooldowns_and_the_window() -> None:
    state, migration = watched(_moving(), Look(vm("web", 2), task(TaskState.COMPLETE)), POLICY, NOW + 60)
    assert migration.phase is Phase.ARRIVED
    assert state.migration is None
    assert state.real == Ledger(
        fresh_since=NOW + 60,
        last_ended_at=NOW + 60,
        arrivals={VmId("web"): Arrival(NOW + 60, node_id(1), node_id(2))},
        departures=(Departure(VmId("web"), node_id(1), NOW + 60),),
    )


def test_a_failure_starts_the_cluster_cooldown_the_back_off_and_the_window_but_not_the_vms_rest() -> None:
    failed = Look(vm("web", 1), task(TaskState.ERROR, message="No room"))
    state, migration = watched(_moving(), failed, POLICY, NOW + 60)
    assert (migration.phase, state.migration) == (Phase.FAILED, None)
    assert state.real == Ledger(
        fresh_since=NOW + 60,
        last_ended_at=NOW + 60,
        failures=(Failure(VmId("web"), node_id(2), 1, NOW + 60, migration.note),),
    )


def test_a_look_that_tells_nothing_goes_on() -> None:
    state, migration = watched(_moving(), Look(Unread(), None), POLICY, NOW + 60)
    assert state.migration == migration
    assert state.real == Ledger()


def test_giving_up_ends_it_as_a_failure() -> None:
    state, migration = watched(_moving(), Look(Unread(), None), POLICY, NOW + 3601)
    assert (migration.phase, state.migration) == (Phase.GIVEN_UP, None)
    assert state.real.failures[0].message == migration.note


def test_a_failed_pair_is_not_tried_again_at_once() -> None:
    """The same VM goes to the next coolest node after the cluster cooldown."""
    state, _ = watched(_moving(), Look(vm("web", 1), task(TaskState.ERROR)), POLICY, NOW)
    later = _later(IMBALANCE, 600)
    assert _sent(cycle(later, state=replace(state, samples=history(later)))) == ("web", "n3", Reason.LOAD)


# --- checking again, right before it is sent


@pytest.mark.parametrize(
    ("wanted", "fresh", "check"),
    [
        (move(), IMBALANCE, None),
        (move(), UPDATING, Check.NO_UPDATE),
        (move(), cluster([*HOT[:2], node(3, status=NetworkStatus.OFFLINE)], BUSY), Check.NODES_ONLINE),
        (move(), cluster(HOT, [vm("web", ui_state=VmState.MIGRATING)]), Check.NO_OTHER_MIGRATION),
        (move(), cluster(HOT, [vm("app")]), Check.STILL_NEEDED),
        (move(target=9), IMBALANCE, Check.STILL_NEEDED),
        (move(), cluster(HOT, [vm("web", 3)]), Check.STILL_NEEDED),
        (move(), cluster(HOT, [vm("web", None, state=VmState.SHUTOFF)]), Check.STILL_NEEDED),
        (move(), cluster(HOT, [vm("web", state=VmState.PAUSED)]), Check.RUNNING),
        (move(), cluster([HOT[0], node(2, cpu=20, used_gib=68), HOT[2]], BUSY), Check.RAM),
        (move(), cluster(HOT, [vm("web", tags="anti_x"), vm("x", 2)]), Check.ANTI_AFFINITY),
        (move("a", reason=Reason.ANTI_AFFINITY), EVERYTHING, None),
        (move("b", reason=Reason.ANTI_AFFINITY), EVERYTHING, None),
        (move("web", reason=Reason.ANTI_AFFINITY), EVERYTHING, Check.STILL_NEEDED),
        (move("pinned", 1, 3, reason=Reason.PIN), EVERYTHING, None),
        (move("pinned", 1, 2, reason=Reason.PIN), EVERYTHING, Check.PINNED),
        (move("web", 1, 3, reason=Reason.PIN), EVERYTHING, Check.STILL_NEEDED),
    ],
)
def test_recheck(wanted: Move, fresh: Snapshot, check: Check | None) -> None:
    _, verdict = recheck(_ready(IMBALANCE), fresh, wanted, POLICY, NOW)
    assert (verdict.check if verdict else None) is check


@pytest.mark.parametrize(
    ("cpu", "polls", "told"),
    [(80, 10, "is 80.0 %, no longer above 80.0 %"), (90, 5, "is not known")],
)
def test_recheck_of_a_load_move_needs_a_node_that_is_still_hot(cpu: float, polls: int, told: str) -> None:
    fresh = cluster([node(1, cpu=cpu), node(2), node(3)], BUSY)
    _, verdict = recheck(State(samples=history(fresh, polls)), fresh, move(), POLICY, NOW)
    assert verdict is not None
    assert verdict.check is Check.STILL_NEEDED
    assert told in verdict.sentence


def test_recheck_in_the_recovery_cooldown() -> None:
    _, verdict = recheck(_ready(IMBALANCE, unwell_at=NOW - 10), IMBALANCE, move(), POLICY, NOW)
    assert verdict is not None
    assert verdict.check is Check.RECOVERED


def test_recheck_copes_with_an_imagination_that_fresh_data_has_overtaken() -> None:
    policy = replace(DRY, cluster_cooldown_seconds=0)
    dry = cycle(IMBALANCE, policy=policy).state
    gone = cluster(HOT, [vm("app", cpu=50)])
    _, verdict = recheck(dry, gone, move("app"), policy, NOW)
    assert verdict is not None
    assert verdict.check is Check.STILL_NEEDED, "the imagined move has emptied the window"


def test_equal_input_gives_equal_output() -> None:
    for policy in (POLICY, DRY, Policy(dry_run=False, interval_seconds=60)):
        assert cycle(EVERYTHING, policy=policy) == cycle(EVERYTHING, policy=policy)


def test_what_only_the_last_look_shows_is_remembered() -> None:
    unwell = replace(IMBALANCE, update=UpdateStatus(UpdateVerdict.ACTIVE, "An update runs."))
    state, verdict = recheck(_ready(IMBALANCE), unwell, move(), POLICY, NOW)
    assert verdict is not None
    assert state.unwell_at == NOW


# --- what a single look must not undo, or miss


def test_one_empty_answer_ends_no_wait() -> None:
    web = move("web", 2, 1)
    ledger = with_failure(with_arrival(Ledger(), web, NOW), move("web", 1, 3), NOW, "No room.")
    before = State(real=ledger)
    empty = step(before, cluster([node(1), node(2)], at=NOW + 30), (), POLICY, NOW + 30).state
    assert (empty.real.arrivals, empty.real.failures) == (ledger.arrivals, ledger.failures)


def test_a_vm_that_somebody_moved_between_two_polls_counts_as_a_migration() -> None:
    calm = cluster([node(1), node(2)], [vm("web", 1)])
    before = State(samples=history(calm))
    moved = replace(cluster([node(1), node(2)], [vm("web", 2)], at=NOW + 30))
    done = step(before, moved, (), POLICY, NOW + 30)
    assert done.decision.outcome is Outcome.COOLING_DOWN
    assert done.state.real.fresh_since == NOW + 30


def test_our_own_arrival_is_not_taken_for_somebody_elses() -> None:
    calm = cluster([node(1), node(2)], [vm("web", 1)])
    before = State(samples=history(calm), real=with_arrival(Ledger(), move("web", 1, 2), NOW + 10))
    moved = cluster([node(1), node(2)], [vm("web", 2)], at=NOW + 30)
    assert step(before, moved, (), POLICY, NOW + 30).state.real.last_ended_at == NOW + 10


def test_our_own_arrival_seen_by_the_poll_before_the_look_is_not_somebody_elses() -> None:
    calm = cluster([node(1), node(2)], [vm("web", 1)])
    before = begun(State(samples=history(calm)), move("web", 1, 2), "m1", NOW)
    moved = cluster([node(1), node(2)], [vm("web", 2)], at=NOW + 30)
    assert step(before, moved, (), POLICY, NOW + 30).state.real.last_ended_at is None
