"""Where log lines go, and that nothing which goes wrong there stops the balancer."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import pytest

from hctui.engine.log import LogError, lasting, to_file, to_stream
from hctui.engine.view import Line
from tests.core.build import NOW


def test_a_file_is_private_and_has_every_line(tmp_path: Path) -> None:
    log, close = to_file(tmp_path / "hctui.log")
    log(Line(NOW, "event", "VM ⟨U+001B⟩ 日本"))
    close()
    assert (tmp_path / "hctui.log").stat().st_mode & 0o077 == 0
    assert (tmp_path / "hctui.log").read_text().endswith(" VM ⟨U+001B⟩ 日本\n")


def test_a_file_that_cannot_be_opened_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"hctui\.log"):
        to_file(tmp_path / "missing" / "hctui.log")


def test_a_full_disk_is_told_once_and_does_not_stop_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    log, close = to_file(Path("/dev/full"))
    log(Line(NOW, "event", "one"))
    log(Line(NOW, "event", "two"))
    close()
    assert capsys.readouterr().err == "The log file /dev/full cannot be written any more.\n"


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.EPIPE, "Broken pipe")


def test_when_the_terminal_is_gone_the_file_is_told_once_and_goes_on() -> None:
    kept: list[Line] = []
    log = lasting(kept.append, to_stream(Closed(), "text"))
    log(Line(NOW, "event", "one"))
    log(Line(NOW, "event", "two"))
    assert [line.event for line in kept] == ["event", "terminal_gone", "event"]
    assert "BrokenPipeError" in kept[1].text
