"""An engine's desk seen and commanded over its socket: who may, what they see, and how each side outlives the other."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from hctui.config import BY_KEY, SETTINGS, load
from hctui.core.errors import HctuiError
from hctui.core.model import NodeId
from hctui.engine import remote_client, remote_place, remote_server
from hctui.engine.clock import RealClock, SteppedClock
from hctui.engine.commands import (
    Approve,
    ChangeSettings,
    Command,
    Drain,
    MoveVm,
    Pause,
    Reject,
    ReloadSettings,
    Resume,
)
from hctui.engine.desk import Desk
from hctui.engine.queries import Queries
from hctui.engine.remote_client import AnotherVersion, NotReached, attached, engines
from hctui.engine.remote_guests import MOST_COMMANDS, MOST_CONSOLES
from hctui.engine.remote_place import (
    MOST_PATH_BYTES,
    Place,
    cluster_socket,
    is_ours,
    peer_pid,
    socket_folder,
    sockets,
)
from hctui.engine.remote_server import MOST_MEETINGS, MOST_WAITING, listening
from hctui.engine.remote_wire import PROTOCOL, Hello, News, Refused, Submit, Who, frame, submit
from hctui.engine.view import Contact, Level, Line
from tests.core.build import NOW, node_id
from tests.engine.given import settings_of
from tests.engine.remote import POLICY, SNAPSHOT, answer, bare, front, greeting, opened, until
from tests.engine.test_remote_wire import HOSTILE

# Where it lies


def test_a_socket_is_for_its_owner_alone_and_goes_with_its_engine(tmp_path: Path) -> None:
    place = Place(tmp_path / "run")
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.path.parent.stat().st_mode) == 0o700
    place.name_after("c1")
    assert sockets(tmp_path / "run") == [tmp_path / "run" / "c1.sock"]
    place.remove()
    assert sockets(tmp_path / "run") == []


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(HctuiError, match="other users"):
        Place(tmp_path)


def test_the_socket_of_a_dead_engine_is_replaced_and_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "c1.sock"))
    dead.close()
    old = Place(tmp_path)
    old.name_after("c1")
    new = Place(tmp_path)
    new.name_after("c1")
    old.remove()
    assert sockets(tmp_path) == [tmp_path / "c1.sock"]
    new.remove()
    assert sockets(tmp_path) == []


def test_what_dead_processes_left_before_they_knew_their_cluster_is_swept(tmp_path: Path) -> None:
    for pid in (2**22 + 1, 1):  # no system gives the first; the second is always there
        left = socket.socket(socket.AF_UNIX)
        left.bind(str(tmp_path / f"process-{pid}.sock"))
        left.close()
    place = Place(tmp_path)
    assert {path.name for path in sockets(tmp_path)} == {"process-1.sock", place.path.name}
    place.remove()


@pytest.mark.parametrize("depth", [1, 40, 60, 79, 120, 300])
def test_a_path_that_is_too_long_is_made_shorter(tmp_path: Path, depth: int) -> None:
    folder = tmp_path
    while len(str(folder)) < depth:
        folder = folder / "deeper"
    place = Place(folder / "run")
    try:
        for cluster_id in ("c1", "ca5f32dc-6a68-4d3f-8d19-5d678638e9e1", "x" * 500, "../../etc/passwd"):
            place.name_after(cluster_id)
            assert len(os.fsencode(place.path)) <= MOST_PATH_BYTES
            assert place.path.parent == socket_folder(folder / "run")
            assert sockets(place.path.parent) == [place.path]
    finally:
        place.remove()
        is_makeshift = place.path.parent != folder / "run"
        assert place.path.parent.exists() is not is_makeshift


def test_two_clusters_never_share_a_name(tmp_path: Path) -> None:
    ids = ["c1", "c2", "x" * 500, "y" * 500, "a/b", "a.b"]
    assert len({cluster_socket(tmp_path, each) for each in ids}) == len(ids)


def test_there_are_no_sockets_where_there_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "plain.sock").touch()
    assert sockets(tmp_path / "nowhere") == sockets(tmp_path) == []


# Who may


def test_the_peer_is_known_by_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = socket.socketpair()
    assert is_ours(one)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert not is_ours(one)
    one.close()
    other.close()


async def test_another_user_is_told_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_server, "is_ours", lambda connection: False)
    async with opened(tmp_path) as at, bare(at) as (reader, _):
        assert await reader.read() == b""


async def test_an_engine_of_another_user_is_not_talked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_client, "is_ours", lambda connection: False)
    async with opened(tmp_path) as at:
        with pytest.raises(NotReached, match="no hctui of yours"):
            async with front(at):
                pass
        assert await engines(tmp_path) == []


@pytest.mark.parametrize(
    "other", [greeting(protocol=PROTOCOL + 1), greeting(version="9.9")], ids=["protocol", "hctui"]
)
async def test_another_version_is_refused_in_a_sentence(tmp_path: Path, other: bytes) -> None:
    async with opened(tmp_path) as at, bare(at) as (reader, writer):
        assert isinstance(await answer(reader), Hello)
        writer.write(other)
        refused = await answer(reader)
        assert isinstance(refused, Refused)
        assert "do not understand each other" in refused.text
        assert await reader.read() == b""


async def test_an_engine_of_another_version_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_server, "own_version", lambda: "9.9")
    async with opened(tmp_path) as at:
        with pytest.raises(AnotherVersion, match=rf"process {os.getpid()} is hctui 9\.9"):
            async with front(at):
                pass
        [found] = await engines(tmp_path)
        assert found.hello.version == "9.9"


CONNECT = """
import socket, sys
there = socket.socket(socket.AF_UNIX)
there.connect(sys.argv[1])
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell the user only")
def test_the_process_at_the_other_end_is_known_whatever_it_says(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "x.sock"))
        door.listen()
        with subprocess.Popen(
            [sys.executable, "-c", CONNECT, str(tmp_path / "x.sock")], stdin=subprocess.PIPE
        ) as other:
            connection, _ = door.accept()
            with connection:
                assert peer_pid(connection) == other.pid
            other.communicate(timeout=10)


