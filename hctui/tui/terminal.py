"""What the console does to the terminal beside drawing: its title, how it is written to, and what a crash leaves on it.

The only place that uses private parts of Textual, which has no public way to either; tests fail when they change.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import TypeVar

from rich.console import RenderableType
from rich.text import Text
from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter, Monochrome, NoColor
from textual.notifications import SeverityLevel

from hctui.core.secret import without_secrets
from hctui.tui import saying
from hctui.tui.driver import SteadyDriver
from hctui.tui.glyphs import ASCII, KEY_NAMES, UNICODE, Glyphs
from hctui.tui.plain import PLAIN

_SAVE_TITLE, _RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"

LONGEST_TITLE = 120

# One of each: Textual remembers by the filter what a line looks like through it.
_NO_COLOUR, _GREYS = NoColor(), Monochrome()

Result = TypeVar("Result")


class DiscreetApp(App[Result]):
    """An application that crashes without showing the values of its variables: one of them may be a password.

    Attributes:
        crash: the traceback it ended with; empty while it has not crashed.
    """

    crash: str = ""

    @property
    def glyphs(self) -> Glyphs:
        """The characters that are not letters."""
        return UNICODE

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What lines go through before they are drawn.

        Textual decides what NO_COLOR means before the theme is known; it makes the terminal's own colours black on
        black.
        """
        filters = super().get_line_filters()
        if self.no_color:
            others = (each for each in filters if not isinstance(each, Monochrome | NoColor))
            filters = (*others, _NO_COLOUR if self.native_ansi_color else _GREYS)
        return (*filters, PLAIN) if self.glyphs is ASCII else filters

    def get_key_display(self, binding: Binding) -> str:
        """A key as it is shown: by its name where its sign cannot be drawn."""
        display = super().get_key_display(binding)
        return KEY_NAMES.get(display, display) if self.glyphs is ASCII else display

    def shown_key(self, key: str) -> str:
        """A key as it is shown, by the name that Textual has for it."""
        return str(self.get_key_display(Binding(key, "")))

    def say(self, text: str, *, is_wrong: bool = False) -> None:
        """Show a short message. The text is literal."""
        severity: SeverityLevel = "warning" if is_wrong else "information"
        self.notify(saying.short(text), severity=severity, markup=False, timeout=saying.seconds(text))

    def how_to_quit(self) -> str:
        """What ends this program: the key that Textual has for it, unless another is named here."""
        from hctui.tui.texts.keys import how_to_quit

        return how_to_quit("ctrl+q", self.shown_key, asks_first=False)

    def action_help_quit(self) -> None:
        """Ctrl-C ends other programs: say what ends this one."""
        self.say(self.how_to_quit())

    def get_driver_class(self) -> type[Driver]:
        """Our own driver in place of Textual's for terminals; what the environment asks for is obeyed."""
        chosen = super().get_driver_class()
        return SteadyDriver if chosen is LinuxDriver else chosen

    def panic(self, *renderables: RenderableType) -> None:
        """End with an error that brings its own words, or that was not raised here: what reads the keys has failed."""
        failed = sys.exc_info()[0] is not None
        self._remember(traceback.format_exc() if failed else "The terminal cannot be read any more.")
        super().panic(*renderables)

    def _fatal_error(self) -> None:
        """Replaces the report of Textual, which shows local variables and so whatever they hold."""
        self._remember(traceback.format_exc())
        self._exit_renderables.append(Text(self.crash))
        self._close_messages_no_wait()

    def _remember(self, crash: str) -> None:
        """Keep the first: what falls afterwards often falls because of it."""
        self.crash = self.crash or without_secrets(crash)


def set_title(app: App[Result], title: str) -> None:
    """Set the terminal's title; control characters are left out, so that a name cannot end the sequence."""
    shown = "".join(char for char in title if char.isprintable())
    _write(app, f"\x1b]2;{shown[:LONGEST_TITLE]}\x07")


def save_title(app: App[Result]) -> None:
    """Have the terminal remember its title, where it can."""
    _write(app, _SAVE_TITLE)


def restore_title(app: App[Result]) -> None:
    """Have the terminal show its old title again, where it can."""
    _write(app, _RESTORE_TITLE)


def _write(app: App[Result], sequence: str) -> None:
    driver = app._driver
    if driver is not None and not app.is_headless:
        driver.write(sequence)
