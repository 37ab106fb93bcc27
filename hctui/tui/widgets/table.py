"""A table of many rows in which a few cells change every second.

It is told which rows there are and how to get the cells of one; it asks for the rows in sight only, and repaints only
the cells that differ from what is on the screen. So a running timer costs a few bytes a second, and a thousand rows
cost no more than those that are seen. It knows nothing of what it shows.

Rows are known by their keys: cursor and scroll follow the key, not the position, through every new order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message

from hctui.tui.cell import Align, Cell, Tone, cell, joined
from hctui.tui.columns import GAP, Column
from hctui.tui.glyphs import UNICODE, Glyphs
from hctui.tui.widgets.lines import BLANK, Kind, Line
from hctui.tui.widgets.rows import Rows
from hctui.tui.widgets.sheet import Sheet

__all__ = ["Align", "Column", "Table"]

Row = Callable[[str], Sequence[Cell]]
"""Gives the cells of a row, one per column, those that are not shown included."""

_ROWS_KEPT = 1024


class _Told(Message):
    """What a table says of itself."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> Table:
        """The table, for `@on` with a selector."""
        return self.table


class Table(Sheet, can_focus=True):
    """A table with a cursor.

    Its parent gives it its size. Keys of rows are unique. A row's cells are asked for once and kept until the next
    `show`, until its key is given to `touch`, or until the table has another size.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="table.up"),
        Binding("down", "move(1)", "Down", show=False, id="table.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="table.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="table.page_down"),
        Binding("home", "first", "First row", show=False, id="table.first"),
        Binding("end", "last", "Last row", show=False, id="table.last"),
        Binding("enter", "choose", "Open", show=False, id="table.choose"),
    ]

    class Moved(_Told):
        """The cursor is on another row now; `key` is `None` when there are no rows."""

        def __init__(self, table: Table, key: str | None) -> None:
            super().__init__(table)
            self.key = key

    class Chosen(_Told):
        """The row under the cursor was chosen: by key, by double click, or by a click on the cursor."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__(table)
            self.key = key

    class HeaderClicked(_Told):
        """A column's title was clicked."""

        def __init__(self, table: Table, column_key: str) -> None:
            super().__init__(table)
            self.column_key = column_key

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        header: bool = True,
        empty: str = "",
        follow: bool = False,
        among_others: bool = False,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """A table without rows.

        Args:
            columns: from left to right.
            header: whether the first line shows the titles of the columns.
            empty: shown, dimmed, while there are no rows.
            follow: whether the last row stays in sight as rows are added; see `following`.
            among_others: whether there are other tables beside it, so that its header must tell that it has the focus.
            glyphs: for the ellipsis and the marks of sorting and focus.
            id: as for every widget.
            classes: as for every widget.
        """
        super().__init__(columns, glyphs, id=id, classes=classes)
        self._among_others = among_others
        self._header = int(header)
        self._empty = empty
        self._follow = follow
        self._rows = Rows()
        self._row: Row = lambda _key: ()
        self._cells: LRUCache[str, tuple[Cell, ...]] = LRUCache(_ROWS_KEPT)
        self._page_before = 0
        self._clicked_away = False

    # What it shows.

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other columns; call `show` right after, with rows that have as many cells."""
        super().set_columns(columns)
        self._cells.clear()
        self.virtual_size = self._content_size()

    def show(self, order: Sequence[str], row: Row) -> None:
        """The rows from now on: their keys in order, and how to get the cells of one.

        The cursor stays on its row, and that row on its line of the screen if it is in sight. If the row is gone, the
        next one that is left takes the cursor, else the last. What is on the screen already is not drawn again.

        Args:
            order: the key of each row; no key twice.
            row: gives the cells of a row; called at once for the rows in sight, for others when they come in sight.
        """
        following, line, top = self.following, self._cursor_line(self._page), self._key_at(self._header)
        was = self.cursor_key
        self._rows = self._rows.replaced(order, to_end=following)
        self._row = row
        self._cells.clear()
        self.virtual_size = self._content_size()
        self._keep_place(following, line, top)
        self.repaint()
        if self.cursor_key != was:
            self.post_message(self.Moved(self, self.cursor_key))

    def touch(self, keys: Iterable[str]) -> None:
        """The cells of these rows may have changed: those in sight are asked for again, and drawn if they differ."""
        for key in keys:
            self._cells.discard(key)
        self.repaint()

    @property
    def keys_in_sight(self) -> tuple[str, ...]:
        """The keys of the rows that are on the screen, from top to bottom."""
        first = self.scroll_offset.y
        return self._rows.order[first : first + self._page]

    @property
    def empty(self) -> str:
        """Shown, dimmed, while there are no rows."""
        return self._empty

    @empty.setter
    def empty(self, text: str) -> None:
        self._empty = text
        self.repaint()

    # Where the reader is.

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor; `None` when there are no rows."""
        return self._rows.cursor

    def row_text(self) -> str:
        """The cells of the row under the cursor, also of columns that are not shown, with tabs between; or nothing."""
        key = self.cursor_key
        return "" if key is None else "\t".join(each.text for each in self._row(key))

    def set_cursor(self, key: str) -> bool:
        """Moves the cursor to a row and brings it in sight; `False` if there is no such row."""
        if self._rows.position(key) is None:
            return False
        moved = key != self._rows.cursor
        self._rows = self._rows.moved_to(key)
        self._bring_in_sight()
        self.repaint()
        if moved:
            self.post_message(self.Moved(self, key))
        return True

    @property
    def follow(self) -> bool:
        """Whether the last row stays in sight as rows are added; setting it goes to the last row."""
        return self._follow

    @follow.setter
    def follow(self, follow: bool) -> None:
        self._follow = follow
        if follow:
            self.action_last()

    @property
    def following(self) -> bool:
        """Whether the next `show` will go to its last row.

        While `follow` is set, this holds until the reader leaves the last row, and again when they return to it.
        """
        in_sight = not self._page or self.scroll_offset.y >= self._last_scroll
        return self._follow and self._rows.is_at_end and in_sight

    # What the reader does.

    def action_move(self, rows: int) -> None:
        """Moves the cursor down by so many rows, or up, as far as there are rows."""
        if (key := self._rows.step(rows)) is not None:
            self.set_cursor(key)

    def action_page(self, pages: int) -> None:
        """Moves the cursor by so many screens of rows."""
        self.action_move(pages * max(1, self._page - 1))

    def action_first(self) -> None:
        """Moves the cursor to the first row."""
        self.action_move(-len(self._rows.order))

    def action_last(self) -> None:
        """Moves the cursor to the last row."""
        self.action_move(len(self._rows.order))

    def action_choose(self) -> None:
        """Chooses the row under the cursor."""
        if (key := self.cursor_key) is not None:
            self.post_message(self.Chosen(self, key))

    def on_click(self, event: events.Click) -> None:
        """Moves the cursor to the row, chooses it if the cursor is there already, or reports the column's title."""
        if event.button != 1 or not self.content_region.contains_point(event.screen_offset):
            return
        place = event.screen_offset - self.content_region.offset  # the seam may be what was clicked
        if place.y < self._header:
            self._click_header(place.x)
        elif (key := self._key_at(place.y)) == self.cursor_key:
            if event.chain == 1 or self._clicked_away:
                self.action_choose()
            self._clicked_away = False
        elif key is not None:
            self._clicked_away = self.set_cursor(key)

    def _click_header(self, x: int) -> None:
        for place in self.places:
            if place.x <= x < place.x + place.width + GAP:
                self.post_message(self.HeaderClicked(self, self._columns[place.index].key))

    # How it is drawn.

    def on_resize(self) -> None:
        """Keeps in sight what was in sight: the row under the cursor, or the last one."""
        self._cells.clear()
        line = self._cursor_line(self._page_before or len(self._rows.order))
        self._page_before = self._page
        if line is not None:
            self._bring_in_sight()
        self.repaint()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Draws header and cursor as they look with the focus, or without."""
        super().watch_has_focus(_has_focus)
        self.repaint()

    def _content_size(self) -> Size:
        width = sum(column.width + GAP for column in self._columns) - GAP
        return Size(width, max(1, len(self._rows.order)) + self._header)

    def line(self, y: int) -> Line:
        """The header, a row, what is said instead of rows, or nothing."""
        if y < self._header:
            return self._header_line()
        if not self._rows.order:
            return Line(Kind.REMARK, (cell(self._empty, Tone.DIM),)) if y == self._header else BLANK
        key = self._key_at(y)
        if key is None:
            return BLANK
        if key != self._rows.cursor:
            return Line(Kind.ROW, self._cells_of(key))
        return Line(Kind.CURSOR if self.has_focus else Kind.CURSOR_BLURRED, self._cells_of(key))

    def _header_line(self) -> Line:
        """The titles; with the focus a mark before the first, for not every terminal has colours enough to show it."""
        cells = list(self.titles())
        if not (self._among_others and self.has_focus and self.places):
            return Line(Kind.HEADER, tuple(cells))
        first = self.places[0].index
        cells[first] = joined(cell(self.glyphs.pointer), cells[first])
        return Line(Kind.HEADER_FOCUSED, tuple(cells))

    def _cells_of(self, key: str) -> tuple[Cell, ...]:
        if (cells := self._cells.get(key)) is None:
            cells = tuple(self._row(key))
            if len(cells) != len(self._columns):
                raise ValueError(f"a row of {len(cells)} cells in a table of {len(self._columns)} columns")
            self._cells[key] = cells
        return cells

    # Rows and lines.

    @property
    def _page(self) -> int:
        """How many rows there is room for."""
        return max(0, self.size.height - self._header)

    @property
    def _last_scroll(self) -> int:
        """The first row in sight when the last one is."""
        return max(0, len(self._rows.order) - self._page)

    def _key_at(self, y: int) -> str | None:
        """The key of the row on line `y` of the widget."""
        return self._rows.key(self.scroll_offset.y + y - self._header)

    def _cursor_line(self, page: int) -> int | None:
        """On which of the first `page` lines below the header the cursor is; `None` if it is on none."""
        at = self._rows.at
        line = -1 if at is None else at - self.scroll_offset.y
        return line if 0 <= line < page else None

    def _keep_place(self, following: bool, line: int | None, top: str | None) -> None:
        """Scrolls so that the cursor is on its line again; a log that is not followed stays where it was read."""
        at = self._rows.at
        anchor = self._rows.position(top) if self._follow and top is not None else None
        if following:
            self._scroll_rows(self._last_scroll)
        elif line is not None and at is not None:
            self._scroll_rows(at - line)
        else:
            self._scroll_rows(self.scroll_offset.y if anchor is None else anchor)

    def _bring_in_sight(self) -> None:
        at = self._rows.at
        if at is not None and self._page:
            self._scroll_rows(min(max(self.scroll_offset.y, at - self._page + 1), at))

    def _scroll_rows(self, first: int) -> None:
        first = min(max(first, 0), self._last_scroll)
        if self._page and first != self.scroll_offset.y:
            self.scroll_to(y=first, animate=False, force=True)