async def test_where_the_system_does_not_tell_no_process_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_server, "peer_pid", lambda connection: None)
    async with opened(tmp_path) as at, front(at, Who.PAUSE) as there:
        there.submit(Pause())
        await at.until_told("Ordered by hctui pause: pause.")


async def test_there_is_room_for_eight_consoles_and_for_the_next_once_one_has_gone(tmp_path: Path) -> None:
    async with opened(tmp_path) as at, AsyncExitStack() as others:
        for _ in range(MOST_CONSOLES - 1):
            await others.enter_async_context(front(at))
        async with front(at):
            with pytest.raises(
                NotReached, match=r"8 consoles are attached to process \d+, and it takes no more"
            ):
                async with front(at):
                    pass
        await at.until_told("has gone")
        async with front(at):
            pass


async def test_no_number_of_consoles_keeps_a_look_or_a_command_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as at, AsyncExitStack() as others:
        for _ in range(MOST_CONSOLES):
            await others.enter_async_context(front(at))
        async with front(at, Who.STATUS) as there:
            assert there.view == at.desk.view
        async with front(at, Who.PAUSE) as there:
            there.submit(Pause())
            await at.until_told(": pause.")


async def test_a_command_that_orders_nothing_makes_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_server, "ORDER_SECONDS", 0.5)
    async with opened(tmp_path) as at, AsyncExitStack() as others:
        idle = [await others.enter_async_context(bare(at)) for _ in range(MOST_COMMANDS)]
        for reader, writer in idle:
            await answer(reader)
            writer.write(greeting(who=Who.APPROVE))
            await answer(reader)
        with pytest.raises(NotReached, match="8 commands wait for process"):
            async with front(at, Who.PAUSE):
                pass
        async with front(at, Who.STATUS) as there:
            assert there.view == at.desk.view
        for reader, _ in idle:
            async with asyncio.timeout(10):
                await reader.read()
        async with front(at, Who.PAUSE):
            pass


async def test_a_command_that_has_ordered_stays_for_the_answer_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_server, "ERRAND_SECONDS", 0.05)
    async with opened(tmp_path) as at, bare(at) as (reader, writer):
        await answer(reader)
        writer.write(greeting(who=Who.PAUSE))
        await answer(reader)
        writer.write(frame(submit(Pause())))
        async with asyncio.timeout(10):
            await reader.read()
        assert at.desk.take() == (Pause(),)


async def test_a_look_is_over_at_once_and_orders_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as at, bare(at) as (reader, writer):
        await answer(reader)
        writer.write(greeting(who=Who.STATUS) + frame(submit(Pause())))
        assert isinstance(await answer(reader), News)
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        assert at.desk.take() == ()
        assert at.told == []


