"""The help: which keys work where the reader was, and which elsewhere. Made from what is active, so it cannot drift."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding
from textual.screen import Screen
from textual.widget import Widget

from hctui.tui.cell import Tone, cell
from hctui.tui.keys import BY_ID, Where, named
from hctui.tui.page import Page
from hctui.tui.picture import Picture
from hctui.tui.texts import keys as key_text
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.paper import Paper
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.text_line import TextLine


class Help(Page[None]):
    """Shows the keys."""

    CSS_PATH = "help.tcss"
    BINDINGS = [*named("help", "copy")]  # noqa: RUF012 - Textual's type
    AUTO_FOCUS = "Paper"

    def __init__(self, screen: Screen[object], focused: Widget | None) -> None:
        """Note what is active now, before this screen is above it.

        Args:
            screen: the one that was asked for help.
            focused: what has the focus there.
        """
        super().__init__()
        self._groups = _groups(screen.active_bindings.values(), screen, focused)

    def compose(self) -> ComposeResult:
        """Status, title, and the keys."""
        yield StatusBar()
        yield TextLine(cell(" Keys", Tone.STRONG), id="title")
        yield Paper(glyphs=self.console_app.glyphs)
        yield KeyBar()

    def paint(self, picture: Picture) -> None:
        """Show a picture: keys may have been remapped meanwhile."""
        if not self.is_mounted:
            return
        self.query_one(StatusBar).paint(picture, self.console_app.front.now())
        remapped = picture.view.settings.console.keys
        self.query_one(Paper).write(key_text.told(self._groups, remapped, self.console_app.shown_key))

    def tick(self, now: float) -> None:
        """Let the status bar run."""
        self.query_one(StatusBar).tick(self.console_app.picture, now)

    def action_help(self) -> None:
        """Close it with the key that opened it."""
        self.dismiss()

    def action_copy(self) -> None:
        """Copy all keys as plain text."""
        self.console_app.copy("The list of keys", self.query_one(Paper).text)


def _groups(
    active: Iterable[ActiveBinding], screen: Screen[object], focused: Widget | None
) -> tuple[key_text.Group, ...]:
    """What is active: of the focused part and what it is in, of the screen, and of the application."""
    mine: list[key_text.Active] = []
    screens: list[key_text.Active] = []
    everywhere: list[key_text.Active] = []
    for each in active:
        home = everywhere if isinstance(each.node, App) else screens if each.node is screen else mine
        home.append(_active(each))
    return (
        key_text.Group(f"Now, {_place(mine)}", tuple(mine)),
        key_text.Group("Now, on this screen", tuple(screens)),
        key_text.Group("Everywhere", tuple(everywhere)),
    )


def _active(each: ActiveBinding) -> key_text.Active:
    binding = each.binding
    described = binding.tooltip or binding.description
    return key_text.Active(binding.key, binding.action, binding.id or "", described, each.enabled)


def _place(mine: Iterable[key_text.Active]) -> str:
    """Where the focus is, in the words of the table of keys."""
    places = (BY_ID[active.id].where for active in mine if active.id in BY_ID)
    return next((place for place in places if place is not Where.LIST), "in what has the focus")
