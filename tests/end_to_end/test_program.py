"""The program itself, as a process, against a simulated cluster in another process, over real TLS."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

PASSWORD_MARK = "s3cret-marker-7c1"


@dataclass
class Cluster:
    """A simulated cluster that is being served, and how to ask it how it is."""

    address: str
    username: str
    password: str
    fingerprint: str

    def state(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.address}/sim/state", verify=False).raise_for_status().json())

    def switch(self, order: dict[str, str]) -> None:
        httpx.post(f"{self.address}/sim/faults", json=order, verify=False).raise_for_status()


SCENARIO = """
title = "Two VMs that must be apart, on three nodes, with a slow migration network"
[cluster]
name = "branch-test"
bandwidth = "{bandwidth}"
[[accounts]]
username = "balancer"
password = "{password}"
roles = ["Read", "VM Power Controls"]
[[accounts]]
username = "viewer"
roles = ["Read"]
[[nodes]]
count = 3
threads = 16
memory = "64GiB"
system_memory = "4GiB"
[[vms]]
name = "sql-01"
node = 11
vcpus = 2
memory = "8GiB"
cpu = 20
[[vms]]
name = "sql-02"
node = 11
vcpus = 2
memory = "8GiB"
cpu = 20
tags = ["anti_sql-01"]
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(SCENARIO.format(password=PASSWORD_MARK, bandwidth="4GiB"))
    with subprocess.Popen(
        [sys.executable, "-m", "hctui", "simulate", "--scenario", str(scenario)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().split() for _ in range(5)]
        assert all(told), "it did not start"
        values = {words[0]: words[1] for words in told}
        yield Cluster(values["address"], values["user"], values["password"], values["fingerprint"])
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def environment(home: Path, **more: str) -> dict[str, str]:
    # A worker of pytest-xdist has COLUMNS and LINES, which Textual believes instead of asking the terminal.
    dropped = ("SC_", "XDG_", "COLUMNS", "LINES")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    home_only = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    return {**kept, **home_only, "PYTHONWARNINGS": "error", "PYTHONUNBUFFERED": "1", **more}


def access(cluster: Cluster, home: Path) -> dict[str, str]:
    return environment(
        home, SC_HOST=cluster.address, SC_USERNAME=cluster.username, SC_PASSWORD=cluster.password
    )


def settings(cluster: Cluster, home: Path, balancer: str = "") -> str:
    file = home / "config.toml"
    file.write_text(f'[cluster]\npinned_fingerprints = ["{cluster.fingerprint}"]\n[balancer]\n{balancer}\n')
    return str(file)


def hctui(cluster: Cluster, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hctui", *arguments],
        env=access(cluster, home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Running:
    """`hctui run` in the background, read line by line."""

    def __init__(self, cluster: Cluster, home: Path, *arguments: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hctui", "run", *arguments],
            env=access(cluster, home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # A line that never comes must not hang the tests: the process ends, and with it its output.
        self.watchdog = threading.Timer(90, self.process.kill)
        self.watchdog.start()

    def until(self, pattern: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError(f"{pattern!r} was never told:\n{''.join(self.lines)}")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        assert self.process.stdout is not None
        self.lines += self.process.stdout.readlines()
        return self.process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.watchdog.cancel()
        self.process.kill()
        self.process.__exit__(None, None, None)


def test_a_live_run_moves_confirms_and_ends_at_sigterm_logged_out(cluster: Cluster, tmp_path: Path) -> None:
    file = settings(cluster, tmp_path, "sample_interval_seconds = 1")
    with Running(cluster, tmp_path, "--config", file, "--live") as run:
        run.until(r"EXECUTING MIGRATION: sql-0[12] \(8 GiB\) from 127.0.0.11")
        run.until("MIGRATION COMPLETE: sql-0[12] is on")
        run.until("Cluster cooldown")
        assert run.end(signal.SIGTERM) == 0
    assert run.lines[-1].endswith("Stopped. Logging out.\n")
    assert cluster.state()["open_sessions"] == 0
    assert PASSWORD_MARK not in "".join(run.lines)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".toml"]
    assert {path.suffix for path in written} >= {".sqlite", ".log"}
    for path in written:
        assert PASSWORD_MARK.encode() not in path.read_bytes(), path
        assert path.stat().st_mode & 0o077 == 0, path


def test_killed_in_the_middle_of_a_migration_it_picks_it_up_and_begins_no_second(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.switch({"set": "task_stuck"})
    file = settings(cluster, tmp_path, "sample_interval_seconds = 1")
    with Running(cluster, tmp_path, "--config", file, "--live") as first:
        first.until("Waiting for active migration")
        first.end(signal.SIGKILL)
    with Running(cluster, tmp_path, "--config", file, "--live") as second:
        second.until("The last run had begun to migrate sql-0")
        cluster.switch({"clear": "task_stuck"})
        second.until("MIGRATION COMPLETE")
        second.until("Cluster cooldown")
        assert second.end(signal.SIGINT) == 0
    assert not any("EXECUTING" in line for line in second.lines)
    assert len(cluster.state()["writes"]) == 1


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_every_way_to_be_stopped_logs_out(cluster: Cluster, tmp_path: Path, number: signal.Signals) -> None:
    with Running(cluster, tmp_path, "--config", settings(cluster, tmp_path)) as run:
        run.until("DRY RUN: would migrate")
        assert run.end(number) == 0
    assert cluster.state()["open_sessions"] == 0


def test_a_reader_that_goes_away_does_not_stop_a_run(cluster: Cluster, tmp_path: Path) -> None:
    file = settings(cluster, tmp_path, "sample_interval_seconds = 1")
    with Running(cluster, tmp_path, "--config", file, "--live") as run:
        run.until("EXECUTING MIGRATION")
        assert run.process.stdout is not None
        run.process.stdout.close()
        deadline = time.monotonic() + 60
        while not any(m["result"] == "COMPLETE" for m in cluster.state()["migrations"]):
            assert time.monotonic() < deadline
        run.process.send_signal(signal.SIGTERM)
        assert run.process.wait(30) == 0
    assert cluster.state()["open_sessions"] == 0


def test_a_reader_that_stops_reading_does_not_stop_a_run(cluster: Cluster, tmp_path: Path) -> None:
    """As a terminal does that was stopped with Ctrl-S."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writing, b"x" * 4096):
            pass
    os.set_blocking(writing, True)
    file = settings(cluster, tmp_path, "sample_interval_seconds = 1")
    with subprocess.Popen(
        [sys.executable, "-m", "hctui", "run", "--config", file, "--live"],
        env=access(cluster, tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=writing,
    ) as run:
        deadline = time.monotonic() + 60
        while not any(m["result"] == "COMPLETE" for m in cluster.state()["migrations"]):
            if time.monotonic() > deadline:
                run.kill()
                raise AssertionError("the balancer stands still")
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 0
    assert cluster.state()["open_sessions"] == 0
    os.close(reading)
    os.close(writing)


def test_check_tells_what_it_found_with_its_exit_code(cluster: Cluster, tmp_path: Path) -> None:
    untrusted = hctui(cluster, tmp_path, "check")
    assert untrusted.returncode == 2
    for part in (
        "not trusted",
        "self-signed certificate",
        cluster.fingerprint,
        "ca_file",
        "pinned_fingerprints",
        "verify_ssl = false",
    ):
        assert part in untrusted.stderr
    found = hctui(cluster, tmp_path, "check", "--config", settings(cluster, tmp_path))
    assert found.returncode == 1
    assert "branch-test, HyperCore" in found.stdout
    assert "balancer with Read and VM Power Controls may migrate VMs." in found.stdout
    assert "sql-02 shares 127.0.0.11 with sql-01" in found.stdout
    other = "0" * 64
    (tmp_path / "other.toml").write_text(f'[cluster]\npinned_fingerprints = ["{other}"]\n')
    changed = hctui(cluster, tmp_path, "check", "--config", str(tmp_path / "other.toml"))
    assert changed.returncode == 2
    assert "differs from the pinned one" in changed.stderr
    assert other in changed.stderr
    assert cluster.state()["open_sessions"] == 0


def test_a_live_run_without_the_permission_says_so_at_once_and_when_it_is_refused(
    cluster: Cluster, tmp_path: Path
) -> None:
    reader = Cluster(cluster.address, "viewer", "viewer", cluster.fingerprint)
    refused = hctui(reader, tmp_path, "run", "--live", "--once", "--config", settings(cluster, tmp_path))
    assert (
        "WARNING: NOT ALLOWED TO MIGRATE: viewer has Read and seems not to be allowed to migrate VMs."
        in refused.stdout
    )
    assert "(HTTP 403): Permission denied. The account needs the role VM Power Controls." in refused.stdout
    assert [migration["result"] for migration in cluster.state()["migrations"]] == []


def test_a_dry_run_without_the_permission_only_remarks_it(cluster: Cluster, tmp_path: Path) -> None:
    reader = Cluster(cluster.address, "viewer", "viewer", cluster.fingerprint)
    watched = hctui(reader, tmp_path, "run", "--once", "--config", settings(cluster, tmp_path))
    assert watched.returncode == 0
    assert " NOT ALLOWED TO MIGRATE: viewer has Read and seems not" in watched.stdout
    assert "WARNING: NOT ALLOWED" not in watched.stdout


def test_once_in_a_dry_run_then_a_report_of_it(cluster: Cluster, tmp_path: Path) -> None:
    file = settings(cluster, tmp_path)
    once = hctui(cluster, tmp_path, "run", "--once", "--config", file, "--log-format", "json")
    assert once.returncode == 0
    events = [json.loads(line) for line in once.stdout.splitlines()]
    [imagined] = [event for event in events if event["event"] == "dry_run"]
    assert (imagined["from"], imagined["reason"]) == ("127.0.0.11", "anti-affinity")
    again = hctui(cluster, tmp_path, "run", "--once", "--config", file, "--log-format", "json")
    assert not any('"dry_run"' in line for line in again.stdout.splitlines()), (
        "imagined moves survive a restart"
    )
    report = hctui(cluster, tmp_path, "report", "--config", file)
    assert report.returncode == 0
    assert f"{imagined['vm']} from 127.0.0.11" in report.stdout
    assert cluster.state()["writes"] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo", "--headless", "--scenario", "nowhere"], "nowhere"),
        (["simulate", "--port", "1"], "Port 1 of this machine cannot be used"),
    ],
)
def test_a_simulation_that_cannot_be_started_says_why(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    if os.geteuid() == 0 and "--port" in arguments:
        arguments = ["simulate", "--port", "70000"]
        told = "70000"
    done = subprocess.run(
        [sys.executable, "-m", "hctui", *arguments],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_ends_with_0(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "hctui",
            "demo",
            "--headless",
            "--live",
            "--speed",
            "max",
            "--duration",
            "5m",
            "--seed",
            "7",
        ],
        env=environment(tmp_path, SC_HOST="http://not-used", SC_AVG_WINDOW_MINUTES="nonsense"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert "MIGRATION COMPLETE: sql-02" in done.stdout
    assert "counted 1 request that would change it." in done.stdout