@pytest.mark.parametrize("who", [each for each in Who if each not in (Who.CONSOLE, Who.STATUS)])
async def test_a_command_orders_what_its_name_says_and_once(tmp_path: Path, who: Who) -> None:
    orders: dict[Who, Command] = {
        Who.PAUSE: Pause(),
        Who.RESUME: Resume(),
        Who.APPROVE: Approve(7),
        Who.REJECT: Reject(7),
        Who.DRY_RUN: ChangeSettings({"dry_run": "true"}),
        Who.DRAIN: Drain(NodeId("n1")),
    }
    assert set(orders) == set(Who) - {Who.CONSOLE, Who.STATUS}
    for named, order in orders.items():
        async with opened(tmp_path) as at, bare(at) as (reader, writer):
            await answer(reader)
            writer.write(greeting(who=who) + 2 * frame(submit(order)))
            async with asyncio.timeout(10):
                await reader.read()
            await at.until_told("Ordered by" if named is who else "ordered what is not its business")
            assert sum(line.event == "ordered" for line in at.told) == (named is who)


async def test_those_who_never_say_who_they_are_take_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_server, "GREETING_SECONDS", 0.05)
    async with opened(tmp_path) as at, AsyncExitStack() as others:
        silent = [await others.enter_async_context(bare(at)) for _ in range(MOST_MEETINGS + 5)]
        for reader, _ in silent:
            async with asyncio.timeout(10):
                await reader.read()
        async with front(at) as there:
            assert there.view == at.desk.view


@pytest.mark.parametrize("stream", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("is_greeted", [True, False])
async def test_what_is_hostile_ends_its_own_connection_only(
    tmp_path: Path, stream: bytes, is_greeted: bool
) -> None:
    async with opened(tmp_path) as at, front(at) as there, bare(at) as (reader, writer):
        await answer(reader)
        if is_greeted:
            writer.write(greeting())
            assert isinstance(await answer(reader), News)
        writer.write(stream)
        writer.write_eof()
        async with asyncio.timeout(10):
            await reader.read()
        at.log(Line(NOW, "test", "Still there."))
        await until(lambda: any("Still there" in line.text for line in there.lines_since(0)[1]))
        assert not there.ended.is_set()
        assert at.desk.take() == ()


async def test_more_commands_than_a_cycle_takes_end_the_connection(tmp_path: Path) -> None:
    async with opened(tmp_path) as at, front(at) as there:
        for _ in range(MOST_WAITING + 1):
            there.submit(Pause())
        await at.until_told("commands wait already")
        assert len(at.desk.take()) == MOST_WAITING


# What is seen


async def test_a_front_shows_what_the_desk_shows_and_follows_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        at.log(Line(NOW, "before", "Told before."))
        async with front(at) as there:
            assert there.view == at.desk.view
            assert there.view.policy == at.desk.view.policy
            assert there.lines_since(0) == at.desk.lines_since(0)
            assert there.queries is None
            told: list[int] = []
            end = there.listen(lambda: told.append(1))
            at.desk.queries = Queries(tmp_path / "c1.sqlite")
            at.desk.publish(is_reading=True)
            at.log(Line(NOW, "after", "Told after."))
            await until(lambda: there.lines_since(0) == at.desk.lines_since(0))
            assert there.view == at.desk.view
            assert there.queries == at.desk.queries
            number, lines = there.lines_since(there.lines_since(0)[0] - 1)
            assert (number, [line.text for line in lines]) == (number, ["Told after."])
            assert told
            end()
            before = len(told)
            at.desk.publish(is_reading=False)
            await until(lambda: not there.view.is_reading)
            assert len(told) == before


async def test_every_decision_is_seen_also_those_that_follow_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as at, front(at) as there:
        seen: list[float] = []
        there.listen(lambda: seen.append(there.view.next_poll_at or 0.0))
        for number in range(50):
            at.desk.publish(next_poll_at=float(number))
        await until(lambda: seen[-1:] == [49.0])
        assert seen == [float(number) for number in range(50)]


async def test_a_front_goes_by_the_clock_of_the_engine(tmp_path: Path) -> None:
    clock = SteppedClock(NOW)
    desk = Desk(settings_of(POLICY), Contact("https://10.0.0.1", ""), clock)
    async with listening(desk, tmp_path, desk.log), attached(sockets(tmp_path)[0], Who.CONSOLE) as there:
        assert there.now() == pytest.approx(NOW, abs=5)
        await clock.sleep(3600)
        desk.publish(is_reading=True)
        await until(lambda: there.now() > NOW + 3500)
        assert there.now() == pytest.approx(NOW + 3600, abs=5)


async def test_it_is_found_before_its_cluster_has_answered_and_under_its_name_afterwards(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, is_known=False) as at:
        [found] = await engines(tmp_path)
        assert (found.hello.cluster_id, found.hello.address) == ("", "https://10.0.0.1")
        async with front(at) as there:
            at.desk.publish(cluster=SNAPSHOT.cluster)
            await until(lambda: there.view.cluster is not None)
            [found] = await engines(tmp_path)
            assert found.path == tmp_path / "c1.sock"
            assert (found.hello.cluster_id, found.hello.cluster_name) == ("c1", "branch-7")
            there.submit(Pause())
            await until(lambda: at.desk.is_stirred)


async def test_who_does_not_read_is_dropped_with_a_line_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_server, "MOST_UNREAD_BYTES", 200_000)
    async with opened(tmp_path) as at, front(at) as there, bare(at) as (reader, writer):
        await answer(reader)
        writer.write(greeting())
        await answer(reader)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(400):
            at.log(Line(NOW, "test", f"{number} {'x' * 5000}"))
            await asyncio.sleep(0)
        await at.until_told("does not read and was dropped")
        await until(lambda: there.lines_since(0)[0] == at.desk.lines_since(0)[0])
        assert not there.ended.is_set()


