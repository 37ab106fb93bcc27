"""What a cycle did not carry out stands in its decision as data, so that nobody has to read it out of a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.balancer import step
from hctui.core.commands import Approve, Choose, Command, MoveVm, Pause
from hctui.core.model import Snapshot, UpdateStatus, UpdateVerdict, VmId
from hctui.core.orders import Orders
from hctui.core.policy import Mode, Policy
from tests.core.build import NOW, cluster, cycle, history, node, node_id, vm

ASK = Policy(dry_run=False, mode=Mode.APPROVE)
AUTO = replace(ASK, mode=Mode.AUTO)
HOT = cluster([node(1, cpu=90), node(2, cpu=20), node(3, cpu=30)], [vm("web", cpu=70), vm("app", cpu=50)])
UPDATING = replace(HOT, update=UpdateStatus(UpdateVerdict.ACTIVE, "An update is being installed."))
COOL = replace(HOT, nodes={each.id: replace(each, cpu_percent=10.0) for each in HOT.nodes.values()})

OTHER = Choose(1, VmId("app"), node_id(3))
HOME = Choose(1, VmId("app"), node_id(1))
LATE = replace(OTHER, proposal_id=9)
AWAY = MoveVm(VmId("web"), node_id(3))
HERE = MoveVm(VmId("web"), node_id(1))
NOTHING = Orders()


@pytest.mark.parametrize(
    ("commands", "declined"),
    [
        ((), NOTHING),
        ((Approve(1),), NOTHING),
        ((Approve(9),), Orders(approved=9)),
        ((OTHER,), NOTHING),
        ((HOME,), Orders(choice=HOME)),
        ((LATE,), Orders(choice=LATE)),
        ((OTHER, Approve(1)), Orders(approved=1)),
        ((HOME, Approve(1)), Orders(approved=1, choice=HOME)),
        ((AWAY,), NOTHING),
        ((HERE,), Orders(moves=(HERE,))),
        ((AWAY, HERE), Orders(moves=(HERE,))),
        ((HERE, AWAY), Orders(moves=(HERE, AWAY))),
        ((AWAY, Approve(1), OTHER), Orders(approved=1, choice=OTHER)),
        ((Pause(), Approve(1)), Orders(approved=1)),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_what_is_not_carried_out_is_declined(
    commands: tuple[Command, ...], declined: Orders, dry_run: bool
) -> None:
    policy = replace(ASK, dry_run=dry_run)
    waiting = cycle(HOT, policy=policy).state
    assert waiting.proposal
    done = cycle(HOT, *commands, state=replace(waiting, samples=history(HOT)), policy=policy)
    assert done.decision.declined == declined


@pytest.mark.parametrize("snapshot", [None, UPDATING], ids=["unread", "updating"])
def test_where_nothing_can_be_done_all_is_declined(snapshot: Snapshot | None) -> None:
    waiting = cycle(HOT, policy=ASK).state
    done = step(waiting, snapshot, (Approve(1), OTHER), ASK, NOW)
    assert done.decision.declined == Orders(approved=1, choice=OTHER)
    assert done.send is None


def test_an_approval_of_what_no_longer_holds_is_declined_and_a_withdrawal_is_no_answer() -> None:
    waiting = replace(cycle(HOT, policy=ASK).state, samples=history(COOL))
    assert cycle(COOL, Approve(1), state=waiting, policy=ASK).decision.declined == Orders(approved=1)
    assert cycle(COOL, state=waiting, policy=ASK).decision.declined == NOTHING


def test_in_mode_auto_nothing_waits_to_be_approved_or_chosen() -> None:
    waiting = replace(cycle(HOT, policy=ASK).state, samples=history(HOT))
    done = cycle(HOT, Approve(1), OTHER, state=waiting, policy=AUTO)
    assert done.decision.declined == Orders(approved=1, choice=OTHER)
