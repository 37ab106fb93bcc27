"""Which lines somebody is told of, and that telling never holds up or breaks anything."""

from __future__ import annotations

import asyncio
import json
import os
import select
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from hctui.config import Settings
from hctui.config.notify import Event, target
from hctui.core.answers import Refused
from hctui.core.migration import Phase
from hctui.core.model import VmId
from hctui.core.policy import Mode
from hctui.engine import notifying as module
from hctui.engine.commands import Pause
from hctui.engine.log import Log
from hctui.engine.notices import MOST_AN_HOUR, Notice, Notices
from hctui.engine.notifying import Notifier
from hctui.engine.view import Contact, Level, Line, View
from tests.core.build import NOW, POLICY, cluster, node, node_id, vm
from tests.engine.stand_in import Stage, stage

TOGETHER = cluster([node(1), node(2)], [vm("web", 1), vm("db", 1, tags="anti_web", mem_gib=2)])
"""db and web must be kept apart; db would go to node 2."""


def view_of(**changes: object) -> View:
    return replace(stage(TOGETHER).desk.view, **{"cluster": TOGETHER.cluster, **changes})  # type: ignore[arg-type]


VIEW = view_of()
UNWRITABLE = view_of(
    journal_error="The journal cannot be used: x.sqlite: disk is full. Free some space on this disk."
)
SILENT = view_of(cluster=None, contact=Contact("https://cluster", "", error="Timeout."))


def line(event: str, level: Level = Level.INFO, at: float = NOW, text: str = "told") -> Line:
    return Line(at, event, text, level, {"vm": "web"})


@pytest.mark.parametrize(
    ("told", "event"),
    [
        (line("executing"), None),
        (line("ended"), Event.ENDED),
        (line("ended", Level.ERROR), Event.FAILED),
        (line("answer", Level.ERROR), Event.FAILED),
        (line("answer"), Event.STARTED),
        (line("not_sent", Level.WARNING), None),
        (line("proposal"), Event.PROPOSAL),
        (line("waiting_for_approval"), None),
        (line("standing_down"), Event.STOOD_DOWN),
        (line("no_data"), Event.STOOD_DOWN),
        (line("paused_by_failures", Level.WARNING), Event.STOOD_DOWN),
        (line("checking_rules"), None),
        (line("dry_run"), None),
    ],
)
def test_what_somebody_is_told_of(told: Line, event: Event | None) -> None:
    notice = Notices().of(told, VIEW)
    assert (notice.event if notice else None) is event


def test_of_standing_down_the_beginning_and_the_end_are_told() -> None:
    notices = Notices()
    lines = [
        "checking_rules",
        "no_data",
        "standing_down",
        "settings",
        "standing_down",
        "cooling_down",
        "balanced",
    ]
    told = [notice.event for event in lines if (notice := notices.of(line(event), VIEW))]
    assert told == [Event.STOOD_DOWN, Event.RECOVERED]


def test_a_pause_while_standing_down_is_neither_its_end_nor_after_it_its_beginning() -> None:
    notices = Notices()
    lines = ["standing_down", "paused", "paused", "resumed", "standing_down", "paused", "checking_rules"]
    told = [(event, notice.event) for event in lines if (notice := notices.of(line(event), VIEW))]
    assert told == [("standing_down", Event.STOOD_DOWN), ("checking_rules", Event.RECOVERED)]


