"""CPU and RAM over time: of all nodes, of one of them, or of one VM, with thresholds and migrations.

It keeps which time and which figure the person chose. The past is read from the journal, once for each poll.
"""

from __future__ import annotations

from functools import partial

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.worker import Worker, WorkerState

from hctui.core.errors import HctuiError
from hctui.core.model import NodeId, VmId
from hctui.engine.queries import Queries
from hctui.tui.cell import Cell, Tone, cell
from hctui.tui.keys import Where, bindings
from hctui.tui.lists import charts, moments
from hctui.tui.lists.charts import CPU, RAM, Past, Scope
from hctui.tui.page import Page
from hctui.tui.picture import Picture
from hctui.tui.widgets.chart import SIDE, Chart
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine

NO_JOURNAL = "Nothing has been recorded yet: that begins when the cluster has answered for the first time."

_USUAL_SPAN = 1
_FEWEST_POINTS = 30


class Charts(Page[None]):
    """The charts of all nodes, or, if one is given, of a node or a VM."""

    CSS_PATH = "charts.tcss"
    BINDINGS = bindings(Where.CHARTS, Where.LIST)
    AUTO_FOCUS = "#lines"

    def __init__(self, node_id: NodeId | None = None, vm_id: VmId | None = None) -> None:
        super().__init__()
        self._scope = Scope(node_id, vm_id)
        self._span = _USUAL_SPAN
        self._figure = CPU
        self._picture: Picture | None = None
        self._past: Past | None = None
        self._read_at: object = None

    def compose(self) -> ComposeResult:
        """One chart or two, as many as there is room for; below them what letters and numbers mean."""
        glyphs = self.console_app.glyphs
        columns = charts.NODE_COLUMNS if self._scope.vm_id is None else charts.VM_COLUMNS
        yield StatusBar()
        yield TextLine(id="heading", glyphs=glyphs)
        yield Prose(id="note")
        with Vertical(id="panels"):
            for figure in (CPU, RAM):
                with Vertical(id=f"panel-{figure}", classes="panel"):
                    yield TextLine(id=f"caption-{figure}", glyphs=glyphs)
                    yield Chart(id=f"chart-{figure}", glyphs=glyphs)
        yield Table(columns, among_others=True, glyphs=glyphs, id="lines")
        empty = moments.nothing(self._scope)
        yield Table(moments.COLUMNS, empty=empty, among_others=True, glyphs=glyphs, id="events")
        yield KeyBar()

    def on_mount(self) -> None:
        """Choose the figure that is shown where there is room for one."""
        self.add_class("-vm" if self._scope.vm_id is not None else "-nodes", f"-{self._figure}")

    def on_resize(self, event: events.Resize) -> None:
        """There may be room for both figures now, or no longer."""
        self.call_after_refresh(self.refresh_bindings)

    # Showing

    def paint(self, picture: Picture) -> None:
        """Show a picture; the past is read again if there was a poll."""
        if not self.is_mounted:
            return
        self._picture = picture
        self.query_one(StatusBar).paint(picture, self.console_app.front.now())
        polled = (picture.view.decision.at if picture.view.decision else None, self.console_app.front.queries)
        if polled != self._read_at:
            self._read_at = polled
            self._read()
        for chart in self.query(Chart):
            chart.draw_with(self.console_app.glyphs)
        self._show()

    def tick(self, now: float) -> None:
        """Let the timers run."""
        if self._picture:
            self.query_one(StatusBar).tick(self._picture, now)

    def _show(self) -> None:
        picture, past, scope = self._picture, self._past, self._scope
        if picture is None:
            return
        span = charts.SPANS[self._span][1]
        self.query_one("#heading", TextLine).show(charts.heading(picture, scope, past, span))
        if past is None:
            return
        policy = picture.view.policy
        marked = moments.events(past, scope, picture)
        for figure in (CPU, RAM):
            self.query_one(f"#caption-{figure}", TextLine).show(charts.caption(scope, figure, policy))
            chart = self.query_one(f"#chart-{figure}", Chart)
            chart.show(charts.drawing(past, scope, figure, policy, moments.marks(marked)))
        glyphs = self.console_app.glyphs
        self._fill("lines", charts.line_rows(past, scope))
        self._fill("events", {event.key: moments.row(event, glyphs) for event in marked})

    def _fill(self, name: str, rows: dict[str, tuple[Cell, ...]]) -> None:
        """Show rows in a table that is no higher than they are; the style sheet says how high it may be."""
        table = self.query_one(f"#{name}", Table)
        table.show(list(rows), lambda key: rows[key])
        table.styles.height = 1 + max(1, len(rows))

    def _note(self, text: str) -> None:
        self.query_one("#note", Prose).show(cell(text, Tone.NOTICE))

    # Reading

    def _read(self) -> None:
        queries = self.console_app.front.queries
        if queries is None:
            self._note(NO_JOURNAL)
        else:
            reading = partial(self._have_read, queries)
            _: Worker[None] = self.run_worker(reading, group="past", exclusive=True, exit_on_error=False)

    async def _have_read(self, queries: Queries) -> None:
        seconds, words = charts.SPANS[self._span]
        until = self.console_app.front.now()
        try:
            self._past = await self._asked(queries, words, until - seconds, until)
        except HctuiError as error:
            self._note(str(error))
            return
        self._note(
            charts.nothing(self._scope, words) if not charts.line_rows(self._past, self._scope) else ""
        )
        self._show()

    async def _asked(self, queries: Queries, span: str, since: float, until: float) -> Past:
        points = max(_FEWEST_POINTS, self.query_one("#panels").size.width - SIDE)
        migrations = await queries.migrations(since, until, charts.MOST_MIGRATIONS)
        if self._scope.vm_id is None:
            nodes = await queries.node_series(since, until, points)
            return Past(span, since, until, nodes=nodes, migrations=migrations)
        vm = await queries.vm_series(self._scope.vm_id, since, until, points)
        own = tuple(each for each in migrations if each.vm_id == self._scope.vm_id)
        return Past(span, since, until, vm=vm, migrations=own)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An error nobody foresaw is told, and the page goes on."""
        if event.state is WorkerState.ERROR:
            self._note(f"The charts cannot be shown: {type(event.worker.error).__name__}.")

    # What is chosen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key that switches is there where it has something to switch."""
        if action == "swap_figure":
            return self._scope.vm_id is None and not (self.has_class("-tall") or self.has_class("-wide"))
        return True

    def action_swap_figure(self) -> None:
        """Show the other figure."""
        self.remove_class(f"-{self._figure}")
        self._figure = RAM if self._figure == CPU else CPU
        self.add_class(f"-{self._figure}")

    def action_wider(self) -> None:
        """Show a longer time."""
        self._choose_span(self._span + 1)

    def action_narrower(self) -> None:
        """Show a shorter time."""
        self._choose_span(self._span - 1)

    def _choose_span(self, span: int) -> None:
        if 0 <= span < len(charts.SPANS):
            self._span = span
            self._read()

    def action_next_subject(self) -> None:
        """Show the next node, or the next VM."""
        if self._picture:
            self._choose(self._scope.next(self._picture))

    @on(Table.Chosen, "#lines")
    def _choose_line(self, event: Table.Chosen) -> None:
        if self._scope.vm_id is None:
            self._choose(Scope() if self._scope.node_id else Scope(node_id=NodeId(event.key)))

    def _choose(self, scope: Scope) -> None:
        self._scope = scope
        if scope.vm_id is not None:
            self._past = None
        self._show()
        self._read()

    def action_copy(self) -> None:
        """Copy the row under the cursor."""
        if isinstance(self.focused, Table) and (text := self.focused.row_text()):
            self.console_app.copy("The row", text)
