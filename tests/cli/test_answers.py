"""What a script is told of its command: only what certainly speaks of it, whatever else the engine says meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hctui.cli.answers import ApproveFollower, Came, DryRunFollower, PauseFollower, RejectFollower, switched
from hctui.cli.conversation import NoAnswer, carried_out
from hctui.core import balancer
from hctui.core.commands import Approve, Command, Pause, Reject, Resume
from hctui.core.policy import Mode, Policy
from hctui.core.state import State
from hctui.engine.commands import ChangeSettings
from hctui.engine.remote_client import NotReached
from hctui.engine.remote_wire import Who
from hctui.engine.view import Contact, Level, Line, View
from tests.core.build import NOW, cluster, history, node, vm
from tests.engine.given import settings_of
from tests.engine.remote import opened, until

APPROVE = Policy(dry_run=False, mode=Mode.APPROVE)
SNAPSHOT = cluster([node(1), node(2)], [vm("web", tags="anti_db"), vm("db")])


def after(view: View, *orders: Command, policy: Policy = APPROVE, at: float = NOW) -> View:
    """What is published after a cycle that takes these orders."""
    snapshot = replace(SNAPSHOT, taken_at=at)
    step = balancer.step(view.state, snapshot, orders, policy, at)
    return replace(
        view,
        at=at,
        state=step.state,
        decision=step.decision,
        snapshot=snapshot,
        cluster=snapshot.cluster,
        settings=settings_of(policy),
        policy=policy,
    )


def fresh(policy: Policy = APPROVE) -> View:
    return View(NOW, Contact("https://10.0.0.1", ""), settings_of(policy), policy)


def proposing(policy: Policy = APPROVE) -> View:
    view = after(replace(fresh(policy), state=State(samples=history(SNAPSHOT))), policy=policy)
    assert view.state.proposal is not None
    return view


def test_a_pause_is_answered_by_the_cycle_that_takes_it() -> None:
    before = proposing()
    follower = PauseFollower(before, paused=True)
    assert follower.see(before, ()) is None
    assert follower.see(after(before, at=NOW + 1), ()) is None
    came = follower.see(after(before, Pause(), at=NOW + 2), ())
    assert came is not None
    assert came.is_done
    assert "Paused: watching, deciding nothing." in came.text
    assert came.text.count("Paused") == 1


def test_what_is_so_already_is_answered_by_a_cycle_as_well() -> None:
    """A pause after failures looks like a person's, and ends by itself until the order is taken."""
    paused = after(proposing(), Pause(), at=NOW + 1)
    follower = PauseFollower(paused, paused=True)
    assert follower.see(replace(paused, is_reading=True), ()) is None
    assert follower.see(after(paused, Pause(), at=NOW + 2), ()) is not None


def test_a_pause_is_answered_before_the_cluster_has_answered() -> None:
    before = fresh()
    follower = PauseFollower(before, paused=True)
    assert follower.see(before, ()) is None
    assert follower.see(replace(before, state=State(paused=True)), ()) == Came("Paused.")


def test_an_end_of_a_pause_says_what_was_decided() -> None:
    before = after(proposing(), Pause(), at=NOW + 1)
    follower = PauseFollower(before, paused=False)
    assert follower.see(before, ()) is None
    came = follower.see(after(before, Resume(), at=NOW + 2), ())
    assert came is not None
    assert came.text.startswith("Resumed. ")


def test_a_switch_is_answered_once_it_holds_or_is_refused() -> None:
    dry, live = fresh(Policy()), fresh(Policy(dry_run=False))
    follower = DryRunFollower(dry_run=True)
    other = Line(NOW, "journal", "The disk is full.", Level.ERROR)
    refusal = Line(NOW, "settings", "Settings not changed. No.", Level.WARNING)
    assert follower.see(live, (other,)) is None
    assert follower.see(live, (refusal,)) == Came("Settings not changed. No.", is_done=False)
    assert follower.see(dry, ()) == Came("DRY RUN: nothing is migrated. Mode auto.")
    assert switched(live) == "LIVE: VMs are migrated. Mode auto."


