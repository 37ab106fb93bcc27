"""What stands beside the VMs on the dashboard, or below them: broken rules, the log, and one line of it in full.

A line of the log is often longer than there is room. The one under the cursor is shown whole below the log while that
has the focus, so that no line need be opened to be read to its end.
"""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical

from hctui.tui.cell import EMPTY
from hctui.tui.glyphs import Glyphs
from hctui.tui.screens.panels import LogTable, RuleTable
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.table import Table


class Side(Vertical):
    """Broken rules above the log; the style sheet shows one of them where there is room for one."""

    def __init__(self, glyphs: Glyphs, *, id: str) -> None:
        """Empty tables, drawn with these glyphs."""
        super().__init__(id=id)
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield RuleTable(self._glyphs)
        yield LogTable(self._glyphs)
        yield Prose(id="whole")

    def on_resize(self) -> None:
        """At another width another line is too long."""
        self.call_after_refresh(self._show_whole)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """More room for the log while it is read."""
        self._show_whole()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Give the room back."""
        self._show_whole()

    @on(Table.Moved, "#log")
    def _show_whole(self) -> None:
        log = self.query_one(LogTable)
        self.set_class(log.has_focus, "-reading")
        self.query_one("#whole", Prose).show(log.cut_line if log.has_focus else EMPTY)
