"""The matrix: every VM against every node, with the first check that fails.

It keeps where the reader is and what is filtered, and the rows of the latest picture that have been looked at.
"""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input, Static

from hctui.core import explain
from hctui.core.model import NodeId, VmId
from hctui.tui.cell import Cell, Tone, cell
from hctui.tui.columns import GAP
from hctui.tui.keys import Where, bindings, named
from hctui.tui.lists import matrix
from hctui.tui.page import Page
from hctui.tui.picture import Picture
from hctui.tui.widgets.filter_box import FilterBox
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine


class MatrixTable(Table):
    """A table whose columns can be pointed at."""

    BINDINGS = bindings(Where.LIST)

    class ColumnClicked(Message):
        """A cell of a column was clicked."""

        def __init__(self, column_key: str) -> None:
            super().__init__()
            self.column_key = column_key

    def on_click(self, event: events.Click) -> None:
        """Say which column was clicked. Textual calls what the table does with the row as well."""
        x = event.screen_offset.x - self.content_region.x
        for each in self.places:
            if each.x <= x < each.x + each.width + GAP:
                self.post_message(self.ColumnClicked(self.columns[each.index].key))


class Matrix(Page[None]):
    """Shows the matrix of the latest picture."""

    CSS_PATH = "matrix.tcss"
    BINDINGS = [*bindings(Where.MATRIX), *named("explain", "move", "filter", "matrix")]  # noqa: RUF012
    AUTO_FOCUS = "MatrixTable"

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self._rows: explain.Rows | None = None
        self._node_ids: list[NodeId] = []
        self._node_id: NodeId | None = None
        self._shown = range(0)
        self._wanted = ""
        self._cursor_before: str | None = None

    def compose(self) -> ComposeResult:
        """Status, the matrix, and the cell under the cursor in full."""
        glyphs = self.console_app.glyphs
        yield StatusBar()
        yield TextLine(cell(f" {matrix.LEGEND}", Tone.DIM), id="legend")
        yield MatrixTable((matrix.NAME,), empty="no VM is known yet", glyphs=glyphs)
        yield Static("", id="sentence", markup=False)
        yield FilterBox("text, node, tag, violation, cooldown")
        yield KeyBar()

    # Showing

    def paint(self, picture: Picture) -> None:
        """Show a picture; the cursor stays on its VM and its node."""
        if not self.is_mounted:
            return
        self.query_one(StatusBar).paint(picture, self.console_app.front.now())
        if self._picture is not None and picture.situation is self._picture.situation:
            return
        self._picture = picture
        self._rows = explain.Rows(picture.situation) if picture.situation else None
        self._node_ids = list(picture.situation.snapshot.nodes) if picture.situation else []
        self._show()

    def tick(self, now: float) -> None:
        """Let the status bar run."""
        self.query_one(StatusBar).tick(self.console_app.picture, now)

    def on_resize(self) -> None:
        """More room, more nodes."""
        self._show()

    def _show(self) -> None:
        """Show rows and columns from what is kept."""
        picture, rows, table = self._picture, self._rows, self._table
        if picture is None or rows is None or not self._node_ids or not table.text_width:
            return
        glyphs, first = self.console_app.glyphs, self._shown.start
        shown = self._shown = matrix.in_sight(table.text_width, len(self._node_ids), self._at, first)
        table.empty = f"no VM matches {self._wanted!r}" if self._wanted else "no VM is running"
        columns = matrix.columns(picture, self._node_ids, shown, self._at, glyphs, table.text_width)
        if columns != table.columns:
            table.set_columns(columns)

        def row(key: str) -> tuple[Cell, ...]:
            at = self._at if key == table.cursor_key else None
            return matrix.row(rows.row(VmId(key)), rows.situation, shown, at, glyphs)

        table.show(matrix.order(picture, rows, self._wanted, self.console_app.front.now()), row)
        self._tell()

    def _tell(self) -> None:
        """Say the cell under the cursor in full."""
        key, rows = self._table.cursor_key, self._rows
        told = ""
        if key and rows and self._node_ids:
            node = rows.situation.snapshot.nodes[self._node_ids[self._at]]
            told = matrix.sentence(rows.row(VmId(key)), self._at, node, self.console_app.glyphs)
        self.query_one("#sentence", Static).update(told)

    @property
    def _table(self) -> MatrixTable:
        return self.query_one(MatrixTable)

    @property
    def _at(self) -> int:
        """The position of the node under the cursor; the first if that is gone."""
        return self._node_ids.index(self._node_id) if self._node_id in self._node_ids else 0

    # Where the reader is

    def action_other_node(self, step: int) -> None:
        """Go to the node to the right, or to the left."""
        if self._node_ids:
            self._go_to(self._node_ids[min(max(self._at + step, 0), len(self._node_ids) - 1)])

    def _go_to(self, node_id: NodeId) -> None:
        if node_id != self._node_id:
            self._node_id = node_id
            self._show()

    @on(MatrixTable.ColumnClicked)
    def _column_clicked(self, event: MatrixTable.ColumnClicked) -> None:
        if event.column_key in self._node_ids:
            self._go_to(NodeId(event.column_key))

    @on(Table.Moved, "MatrixTable")
    def _moved(self, event: Table.Moved) -> None:
        before, self._cursor_before = self._cursor_before, event.key
        self._table.touch(key for key in (before, event.key) if key)
        self._tell()

    # Filter

    def action_filter(self) -> None:
        """Open the filter."""
        self.query_one(FilterBox).open()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._wanted = event.value
        self._show()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one(FilterBox).settle()
        self._table.focus()

    def action_back(self) -> None:
        """Forget the filter, or, where there is none, close the page."""
        box = self.query_one(FilterBox)
        if not box.is_open:
            self.dismiss()
            return
        box.clear_and_close()
        self._table.focus()

    # Going on from here

    def action_matrix(self) -> None:
        """Close it with the key that opened it."""
        self.dismiss()

    @on(Table.Chosen, "MatrixTable")
    def _chosen(self, event: Table.Chosen) -> None:
        self.action_explain()

    def action_explain(self) -> None:
        """Explain the VM under the cursor."""
        from hctui.tui.screens.explain import Explanation

        if key := self._table.cursor_key:
            self.app.push_screen(Explanation(vm_id=VmId(key)))

    def action_move(self) -> None:
        """Move the VM under the cursor by hand."""
        from hctui.tui.screens.move import MovePage

        if key := self._table.cursor_key:
            self.app.push_screen(MovePage(VmId(key)))

    def action_copy(self) -> None:
        """Copy the row under the cursor, and what stands below the matrix."""
        if text := self._table.cursor_key and self.query_one("#sentence", Static).content:
            self.console_app.copy("The line", str(text))
