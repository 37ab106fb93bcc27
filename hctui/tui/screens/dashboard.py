"""The dashboard: nodes, VMs, broken rules, the log, and the proposal that waits.

It keeps what the person chose (sorting, filters, whether all lines are shown) and nothing of the engine.
"""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from hctui.core.errors import HctuiError
from hctui.core.model import NodeId, VmId
from hctui.core.state import Proposal
from hctui.engine.commands import Reject
from hctui.tui.case import LOOK_SECONDS
from hctui.tui.cell import Tone, cell
from hctui.tui.keys import Where, bindings
from hctui.tui.lists import log, nodes, vms
from hctui.tui.page import Page
from hctui.tui.picture import Picture
from hctui.tui.screens.panels import LogTable, NodeTable, RuleTable, VmTable
from hctui.tui.screens.side import Side
from hctui.tui.widgets.filter_box import FilterBox
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.proposal_bar import ProposalBar
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine

if TYPE_CHECKING:
    from hctui.engine.queries import Queries


class Dashboard(Page[None]):
    """The first screen."""

    BINDINGS = bindings(Where.DASHBOARD, Where.PROPOSAL)
    AUTO_FOCUS = "#vms"

    own_clock = staticmethod(time.monotonic)
    """Seconds as they pass for the person; those of a demo's engine are shorter."""

    def __init__(self) -> None:
        super().__init__()
        self._filtering: type[VmTable | LogTable] = VmTable
        self._is_seeded = False
        self._picture: Picture | None = None
        self._seen: tuple[int, float] | None = None

    def compose(self) -> ComposeResult:
        """From top to bottom; the style sheet moves parts beside each other where there is room."""
        glyphs = self.console_app.glyphs
        yield StatusBar()
        yield NodeTable(self.console_app.picture, glyphs)
        yield TextLine(id="legend")
        with Vertical(id="main"):
            yield VmTable(glyphs)
            yield Side(glyphs, id="side")
        yield FilterBox("text, node, tag, violation, cooldown")
        yield ProposalBar()
        yield KeyBar()

    # Showing

    def paint(self, picture: Picture) -> None:
        """Show a picture; what stands on the screen already is not drawn again."""
        if not self.is_mounted:
            return
        self._notice(picture.view.state.proposal)
        self.set_class(picture.view.state.proposal is not None, "-waiting")
        self._picture = picture
        now = self.console_app.front.now()
        for table in self.query(Table):
            if table.glyphs is not self.console_app.glyphs:  # the setting was changed
                table.glyphs = self.console_app.glyphs
        self.query_one(StatusBar).paint(picture, now)
        self.query_one(ProposalBar).paint(picture, now, self.console_app.glyphs)
        self.query_one("#legend", TextLine).show(cell(f" {nodes.legend(picture)}", Tone.DIM))
        self.query_one(NodeTable).paint(picture)
        self.query_one(VmTable).paint(picture, self.console_app.front)
        self.query_one(RuleTable).paint(picture)
        self.query_one(LogTable).take(self.console_app.said)
        self.query_one(LogTable).paint(picture, self.console_app.front)
        self.query_one("#side").set_class(bool(self.query_one(RuleTable).vm_id), "-broken")
        self._seed(picture)

    def _seed(self, picture: Picture) -> None:
        """Fill the sparklines from the journal, once."""
        queries = self.console_app.front.queries
        if queries is not None and picture.snapshot is not None and not self._is_seeded:
            self._is_seeded = True
            self.run_worker(self._read_past(queries, picture), exit_on_error=False)

    async def _read_past(self, queries: Queries, picture: Picture) -> None:
        try:
            await self.query_one(NodeTable).seed(queries, picture)
        except HctuiError as error:
            self.console_app.say(f"The past cannot be shown. {error}", is_wrong=True)
        else:
            # There may be a newer one by now.
            self.query_one(NodeTable).paint(self._picture or picture)

    def _notice(self, proposal: Proposal | None) -> None:
        """Remember since when the proposal has stood here, by the person's own clock."""
        before = self._seen[0] if self._seen else None
        if before != (proposal.id if proposal else None):
            self._seen = (proposal.id, self.own_clock()) if proposal else None
            self.refresh_bindings()

    def tick(self, now: float) -> None:
        """Let the timers run."""
        picture = self._picture
        if picture is None:
            return
        self.query_one(StatusBar).tick(picture, now)
        self.query_one(ProposalBar).tick(picture, now)
        self.query_one(VmTable).tick(picture, now)

    # What is chosen

    @property
    def vm_id(self) -> VmId | None:
        """The VM under the cursor that has the focus, or of the broken rule under it; else `None`."""
        table = self.focused
        if isinstance(table, RuleTable):
            return table.vm_id
        key = table.cursor_key if isinstance(table, VmTable) else None
        return VmId(key) if key else None

    @on(Table.Chosen, "#vms")
    def _open_vm(self, event: Table.Chosen) -> None:
        from hctui.tui.screens.detail import VmDetail

        self.app.push_screen(VmDetail(VmId(event.key)))

    @on(Table.Chosen, "#nodes")
    def _open_node(self, event: Table.Chosen) -> None:
        from hctui.tui.screens.detail import NodeDetail

        self.app.push_screen(NodeDetail(NodeId(event.key)))

    @on(Table.Chosen, "#violations")
    @on(Table.Chosen, "#log")
    def _open_explanation(self, event: Table.Chosen) -> None:
        self.action_explain()

    @on(Table.HeaderClicked, "#vms")
    def _sort_by(self, event: Table.HeaderClicked) -> None:
        self._sort(self.query_one(VmTable).sorting.by(event.column_key))

    def action_sort(self) -> None:
        """Sort by the next column."""
        table = self.query_one(VmTable)
        self._sort(table.sorting.next(table.size.width))

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self._sort(self.query_one(VmTable).sorting.reversed())

    def _sort(self, sorting: vms.Sorting) -> None:
        table = self.query_one(VmTable)
        table.sorting = sorting
        self._paint_one(table)
        table.scroll_home(animate=False)

    # Filters

    def action_filter(self) -> None:
        """Open the filter of the log if that has the focus, else of the VMs."""
        self._filtering = LogTable if isinstance(self.focused, LogTable) else VmTable
        box = self.query_one(FilterBox)
        box.value = self.query_one(self._filtering).wanted
        box.open()
        self.refresh_bindings()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._filter(self.query_one(self._filtering), event.value)

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one(FilterBox).settle()
        self.query_one(self._filtering).focus()
        self.refresh_bindings()

    def action_back(self) -> None:
        """Forget the filters."""
        for table in (self.query_one(VmTable), self.query_one(LogTable)):
            self._filter(table, "")
        self.query_one(FilterBox).clear_and_close()
        self.query_one(self._filtering).focus()
        self.refresh_bindings()

    def _filter(self, table: VmTable | LogTable, wanted: str) -> None:
        if table.wanted != wanted:
            table.wanted = wanted
            self._paint_one(table)

    def _paint_one(self, table: VmTable | LogTable) -> None:
        """Show in a table what was chosen there."""
        if self._picture:
            table.paint(self._picture, self.console_app.front)

    # The log

    def action_follow(self) -> None:
        """Follow the newest line, or hold."""
        table = self.query_one(LogTable)
        table.follow = not table.follow
        self.console_app.say(
            "Following the newest line." if table.follow else "Holding: the log stays where it is."
        )

    def action_verbose(self) -> None:
        """Show every line, or only those that say what came of it."""
        table = self.query_one(LogTable)
        table.verbose = not table.verbose
        self._paint_one(table)

    def action_switch_panel(self) -> None:
        """Switch between log and broken rules where there is room for one of them."""
        self.query_one("#side").toggle_class("-violations")

    # Asking why, acting

    def action_explain(self) -> None:
        """Explain what has the focus: a line's cycle, a VM; of nodes, the last decision, which has their loads."""
        from hctui.tui.screens.explain import Explanation

        if isinstance(self.focused, LogTable):
            self._explain(self.focused.chosen)
        elif self.vm_id:
            self.app.push_screen(Explanation(vm_id=self.vm_id))
        else:
            self.app.push_screen(Explanation())

    def _explain(self, row: log.Row | None) -> None:
        """Explain a line's cycle. A date has none."""
        from hctui.tui.screens.explain import Explanation

        if isinstance(row, date):
            self.console_app.say("This is only the date of the lines below it. Choose one of those.")
        elif row is None:
            self.app.push_screen(Explanation())
        else:
            moment = log.moment(row)
            self.app.push_screen(Explanation(at=moment.at, ahead=moment.ahead))

    def action_move(self) -> None:
        """Move the chosen VM by hand."""
        from hctui.tui.screens.move import MovePage

        if self.vm_id:
            self.app.push_screen(MovePage(self.vm_id))

    def action_drain(self) -> None:
        """Drain the node under the cursor, or end that, after a question."""
        key = self.query_one(NodeTable).cursor_key
        if key:
            self.console_app.drain(NodeId(key))

    def action_copy(self) -> None:
        """Copy the row under the cursor."""
        table = self.focused
        if isinstance(table, Table) and (text := table.row_text()):
            self.console_app.copy("The row", text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of a proposal are there while one waits, and the way back while there is a filter to forget."""
        if action in ("approve", "reject", "next_best"):
            return self._seen is not None
        return self._is_filtered() if action == "back" else True

    def _is_filtered(self) -> bool:
        """Whether a filter is set, or open to be typed."""
        tables = (*self.query(VmTable), *self.query(LogTable))
        return any(box.is_open for box in self.query(FilterBox)) or any(table.wanted for table in tables)

    def action_approve(self) -> None:
        """Open the proposal; the same key there approves it."""
        from hctui.tui.screens.approve import Approval

        self.app.push_screen(Approval(seen=self._seen))

    def action_next_best(self) -> None:
        """Open the proposal with the moves that could be made instead."""
        from hctui.tui.screens.approve import Approval

        self.app.push_screen(Approval(choosing=True, seen=self._seen))

    def action_reject(self) -> None:
        """Reject the proposal."""
        proposal = self._picture.view.state.proposal if self._picture else None
        if proposal is None or self._seen is None:
            return
        if self.own_clock() - self._seen[1] < LOOK_SECONDS:
            self.console_app.say(
                "This proposal has only just appeared. Look at it, then press the key again."
            )
        else:
            move = proposal.move
            self.console_app.command(
                Reject(proposal.id),
                f"Rejecting: {move.vm_name} is not proposed for {move.target_name} for the time of the VM cooldown.",
            )
