"""Log lines: what they are, and how they are written.

A line is a value with a time, a level, an event name for programs and a text for people. Where it goes (terminal,
rotating file) and how it looks (text, JSON) is decided once, here; the terminal is never written to by anybody else.
Times come from the engine's clock, so a demo's log shows the cluster's time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from hctui.core.errors import HctuiError
from hctui.engine.view import Level, Line

MOST_FILE_BYTES = 5_000_000
KEPT_FILES = 5


Log = Callable[[Line], None]


def as_text(line: Line) -> str:
    """`2026-11-23 14:02:11 Collecting cluster data...`, in local time; warnings and errors are marked in words."""
    at = datetime.fromtimestamp(line.at).astimezone()
    mark = "" if line.level is Level.INFO else f"{line.level.upper()}: "
    return f"{at:%Y-%m-%d %H:%M:%S} {mark}{line.text}"


def as_json(line: Line) -> str:
    """One JSON object, with the time in UTC."""
    at = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="milliseconds")
    return json.dumps({"at": at, "level": line.level, "event": line.event, "text": line.text, **line.data})


FORMATS: dict[str, Callable[[Line], str]] = {"text": as_text, "json": as_json}


def to_stream(stream: TextIO, form: str) -> Log:
    """A log on a terminal or pipe, flushed with each line, so that nothing is lost when the process ends."""
    write = FORMATS[form]

    def log(line: Line) -> None:
        stream.write(write(line) + "\n")
        stream.flush()

    return log


class LogError(HctuiError):
    """The log file cannot be used."""

    title = "The log file cannot be written"


class _File(logging.handlers.RotatingFileHandler):
    """A rotated file that complains once, and briefly, when it cannot be written: the balancer goes on."""

    _has_complained = False

    def handleError(self, record: logging.LogRecord) -> None:
        if not self._has_complained:
            self._has_complained = True
            with contextlib.suppress(OSError, ValueError, AttributeError):
                sys.stderr.write(f"The log file {self.baseFilename} cannot be written any more.\n")


def to_file(path: Path) -> tuple[Log, Callable[[], None]]:
    """A log in a file that is rotated, and the function that closes it. The file is readable by its owner only.

    Raises:
        LogError: it cannot be opened.
    """
    try:
        path.touch(mode=0o600)
        handler = _File(path, maxBytes=MOST_FILE_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
    except OSError as error:
        raise LogError(
            f"{path}: {error.strerror}.", hint="It must be a file that this user may write."
        ) from error

    def log(line: Line) -> None:
        handler.emit(logging.LogRecord("hctui", logging.INFO, "", 0, as_text(line), None, None))

    def close() -> None:
        with contextlib.suppress(OSError):
            handler.close()

    return log, close


def lasting(file: Log, terminal: Log) -> Log:
    """A log to a file and, for as long as somebody reads it, to a terminal or pipe.

    When that breaks (the terminal is gone, the pipe closed, the disk behind it full) the file is told, and the
    balancer goes on: it must not stop in the middle of something because nobody watches.
    """
    is_open = True

    def log(line: Line) -> None:
        nonlocal is_open
        file(line)
        if is_open:
            try:
                terminal(line)
            except (OSError, ValueError) as error:
                is_open = False
                told = f"The terminal cannot be written any more ({type(error).__name__}); this file has the rest."
                file(Line(line.at, "terminal_gone", told, Level.ERROR))

    return log
