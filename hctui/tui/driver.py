"""How the console writes to its terminal: in the background, and never so that the event loop has to wait.

Textual's own writer keeps thirty pieces; then whoever writes waits until the terminal has taken one. The engine runs in
the same loop, so a connection that hangs, or a terminal that is gone, would stop the balancer. Here what cannot be
written is dropped, and the screen is drawn anew once the terminal takes something again.
"""

from __future__ import annotations

import sys
from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from hctui.outlet import Outlet

FAREWELL_SECONDS = 1.0
"""So long the end waits for a terminal to take what restores it."""


class SteadyDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, with an outlet of ours."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._shown = app
        self._outlet: Outlet | None = None

    def start_application_mode(self) -> None:
        """Take the terminal over."""
        self._outlet = Outlet(sys.__stderr__.fileno() if sys.__stderr__ else 2, self._draw_anew)
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual has not annotated it

    def write(self, data: str) -> None:
        """Write, in the background."""
        if self._outlet is not None:
            self._outlet.write(data.encode("utf-8", "replace"))

    def close(self) -> None:
        """See that the terminal has everything that restores it."""
        super().close()
        if self._outlet is not None:
            self._outlet.close(FAREWELL_SECONDS, FAREWELL_SECONDS)
            self._outlet = None

    def _draw_anew(self, dropped: int) -> bytes:
        """Nothing stands in for pieces of a screen: all of it is drawn again."""
        self._shown.call_later(self._shown.refresh)
        return b""
