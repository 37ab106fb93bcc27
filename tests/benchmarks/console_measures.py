"""Starts the processes of `console_subject` in terminals and measures them, from outside where that is possible."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.color import Color

from hctui.tui.theme import THEMES
from tests.benchmarks.console_subject import BASE_SHARE, BETWEEN_REFRESHES_SECONDS
from tests.benchmarks.console_terminal import Terminal, has_frame
from tests.benchmarks.console_world import name_of

FOLDER = Path(__file__).resolve().parents[2]

WARM_UP_SECONDS = 5.0
"""What starting costs is over by then."""

WIDE, HIGH = 200, 50
BETWEEN_KEYS_SECONDS = 0.083
"""Not a part of the time between two refreshes, so that keys meet them at every moment."""

TAIL_BYTES = 4000
"""So much output is kept of a process that reports by itself, to see what it died of."""

Refreshes = dict[str, list[dict[str, float]]]
"""For each situation, for each refresh: `wall_ms` and `cpu_ms` of the longest block, and `paint_ms`."""


@dataclass(frozen=True, slots=True)
class Idle:
    """What an application costs that nobody touches."""

    cpu_percent: float
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory and objects at two times; `grown` has the types of which there are more: name, before, after."""

    base_refreshes: int
    end_refreshes: int
    base_bytes: int
    end_bytes: int
    base_objects: int
    end_objects: int
    proposals: int
    grown: list[tuple[str, int, int]]


def idle(seconds: float, warm_up_seconds: float = WARM_UP_SECONDS) -> tuple[Idle, Idle]:
    """An idle console, and at the same time an empty application, for so long."""
    with ExitStack() as stack:
        started = [stack.enter_context(_subject(name))[0] for name in ("idle", "empty")]
        _listen(started, warm_up_seconds)
        before = [(each.cpu_seconds(), len(each.output)) for each in started]
        begin = time.monotonic()
        _listen(started, seconds)
        passed = time.monotonic() - begin
        console, nothing = (
            Idle(100.0 * (each.cpu_seconds() - cpu) / passed, (len(each.output) - written) / passed)
            for each, (cpu, written) in zip(started, before, strict=True)
        )
        return console, nothing


def refreshes(number: int) -> Refreshes:
    """So many refreshes of a large cluster in each situation."""
    with _subject("refresh", number, WIDE, HIGH) as (terminal, file):
        return dict(_result(terminal, file, 60.0 + number))


def keys(presses: int) -> list[float]:
    """Milliseconds from each key, up or down, until the row of the VM that it leads to was written as the cursor's."""
    refreshed = int(presses * BETWEEN_KEYS_SECONDS / BETWEEN_REFRESHES_SECONDS * 4) + 100
    latencies: list[float] = []
    with _subject("keys", refreshed, WIDE, HIGH) as (terminal, file):
        at = int(_result(terminal, file, 60.0)["vm"].removeprefix("vm-"))
        for press in range(presses):
            at, key = (at + 1, b"\x1b[B") if press // 10 % 2 == 0 else (at - 1, b"\x1b[A")
            terminal.output.clear()
            pressed = terminal.send(key)
            latencies.append(1000.0 * (terminal.until(_has_cursor(name_of(at))) - pressed))
            terminal.listen(BETWEEN_KEYS_SECONDS)
    return latencies


def memory(number: int) -> Memory:
    """So many refreshes without a rest."""
    with _subject("memory", number) as (terminal, file):
        return Memory(int(number * BASE_SHARE), number, **_result(terminal, file, 60.0 + number))


def _has_cursor(name: str) -> Any:  # noqa: ANN401 - a condition on output
    """Whether the row of a VM was written on the cursor's background."""
    red, green, blue = Color.parse(THEMES["dark"].variables["table-cursor"]).get_truecolor()
    row = re.compile(rf"48;2;{red};{green};{blue}m{name}\b".encode())
    return row.search


@contextmanager
def _subject(
    name: str, number: int = 0, columns: int = 120, lines: int = 40
) -> Iterator[tuple[Terminal, Path]]:
    """A process that has painted its first frame, and the file it will write."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        command = (sys.executable, "-m", "tests.benchmarks.console_subject", name, str(file), str(number))
        environ = {
            "HOME": folder,
            "XDG_RUNTIME_DIR": folder,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(FOLDER),
        }
        with Terminal(command, environ, columns, lines) as terminal:
            terminal.until(has_frame(lines))
            yield terminal, file


def _result(terminal: Terminal, file: Path, seconds: float) -> Any:  # noqa: ANN401 - any JSON
    def is_there(output: bytearray) -> bool:
        del output[:-TAIL_BYTES]
        return file.exists()

    terminal.until(is_there, seconds)
    return json.loads(file.read_text())


def _listen(terminals: list[Terminal], seconds: float) -> None:
    """Take the output of several for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for each in terminals:
            each.listen(min(0.05, max(0.0, end - time.monotonic())))
