"""What the program ends with after an error: who watches over processes goes by it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hctui import cli
from hctui.api.errors import LoginRefused
from hctui.config import SettingsError
from hctui.core.errors import HctuiError
from hctui.engine.recovery import Faulty

UNIT = Path(__file__).parents[2] / "systemd" / "hctui@.service"


@pytest.mark.parametrize(
    ("kind", "code"),
    [(HctuiError, 2), (SettingsError, 2), (LoginRefused, 2), (Faulty, 1)],
)
def test_an_error_ends_the_program_with_its_code_and_its_words(
    kind: type[HctuiError],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = kind.__new__(kind)
    HctuiError.__init__(error, "This is what happened.", hint="This is what to do.")

    def failing(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli.hctui, "main", failing)
    monkeypatch.setattr(sys, "argv", ["hctui"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code
    assert capsys.readouterr().err == f"{kind.title}: This is what happened.\nThis is what to do.\n"


def test_a_service_begins_anew_after_faults_of_ours_and_not_where_only_a_person_can_help() -> None:
    [prevents] = [
        line for line in UNIT.read_text().splitlines() if line.startswith("RestartPreventExitStatus=")
    ]
    codes = prevents.partition("=")[2].split()
    assert str(HctuiError.exit_code) in codes
    assert str(Faulty.exit_code) not in codes
