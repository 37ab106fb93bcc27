"""One engine for each journal: a lock that the operating system gives back whatever becomes of its holder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hctui.journal.errors import JournalError

_LONGEST_NUMBER = 20


class HeldElsewhere(JournalError):
    """Another process balances this cluster; `pid` is its number as text, `unknown` if that is not known."""

    title = "hctui is running already"

    def __init__(self, pid: str) -> None:
        super().__init__(
            f"Another hctui, process {pid}, already balances this cluster from this host.",
            hint="`hctui` opens a console on it, `hctui status` says how it is. To start another, stop it first: two "
            "of them would not know of each other's migrations.",
        )
        self.pid = pid


@contextmanager
def sole_engine(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` for as long as the block lasts.

    Two engines on one cluster would each know only their own migrations and cooldowns.

    Raises:
        JournalError: another process holds it, or the file cannot be used.
    """
    held_by = ""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise JournalError(f"{path} cannot be opened: {error.strerror}.") from error
    with open(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held_by = file.read().strip() or "unknown"
        except OSError as error:
            raise JournalError(f"{path} cannot be locked: {error.strerror}.") from error
        if held_by:
            raise HeldElsewhere(held_by)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def holder(path: Path) -> str:
    """The number of the process that holds the lock file at `path`; empty if none does, or it cannot be told.

    The file names the last holder. Only while such a process lives is the lock tried, for a moment and shared: else a
    look at the wrong moment would keep an engine from starting.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), encoding="ascii") as file:
            pid = int(file.read(_LONGEST_NUMBER))
            os.kill(pid, 0)
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return str(pid)
    except (OSError, ValueError, OverflowError):
        return ""
    return ""