TROUBLES: dict[str, tuple[View, Line, str, str]] = {
    "a node is offline": (
        VIEW,
        line("standing_down", text="Standing down. 10.0.0.14 is offline."),
        "branch-7: Standing down since Mon 13:46. 10.0.0.14 is offline. Look at the cluster; hctui goes on by "
        "itself once this is over.",
        "It was: Standing down since Mon 13:46. 10.0.0.14 is offline.",
    ),
    "no answer": (
        VIEW,
        line("no_data", text="The cluster could not be read. Timeout."),
        "branch-7: Nothing is decided since Mon 13:46. The cluster could not be read. Timeout. Look whether the "
        "cluster answers; hctui keeps trying and goes on by itself.",
        "It was: Nothing is decided since Mon 13:46. The cluster could not be read. Timeout.",
    ),
    "no answer at the start": (
        SILENT,
        line("unreadable", Level.ERROR, text="Timeout. Trying again in 30 s."),
        "https://cluster: Nothing is decided since Mon 13:46. Timeout. Look whether the cluster answers; "
        "hctui keeps trying and goes on by itself.",
        "It was: Nothing is decided since Mon 13:46. Timeout.",
    ),
    "failures": (
        VIEW,
        line("paused_by_failures", text="Paused, because 3 migrations in a row failed (web to n2)."),
        "branch-7: Nothing is decided since Mon 13:46. Paused, because 3 migrations in a row failed (web to n2). "
        "Look at what failed; `hctui resume` has it begin again.",
        "It was: Nothing is decided since Mon 13:46. Paused, because 3 migrations",
    ),
    "a full disk": (
        UNWRITABLE,
        line("journal", Level.ERROR, text="The journal cannot be used."),
        "branch-7: Nothing is migrated since Mon 13:46. The journal cannot be used: x.sqlite: disk is full. Free "
        "some space on this disk. hctui goes on by itself once the journal can be written.",
        "It was: Nothing is migrated since Mon 13:46. The journal cannot be used: x.sqlite: disk is full.",
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_what_is_told_can_be_understood_from_that_line_alone(name: str) -> None:
    view, begin, told, was = TROUBLES[name]
    notices = Notices()
    down = notices.of(begin, in_utc(view))
    assert down
    assert (down.event, down.text) == (Event.STOOD_DOWN, told)
    assert down.data["since"] == NOW
    assert notices.of(replace(begin, at=NOW + 30), in_utc(view)) is None, "it is told once"
    end = "journal" if begin.event == "journal" else "checking_rules"
    up = notices.of(line(end, at=NOW + 3 * 3600), in_utc(VIEW))
    assert up
    assert up.event is Event.RECOVERED
    assert up.text.startswith(
        f"branch-7: Well again since Mon 16:46, after 3:00 h; nothing is to be done. {was}"
    )


def in_utc(view: View) -> View:
    return replace(view, policy=replace(view.policy, zone=UTC))


def test_a_second_reason_is_told_too_and_the_end_only_once_both_are_over() -> None:
    notices = Notices()
    seen = [
        (line("standing_down"), VIEW),
        (line("journal", Level.ERROR), UNWRITABLE),
        (line("checking_rules"), UNWRITABLE),
        (line("journal"), VIEW),
        (line("checking_rules"), VIEW),
    ]
    told = [(each.event, notice.event) for each, view in seen if (notice := notices.of(each, view))]
    assert told == [
        ("standing_down", Event.STOOD_DOWN),
        ("journal", Event.STOOD_DOWN),
        ("journal", Event.RECOVERED),
    ]


def test_a_mishap_of_the_journal_that_holds_up_nothing_is_no_event() -> None:
    assert Notices().of(line("journal", Level.ERROR), VIEW) is None


async def test_a_journal_that_cannot_be_written_is_told_and_so_is_its_return() -> None:
    s = stage(TOGETHER)
    notices, told = Notices(), list[Notice]()
    s.hear = lambda each: told.extend(filter(None, [notices.of(each, s.desk.view)]))
    s.memory.failing = {"record_cycle"}
    await s.engine.run(until=NOW + 40)
    s.memory.failing = set()
    s.cluster.place(VmId("db"), node_id(2))
    await s.engine.run(until=NOW + 80)
    assert [each.event for each in told] == [Event.STOOD_DOWN, Event.RECOVERED]
    assert "record_cycle failed." in told[0].text
    assert s.told("The journal can be written again.")


async def test_a_proposal_says_how_it_is_answered_and_how_long_it_waits() -> None:
    s = stage(TOGETHER, policy=replace(POLICY, mode=Mode.APPROVE, dry_run=True))
    await s.engine.run(once=True)
    (told,) = notices_of(s)
    proposal = s.desk.view.state.proposal
    assert proposal
    assert told.event is Event.PROPOSAL
    assert told.text == (
        "branch-7 (dry run): PROPOSAL: migrate db (2 GiB) from 10.0.0.101 to 10.0.0.102 (anti-affinity). It waits "
        f"for 10:00 min: `hctui approve {proposal.id}` or `hctui reject {proposal.id}`."
    )
    assert (told.data["proposal"], told.data["seconds_left"], told.data["dry_run"]) == (
        proposal.id,
        600,
        True,
    )


def notices_of(s: Stage) -> list[Notice]:
    notices = Notices()
    return [notice for each in s.lines if (notice := notices.of(each, s.desk.view))]


async def test_a_start_is_told_once_the_cluster_has_answered_and_says_which_move_it_is() -> None:
    s = stage(TOGETHER)
    await s.engine.run(once=True)
    first, second = notices_of(s)
    assert (first.event, second.event) == (Event.STARTED, Event.ENDED)
    assert first.text == (
        "branch-7: EXECUTING MIGRATION: db (2 GiB) from 10.0.0.101 to 10.0.0.102 (anti-affinity). "
        "The cluster accepted it as task 7."
    )
    assert (first.data["vm"], first.data["to"]) == ("db", "10.0.0.102")


async def test_a_refusal_says_which_move_was_refused() -> None:
    s = stage(TOGETHER)
    s.cluster.arrives, s.cluster.answer = False, Refused(500, "An internal error")
    await s.engine.run(once=True)
    (told,) = notices_of(s)
    assert (told.event, told.data["vm"]) == (Event.FAILED, "db")
    assert "The cluster refused it (HTTP 500)" in told.text


async def test_of_a_move_that_no_longer_holds_nobody_is_told() -> None:
    s = stage(TOGETHER)

    def moved_by_somebody_else() -> None:
        if s.calls.count("snapshot") == 2:
            s.cluster.place(VmId("db"), node_id(2))

    s.cluster.before_read = moved_by_somebody_else
    await s.engine.run(once=True)
    assert s.told("Not sent: db is on")
    assert notices_of(s) == []


async def test_a_pause_at_the_last_moment_is_no_failure() -> None:
    s = stage(TOGETHER)
    s.memory.before_intent = lambda: s.desk.submit(Pause())
    await s.engine.run(until=NOW + 10)
    assert "record_intent" in s.calls
    assert "migrate" not in s.calls
    assert s.told("Not sent: A command has come in, which is carried out first.")
    assert s.memory.migrations[-1].phase is Phase.NOT_STARTED, "the intent must not stay in the journal"
    assert s.desk.view.state.migration is None
    assert notices_of(s) == []


def test_too_many_of_one_kind_are_counted_and_told_with_the_next() -> None:
    notices = Notices()
    told = [notices.of(line("answer", at=NOW + second), VIEW) for second in range(MOST_AN_HOUR + 3)]
    assert [notice is not None for notice in told] == [True] * MOST_AN_HOUR + [False] * 3
    assert notices.of(line("proposal", at=NOW + 99), VIEW), "each kind counts for itself"
    late = notices.of(line("answer", at=NOW + 3600), VIEW)
    assert late
    assert late.told == "branch-7: told (3 notices of this kind before it left out: too many.)"
    following = notices.of(line("answer", at=NOW + 3601), VIEW)
    assert following
    assert following.left_out == 0


class Told:
    """A notifier with its targets, and what it complains of."""

    def __init__(self, *targets: str) -> None:
        settings = cast(Settings, SimpleNamespace(notify=tuple(map(target, targets))))
        self.view = replace(VIEW, settings=settings)
        self.complaints: list[str] = []
        self.has_complained = asyncio.Event()

    @asynccontextmanager
    async def log(self) -> AsyncIterator[Log]:
        def complain(line: Line) -> None:
            self.complaints.append(line.text)
            self.has_complained.set()

        async with Notifier(lambda: self.view, complain) as notifier:
            yield notifier.take


def writes(file: Path) -> str:
    code = "import os, sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '|' + repr(dict(os.environ)) + chr(10))"
    return f'failed={sys.executable} -c "{code}" {file}'


async def test_a_command_gets_the_event_and_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SC_PASSWORD", "very-secret")
    told = Told(writes(tmp_path / "told"))
    async with told.log() as log:
        log(line("answer"))
        log(line("ended", Level.ERROR, text="MIGRATION FAILED: x; rm -rf /"))
    assert told.complaints == []
    written = (tmp_path / "told").read_text()
    content, _, environ = written.partition("|")
    assert json.loads(content) == {
        "cluster": "branch-7",
        "event": "failed",
        "at": NOW,
        "text": "branch-7: MIGRATION FAILED: x; rm -rf /",
        "data": {"vm": "web", "dry_run": False},
    }
    assert "'HCTUI_EVENT': 'failed'" in environ
    assert "very-secret" not in written


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("/nowhere/at/all", "No such file or directory"),
        (f"{sys.executable} -c 'raise SystemExit(3)'", "it ended with exit code 3"),
    ],
)
async def test_a_command_that_fails_costs_a_line(command: str, why: str) -> None:
    told = Told(f"all={command}")
    async with told.log() as log:
        log(line("answer"))
    program = command.split()[0]
    assert told.complaints == [f"Nobody was told of the event started by {program}: {why}."]


