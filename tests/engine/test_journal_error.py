"""A journal that cannot be written shows in the view, for as long as that is so."""

from __future__ import annotations

from dataclasses import replace

from hctui.core.commands import Pause
from hctui.core.policy import Mode
from tests.core.build import DRY, NOW, POLICY, cluster, node, vm
from tests.engine.stand_in import stage

TOGETHER = cluster([node(1), node(2)], [vm("web", 1), vm("db", 1, tags="anti_web", mem_gib=2)])
APPROVE = replace(POLICY, mode=Mode.APPROVE)


async def test_the_view_says_so_until_a_cycle_is_written_again() -> None:
    s = stage(cluster([node(1), node(2)]), policy=DRY)
    s.memory.failing = {"record_cycle"}
    await s.engine.run(until=NOW + 10)
    assert "record_cycle failed." in s.desk.view.journal_error
    s.memory.failing = set()
    await s.engine.run(until=NOW + 50)
    assert s.desk.view.journal_error == ""


async def test_that_a_pause_holds_for_this_run_only_is_said() -> None:
    s = stage(cluster([node(1), node(2)]))
    s.memory.failing = {"record_cycle"}
    s.desk.submit(Pause())
    await s.engine.run(once=True)
    assert s.desk.view.state.paused
    assert s.told("What was ordered holds for this run only, until it can.")


async def test_the_number_of_a_proposal_is_on_disk_before_anybody_hears_of_it() -> None:
    s = stage(TOGETHER, policy=APPROVE)
    s.memory.failing = {"record_cycle"}
    on_disk: list[int] = []
    s.hear = lambda line: on_disk.append(s.memory.state.proposals_made) if line.event == "proposal" else None
    await s.engine.run(once=True)
    assert s.desk.view.state.proposal
    assert on_disk == [1]
    assert s.memory.state.proposal is None
    again = stage(TOGETHER, policy=APPROVE, state=s.memory.state)
    await again.engine.run(once=True)
    assert again.desk.view.state.proposal
    assert again.desk.view.state.proposal.id == 2


async def test_without_it_on_disk_nothing_is_proposed() -> None:
    s = stage(TOGETHER, policy=APPROVE)
    s.memory.failing = {"record_cycle", "save_state"}
    await s.engine.run(once=True)
    view = s.desk.view
    assert view.state.proposal is None
    assert view.decision
    assert view.decision.sentence.startswith("Not proposed: db from ")
    assert view.decision.sentence.endswith("Trouble: save_state failed.")
    assert not [line for line in s.lines if line.event in ("proposal", "waiting_for_approval")]
    s.memory.failing = set()
    await s.engine.run(until=NOW + 60)
    assert s.desk.view.state.proposal


async def test_the_decision_says_that_its_move_was_not_sent_and_why() -> None:
    s = stage(TOGETHER)
    s.memory.failing = {"record_cycle"}
    await s.engine.run(until=NOW + 10)
    assert "migrate" not in s.calls
    assert s.desk.view.decision
    assert s.desk.view.decision.sentence.endswith(" Not sent: Trouble: record_cycle failed.")
