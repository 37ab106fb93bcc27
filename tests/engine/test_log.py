"""Where log lines go, and that nothing which goes wrong there stops the balancer."""

from __future__ import annotations

import errno
import io
import json
import os
import select
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from hctui.engine import log as logs
from hctui.engine.log import LogError, as_json, as_text, lasting, steady, to_file, to_stream
from hctui.engine.view import Level, Line
from tests.core.build import NOW


def nobody(line: Line) -> None:
    raise AssertionError(line)


def test_a_file_is_private_and_has_every_line(tmp_path: Path) -> None:
    log, close = to_file(tmp_path / "hctui.log", nobody)
    log(Line(NOW, "event", "VM ⟨U+001B⟩ 日本"))
    close()
    assert (tmp_path / "hctui.log").stat().st_mode & 0o077 == 0
    assert (tmp_path / "hctui.log").read_text().endswith(" VM ⟨U+001B⟩ 日本\n")


def test_a_line_is_one_line_and_harmless() -> None:
    text = as_text(Line(NOW, "event", "Two problems\nweb\x1b[2J\u202e."))
    assert text.endswith(" Two problems web?[2J?.")
    assert text.isprintable()


def test_a_file_that_cannot_be_opened_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"hctui\.log"):
        to_file(tmp_path / "missing" / "hctui.log", nobody)


def test_a_full_disk_is_told_once_and_to_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    told: list[Line] = []
    log, close = to_file(Path("/dev/full"), told.append)
    log(Line(NOW, "event", "one"))
    log(Line(NOW, "event", "two"))
    close()
    assert [(line.text, line.level) for line in told] == [
        (
            "The log file cannot be written (No space left on device), and hctui goes on without it: /dev/full",
            Level.ERROR,
        )
    ]
    assert capfd.readouterr() == ("", "")


def test_each_time_it_breaks_and_each_time_it_works_again_is_told_also_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line begins a new file, and a folder stands where the oldest is to be deleted."""
    monkeypatch.setattr(logs, "MOST_FILE_BYTES", 1)
    told: list[Line] = []
    in_the_way = tmp_path / f"hctui.log.{logs.KEPT_FILES}"

    def everywhere(line: Line) -> None:
        told.append(line)
        log(line)

    log, close = to_file(tmp_path / "hctui.log", everywhere)
    for number in range(2):
        in_the_way.mkdir()
        for _ in range(9):
            log(Line(NOW, "event", "line"))
        assert len(told) == 2 * number + 1
        in_the_way.rmdir()
        log(Line(NOW + 1, "event", "line"))
        assert len(told) == 2 * number + 2
        assert "can be written again" in (tmp_path / "hctui.log").read_text()
        for kept in tmp_path.glob("hctui.log.?"):
            kept.unlink()
    close()
    assert [line.level for line in told] == [Level.ERROR, Level.INFO] * 2


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


@pytest.fixture
def ends() -> Iterator[tuple[int, TextIO]]:
    """A pipe: the descriptor to read from, and the stream to write to, in an encoding that knows no Japanese."""
    reading, writing = os.pipe()
    with open(writing, "w", encoding="latin-1", errors="backslashreplace") as stream:
        yield reading, stream
    os.close(reading)


def read(descriptor: int, until: str) -> str:
    found = b""
    while not found.endswith(until.encode()):
        assert select.select([descriptor], [], [], 10)[0], found[-200:]
        found += os.read(descriptor, 65536)
    return found.decode("latin-1")


def test_a_normal_end_loses_no_line(ends: tuple[int, TextIO]) -> None:
    reading, stream = ends
    stream.write("before, ")
    with steady(stream, "text", "the file") as log:
        for number in range(500):
            log(Line(NOW, "event", f"{number} 日本 é"))
    lines = os.read(reading, 65536).decode("latin-1").splitlines()
    assert lines[0].startswith("before, 19")
    assert [line.split()[-3:] for line in lines][-1] == ["499", "\\u65e5\\u672c", "é"]
    assert len(lines) == 500


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_terminal_that_hangs_stops_nobody_and_is_told_what_it_missed(
    ends: tuple[int, TextIO], form: str
) -> None:
    reading, stream = ends
    begun = time.monotonic()
    with steady(stream, form, "/logs/hctui.log") as log:
        log(Line(NOW, "event", "x" * 100_000))  # more than a pipe takes
        assert select.select([reading], [], [], 10)[0]
        for number in range(20_000):
            log(Line(NOW + number, "event", f"line {number}."))
        log(Line(NOW + 20_000, "event", "the last"))
        assert time.monotonic() - begun < 10, "it waited"
        found = read(reading, 'the last"}\n' if form == "json" else "the last\n").splitlines()
    [place] = [index for index, line in enumerate(found) if "not shown here" in line]
    told = found[place]
    missing = 20_001 - (len(found) - place - 1)
    assert (
        f"{missing} lines not shown here, since they were not taken in time; /logs/hctui.log has them."
        in told
    )
    assert f"line {missing}." in found[place + 1], "in the place of what is missing"
    if form == "json":
        assert (json.loads(told)["event"], json.loads(told)["lines"]) == ("not_shown", missing)
        assert json.loads(told)["level"] == Level.WARNING
    else:
        assert " WARNING: " in told


def test_the_end_does_not_wait_for_ever(ends: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "PATIENCE_SECONDS", 0.3)
    begun = time.monotonic()
    with steady(ends[1], "text", "the file") as log:
        log(Line(NOW, "event", "x" * 300_000))
    assert time.monotonic() - begun < 5


def test_a_pipe_that_was_closed_is_told_to_the_file(ends: tuple[int, TextIO]) -> None:
    kept: list[Line] = []
    reading, stream = ends
    other = os.open(os.devnull, os.O_RDONLY)
    os.dup2(other, reading)  # the last reader of the pipe has gone
    os.close(other)
    end = time.monotonic() + 10
    with steady(stream, "text", "the file") as terminal:
        log = lasting(kept.append, terminal)
        while len(kept) < 100_000 and time.monotonic() < end and not any(_is_end(line) for line in kept[-2:]):
            log(Line(NOW, "event", "line"))
        log(Line(NOW, "event", "after"))
    assert [line.text for line in kept if _is_end(line)] == [
        "The terminal cannot be written any more (BrokenPipeError); this file has the rest."
    ]
    assert kept[-1].text == "after"


def _is_end(line: Line) -> bool:
    return line.event == "terminal_gone"


def test_where_there_is_no_descriptor_it_is_written_at_once_or_not_at_all() -> None:
    stream = io.StringIO()
    with steady(stream, "text", "the file") as log:
        log(Line(NOW, "event", "one"))
        assert stream.getvalue().endswith(" one\n")
    with steady(None, "text", "the file") as log:
        log(Line(NOW, "event", "one"))


def test_what_a_line_carries_never_hides_what_it_is() -> None:
    told = json.loads(
        as_json(Line(NOW, "not_notified", "told", Level.WARNING, {"event": "started", "vm": "web"}))
    )
    assert (told["event"], told["level"], told["vm"]) == ("not_notified", "warning", "web")