def test_a_rejection_is_answered_by_its_own_end_only() -> None:
    before = proposing()
    follower = RejectFollower(1)
    assert follower.see(before, ()) is None
    assert follower.see(after(before, at=NOW + 1), ()) is None
    came = follower.see(after(before, Reject(1), at=NOW + 2), ())
    assert came is not None
    assert (came.is_done, "Rejected" in came.text) == (True, True)


@pytest.mark.parametrize("also", [Pause(), Reject(1)])
def test_a_rejection_of_what_no_longer_waits_is_refused(also: Command) -> None:
    gone = after(proposing(), also, at=NOW + 1)
    came = RejectFollower(1).see(after(gone, Reject(1), at=NOW + 2), ())
    assert came is not None
    assert not came.is_done


def test_a_proposal_that_ends_otherwise_before_the_order_is_taken_was_not_rejected() -> None:
    late = NOW + APPROVE.proposal_limit_seconds + 60
    came = RejectFollower(1).see(after(proposing(), at=late), ())
    assert came is not None
    assert (came.is_done, "expired" in came.text) == (False, True)


def followed(view: View, *lines: Line) -> Came | None:
    before = proposing(view.policy)
    proposal = before.state.proposal
    assert proposal is not None
    return ApproveFollower(before, 1, proposal.move).see(view, lines)


def line(event: str, text: str, level: Level = Level.INFO) -> Line:
    return Line(NOW, event, text, level, {"vm_id": "web"}, number=5)


def test_an_approval_is_answered_once_the_cluster_has_it() -> None:
    view = after(proposing(), Approve(1), at=NOW + 1)
    move = view.decision.move if view.decision else None
    assert move is not None
    executing = Line(NOW, "executing", "EXECUTING", Level.INFO, {"vm_id": move.vm_id}, number=5)
    assert followed(view) is None
    assert followed(view, executing) is None
    sent = followed(view, executing, line("answer", "The cluster accepted it as task 7."))
    assert sent == Came("Sent. The cluster accepted it as task 7.")
    refused = followed(view, executing, line("answer", "The cluster refused it (HTTP 403).", Level.ERROR))
    assert refused is not None
    assert (refused.is_done, "HTTP 403" in refused.text) == (False, True)
    unsent = followed(view, executing, line("not_sent", "Not sent: the node is offline.", Level.WARNING))
    assert unsent == Came("Not sent: the node is offline.", is_done=False)


def test_an_approval_in_a_dry_run_says_that_nothing_was_sent() -> None:
    dry = replace(APPROVE, dry_run=True)
    came = followed(after(proposing(dry), Approve(1), policy=dry, at=NOW + 1))
    assert came is not None
    assert came.is_done
    assert came.text.startswith("Dry run: imagined, nothing was sent. ")


def test_an_approval_that_came_too_late_is_refused_with_the_reason() -> None:
    late = NOW + APPROVE.proposal_limit_seconds + 60
    came = followed(after(proposing(), Approve(1), at=late))
    assert came is not None
    assert not came.is_done
    assert "expired" in came.text


# The whole way


async def test_a_command_that_nobody_carries_out_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        with pytest.raises(NoAnswer, match="It may still be carried out"):
            await carried_out(
                at.path, Who.PAUSE, lambda view: (Pause(), PauseFollower(view, paused=True)), 0.05
            )
        assert at.desk.take() == (Pause(),)


async def test_a_command_is_answered_as_soon_as_it_holds(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        came = await carried_out(
            at.path,
            Who.DRY_RUN,
            lambda view: (ChangeSettings({"dry_run": "true"}), DryRunFollower(dry_run=True)),
        )
        assert came.is_done
        assert at.desk.view.policy.dry_run


async def test_where_there_is_nothing_to_order_nothing_is_sent(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        assert await carried_out(at.path, Who.PAUSE, lambda view: Came("So it is.")) == Came("So it is.")
        assert not at.desk.is_stirred


async def test_an_engine_that_ends_instead_of_answering_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        asking = asyncio.create_task(
            carried_out(at.path, Who.PAUSE, lambda view: (Pause(), PauseFollower(view, paused=True)))
        )
        await until(lambda: at.desk.is_stirred)
    with pytest.raises(NoAnswer, match=r"ended before it was carried out\. It was stopped"):
        await asking


async def test_where_nobody_listens_it_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(NotReached):
        await carried_out(tmp_path / "none.sock", Who.PAUSE, lambda view: Came("."))
