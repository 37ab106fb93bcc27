"""A page of text to read: paragraphs, broken into lines as wide as the page is, with a cursor on one of them.

It is written anew as often as one likes: cursor and scroll stay where they are, and only what differs is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable

from hctui.tui.columns import Column
from hctui.tui.glyphs import UNICODE, Glyphs
from hctui.tui.paragraph import Paragraph, laid_out, paragraph_key, plain
from hctui.tui.widgets.table import Table

_TEXT = (Column("text", "", 10, flex=1),)


class Paper(Table):
    """Shows paragraphs. `Table.Chosen` is posted with the key of a line; `link` says where that leads to."""

    DEFAULT_CSS = """
    Paper { height: 1fr; padding: 0 1; scrollbar-gutter: stable; }
    """

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(_TEXT, header=False, glyphs=glyphs, id=id)
        self._paragraphs: tuple[Paragraph, ...] = ()

    @property
    def text(self) -> str:
        """All of it as plain text, in lines of a width of its own."""
        return plain(self._paragraphs)

    def write(self, paragraphs: Iterable[Paragraph]) -> None:
        """Show these paragraphs, and nothing else. No two of them have the same key."""
        paragraphs = tuple(paragraphs)
        if paragraphs != self._paragraphs:
            self._paragraphs = paragraphs
            self._lay_out()

    def link(self, line_key: str | None) -> str:
        """Where the paragraph of a line leads to; empty for nowhere."""
        wanted = paragraph_key(line_key or "")
        return next((each.link for each in self._paragraphs if each.key == wanted), "")

    def action_page(self, pages: int) -> None:
        """Turns so many pages: what followed the last line in sight comes to the top, and the cursor with it."""
        rows = pages * max(1, self.size.height - 1)
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False, force=True)
        self.action_move(rows)

    def on_resize(self) -> None:
        """Break the lines anew. Textual calls that of the table as well."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.text_width
        if width:
            lines = laid_out(self._paragraphs, width)
            self.show(list(lines), lambda key: (lines[key],))
