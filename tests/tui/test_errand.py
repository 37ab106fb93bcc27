"""An order is followed to its end by what a real engine publishes and logs, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hctui.core import balancer
from hctui.core.answers import Refused, Unanswered
from hctui.core.by_hand import options, safety_now
from hctui.core.commands import Approve, MoveVm, Pause
from hctui.core.decision import Reason
from hctui.core.model import NetworkStatus, Snapshot, TaskState, VmId
from hctui.core.planner import move_to
from hctui.core.policy import Mode, Policy
from hctui.core.situation import situation_of
from hctui.core.state import Ledger, State
from hctui.engine.view import Line, View
from hctui.tui.cell import Tone
from hctui.tui.errand import Errand, Stage, heard, shown, unsent
from hctui.tui.outcome import outcome
from hctui.tui.picture import picture_of
from tests.core.build import NOW, cluster, cycle, history, node, node_id, vm
from tests.engine.stand_in import Stage as Engine
from tests.engine.stand_in import stage

ASK = Policy(dry_run=False, mode=Mode.APPROVE)
HOT = cluster([node(1, cpu=90), node(2, cpu=20), node(3, cpu=30)], [vm("web", cpu=70), vm("app", cpu=50)])
LATER = replace(HOT, taken_at=NOW + 30)
FULL = replace(
    HOT, nodes={each.id: replace(each, mem_used_bytes=each.mem_bytes) for each in HOT.nodes.values()}
)
WEB = VmId("web")


def engine(order: Approve | MoveVm, policy: Policy = ASK) -> tuple[Engine, Errand]:
    """An engine with a waiting proposal that is about to take the order, and the errand as it was sent."""
    proposed = cycle(HOT, policy=replace(ASK, dry_run=policy.dry_run))
    assert proposed.state.proposal
    assert proposed.state.proposal.move.target == node_id(2)
    made = stage(HOT, policy=policy, state=replace(proposed.state, samples=history(HOT)))
    s = situation_of(State(samples=history(HOT)), HOT, policy, NOW)
    move = proposed.state.proposal.move
    if isinstance(order, MoveVm):
        move = move_to(s, HOT.vms[order.vm_id], HOT.nodes[order.target], Reason.MANUAL, "")
    made.desk.publish(decision=proposed.decision, snapshot=HOT)
    made.desk.submit(order)
    return made, Errand(order, move, proposed.decision)


async def followed(made: Engine, errand: Errand, seconds: float | None = None) -> Errand:
    """The errand after the engine's next cycle, or after so many seconds."""
    views: list[View] = []
    made.desk.listen(lambda: views.append(made.desk.view))
    await (made.engine.run(once=True) if seconds is None else made.engine.run(until=NOW + seconds))
    for view in views:
        errand = shown(errand, view)
    return heard(errand, made.desk.lines_since(0)[1])


def fill_the_target(made: Engine) -> None:
    """Between the decision and the request, all nodes fill up."""

    def before_read() -> None:
        if made.calls.count("snapshot") == 2:
            made.cluster.current = FULL

    made.cluster.before_read = before_read


def fail_the_task(made: Engine) -> None:
    made.cluster.arrives, made.cluster.task_state = False, TaskState.ERROR


ORDERS = (Approve(1), MoveVm(WEB, node_id(2)))

Setup = Callable[[Engine], object]

ENDS: dict[str, tuple[Setup, Stage, str]] = {
    "it arrives": (lambda made: None, Stage.ARRIVED, "MIGRATION COMPLETE: web is on 10.0.0.102."),
    "the cluster refuses it": (
        lambda made: setattr(made.cluster, "answer", Refused(403, "no")),
        Stage.FAILED,
        "The cluster refused it (HTTP 403): no",
    ),
    "a check fails on fresh data": (fill_the_target, Stage.NOT_SENT, "RAM 104.0 % with 4 GiB more"),
    "the cluster cannot be read": (
        lambda made: made.cluster.failing.add("snapshot"),
        Stage.NOT_SENT,
        "The cluster could not be read.",
    ),
    "the journal cannot be written": (
        lambda made: made.memory.failing.add("record_cycle"),
        Stage.NOT_SENT,
        "record_cycle failed. Nothing is migrated while the journal cannot be written.",
    ),
    "the intent cannot be written": (
        lambda made: made.memory.failing.add("record_intent"),
        Stage.NOT_SENT,
        "record_intent failed.",
    ),
    "the migration fails": (fail_the_task, Stage.FAILED, "MIGRATION FAILED: The cluster reported"),
    "another node goes offline": (
        lambda made: setattr(made.cluster, "current", _offline(made.cluster.current)),
        Stage.NOT_SENT,
        "10.0.0.103 is offline.",
    ),
}


