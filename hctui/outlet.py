"""Writing to a terminal or pipe in the background, so that nobody has to wait for it.

A terminal that was stopped (Ctrl-S), a connection that hangs or a pipe that nobody reads takes nothing, for as long as
it likes. Whoever balances a cluster in the same process must not stand still with it. What cannot be written in time is
dropped, and that is said once the other side takes something again. Knows descriptors; not what is written, nor why.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

MOST_WAITING_BYTES = 400_000
"""So much waits at most: a few screens full, or some thousands of log lines."""

PIECE_BYTES = 4096
LOOK_SECONDS = 0.2


class Outlet:
    """Writes to a descriptor in a thread. What is handed over is taken at once, whatever becomes of it."""

    def __init__(self, descriptor: int, gap: Callable[[int], bytes]) -> None:
        """Nothing runs before the first piece.

        Args:
            descriptor: where to; it stays open.
            gap: called in the thread once output flows again after pieces were dropped, with their number. Returns
                what is to be written in their place.
        """
        self._descriptor = descriptor
        self._gap = gap
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = 0
        self._taken_at = 0.0
        self._is_closing = False
        self._is_over = False
        self._failure: Exception | None = None
        self._changed = threading.Condition()
        # A daemon, since a write to a terminal that hangs never returns and must not keep the program.
        self._thread = threading.Thread(target=self._run, name="hctui-output", daemon=True)

    @property
    def failure(self) -> Exception | None:
        """Why nothing can be written any more; `None` as long as nothing is known against it."""
        return self._failure

    def write(self, piece: bytes) -> None:
        """Hand over a piece, which is written whole or dropped. Never waits, never raises."""
        with self._changed:
            if not piece or self._is_over or self._is_closing:
                return
            if self._bytes + len(piece) > MOST_WAITING_BYTES:
                self._dropped += len(self._waiting)
                self._waiting.clear()
                self._bytes = 0
            self._waiting.append(piece)
            self._bytes += len(piece)
            if self._thread.ident is None:
                self._thread.start()
            self._changed.notify_all()

    def close(self, patience_seconds: float, limit_seconds: float) -> None:
        """Wait for what was handed over to be written, then give up what was not.

        Args:
            patience_seconds: so long at most nothing of it is taken.
            limit_seconds: so long at most in all.
        """
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        begun = self._taken_at = time.monotonic()
        while self._thread.is_alive():
            left = min(self._taken_at + patience_seconds, begun + limit_seconds) - time.monotonic()
            if left <= 0:
                break
            self._thread.join(left)
        self._is_over = True

    def _run(self) -> None:
        try:
            while content := self._next():
                self._put(content)
        except Exception as error:  # mostly the other side is gone; whoever watches it will notice
            self._failure = error
            self._is_over = True

    def _next(self) -> bytes:
        """Everything that waits, in one piece; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            if self._is_over:
                return b""
            content, dropped = b"".join(self._waiting), self._dropped
            self._waiting.clear()
            self._bytes = self._dropped = 0
        return self._told_gap(dropped) + content if dropped else content

    def _told_gap(self, dropped: int) -> bytes:
        """What stands in the place of what was dropped. Not ours: if it fails, what follows is written without it."""
        try:
            return self._gap(dropped)
        except Exception:  # whatever the words of others do, the output must go on
            return b""

    def _put(self, content: bytes) -> None:
        while content and not self._is_over:
            _, ready, _ = select.select([], [self._descriptor], [], LOOK_SECONDS)
            if not ready or self._is_over:
                continue
            with contextlib.suppress(
                BlockingIOError
            ):  # a terminal may be shared with a program that set it so
                content = content[os.write(self._descriptor, content[:PIECE_BYTES]) :]
                self._taken_at = time.monotonic()
