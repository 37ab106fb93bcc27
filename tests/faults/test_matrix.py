"""A slice of the fault matrix for every change: each row in two phases. `python -m tests.faults` runs it all."""

from __future__ import annotations

from pathlib import Path

import pytest

from hctui.sim.fault_table import FAULTS
from tests.faults import sheet
from tests.faults.case import Phase, run
from tests.faults.expectations import ROWS, Row
from tests.faults.verdict import complaints, entry

APART = 3
"""The two phases of a row are so many apart, and the first of them moves on by one from row to row."""


PHASES = list(Phase)

SLICE = [
    (row, PHASES[place % len(PHASES)])
    for number, row in enumerate(ROWS)
    for place in (number, number + APART)
]


@pytest.mark.parametrize(("row", "phase"), SLICE, ids=[f"{row.title}, {phase}" for row, phase in SLICE])
async def test_whenever_a_fault_comes_nothing_is_broken_and_the_work_goes_on(
    tmp_path: Path, row: Row, phase: Phase
) -> None:
    ran = await run(tmp_path, row.fault, phase)
    assert list(complaints(row, phase, ran)) == []
    known = sheet.found(sheet.PATH.read_text("utf-8"), row, phase)
    assert known == sheet.line(phase, entry(row, phase, ran)), f"run {sheet.WRITE} to write it anew"


def test_every_fault_of_the_simulator_has_a_row() -> None:
    assert list(dict.fromkeys(row.name for row in ROWS)) == list(FAULTS), "in the same order"
    assert len({row.title for row in ROWS}) == len(ROWS)


def test_the_slice_comes_by_every_phase() -> None:
    assert {phase for _, phase in SLICE} == set(Phase)


def test_the_file_has_every_row_in_every_phase_and_no_other() -> None:
    text = sheet.PATH.read_text("utf-8")
    headings = [each for each in text.splitlines() if each.startswith("## ")]
    assert headings == [sheet.heading(row) for row in ROWS], f"run {sheet.WRITE} to write it anew"
    for row in ROWS:
        for phase in Phase:
            assert sheet.found(text, row, phase), (row.title, phase)
