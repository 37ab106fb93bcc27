"""`hctui replay`: two policies side by side on what was recorded, and every way it can be asked wrongly."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hctui.cli import hctui
from hctui.config import paths
from hctui.core.errors import HctuiError
from tests.core import build
from tests.journal.build import written


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Half an hour of a hot node in the only journal there is; returns an empty folder."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    monkeypatch.setattr(paths, "state_folder", lambda: state)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    nodes = [build.node(1, cpu=92.0), build.node(2, cpu=20.0)]
    vms = [build.vm("web", cpu=50.0, vcpus=40), build.vm("app", cpu=60.0, vcpus=40)]
    now = time.time()
    frames = [replace(build.cluster(nodes, vms), taken_at=now - 1800 + 30.0 * index) for index in range(60)]
    asyncio.run(written(state, frames))
    return tmp_path


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(hctui, ["replay", *arguments], catch_exceptions=True)


def test_without_a_change_it_compares_the_two_strategies(recorded: Path) -> None:
    result = ran("--since", "1h")
    assert result.exit_code == 0, result.output
    head, *rows = result.output.splitlines()
    assert head.split("   ")[-2:] == ["documented", "best-fit, level 3"] or "best-fit, level 3" in head
    assert rows[1].startswith("overload at 80 %")
    assert rows[1].count("node-min") == 2
    assert "Moves, documented:" in result.output
    assert "from 10.0.0.101 to 10.0.0.102, load" in result.output
    assert "A model, not a promise" in result.output


def test_changes_are_put_beside_what_is_set(recorded: Path) -> None:
    result = ran("--since", "1h", "--set", "cpu_upper_threshold_percent=95", "--json")
    as_set, changed = json.loads(result.output)
    assert (as_set["name"], changed["name"]) == ("as set", "changed")
    assert as_set["measures"]["moves"] > 0
    assert changed["measures"]["moves"] == 0
    assert changed["moves"] == []
    assert set(as_set["moves"][0]) >= {"at", "vm", "from", "to", "reason", "sentence", "is_unhelpful"}


def test_a_recording_gives_the_same_figures(recorded: Path) -> None:
    file = recorded / "days.gz"
    assert "60 samples, names replaced by numbers" in ran("--since", "1h", "--save", str(file)).output
    there = json.loads(ran("--recording", str(file), "--json").output)
    here = json.loads(ran("--since", "1h", "--json").output)
    assert [each["measures"] for each in there] == [each["measures"] for each in here]
    assert there[0]["moves"][0]["vm"].startswith("vm-")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--set", "nosuch=1"), "'nosuch' is no setting of the balancer"),
        (("--set", "theme=light"), "'theme' is no setting of the balancer"),
        (("--set", "level"), "'level' must be KEY=VALUE"),
        (("--set", "level=9"), "must be a whole number from 1 to 5"),
        (("--set", "cpu_lower_threshold_percent=90"), "must be below"),
        (("--since", "1s"), "No sample was recorded in that time"),
        (("--recording", "/nowhere/days.gz"), "No such file"),
    ],
)
def test_what_is_asked_wrongly_is_told(recorded: Path, arguments: tuple[str, ...], told: str) -> None:
    result = ran(*arguments)
    assert isinstance(result.exception, HctuiError)
    assert told in f"{result.exception.detail}"


def test_save_and_recording_exclude_each_other(recorded: Path) -> None:
    result = ran("--save", "a", "--recording", "b")
    assert result.exit_code == 2
    assert "not both" in result.output
