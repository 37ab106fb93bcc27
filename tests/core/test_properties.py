"""What holds in every cluster, whatever happens to it: properties over random worlds and sequences of cycles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from hctui.core import balancer
from hctui.core.answers import Refused
from hctui.core.commands import Approve, Choose, Command, Drain, EndDrain, MoveVm, Pause, Reject, Resume
from hctui.core.decision import Decision, Move, Outcome, Reason
from hctui.core.migration import Phase
from hctui.core.model import NodeId, Snapshot, VmId
from hctui.core.policy import Mode, Policy
from hctui.core.situation import imagined
from hctui.core.state import LEAST_BACK_OFF_SECONDS, Ledger, State, pruned, with_disturbance
from hctui.core.steadiness import at_the_clock
from tests.core.build import NOW, node, vm
from tests.core.worlds import ANSWERS, Fate, Order, Turn, Weather, World, objections, turns, worlds

QUICK = settings(derandomize=True)
MANY = settings(QUICK, max_examples=3 * QUICK.max_examples)
"""So many that every end and every reason is among them."""


HOUR = 3600.0

FOR_THE_BALANCER = {"nomove", "preferred node left"}
"""What a person need not heed."""


@dataclass
class Run:
    """A balancer at work on a world, judged after every cycle."""

    world: World
    state: State = field(default_factory=State)
    now: float = NOW
    passed: float = 0.0
    ended_at: float | None = None
    arrived: dict[VmId, float] = field(default_factory=dict)
    left: dict[tuple[VmId, NodeId], float] = field(default_factory=dict)
    arrivals: list[float] = field(default_factory=list)
    failed_in_a_row: int = 0
    row_full_at: float | None = None
    failed: dict[tuple[VmId, NodeId], tuple[float, float]] = field(default_factory=dict)
    sent: list[Move] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def turn(self, turn: Turn) -> None:
        if turn.order is Order.FLIP:
            self.world.policy = replace(self.world.policy, dry_run=not self.world.policy.dry_run)
        self._advance(turn.seconds)
        if self.state.migration:
            self._watch(self.state.migration.move)
        if turn.order is Order.RESUME:
            self.failed_in_a_row, self.row_full_at = 0, None
        seen = self.world.snapshot(self.now, turn)
        if turn.weather is Weather.FOREIGN:
            self.ended_at = self.passed
        before, policy = self.state, self.world.policy
        done = balancer.step(before, seen, self._commands(turn), policy, self.now)
        assert done == balancer.step(before, seen, self._commands(turn), policy, self.now)
        self.outcomes[done.decision.outcome] += 1
        before, self.state = self.state, done.state
        self._judge(before, seen, turn, done)
        if done.send:
            self._send(done.send, turn)

    def _advance(self, seconds: float) -> None:
        """A step forward is time that passed; a step back only the clock's, and none of the waits judged here."""
        self.now += seconds
        self.passed += max(0.0, seconds)

    def _commands(self, turn: Turn) -> tuple[Command, ...]:
        number = self.state.proposal.id if self.state.proposal else 0
        vm_ids, targets = list(self.world.vms) or [VmId("gone")], list(self.world.nodes)
        vm_id, target = vm_ids[turn.vm % len(vm_ids)], targets[turn.target % len(targets)]
        chosen = self.state.proposal.move.vm_id if self.state.proposal and turn.vm % 2 else vm_id
        orders: dict[Order, tuple[Command, ...]] = {
            Order.PAUSE: (Pause(),),
            Order.RESUME: (Resume(),),
            Order.APPROVE: (Approve(number),),
            Order.APPROVE_STALE: (Approve(number - 1),),
            Order.REJECT: (Reject(number),),
            Order.CHOOSE: (Choose(number, chosen, target),),
            Order.APPROVE_AND_CHOOSE: (Approve(number), Choose(number, chosen, target)),
            Order.DRAIN: (Drain(target),),
            Order.END_DRAIN: (EndDrain(),),
            Order.MOVE: (MoveVm(vm_id, target),),
            Order.MOVE_ANYWAY: (MoveVm(vm_id, target, override_cooldowns=True),),
        }
        return orders.get(turn.order, ())

    def _watch(self, move: Move) -> None:
        self.state, migration = balancer.watched(
            self.state, self.world.look(move.vm_id), self.world.policy, self.now
        )
        if migration.phase.is_end:
            assert migration.note
            self._ended(move, arrived=migration.phase is Phase.ARRIVED)

    def _send(self, move: Move, turn: Turn) -> None:
        self.sent.append(move)
        self.world.begin(move, turn)
        self.state = balancer.begun(self.state, move, f"m{len(self.sent)}", self.now)
        self.state, migration = balancer.answered(self.state, turn.answer, self.now)
        if migration.phase.is_end:
            refused = isinstance(turn.answer, Refused)
            rest = self._rest() if refused else 0.0
            self.failed[move.vm_id, move.target] = self.passed, rest
            if refused:
                self.ended_at = self.passed
                self._count_failure()

    def _ended(self, move: Move, *, arrived: bool) -> None:
        self.ended_at = self.passed
        if arrived:
            self.arrived[move.vm_id] = self.passed
            self.left[move.vm_id, move.source] = self.passed
            self.arrivals.append(self.passed)
            self.failed_in_a_row, self.row_full_at = 0, None
        else:
            self._count_failure()
            self.failed[move.vm_id, move.target] = self.passed, self._rest()

    def _rest(self) -> float:
        """The least that a pair rests after it failed."""
        return max(self.world.policy.vm_cooldown_seconds, LEAST_BACK_OFF_SECONDS)

    def _judge(self, before: State, seen: Snapshot | None, turn: Turn, done: balancer.Step) -> None:
        policy = self.world.policy
        _is_told(done.decision)
        _is_accounted_for(before, done)
        if policy.dry_run:
            assert done.send is None
            assert done.state.real == _kept(before, seen, turn, self)
        else:
            assert done.state.imagination is None
        if turn.order in (Order.CHOOSE, Order.APPROVE_AND_CHOOSE) and policy.mode is Mode.APPROVE:
            assert done.decision.outcome is not Outcome.MOVE
        if done.decision.outcome is not Outcome.MOVE:
            assert done.send is None
            return
        assert seen is not None
        assert done.decision.move is not None
        assert not before.migration
        assert not done.state.paused or done.decision.move.reason is Reason.MANUAL
        assert turn.weather in (Weather.FINE, Weather.OFFLINE)
        assert all(verdict.ok for verdict in done.decision.safety)
        self._judge_drain(done.decision.move)
        self._judge_restraint(done.decision.move)
        self._judge_move(done.decision.move, imagined(seen, before.imagination if policy.dry_run else None))

    def _judge_drain(self, move: Move) -> None:
        """What is drained takes no VM, and a step of a drain leaves it."""
        drain = self.state.drain
        if move.reason is Reason.DRAIN:
            assert drain is not None
            assert move.source == drain.node
        assert drain is None or move.target != drain.node

    def _judge_restraint(self, move: Move) -> None:
        policy = self.world.policy
        if move.reason is Reason.MANUAL or self.state.drain:
            return  # a person ordered it; of a drain, also what makes room for it
        if policy.act_only and (policy.windows_bind_rules or move.reason is Reason.LOAD):
            assert 13.5 * HOUR <= self.now % (24 * HOUR) < 14 * HOUR
        if policy.most_moves_per_hour:
            assert sum(self.passed - at < HOUR for at in self.arrivals) < policy.most_moves_per_hour
        if self.row_full_at is not None:
            assert policy.failure_pause_seconds
            assert self.passed - self.row_full_at >= policy.failure_pause_seconds
            self.failed_in_a_row, self.row_full_at = 0, None

    def _count_failure(self) -> None:
        self.failed_in_a_row += 1
        if self.failed_in_a_row == self.world.policy.failures_before_pause:
            self.row_full_at = self.passed

    def _judge_move(self, move: Move, seen: Snapshot) -> None:
        policy = self.world.policy
        by_hand = move.reason is Reason.MANUAL
        assert set(objections(move, seen, policy)) <= (FOR_THE_BALANCER if by_hand else set())
        assert by_hand or not move.overrides_cooldowns
        if not move.overrides_cooldowns:
            self._judge_waits(move)

    def _judge_waits(self, move: Move) -> None:
        policy = self.world.policy
        if self.ended_at is not None:
            assert self.passed - self.ended_at >= policy.cluster_cooldown_seconds
        if move.vm_id in self.arrived and move.reason is not Reason.DRAIN:
            assert self.passed - self.arrived[move.vm_id] >= policy.vm_cooldown_seconds
        if (move.vm_id, move.target) in self.failed:
            at, rest = self.failed[move.vm_id, move.target]
            assert self.passed - at >= rest
        if move.reason in (Reason.LOAD, Reason.MANUAL) and (move.vm_id, move.target) in self.left:
            assert self.passed - self.left[move.vm_id, move.target] >= policy.return_ban_seconds


