"""From exec to the first complete frame: the console, on a cluster that never answers, against an empty application.

Both are processes in a real pseudo-terminal, started in turn; a frame counts once its last line was written (see
`has_frame`), and the console's must say that it is connecting. The first run of each fills caches and does not count.
"""

from __future__ import annotations

import os
import re
import socket
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from tests.benchmarks.console_terminal import Terminal, has_frame

EMPTY = (sys.executable, "-c", "from textual.app import App\nApp().run()")
HEAVY = ("httpx", "httpcore", "cryptography", "sqlite3", "anyio", "tomlkit", "plotext", "keyring")
"""Packages that nothing on the first frame needs."""

_IMPORTED = re.compile(rb"import time: +\d+ \| +\d+ \| +([\w.]+)")


@dataclass(frozen=True, slots=True)
class Start:
    """What was measured: seconds to the first frame, medians, and the modules imported up to then.

    `ratio` is the median of the ratios of runs that followed each other, so that a machine that is busy for a while
    slows both.
    """

    empty_seconds: float
    console_seconds: float
    ratio: float
    empty_modules: int
    console_modules: int
    heavy: tuple[str, ...]


def measure(rounds: int) -> Start:
    """Start both in turn, so many times each."""
    with _silent_cluster() as address, TemporaryDirectory() as home:
        console = (sys.executable, "-m", "hctui", "--host", address, "--username", "nobody")
        environ = {
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "PATH": os.environ["PATH"],
            "SC_PASSWORD": "not-a-secret",
        }
        _first_frame(EMPTY, environ)
        _first_frame(console, environ)
        pairs = [(_first_frame(EMPTY, environ), _first_frame(console, environ)) for _ in range(rounds)]
        empty_modules, console_modules = _imported(EMPTY, environ), _imported(console, environ)
    return Start(
        empty_seconds=statistics.median(empty for empty, _ in pairs),
        console_seconds=statistics.median(shown for _, shown in pairs),
        ratio=statistics.median(shown / empty for empty, shown in pairs),
        empty_modules=len(empty_modules),
        console_modules=len(console_modules),
        heavy=tuple(name for name in HEAVY if name in console_modules),
    )


@contextmanager
def _silent_cluster() -> Iterator[str]:
    """The address of a host that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


def _first_frame(command: Sequence[str], environ: Mapping[str, str]) -> float:
    with Terminal(command, environ) as terminal:
        at = terminal.until(has_frame())
        if command is not EMPTY and b"connecting to" not in terminal.output:
            raise AssertionError(f"the first frame says nothing of connecting: {bytes(terminal.output)!r}")
        return at - terminal.begun_at


def _imported(command: Sequence[str], environ: Mapping[str, str]) -> set[str]:
    """The modules imported before the first frame; the interpreter reports each on the terminal in between."""
    with Terminal(command, {**environ, "PYTHONPROFILEIMPORTTIME": "1"}) as terminal:
        terminal.until(has_frame())
        return {name.decode() for name in _IMPORTED.findall(terminal.output)}
