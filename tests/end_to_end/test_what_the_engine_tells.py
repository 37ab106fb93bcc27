"""What a console shows of its engine that only the engine knows: where its password came from, and its log file."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.end_to_end.terminal import Terminal
from tests.end_to_end.test_attach import command, console, engine
from tests.end_to_end.test_console import PROGRAM, QUICK
from tests.end_to_end.test_program import PASSWORD_MARK, Cluster, access, settings

NO_ROOM = "The log file cannot be written (No space left on device), and hctui goes on without it: "


def test_an_attached_console_says_where_the_engine_has_its_password_from(
    cluster: Cluster, tmp_path: Path
) -> None:
    """The console's own environment has none: alone it would have to ask."""
    with engine(cluster, tmp_path) as run:
        mine = {key: value for key, value in access(cluster, tmp_path).items() if key != "SC_PASSWORD"}
        program = [*PROGRAM, "--config", str(tmp_path / "config.toml")]
        with Terminal(program, mine | {"PYTHONUNBUFFERED": ""}, columns=80, rows=24) as terminal:
            terminal.until("attached to process")
            terminal.send("c")
            terminal.until("Password: from the environment variable SC_PASSWORD.")
            assert PASSWORD_MARK not in terminal.screen
            terminal.send("q")
            assert terminal.wait() == 0
        assert run.end(signal.SIGTERM) == 0


@pytest.fixture
def full_disk(tmp_path: Path) -> None:
    """The log file stands on a disk that takes nothing."""
    folder = tmp_path / ".local" / "state" / "hctui" / "log"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "hctui.log").symlink_to("/dev/full")


@pytest.mark.usefixtures("full_disk")
def test_headless_a_log_file_that_takes_nothing_is_one_line_among_the_others(
    cluster: Cluster, tmp_path: Path
) -> None:
    with engine(cluster, tmp_path) as run:
        run.until("DRY RUN: would migrate")
        told = json.loads(command(cluster, tmp_path, "status", "--json").stdout)
        assert NO_ROOM in told["error"]
        assert run.end(signal.SIGTERM) == 0
    assert [f" ERROR: {NO_ROOM}" in line for line in run.lines if NO_ROOM in line] == [True]


@pytest.mark.usefixtures("full_disk")
def test_under_a_console_it_is_a_line_of_its_log_and_the_screen_stays_whole(
    cluster: Cluster, tmp_path: Path
) -> None:
    settings(cluster, tmp_path, QUICK)
    with console(cluster, tmp_path) as terminal:
        terminal.until("ERROR: " + NO_ROOM)
        terminal.until("would migrate sql-0")
        assert terminal.screen.startswith("branch-test")
        assert terminal.screen.count(NO_ROOM) == 1
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()
