"""The dashboard: nodes, VMs, broken rules, the log, and the proposal that waits.

It keeps what the person chose (sorting, filters, whether all lines are shown) and nothing of the engine.
"""

from __future__ import annotations

import time

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from hctui.core.errors import HctuiError
from hctui.core.model import NodeId, VmId
from hctui.core.state import Proposal
from hctui.engine.commands import Reject
from hctui.engine.view import Line
from hctui.tui.case import LOOK_SECONDS
from hctui.tui.cell import Tone, cell
from hctui.tui.keys import Where, bindings
from hctui.tui.lists import log, nodes, violations, vms
from hctui.tui.page import Page
from hctui.tui.picture import Picture
from hctui.tui.trail import Trail
from hctui.tui.widgets.filter_box import FilterBox
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.proposal_bar import ProposalBar
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine

LEAST_RULES = 4
"""The list of broken rules has room for so many, and for saying that there is none."""

SEED_SECONDS = 3600.0
"""How far back the sparklines may begin when the console is opened on an engine that has been running."""


class VmTable(Table):
    """The table of VMs, with keys of its own."""

    BINDINGS = bindings(Where.VMS, Where.LIST)


class NodeTable(Table):
    """The table of nodes."""

    BINDINGS = bindings(Where.NODES, Where.LIST)


class RuleTable(Table):
    """The list of broken rules."""

    BINDINGS = bindings(Where.LIST)


class LogTable(Table):
    """The log."""

    BINDINGS = bindings(Where.LOG, Where.LIST)


