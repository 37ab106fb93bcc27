"""One line of text, or a few, whose words change often. Repaints no more than what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from hctui.tui.cell import EMPTY, Align, Cell, Tone, fitted
from hctui.tui.glyphs import UNICODE, Glyphs
from hctui.tui.widgets.tones import segments, tone_styles


class TextLine(Widget):
    """Shows one cell on each of its lines, cut to its width. Without any it takes one empty line."""

    ALLOW_SELECT = False

    DEFAULT_CSS = "TextLine { width: 1fr; height: auto; }"

    def __init__(
        self,
        *cells: Cell,
        align: Align = Align.LEFT,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Shows these cells, one on each line.

        Args:
            cells: from the top line to the bottom line.
            align: to which side shorter text is drawn.
            glyphs: for the ellipsis.
            id: as for every widget.
            classes: as for every widget.
        """
        super().__init__(id=id, classes=classes)
        self._lines = cells
        self._align = align
        self._mark = glyphs.ellipsis
        self._styles: dict[Tone, Style] = {}

    @property
    def text(self) -> str:
        """The lines, without tones."""
        return "\n".join(line.text for line in self._lines)

    def show(self, *cells: Cell) -> None:
        """Other lines; repaints what differs, and lays out anew only if the widget's size goes by its content."""
        before, self._lines = self._lines, cells
        if before == cells:
            return
        fits_width = self.styles.width is not None and self.styles.width.is_auto
        if len(before) != len(cells) or (fits_width and _width(before) != _width(cells)):
            self.refresh(layout=True)
            return
        regions = [
            self._changed(old, new, y)
            for y, (old, new) in enumerate(zip(before, cells, strict=True))
            if old != new
        ]
        self.refresh(*regions)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """The width of the longest line, for `width: auto`."""
        return _width(self._lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines, at least one, for `height: auto`."""
        return max(1, len(self._lines))

    def render_line(self, y: int) -> Strip:
        """Draws one line."""
        width = self.size.width
        line = self._lines[y] if y < len(self._lines) else EMPTY
        return Strip(segments(fitted(line, width, self._align, self._mark), self._tone_styles()), width)

    def notify_style_update(self) -> None:
        """Forgets the styles there were before."""
        super().notify_style_update()
        self._styles = {}

    def _tone_styles(self) -> dict[Tone, Style]:
        if not self._styles:
            base = self.rich_style
            self._styles = {tone: base + style for tone, style in tone_styles(self.app).items()}
        return self._styles

    def _changed(self, before: Cell, after: Cell, y: int) -> Region:
        """Where line `y` differs: from the first part that does to the end of the longer text."""
        width = self.size.width
        if self._align is Align.RIGHT or max(before.width, after.width) > width:
            return Region(0, y, width, 1)
        pairs = takewhile(lambda pair: pair[0] == pair[1], zip(before.parts, after.parts, strict=False))
        start = Cell(tuple(part for part, _ in pairs)).width
        return Region(start, y, max(before.width, after.width) - start, 1)


def _width(lines: Sequence[Cell]) -> int:
    return max((line.width for line in lines), default=0)
