"""A terminal for the program to run in: a real pseudo-terminal, what was written to it, and what it would show.

Nothing here sleeps: whoever waits for a text is woken by every piece of output. A program that never shows it is ended
by a watchdog, so that a test fails with the last screen instead of hanging.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import pyte

PATIENCE_SECONDS = 30.0
"""So long a text is waited for; what it usually takes is a twentieth of that."""

WATCHDOG_SECONDS = 120.0

# The program leads a session whose controlling terminal this is, as a shell's is: closing the terminal hangs it up.
# Both of it can be left out, as `setsid` and `nohup` do.
_BEGIN = """
import fcntl, os, signal, sys, termios
if sys.argv[1] == "controlling":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
if sys.argv[2] == "ignore":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execvp(sys.argv[3], sys.argv[3:])
"""

# What the model of the screen does not know and would print: private sequences of newer terminals, and questions.
_UNKNOWN = re.compile(r"\x1b\[[<=>][\d;]*[a-zA-Z]|\x1b\[\??[\d;]*\$p|\x1b\[[\d;]*t")
# Nor does it know a second screen; a program that comes or goes finds or leaves an empty one.
_OTHER_SCREEN = re.compile(r"\x1b\[\?1049[hl]")
_UNFINISHED = re.compile(r"\x1b(\[[\d;?<=>$]*)?$")
_MODE = re.compile(r"\x1b\[\?(\d+)([hl])")
_TITLE = re.compile(r"\x1b\]2;([^\x07]*)\x07")

ALTERNATE_SCREEN, CURSOR, BRACKETED_PASTE = 1049, 25, 2004
GREYS = ("default", "black", "white", "brightblack", "brightwhite")
MOUSE = (1000, 1003, 1015, 1006)


class Terminal:
    """Runs a program in a pseudo-terminal. Use as a context: what is left of the program at its end is killed."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 80,
        rows: int = 24,
        is_controlling: bool = True,
        ignores_hangup: bool = False,
    ) -> None:
        self.raw = ""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._pending = ""
        self._changed = threading.Condition()
        self._reads = threading.Event()
        self._reads.set()
        self._master, slave = pty.openpty()
        self._wake = os.pipe()
        self._is_open = True
        self._set_size(columns, rows)
        self.attributes_before = termios.tcgetattr(slave)
        begin = ["controlling" if is_controlling else "-", "ignore" if ignores_hangup else "-"]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", _BEGIN, *begin, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={"TERM": "xterm-256color", **environment},
            start_new_session=True,
        )
        os.close(slave)
        self._watchdog = threading.Timer(WATCHDOG_SECONDS, self.process.kill)
        self._watchdog.start()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # What it shows

    @property
    def screen(self) -> str:
        """The characters on it, line by line."""
        with self._changed:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def look(self, text: str) -> tuple[object, ...]:
        """How the last place where a text stands is drawn: its colours, whether it is bold or reversed."""
        with self._changed:
            rows = [row for row, line in enumerate(self._screen.display) if text in line]
            assert rows, f"not on the screen: {text}\n{self.screen}"
            cell = self._screen.buffer[rows[-1]][self._screen.display[rows[-1]].rindex(text)]
        return (cell.fg, cell.bg, cell.bold, cell.reverse, cell.underscore)

    def colours(self) -> set[str]:
        """The colours on it that are no greys, as the model names them."""
        with self._changed:
            cells = [cell for line in self._screen.buffer.values() for cell in line.values()]
        found = {colour for cell in cells for colour in (cell.fg, cell.bg)}
        return {each for each in found if each not in GREYS and len({each[:2], each[2:4], each[4:]}) > 1}

    @property
    def titles(self) -> list[str]:
        """Every title it was given."""
        return _TITLE.findall(self.raw)

    @property
    def bells(self) -> int:
        """How often it rang; the ends of titles and of clipboard sequences do not count."""
        return re.sub(r"\x1b\][^\x07]*\x07", "", self.raw).count("\x07")

    def mode(self, number: int) -> bool | None:
        """Whether a private mode is on; `None` if it was never touched."""
        found = [switch for mode, switch in _MODE.findall(self.raw) if int(mode) == number]
        return found[-1] == "h" if found else None

    def is_restored(self) -> bool:
        """Whether a shell could go on here: its own screen, the cursor, no reports of mouse or paste, echo."""
        off = (ALTERNATE_SCREEN, BRACKETED_PASTE, *MOUSE)
        is_quiet = not any(self.mode(number) for number in off)
        return is_quiet and self.mode(CURSOR) is True and self.attributes() == self.attributes_before

    def attributes(self) -> list[object]:
        """How the system treats what is typed."""
        return termios.tcgetattr(self._master)

    # Waiting

    def until(self, condition: str | Callable[[str], bool], seconds: float = PATIENCE_SECONDS) -> str:
        """Wait until a text is on the screen, or a condition holds of it; returns the screen.

        Raises:
            AssertionError: it never came; with the last screen.
        """
        holds = condition if callable(condition) else (lambda screen: condition in screen)
        with self._changed:
            reached = self._changed.wait_for(lambda: holds(self.screen), seconds)
        assert reached, f"never shown: {condition}\n{self.screen}\nexit code {self.process.poll()}"
        return self.screen

    def until_written(self, pattern: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the program has written something that matches, whatever became of it on the screen."""
        with self._changed:
            reached = self._changed.wait_for(lambda: re.search(pattern, self.raw), seconds)
        assert reached, f"never written: {pattern}\n{self.screen}"

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Wait for the program's end and for the last of its output; returns the exit code."""
        code = self.process.wait(seconds)
        self._reads.set()
        if self._is_open:
            self._reader.join(seconds)
        return code

    # What is done to it

    def send(self, *keys: str) -> None:
        """Type."""
        for key in keys:
            os.write(self._master, key.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as a window manager or tmux does."""
        with self._changed:
            self._screen.resize(rows, columns)
        self._set_size(columns, rows)

    def stall(self) -> None:
        """Take no more output, as a connection does that hangs."""
        self._reads.clear()

    def go_on(self) -> None:
        """Take output again."""
        self._reads.set()

    def close(self) -> None:
        """Go away, as a window that is closed."""
        if self._is_open:
            self._is_open = False
            os.close(self._wake[1])  # a reader that still held the terminal would keep it open
            self._reads.set()
            self._reader.join()
            os.close(self._wake[0])
            os.close(self._master)

    def cpu_seconds(self) -> float:
        """Processor time of the program so far, its start included."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stream:
            fields = stream.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def cpu_seconds_until_end(self) -> float:
        """Wait for the end; returns the processor time that passed meanwhile."""
        before = latest = self.cpu_seconds()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it did not end"
            latest = self.cpu_seconds()  # of one that has ended but was not waited for, it can still be read
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        return latest - before

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._watchdog.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.close()

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        """Take what the program writes until it has ended or the terminal is closed."""
        decode = codecs.getincrementaldecoder("utf-8")().decode
        while True:
            self._reads.wait()
            ready, _, _ = select.select([self._master, self._wake[0]], [], [])
            if self._wake[0] in ready:
                return
            try:
                piece = decode(os.read(self._master, 65536))
            except OSError:  # the program and everything it began have ended
                return
            with self._changed:
                self._take(piece)
                self._changed.notify_all()

    def _take(self, piece: str) -> None:
        self.raw += piece
        text = self._pending + piece
        unfinished = _UNFINISHED.search(text)
        self._pending = unfinished.group() if unfinished else ""
        known = _UNKNOWN.sub("", text.removesuffix(self._pending))
        self._stream.feed(_OTHER_SCREEN.sub("\x1b[2J\x1b[H", known))
