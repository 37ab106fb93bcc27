"""Engines that run by themselves, and what is attached to them: consoles in real terminals, and commands of scripts."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hctui.engine.remote_place import socket_folder, sockets
from tests.end_to_end.terminal import Terminal
from tests.end_to_end.test_console import (
    ENTER,
    ESCAPE,
    PROGRAM,
    QUICK,
    log_of,
    lower_the_threshold,
    orders_of,
    until_next_poll,
)
from tests.end_to_end.test_program import (
    PASSWORD_MARK,
    Cluster,
    Running,
    access,
    environment,
    hctui,
    settings,
)


@contextmanager
def engine(cluster: Cluster, home: Path, *arguments: str) -> Iterator[Running]:
    """`hctui run` in a process of its own, polling once a second, that has begun to balance."""
    with Running(cluster, home, "--config", settings(cluster, home, QUICK), *arguments) as run:
        run.until("Collecting cluster data")
        yield run


def console(cluster: Cluster, home: Path, *arguments: str, command: tuple[str, ...] = ()) -> Terminal:
    """`hctui`, or one of its commands, at a terminal."""
    program = [*PROGRAM, *command, "--config", str(home / "config.toml"), *arguments]
    return Terminal(program, access(cluster, home) | {"PYTHONUNBUFFERED": ""}, columns=120, rows=40)


def sockets_of(home: Path) -> list[Path]:
    return sockets(socket_folder(home / "hctui"))


def command(cluster: Cluster, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return hctui(cluster, home, *arguments, "--config", str(home / "config.toml"))


def status(cluster: Cluster, home: Path) -> tuple[int, dict[str, object]]:
    done = command(cluster, home, "status", "--json")
    return done.returncode, json.loads(done.stdout)


# From a script


def test_a_headless_engine_in_approve_mode_is_answered_by_a_command(cluster: Cluster, tmp_path: Path) -> None:
    with engine(cluster, tmp_path, "--live", "--mode", "approve") as run:
        run.until("PROPOSAL: migrate sql-0")
        code, told = status(cluster, tmp_path)
        assert (code, told["health"], told["mode"], told["dry_run"]) == (0, "well", "approve", False)
        proposal = told["proposal"]
        assert isinstance(proposal, dict)
        unasked = command(cluster, tmp_path, "approve")
        assert unasked.returncode == 2
        assert f"proposal {proposal['id']}: sql-0" in unasked.stdout
        assert f"Run `hctui approve {proposal['id']}`." in unasked.stderr
        other = command(cluster, tmp_path, "approve", "4711")
        assert (other.returncode, "Proposal 4711 does not wait." in other.stdout) == (1, True)
        approved = command(cluster, tmp_path, "approve", str(proposal["id"]))
        assert approved.returncode == 0
        assert "Sent. The cluster accepted it as task" in approved.stdout
        run.until("MIGRATION COMPLETE: sql-0")
        assert re.search(
            rf"Ordered by hctui approve \(process \d+\): approve proposal {proposal['id']}: sql-0\d to \S+\.",
            log_of(tmp_path),
        )
        assert run.end(signal.SIGTERM) == 0
    assert len(cluster.state()["writes"]) == 1
    [(who, what)] = orders_of(tmp_path)
    assert who == "hctui approve (process N)"
    assert what.startswith(f"approve proposal {proposal['id']}: sql-0")
    code, told = status(cluster, tmp_path)
    assert (code, told["health"], told["pid"]) == (2, "unknown", None)
    assert "No hctui balances it" in str(told["problems"])
    assert sockets_of(tmp_path) == []


def test_pause_resume_reject_and_dry_run_from_a_script(cluster: Cluster, tmp_path: Path) -> None:
    with engine(cluster, tmp_path, "--live", "--mode", "approve") as run:
        run.until("PROPOSAL: migrate sql-0")
        rejected = command(cluster, tmp_path, "reject", "1")
        assert (rejected.returncode, "Rejected" in rejected.stdout) == (0, True)
        paused = command(cluster, tmp_path, "pause")
        assert (paused.returncode, "Paused: watching, deciding nothing." in paused.stdout) == (0, True)
        assert status(cluster, tmp_path)[1]["paused"] is True
        resumed = command(cluster, tmp_path, "resume")
        assert (resumed.returncode, "branch-test: Resumed." in resumed.stdout) == (0, True)
        held = command(cluster, tmp_path, "dry-run", "on")
        assert (held.returncode, held.stdout) == (
            0,
            "branch-test: DRY RUN: nothing is migrated. Mode approve.\n",
        )
        unagreed = command(cluster, tmp_path, "dry-run", "off")
        assert (unagreed.returncode, "--yes" in unagreed.stderr) == (2, True)
        assert "DRY RUN" in command(cluster, tmp_path, "dry-run").stdout
        live = command(cluster, tmp_path, "dry-run", "off", "--yes")
        assert (live.returncode, "LIVE" in live.stdout) == (0, True)
        assert "branch-test" in command(cluster, tmp_path, "dry-run", "--cluster", "branch-test").stdout
        assert command(cluster, tmp_path, "pause", "--cluster", "another").returncode == 2
        assert run.end(signal.SIGTERM) == 0


def test_what_was_ordered_is_known_after_the_engine_was_killed(cluster: Cluster, tmp_path: Path) -> None:
    with engine(cluster, tmp_path) as run:
        assert command(cluster, tmp_path, "pause").returncode == 0
        until_next_poll(cluster)
        run.end(signal.SIGKILL)
    assert orders_of(tmp_path) == [("hctui pause (process N)", "pause")]
    with engine(cluster, tmp_path) as run:
        assert status(cluster, tmp_path)[1]["paused"] is True
        assert command(cluster, tmp_path, "resume").returncode == 0
        assert run.end(signal.SIGTERM) == 0
    assert orders_of(tmp_path) == [
        ("hctui pause (process N)", "pause"),
        ("hctui resume (process N)", "resume"),
    ]


def test_at_a_terminal_it_shows_what_waits_and_asks(cluster: Cluster, tmp_path: Path) -> None:
    with engine(cluster, tmp_path, "--live", "--mode", "approve") as run:
        run.until("PROPOSAL: migrate sql-0")
        with console(cluster, tmp_path, command=("approve",)) as terminal:
            terminal.until("Approve it? [y/N]")
            assert "proposal 1: sql-0" in terminal.screen
            terminal.send(ENTER)
            assert terminal.wait() == 1
        assert cluster.state()["writes"] == []
        with console(cluster, tmp_path, command=("approve",)) as terminal:
            terminal.until("Approve it? [y/N]")
            terminal.send("y", ENTER)
            assert terminal.wait() == 0
            assert "Sent. The cluster accepted it" in terminal.screen
        assert run.end(signal.SIGTERM) == 0


def test_an_engine_that_cannot_read_its_cluster_is_not_well(cluster: Cluster, tmp_path: Path) -> None:
    with engine(cluster, tmp_path) as run:
        assert status(cluster, tmp_path)[0] == 0
        cluster.switch({"set": "proxy_error"})
        run.until("could not be read")
        code, told = status(cluster, tmp_path)
        assert (code, told["health"]) == (1, "unwell")
        assert "The cluster cannot be read." in str(told["problems"])
        cluster.switch({"clear": "proxy_error"})
        assert run.end(signal.SIGTERM) == 0


def test_without_an_engine_a_command_says_so(cluster: Cluster, tmp_path: Path) -> None:
    settings(cluster, tmp_path)
    for each in (["pause"], ["approve", "1"], ["dry-run", "on"]):
        done = command(cluster, tmp_path, *each)
        assert done.returncode == 2
        assert "None of this user runs on this host" in done.stderr
    done = command(cluster, tmp_path, "status")
    assert (done.returncode, "No hctui runs on this host" in done.stdout) == (2, True)


def test_a_second_engine_is_told_that_hctui_attaches(cluster: Cluster, tmp_path: Path) -> None:
    with engine(cluster, tmp_path) as run:
        run.until("DRY RUN: would migrate")
        second = command(cluster, tmp_path, "run")
        assert second.returncode == 2
        assert f"process {run.process.pid}, already balances this cluster" in second.stderr
        assert "`hctui` opens a console on it" in second.stderr
        assert second.stdout == "", "it spoke to the cluster first"
        assert status(cluster, tmp_path)[0] == 0, "the second one took the socket with it"


# A console


def test_a_console_attaches_sees_the_arrival_and_leaves_the_engine_running(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.switch({"set": "task_stuck"})
    with engine(cluster, tmp_path, "--live") as run:
        run.until("EXECUTING MIGRATION: sql-0")
        pid = run.process.pid
        with console(cluster, tmp_path) as terminal:
            terminal.until(f"branch-test  attached to process {pid}")
            terminal.until("LIVE")
            terminal.until("migrating sql-0")
            cluster.switch({"clear": "task_stuck"})
            terminal.until("MIGRATION COMPLETE: sql-0")
            terminal.send("q")  # live, in mode auto: a console of its own would ask
            assert terminal.wait() == 0
            assert terminal.is_restored()
            assert f"hctui goes on balancing branch-test in process {pid}." in " ".join(
                terminal.screen.split()
            )
        run.until("An attached console .* has gone; this hctui goes on")
        until_next_poll(cluster)
        assert run.end(signal.SIGTERM) == 0
    assert cluster.state()["open_sessions"] == 0


def test_what_is_switched_and_edited_in_an_attached_console_holds_in_the_engine(
    cluster: Cluster, tmp_path: Path
) -> None:
    with engine(cluster, tmp_path) as run, console(cluster, tmp_path, "--theme", "ansi") as terminal:
        terminal.until("attached to process")
        terminal.until("hot above 80 %")
        terminal.send("p")
        terminal.until("PAUSED")
        run.until(r"Ordered by an attached console \(process \d+\): pause\.")
        lower_the_threshold(terminal)
        run.until("cpu_upper_threshold_percent is now 73")
        terminal.send(ESCAPE, ESCAPE)
        terminal.until("hot above 73 %")
        terminal.send("q")
        assert terminal.wait() == 0
        assert run.end(signal.SIGTERM) == 0
    (who, what), *more = orders_of(tmp_path)
    assert (who, what) == ("an attached console (process N)", "pause")
    assert {each for each, _ in more} == {"an attached console (process N)"}
    assert any("cpu_upper_threshold_percent is now 73" in each for _, each in more)


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGTERM, "has ended. It was stopped."), (signal.SIGKILL, "it may have been killed")],
)
def test_an_engine_that_ends_takes_its_console_with_it_in_order(
    cluster: Cluster, tmp_path: Path, number: signal.Signals, words: str
) -> None:
    with engine(cluster, tmp_path) as run, console(cluster, tmp_path) as terminal:
        terminal.until("attached to process")
        run.end(number)
        assert terminal.wait() == 0
        assert terminal.is_restored()
        assert words in " ".join(terminal.screen.split())
    # What a killed one leaves behind is in nobody's way.
    with engine(cluster, tmp_path) as next_run, console(cluster, tmp_path) as terminal:
        terminal.until(f"attached to process {next_run.process.pid}")
        next_run.end(signal.SIGTERM)
        assert terminal.wait() == 0


def test_a_console_that_is_killed_leaves_the_engine_running(cluster: Cluster, tmp_path: Path) -> None:
    with engine(cluster, tmp_path) as run:
        with console(cluster, tmp_path) as terminal:
            terminal.until("attached to process")
            terminal.signal(signal.SIGKILL)
            terminal.wait()
        run.until("An attached console .* has gone; this hctui goes on")
        until_next_poll(cluster)
        assert status(cluster, tmp_path)[0] == 0
        assert run.end(signal.SIGTERM) == 0


def test_two_consoles_on_one_engine_see_the_same(cluster: Cluster, tmp_path: Path) -> None:
    with engine(cluster, tmp_path) as run:
        with console(cluster, tmp_path) as one, console(cluster, tmp_path) as other:
            for terminal in (one, other):
                terminal.until("attached to process")
            one.send("p")
            other.until("PAUSED")
            other.send("p")
            one.until(lambda screen: "PAUSED" not in screen)
        assert run.end(signal.SIGTERM) == 0


def test_a_flag_for_a_new_engine_is_refused_with_what_does_the_same(cluster: Cluster, tmp_path: Path) -> None:
    with engine(cluster, tmp_path) as run:
        run.until("DRY RUN: would migrate")
        with console(cluster, tmp_path, "--live") as terminal:
            assert terminal.wait() == 2
            told = " ".join(terminal.screen.split())
        assert f"Process {run.process.pid} balances branch-test" in told
        assert "--live would be for a new one" in told
        assert "hctui dry-run off" in told
        assert run.end(signal.SIGTERM) == 0


def test_a_console_with_an_engine_of_its_own_is_attached_to_as_well(cluster: Cluster, tmp_path: Path) -> None:
    settings(cluster, tmp_path, QUICK)
    with console(cluster, tmp_path) as first, console_after(first, cluster, tmp_path) as second:
        second.until(f"attached to process {first.process.pid}")
        first.send("q")
        assert first.wait() == 0
        assert second.wait() == 0
        assert "has ended. It was stopped." in " ".join(second.screen.split())


def console_after(first: Terminal, cluster: Cluster, home: Path) -> Terminal:
    first.until("would move sql-0")
    assert "attached" not in first.screen
    return console(cluster, home)


def test_an_engine_that_was_reached_at_another_address_is_found_by_its_cluster(
    cluster: Cluster, tmp_path: Path
) -> None:
    with engine(cluster, tmp_path) as run:
        elsewhere = cluster.address.replace("127.0.0.1:", "127.0.0.12:")
        with console(cluster, tmp_path, "--host", elsewhere) as terminal:
            terminal.until(f"branch-test  attached to process {run.process.pid}")
            terminal.send("q")
            assert terminal.wait() == 0
        assert run.end(signal.SIGTERM) == 0


# What goes over the socket


def test_no_password_goes_over_the_socket(cluster: Cluster, tmp_path: Path) -> None:
    listen = """
import asyncio, sys
from pathlib import Path
from hctui.engine.remote_wire import Greeting, PROTOCOL, Who, frame, own_version
async def main():
    reader, writer = await asyncio.open_unix_connection(sys.argv[1])
    writer.write(frame(Greeting(PROTOCOL, own_version(), Who.CONSOLE)))
    sys.stdout.buffer.write(await reader.read())
asyncio.run(main())
"""
    with engine(cluster, tmp_path, "--live") as run:
        [path] = sockets_of(tmp_path)
        with subprocess.Popen(
            [sys.executable, "-c", listen, str(path)], stdout=subprocess.PIPE, env=environment(tmp_path)
        ) as listener:
            run.until("MIGRATION COMPLETE")
            run.end(signal.SIGTERM)
            assert listener.stdout is not None
            heard = listener.stdout.read()
    assert b"sql-01" in heard
    assert b"Stopped. Logging out." in heard
    assert PASSWORD_MARK.encode() not in heard