async def test_who_was_dropped_while_it_stood_still_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as at, front(at) as there:
        monkeypatch.setattr(remote_server, "MOST_UNREAD_BYTES", -1)
        at.desk.publish(is_reading=True)
        monkeypatch.undo()
        await at.until_told("was dropped")
        await until(lambda: there.view == at.desk.view and there.lines_since(0) == at.desk.lines_since(0))
        at.desk.publish(next_poll_at=5.0)
        await until(lambda: there.view.next_poll_at == 5.0)
        assert not there.ended.is_set()


# What is ordered


async def test_a_command_reaches_the_desk_and_the_log_says_whose_it_was(tmp_path: Path) -> None:
    async with opened(tmp_path) as at, front(at) as there:
        there.submit(Approve(7))
        there.submit(MoveVm(SNAPSHOT.vms[next(iter(SNAPSHOT.vms))].id, node_id(2)))
        await until(lambda: len(at.told) == 3)
        assert [line.text for line in at.told[1:]] == [
            f"Ordered by an attached console (process {os.getpid()}): approve proposal 7.",
            f"Ordered by an attached console (process {os.getpid()}): move web to 10.0.0.102 by hand.",
        ]
        order = {"who": "an attached console", "process": os.getpid(), "order": "approve proposal 7"}
        assert at.told[1].data == order
        assert at.desk.take()[0] == Approve(7)
        me = f"an attached console (process {os.getpid()})"
        assert [(each.who, each.what) for each in at.desk.unrecorded] == [
            (me, "approve proposal 7"),
            (me, "move web to 10.0.0.102 by hand"),
        ]


SECRET = "correct-horse-7c1"


@pytest.mark.parametrize("key", [each.key for each in SETTINGS if each.secret])
@pytest.mark.parametrize("is_ours", [True, False])
async def test_no_secret_is_ordered_over_the_socket(tmp_path: Path, key: str, is_ours: bool) -> None:
    order = ChangeSettings({key: SECRET, "ram_limit_percent": "61"})
    forged = Submit("change settings", msgspec.Raw(msgspec.msgpack.encode({"changes": dict(order.changes)})))
    async with opened(tmp_path) as at, bare(at) as (reader, writer):
        before = at.desk.view.settings
        await answer(reader)
        writer.write(greeting() + frame(submit(order) if is_ours else forged))
        await at.until_told(f"Settings not changed: {BY_KEY[key].name} may hold a secret")
        assert at.desk.view.settings is before
        assert SECRET not in "".join(line.text for line in at.told)
        writer.write(frame(submit(Pause())))  # it is refused, and not disconnected
        await at.until_told(": pause.")
    assert SECRET.encode() not in frame(submit(order))


async def test_settings_hold_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as at, front(at) as there:
        there.submit(ChangeSettings({"dry_run": "true"}))
        await until(lambda: there.view.policy.dry_run)
        assert at.desk.view.policy.dry_run
        assert there.view.settings == at.desk.view.settings


async def test_a_switch_by_a_script_is_told_as_what_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as at, front(at, Who.DRY_RUN) as there:
        there.submit(ChangeSettings({"dry_run": "true"}))
        await at.until_told("balancer.dry_run is now true (hctui dry-run); it was false.")
        assert at.says(f"Ordered by hctui dry-run (process {os.getpid()}): switch dry run on.")