def _kept(before: State, seen: Snapshot | None, turn: Turn, run: Run) -> Ledger:
    """A dry run may forget what is over, and notes what somebody else does; it adds nothing of its own."""
    if seen is None:
        return at_the_clock(before, run.now).real
    kept = pruned(at_the_clock(before, run.now).real, seen, run.world.policy, run.now)
    return with_disturbance(kept, run.now) if turn.weather is Weather.FOREIGN else kept


def _is_accounted_for(before: State, done: balancer.Step) -> None:
    """No proposal vanishes without a word, and none is said to have ended while it waits."""
    closed, waited, waits = done.decision.closed, before.proposal, done.state.proposal
    if waited is None or (waits and waits.id == waited.id):
        assert closed is None
    else:
        assert closed is not None
        assert (closed.proposal_id, closed.move) == (waited.id, waited.move)
        assert done.decision.answer


def _is_told(decision: Decision) -> None:
    """Every decision explains itself, and so does every part of its trace."""
    assert decision.sentence.strip()
    assert decision.sentence.startswith(decision.answer)
    rest = decision.sentence.removeprefix(decision.answer)
    assert not rest or not decision.answer or (rest[0] == " " and rest[1] != " ")
    assert decision.answer == decision.answer.strip()
    assert not decision.answer or decision.answer.endswith(".")
    assert all(verdict.sentence for verdict in decision.safety)
    for finding in decision.findings:
        assert finding.sentence.startswith(finding.headline)
        for candidate in finding.candidates:
            assert candidate.verdicts
            assert all(verdict.sentence for verdict in candidate.verdicts)
            assert all(verdict.ok for verdict in candidate.verdicts[:-1])
            for trial in candidate.trials:
                assert trial.verdicts
                assert all(verdict.sentence for verdict in trial.verdicts)
                assert all(verdict.ok for verdict in trial.verdicts[:-1])


