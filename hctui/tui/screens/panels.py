"""The tables of the dashboard: each keeps what the person chose in it, and paints itself from a picture."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from hctui.core.model import NodeId, VmId
from hctui.engine.view import Front, Line
from hctui.tui.cell import EMPTY, Cell
from hctui.tui.glyphs import Glyphs
from hctui.tui.keys import Where, bindings
from hctui.tui.lists import log, nodes, violations, vms
from hctui.tui.picture import Picture
from hctui.tui.trail import Trail
from hctui.tui.widgets.table import Table

if TYPE_CHECKING:
    from hctui.engine.queries import Queries

LEAST_RULES = 4
"""The list of broken rules has room for so many, and for saying that there is none."""

SEED_SECONDS = 3600.0
"""How far back the sparklines may begin when the console is opened on an engine that has been running."""


class VmTable(Table):
    """The table of VMs, with keys of its own.

    Attributes:
        sorting: by which column the rows are sorted.
        wanted: what the filter says.
    """

    BINDINGS = bindings(Where.VMS, Where.LIST)

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(vms.COLUMNS, empty="no VM is known yet", among_others=True, glyphs=glyphs, id="vms")
        self.sorting = vms.Sorting()
        self.wanted = ""

    def paint(self, picture: Picture, front: Front) -> None:
        """Show the VMs that are wanted, sorted."""
        self.sort_mark = (self.sorting.column, self.sorting.descending)
        self.empty = f"no VM matches {self.wanted!r}" if self.wanted else "no VM is known yet"
        keys = vms.order(picture, self.sorting, self.wanted, front.now())
        self.show(keys, lambda key: vms.row(picture, VmId(key), front.now(), self.glyphs))

    def tick(self, picture: Picture, now: float) -> None:
        """Let the timers of the cooldowns run."""
        self.touch(vms.cooling(picture, now))


class NodeTable(Table):
    """The table of nodes, with the recent past of each."""

    BINDINGS = bindings(Where.NODES, Where.LIST)

    def __init__(self, picture: Picture, glyphs: Glyphs) -> None:
        columns = nodes.columns(picture.view.policy)
        super().__init__(columns, empty="no node is known yet", among_others=True, glyphs=glyphs, id="nodes")
        self._trail = Trail()

    def paint(self, picture: Picture) -> None:
        """Show the nodes; one more reading of each if the picture has one."""
        if picture.snapshot:
            self._trail.add(picture.snapshot)
        columns = nodes.columns(picture.view.policy)
        if self.columns != columns:  # thresholds were changed
            self.set_columns(columns)
        keys = nodes.order(picture)
        self.show(
            keys, lambda key: nodes.row(picture, NodeId(key), self._trail, self.glyphs, self.text_width)
        )
        self.styles.height = max(1, len(keys)) + 1  # without any node, one line says so

    async def seed(self, queries: Queries, picture: Picture) -> None:
        """Put what the journal has before the readings; shown with the next `paint`.

        Raises:
            HctuiError: the journal cannot be read.
        """
        from hctui.tui.seed import readings

        self._trail.begin(await readings(queries, picture.view, SEED_SECONDS))


class RuleTable(Table):
    """The list of broken rules."""

    BINDINGS = bindings(Where.LIST)

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(
            violations.COLUMNS, empty="all rules are kept", among_others=True, glyphs=glyphs, id="violations"
        )
        self._first_vms: dict[str, VmId | None] = {}

    def paint(self, picture: Picture) -> None:
        """Show what is broken, and what is planned."""
        found = violations.order(picture)
        self._first_vms = {key: violations.first_vm(finding) for key, finding in found.items()}
        self.show(list(found), lambda key: violations.row(picture, found[key]))
        self.styles.max_height = max(len(found), LEAST_RULES) + 1

    @property
    def vm_id(self) -> VmId | None:
        """The VM of the rule under the cursor."""
        return self._first_vms.get(self.cursor_key or "")


class LogTable(Table):
    """The decision log.

    Attributes:
        wanted: what the filter says.
        verbose: whether every line is shown, or only those that say what came of it.
    """

    BINDINGS = bindings(Where.LOG, Where.LIST)

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(
            log.COLUMNS, empty="nothing yet", follow=True, among_others=True, glyphs=glyphs, id="log"
        )
        self.wanted = ""
        self.verbose = False
        self._book = log.LogBook()
        self._told = 0
        self._lines: dict[str, log.Row] = {}

    def paint(self, picture: Picture, front: Front) -> None:
        """Take the lines that are new, and show those that are wanted."""
        self._told, new = front.lines_since(self._told)
        self._book.add(self._told, new)
        lines = self._lines = self._book.shown(self.wanted, front.now(), verbose=self.verbose)
        self.show(list(lines), lambda key: log.row(lines[key]))

    def take(self, said: deque[Line]) -> None:
        """Take over what the console itself has said, in too many words for a note; shown with the next `paint`."""
        while said:
            self._book.note(said.popleft())

    @property
    def cut_line(self) -> Cell:
        """The text under the cursor if there is no room for all of it, else nothing."""
        shown, text_at = self.chosen, len(log.COLUMNS) - 1
        text = log.row(shown)[text_at] if shown else EMPTY
        room = next((place.width for place in self.places if place.index == text_at), 0)
        return text if text.width > room else EMPTY

    @property
    def chosen(self) -> log.Row | None:
        """The line under the cursor, or the day."""
        return self._lines.get(self.cursor_key or "")
