"""A VM, or a node, with all there is to know about it. Stays open when what it shows has vanished, and says so."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult

from hctui.core.errors import HctuiError
from hctui.core.model import NodeId, VmId
from hctui.core.state import State
from hctui.engine.queries import MigrationTold
from hctui.tui.cell import Tone, cell
from hctui.tui.glyphs import ASCII
from hctui.tui.keys import Where, bindings, named
from hctui.tui.lists import vms
from hctui.tui.page import Page
from hctui.tui.picture import Picture
from hctui.tui.screens.opening import follow
from hctui.tui.texts import node_facts, vm_facts
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.paper import Paper
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine

MOVES_SECONDS = 30 * 24 * 3600.0
"""How far back the moves of a VM are looked for."""

MOST_MIGRATIONS = 2000
"""So many migrations of the whole cluster are looked through for those of one VM."""


class _Detail(Page[None]):
    """What both pages have in common: a text about something, above it whose."""

    CSS_PATH = "detail.tcss"
    AUTO_FOCUS = "Paper"

    def paint(self, picture: Picture) -> None:
        """Show a picture."""
        if self.is_mounted:
            self.query_one(StatusBar).paint(picture, self.console_app.front.now())
            self.write(picture)

    def tick(self, now: float) -> None:
        """Let the timers run."""
        self.query_one(StatusBar).tick(self.console_app.picture, now)

    def write(self, picture: Picture) -> None:
        """Write the text for a picture."""

    @on(Table.Chosen, "Paper")
    def _follow(self, event: Table.Chosen) -> None:
        follow(self, self.query_one(Paper).link(event.key))


class VmDetail(_Detail):
    """Shows a VM."""

    BINDINGS = [*bindings(Where.VM), *named("explain", "move", "copy")]  # noqa: RUF012 - Textual's type

    def __init__(self, vm_id: VmId) -> None:
        super().__init__()
        self._vm_id = vm_id
        self._moves: Sequence[MigrationTold] | str = "Reading the journal."
        self._read_for: tuple[object, ...] | None = None

    def compose(self) -> ComposeResult:
        """Status, title, and the facts."""
        yield StatusBar()
        yield TextLine(cell(" VM", Tone.STRONG), id="title")
        yield Paper(glyphs=self.console_app.glyphs)
        yield KeyBar()

    def write(self, picture: Picture) -> None:
        """Write the facts; read its moves anew when one may have been added."""
        wanted = _last_moves(picture.view.state)
        if self._read_for != wanted:
            self._read_for = wanted
            self.run_worker(self._read_moves(), exit_on_error=False, exclusive=True)
        glyphs, now = self.console_app.glyphs, self.console_app.front.now()
        self.query_one(Paper).write(vm_facts.told(picture, self._vm_id, now, self._moves, glyphs))

    def tick(self, now: float) -> None:
        """Let the timers run, those in the text too."""
        super().tick(now)
        self.write(self.console_app.picture)

    async def _read_moves(self) -> None:
        queries, now = self.console_app.front.queries, self.console_app.front.now()
        if queries is None:
            self._read_for = None  # until there is a journal
            self._moves = "There is no journal yet."
            return
        try:
            found = await queries.migrations(now - MOVES_SECONDS, now, MOST_MIGRATIONS)
            self._moves = tuple(move for move in found if move.vm_id == self._vm_id)
        except HctuiError as error:
            self._moves = str(error)
        self.write(self.console_app.picture)

    def action_explain(self) -> None:
        """Say why it is not moved."""
        from hctui.tui.screens.explain import Explanation

        self.app.push_screen(Explanation(vm_id=self._vm_id))

    def action_move(self) -> None:
        """Move it by hand."""
        from hctui.tui.screens.move import MovePage

        self.app.push_screen(MovePage(self._vm_id))

    def action_charts_of_vm(self) -> None:
        """Show its load over time."""
        from hctui.tui.screens.charts import Charts

        self.app.push_screen(Charts(vm_id=self._vm_id))

    def action_copy(self) -> None:
        """Copy all facts as plain text."""
        self.console_app.copy("The page", self.query_one(Paper).text)


def _last_moves(state: State) -> tuple[object, ...]:
    """Differs once a migration has begun or ended, really or in a dry run."""
    migration = state.migration
    imagined = len(state.imagination.ledger.arrivals) if state.imagination else 0
    return (migration.id if migration else "", state.ledger.last_ended_at, imagined)


class NodeDetail(_Detail):
    """Shows a node, and its VMs in a table."""

    BINDINGS = [*named("explain", "move", "copy")]  # noqa: RUF012 - Textual's type
    AUTO_FOCUS = "#vms"

    def __init__(self, node_id: NodeId) -> None:
        super().__init__()
        self._node_id = node_id

    def compose(self) -> ComposeResult:
        """Status, title, the facts, and the VMs."""
        glyphs = self.console_app.glyphs
        yield StatusBar()
        yield TextLine(cell(" Node", Tone.STRONG), id="title")
        yield Paper(glyphs=glyphs)
        yield Table(vms.COLUMNS, empty="no VM is here", among_others=True, glyphs=glyphs, id="vms")
        yield KeyBar()

    def write(self, picture: Picture) -> None:
        """Write the facts and the VMs, busiest first."""
        glyphs, front = self.console_app.glyphs, self.console_app.front
        paper, table = self.query_one(Paper), self.query_one("#vms", Table)
        paper.write(node_facts.told(picture, self._node_id, glyphs))
        here = _vms_on(picture, self._node_id, front.now())
        table.show(here, lambda key: vms.row(picture, VmId(key), front.now(), glyphs))

    def tick(self, now: float) -> None:
        """Let the timers run, those of the VMs too."""
        super().tick(now)
        picture = self.console_app.picture
        self.query_one("#vms", Table).touch(vms.cooling(picture, now))

    @on(Table.Chosen, "#vms")
    def _open(self, event: Table.Chosen) -> None:
        self.app.push_screen(VmDetail(VmId(event.key)))

    def action_explain(self) -> None:
        """Say why the VM under the cursor is not moved."""
        from hctui.tui.screens.explain import Explanation

        if key := self.query_one("#vms", Table).cursor_key:
            self.app.push_screen(Explanation(vm_id=VmId(key)))

    def action_move(self) -> None:
        """Move the VM under the cursor by hand."""
        from hctui.tui.screens.move import MovePage

        if key := self.query_one("#vms", Table).cursor_key:
            self.app.push_screen(MovePage(VmId(key)))

    def action_copy(self) -> None:
        """Copy the facts and the list of VMs as plain text."""
        listed = vms_as_text(self.console_app.picture, self._node_id, self.console_app.front.now())
        self.console_app.copy("The page", f"{self.query_one(Paper).text}\n\n{listed}")


def vms_as_text(picture: Picture, node_id: NodeId, now: float) -> str:
    """The VMs of a node, busiest first, one a line."""
    lines = (vms.row(picture, vm_id, now, ASCII) for vm_id in _vms_on(picture, node_id, now))
    return "\n".join("  ".join(each.text for each in line if each.text) for line in lines)


def _vms_on(picture: Picture, node_id: NodeId, now: float) -> list[VmId]:
    here = {vm.id for vm in picture.situation.placed.get(node_id, ())} if picture.situation else set()
    return [vm_id for vm_id in vms.order(picture, vms.Sorting(), "", now) if vm_id in here]