def test_no_cycle_in_any_world_breaks_a_promise() -> None:
    """And since a balancer that does nothing would break none: this one comes to every end, for every reason."""
    outcomes: Counter[Outcome] = Counter()
    reasons: Counter[str] = Counter()

    @MANY
    @given(worlds(), turns)
    def play(world: World, sequence: list[Turn]) -> None:
        run = Run(world)
        for turn in sequence:
            run.turn(turn)
        outcomes.update(run.outcomes)
        reasons.update(move.reason for move in run.sent)

    play()
    assert set(outcomes) == set(Outcome)
    # RAM alone, a group, and a node that can be emptied are rare in such worlds, and have tests of their own.
    rare = (Reason.RAM, Reason.TOGETHER, Reason.DRAIN)
    assert all(reasons[reason] for reason in Reason if reason not in rare), reasons


@QUICK
@given(st.lists(st.integers(0, 2), min_size=20, max_size=40), st.sampled_from((120.0, 600.0)))
def test_heat_that_wanders_moves_no_vm_in_its_cooldown(hot: list[int], vm_cooldown_seconds: float) -> None:
    """The same few VMs would be sent to and fro; `Run` judges each move by what arrived when."""
    nodes = [node(number) for number in (1, 2, 3)]
    vms = [vm(f"vm-{index}", 1 + index % 3, cpu=90.0 - index) for index in range(4)]
    policy = Policy(
        dry_run=False,
        window_seconds=30.0,
        cluster_cooldown_seconds=0.0,
        vm_cooldown_seconds=vm_cooldown_seconds,
    )
    run = Run(World({new.id: new for new in nodes}, {new.id: new for new in vms}, policy))
    for index in hot:
        run.turn(Turn(30.0, Weather.FINE, Order.NOTHING, ANSWERS[0], Fate.ARRIVES, 0, index, 20.0))
    assert run.sent
