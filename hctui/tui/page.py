"""What all screens have in common: they paint the latest picture, tick once a second, and close with one key.

A page shows what it is handed and sends commands; it asks the engine for nothing and keeps nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual import events
from textual.screen import ModalScreen, Screen

from hctui.tui.keys import Where, bindings

if TYPE_CHECKING:
    from hctui.tui.app import Console
    from hctui.tui.picture import Picture

Result = TypeVar("Result")


class Showing:
    """The part of a screen that shows the engine."""

    app: Any

    @property
    def console_app(self) -> Console:
        """The application, by its own type."""
        return cast("Console", self.app)

    def paint(self, picture: Picture) -> None:
        """Show a picture: called when the screen appears, and for every new one while it is on top."""

    def tick(self, now: float) -> None:
        """Show the time: called once a second while the screen is on top. `now` is the engine's."""

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Catch up with what happened while another screen was on top."""
        self.paint(self.console_app.picture)


class Page(Showing, Screen[Result]):
    """A screen of the console."""

    BINDINGS = bindings(Where.PAGE)

    def action_back(self) -> None:
        """Close this page."""
        self.dismiss()


class Dialog(Showing, ModalScreen[Result]):
    """A question or a note over the page below, which stays in sight."""

    BINDINGS = bindings(Where.PAGE)

    def action_back(self) -> None:
        """Close it without an answer."""
        self.dismiss()