async def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.5)
    told = Told(f"all={sys.executable} -c 'import time; time.sleep(1000)'")
    async with told.log() as log:
        log(line("answer"))
        await asyncio.wait_for(told.has_complained.wait(), 10)
    assert "it took longer than 0.5 s" in told.complaints[0]


async def test_what_a_command_has_started_is_ended_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "LONGEST_SECONDS", 1.0)
    pipe = tmp_path / "held"
    os.mkfifo(pipe)
    program = tmp_path / "program"
    program.write_text(f"sleep 1000 > {pipe}; true\n")
    told = Told(f"all=sh {program}")
    async with told.log() as log:
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        log(line("answer"))
        await asyncio.wait_for(told.has_complained.wait(), 10)
    select.select([reader], [], [], 10)  # a process that was killed takes a moment to be gone
    assert os.read(reader, 1) == b"", "nobody holds the other end any more"
    os.close(reader)


async def test_nobody_waits_for_it_and_too_many_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    started = asyncio.Event()

    async def slow(*_: object) -> None:
        started.set()
        await asyncio.sleep(1000)

    monkeypatch.setattr(module, "_run", slow)
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.2)
    told = Told("all=program")
    async with told.log() as log:
        log(line("answer"))
        await started.wait()
        for _ in range(4):
            log(line("ended"))
        assert len([text for text in told.complaints if "too many notices wait" in text]) == 2


