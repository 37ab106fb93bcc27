"""The loop: what is called in which order, what is published, and what happens when something fails."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import pytest

from hctui.api.errors import LoginRefused
from hctui.core.answers import Answer, NotSent, Refused, SessionEnded, Unanswered
from hctui.core.decision import Outcome
from hctui.core.migration import Migration, Phase, intend
from hctui.core.model import ClusterInfo, Snapshot, TaskId, TaskState, Vm, VmId
from hctui.core.state import State
from hctui.engine.commands import ChangeSettings, Command, Pause, Resume
from hctui.engine.executor import NotDone
from hctui.engine.view import View
from tests.core.build import DRY, NOW, POLICY, cluster, move, node, node_id, vm
from tests.engine.stand_in import Trouble, stage

TOGETHER = cluster([node(1), node(2)], [vm("web", 1), vm("db", 1, tags="anti_web", mem_gib=2)])
"""db and web must be kept apart; db is the smaller one and would go to node 2."""


async def test_a_violation_is_fixed_in_the_order_that_makes_it_safe() -> None:
    s = stage(TOGETHER)
    await s.engine.run(once=True)
    assert s.calls == [
        "snapshot",  # the poll
        "record_cycle",
        "snapshot",  # once more, right before it is sent
        "record_intent",
        "migrate",
        "record_migration",
        "vm",  # the VM is looked at, not only its task
        "task",
        "record_migration",
    ]
    assert s.memory.migrations[-1].phase is Phase.ARRIVED
    assert s.desk.view.state.real.arrivals[VmId("db")].target == node_id(2)
    assert s.desk.view.state.migration is None


async def test_a_dry_run_never_writes_and_says_what_it_would_do() -> None:
    s = stage(TOGETHER, policy=DRY)
    await s.engine.run(until=NOW + 3600)
    assert "migrate" not in s.calls
    assert "record_intent" not in s.calls
    assert s.told("DRY RUN: would migrate db (2 GiB) from 10.0.0.101 to 10.0.0.102 (anti-affinity)")
    assert sum("DRY RUN" in text for text in s.texts) == 1, "what was imagined once is not found again"


async def test_polls_keep_to_the_grid_and_go_on_while_a_migration_is_watched() -> None:
    s = stage(TOGETHER)
    s.cluster.arrives, s.cluster.task_state = False, TaskState.RUNNING
    polled_at: list[float] = []
    s.cluster.before_read = lambda: polled_at.append(s.clock.now() - NOW)
    await s.engine.run(until=NOW + 95)
    assert polled_at == [0, 0, 30, 60, 90], "twice at first: the poll, and the look right before sending"
    assert s.calls.count("migrate") == 1
    assert s.calls.count("vm") == 19, "every five seconds"
    assert s.desk.view.decision is not None
    assert s.desk.view.decision.outcome is Outcome.WATCHING
    assert s.texts[-1].startswith("db is still being migrated to 10.0.0.102.")


async def test_a_clock_set_back_delays_no_poll_by_more_than_an_interval() -> None:
    s = stage(cluster([node(1), node(2)]), policy=DRY)
    times: list[float] = []

    def set_back() -> None:
        times.append(s.clock.now())
        if len(times) == 2:
            s.clock._now -= 7200
        if len(times) == 4:
            s.engine.stop()

    s.cluster.before_read = set_back
    await s.engine.run()
    assert [at - NOW for at in times] == [0, 30, -7140, -7110]


@pytest.mark.parametrize("failing", ["record_cycle", "record_intent"])
async def test_without_a_journal_nothing_is_sent(failing: str) -> None:
    s = stage(TOGETHER)
    s.memory.failing = {failing}
    await s.engine.run(until=NOW + 120)
    assert "migrate" not in s.calls
    assert s.calls.count("snapshot") >= 4, "it keeps watching"
    assert s.told(f"{failing} failed.")


async def test_a_move_that_no_longer_holds_on_fresh_data_is_not_sent() -> None:
    s = stage(TOGETHER)
    reads = 0

    def moved_by_somebody_else() -> None:
        nonlocal reads
        reads += 1
        if reads == 2:
            s.cluster.place(VmId("db"), node_id(2))

    s.cluster.before_read = moved_by_somebody_else
    await s.engine.run(once=True)
    assert "migrate" not in s.calls
    assert "record_intent" not in s.calls
    assert s.told("Not sent: db is on 10.0.0.102, no longer on 10.0.0.101.")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Refused(500, "An internal error occurred"), "The cluster refused it (HTTP 500): An internal error"),
        (NotSent("no connection"), "The request could not be sent: no connection"),
        (SessionEnded(), "The session had expired and nothing was started."),
    ],
)
async def test_a_request_that_started_nothing_ends_there(answer: Answer, told: str) -> None:
    s = stage(TOGETHER)
    s.cluster.arrives, s.cluster.answer = False, answer
    await s.engine.run(once=True)
    assert s.memory.migrations[-1].phase is Phase.NOT_STARTED
    assert s.desk.view.state.migration is None
    assert s.desk.view.state.real.failures[0].vm_id == VmId("db")
    assert s.told(told)


async def test_a_lost_answer_is_settled_by_looking_at_the_vm_and_never_by_asking_again() -> None:
    s = stage(TOGETHER)
    s.cluster.answer = Unanswered("the connection broke.")
    await s.engine.run(once=True)
    assert s.calls.count("migrate") == 1
    assert s.memory.migrations[-1].phase is Phase.ARRIVED


async def test_a_lost_request_that_started_nothing_is_given_a_minute_and_then_failed() -> None:
    s = stage(TOGETHER)
    s.cluster.answer, s.cluster.arrives = Unanswered("the connection broke."), False
    await s.engine.run(once=True)
    assert s.calls.count("migrate") == 1
    assert s.memory.migrations[-1].phase is Phase.FAILED
    assert 60 < s.clock.now() - NOW < 90
    assert s.told(
        "MIGRATION FAILED: The cluster shows no trace of the migration, and db is still on 10.0.0.101."
    )


async def test_a_migration_in_the_journal_is_picked_up_and_no_second_one_begun() -> None:
    begun = intend("m1", move("db", 1, 2), NOW - 20)
    begun = replace(begun, phase=Phase.REQUESTED, task_id=TaskId("7"))
    s = stage(TOGETHER, state=State(migration=begun))
    s.cluster.task_state = TaskState.RUNNING
    await s.engine.run(until=NOW + 60)
    assert "migrate" not in s.calls
    s.cluster.place(VmId("db"), node_id(2))
    s.cluster.task_state = TaskState.COMPLETE
    await s.engine.run(once=True)
    assert "migrate" not in s.calls
    assert s.told("MIGRATION COMPLETE: db is on 10.0.0.102.")


async def test_an_intent_whose_request_was_never_sent_is_found_out_after_a_restart() -> None:
    s = stage(TOGETHER, state=State(migration=intend("m1", move("db", 1, 2), NOW - 1)))
    await s.engine.run(once=True)
    assert "migrate" not in s.calls
    assert s.memory.migrations[-1].phase is Phase.FAILED


async def test_an_unreadable_cluster_is_a_cycle_without_data_and_told() -> None:
    s = stage(TOGETHER)
    s.cluster.failing = {"snapshot"}
    await s.engine.run(until=NOW + 40)
    assert [decision.outcome for decision in s.memory.decisions] == [Outcome.NO_DATA, Outcome.NO_DATA]
    assert s.desk.view.contact.error == "Trouble: snapshot failed."
    s.cluster.failing = set()
    await s.engine.run(once=True)
    assert s.desk.view.contact.error == ""
    assert s.desk.view.contact.latency_seconds == 0.038


async def test_a_migration_that_cannot_be_looked_at_stays_under_way() -> None:
    s = stage(TOGETHER)
    s.cluster.failing = {"vm"}
    await s.engine.run(until=NOW + 600)
    assert s.calls.count("migrate") == 1
    assert s.desk.view.state.migration is not None


async def test_what_cannot_be_looked_at_is_told_as_often_as_is_polled_and_anew_when_it_begins_again() -> None:
    s = stage(TOGETHER)
    s.cluster.failing = {"vm", "task"}
    await s.engine.run(until=NOW + 65)
    assert [line.at - NOW for line in s.lines if line.event == "unreadable"] == [0, 30, 60]
    s.cluster.failing, s.cluster.arrives, s.cluster.task_state = set(), False, TaskState.RUNNING
    await s.engine.run(until=NOW + 75)
    s.cluster.failing = {"vm", "task"}
    await s.engine.run(until=NOW + 85)
    assert [line.at - NOW for line in s.lines if line.event == "unreadable"] == [0, 30, 60, 75]


async def test_what_cannot_be_looked_at_is_told_with_the_name_of_the_vm_and_not_its_id() -> None:
    s = stage(TOGETHER)

    async def unread(vm_id: VmId) -> Vm | None:
        raise Trouble(f"GET /VirDomain/{vm_id} gave HTTP 500.")

    s.cluster.vm = unread  # type: ignore[method-assign]
    await s.engine.run(until=NOW + 10)
    told = [line.text for line in s.lines if line.event == "unreadable"]
    assert told == ["How far db has been migrated could not be read. Trouble: GET /VirDomain gave HTTP 500."]


async def test_a_journal_that_fails_after_the_request_does_not_stop_the_watching() -> None:
    s = stage(TOGETHER)
    s.memory.failing = {"record_migration"}
    await s.engine.run(once=True)
    assert s.told("MIGRATION COMPLETE")
    assert s.told("record_migration failed.")


async def test_an_unreadable_task_does_not_hide_a_vm_that_has_arrived() -> None:
    s = stage(TOGETHER)
    s.cluster.failing = {"task"}
    await s.engine.run(once=True)
    assert s.told("MIGRATION COMPLETE: db is on 10.0.0.102.")
    assert s.clock.now() - NOW < 60


async def test_told_to_stop_at_the_last_look_it_sends_nothing() -> None:
    s = stage(TOGETHER)
    reads = 0

    def stopped_by_then() -> None:
        nonlocal reads
        reads += 1
        if reads == 2:
            s.engine.stop()

    s.cluster.before_read = stopped_by_then
    await s.engine.run()
    assert s.calls == ["snapshot", "record_cycle", "snapshot"]


@pytest.mark.parametrize("command", [Pause(), ChangeSettings({"dry_run": "true"})])
async def test_a_command_that_comes_during_the_last_look_is_carried_out_first(command: Command) -> None:
    s = stage(TOGETHER)
    reads = 0

    def commanded_by_then() -> None:
        nonlocal reads
        reads += 1
        if reads == 2:
            s.desk.submit(command)

    s.cluster.before_read = commanded_by_then
    await s.engine.run(until=NOW + 20)
    assert "record_intent" not in s.calls
    assert "migrate" not in s.calls


async def test_told_to_stop_while_the_intent_is_written_it_sends_nothing() -> None:
    s = stage(TOGETHER)
    s.memory.before_intent = s.engine.stop
    await s.engine.run()
    assert "record_intent" in s.calls
    assert "migrate" not in s.calls
    assert s.memory.migrations[-1].phase is Phase.NOT_STARTED


async def test_another_cluster_at_the_same_address_is_not_touched() -> None:
    s = stage(TOGETHER)
    s.cluster.current = replace(TOGETHER, cluster=ClusterInfo("c2", "branch-8", "9.4.30"))
    await s.engine.run(until=NOW + 40)
    assert "migrate" not in s.calls
    assert s.memory.decisions[-1].outcome is Outcome.NO_DATA
    assert s.told("At https://cluster now answers branch-8 (c2) instead of branch-7 (c1).")


async def test_refused_logins_make_polls_rare_until_one_succeeds() -> None:
    s = stage(cluster([node(1), node(2)]), policy=DRY)
    polled_at: list[float] = []

    def refused() -> None:
        polled_at.append(s.clock.now() - NOW)
        if len(polled_at) <= 4:
            raise LoginRefused("user balancer, HTTP 401.")

    s.cluster.before_read = refused
    await s.engine.run(until=NOW + 700)
    waits = [later - earlier for earlier, later in itertools.pairwise(polled_at)]
    assert waits[:4] == [30, 60, 120, 240]
    assert waits[-1] == 30


async def test_while_logins_are_refused_a_migration_under_way_is_not_looked_at() -> None:
    s = stage(TOGETHER)
    s.cluster.arrives = False
    s.cluster.task_state = TaskState.RUNNING
    await s.engine.run(until=NOW + 20)

    def refused() -> None:
        raise LoginRefused("user balancer, HTTP 401.")

    s.cluster.before_read = refused
    s.calls.clear()
    await s.engine.run(until=NOW + 620)
    assert s.desk.view.state.migration is not None
    assert s.calls.count("snapshot") < 8
    assert s.calls.count("vm") <= 1
    assert s.calls.count("task") <= 1


async def test_the_executor_refuses_to_send_in_a_dry_run_whatever_was_decided() -> None:
    s = stage(TOGETHER)
    done = await s.engine._executor.send(State(), move("db", 1, 2), DRY, "m1")
    assert done == NotDone(State(), "This is a dry run.")
    assert s.calls == []


async def test_commands_are_carried_out_in_the_next_cycle_and_wake_the_engine() -> None:
    s = stage(TOGETHER, policy=POLICY)
    s.desk.submit(Pause())
    await s.engine.run(once=True)
    assert s.desk.view.state.paused
    assert "migrate" not in s.calls
    s.desk.submit(ChangeSettings({"dry_run": "true"}))
    s.desk.submit(Resume())
    await s.engine.run(once=True)
    assert s.desk.view.policy.dry_run
    assert s.told("DRY RUN: would migrate db")


async def test_stopping_finishes_what_is_being_done_and_sends_nothing_more() -> None:
    s = stage(TOGETHER)
    s.cluster.before_read = s.engine.stop
    await s.engine.run()
    assert s.calls == ["snapshot", "record_cycle"]


async def test_stopping_wakes_the_engine_from_its_sleep() -> None:
    s = stage(cluster([node(1), node(2)]), policy=DRY)

    class NeverEnding:
        def now(self) -> float:
            return NOW

        async def sleep(self, seconds: float) -> None:
            asyncio.get_running_loop().call_soon(s.engine.stop)
            await asyncio.Event().wait()

    s.engine._clock = NeverEnding()
    await asyncio.wait_for(s.engine.run(), 10)


async def test_every_change_is_published_as_one_immutable_view() -> None:
    s = stage(TOGETHER)
    views: list[View] = []
    s.desk.listen(lambda: None if views and views[-1] is s.desk.view else views.append(s.desk.view))
    await s.engine.run(once=True)
    migrations = [view.state.migration for view in views]
    phases = {migration.phase for migration in migrations if isinstance(migration, Migration)}
    assert phases == {Phase.REQUESTED}
    assert [view.is_reading for view in views if view.snapshot is None][-2:] == [True, False]
    assert views[-1].next_poll_at == NOW + 30
    assert isinstance(views[-1].snapshot, Snapshot)
    with pytest.raises(AttributeError):
        views[-1].at = 0.0  # type: ignore[misc]


async def test_what_is_too_old_is_forgotten_now_and_then_and_soon_again_if_there_is_more() -> None:
    s = stage(TOGETHER, policy=DRY)
    s.memory.old_pieces = 3
    await s.engine.run(until=NOW + 3 * 3600)
    kept = s.desk.view.settings.journal_keep_seconds
    asked = [before + kept - NOW - 3600 for before in s.memory.forgotten]
    assert asked == [0.0, 30.0, 60.0, 60.0 + 3600]


async def test_a_clock_that_is_wrong_for_a_while_costs_no_history() -> None:
    s = stage(TOGETHER, policy=DRY)

    reads = itertools.count()
    wrong = {100: 40 * 86_400.0, 102: -40 * 86_400.0}

    def wrong_for_a_minute() -> None:
        number = next(reads)
        s.clock._now += wrong.get(number, 0.0)
        if number == 300:
            s.engine.stop()

    s.cluster.before_read = wrong_for_a_minute
    await s.engine.run()
    kept = s.desk.view.settings.journal_keep_seconds
    assert s.memory.forgotten
    assert max(s.memory.forgotten) <= NOW + 3 * 3600 - kept


async def test_a_journal_that_cannot_forget_is_told_and_stops_nothing() -> None:
    s = stage(TOGETHER, policy=DRY)
    s.memory.failing = {"forget"}
    await s.engine.run(until=NOW + 3600 + 60)
    assert [line.text for line in s.lines if line.event == "journal"] == ["Trouble: forget failed."]
    assert len(s.memory.decisions) == 122