def _offline(snapshot: Snapshot) -> Snapshot:
    lost = replace(snapshot.nodes[node_id(3)], status=NetworkStatus.OFFLINE)
    return replace(snapshot, nodes={**snapshot.nodes, lost.id: lost})


@pytest.mark.parametrize("order", ORDERS, ids=["approved", "by hand"])
@pytest.mark.parametrize("case", ENDS)
async def test_every_end_is_told_as_it_is(order: Approve | MoveVm, case: str) -> None:
    prepare, stage_then, told = ENDS[case]
    made, errand = engine(order)
    prepare(made)
    errand = await followed(made, errand)
    assert (errand.stage, told in errand.told) == (stage_then, True), errand


@pytest.mark.parametrize("order", ORDERS, ids=["approved", "by hand"])
async def test_an_order_arrives_also_when_the_clock_is_set_back_in_the_middle_of_it(
    order: Approve | MoveVm,
) -> None:
    made, errand = engine(order)
    made.desk.log(Line(NOW, "executing", "an older move of the same VM", data={"vm_id": "web"}))

    def set_back() -> None:
        made.clock._now -= 3600

    made.memory.before_intent = set_back
    errand = await followed(made, errand)
    assert made.desk.lines_since(0)[1][-1].at < NOW
    assert errand.stage is Stage.ARRIVED


@pytest.mark.parametrize("order", ORDERS, ids=["approved", "by hand"])
async def test_a_dry_run_imagines_it_and_sends_nothing(order: Approve | MoveVm) -> None:
    made, errand = engine(order, replace(ASK, dry_run=True))
    errand = await followed(made, errand)
    assert errand.stage is Stage.IMAGINED
    assert "migrate" not in made.calls


@pytest.mark.parametrize("order", ORDERS, ids=["approved", "by hand"])
async def test_while_it_runs_it_is_sent_and_nothing_more(order: Approve | MoveVm) -> None:
    made, errand = engine(order)
    made.cluster.arrives, made.cluster.task_state = False, TaskState.RUNNING
    errand = await followed(made, errand, seconds=20)
    assert (errand.stage, errand.told) == (Stage.SENT, "The cluster accepted it as task 7.")
    told = outcome(picture_of(made.desk.view), errand).text
    assert told == "Sent. The cluster accepted it as task 7. Migrating, 35 %."


async def test_an_answer_that_never_came_is_not_taken_for_a_refusal() -> None:
    made, errand = engine(Approve(1))
    made.cluster.arrives, made.cluster.answer = False, Unanswered("timed out.")
    errand = await followed(made, errand, seconds=10)
    assert errand.stage is Stage.SENT
    assert "is not known" in errand.told


async def test_a_command_that_comes_in_between_stops_it_and_that_is_told() -> None:
    made, errand = engine(Approve(1))
    made.cluster.before_read = lambda: (
        made.desk.submit(Pause()) if made.calls.count("snapshot") == 2 else None
    )
    errand = await followed(made, errand, seconds=5)
    assert errand.stage is Stage.NOT_SENT
    assert errand.told.startswith("Not sent: A command has come in")


def view(decided: balancer.Step) -> View:
    made = stage(HOT, policy=ASK)
    made.desk.publish(state=decided.state, decision=decided.decision, snapshot=HOT)
    return made.desk.view


def test_a_cycle_that_was_under_way_already_is_no_answer() -> None:
    first = cycle(HOT, policy=ASK)
    assert first.state.proposal
    errand = Errand(Approve(1), first.state.proposal.move, first.decision)
    without = cycle(LATER, state=replace(first.state, samples=history(LATER)), policy=ASK)
    assert shown(errand, view(without)) == errand
    unread = balancer.step(first.state, None, (), ASK, NOW + 30)
    assert shown(errand, view(unread)) == errand, "nothing was lost: the order is still to come"
    with_it = cycle(LATER, Approve(1), state=replace(without.state, samples=history(LATER)), policy=ASK)
    assert shown(errand, view(with_it)).stage is Stage.HOLDS


def by_hand(decided: balancer.Step) -> Errand:
    """Moving web to node 2 by hand, which is where a proposal would have it too."""
    s = situation_of(decided.state, HOT, ASK, NOW)
    move = move_to(s, HOT.vms[WEB], HOT.nodes[node_id(2)], Reason.MANUAL, "")
    return Errand(MoveVm(WEB, node_id(2)), move, decided.decision)


def test_a_move_by_hand_waits_through_a_cycle_that_approves_the_same_move() -> None:
    first = cycle(HOT, policy=ASK)
    approved = cycle(LATER, Approve(1), state=replace(first.state, samples=history(LATER)), policy=ASK)
    assert approved.send is not None
    assert shown(by_hand(first), view(approved)) == by_hand(first)


