"""The console as a process in a real pseudo-terminal, on a simulated cluster in the same or in another process."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hctui.journal.chronicle import read_orders
from tests.end_to_end.terminal import ALTERNATE_SCREEN, PATIENCE_SECONDS, Terminal
from tests.end_to_end.test_program import (
    PASSWORD_MARK,
    SCENARIO,
    Cluster,
    access,
    environment,
    hctui,
    settings,
)

PROGRAM = [sys.executable, "-m", "hctui"]
QUICK = "sample_interval_seconds = 1"

ENTER, ESCAPE, TAB, CTRL_A, CTRL_Q = "\r", "\x1b", "\t", "\x01", "\x11"

LEAVE_SECONDS = 15.0
"""Longer than leaving takes, with a look at the terminal and a logout, on a machine that is busy with other things."""


def demo(home: Path, *arguments: str, bandwidth: str = "4GiB", size: tuple[int, int] = (80, 24)) -> Terminal:
    """`hctui demo` on a cluster whose two VMs must be apart, so that a move is proposed in the first cycle."""
    scenario = home / "scenario.toml"
    scenario.write_text(SCENARIO.format(password="of the demo", bandwidth=bandwidth))
    command = [*PROGRAM, "demo", "--scenario", str(scenario), *arguments]
    return Terminal(command, environment(home), columns=size[0], rows=size[1])


def console(cluster: Cluster, home: Path, *arguments: str, **how: bool) -> Terminal:
    """`hctui` on a cluster, polling once a second."""
    command = [*PROGRAM, "--config", settings(cluster, home, QUICK), *arguments]
    # Buffered as for a user: what is left in a buffer when a terminal has gone must not spoil the exit code.
    return Terminal(command, access(cluster, home) | {"PYTHONUNBUFFERED": ""}, **how)


def answer(terminal: Terminal, safe: str, wanted: str) -> None:
    """Go from the safe answer, which has the focus, to the one after it, and give it.

    Each key waits for what the one before has done, as a person does: Textual takes keys that come at once out of turn.
    """
    terminal.until(lambda screen: safe in screen and terminal.look(safe) != terminal.look(wanted))
    focused = terminal.look(safe)
    terminal.send(TAB)
    terminal.until(lambda screen: terminal.look(wanted) == focused)
    terminal.send(ENTER)


def polls(cluster: Cluster) -> int:
    return int(cluster.state()["requests"]["GET /VirDomain"])


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"it never happened: {what}"


def until_next_poll(cluster: Cluster) -> None:
    before = polls(cluster)
    until(lambda: polls(cluster) > before, "the next poll")


def log_of(home: Path) -> str:
    [path] = home.rglob("hctui.log")
    return path.read_text()


def orders_of(home: Path) -> list[tuple[str, str]]:
    """Who ordered what, the oldest first; processes without their numbers."""
    [path] = home.rglob("*.sqlite")
    told = read_orders(path, 0.0, time.time() + 60)
    return [(re.sub(r"\d+", "N", each.who), each.what) for each in reversed(told)]


# From the first proposal to the end


def a_look_at_the_proposal(terminal: Terminal) -> None:
    """A key answers only what has been in sight for a second: two minutes of a demo at this speed, or three."""

    def minutes(screen: str) -> int:
        found = re.search(r"expires in (\d+) min", screen)
        return int(found[1]) if found else 0

    terminal.until("expires in")
    first = minutes(terminal.screen)
    terminal.until(lambda screen: 0 < minutes(screen) <= first - 3)


def test_approve_a_proposal_see_the_vm_arrive_and_leave(tmp_path: Path) -> None:
    # So slow a network that the migration lasts for some seconds of this machine: longer than a busy one may need to
    # paint it.
    with demo(tmp_path, "--speed", "60", bandwidth="32MiB", size=(120, 40)) as terminal:
        terminal.until("PROPOSAL  sql-0")
        terminal.until("Nothing can be harmed")
        assert "LIVE" in terminal.screen
        a_look_at_the_proposal(terminal)
        terminal.send("a")
        terminal.until("LIVE: approving migrates this VM")
        a_look_at_the_proposal(terminal)
        terminal.send("a")
        terminal.until_written(r"LIVE APPROVE migrating sql-0")
        terminal.until("MIGRATION COMPLETE: sql-0")
        terminal.send(ESCAPE)
        terminal.until(lambda screen: re.search(r"sql-0[12] +\.1[23] ", screen) is not None)
        terminal.send("q")
        assert terminal.wait() == 0
        assert "counted 1 request that would change it." in terminal.screen
        assert terminal.bells == 1
        assert terminal.titles[0].startswith("hctui: https://127.0.0.1:")
        assert "hctui: branch-test LIVE APPROVE proposal waits" in terminal.titles
        assert terminal.is_restored()


def test_flip_dry_run_pause_and_resume(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.until("PROPOSAL  sql-0")
        terminal.send("d")
        terminal.until("DRY RUN")
        terminal.send("d")
        terminal.until("Stay in dry run")
        terminal.send(ENTER)  # an accidental key stays where it is safe
        terminal.until(lambda screen: "Stay in dry run" not in screen)
        terminal.send("p")
        terminal.until("PAUSED")
        assert "DRY RUN" in terminal.screen
        terminal.send("p")
        terminal.until(lambda screen: "PAUSED" not in screen)
        terminal.send("d")
        terminal.until("Stay in dry run")
        answer(terminal, "Stay in dry run", "Go live")
        terminal.until("LIVE")
        terminal.send(CTRL_Q)
        assert terminal.wait() == 0
        assert "hctui: branch-test DRY RUN APPROVE PAUSED" in terminal.titles
        assert terminal.is_restored()


def lower_the_threshold(terminal: Terminal) -> None:
    """From the dashboard to the settings, where 73 % is put in place of 80 % and applied."""
    terminal.send("c")
    terminal.until("base_url")
    terminal.send("/")
    terminal.until("name, source, edited")
    terminal.until("f1 help")  # the key bar of a field: what is typed goes there from now on
    terminal.send("cpu_upper")
    terminal.until(lambda screen: "base_url" not in screen)
    terminal.send(ENTER)
    terminal.until("⏎ edit")
    terminal.send(ENTER)
    terminal.until("cpu_upper_threshold_percent = 80")
    terminal.until("f1 help")
    terminal.send("73")
    terminal.until("Edited: 73 %")
    terminal.send(ENTER)
    terminal.until("⏎ edit")
    terminal.send(CTRL_A)
    holds = re.compile(r"Holds: 73 %\. Source: (the|an attached) console \(not saved\)\.")
    terminal.until(lambda screen: holds.search(screen) is not None)


def test_edit_a_threshold(tmp_path: Path) -> None:
    with demo(tmp_path, size=(120, 40)) as terminal:
        terminal.until("PROPOSAL  sql-0")
        terminal.until("hot above 80 %")
        lower_the_threshold(terminal)
        terminal.send(ESCAPE)
        terminal.until("return_ban_minutes")  # the filter is left before the page
        terminal.send(ESCAPE)
        terminal.until("hot above 73 %")
        terminal.send("q")
        assert terminal.wait() == 0


# Signals, and terminals that go away


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_leaves_terminal_and_cluster_as_they_were(
    cluster: Cluster, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with console(cluster, tmp_path) as terminal:
        terminal.until("would move sql-0")
        assert terminal.mode(ALTERNATE_SCREEN)
        assert not terminal.is_restored()
        terminal.signal(number)
        assert terminal.wait() == code
        assert terminal.is_restored()
    assert cluster.state()["open_sessions"] == 0
    assert log_of(tmp_path).endswith("Stopped. Logging out.\n")


@pytest.mark.parametrize(
    "how",
    [{}, {"ignores_hangup": True}, {"is_controlling": False}],
    ids=["hung up", "SIGHUP ignored", "no SIGHUP comes"],
)
def test_a_terminal_that_goes_away_ends_it_without_spinning(
    cluster: Cluster, tmp_path: Path, how: dict[str, bool]
) -> None:
    with console(cluster, tmp_path, **how) as terminal:
        terminal.until("would move sql-0")
        begun = time.monotonic()
        terminal.close()
        spent = terminal.cpu_seconds_until_end()
        assert terminal.process.returncode == 129
        assert time.monotonic() - begun < LEAVE_SECONDS
        assert spent < 3, "it spun"
    assert cluster.state()["open_sessions"] == 0


def test_a_demo_ends_with_its_terminal(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.until("PROPOSAL  sql-0")
        terminal.close()
        assert terminal.wait() == 129


def test_the_first_run_ends_at_a_signal_and_with_its_terminal(tmp_path: Path) -> None:
    with Terminal(PROGRAM, environment(tmp_path)) as terminal:
        terminal.until("hctui")
        assert terminal.mode(ALTERNATE_SCREEN)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 143
        assert terminal.is_restored()
    with Terminal(PROGRAM, environment(tmp_path), is_controlling=False) as terminal:
        terminal.until("hctui")
        terminal.close()
        assert terminal.wait() == 129


def test_the_balancer_goes_on_without_its_terminal_where_that_is_set(
    cluster: Cluster, tmp_path: Path
) -> None:
    with console(cluster, tmp_path, "--on-hangup", "headless") as terminal:
        terminal.until("would move sql-0")
        terminal.close()
        until(lambda: "Its terminal is gone" in log_of(tmp_path), "going on headless")
        before, spent = polls(cluster), terminal.cpu_seconds()
        until(lambda: polls(cluster) >= before + 3, "three more polls")
        assert terminal.cpu_seconds() - spent < 1.5, "it spun"
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 143
    assert cluster.state()["open_sessions"] == 0


HANGING = """
from hctui.cli import main
from hctui import outlet
outlet.MOST_WAITING_BYTES = 2000  # each screen is more, so what is dropped are whole screens
main()
"""


def parts(screen: str) -> list[tuple[int, str]]:
    """Where the parts of the dashboard are: on which line which heading stands."""
    words = ("branch-test  3 nodes", "node  ", "VM  ", " ? help")
    return [(row, word) for row, line in enumerate(screen.splitlines()) for word in words if word in line]


def test_a_terminal_that_hangs_holds_up_neither_the_balancer_nor_its_end(
    cluster: Cluster, tmp_path: Path
) -> None:
    script = tmp_path / "hanging.py"
    script.write_text(HANGING)
    command = [sys.executable, str(script), "--config", settings(cluster, tmp_path, QUICK)]
    with Terminal(command, access(cluster, tmp_path), columns=120, rows=40) as terminal:
        terminal.until("cluster cooldown")
        # From now on nothing of it comes or goes: the violation counts as mended, and its panel is gone.
        wanted = parts(terminal.until(lambda screen: len(parts(screen)) == 5 and "would move" not in screen))
        terminal.resize(80, 24)
        terminal.until(lambda screen: parts(screen) != wanted)
        terminal.stall()
        for turn in range(5):  # more than the system and thirty waiting pieces would take
            terminal.resize(200 + turn % 2, 60)
            terminal.send(*"srsrsrsrsrsr")
            until_next_poll(cluster)
        terminal.resize(120, 40)
        until_next_poll(cluster)
        terminal.go_on()
        terminal.until(lambda screen: parts(screen) == wanted)
        terminal.stall()
        terminal.resize(80, 24)
        until_next_poll(cluster)
        terminal.signal(signal.SIGTERM)
        assert terminal.process.wait(LEAVE_SECONDS) == 143
    assert cluster.state()["open_sessions"] == 0


# Unattended


def test_flags_are_consent_and_leaving_says_what_is_left(cluster: Cluster, tmp_path: Path) -> None:
    with console(cluster, tmp_path, "--mode", "auto", "--live") as terminal:
        terminal.until("MIGRATION COMPLETE: sql-0")
        assert "AUTO" in terminal.screen
        assert "LIVE" in terminal.screen
        assert len(cluster.state()["writes"]) == 1
        terminal.send("q")
        terminal.until("Go on without the console")
        terminal.send(ENTER)
        terminal.until(lambda screen: "Go on without the console" not in screen)
        terminal.send("q")
        terminal.until("Go on without the console")
        answer(terminal, "Stay", "Go on without the console")
        terminal.until("hctui goes on without it.")
        assert terminal.is_restored()
        terminal.signal(signal.SIGCONT)  # the console that was closed must not answer to this
        until_next_poll(cluster)
        assert terminal.is_restored()
        terminal.send("\x03")
        assert terminal.wait() == 130
        assert "Stopped. Logging out." in terminal.screen
    assert cluster.state()["open_sessions"] == 0


def test_the_environment_alone_arms_it_only(cluster: Cluster, tmp_path: Path) -> None:
    armed = access(cluster, tmp_path) | {"SC_DRY_RUN": "false"}
    with Terminal([*PROGRAM, "--config", settings(cluster, tmp_path, QUICK)], armed) as terminal:
        terminal.until("would move sql-0")
        terminal.until("SC_DRY_RUN in the environment")
        assert "DRY RUN" in terminal.screen
        assert "LIVE" not in terminal.screen
        terminal.send("q")
        assert terminal.wait() == 0
    assert cluster.state()["writes"] == []
    assert cluster.state()["open_sessions"] == 0


# Terminals of every kind


def test_a_terminal_that_is_too_small_says_which_size_is_needed(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.until("PROPOSAL  sql-0")
        terminal.resize(59, 14)
        terminal.until("hctui needs 60 x 15")
        assert "59 x 14" in terminal.screen
        terminal.resize(80, 24)
        terminal.until("PROPOSAL  sql-0")
        terminal.send("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize(
    ("variables", "is_coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "screen"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
    ],
    ids=["xterm", "screen", "NO_COLOR"],
)
def test_it_runs_on_terminals_of_every_kind(
    tmp_path: Path, variables: dict[str, str], is_coloured: bool
) -> None:
    with Terminal([*PROGRAM, "demo"], environment(tmp_path, **variables)) as terminal:
        terminal.until("PROPOSAL  ")
        assert "127.0.0.11" in terminal.screen
        assert bool(terminal.colours()) == is_coloured
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()


def test_without_a_terminal_it_says_what_to_use(cluster: Cluster, tmp_path: Path) -> None:
    done = hctui(cluster, tmp_path)
    assert done.returncode == 2
    assert "No terminal" in done.stderr
    assert "hctui run" in done.stderr
    assert "Traceback" not in done.stderr
    assert cluster.state()["requests"] == {}


# Crashes

FALLING = """
import os, sys
from hctui.tui.widgets.status_bar import StatusBar

