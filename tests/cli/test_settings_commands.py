"""`hctui config` and what every command says of wrong settings, through the real program."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hctui.cli.config import lines
from hctui.config import SETTINGS, load


def hctui(*arguments: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a home folder of its own, so that the developer's settings play no part."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SC_", "XDG_"))}
    return subprocess.run(
        [sys.executable, "-m", "hctui", *arguments],
        env={**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_init_writes_a_private_file_that_loads_and_is_not_overwritten(tmp_path: Path) -> None:
    done = hctui("config", "init", home=tmp_path)
    written = Path(done.stdout.splitlines()[0].removeprefix("Written: "))
    assert done.returncode == 0
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert hctui("config", "path", home=tmp_path).stdout.strip() == str(written)
    again = hctui("config", "init", home=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert "--force" in again.stderr


def test_show_tells_value_unit_and_source_and_hides_secrets(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[cluster]\npassword_command = "cat /somewhere/hidden"\n[balancer]\nmode = "approve"\n')
    done = hctui(
        "config",
        "show",
        "--config",
        str(file),
        "--ram-limit-percent",
        "65",
        home=tmp_path,
        SC_AVG_WINDOW_MINUTES="7.5",
    )
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in done.stdout.splitlines()}
    assert done.returncode == 0
    assert rows["balancer.avg_window_minutes"] == "7.5 minutes environment SC_AVG_WINDOW_MINUTES"
    assert rows["balancer.ram_limit_percent"] == "65 percent flag --ram-limit-percent"
    assert rows["balancer.mode"] == f"approve file {file}"
    assert rows["balancer.dry_run"] == "true default"
    assert "hidden" not in done.stdout


def test_show_tells_where_the_password_would_come_from_without_fetching_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[cluster]\npassword_command = "/no/such/program --key hidden"\n')
    shown = hctui("config", "show", "--config", str(file), home=tmp_path).stdout
    assert shown.splitlines()[-1].split(None, 3) == [
        "password",
        "(never",
        "shown)",
        "the command /no/such/program",
    ]
    assert "hidden" not in shown
    set_here = hctui("config", "show", "--config", str(file), home=tmp_path, SC_PASSWORD="hunter2").stdout
    assert set_here.endswith("the environment variable SC_PASSWORD\n")
    assert "hunter2" not in set_here


def test_settings_of_the_console_are_shown_and_have_flags(tmp_path: Path) -> None:
    done = hctui("config", "show", "--theme", "light", "--on-hangup", "headless", home=tmp_path)
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in done.stdout.splitlines()}
    assert rows["console.theme"] == "light flag --theme"
    assert rows["console.on_hangup"] == "headless flag --on-hangup"
    assert rows["console.glyphs"] == "unicode default"


def test_export_gives_a_file_that_says_the_same(tmp_path: Path) -> None:
    done = hctui("config", "export", "--mode", "approve", home=tmp_path, SC_HOST="10.0.0.101")
    exported = tomllib.loads(done.stdout)
    assert exported["cluster"]["base_url"] == "https://10.0.0.101"
    assert exported["balancer"]["mode"] == "approve"


@pytest.mark.parametrize("command", ["run", "check", "report", "config show"])
def test_wrong_settings_end_every_command_with_2_and_one_clear_message(tmp_path: Path, command: str) -> None:
    done = hctui(
        *command.split(), "--cpu-upper-threshold-percent", "40", home=tmp_path, SC_RAM_LIMIT_PERCENT="lots"
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for part in (
        "ram_limit_percent",
        "lots",
        "SC_RAM_LIMIT_PERCENT",
        "--cpu-upper-threshold-percent",
        "40",
        "50",
    ):
        assert part in done.stderr


def test_run_without_a_cluster_says_how_to_name_one(tmp_path: Path) -> None:
    done = hctui("run", home=tmp_path, SC_PASSWORD="unused")
    assert done.returncode == 2
    assert "cluster.base_url is not set" in done.stderr
    assert "hctui config init" in done.stderr


def test_a_single_cycle_in_approve_mode_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = hctui(
        "run", "--once", "--mode", "approve", "--host", "10.0.0.101", home=tmp_path, SC_PASSWORD="unused"
    )
    assert done.returncode == 2
    assert "Mode approve needs somebody to answer" in done.stderr
    assert "hctui approve" in done.stderr


def test_a_run_armed_by_the_environment_alone_says_so_first(tmp_path: Path) -> None:
    done = hctui("run", home=tmp_path, SC_DRY_RUN="false", SC_PASSWORD="unused")
    assert done.stderr.startswith("SC_DRY_RUN in the environment makes this run LIVE")
    asked_for = hctui("run", "--live", home=tmp_path, SC_DRY_RUN="false", SC_PASSWORD="unused")
    assert "SC_DRY_RUN" not in asked_for.stderr


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[cluster]\npassword = "hunter2"\n')
    done = hctui("config", "show", "--config", str(file), home=tmp_path)
    assert done.returncode == 2
    assert "password" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_a_closed_standard_input_is_nobody_to_ask(tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m hctui check --host 127.0.0.1:9 --username nobody <&-"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "No password" in done.stderr
    assert "Traceback" not in done.stderr


def test_at_a_terminal_every_setting_has_room_in_80_columns(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    pin = "173842f5f2331e0e9c03d463c061cca5cd4e9f8ec19ef211fcf00bbe912b974f"
    file.write_text(f'[cluster]\npinned_fingerprints = ["{pin}"]\n[balancer]\navg_window_minutes = 1\n')
    environ = {"SC_CPU_UPPER_THRESHOLD_PERCENT": "77", "SC_PASSWORD": "marked"}
    settings = load(file, environ, {})
    text = lines(settings, environ, 80)
    assert max(map(len, text[1:])) <= 80
    assert " ".join(text[0].split()) == f"file: {file}"
    named = [line.split() for line in text]
    assert ["balancer.avg_window_minutes", "1", "minute", "file"] in named
    assert ["balancer.cpu_upper_threshold_percent", "77", "percent"] in named
    assert ["environment", "SC_CPU_UPPER_THRESHOLD_PERCENT"] in named
    assert pin in "".join("".join(words) for words in named)
    assert "marked" not in " ".join(text)
    assert "There is no settings file" in lines(load(None, {}, {}), {}, 80)[0]


def test_where_a_program_reads_each_setting_is_one_line_with_the_whole_source(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[cluster]\nusername = "a-name-that-is-longer-than-its-column"\n')
    settings = load(file, {}, {})
    text = lines(settings, {}, None)
    assert len(text) == len(SETTINGS) + 1
    [username] = [line for line in text if line.startswith("cluster.username")]
    assert username.endswith(f"a-name-that-is-longer-than-its-column  file {file}")
