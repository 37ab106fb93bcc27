"""A place within a line at which Textual can begin to write.

Textual repaints a part of a line from the left edge of the widget it belongs to. In a wide table a timer of four
cells at the right would so cost its whole line every second. A seam is a widget of its own, one cell wide, in the gap
before such a column: what stands right of it can be repainted alone. It shows what its owner would show there.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.strip import Strip
from textual.widget import Widget


class Seam(Widget):
    """One cell of each line of its owner."""

    ALLOW_SELECT = False

    DEFAULT_CSS = "Seam { dock: left; width: 1; height: 100%; background: transparent; }"

    def __init__(self, source: Callable[[int, int], Strip]) -> None:
        """Shows `source(x, y)`, one terminal cell, where `x` is counted from the left edge of its parent's content."""
        super().__init__()
        self._source = source

    @property
    def x(self) -> int:
        """Where it stands, counted from the left edge of its parent's content."""
        owner = self.parent
        return self.region.x - owner.content_region.x if isinstance(owner, Widget) else 0

    def render_line(self, y: int) -> Strip:
        """What the owner would show here."""
        return self._source(self.x, y)