paint, fallen = StatusBar.paint, []

def fall(self, picture, now):
    password = os.environ["SC_PASSWORD"]
    if picture.snapshot and len(fallen) < int(os.environ["TIMES"]):
        fallen.append(self.app)
    if self.app in fallen:
        raise ValueError("a widget fell")
    paint(self, picture, now)

StatusBar.paint = fall
from hctui.cli import main
main()
"""


def falling(cluster: Cluster, home: Path, times: int) -> Terminal:
    """`hctui` with a widget that falls in the first so many consoles, once the cluster has answered."""
    script = home / "falling.py"
    script.write_text(FALLING)
    command = [sys.executable, str(script), "--config", settings(cluster, home, QUICK)]
    return Terminal(command, access(cluster, home) | {"TIMES": str(times)})


def see_that_nothing_was_given_away(terminal: Terminal, home: Path) -> None:
    assert PASSWORD_MARK not in terminal.raw
    for path in home.rglob("*"):
        if path.is_file() and path.suffix != ".toml":
            assert PASSWORD_MARK.encode() not in path.read_bytes(), path
    [crash] = home.rglob("crash.txt")
    assert "ValueError: a widget fell" in crash.read_text()
    assert crash.stat().st_mode & 0o777 == 0o600


def test_a_console_that_crashes_is_opened_again(cluster: Cluster, tmp_path: Path) -> None:
    with falling(cluster, tmp_path, 1) as terminal:
        terminal.until("would move sql-0")
        assert "It is opened again; the balancer went on meanwhile." in log_of(tmp_path)
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()
        see_that_nothing_was_given_away(terminal, tmp_path)
    assert cluster.state()["requests"]["POST /login"] == 1
    assert cluster.state()["open_sessions"] == 0


def test_after_two_crashes_the_balancer_goes_on_paused(cluster: Cluster, tmp_path: Path) -> None:
    with falling(cluster, tmp_path, 2) as terminal:
        terminal.until("with decisions paused")
        assert terminal.is_restored()
        before = polls(cluster)
        until(lambda: polls(cluster) >= before + 2, "two polls")
        terminal.until("Paused")
        terminal.send("\x03")
        assert terminal.wait() == 130
        see_that_nothing_was_given_away(terminal, tmp_path)
    assert orders_of(tmp_path) == [("hctui itself", "pause")]
    assert cluster.state()["requests"]["POST /login"] == 1
    assert cluster.state()["open_sessions"] == 0


def test_what_is_copied_in_a_demo_outlives_it_and_its_journal_does_not(tmp_path: Path) -> None:
    with Terminal([*PROGRAM, "demo"], environment(tmp_path, TMPDIR=str(tmp_path))) as terminal:
        terminal.until("PROPOSAL  ")
        assert list(tmp_path.glob("hctui-demo-*/*.sqlite"))
        terminal.send("y")
        copied = tmp_path / ".local" / "state" / "hctui" / "demo" / "exports" / "copied.txt"
        until(copied.exists, "the copy")
        terminal.send("q")
        assert terminal.wait() == 0
    assert copied.read_text().strip()
    assert {folder.stat().st_mode & 0o777 for folder in copied.parents[:3]} == {0o700}
    assert not list(tmp_path.rglob("*.sqlite"))
    assert not list(tmp_path.glob("hctui-demo-*"))
