"""A widget of lines and columns that draws again only the cells that differ from what is on the screen.

What its lines hold is the business of who derives from it. Nothing of Textual but the line API is relied on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from rich.style import Style
from textual.app import ComposeResult
from textual.cache import LRUCache
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hctui.tui.cell import Cell, Tone
from hctui.tui.columns import GAP, Column, Place, arrange
from hctui.tui.glyphs import Glyphs
from hctui.tui.widgets.lines import BLANK, Kind, Line, differing, drawn, titles
from hctui.tui.widgets.seam import Seam
from hctui.tui.widgets.tones import tone_styles

_STRIPS_KEPT = 128


class Sheet(ScrollView, inherit_bindings=False):
    """Lines in columns. A subclass says what is on a line with `line`, and calls `repaint` when that has changed."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--header-focused",
        "table--cursor",
        "table--cursor-blurred",
    }

    DEFAULT_CSS = """
        Sheet {
            background: $surface;
            color: $foreground;
            overflow-x: hidden;
            overflow-y: auto;
            scrollbar-size-vertical: 1;
            & > .table--header { background: $table-header; color: $tone-strong; text-style: bold; }
            & > .table--header-focused { background: $table-header; color: $tone-strong; text-style: bold underline; }
            & > .table--cursor { background: $table-cursor; }
            & > .table--cursor-blurred { background: $table-cursor-blurred; }
            &:ansi > .table--header { text-style: bold underline; }
            &:ansi > .table--cursor { color: ansi_default; background: ansi_default; text-style: reverse; }
            &:ansi > .table--cursor-blurred { text-style: underline; }
            &:nocolor > .table--header { text-style: bold underline; }
            &:nocolor > .table--cursor { color: $foreground; text-style: reverse; }
            &:nocolor > .table--cursor-blurred { text-style: underline; }
        }
        """

    def __init__(
        self, columns: Sequence[Column], glyphs: Glyphs, *, id: str | None, classes: str | None
    ) -> None:
        """An empty sheet with these columns, from left to right; the glyphs are for ellipsis and sort mark."""
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._glyphs = glyphs
        self._sort_mark: tuple[str, bool] | None = None
        self._places: tuple[Place, ...] = ()
        self._arranged_for = -1
        self._seam = Seam(self._cell_at)
        self._styles: dict[Kind, dict[Tone, Style]] = {}
        self._strips: LRUCache[Line, Strip] = LRUCache(_STRIPS_KEPT)
        # What each line of the screen was last drawn with.
        self._drawn: dict[int, Line] = {}

    @property
    def is_container(self) -> bool:
        """It holds its seam, so that Textual gives that a place; what is scrolled are its own lines."""
        return True

    def compose(self) -> ComposeResult:
        """The seam before the first live column."""
        yield self._seam

    def line(self, y: int) -> Line:
        """What is on line `y` of the widget, the topmost being 0."""
        return BLANK

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, those included that are not shown at this width."""
        return self._columns

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other columns; the rows must follow at once, with as many cells."""
        self._columns = tuple(columns)
        self._arrange_anew()

    @property
    def glyphs(self) -> Glyphs:
        """For the ellipsis and the sort mark."""
        return self._glyphs

    @glyphs.setter
    def glyphs(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._arrange_anew()

    @property
    def sort_mark(self) -> tuple[str, bool] | None:
        """The key of the column by which the rows are sorted, and whether the largest comes first."""
        return self._sort_mark

    @sort_mark.setter
    def sort_mark(self, mark: tuple[str, bool] | None) -> None:
        self._sort_mark = mark
        self.repaint()

    def titles(self) -> tuple[Cell, ...]:
        """The cells of a header."""
        return titles(self._columns, self.places, self._sort_mark, self._glyphs)

    @property
    def text_width(self) -> int:
        """How many terminal cells a line has, which is less by the scrollbar where there is one."""
        return self.scrollable_content_region.width

    @property
    def places(self) -> tuple[Place, ...]:
        """Where the columns stand at the present width."""
        if self._arranged_for != self.text_width:
            self._arranged_for = self.text_width
            self._places = arrange(self._columns, self.text_width)
            self._strips.clear()
        return self._places

    def repaint(self) -> None:
        """Has those cells drawn again that differ from what is on the screen."""
        places, width, height = self.places, self.text_width, self.size.height
        regions = [
            region
            for y in range(height)
            if (before := self._drawn.get(y)) is not None  # else it has yet to be drawn anyway
            for region in differing(before, self.line(y), y, places, width)
        ]
        if regions:
            self.refresh(*regions)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """As for every widget; the seam goes with it."""
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        if repaint and self._seam.is_mounted:
            x = self._seam.x
            crossed = [Region(0, each.y, 1, each.height) for each in regions if each.x <= x < each.right]
            if crossed or not regions:
                self._seam.refresh(*crossed)
        return self

    def on_mount(self) -> None:
        """Puts the seam in its place."""
        self._place_seam()

    def on_resize(self) -> None:
        """Puts the seam in its place at another width."""
        self._place_seam()

    def watch_show_vertical_scrollbar(self) -> None:
        """A scrollbar takes a column, or gives it back."""
        if self.is_mounted:
            self.call_after_refresh(self._arrange_anew)

    def render_line(self, y: int) -> Strip:
        """Draws a line of the widget, and notes what it was drawn with."""
        places = self.places  # first: may forget the strips of another width
        line = self._drawn[y] = self.line(y)
        if (strip := self._strips.get(line)) is None:
            styles, width, mark = self._styles_of(line.kind), self.text_width, self._glyphs.ellipsis
            strip = self._strips[line] = drawn(line, self._columns, places, width, styles, mark)
        return strip

    def notify_style_update(self) -> None:
        """Forgets what was drawn in the styles before."""
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()

    def _arrange_anew(self) -> None:
        self._arranged_for = -1
        self._place_seam()
        self.refresh()

    def _place_seam(self) -> None:
        live = [place.x - GAP for place in self.places if self._columns[place.index].live and place.x]
        self._seam.display = bool(live)
        if live:
            self._seam.styles.offset = (live[0], 0)
        self._seam.refresh()

    def _cell_at(self, x: int, y: int) -> Strip:
        return self.render_line(y).crop(x, x + 1)

    def _styles_of(self, kind: Kind) -> dict[Tone, Style]:
        if (styles := self._styles.get(kind)) is None:
            layer = self.get_component_rich_style(f"table--{kind}", partial=True, default=Style.null())
            base = self.rich_style
            if layer.reverse:  # dimmed, it would be a patch of another background
                layer += Style(dim=False)
            styles = self._styles[kind] = {
                tone: base + style + layer for tone, style in tone_styles(self.app).items()
            }
        return styles
