"""Exports: columns that are a promise, text that stays text, and files that are new and private."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.core.commands import Ordered
from hctui.core.decision import Closed, Ending, Outcome
from hctui.core.migration import Phase
from hctui.core.policy import Mode
from hctui.journal import JournalError
from hctui.journal.chronicle import DecisionTold, read_migrations
from hctui.journal.export import ExportError, FileInTheWay, Form, Subject, export
from hctui.journal.sheet import Sheet, decisions_sheet, migrations_sheet, orders_sheet, to_csv, to_json_lines
from tests.journal.build import START, Entry, decision, migration, move, moving, written

ENTRIES: list[Entry] = [
    moving(START, move("web", told="n1 is at 91.0 %, above 80.0 %.")),
    replace(
        migration(Phase.ARRIVED, at=START + 60.5, what=move("db")),
        phase_since=START + 103.25,
        note="db is on n2.",
    ),
    decision(START + 90),
]


def read_back(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


async def test_migrations_as_csv(folder: Path) -> None:
    migrations = read_migrations(await written(folder, ENTRIES), START, START + 100)
    header, real, imagined = read_back(to_csv(migrations_sheet(migrations)))
    assert dict(zip(header, real, strict=True)) == {
        "id": "m-1",
        "requested_at_utc": "2027-01-15T08:01:00.500Z",
        "requested_at_unix_seconds": "1800000060.5",
        "ended_at_utc": "2027-01-15T08:01:43.250Z",
        "ended_at_unix_seconds": "1800000103.25",
        "duration_seconds": "42.75",
        "is_imagined": "false",
        "phase": "arrived",
        "reason": "load",
        "vm_id": "id-db",
        "vm_name": "db",
        "source_id": "id-n1",
        "source_name": "n1",
        "target_id": "id-n2",
        "target_name": "n2",
        "sentence": "n1 is hot.",
        "note": "db is on n2.",
        "effect": "",
    }
    assert imagined[:8] == [
        "dry-run-1",
        "2027-01-15T08:00:00.000Z",
        "1800000000.0",
        "",
        "",
        "",
        "true",
        "",
    ]


def told(**changes: object) -> DecisionTold:
    plain = DecisionTold(7, START, Outcome.MOVE, True, Mode.AUTO, "n1 is hot.", "web")
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_decisions_as_json_lines() -> None:
    first, second = to_json_lines(decisions_sheet([told(), told(id=8, vm_name=None)])).splitlines()
    assert json.loads(first) == {
        "id": 7,
        "at_utc": "2027-01-15T08:00:00.000Z",
        "at_unix_seconds": START,
        "outcome": "move",
        "is_dry_run": True,
        "mode": "auto",
        "vm_name": "web",
        "sentence": "n1 is hot.",
        "closed_proposal_id": None,
        "closed_ending": None,
        "closed_vm_name": None,
        "closed_source_name": None,
        "closed_target_name": None,
    }
    assert json.loads(second)["vm_name"] is None


def test_a_rejection_is_exported_with_its_own_move_beside_the_next_one() -> None:
    closed = Closed(4, move("sql-01", "n1", "n3"), START - 60, Ending.REJECTED)
    header, row = read_back(to_csv(decisions_sheet([told(vm_name="sql-02", closed=closed)])))
    cells = dict(zip(header, row, strict=True))
    assert cells["vm_name"] == "sql-02"
    assert [cells[name] for name in header if name.startswith("closed_")] == [
        "4",
        "rejected",
        "sql-01",
        "n1",
        "n3",
    ]


async def test_orders_are_exported_the_oldest_first_and_text_stays_text(folder: Path, tmp_path: Path) -> None:
    orders = [
        Ordered(START, "the console (process 41)", "=pause()"),
        Ordered(START + 0.5, "hctui itself", "Paused."),
    ]
    path = await written(folder, orders)
    assert export(path, Subject.ORDERS, Form.CSV, tmp_path / "out.csv", START, START + 1) == 2
    assert read_back((tmp_path / "out.csv").read_text()) == [
        ["id", "at_utc", "at_unix_seconds", "who", "what"],
        ["1", "2027-01-15T08:00:00.000Z", "1800000000.0", "the console (process 41)", "'=pause()"],
        ["2", "2027-01-15T08:00:00.500Z", "1800000000.5", "hctui itself", "Paused."],
    ]


@pytest.mark.parametrize("sheet", [migrations_sheet([]), decisions_sheet([]), orders_sheet([])])
def test_nothing_is_a_header_or_nothing(sheet: Sheet) -> None:
    assert read_back(to_csv(sheet)) == [list(sheet.columns)]
    assert to_json_lines(sheet) == ""


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\tx", "\rx", " =HYPERLINK(1)", '=cmd|"/c calc"!A1', "\n=1"],
)
def test_no_text_is_a_formula_in_csv_and_json_keeps_it_as_it_is(name: str) -> None:
    sheet = decisions_sheet([told(vm_name=name, sentence=name)])
    cells = dict(zip(*read_back(to_csv(sheet)), strict=True))
    assert [cells["vm_name"], cells["sentence"]] == [f"'{name}", f"'{name}"]
    assert json.loads(to_json_lines(sheet))["vm_name"] == name


@given(
    vm_name=st.text(st.characters(exclude_categories=["Cs"])), sentence=st.text("a,;\"'\n\r\t =", max_size=8)
)
def test_whatever_a_vm_is_called_a_row_stays_a_row(vm_name: str, sentence: str) -> None:
    sheet = decisions_sheet([told(vm_name=vm_name, sentence=sentence), told()])
    header, first, second = read_back(to_csv(sheet))
    assert len(header) == len(first) == len(second)
    name, said = (first[header.index(column)] for column in ("vm_name", "sentence"))
    assert [name.removeprefix("'"), said.removeprefix("'")] == [
        vm_name.removeprefix("'"),
        sentence.removeprefix("'"),
    ]
    assert not name.lstrip().startswith(("=", "+", "-", "@"))
    assert len(to_json_lines(sheet).splitlines()) >= 2
    assert [json.loads(line)["id"] for line in to_json_lines(sheet).split("\n")[:-1]] == [7, 7]


def test_numbers_are_no_formulas() -> None:
    sheet = Sheet(("a", "b"), ((-1.5, -2),))
    assert to_csv(sheet) == "a,b\r\n-1.5,-2\r\n"


@pytest.mark.parametrize(
    ("what", "form", "rows", "begins"),
    [
        (Subject.MIGRATIONS, Form.CSV, 2, "id,requested_at_utc,"),
        (Subject.MIGRATIONS, Form.JSON_LINES, 2, '{"id":"dry-run-1",'),
        (Subject.DECISIONS, Form.CSV, 2, "id,at_utc,"),
        (Subject.DECISIONS, Form.JSON_LINES, 2, '{"id":1,'),
    ],
)
async def test_a_file_is_new_private_and_complete_the_oldest_first(
    folder: Path, tmp_path: Path, what: Subject, form: Form, rows: int, begins: str
) -> None:
    journal, file = await written(folder, ENTRIES), tmp_path / f"out.{form}"
    assert export(journal, what, form, file, START, START + 100) == rows
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert text.startswith(begins)
    assert len(text.splitlines()) == rows + (form is Form.CSV)
    early, late = ("web", "db") if what is Subject.MIGRATIONS else ("n1 is at 91.0 %", "No imbalance.")
    assert text.index(early) < text.index(late)


async def test_only_what_was_asked_for_is_exported(folder: Path, tmp_path: Path) -> None:
    journal, file = await written(folder, ENTRIES), tmp_path / "out.csv"
    assert export(journal, Subject.DECISIONS, Form.CSV, file, START + 1, START + 100) == 1


async def test_neither_a_file_nor_a_link_in_the_way_is_touched(folder: Path, tmp_path: Path) -> None:
    journal, file = await written(folder, ENTRIES), tmp_path / "out.csv"
    file.write_text("precious")
    link, dangling = tmp_path / "link.csv", tmp_path / "dangling.csv"
    link.symlink_to(file)
    dangling.symlink_to(tmp_path / "nowhere.csv")
    for taken in (file, link, dangling):
        with pytest.raises(FileInTheWay, match="is there already") as caught:
            export(journal, Subject.MIGRATIONS, Form.CSV, taken, START, START + 100)
        assert "another name" in caught.value.hint
    assert file.read_text() == "precious"
    assert not (tmp_path / "nowhere.csv").exists()


async def test_a_folder_that_is_missing_is_an_error_of_ours(folder: Path, tmp_path: Path) -> None:
    journal = await written(folder, ENTRIES)
    with pytest.raises(ExportError, match="No such file or directory") as caught:
        export(journal, Subject.MIGRATIONS, Form.CSV, tmp_path / "no" / "out.csv", START, START + 100)
    assert "folder exists" in caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_a_full_disk_leaves_no_half_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, file = await written(folder, ENTRIES), tmp_path / "out.csv"
    full = os.open("/dev/full", os.O_WRONLY)
    real_open = os.open

    def onto_a_full_disk(path: Path, flags: int, mode: int) -> int:
        os.close(real_open(path, flags, mode))
        return full

    monkeypatch.setattr("hctui.journal.export.os.open", onto_a_full_disk)
    with pytest.raises(ExportError, match="No space left"):
        export(journal, Subject.MIGRATIONS, Form.CSV, file, START, START + 100)
    assert not file.exists()


@pytest.mark.parametrize(
    "damage", ["UPDATE migrations SET phase = 'whatever'", "UPDATE migrations SET ended_at = 1e300"]
)
async def test_a_damaged_journal_leaves_no_file(folder: Path, tmp_path: Path, damage: str) -> None:
    journal, file = await written(folder, ENTRIES), tmp_path / "out.csv"
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute(damage)
    with pytest.raises(JournalError):
        export(journal, Subject.MIGRATIONS, Form.CSV, file, START, START + 100)
    assert not file.exists()
