"""One engine for each journal: a lock that the operating system gives back whatever becomes of its holder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hctui.journal.errors import JournalError


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
            raise JournalError(
                f"Another hctui, process {held_by}, already balances this cluster from this host.",
                hint="Stop it first: two of them would not know of each other's migrations.",
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
