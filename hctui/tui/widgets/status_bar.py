"""The two lines at the top: who, how, and what is being done. Repaints only what has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from hctui.tui import status
from hctui.tui.cell import Cell
from hctui.tui.picture import Picture
from hctui.tui.widgets.text_line import TextLine

if TYPE_CHECKING:
    from hctui.tui.app import Console


class StatusBar(Vertical):
    """Shows a picture and the time."""

    DEFAULT_CSS = """
    StatusBar {
        height: 2;
        background: $panel;
        & > Horizontal { height: 1; }
        #identity, #activity { width: 1fr; padding-right: 1; }
        #switches { width: auto; min-width: 18; }
        #detour { width: auto; max-width: 24; }
        #trust { width: 16; }
        #age { width: 15; }
        #api { width: 12; }
        #poll { width: 11; }
    }
    """

    def compose(self) -> ComposeResult:
        """Each part has a place of its own, so that a new number repaints a few cells."""
        with Horizontal():
            yield TextLine(id="identity")
            yield TextLine(id="switches")
            yield TextLine(id="detour")
            yield TextLine(id="trust")
        with Horizontal():
            yield TextLine(id="activity")
            yield TextLine(id="age")
            yield TextLine(id="api")
            yield TextLine(id="poll")

    def paint(self, picture: Picture, now: float) -> None:
        """Show a picture at a time."""
        view = picture.view
        attached_to = cast("Console", self.app).outlook.attached_to
        self._show("identity", status.identity(picture, attached_to))
        self._show("switches", status.switches(view))
        self._show("detour", status.detour(picture))
        self._show("trust", status.trust(view))
        self._show("api", status.api(view))
        self.tick(picture, now)

    def tick(self, picture: Picture, now: float) -> None:
        """Show what changes with time alone."""
        self._show("activity", status.activity(picture, now))
        self._show("age", status.data_age(picture.view, now))
        self._show("poll", status.next_poll(picture.view, now))

    def _show(self, part: str, content: Cell) -> None:
        self.query_one(f"#{part}", TextLine).show(content)