def posting(monkeypatch: pytest.MonkeyPatch, handler: Callable[[httpx.Request], httpx.Response]) -> None:
    client = httpx.AsyncClient
    monkeypatch.setattr(
        httpx, "AsyncClient", lambda **given: client(**given, transport=httpx.MockTransport(handler))
    )


async def test_a_webhook_gets_the_event_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((str(request.url), request.headers["content-type"], json.loads(request.content)["event"]))
        return httpx.Response(204)

    posting(monkeypatch, handler)
    told = Told("proposal=https://hooks.example.org/t0ken", "failed=https://hooks.example.org/other")
    async with told.log() as log:
        log(line("proposal"))
    assert seen == [("https://hooks.example.org/t0ken", "application/json", "proposal")]
    assert told.complaints == []


async def test_what_a_webhook_answers_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            raise AssertionError("it is read")
            yield b""

    posting(monkeypatch, lambda request: httpx.Response(200, stream=Endless()))
    told = Told("all=https://hooks.example.org/t0ken")
    async with told.log() as log:
        log(line("answer"))
    assert told.complaints == []


def refusing(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"cannot connect to {request.url}")


@pytest.mark.parametrize(
    ("handler", "why"),
    [
        (lambda request: httpx.Response(500), "it answered with HTTP 500"),
        (
            lambda request: httpx.Response(302, headers={"Location": "https://evil"}),
            "it answered with HTTP 302",
        ),
        (refusing, "ConnectError"),
    ],
)
async def test_a_webhook_that_fails_costs_a_line_without_its_token(
    monkeypatch: pytest.MonkeyPatch, handler: Callable[[httpx.Request], httpx.Response], why: str
) -> None:
    posting(monkeypatch, handler)
    told = Told("all=https://hooks.example.org/t0ken")
    async with told.log() as log:
        log(line("answer"))
    assert told.complaints == [f"Nobody was told of the event started by hooks.example.org: {why}."]


def test_a_target_shows_nothing_of_its_secrets() -> None:
    assert repr(target("all=https://user:pw@hooks.example.org/t0ken")) == "<Target hooks.example.org>"
    assert repr(target("all=curl -H 'Authorization: t0ken'")) == "<Target curl>"
