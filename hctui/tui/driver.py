"""How the console writes to its terminal: in the background, and never so that the event loop has to wait.

Textual's own writer keeps thirty pieces; then whoever writes waits until the terminal has taken one. The engine runs in
the same loop, so a connection that hangs, or a terminal that is gone, would stop the balancer. Here what cannot be
written is dropped, and the screen is drawn anew once the terminal takes something again.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

MOST_WAITING_CHARACTERS = 400_000
"""A few screens full. A terminal that is further behind than this shows nothing that is worth waiting for."""

FAREWELL_SECONDS = 1.0
"""So long the end waits for a terminal to take what restores it."""

PIECE_BYTES = 4096
LOOK_SECONDS = 0.2


class Outlet:
    """Writes to a descriptor in a thread. What is handed over is taken at once, whatever becomes of it."""

    def __init__(self, descriptor: int, redraw: Callable[[], object]) -> None:
        """Begins to write.

        Args:
            descriptor: where to; it stays open.
            redraw: called in the thread when something was dropped and the terminal takes output again.
        """
        self._descriptor = descriptor
        self._redraw = redraw
        self._waiting: deque[str] = deque()
        self._characters = 0
        self._has_dropped = False
        self._is_closing = False
        self._is_over = False
        self._changed = threading.Condition()
        # A daemon, since a write to a terminal that hangs never returns and must not keep the program.
        self._thread = threading.Thread(target=self._run, name="hctui-output", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Hand over text. Never waits."""
        with self._changed:
            if self._is_over:
                return
            if self._characters + len(text) > MOST_WAITING_CHARACTERS:
                self._waiting.clear()
                self._characters = 0
                self._has_dropped = True
            self._waiting.append(text)
            self._characters += len(text)
            self._changed.notify_all()

    def close(self) -> None:
        """Wait a moment for what was handed over to be written, then give up what was not."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(FAREWELL_SECONDS)
        self._is_over = True

    def _run(self) -> None:
        try:
            while (text := self._next()) is not None:
                self._put(text.encode("utf-8", "replace"))
                self._redraw_if_due()
        except OSError:  # the terminal is gone; whoever watches it will notice
            self._is_over = True

    def _next(self) -> str | None:
        """Everything that waits, in one piece; `None` at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            text = "".join(self._waiting)
            self._waiting.clear()
            self._characters = 0
        return text or None

    def _put(self, content: bytes) -> None:
        while content and not self._is_over:
            _, ready, _ = select.select([], [self._descriptor], [], LOOK_SECONDS)
            if ready and not self._is_over:
                content = content[os.write(self._descriptor, content[:PIECE_BYTES]) :]

    def _redraw_if_due(self) -> None:
        with self._changed:
            due = self._has_dropped and not self._waiting and not self._is_closing
            self._has_dropped = self._has_dropped and not due
        if due:
            self._redraw()


class SteadyDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, with an outlet of ours."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._redraw = lambda: app.call_later(app.refresh)
        self._outlet: Outlet | None = None

    def start_application_mode(self) -> None:
        """Take the terminal over."""
        self._outlet = Outlet(sys.__stderr__.fileno() if sys.__stderr__ else 2, self._redraw)
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual has not annotated it

    def write(self, data: str) -> None:
        """Write, in the background."""
        if self._outlet is not None:
            self._outlet.write(data)

    def close(self) -> None:
        """See that the terminal has everything that restores it."""
        super().close()
        if self._outlet is not None:
            self._outlet.close()
            self._outlet = None
