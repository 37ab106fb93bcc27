"""What was ordered before a cluster was known: kept for one address, and never silently lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hctui.core.commands import Ordered
from hctui.core.state import Standing
from hctui.engine.standing import read_standing, standing_path, write_standing
from hctui.journal import JournalError, journals
from tests.core.build import NOW


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journals"


HERE, THERE = "https://10.0.0.1", "https://10.0.0.2"


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("dry_run_held", [False, True])
def test_it_is_read_back_for_its_address_only(folder: Path, paused: bool, dry_run_held: bool) -> None:
    ordered, orders = Standing(paused, dry_run_held), (Ordered(NOW, "the console [1]", "pause"),)
    write_standing(folder, HERE, ordered, orders)
    assert read_standing(folder, HERE) == (ordered, orders)
    assert read_standing(folder, THERE) == (Standing(), ())
    assert journals(folder) == []


def test_it_is_private_and_leaves_nothing_behind(folder: Path) -> None:
    write_standing(folder, HERE, Standing(paused=True))
    assert standing_path(folder, HERE).stat().st_mode & 0o077 == 0
    assert list(folder.iterdir()) == [standing_path(folder, HERE)]
    write_standing(folder, HERE, Standing())
    assert list(folder.iterdir()) == []
    write_standing(folder, HERE, Standing())


CONTENTS = [
    "",
    "{",
    "[]",
    '"paused"',
    '{"paused": true}',
    "\udcff",
    '{"paused": true, "dry_run_held": false, "orders": [["then", "I", "pause"]]}',
    '{"paused": true, "dry_run_held": false, "orders": [3]}',
]


@pytest.mark.parametrize("content", CONTENTS)
def test_what_makes_no_sense_is_an_error_and_not_forgotten(folder: Path, content: str) -> None:
    folder.mkdir()
    standing_path(folder, HERE).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(JournalError, match="should say whether hctui is paused"):
        read_standing(folder, HERE)


def test_a_write_that_fails_leaves_the_old_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_standing(folder, HERE, Standing(paused=True))

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(JournalError, match="No space left on device"):
        write_standing(folder, HERE, Standing(paused=True, dry_run_held=True))
    assert read_standing(folder, HERE) == (Standing(paused=True), ())
    assert len(list(folder.iterdir())) == 1