def test_a_proposal_withdrawn_for_the_same_move_by_hand_was_not_approved() -> None:
    first = cycle(HOT, policy=ASK)
    assert first.state.proposal
    errand = Errand(Approve(1), first.state.proposal.move, first.decision)
    moved = cycle(
        LATER, MoveVm(WEB, node_id(2)), state=replace(first.state, samples=history(LATER)), policy=ASK
    )
    assert moved.send is not None
    assert shown(errand, view(moved)).stage is Stage.NOT_SENT


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_second_of_two_moves_by_hand_in_one_cycle_is_turned_down(dry_run: bool) -> None:
    policy = replace(ASK, dry_run=dry_run)
    first = cycle(HOT, policy=policy)
    orders = MoveVm(WEB, node_id(2)), MoveVm(VmId("app"), node_id(3))
    both = cycle(LATER, *orders, state=replace(first.state, samples=history(LATER)), policy=policy)
    s = situation_of(first.state, HOT, policy, NOW)
    stages = []
    for order in orders:
        move = move_to(s, HOT.vms[order.vm_id], HOT.nodes[order.target], Reason.MANUAL, "")
        errand = shown(Errand(order, move, first.decision), view(both))
        stages.append(errand.stage)
    assert stages == [Stage.IMAGINED if dry_run else Stage.HOLDS, Stage.NOT_SENT]
    assert "Not moved by hand: app to 10.0.0.103." in errand.told


def test_an_answer_to_the_order_before_is_no_answer() -> None:
    refused = cycle(FULL, MoveVm(WEB, node_id(2)), policy=ASK)
    assert by_hand(refused).before is refused.decision
    assert shown(by_hand(refused), view(refused)).stage is Stage.ASKED
    again = cycle(FULL, MoveVm(WEB, node_id(2)), policy=ASK)
    assert shown(by_hand(refused), view(again)).stage is Stage.NOT_SENT


def test_lines_of_another_move_are_not_its_own() -> None:
    first = cycle(HOT, policy=ASK)
    assert first.state.proposal
    errand = Errand(Approve(1), first.state.proposal.move, None, Stage.HOLDS, lines_before=4)
    before = Line(NOW, "executing", "EXECUTING MIGRATION: web", data={"vm_id": "web"}, number=3)
    others = [
        before,
        Line(NOW, "executing", "EXECUTING MIGRATION: app", data={"vm_id": "app"}, number=4),
        Line(NOW, "not_sent", "Not sent: the one before.", number=5),
        Line(NOW, "answer", "The cluster accepted it as task 1.", number=6),
    ]
    assert heard(errand, others) == errand
    assert heard(errand, [replace(before, number=4)]).stage is Stage.SENDING


def test_words_begin_with_what_counts() -> None:
    first = cycle(HOT, policy=ASK)
    assert first.state.proposal
    picture = picture_of(view(first))
    errand = Errand(Approve(1), first.state.proposal.move, told="Because.")
    told = {each: outcome(picture, replace(errand, stage=each)) for each in Stage}
    assert {each: cell.text.split(" ")[0] for each, cell in told.items()} == {
        Stage.ASKED: "Asked.",
        Stage.HOLDS: "It",
        Stage.SENDING: "It",
        Stage.SENT: "Sent.",
        Stage.IMAGINED: "Dry",
        Stage.NOT_SENT: "Not",
        Stage.ARRIVED: "Done.",
        Stage.FAILED: "Failed.",
    }
    assert told[Stage.NOT_SENT].text == "Not sent. Because."
    assert told[Stage.NOT_SENT].parts[0][1] is Tone.BAD
    for sentence in ("Not moved by hand: x.", "Nothing is moved by hand. x.", "Proposal 1 is not sent. x."):
        assert unsent(sentence) == sentence


def test_only_ends_are_ends() -> None:
    assert {each for each in Stage if each.is_end} == {
        Stage.IMAGINED,
        Stage.NOT_SENT,
        Stage.ARRIVED,
        Stage.FAILED,
    }
    assert {each for each in Stage if not each.is_answered} == {Stage.ASKED, Stage.HOLDS, Stage.SENDING}


def test_safety_is_what_the_engine_would_ask() -> None:
    """The page and the engine ask the same question of the same data."""
    state = State(samples=history(HOT), real=Ledger(last_ended_at=NOW - 10))
    s = situation_of(state, HOT, ASK, NOW)
    found = {each.node_id: each for each in options(s, safety_now(state, HOT, ASK, NOW), HOT.vms[WEB])}
    refused = cycle(HOT, MoveVm(WEB, node_id(2)), state=state, policy=ASK)
    assert found[node_id(2)].allowed
    assert found[node_id(2)].soft
    assert all(wait.sentence in refused.decision.sentence for wait in found[node_id(2)].soft)
