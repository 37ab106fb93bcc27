"""Moves by hand: hard checks always bind, waits bind until overridden, and what is meant for the balancer does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hctui.core import by_hand
from hctui.core.balancer import Step, begun, recheck, step
from hctui.core.commands import Approve, Choose, Command, MoveVm, Pause, Reject
from hctui.core.decision import Check, Move, Outcome, Reason
from hctui.core.model import (
    NativeAffinity,
    NetworkStatus,
    NodeId,
    Snapshot,
    TaskState,
    UpdateStatus,
    UpdateVerdict,
    VmId,
    VmState,
)
from hctui.core.orders import Orders
from hctui.core.policy import Mode, Policy
from hctui.core.situation import situation_of
from hctui.core.state import (
    Arrival,
    Failure,
    Imagination,
    ImaginedMove,
    Ledger,
    Rejection,
    State,
)
from tests.core.build import DRY, NOW, POLICY, cluster, cycle, history, move, node, node_id, vm
from tests.core.worlds import World, objections, worlds

NODES = [node(1), node(2), node(3)]
WEB = vm("web")
CALM = cluster(NODES, [WEB])
TO_2 = MoveVm(WEB.id, node_id(2))
ANYWAY = replace(TO_2, override_cooldowns=True)
UPDATING = replace(CALM, update=UpdateStatus(UpdateVerdict.ACTIVE, "An update is being installed."))
ASK = Policy(dry_run=False, mode=Mode.APPROVE)
HOT = cluster([node(1, cpu=90), node(2, cpu=20), node(3, cpu=30)], [vm("web", cpu=70), vm("app", cpu=50)])


def _done(
    snapshot: Snapshot, *commands: Command, state: State | None = None, policy: Policy = POLICY
) -> Step:
    before = replace(state or State(), samples=history(snapshot))
    return cycle(snapshot, *commands, state=before, policy=policy)


def _with(ledger: Ledger) -> State:
    return State(real=ledger)


JUST_ARRIVED = Ledger(arrivals={WEB.id: Arrival(NOW - 60, node_id(2), node_id(1))}, last_ended_at=NOW - 60)
FAILED = Ledger(failures=(Failure(WEB.id, node_id(2), 1, NOW - 60, "No room."),))
REJECTED = Ledger(rejections=(Rejection(WEB.id, node_id(2), NOW - 60),))


def test_a_move_by_hand_is_sent_although_nothing_calls_for_it() -> None:
    done = _done(CALM, TO_2)
    assert done.send is not None
    assert (done.send.vm_id, done.send.source, done.send.target) == ("web", "n1", "n2")
    assert (done.send.reason, done.send.overrides_cooldowns) == (Reason.MANUAL, False)
    assert (done.decision.outcome, done.decision.move) == (Outcome.MOVE, done.send)
    assert done.decision.sentence == (
        "Moving by hand: web from 10.0.0.101 to 10.0.0.102. Asked for by a person."
    )
    [finding] = done.decision.findings
    assert (finding.reason, finding.headline, finding.move) == (Reason.MANUAL, "", done.send)
    assert finding.candidates[0].trials[0].ok


def test_a_dry_run_only_imagines_it() -> None:
    done = _done(CALM, TO_2, policy=DRY)
    assert (done.send, done.decision.outcome) == (None, Outcome.MOVE)
    assert done.state.imagination is not None
    assert set(done.state.imagination.moves) == {"web"}
    assert done.state.real == Ledger()


def test_it_is_carried_out_while_paused() -> None:
    assert _done(CALM, TO_2, state=State(paused=True)).send is not None
    done = _done(CALM, TO_2, Pause())
    assert done.send is not None
    assert done.state.paused


def test_it_is_not_made_when_the_cluster_could_not_be_read() -> None:
    unread = step(State(), None, (TO_2,), POLICY, NOW)
    assert (unread.send, unread.decision.outcome) == (None, Outcome.NO_DATA)
    assert unread.decision.sentence == "Nothing is moved by hand. The cluster could not be read."


@pytest.mark.parametrize(
    ("snapshot", "check", "told"),
    [
        (UPDATING, Check.NO_UPDATE, "An update is being installed."),
        (
            cluster([node(1), node(2), node(3, status=NetworkStatus.OFFLINE)], [WEB]),
            Check.NODES_ONLINE,
            "10.0.0.103 is offline.",
        ),
        (replace(CALM, taken_at=NOW - 91), Check.FRESH_DATA, "1:31 min old"),
        (cluster(NODES, [vm("web", state=VmState.PAUSED)]), Check.RUNNING, "web is paused"),
        (
            cluster(NODES, [replace(WEB, task=TaskState.QUEUED)]),
            Check.NOT_BUSY,
            "The cluster has a task on web",
        ),
        (
            replace(cluster(NODES, [vm("web", tags="gpu")]), gpu_profiles=frozenset({"gpu"})),
            Check.GPU,
            "web has a virtual GPU (gpu)",
        ),
        (
            cluster([replace(node(1), allow_running_vms=False), *NODES[1:]], [WEB]),
            Check.SOURCE,
            "10.0.0.101 does not allow VMs.",
        ),
        (
            cluster([node(1), replace(node(2), allow_running_vms=False), node(3)], [WEB]),
            Check.USABLE,
            "10.0.0.102 does not allow VMs.",
        ),
        (cluster([node(1), node(2, used_gib=69)], [WEB]), Check.RAM, "RAM 73.0 % with 4 GiB more"),
        (
            cluster(NODES, [WEB, vm("db", 2, tags="anti_web")]),
            Check.ANTI_AFFINITY,
            "db on 10.0.0.102 must be kept apart from web.",
        ),
        (cluster(NODES, [vm("web", tags="node_101")]), Check.PINNED, "web is pinned to 10.0.0.101."),
        (
            cluster(NODES, [replace(WEB, affinity=NativeAffinity(strict=True, preferred=node_id(1)))]),
            Check.NATIVE,
            "does not allow web on 10.0.0.102.",
        ),
        (
            cluster(NODES, [replace(WEB, affinity=NativeAffinity(strict=True))]),
            Check.NATIVE,
            "does not allow web on 10.0.0.102.",
        ),
        (cluster(NODES, [vm("web", 2)]), Check.ELSEWHERE, "web is on 10.0.0.102 already."),
    ],
    ids=lambda value: value if isinstance(value, Check) else "",
)
@pytest.mark.parametrize("order", [TO_2, ANYWAY])
def test_a_hard_check_refuses_it_whatever_is_overridden(
    snapshot: Snapshot, check: Check, told: str, order: MoveVm
) -> None:
    done = cycle(snapshot, order, now=NOW)
    assert (done.send, done.decision.outcome, done.decision.move) == (None, Outcome.REFUSED, None)
    assert done.decision.sentence.startswith("Not moved by hand: web from 10.0.0.10")
    assert told in done.decision.sentence
    [finding] = done.decision.findings
    [candidate] = finding.candidates
    last = candidate.trials[-1].verdicts[-1] if candidate.trials else candidate.verdicts[-1]
    assert (last.check, last.ok) == (check, False)


@pytest.mark.parametrize(
    "snapshot",
    [
        cluster(NODES, [vm("web", tags="nomove")]),
        cluster(NODES, [replace(WEB, affinity=NativeAffinity(preferred=node_id(1)))]),
        cluster([node(1), node(2, cpu=99)], [WEB]),
        cluster([node(1, cpu=None), node(2, cpu=None)], [vm("web", cpu=None)]),
        cluster(NODES, [vm("web", tags="node_101 node_102")]),
    ],
    ids=["nomove", "a preference of HyperCore", "a busy target", "unknown CPU", "several homes"],
)
def test_what_is_meant_for_the_balancer_does_not_bind_a_person(snapshot: Snapshot) -> None:
    assert _done(snapshot, TO_2).send is not None


@pytest.mark.parametrize(
    ("ledger", "told"),
    [
        (JUST_ARRIVED, "Cluster cooldown, 4:00 min left. In cooldown for another 29:00 min."),
        (Ledger(last_ended_at=NOW - 299), "Cluster cooldown, 1 s left."),
        (FAILED, "Moving web there failed once; back-off, 29:00 min left. No room."),
        (REJECTED, "Moving web there was rejected; 29:00 min left."),
    ],
)
def test_waits_refuse_it_all_at_once_until_they_are_overridden(ledger: Ledger, told: str) -> None:
    refused = _done(CALM, TO_2, state=_with(ledger))
    assert (refused.send, refused.decision.outcome) == (None, Outcome.REFUSED)
    assert refused.decision.sentence == f"Not moved by hand: web from 10.0.0.101 to 10.0.0.102. {told}"
    done = _done(CALM, ANYWAY, state=_with(ledger))
    assert done.send is not None
    assert done.send.overrides_cooldowns
    assert done.send.sentence == f"Asked for by a person, overriding this: {told}"


def test_the_end_of_a_wait_needs_no_override() -> None:
    over = Ledger(arrivals={WEB.id: Arrival(NOW - 1800, node_id(2), node_id(1))}, last_ended_at=NOW - 300)
    assert _done(CALM, TO_2, state=_with(over)).send is not None


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (MoveVm(VmId("x"), node_id(2)), "Not moved by hand: that VM is not on the cluster."),
        (
            MoveVm(WEB.id, node_id(9)),
            "Not moved by hand: web stays where it is, for that node is not on the cluster.",
        ),
    ],
)
def test_what_does_not_exist_is_refused(order: MoveVm, told: str) -> None:
    done = _done(CALM, order)
    assert (done.send, done.decision.outcome, done.decision.sentence) == (None, Outcome.REFUSED, told)


def test_a_vm_without_a_node_is_refused() -> None:
    done = _done(cluster(NODES, [vm("web", None, state=VmState.SHUTOFF)]), TO_2)
    assert (done.send, done.decision.outcome) == (None, Outcome.REFUSED)
    assert "only a running VM can be migrated" in done.decision.sentence


@pytest.mark.parametrize("order", [TO_2, ANYWAY])
def test_it_is_never_the_second_migration(order: MoveVm) -> None:
    state = begun(State(), move("app", 2, 3), "m1", NOW - 30)
    done = _done(cluster(NODES, [WEB, vm("app", 2, ui_state=VmState.MIGRATING)]), order, state=state)
    assert (done.send, done.decision.outcome) == (None, Outcome.REFUSED)
    assert (
        "app is being migrated to 10.0.0.103, and only one VM is migrated at a time."
        in done.decision.sentence
    )
    assert done.state.migration == state.migration


def test_of_two_in_one_cycle_only_the_first_is_looked_at() -> None:
    both = cluster(NODES, [WEB, vm("app")])
    others = MoveVm(VmId("app"), node_id(3)), MoveVm(VmId("gone"), node_id(9), override_cooldowns=True)
    done = _done(both, TO_2, *others)
    assert done.send is not None
    assert done.send.vm_id == "web"
    assert done.decision.sentence.endswith(
        " Asked for by a person. Not moved by hand: app to 10.0.0.103, an unknown VM to an unknown node. "
        "A cycle takes one move by hand."
    )
    assert done.decision.declined == Orders(moves=others)


def test_what_is_refused_is_declined_with_all_that_came_with_it() -> None:
    other = MoveVm(VmId("app"), node_id(3))
    done = _done(UPDATING, TO_2, other)
    assert (done.send, done.decision.outcome) == (None, Outcome.REFUSED)
    assert done.decision.declined == Orders(moves=(TO_2, other))


# --- a proposal that waits meanwhile


WITHDRAWN = "Proposal 1 withdrawn, web from 10.0.0.101 to 10.0.0.102:"


@pytest.fixture
def waiting() -> State:
    state = cycle(HOT, policy=ASK).state
    assert state.proposal is not None
    return state


def test_it_withdraws_a_proposal_and_says_so(waiting: State) -> None:
    done = _done(HOT, MoveVm(VmId("app"), node_id(3)), state=waiting, policy=ASK)
    assert done.send is not None
    assert (done.send.vm_id, done.state.proposal) == ("app", None)
    assert done.decision.sentence.startswith(f"{WITHDRAWN} a move by hand came first. Moving by hand: app")


def test_a_refused_one_leaves_a_proposal_that_holds(waiting: State) -> None:
    refused = MoveVm(VmId("app"), node_id(1))
    done = _done(HOT, refused, state=waiting, policy=ASK)
    assert (done.send, done.state.proposal) == (None, waiting.proposal)
    full = cluster([node(1, cpu=90), node(2, cpu=20, used_gib=69), node(3, cpu=30)], HOT.vms.values())
    for snapshot, policy, why in (
        (full, ASK, "it no longer holds."),
        (HOT, POLICY, "the mode changed to auto."),
        (replace(HOT, update=UPDATING.update), ASK, "it stands down."),
    ):
        done = _done(snapshot, refused, state=waiting, policy=policy)
        assert done.state.proposal is None
        assert done.decision.sentence.startswith(f"{WITHDRAWN} {why} Not moved by hand")


def test_what_else_was_asked_for_in_its_cycle_is_said_not_to_be_done(waiting: State) -> None:
    done = _done(HOT, Approve(1), Choose(1, VmId("web"), node_id(3)), TO_2, state=waiting, policy=ASK)
    assert done.send is not None
    assert done.send.reason is Reason.MANUAL
    assert done.decision.sentence.startswith(
        "Proposal 1 is not sent. Nothing is chosen instead of proposal 1. Moving by hand"
    )


def test_a_rejection_still_counts(waiting: State) -> None:
    done = _done(HOT, Reject(1), MoveVm(VmId("app"), node_id(3)), state=waiting, policy=ASK)
    assert done.send is not None
    assert len(done.state.real.rejections) == 1


# --- right before it is sent


def _asked_for(state: State | None = None, order: MoveVm = TO_2) -> Move:
    sent = _done(CALM, order, state=state).send
    assert sent is not None
    return sent


def test_the_recheck_lets_pass_what_holds() -> None:
    state, objection = recheck(State(), CALM, _asked_for(), POLICY, NOW)
    assert (replace(state, clock=State().clock, learned=State().learned), objection) == (State(), None)


@pytest.mark.parametrize(
    ("snapshot", "check"),
    [
        (UPDATING, Check.NO_UPDATE),
        (cluster(NODES, [vm("web", 3)]), Check.STILL_NEEDED),
        (cluster(NODES, []), Check.STILL_NEEDED),
        (cluster([node(1)], [WEB]), Check.STILL_NEEDED),
        (cluster([node(1), node(2, used_gib=69)], [WEB]), Check.RAM),
        (cluster(NODES, [vm("web", tags="node_101")]), Check.PINNED),
        (cluster(NODES, [replace(WEB, task=TaskState.RUNNING)]), Check.NOT_BUSY),
    ],
)
def test_the_recheck_asks_the_hard_checks_again_although_waits_are_overridden(
    snapshot: Snapshot, check: Check
) -> None:
    ordered = replace(_asked_for(), overrides_cooldowns=True)
    _, objection = recheck(State(), snapshot, ordered, POLICY, NOW)
    assert objection is not None
    assert objection.check is check


@pytest.mark.parametrize(
    ("ledger", "check"),
    [(JUST_ARRIVED, Check.CLUSTER_COOLDOWN), (FAILED, Check.BACK_OFF), (REJECTED, Check.BACK_OFF)],
)
def test_the_recheck_honours_the_same_override(ledger: Ledger, check: Check) -> None:
    plain = _asked_for()
    _, objection = recheck(_with(ledger), CALM, plain, POLICY, NOW)
    assert objection is not None
    assert objection.check is check
    _, objection = recheck(_with(ledger), CALM, replace(plain, overrides_cooldowns=True), POLICY, NOW)
    assert objection is None


def test_the_recheck_notes_an_unwell_cluster() -> None:
    state, _ = recheck(State(), UPDATING, _asked_for(), POLICY, NOW)
    assert state.unwell_at == NOW


# --- what the console shows before anything is asked for


def _options(snapshot: Snapshot, state: State | None = None) -> dict[NodeId, by_hand.Option]:
    state = replace(state or State(), samples=history(snapshot))
    s = situation_of(state, snapshot, POLICY, NOW)
    safety = by_hand.safety_now(state, snapshot, POLICY, NOW)
    return {option.node_id: option for option in by_hand.options(s, safety, s.snapshot.vms[WEB.id])}


def test_every_node_is_an_option_with_what_stands_against_it() -> None:
    snapshot = cluster([node(1), node(2, used_gib=69), node(3), node(4)], [WEB])
    failed = Ledger(failures=(Failure(WEB.id, node_id(4), 2, NOW - 60, "No room."),))
    told = {
        node_id: (
            option.is_here,
            option.allowed,
            option.hard[-1].check,
            [wait.check for wait in option.soft],
        )
        for node_id, option in _options(snapshot, _with(failed)).items()
    }
    assert told == {
        "n1": (True, False, Check.ELSEWHERE, []),
        "n2": (False, False, Check.RAM, []),
        "n3": (False, True, Check.NATIVE, []),
        "n4": (False, True, Check.NATIVE, [Check.BACK_OFF]),
    }


def test_an_option_that_fails_hard_shows_its_waits_too_and_is_refused_for_that_alone() -> None:
    option = _options(cluster([node(1), node(2, used_gib=69)], [WEB]), _with(JUST_ARRIVED))[node_id(2)]
    assert [wait.check for wait in option.soft] == [Check.CLUSTER_COOLDOWN, Check.COOLDOWN]
    assert not option.allowed
    assert option.objections(override_cooldowns=False) == option.hard[-1:]


def test_while_a_vm_is_migrated_no_option_is_allowed() -> None:
    state = begun(State(), move("app", 2, 3), "m1", NOW - 30)
    snapshot = cluster(NODES, [WEB, vm("app", 2, ui_state=VmState.MIGRATING)])
    for option in _options(snapshot, state).values():
        assert not option.allowed
        [verdict] = option.hard
        assert verdict.sentence.startswith("app is being migrated to 10.0.0.103"), "ours, not somebody else's"


def test_our_own_migration_is_not_taken_for_somebody_elses() -> None:
    state = begun(State(), move("app", 2, 3), "m1", NOW - 30)
    snapshot = cluster(NODES, [WEB, vm("app", 2, ui_state=VmState.MIGRATING)])
    failing = [verdict for verdict in by_hand.safety_now(state, snapshot, POLICY, NOW) if not verdict.ok]
    assert [verdict.sentence for verdict in failing] == [
        "app is being migrated to 10.0.0.103, and only one VM is migrated at a time."
    ]


# --- undoing


def _arrivals(*arrived: tuple[str, float, int, int]) -> Ledger:
    return Ledger(
        arrivals={VmId(name): Arrival(NOW - ago, node_id(a), node_id(b)) for name, ago, a, b in arrived}
    )


@pytest.mark.parametrize(
    ("ledger", "back"),
    [
        (Ledger(), None),
        (_arrivals(("web", 60, 2, 1)), ("web", "n2")),
        (_arrivals(("web", 60, 2, 1), ("app", 90, 1, 3)), ("web", "n2")),
        (_arrivals(("web", 60, 2, 1), ("app", 30, 1, 3)), ("app", "n1")),
        (_arrivals(("web", 60, 1, 2)), None),
        (_arrivals(("gone", 60, 2, 1)), None),
        (_arrivals(("off", 60, 2, 1)), None),
    ],
    ids=["nothing", "one", "the later", "whatever the order", "moved on", "deleted", "switched off"],
)
def test_what_was_moved_last(ledger: Ledger, back: tuple[str, str] | None) -> None:
    vms = [WEB, vm("app", 3), vm("off", state=VmState.SHUTOFF)]
    assert by_hand.last_move(_with(ledger), cluster(NODES, vms)) == back


def test_in_a_dry_run_what_was_imagined_last_can_be_undone() -> None:
    first = _done(CALM, TO_2, policy=DRY)
    back = by_hand.last_move(first.state, CALM)
    assert back == ("web", "n1")
    undone = _done(CALM, MoveVm(*back, override_cooldowns=True), state=first.state, policy=DRY)
    assert undone.state.imagination is not None
    assert undone.state.imagination.moves == {}


def test_what_reality_has_overtaken_is_no_longer_there_to_be_undone() -> None:
    moves = {WEB.id: ImaginedMove(node_id(1), node_id(2), NOW - 60)}
    state = State(imagination=Imagination(_arrivals(("web", 60, 1, 2)), moves))
    assert by_hand.last_move(state, CALM) == ("web", "n1")
    assert by_hand.last_move(state, cluster(NODES, [vm("web", 3)])) is None


def test_an_undone_move_goes_through_the_same_checks() -> None:
    state = _with(_arrivals(("web", 60, 2, 1)))
    back = by_hand.last_move(state, CALM)
    assert back is not None
    assert _done(CALM, MoveVm(*back), state=state).send is None
    done = _done(CALM, MoveVm(*back, override_cooldowns=True), state=state)
    assert done.send is not None
    assert done.send.target == "n2"


# --- in any cluster


FOR_THE_BALANCER = {"nomove", "preferred node left"}


@settings(derandomize=True)
@given(worlds(), st.integers(0, 24), st.integers(0, 5), st.booleans())
def test_in_any_cluster_it_breaks_no_rule_and_agrees_with_its_option(
    world: World, vm_number: int, target_number: int, override: bool
) -> None:
    vm_ids, targets = list(world.vms), list(world.nodes)
    if not vm_ids:
        return
    order = MoveVm(vm_ids[vm_number % len(vm_ids)], targets[target_number % len(targets)], override)
    snapshot = cluster(world.nodes.values(), world.vms.values())
    state = State(samples=history(snapshot))
    done = cycle(snapshot, order, state=state, policy=world.policy)
    s = situation_of(state, snapshot, world.policy, NOW)
    safety = by_hand.safety_now(state, snapshot, world.policy, NOW)
    [option] = [
        option
        for option in by_hand.options(s, safety, world.vms[order.vm_id])
        if option.node_id == order.target
    ]
    assert (done.decision.move is not None) == (option.allowed and (override or not option.soft))
    if world.policy.dry_run:
        assert done.send is None
    if done.decision.move:
        assert set(objections(done.decision.move, snapshot, world.policy)) <= FOR_THE_BALANCER
        if done.send:
            assert recheck(done.state, snapshot, done.send, world.policy, NOW)[1] is None
    else:
        assert (done.send, done.decision.outcome) == (None, Outcome.REFUSED)
