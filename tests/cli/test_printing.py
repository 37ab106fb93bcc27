"""What commands print fits the terminal, and is left in whole lines where a program reads it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hctui.cli.check import lines
from hctui.cli.printing import tell, width
from hctui.engine.survey import Grade, Remark
from tests.end_to_end.terminal import Terminal
from tests.journal.build import decision, written

WORDS = (
    "nobody looked at this because there was nothing that anybody could have looked at in all of that time"
)
REPORT = (sys.executable, "-m", "hctui", "report")
REMARKS = (Remark("nodes", Grade.FINE, "4 online."), Remark("CPU figures", Grade.FINDING, WORDS))


@pytest.mark.parametrize(
    ("is_terminal", "columns", "expected"),
    [(False, 70, None), (True, 70, 70), (True, 250, 100)],
)
def test_lines_are_as_wide_as_the_terminal_and_no_wider_than_can_be_read(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, columns: int, expected: int | None
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    assert width() == expected


@pytest.mark.parametrize("is_terminal", [False, True])
def test_sentences_break_at_words_for_people_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    monkeypatch.setenv("COLUMNS", "40")
    tell(WORDS)
    told = capsys.readouterr().out.splitlines()
    assert " ".join(told) == WORDS
    assert (len(told) > 1, max(map(len, told)) <= 40) == (is_terminal, is_terminal)


def test_remarks_of_a_check_hang_beside_their_topic() -> None:
    first, *rest = told = lines(REMARKS, 72)
    assert first == "ok       nodes        4 online."
    assert rest[0].startswith("FINDING  CPU figures  nobody")
    assert all(line.startswith(" " * 22 + line.strip()[:1]) for line in rest[1:])
    assert max(map(len, told)) <= 72
    assert " ".join(" ".join(rest).split()) == f"FINDING CPU figures {WORDS}"


def test_remarks_of_a_check_that_is_piped_are_a_line_each() -> None:
    assert lines(REMARKS, None)[1] == f"FINDING  CPU figures  {WORDS}"


def test_a_report_is_wrapped_to_its_terminal_and_not_when_piped(tmp_path: Path) -> None:
    asyncio.run(written(tmp_path / "hctui", [decision(time.time() - 60)]))
    environment = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with Terminal(REPORT, environment, columns=64, rows=60) as terminal:
        assert terminal.wait() == 0
        shown = terminal.raw.replace("\r\n", "\n")
    piped = subprocess.run(REPORT, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert max(map(len, shown.splitlines())) <= 64
    assert "\n  - What other settings would have led to: it tells of the" in shown
    assert (
        "- What other settings would have led to: it tells of the cycles as they were decided" in piped.stdout
    )
