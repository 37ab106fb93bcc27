"""Processes in a pseudo-terminal of their own, and when they wrote what: for measurements from outside.

Knows nothing of hctui. It keeps what was written but draws nothing: tests that want a screen have another harness.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

COLUMNS, LINES = 120, 40

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_MOST_BYTES = 65536


class TimedOut(Exception):
    """What was waited for did not come."""


class Terminal:
    """A process with a terminal. Leaving the block kills it and whatever it started.

    Attributes:
        begun_at: monotonic seconds, just before the process was made.
        output: all that it has written so far.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        columns: int = COLUMNS,
        lines: int = LINES,
    ) -> None:
        self.output = bytearray()
        self._is_over = False
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.begun_at = time.monotonic()
        self._process = subprocess.Popen(
            command,
            env={"TERM": "xterm-256color", "COLORTERM": "truecolor", **environ},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)

    def read(self, seconds: float) -> bool:
        """Wait so long for output and take what is there; whether there was any. Sooner over if there is."""
        if not select.select([self._master], [], [], max(0.0, seconds))[0]:
            return False
        try:
            piece = os.read(self._master, _MOST_BYTES)
        except OSError:  # nobody has the other end open any more
            piece = b""
            self._is_over = True
        self.output += piece
        return bool(piece)

    def listen(self, seconds: float) -> None:
        """Take all output for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._is_over:
            self.read(left)

    def until(self, holds: Callable[[bytearray], object], seconds: float = 30.0) -> float:
        """Take output until this holds of all of it; returns the monotonic time at which that was seen."""
        end = time.monotonic() + seconds
        while not holds(self.output):
            self.read(min(0.2, end - time.monotonic()))
            if time.monotonic() > end or (self._is_over and not holds(self.output)):
                raise TimedOut(f"it had written {bytes(self.output[-2000:])!r}")
        return time.monotonic()

    def send(self, keys: bytes) -> float:
        """Type; returns the monotonic time."""
        at = time.monotonic()
        os.write(self._master, keys)
        return at

    def cpu_seconds(self) -> float:
        """User and system time of the process so far, all its threads, to 10 ms. From /proc, so on Linux only."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:13]) / _TICKS_PER_SECOND


def has_frame(lines: int = LINES) -> Callable[[bytearray], bool]:
    """Whether a whole frame was written: after the alternate screen, the last line, and the cursor's place after it."""
    last_line = re.compile(rb"\x1b\[\?1049h.*\x1b\[%d;1H[^\n]*\x1b\[\d+;\d+H" % lines, re.DOTALL)
    return lambda output: last_line.search(output) is not None