async def test_a_file_that_was_saved_is_read_by_the_engine_if_it_says_what_was_agreed(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[cluster]\nbase_url = "https://10.0.0.1"\n[balancer]\nram_limit_percent = 70\n')
    desk = Desk(load(file, {}, {}), Contact("https://10.0.0.1", ""), RealClock())
    run = tmp_path / "run"
    async with (
        listening(desk, run, desk.log),
        attached(remote_place.process_socket(run, os.getpid()), Who.CONSOLE) as there,
    ):
        file.write_text(file.read_text().replace("70", "60"))
        agreed = replace(there.view.policy, ram_limit_percent=60.0)
        there.submit(ReloadSettings((), replace(agreed, ram_limit_percent=50.0)))
        await until(lambda: "has changed" in "".join(line.text for line in there.lines_since(0)[1]))
        assert desk.view.policy.ram_limit_percent == 70
        there.submit(ReloadSettings((), agreed))
        await until(lambda: there.view.policy == agreed)
        assert desk.view.policy == agreed


# Each outlives the other


class Ended:
    """A front that outlives its engine, to be looked at afterwards."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.farewell: str | None = None
        self.attached = asyncio.Event()

    async def follow(self) -> None:
        async with attached(sockets(self._folder)[0], Who.CONSOLE) as there:
            self.attached.set()
            await there.ended.wait()
            self.farewell = there.farewell


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, "It was stopped."),
        (HctuiError("The login was refused.", hint="Ask."), "The login was refused. Ask."),
        (ZeroDivisionError("1234"), "An error in hctui itself ended it."),
    ],
)
async def test_an_engine_says_farewell_and_why(tmp_path: Path, error: Exception | None, words: str) -> None:
    ended = Ended(tmp_path)

    async def engine() -> None:
        async with opened(tmp_path):
            following.append(asyncio.create_task(ended.follow()))
            await ended.attached.wait()
            if error:
                raise error

    following: list[asyncio.Task[None]] = []
    [result] = await asyncio.gather(engine(), return_exceptions=True)
    assert result is error
    async with asyncio.timeout(10):
        await following[0]
    assert words in (ended.farewell or "")
    assert sockets(tmp_path) == []


async def test_an_engine_that_hangs_up_is_told_in_words(tmp_path: Path) -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with opened(tmp_path / "other") as at, bare(at) as (there, _):
            writer.write(frame(await answer(there)))
            await reader.readexactly(4)
            writer.close()

    async with await asyncio.start_unix_server(hangs_up, tmp_path / "c1.sock"):
        with pytest.raises(NotReached, match=r"Process \d+ closed the connection without a word"):
            async with attached(tmp_path / "c1.sock", Who.CONSOLE):
                pass


async def test_an_engine_that_is_gone_without_a_word_is_noticed(tmp_path: Path) -> None:
    async def killed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with opened(tmp_path / "other") as at, bare(at) as (there, _):
            writer.write(frame(await answer(there)))
            await reader.readexactly(4)
            writer.write(frame(at_server._everything()))
            await asked.wait()
            writer.close()
            dying.close()

    asked = asyncio.Event()
    async with opened(tmp_path / "model") as model:
        unused = Place(tmp_path / "unused")
        at_server = remote_server.Server(model.desk, unused, model.log)
        unused.remove()
        dying = await asyncio.start_unix_server(killed, tmp_path / "c1.sock")
        async with attached(tmp_path / "c1.sock", Who.CONSOLE) as there:
            assert there.view == model.desk.view
            asked.set()
            async with asyncio.timeout(10):
                await there.ended.wait()
            assert there.farewell == ""
            there.submit(Pause())


async def test_a_line_at_each_coming_and_going_of_a_console_and_none_for_a_look(tmp_path: Path) -> None:
    async with opened(tmp_path) as at:
        async with front(at, Who.STATUS):
            pass
        async with front(at):
            pass
        await at.until_told("has gone; this hctui goes on")
        name = f"An attached console (process {os.getpid()})"
        assert [line.text for line in at.told] == [
            f"{name} is attached.",
            f"{name} has gone; this hctui goes on.",
        ]


async def test_a_socket_that_cannot_be_made_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with opened(tmp_path / "file", is_known=False) as at:
        [told] = at.told
        assert told.level is Level.WARNING
        assert "Nobody can attach" in told.text


async def test_without_a_folder_nobody_listens() -> None:
    desk = Desk(settings_of(POLICY), Contact("https://10.0.0.1", ""), RealClock())
    async with listening(desk, None, desk.log):
        assert desk.lines_since(0) == (0, ())
