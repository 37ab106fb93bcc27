"""Log lines: what they are, and how they are written.

A line is a value with a time, a level, an event name for programs and a text for people. Where it goes (terminal,
rotating file) and how it looks (text, JSON) is decided once, here; the terminal is never written to by anybody else.
Whoever balances a real cluster writes with `steady`: a terminal that hangs must not stop the balancer.
Times come from the engine's clock, so a demo's log shows the cluster's time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from hctui.core.errors import HctuiError
from hctui.core.wording import count
from hctui.core.wrapping import one_line
from hctui.engine.view import Level, Line
from hctui.outlet import Outlet

MOST_FILE_BYTES = 5_000_000
KEPT_FILES = 5

PATIENCE_SECONDS = 3.0
"""At the end, so long a terminal or pipe may take nothing before the rest is given up."""

FAREWELL_SECONDS = 30.0
"""So long at most the end waits for it in all; a service manager allows 90 s."""

Log = Callable[[Line], None]


def as_text(line: Line) -> str:
    """`2026-11-23 14:02:11 Collecting cluster data...`, in local time; warnings and errors are marked in words.

    Always one line, and harmless to a terminal.
    """
    at = datetime.fromtimestamp(line.at).astimezone()
    mark = "" if line.level is Level.INFO else f"{line.level.upper()}: "
    return f"{at:%Y-%m-%d %H:%M:%S} {mark}{one_line(line.text)}"


def as_json(line: Line) -> str:
    """One JSON object, with the time in UTC."""
    at = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="milliseconds")
    return json.dumps({**line.data, "at": at, "level": line.level, "event": line.event, "text": line.text})


FORMATS: dict[str, Callable[[Line], str]] = {"text": as_text, "json": as_json}


def to_stream(stream: TextIO, form: str) -> Log:
    """A log on a terminal or pipe, flushed with each line, so that nothing is lost when the process ends.

    It waits for a reader that does not read, so it is for where nothing real stands still meanwhile.
    """
    write = FORMATS[form]

    def log(line: Line) -> None:
        stream.write(write(line) + "\n")
        stream.flush()

    return log


@contextlib.contextmanager
def steady(stream: TextIO | None, form: str, kept_in: str) -> Iterator[Log]:
    """A log on a terminal or pipe that nobody ever waits for, but for a moment when the block ends.

    Lines that are not taken in time are left out, and a line in their place says how many. Once nothing can be written
    any more, the log raises the `OSError` that said so.

    Args:
        stream: where to, `None` for nowhere. One without a descriptor, such as a buffer in memory, is written at once.
        form: one of `FORMATS`.
        kept_in: where the lines are as well, for people.
    """
    if stream is None:
        yield lambda line: None
        return
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        yield to_stream(stream, form)
        return
    write, latest_at = FORMATS[form], 0.0

    def encoded(line: Line) -> bytes:
        return f"{write(line)}\n".encode(stream.encoding, stream.errors or "backslashreplace")

    def gap(dropped: int) -> bytes:
        told = (
            f"{count(dropped, 'line')} not shown here, since they were not taken in time; {kept_in} has them."
        )
        return encoded(Line(latest_at, "not_shown", told, Level.WARNING, {"lines": dropped}))

    def log(line: Line) -> None:
        nonlocal latest_at
        if outlet.failure is not None:
            raise outlet.failure
        latest_at = line.at
        outlet.write(encoded(line))

    stream.flush()  # what others wrote comes first
    outlet = Outlet(descriptor, gap)
    try:
        yield log
    finally:
        outlet.close(PATIENCE_SECONDS, FAREWELL_SECONDS)


class LogError(HctuiError):
    """The log file cannot be used."""

    title = "The log file cannot be written"


class _File(logging.handlers.RotatingFileHandler):
    """A rotated file that says nothing by itself when it cannot be written: the terminal may be a console's."""

    failure = ""
    """Why the last record could not be written, in a few words; empty if it could."""

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exception()
        words = error.strerror if isinstance(error, OSError) else None
        self.failure = words or type(error).__name__

    def emit(self, record: logging.LogRecord) -> None:
        self.failure = ""
        super().emit(record)


def to_file(path: Path, complain: Log) -> tuple[Log, Callable[[], None]]:
    """A log in a file that is rotated, and the function that closes it. The file is readable by its owner only.

    Args:
        path: of the file.
        complain: is given a line when the file cannot be written any more, and one when it can be again. It may log
            to this file too.

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

    is_written = True

    def log(line: Line) -> None:
        nonlocal is_written
        handler.emit(logging.LogRecord("hctui", logging.INFO, "", 0, as_text(line), None, None))
        was_written, is_written = is_written, not handler.failure
        if was_written and not is_written:
            told = f"The log file cannot be written ({handler.failure}), and hctui goes on without it: {path}"
            complain(Line(line.at, "log_file", told, Level.ERROR))
        elif is_written and not was_written:
            told = (
                f"The log file can be written again; what was logged meanwhile may be missing in it: {path}"
            )
            complain(Line(line.at, "log_file", told))

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
