"""Programs that fall as processes of their own: what they print, show and write has no secret, and is nobody else's."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hctui.engine.remote_place import socket_folder, sockets
from tests.end_to_end.terminal import Terminal
from tests.end_to_end.test_console import QUICK
from tests.end_to_end.test_program import Cluster, Running, access, settings
from tests.end_to_end.test_secrets_everywhere import assert_nothing_is_in, assert_private, found_in


@pytest.fixture
def guarded(cluster: Cluster, tmp_path: Path) -> tuple[Cluster, Path]:
    """The served cluster, and a home that nothing else writes to."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return cluster, home


def falling(place: str, told: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.end_to_end.falling", place, str(told), *arguments]


def run(cluster: Cluster, home: Path, place: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """A program that falls, to its end; what it printed has been searched."""
    told = home.with_name("secrets.json")
    told.unlink(missing_ok=True)
    file = settings(cluster, home, QUICK)
    done = subprocess.run(
        [*falling(place, told, *arguments), "--config", file],
        env=access(cluster, home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert told.exists(), f"it did not fall: {done.stderr.decode()}"
    secrets = json.loads(told.read_text())
    assert cluster.password in secrets
    assert found_in(done.stdout + done.stderr, secrets) == []
    Path(file).unlink()  # the person's own file
    assert_nothing_is_in(home, secrets)
    return done


COMMANDS: dict[str, tuple[str, tuple[str, ...], int, bytes]] = {
    "run, before the journal": (
        "hctui.engine.balancing:_Run.first_contact",
        ("run", "--live"),
        1,
        b"KeyError: 'unforeseen: ***",
    ),
    "run, while it balances": ("hctui.core.balancer:step", ("run", "--live"), 1, b"hctui gives up: "),
    "check": ("hctui.engine.survey:survey", ("check",), 1, b"KeyError: 'unforeseen: ***"),
    "status": ("hctui.cli.status:conditions_of_this_host", ("status",), 1, b"KeyError: 'unforeseen: ***"),
    "config show": ("hctui.cli.config:lines", ("config", "show"), 1, b"KeyError: 'unforeseen: ***"),
}


def test_commands_that_fall_print_and_write_nothing_secret(guarded: tuple[Cluster, Path]) -> None:
    cluster, home = guarded
    for name, (place, arguments, code, words) in COMMANDS.items():
        done = run(cluster, home, place, *arguments)
        assert (done.returncode, words in done.stderr) == (code, True), (name, done.stderr.decode())
    # Only now is there a journal to tell of.
    told = run(cluster, home, "hctui.journal:read_report", "report")
    assert (told.returncode, b"KeyError: 'unforeseen: ***" in told.stderr) == (1, True)
    assert {path.name for path in home.rglob("*")} >= {"fault.txt", "hctui.log"}
    assert_private(home)


OPENING = "hctui.tui.app:Console.on_mount"
REFRESHING = "hctui.tui.app:Console._next_picture@3"
"""Called with each view that comes; by then the console has drawn itself."""


def test_a_console_that_falls_shows_and_writes_nothing_secret(guarded: tuple[Cluster, Path]) -> None:
    cluster, home = guarded
    told = home.with_name("secrets.json")
    command = [*falling(OPENING, told), "--config", settings(cluster, home, QUICK)]
    with Terminal(command, access(cluster, home) | {"PYTHONUNBUFFERED": ""}, columns=100, rows=30) as shown:
        shown.until_written("The console has crashed twice")
        shown.signal(signal.SIGTERM)
        assert shown.wait() == 143
        secrets = json.loads(told.read_text())
        assert found_in(shown.raw.encode(), secrets) == []
    (home / "config.toml").unlink()
    (crash,) = home.rglob("crash.txt")
    assert "unforeseen: ***" in crash.read_text()
    assert_nothing_is_in(home, secrets)
    assert_private(home)


def test_an_attached_console_that_falls_shows_and_writes_nothing_secret(
    guarded: tuple[Cluster, Path],
) -> None:
    cluster, home = guarded
    told, file = home.with_name("secrets.json"), settings(cluster, home, QUICK)
    with Running(cluster, home, "--config", file) as engine:
        engine.until("Collecting cluster data")
        command = [*falling(OPENING, told), "--config", file]
        with Terminal(command, access(cluster, home) | {"PYTHONUNBUFFERED": ""}) as shown:
            shown.wait()
            secrets = json.loads(told.read_text())
            assert "The console crashed: KeyError: 'unforeseen: ***" in " ".join(shown.raw.split())
            assert found_in(shown.raw.encode(), secrets) == []
        (home / "config.toml").unlink()
        place = socket_folder(home / "hctui")
        assert sockets(place), "that of the engine, as private as a file"
        assert_private(place)
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert_private(home)
        assert engine.end(signal.SIGTERM) == 0
    assert_nothing_is_in(home, secrets)
    assert_private(home)


def test_an_attached_console_that_falls_while_it_refreshes_leaves_a_whole_terminal_and_nothing_secret(
    guarded: tuple[Cluster, Path],
) -> None:
    cluster, home = guarded
    told, file = home.with_name("secrets.json"), settings(cluster, home, QUICK)
    with Running(cluster, home, "--config", file) as engine:
        engine.until("Collecting cluster data")
        command = [*falling(REFRESHING, told), "--config", file]
        with Terminal(command, access(cluster, home) | {"PYTHONUNBUFFERED": ""}) as shown:
            shown.until_written("attached to process")  # it has drawn its first screen before
            assert shown.wait() == 1
            secrets = json.loads(told.read_text())
            assert cluster.password in secrets
            assert "The console crashed: KeyError: 'unforeseen: ***" in " ".join(shown.raw.split())
            assert found_in(shown.raw.encode(), secrets) == []
            assert shown.is_restored()
        assert engine.end(signal.SIGTERM) == 0, "the engine goes on without it"
    (home / "config.toml").unlink()
    assert_nothing_is_in(home, secrets)
    assert_private(home)
