"""What if: a form with other settings, and what they would have done with the recorded days beside those that hold.

The replay runs in a thread of its own, with its progress shown; it ends when the page is left or another one is begun.
"""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from hctui.core.errors import HctuiError
from hctui.engine.queries import Queries
from hctui.replay.told import Contender, named
from hctui.tui.cell import Tone, cell
from hctui.tui.format import date_time
from hctui.tui.keys import Where, bindings
from hctui.tui.page import Page
from hctui.tui.picture import Picture
from hctui.tui.texts import what_if
from hctui.tui.widgets.chart import Chart
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.paper import Paper
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.text_line import TextLine

NO_JOURNAL = "Nothing has been recorded yet: that begins when the cluster has answered for the first time."
HOW = "Change what you like to try, and press enter. The first column is what holds now."
NOTHING = "No sample was recorded in that time."


class WhatIf(Page[None]):
    """Tries settings on the recorded days."""

    CSS_PATH = "what_if.tcss"
    BINDINGS = bindings(Where.WHAT_IF)
    AUTO_FOCUS = "#try-strategy"

    def __init__(self) -> None:
        super().__init__()
        self._reached = ""
        self._is_running = False

    def compose(self) -> ComposeResult:
        """The form above, the figures and the chart below."""
        glyphs = self.console_app.glyphs
        texts = what_if.first_texts(self.console_app.front.view.settings)
        yield StatusBar()
        yield TextLine(id="heading", glyphs=glyphs)
        with Horizontal(id="form"):
            for key, label in (
                *((setting.key, label) for setting, label in what_if.FIELDS),
                (what_if.HOURS, "hours back"),
            ):
                with Vertical(classes="field"):
                    yield Static(label, markup=False)
                    yield Input(texts[key], id=f"try-{key}", compact=True, select_on_focus=True)
        yield TextLine(id="note", glyphs=glyphs)
        with Horizontal(id="came"):
            yield Paper(glyphs=glyphs)
            yield Chart(id="busiest", glyphs=glyphs)
        yield KeyBar()

    def on_mount(self) -> None:
        """Say what there is to do."""
        self.query_one("#heading", TextLine).show(cell(" What if", Tone.STRONG))
        self._note(HOW, Tone.DIM)

    def paint(self, picture: Picture) -> None:
        """Show a picture; what has been replayed stays."""
        if self.is_mounted:
            self.query_one(StatusBar).paint(picture, self.console_app.front.now())

    def tick(self, now: float) -> None:
        """Let the timers run, and say how far a replay is."""
        self.query_one(StatusBar).tick(self.console_app.picture, now)
        if self._is_running:
            self._note(f"Replaying {self._reached}. Escape ends it.", Tone.NOTICE)

    def _note(self, text: str, tone: Tone) -> None:
        self.query_one("#note", TextLine).show(cell(f" {text}", tone))

    # Trying

    @on(Input.Submitted)
    def action_run(self) -> None:
        """Replay with what stands in the form."""
        front = self.console_app.front
        texts = {str(field.id).removeprefix("try-"): field.value for field in self.query(Input)}
        wanted = what_if.wish(front.view.settings, texts)
        if isinstance(wanted, str):
            self._note(wanted, Tone.WARNING)
        elif front.queries is None:
            self._note(NO_JOURNAL, Tone.WARNING)
        else:
            self._is_running = True
            self._note("Replaying. Escape ends it.", Tone.NOTICE)
            running = self._replay(front.queries, wanted, front.now())
            _: Worker[None] = self.run_worker(running, group="replay", exclusive=True, exit_on_error=False)

    async def _replay(self, queries: Queries, wanted: what_if.Wish, until: float) -> None:
        since, contenders = until - wanted.seconds, []
        names = ("as set", "tried")
        for name, policy in zip(names, (wanted.as_set, wanted.tried), strict=True):

            def heard(at: float, name: str = name) -> None:
                self._reached = f"{name}: {date_time(at)}"

            try:
                course = await queries.replay(since, until, policy, heard)
            except HctuiError as error:
                self._ended(str(error))
                return
            contenders.append(Contender(f"{name}: {named(policy)}", policy, course))
        if not contenders[0].course.busiest:
            self._ended(NOTHING)
            return
        self._is_running = False
        self.query_one(Paper).write(tuple(what_if.told(contenders)))
        begin = max(since, contenders[0].course.busiest[0][0])
        self.query_one(Chart).show(what_if.drawing(contenders, begin, until))
        hours = contenders[0].course.measures.hours
        self._note(
            f"{hours:.1f} h of samples. The chart: CPU of the busiest node, A as set, B tried.", Tone.DIM
        )

    def _ended(self, why: str) -> None:
        self._is_running = False
        self._note(why, Tone.WARNING)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An error nobody foresaw is told, and the page goes on."""
        if event.state is WorkerState.ERROR:
            self._ended(f"The replay failed: {type(event.worker.error).__name__}.")
