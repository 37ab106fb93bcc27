"""Who ordered what: told once, in words that names make clear, and in the journal with the cycle that takes it."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from hctui.core.commands import ITSELF, Giver, Ordered
from hctui.core.model import VmId
from hctui.core.state import FailedMove, Proposal, State
from hctui.engine.clock import SteppedClock
from hctui.engine.commands import (
    Approve,
    ChangeSettings,
    Choose,
    Command,
    MoveVm,
    Pause,
    Reject,
    ReloadSettings,
    Resume,
)
from hctui.engine.desk import MOST_UNRECORDED, NOTHING_CHANGED, Desk
from hctui.engine.order_words import MOST_CHARACTERS, ordered, with_outcome
from hctui.engine.view import Contact
from tests.core.build import NOW, POLICY, cluster, move, node, node_id, vm
from tests.engine.given import settings_of
from tests.engine.stand_in import Stage, stage

CALM = cluster([node(1), node(2)], [vm("web")])
ME = f"the console (process {os.getpid()})"
SOMEBODY = Giver("an attached console", 42)
THREE = tuple(FailedMove(NOW - 60 + each, "web", "10.0.0.102", "The task failed.") for each in range(3))


def made() -> Desk:
    desk = Desk(settings_of(POLICY), Contact("https://cluster", "TLS pinned"), SteppedClock(NOW))
    desk.publish(snapshot=CALM, state=State(proposal=Proposal(7, move("sql-02", 1, 2), NOW)))
    return desk


def recorded(s: Stage) -> list[tuple[str, str]]:
    return [(each.who, each.what) for each in s.memory.orders]


# Words


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (Pause(), "pause"),
        (Resume(), "resume"),
        (Approve(7), "approve proposal 7: sql-02 to 10.0.0.102"),
        (Approve(8), "approve proposal 8"),
        (Reject(7), "reject proposal 7: sql-02 to 10.0.0.102"),
        (
            Choose(7, VmId("web"), node_id(2)),
            "have web to 10.0.0.102 wait instead of proposal 7: sql-02 to 10.0.0.102",
        ),
        (MoveVm(VmId("web"), node_id(2)), "move web to 10.0.0.102 by hand"),
        (
            MoveVm(VmId("web"), node_id(2), override_cooldowns=True),
            "move web to 10.0.0.102 by hand, whatever cooldowns say",
        ),
        (MoveVm(VmId("\x1b[31m"), node_id(9)), "move an unknown VM to an unknown node by hand"),
        (
            ChangeSettings({"mode": "approve", "dry_run": "true"}),
            "switch dry run on and switch to mode approve",
        ),
        (ReloadSettings(), "read the settings file again"),
    ],
)
def test_every_order_has_words_with_the_names_of_what_it_is_about(command: Command, words: str) -> None:
    assert ordered(command, made().view) == words


def test_words_are_bounded() -> None:
    told = with_outcome("change keys", ["x" * 2 * MOST_CHARACTERS])
    assert len(told) == MOST_CHARACTERS
    assert told.endswith("x ...")
    assert with_outcome("pause", []) == "pause"


# The desk


@pytest.mark.parametrize(
    ("giver", "who", "data"),
    [
        (None, ME, {"who": "the console", "process": os.getpid()}),
        (SOMEBODY, "an attached console (process 42)", {"who": "an attached console", "process": 42}),
        (ITSELF, "hctui itself", {"who": "hctui itself", "process": None}),
    ],
    ids=["own console", "another one", "itself"],
)
def test_an_order_is_told_and_kept_for_the_record_with_who_gave_it(
    giver: Giver | None, who: str, data: dict[str, object]
) -> None:
    desk = made()
    desk.submit(Approve(7), giver)
    words = "approve proposal 7: sql-02 to 10.0.0.102"
    [line] = desk.lines_since(0)[1]
    assert (line.event, line.text) == ("ordered", f"Ordered by {who}: {words}.")
    assert line.data == {**data, "order": words}
    assert desk.unrecorded == (Ordered(NOW, who, words),)
    assert desk.take() == (Approve(7),)
    assert desk.unrecorded, "taken is not recorded"


def test_what_a_setting_was_and_is_now_is_recorded_and_so_is_that_it_was_refused() -> None:
    desk = made()
    desk.submit(ChangeSettings({"ram_limit_percent": "65", "mode": "approve"}), SOMEBODY)
    desk.submit(ChangeSettings({"ram_limit_percent": "65"}), SOMEBODY)
    desk.submit(ChangeSettings({"ram_limit_percent": "700"}), SOMEBODY)
    changed, same, refused = (each.what for each in desk.unrecorded)
    assert changed.startswith("switch to mode approve and change ram_limit_percent: ")
    assert "balancer.mode is now approve (an attached console); it was auto." in changed
    assert "balancer.ram_limit_percent is now 65 percent (an attached console); it was 70." in changed
    assert same == f"change ram_limit_percent: {NOTHING_CHANGED}"
    assert refused.startswith("change ram_limit_percent: Settings not changed. ")
    assert desk.view.policy.ram_limit_percent == 65


def test_a_setting_that_may_be_secret_is_never_recorded_with_its_value() -> None:
    desk = made()
    for value in ("failed=https://hook.example/tok3n", "failed=/bin/say tok3n", "tok3n"):
        desk.submit(ChangeSettings({"notify": value}))
        desk.submit(ChangeSettings({"password_command": f"/bin/echo {value}"}))
    told = [each.what for each in desk.unrecorded] + [line.text for line in desk.lines_since(0)[1]]
    assert any("balancer.notify is now ***" in each for each in told)
    assert not [each for each in told if "tok3n" in each]


def test_what_holds_again_from_an_earlier_run_is_neither_told_nor_recorded() -> None:
    desk = made()
    desk.take_up(Pause())
    assert desk.lines_since(0) == (0, ())
    assert desk.unrecorded == ()
    assert desk.woken.is_set()
    assert desk.take() == (Pause(),)


def test_of_what_cannot_be_recorded_the_latest_is_kept() -> None:
    desk = made()
    desk.keep(Ordered(NOW - 9000 + each, "me", "pause") for each in range(MOST_UNRECORDED + 5))
    assert (len(desk.unrecorded), desk.unrecorded[0].at) == (MOST_UNRECORDED, NOW - 9000 + 5)
    desk.submit(Resume())
    assert (len(desk.unrecorded), desk.unrecorded[-1].what) == (MOST_UNRECORDED, "resume")
    desk.recorded(desk.unrecorded[:-1])
    assert desk.unrecorded == (Ordered(NOW, ME, "resume"),)


# The engine


async def test_an_order_is_written_with_the_cycle_that_takes_it_and_once() -> None:
    s = stage(CALM)
    s.desk.submit(Pause(), SOMEBODY)
    s.desk.submit(ChangeSettings({"mode": "approve"}))
    await s.engine.run(until=NOW + 100)
    assert s.calls.count("record_cycle") > 2
    assert recorded(s) == [
        ("an attached console (process 42)", "pause"),
        (ME, "switch to mode approve: balancer.mode is now approve (the console); it was auto."),
    ]
    assert s.desk.unrecorded == ()


async def test_what_cannot_be_written_is_written_with_the_next_success() -> None:
    s = stage(CALM)
    s.memory.failing = {"record_cycle", "save_state"}
    s.desk.submit(Pause())
    await s.engine.run(once=True)
    assert (recorded(s), len(s.desk.unrecorded)) == ([], 1)
    s.desk.submit(Resume())
    s.memory.failing.clear()
    await s.engine.run(once=True)
    assert recorded(s) == [(ME, "pause"), (ME, "resume")]


@pytest.mark.parametrize("has_failed", [False, True])
async def test_told_to_stop_what_is_not_recorded_yet_is_written_before_it_leaves(has_failed: bool) -> None:
    """Either no cycle has taken it, or the journal did not take the cycle that did."""
    s = stage(CALM)
    s.desk.submit(Pause())
    if has_failed:
        s.memory.failing.add("record_cycle")
        await s.engine.run(once=True)
    else:
        s.engine.stop()
        await s.engine.run()
    assert s.calls[-1] == "save_state"
    assert recorded(s) == [(ME, "pause")]
    assert s.memory.state.paused


async def test_a_pause_after_failures_and_its_end_are_recorded_as_given_by_hctui_itself() -> None:
    policy = replace(POLICY, failures_before_pause=3, failure_pause_seconds=60)
    s = stage(CALM, policy=policy, state=State(failed_in_a_row=THREE))
    await s.engine.run(until=NOW + 130)
    paused, resumed = recorded(s)
    assert paused[0] == resumed[0] == "hctui itself"
    assert paused[1].startswith("Paused, because 3 migrations in a row failed (web to 10.0.0.102")
    assert resumed[1] == "Resumed: the pause of 1:00 min after failed migrations is over."
    assert not [line for line in s.lines if line.event == "ordered"], "the notice tells it"
