"""The systemd unit that comes with hctui: systemd finds no fault with it, and its command does what it is there for."""

from __future__ import annotations

import configparser
import json
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hctui.config.paths import runtime_folder
from tests.end_to_end.test_program import Cluster, Running, settings

UNIT = Path(__file__).parents[2] / "systemd" / "hctui@.service"
ANALYZE = shutil.which("systemd-analyze")
PROGRAM = "/usr/local/bin/hctui"


def service(key: str) -> str:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text())
    return unit["Service"][key]


@pytest.mark.skipif(ANALYZE is None, reason="this machine has no systemd")
def test_systemd_finds_no_fault_with_it(tmp_path: Path) -> None:
    unit = tmp_path / "hctui@branch-7.service"
    # The program need not be installed where the unit looks for it.
    unit.write_text(UNIT.read_text().replace(PROGRAM, sys.executable))
    found = subprocess.run(
        [str(ANALYZE), "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_its_command_runs_until_sigterm_and_its_folders_are_those_that_it_makes(
    cluster: Cluster, tmp_path: Path
) -> None:
    program, *arguments = shlex.split(service("ExecStart").replace("%i", "branch-7"))
    assert (program, arguments[0]) == (PROGRAM, "run")
    file = settings(cluster, tmp_path, "sample_interval_seconds = 1")
    arguments = [file if argument == "/etc/hctui/branch-7.toml" else argument for argument in arguments[1:]]
    with Running(cluster, tmp_path, *arguments) as run:
        first = run.until("connected")
        assert json.loads(first)["event"] == "connected"
        run.until("checking_rules")
        assert run.end(getattr(signal, service("KillSignal"))) == 0
    assert cluster.state()["open_sessions"] == 0


def test_it_has_a_state_and_a_runtime_folder_where_the_environment_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = dict(each.split("=") for each in service("Environment").split())
    assert environ["XDG_STATE_HOME"] == "/var/lib"
    assert service("StateDirectory") == service("RuntimeDirectory") == "hctui"
    assert service("LoadCredential").startswith("hctui-password:")
    # As systemd makes it, elsewhere. A folder that others may look into is not taken, and /tmp is the unit's own.
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "run" / service("RuntimeDirectory")).mkdir(mode=int(service("RuntimeDirectoryMode"), 8))
    points_to = tmp_path / environ["XDG_RUNTIME_DIR"].removeprefix("/")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(points_to))
    assert runtime_folder().is_relative_to(points_to)
