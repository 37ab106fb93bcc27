"""Approve mode: a move waits for a person, stays while it holds, and is checked again whenever it is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.balancer import Step
from hctui.core.commands import Approve, Command, Pause, Reject, Resume
from hctui.core.decision import Outcome, Reason
from hctui.core.model import NetworkStatus, Snapshot, UpdateStatus, UpdateVerdict
from hctui.core.policy import Mode, Policy
from hctui.core.state import Rejection, State
from tests.core.build import NOW, cluster, cycle, history, node, node_id, vm

ASK = Policy(dry_run=False, mode=Mode.APPROVE)
ASK_DRY = Policy(dry_run=True, mode=Mode.APPROVE)
HOT = [node(1, cpu=90), node(2, cpu=20), node(3, cpu=30)]
BUSY = [vm("web", cpu=70), vm("app", cpu=50)]
IMBALANCE = cluster(HOT, BUSY)
ROUTE = "web from 10.0.0.101 to 10.0.0.102"


def _later(snapshot: Snapshot, seconds: float) -> Snapshot:
    return replace(snapshot, taken_at=snapshot.taken_at + seconds)


def _next(
    before: Step,
    *commands: Command,
    snapshot: Snapshot = IMBALANCE,
    after_seconds: float = 30,
    policy: Policy = ASK,
) -> Step:
    """The next cycle, with a window that has been like the snapshot all along."""
    later = _later(snapshot, after_seconds)
    return cycle(later, *commands, state=replace(before.state, samples=history(later)), policy=policy)


def _waits(done: Step) -> tuple[int, str, str] | None:
    proposal = done.state.proposal
    return (proposal.id, proposal.move.vm_name, proposal.move.target) if proposal else None


def _sent(done: Step) -> tuple[str, str] | None:
    return (done.send.vm_name, done.send.target) if done.send else None


@pytest.fixture
def proposed() -> Step:
    return cycle(IMBALANCE, policy=ASK)


def test_a_move_is_proposed_and_not_sent(proposed: Step) -> None:
    assert (proposed.send, _waits(proposed)) == (None, (1, "web", "n2"))
    assert proposed.decision.outcome is Outcome.PROPOSAL
    assert proposed.state.proposals_made == 1


def test_nothing_to_do_is_nothing_to_propose() -> None:
    done = cycle(cluster([node(1), node(2)], BUSY), policy=ASK)
    assert (_waits(done), done.decision.outcome) == (None, Outcome.BALANCED)


def test_it_stays_while_it_holds(proposed: Step) -> None:
    done = _next(proposed)
    assert (_waits(done), done.decision.outcome) == ((1, "web", "n2"), Outcome.PROPOSAL)
    assert done.decision.sentence == (
        "Waiting for approval: web from 10.0.0.101 to 10.0.0.102, for 9:30 min more."
    )
    assert done.decision.move == proposed.decision.move


def test_it_stays_although_another_move_would_now_be_better(proposed: Step) -> None:
    cooler = cluster([HOT[0], node(2, cpu=40), node(3, cpu=5)], BUSY)
    assert _waits(_next(proposed, snapshot=cooler)) == (1, "web", "n2")


def test_approving_sends_it(proposed: Step) -> None:
    done = _next(proposed, Approve(1))
    assert (_sent(done), _waits(done)) == (("web", "n2"), None)
    assert done.decision.outcome is Outcome.MOVE
    assert done.decision.sentence.startswith("Approved: web from 10.0.0.101 to 10.0.0.102.")


def test_approving_the_same_twice_sends_once(proposed: Step) -> None:
    again = _next(_next(proposed, Approve(1)), Approve(1))
    assert again.send is None


@pytest.mark.parametrize("stale", [0, 2, 99])
def test_approving_a_stale_id_is_refused_and_the_proposal_stays(proposed: Step, stale: int) -> None:
    done = _next(proposed, Approve(stale))
    assert (_sent(done), _waits(done)) == (None, (1, "web", "n2"))
    assert done.decision.sentence.startswith(f"Proposal {stale} no longer waits.")


def test_approving_when_nothing_waits_sends_nothing() -> None:
    done = cycle(IMBALANCE, Approve(1), policy=ASK)
    assert done.send is None
    assert _waits(done) == (1, "web", "n2"), "the new one waits for an approval of its own"


FULL = cluster([HOT[0], node(2, cpu=20, used_gib=69), HOT[2]], BUSY)


def test_one_that_no_longer_holds_is_withdrawn_and_the_next_best_takes_its_place(proposed: Step) -> None:
    done = _next(proposed, snapshot=FULL)
    assert _waits(done) == (2, "web", "n3")
    assert done.decision.sentence.startswith(f"Proposal 1 withdrawn, {ROUTE}: RAM 73.0 % with 4 GiB more")


def test_approving_one_that_no_longer_holds_sends_nothing(proposed: Step) -> None:
    done = _next(proposed, Approve(1), snapshot=FULL)
    assert (_sent(done), _waits(done)) == (None, (2, "web", "n3"))
    assert done.decision.sentence.startswith("Not sent: RAM 73.0 %")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (cluster(HOT, [BUSY[1]]), "web no longer exists."),
        (cluster(HOT, [vm("web", 3), BUSY[1]]), "web is on 10.0.0.103, no longer on 10.0.0.101."),
        (cluster(HOT, [vm("web", None), BUSY[1]]), "web runs nowhere, no longer on 10.0.0.101."),
        (
            cluster([node(1, cpu=70), *HOT[1:]], BUSY),
            "Mean CPU of 10.0.0.101 is 70.0 %, no longer above 80.0 %.",
        ),
        (cluster([HOT[0], node(2, cpu=50), HOT[2]], BUSY), "Mean CPU 50.0 %, not below 50.0 %."),
    ],
)
def test_why_it_is_withdrawn_is_told(proposed: Step, changed: Snapshot, told: str) -> None:
    assert _next(proposed, snapshot=changed).decision.sentence.startswith(
        f"Proposal 1 withdrawn, {ROUTE}: {told}"
    )


@pytest.mark.parametrize(("seconds", "number"), [(600, 1), (601, 2)])
def test_it_expires_after_ten_minutes_and_is_then_a_new_proposal(
    proposed: Step, seconds: float, number: int
) -> None:
    done = _next(proposed, after_seconds=seconds)
    assert _waits(done) == (number, "web", "n2")
    assert ("expired after 10:00 min" in done.decision.sentence) is (number == 2)


def test_an_expired_one_is_not_sent(proposed: Step) -> None:
    assert _next(proposed, Approve(1), after_seconds=601).send is None


def test_a_clock_set_back_does_not_keep_it_longer(proposed: Step) -> None:
    back = cycle(_later(IMBALANCE, -3600), state=proposed.state, policy=ASK)
    assert back.decision.sentence.endswith("for 10:00 min more.")
    assert _waits(_next(back, after_seconds=-3600 + 601)) == (2, "web", "n2")


PAIR = [vm("a", tags="anti_b"), vm("b", mem_gib=8)]
STRAY = vm("pinned", tags="node_103")


def _proposal_for(snapshot: Snapshot, reason: Reason) -> Step:
    done = cycle(snapshot, policy=ASK)
    assert done.state.proposal is not None
    assert done.state.proposal.move.reason is reason
    return done


@pytest.mark.parametrize(
    ("before", "reason", "after", "taken_by"),
    [
        (IMBALANCE, Reason.LOAD, cluster(HOT, [*BUSY, *PAIR]), "a"),
        (IMBALANCE, Reason.LOAD, cluster(HOT, [*BUSY, STRAY]), "pinned"),
        (cluster(HOT, [STRAY]), Reason.PIN, cluster(HOT, [STRAY, *PAIR]), "a"),
        (cluster(HOT, PAIR), Reason.ANTI_AFFINITY, cluster(HOT, [STRAY, *PAIR, *BUSY]), None),
        (cluster(HOT, [STRAY]), Reason.PIN, cluster(HOT, [STRAY, *BUSY]), None),
        (
            IMBALANCE,
            Reason.LOAD,
            cluster(HOT, [*BUSY, vm("x", tags="anti_y nomove"), vm("y", tags="nomove")]),
            None,
        ),
    ],
    ids=[
        "load by a violation",
        "load by a pin",
        "a pin by a violation",
        "a violation by nothing",
        "a pin not by load",
        "nor by a violation that cannot be fixed",
    ],
)
def test_a_fix_of_higher_rank_takes_its_place(
    before: Snapshot, reason: Reason, after: Snapshot, taken_by: str | None
) -> None:
    first = _proposal_for(before, reason)
    done = _next(first, snapshot=after)
    assert done.state.proposal is not None
    if taken_by:
        assert done.state.proposal.move.vm_name == taken_by
        assert "a rule is violated, and fixing it comes first" in done.decision.sentence
    else:
        assert done.state.proposal == first.state.proposal


def test_rejecting_rests_the_pair_and_the_next_best_is_proposed(proposed: Step) -> None:
    done = _next(proposed, Reject(1))
    assert _waits(done) == (2, "web", "n3")
    assert done.state.real.rejections == (Rejection(vm("web").id, node_id(2), NOW + 30),)
    then = _next(done, Reject(2), after_seconds=60)
    assert _waits(then) == (3, "app", "n2")


def test_the_rejected_pair_rests_for_the_vm_cooldown(proposed: Step) -> None:
    only = cluster(HOT[:2], [vm("web", cpu=70)])
    rejected = _next(cycle(only, policy=ASK), Reject(1), snapshot=only)
    assert _waits(rejected) is None
    assert _waits(_next(rejected, snapshot=only, after_seconds=30 + 1799)) is None
    assert _waits(_next(rejected, snapshot=only, after_seconds=30 + 1800)) == (2, "web", "n2")


@pytest.mark.parametrize("stale", [0, 2])
def test_rejecting_a_stale_id_changes_nothing(proposed: Step, stale: int) -> None:
    done = _next(proposed, Reject(stale))
    assert (_waits(done), done.state.real.rejections) == ((1, "web", "n2"), ())


def test_one_that_was_rejected_cannot_be_approved_in_the_same_cycle(proposed: Step) -> None:
    assert _next(proposed, Reject(1), Approve(1)).send is None
    assert _next(proposed, Approve(1), Reject(1)).send is None


def test_pause_withdraws_it(proposed: Step) -> None:
    done = _next(proposed, Pause())
    assert (_waits(done), done.decision.outcome) == (None, Outcome.PAUSED)
    assert _waits(_next(proposed, Pause(), Resume())) == (2, "web", "n2")


def test_an_approval_while_paused_sends_nothing(proposed: Step) -> None:
    done = _next(proposed, Pause(), Approve(1))
    assert done.send is None
    assert done.decision.sentence == "Proposal 1 is not sent. Paused: watching, deciding nothing."


def test_standing_down_withdraws_it(proposed: Step) -> None:
    updating = replace(IMBALANCE, update=UpdateStatus(UpdateVerdict.ACTIVE, "An update is being installed."))
    done = _next(proposed, Approve(1), snapshot=updating)
    assert (_sent(done), _waits(done)) == (None, None)
    assert done.decision.sentence.startswith("Proposal 1 is not sent. Standing down.")


def test_an_offline_target_is_never_sent_to(proposed: Step) -> None:
    offline = cluster([HOT[0], node(2, cpu=20, status=NetworkStatus.OFFLINE), HOT[2]], BUSY)
    assert _next(proposed, Approve(1), snapshot=offline).send is None


def test_a_dry_run_approval_only_pretends() -> None:
    waiting = cycle(IMBALANCE, policy=ASK_DRY)
    done = _next(waiting, Approve(1), policy=ASK_DRY)
    assert (done.send, done.decision.outcome) == (None, Outcome.MOVE)
    assert done.state.imagination is not None
    assert set(done.state.imagination.moves) == {"web"}
    assert done.state.real == State().real


def test_a_no_of_a_person_holds_in_every_reality() -> None:
    done = _next(cycle(IMBALANCE, policy=ASK_DRY), Reject(1), policy=ASK_DRY)
    assert _waits(done) == (2, "web", "n3")
    assert done.state.real.rejections == done.state.ledger.rejections
    assert len(done.state.real.rejections) == 1


@pytest.mark.parametrize(("first", "then"), [(ASK_DRY, ASK), (ASK, ASK_DRY)])
def test_switching_the_dry_run_discards_it(first: Policy, then: Policy) -> None:
    done = _next(cycle(IMBALANCE, policy=first), Approve(1), policy=then)
    assert done.send is None
    assert _waits(done) == (2, "web", "n2")


def test_switching_to_auto_decides_anew(proposed: Step) -> None:
    done = _next(proposed, policy=Policy(dry_run=False))
    assert (_sent(done), _waits(done)) == (("web", "n2"), None)


def test_a_proposal_that_standing_down_withdraws_is_said_to_be(proposed: Step) -> None:
    updating = replace(IMBALANCE, update=UpdateStatus(UpdateVerdict.ACTIVE, "An update is being installed."))
    assert _next(proposed, snapshot=updating).decision.sentence.startswith(
        f"Proposal 1 withdrawn, {ROUTE}: it stands down. Standing down."
    )


def test_a_stale_approval_beside_the_right_one_does_not_hide_it(proposed: Step) -> None:
    for commands in ((Approve(1), Approve(9)), (Approve(9), Approve(1))):
        assert _sent(_next(proposed, *commands)) is not None