class Dashboard(Page[None]):
    """The first screen."""

    BINDINGS = bindings(Where.DASHBOARD, Where.PROPOSAL)
    AUTO_FOCUS = "#vms"

    own_clock = staticmethod(time.monotonic)
    """Seconds as they pass for the person; those of a demo's engine are shorter."""

    def __init__(self) -> None:
        super().__init__()
        self._sorting = vms.Sorting()
        self._wanted = {"vms": "", "log": ""}
        self._filtering = "vms"
        self._verbose = False
        self._trail = Trail()
        self._seeded = False
        self._book = log.LogBook()
        self._told = 0
        self._lines: dict[str, Line] = {}
        self._picture: Picture | None = None
        self._seen: tuple[int, float] | None = None

    def compose(self) -> ComposeResult:
        """From top to bottom; the style sheet moves parts beside each other where there is room."""
        glyphs = self.console_app.glyphs
        yield StatusBar()
        yield NodeTable(
            nodes.columns(self.console_app.picture.view.policy),
            empty="no node is known yet",
            glyphs=glyphs,
            id="nodes",
        )
        yield TextLine(id="legend")
        with Vertical(id="main"):
            yield VmTable(vms.COLUMNS, empty="no VM is known yet", glyphs=glyphs, id="vms")
            with Vertical(id="side"):
                yield RuleTable(
                    violations.COLUMNS, empty="all rules are kept", glyphs=glyphs, id="violations"
                )
                yield LogTable(log.COLUMNS, empty="nothing yet", follow=True, glyphs=glyphs, id="log")
        yield FilterBox("text, node, tag, violation, cooldown")
        yield ProposalBar()
        yield KeyBar()

    # Showing

    def paint(self, picture: Picture) -> None:
        """Show a picture; what stands on the screen already is not drawn again."""
        if not self.is_mounted:
            return
        self._notice(picture.view.state.proposal)
        self._picture = picture
        now = self.console_app.front.now()
        if picture.snapshot:
            self._trail.add(picture.snapshot)
            self._seed()
        for table in self.query(Table):
            if table.glyphs is not self.console_app.glyphs:  # the setting was changed
                table.glyphs = self.console_app.glyphs
        self.query_one(StatusBar).paint(picture, now)
        self.query_one(ProposalBar).paint(picture, now, self.console_app.glyphs)
        self.query_one("#legend", TextLine).show(cell(f" {nodes.legend(picture)}", Tone.DIM))
        self._paint_nodes(picture)
        self._paint_vms()
        self._paint_rules(picture)
        self._paint_log()

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
        self._table("vms").touch(vms.cooling(picture, now))

    def _paint_nodes(self, picture: Picture) -> None:
        table, glyphs = self._table("nodes"), self.console_app.glyphs
        columns = nodes.columns(picture.view.policy)
        if table.columns != columns:  # thresholds were changed
            table.set_columns(columns)
        table.show(nodes.order(picture), lambda key: nodes.row(picture, NodeId(key), self._trail, glyphs))
        table.styles.height = len(nodes.order(picture)) + 1

    def _paint_vms(self) -> None:
        picture, front = self._picture, self.console_app.front
        if picture is None:
            return
        table, glyphs = self._table("vms"), self.console_app.glyphs
        wanted = self._wanted["vms"]
        table.sort_mark = (self._sorting.column, self._sorting.descending)
        table.empty = f"no VM matches {wanted!r}" if wanted else "no VM is known yet"
        keys = vms.order(picture, self._sorting, wanted, front.now())
        table.show(keys, lambda key: vms.row(picture, VmId(key), front.now(), glyphs))

    def _paint_rules(self, picture: Picture) -> None:
        found = violations.order(picture)
        self._table("violations").show(list(found), lambda key: violations.row(picture, found[key]))
        self.query_one("#side").set_class(bool(found), "-broken")
        self._table("violations").styles.max_height = max(len(found), LEAST_RULES) + 1

    def _paint_log(self) -> None:
        self._told, new = self.console_app.front.lines_since(self._told)
        self._book.add(self._told, new)
        self._lines = self._book.shown(self._wanted["log"], verbose=self._verbose)
        lines = self._lines
        self._table("log").show(list(lines), lambda key: log.row(lines[key]))

    def _table(self, name: str) -> Table:
        return self.query_one(f"#{name}", Table)

    def _seed(self) -> None:
        """Fill the sparklines from the journal, once."""
        queries = self.console_app.front.queries
        if queries is not None and not self._seeded:
            self._seeded = True
            self.run_worker(self._read_trail(), exit_on_error=False)

    async def _read_trail(self) -> None:
        from hctui.tui.seed import readings

        queries = self.console_app.front.queries
        if queries is None or self._picture is None:
            return
        try:
            self._trail.begin(await readings(queries, self._picture.view, SEED_SECONDS))
        except HctuiError as error:
            self.console_app.say(f"The past cannot be shown. {error}", is_wrong=True)
        else:
            self._paint_nodes(self._picture)

    # What is chosen

    @property
    def vm_id(self) -> VmId | None:
        """The VM that is meant: the one under the cursor, or the one of the broken rule under it."""
        picture = self._picture
        if picture and self.focused is self._table("violations"):
            finding = violations.order(picture).get(self._table("violations").cursor_key or "")
            return violations.first_vm(finding) if finding else None
        key = self._table("vms").cursor_key
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
        self._sort(self._sorting.by(event.column_key))

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort(self._sorting.next(self._table("vms").size.width))

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self._sort(self._sorting.reversed())

    def _sort(self, sorting: vms.Sorting) -> None:
        self._sorting = sorting
        self._paint_vms()
        self._table("vms").scroll_home(animate=False)

    # Filters

    def action_filter(self) -> None:
        """Open the filter of the log if that has the focus, else of the VMs."""
        self._filtering = "log" if self.focused is self._table("log") else "vms"
        box = self.query_one(FilterBox)
        box.value = self._wanted[self._filtering]
        box.open()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        if self._wanted[self._filtering] != event.value:
            self._wanted[self._filtering] = event.value
            self._paint_vms() if self._filtering == "vms" else self._paint_log()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one(FilterBox).settle()
        self._table(self._filtering).focus()

    def action_back(self) -> None:
        """Forget the filter."""
        self._wanted = dict.fromkeys(self._wanted, "")
        self.query_one(FilterBox).clear_and_close()
        self._table(self._filtering).focus()
        self._paint_vms()
        self._paint_log()

    # The log

    def action_follow(self) -> None:
        """Follow the newest line, or hold."""
        table = self._table("log")
        table.follow = not table.follow
        self.console_app.say(
            "Following the newest line." if table.follow else "Holding: the log stays where it is."
        )

    def action_verbose(self) -> None:
        """Show every line, or only those that say what came of it."""
        self._verbose = not self._verbose
        self._paint_log()

    def action_switch_panel(self) -> None:
        """Switch between log and broken rules where there is room for one of them."""
        self.query_one("#side").toggle_class("-violations")

    # Asking why, acting

    def action_explain(self) -> None:
        """Explain what has the focus: a line's cycle, a VM, or the last decision."""
        from hctui.tui.screens.explain import Explanation

        if self.focused is self._table("log"):
            line = self._lines.get(self._table("log").cursor_key or "")
            self.app.push_screen(Explanation(at=line.at if line else None))
        elif self.vm_id:
            self.app.push_screen(Explanation(vm_id=self.vm_id))
        else:
            self.app.push_screen(Explanation())

    def action_move(self) -> None:
        """Move the chosen VM by hand."""
        from hctui.tui.screens.move import MovePage

        if self.vm_id:
            self.app.push_screen(MovePage(self.vm_id))

    def action_copy(self) -> None:
        """Copy the row under the cursor."""
        table = self.focused
        if isinstance(table, Table) and (text := table.row_text()):
            self.console_app.copy("The row", text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of a proposal are there while one waits."""
        if action in ("approve", "reject", "next_best"):
            return self._seen is not None
        return True

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
