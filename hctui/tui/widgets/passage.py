"""Paragraphs as a part of a page: wrapped under their labels, on as many lines as that takes at its width.

Unlike a `Paper` it has no cursor and does not scroll; what it stands in does.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.geometry import Size

from hctui.tui.cell import Cell
from hctui.tui.paragraph import Paragraph, laid_out, plain
from hctui.tui.widgets.text_line import TextLine


class Passage(TextLine):
    """Shows paragraphs; empty, it takes no room."""

    DEFAULT_CSS = """
    Passage { padding: 0 1; display: none; }
    Passage.-told { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._paragraphs: tuple[Paragraph, ...] = ()

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """What it shows."""
        return self._paragraphs

    @property
    def text(self) -> str:
        """All of it as plain text, in lines of a width of its own."""
        return plain(self._paragraphs)

    def tell(self, paragraphs: Iterable[Paragraph]) -> None:
        """Show these paragraphs, and nothing else; no two of them have the same key."""
        paragraphs = tuple(paragraphs)
        if paragraphs != self._paragraphs:
            self._paragraphs = paragraphs
            self.set_class(bool(paragraphs), "-told")
            self.on_resize()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.show(*self._lines_at(self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines at a width that is yet to come."""
        return len(self._lines_at(width))

    def _lines_at(self, width: int) -> tuple[Cell, ...]:
        return tuple(laid_out(self._paragraphs, width).values()) if width else ()
