"""The line at the bottom: the keys that work now, most special first, each of which can be clicked.

One line drawn at once. The footer that comes with Textual makes a widget of each key and makes all of them anew
whenever one changes, which is what a console over a slow line notices first.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.screen import Screen

from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.widgets.text_line import TextLine

GAP = 2
HELP = "help"


class KeyBar(TextLine):
    """Shows keys and labels, as many as fit."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow what the focused widget and the screen offer."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)
        self._follow(self.screen)

    def on_resize(self) -> None:
        """More room, more keys."""
        self._follow(self.screen)

    def _follow(self, screen: Screen[object]) -> None:
        if screen is not self.screen or not self.is_attached:
            return
        active = [each for each in screen.active_bindings.values() if each.binding.show and each.enabled]
        self.show(self._fill(self._each_once(each.binding for each in active)))

    def _each_once(self, bindings: Iterable[Binding]) -> list[Binding]:
        """The key of each action that is shown shortest: `q` rather than `^q`."""
        shown: dict[str, Binding] = {}
        for binding in bindings:
            before = shown.pop(binding.action, binding)
            shown[binding.action] = min(
                before, binding, key=lambda each: cell_len(self.app.get_key_display(each))
            )
        return list(shown.values())

    def _fill(self, bindings: list[Binding]) -> Cell:
        """The keys that fit, noting where each stands. That of the help, which has all others, is always there."""
        self._spans = []
        cells: list[Cell] = []
        x = 1
        last = [binding for binding in bindings if binding.id == HELP]
        room = self.size.width - sum(self._width(binding) + GAP for binding in last)
        shown = [binding for binding in bindings if binding.id != HELP]
        for index, binding in enumerate((*shown, *last)):
            width = self._width(binding)
            if x + width > (room if index < len(shown) else self.size.width):
                continue
            key = self.app.get_key_display(binding)
            cells.append(joined(cell(key, Tone.ACCENT), cell(f" {binding.description}", Tone.DIM)))
            self._spans.append((x, x + width, binding.key))
            x += width + GAP
        return joined(cell(" "), joined(*cells, between=cell(" " * GAP)))

    def _width(self, binding: Binding) -> int:
        return cell_len(self.app.get_key_display(binding)) + 1 + cell_len(binding.description)

    def on_click(self, event: events.Click) -> None:
        """A click on a key is the key."""
        for begin, end, key in self._spans:
            if begin <= event.x < end:
                self.app.simulate_key(key)
