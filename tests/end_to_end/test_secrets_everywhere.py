"""Whatever falls, and wherever: neither password nor session is written, shown or sent, in any form.

Each place of the program's path is made to fail with an error that nobody foresaw, which holds both secrets in its
message, in all their forms, and in the variables of its frame. Then everything that was written is searched.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sqlite3
import stat
import traceback
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from msgspec.structs import replace as with_fields

from hctui.api import action, convert
from hctui.api.client import Client
from hctui.api.exchange import Exchange
from hctui.api.session import Sessions
from hctui.api.tls import Trust
from hctui.core import balancer
from hctui.core.errors import HctuiError
from hctui.core.policy import Policy
from hctui.core.secret import Secret, without_secrets
from hctui.engine import log, narrative, notifying, permission, remote_server
from hctui.engine.balancing import Plan, balance
from hctui.engine.clock import SteppedClock
from hctui.engine.commands import ChangeSettings
from hctui.engine.desk import Desk
from hctui.engine.engine import Engine
from hctui.engine.notices import Notices
from hctui.engine.remote_client import attached
from hctui.engine.remote_place import socket_folder, sockets
from hctui.engine.remote_wire import Who, frame
from hctui.engine.view import Contact
from hctui.engine.waiting import Waiting
from hctui.journal.export import Form, Subject, export
from hctui.journal.file import JournalFile
from hctui.sim import Cluster, load_scenario
from hctui.sim.server import create_app
from tests.end_to_end.world import HOUR, MINUTE, START
from tests.engine.given import settings_of

MARK = "M4rk7c1"
PASSWORD = f'pä"ss w/{MARK}+&=%\\wörd'
"""With what has to be escaped, and a part that is the same however often it was."""

WEBHOOK_TOKEN = "T0k3n-of-a-webhook-5b1"


def forms(secret: str) -> Iterator[str]:
    """The secret as it may be found: written anew here, so that what is searched for is not what is masked."""
    yield from (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
    yield base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    yield from (repr(secret)[1:-1], repr(secret.encode())[2:-1])


def found_in(content: bytes, secrets: list[str]) -> list[str]:
    wanted = (MARK, *(form for secret in secrets for form in forms(secret)))
    return [form for form in wanted if form.encode() in content]


def pieces(path: Path) -> Iterator[bytes]:
    """What a file holds, and of a journal also what it holds in its packed columns."""
    yield path.read_bytes()
    if path.suffix != ".sqlite":
        return
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - its own tables
                for value in row:
                    yield str(value).encode()
                    if isinstance(value, bytes):
                        with suppress(zlib.error):
                            yield zlib.decompress(value)


def assert_nothing_is_in(folder: Path, secrets: list[str]) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            for piece in pieces(path):
                assert found_in(piece, secrets) == [], path


def assert_private(folder: Path) -> None:
    """All that was made is for its owner alone."""
    for path in folder.rglob("*"):
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), f"{path}: {mode:o}"


@dataclass
class Scene:
    """A run of the balancer with everything around it that writes: journal, log file, terminal, socket, notices.

    Attributes:
        terminal: what was printed.
        frames: what somebody who is attached has got.
        ended: the traceback the run ended with, as the program prints it; empty if it ended by itself.
    """

    home: Path
    terminal: io.StringIO = field(default_factory=io.StringIO)
    frames: list[bytes] = field(default_factory=list)
    ended: str = ""

    def __post_init__(self) -> None:
        self.clock = SteppedClock(START)
        scenario = load_scenario("default")
        account = with_fields(next(iter(scenario.accounts)), password=PASSWORD)
        self.account = account
        self.cluster = Cluster(with_fields(scenario, accounts=(account,)), seed=7, start=START)
        self.sessions: list[str] = []
        self.desk = self._desk()
        old = self.cluster.access.log_in

        def log_in(*given: Any) -> Any:  # noqa: ANN401 - as it is
            session = old(*given)
            self.sessions.append(session.id)
            return session

        self.cluster.access.log_in = log_in  # type: ignore[method-assign,assignment]

    def _desk(self) -> Desk:
        policy = replace(Policy(), dry_run=False, cluster_cooldown_seconds=60, window_seconds=60)
        told = f"all=http://127.0.0.1:9/{WEBHOOK_TOKEN}"
        settings = settings_of(policy, others={"notify": (told,)})
        return Desk(settings, Contact("https://127.0.0.1", "TLS unverified"), self.clock)

    @property
    def secrets(self) -> list[str]:
        return [PASSWORD, WEBHOOK_TOKEN, *self.sessions]

    def blow(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - instead of anything
        """Fall, with the secrets in the message and in a variable."""
        known = [PASSWORD, *self.sessions]
        told = " | ".join(form for secret in known for form in forms(secret))
        raise KeyError(f"unforeseen: {told}")

    async def run(self, seconds: float = 12 * MINUTE) -> None:
        app = create_app(self.cluster, self.clock.now, asyncio.sleep)
        client = Client(
            "https://127.0.0.1",
            self.account.username,
            Secret(PASSWORD),
            Trust(verify=False),
            keepalive_seconds=90,
            transport=httpx.ASGITransport(app),
        )
        for name in ("state", "logs", "run"):
            (self.home / name).mkdir(mode=0o700)
        plan = Plan(self.home / "state", duration_seconds=seconds, socket_folder=self.home / "run")
        file, close = log.to_file(self.home / "logs" / "hctui.log", lambda line: self.desk.told(line))
        lines = log.lasting(file, log.to_stream(self.terminal, "json"))
        listening = asyncio.create_task(self._listen())
        try:
            await balance(client, self.desk, plan, self.clock, lines, asyncio.Event())
        except Exception:
            self.ended = without_secrets(traceback.format_exc())
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            close()

    def frame(self, message: Any) -> bytes:  # noqa: ANN401 - whatever is sent
        """In place of what makes the frames of the socket: the same, and kept."""
        made = frame(message)
        self.frames.append(made)
        return made

    async def _listen(self) -> None:
        """Be attached from as soon as that is possible, so that there is somebody to send news to."""
        while not (at := sockets(socket_folder(self.home / "run"))):  # noqa: ASYNC110 - nobody says when it is there
            await asyncio.sleep(0)
        with suppress(HctuiError):
            async with attached(at[0], Who.CONSOLE) as front:
                await front.ended.wait()

    def assert_discreet(self, capture: pytest.CaptureFixture[str]) -> None:
        shown = capture.readouterr()
        assert found_in("\n".join((shown.out, shown.err)).encode(), self.secrets) == []
        assert found_in(self.terminal.getvalue().encode(), self.secrets) == []
        assert found_in(self.ended.encode(), self.secrets) == []
        assert found_in(b"\n".join(self.frames), self.secrets) == []
        assert_nothing_is_in(self.home, self.secrets)


PLACES: dict[str, tuple[Any, str]] = {
    "logging in": (Sessions, "_log_in"),
    "what is sent to log in": (Sessions, "_credentials"),
    "logging out": (Sessions, "_log_out"),
    "making a request": (Exchange, "_prepared"),
    "sending a request": (Exchange, "_exchange"),
    "reading nodes": (convert, "nodes"),
    "reading VMs": (convert, "vms"),
    "reading tasks": (convert, "live_tasks"),
    "reading alerts": (convert, "conditions"),
    "reading the cluster": (convert, "cluster_info"),
    "reading GPU profiles": (convert, "gpu_profiles"),
    "reading the update status": (Client, "_update_status"),
    "reading one VM": (Client, "vm"),
    "reading one task": (Client, "task"),
    "reading the account": (Client, "account"),
    "asking for permission": (permission, "look"),
    "deciding": (balancer, "step"),
    "checking once more": (balancer, "recheck"),
    "beginning": (balancer, "begun"),
    "writing the request": (action, "migration_body"),
    "asking for a migration": (Client, "migrate"),
    "taking the answer": (balancer, "answered"),
    "watching": (balancer, "watched"),
    "settling": (Engine, "_settle"),
    "opening the journal": (JournalFile, "open"),
    "reading the journal": (JournalFile, "load_state"),
    "writing a cycle": (JournalFile, "record_cycle"),
    "writing a migration": (JournalFile, "record_migration"),
    "forgetting": (JournalFile, "forget"),
    "handing over": (Waiting, "hand_over"),
    "publishing": (Engine, "_publish"),
    "telling": (narrative, "executing"),
    "finding what is an event": (Notices, "of"),
    "telling a webhook": (notifying, "_tell"),
    "welcoming whoever attaches": (remote_server.Server, "_welcomed"),
    "sending news": (remote_server, "changes"),
}


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for form in forms(PASSWORD):
        (tmp_path / "a.log").write_bytes(b"x" + form.encode())
        with pytest.raises(AssertionError):
            assert_nothing_is_in(tmp_path, [PASSWORD])


async def test_the_scene_is_one_in_which_everything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    scene = Scene(tmp_path)
    monkeypatch.setattr(remote_server, "frame", scene.frame)
    await scene.run(4 * MINUTE)
    assert scene.cluster.writes
    assert len(scene.frames) > 10
    assert len(scene.sessions) == 1
    assert "Nobody was told of the event started by 127.0.0.1" in scene.terminal.getvalue()
    assert {path.suffix for path in tmp_path.rglob("*")} >= {".sqlite", ".log", ".lock"}
    scene.assert_discreet(capfd)


async def test_exports_hold_nothing_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Somebody gives them away. A webhook that was changed, and a migration that failed, are in them."""
    scene = Scene(tmp_path)
    scene.desk.submit(ChangeSettings({"notify": f'["failed=https://hooks.example/{WEBHOOK_TOKEN}"]'}))
    scene.cluster.faults.set("task_error")
    await scene.run(4 * MINUTE)
    assert scene.cluster.writes
    assert scene.sessions
    (journal,) = (tmp_path / "state").glob("*.sqlite")
    exported = tmp_path / "exported"
    exported.mkdir(mode=0o700)
    for what, form in product(Subject, Form):
        assert export(journal, what, form, exported / f"{what}.{form}", 0, START + HOUR) > 0, what
    text = "".join(path.read_text() for path in exported.iterdir())
    assert "notify" in text, "the order is there"
    assert "cannot send data" in text, "and so is what the cluster said"
    assert_private(exported)
    scene.assert_discreet(capfd)


WORDS: dict[str, str] = {
    "deciding": "An error in hctui itself: KeyError: 'unforeseen: ***",
    "telling a webhook": "by 127.0.0.1: an error in hctui itself (KeyError).",
    "welcoming whoever attaches": "An error in hctui itself ended a connection to the socket: KeyError(",
}
"""What is told of some of it: that nothing is told would be as discreet."""


@pytest.mark.parametrize("place", PLACES)
async def test_nothing_secret_is_written_wherever_it_falls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], place: str
) -> None:
    scene = Scene(tmp_path)
    monkeypatch.setattr(remote_server, "frame", scene.frame)
    where, name = PLACES[place]
    monkeypatch.setattr(where, name, scene.blow)
    await scene.run(4 * MINUTE)
    scene.assert_discreet(capfd)
    assert WORDS.get(place, "") in scene.terminal.getvalue()
