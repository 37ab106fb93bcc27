"""The desk: what it keeps for front ends, and that it keeps a bounded amount."""

from __future__ import annotations

from hctui.core.commands import Pause, Resume
from hctui.core.policy import Mode, Policy
from hctui.engine.clock import SteppedClock
from hctui.engine.commands import ChangeSettings
from hctui.engine.desk import MOST_LINES, Desk
from hctui.engine.view import Contact, Line
from tests.core.build import NOW
from tests.engine.given import settings_of


def desk() -> Desk:
    return Desk(settings_of(Policy()), Contact("https://cluster", "TLS pinned"), SteppedClock(NOW))


def test_before_there_is_an_engine_the_view_says_so() -> None:
    view = desk().view
    assert (view.cluster, view.snapshot, view.decision) == (None, None, None)
    assert view.policy == Policy()


def test_commands_are_kept_until_they_are_taken_and_wake_whoever_waits() -> None:
    it = desk()
    assert not it.is_stirred
    it.submit(Pause())
    it.submit(Resume())
    assert it.is_stirred
    assert it.woken.is_set()
    assert it.take() == (Pause(), Resume())
    assert it.take() == ()


def test_lines_are_told_to_each_reader_once() -> None:
    it = desk()
    it.log(Line(NOW, "a", "first"))
    told, lines = it.lines_since(0)
    assert (told, [line.text for line in lines]) == (1, ["first"])
    assert it.lines_since(told) == (1, ())
    it.log(Line(NOW, "b", "second"))
    assert [line.text for line in it.lines_since(told)[1]] == ["second"]
    assert [line.text for line in it.lines_since(0)[1]] == ["first", "second"]


def test_lines_are_numbered_whatever_their_time_and_however_many_have_gone() -> None:
    it = desk()
    for number in range(MOST_LINES + 5):
        it.log(Line(NOW - number, "n", str(number)))
    _, lines = it.lines_since(0)
    assert (
        [line.number for line in lines]
        == [int(line.text) for line in lines]
        == list(range(5, MOST_LINES + 5))
    )
    assert lines[0] == Line(NOW - 5, "n", "5"), "the number is no part of what it says"


def test_a_view_says_how_many_lines_there_were_before_its_decision() -> None:
    it = desk()
    it.log(Line(NOW, "a", "first"))
    it.publish(decision=None)
    it.log(Line(NOW, "a", "second"))
    it.publish(is_reading=True)
    assert it.view.lines_before == 1


def test_old_lines_go_and_a_late_reader_gets_what_is_left() -> None:
    it = desk()
    for number in range(MOST_LINES + 5):
        it.log(Line(NOW, "n", str(number)))
    told, lines = it.lines_since(2)
    assert told == MOST_LINES + 5
    assert len(lines) == MOST_LINES
    assert (lines[0].text, lines[-1].text) == ("5", str(MOST_LINES + 4))


def test_listeners_are_told_of_every_change_until_they_stop() -> None:
    it = desk()
    seen: list[bool] = []
    stop = it.listen(lambda: seen.append(it.view.is_reading))
    it.publish(is_reading=True)
    it.log(Line(NOW, "a", "line"))
    stop()
    it.publish(is_reading=False)
    assert seen == [True, True]


def test_settings_hold_at_once_and_what_is_wrong_changes_nothing() -> None:
    it = desk()
    it.submit(ChangeSettings({"dry_run": "false", "mode": "approve"}))
    assert (it.view.policy.dry_run, it.view.policy.mode) == (False, Mode.APPROVE)
    assert it.is_stirred
    it.submit(ChangeSettings({"ram_limit_percent": "700"}))
    assert it.view.policy.ram_limit_percent == 70
    lines = [line.text.partition(":")[0] for line in it.lines_since(0)[1] if line.event == "settings"]
    assert lines == [
        "balancer.dry_run is now false (the console); it was true.",
        "balancer.mode is now approve (the console); it was auto.",
        "Settings not changed. Wrong settings",
    ]
