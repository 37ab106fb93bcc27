"""Past migrations, decisions and orders: three lists over a time, with a filter, and their export.

It keeps what the person chose. The past is read from the journal, anew after every poll; nothing is kept of what is
not listed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from hctui.config.errors import FolderError
from hctui.config.paths import create_folder
from hctui.core.errors import HctuiError
from hctui.engine.queries import Form, MigrationTold, OrderTold, Queries, Subject
from hctui.tui.cell import Cell, Tone, cell
from hctui.tui.keys import Where, bindings
from hctui.tui.lists import history
from hctui.tui.lists.folding import Fold
from hctui.tui.page import Page
from hctui.tui.past import Told, Wanted, found
from hctui.tui.picture import Picture
from hctui.tui.screens.question import Answer, Question
from hctui.tui.widgets.filter_box import FilterBox
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine

NO_JOURNAL = "Nothing has been recorded yet: that begins when the cluster has answered for the first time."

_TYPING_SECONDS = 0.15
"""So long a filter rests before it is looked for, so that not every key of a word asks the journal."""

_EXPLAIN, _CLOSE = "explain", "close"
_CLOSING = Answer(_CLOSE, "Close", is_safe=True)
_FORMS = (
    Answer(Form.CSV, "CSV"),
    Answer(Form.JSON_LINES, "JSON lines"),
    Answer(_CLOSE, "Cancel", is_safe=True),
)
_SUBJECTS = tuple(Subject)


class History(Page[None]):
    """Three lists in one place: one key goes round them."""

    CSS_PATH = "history.tcss"
    BINDINGS = bindings(Where.HISTORY, Where.LIST)
    AUTO_FOCUS = "#list"

    def __init__(self) -> None:
        super().__init__()
        self._subject = Subject.MIGRATIONS
        self._span = 0
        self._wanted = ""
        self._told: Mapping[str, Told] = {}
        self._is_cut = False
        self._first_seen: str | None = None
        self._picture: Picture | None = None
        self._read_at: object = None

    def compose(self) -> ComposeResult:
        """What is listed, the list, and the filter."""
        glyphs = self.console_app.glyphs
        yield StatusBar()
        yield TextLine(id="heading", glyphs=glyphs)
        yield Prose(id="note")
        yield Table(history.COLUMNS[self._subject], empty="reading", glyphs=glyphs, id="list")
        yield FilterBox("a VM, a node, an outcome, words of the sentence")
        yield KeyBar()

    # Showing

    def paint(self, picture: Picture) -> None:
        """Show a picture; the past is read again if there was a poll, or a migration went on."""
        if not self.is_mounted:
            return
        self._picture = picture
        view = picture.view
        self.query_one(StatusBar).paint(picture, self.console_app.front.now())
        decided = view.decision.at if view.decision else None
        migration = (view.state.migration.id, view.state.migration.phase) if view.state.migration else None
        known = (decided, migration, self.console_app.front.queries)
        if known != self._read_at:
            self._read_at = known
            self._read()
        self._list.touch(self._told)

    def tick(self, now: float) -> None:
        """Let the timers run."""
        if self._picture:
            self.query_one(StatusBar).tick(self._picture, now)

    def _show(self, told: Mapping[str, Told], *, is_cut: bool) -> None:
        self._told, self._is_cut = told, is_cut
        self._list.empty = history.nothing(self._subject, self._span_words, self._wanted)
        self._list.show(list(told), lambda key: self._row(told[key]))
        self._head()

    @on(Table.Moved)
    def _moved(self) -> None:
        if self._told:
            self._head()

    def _head(self) -> None:
        """Say what is listed, and what has come above the cursor since that was on the first row."""
        order = list(self._told)
        if self._first_seen not in self._told or self._list.cursor_key == order[0]:
            self._first_seen = order[0] if order else None
        listed = history.Listed(
            sum(each.count if isinstance(each, Fold) else 1 for each in self._told.values()),
            len(order),
            order.index(self._first_seen) if self._first_seen else 0,
            self._is_cut,
        )
        heading = history.heading(self._subject, self._span_words, self._wanted, listed)
        self.query_one("#heading", TextLine).show(heading)

    def _row(self, told: Told) -> tuple[Cell, ...]:
        assert self._picture is not None  # noqa: S101 - there are rows only after a picture
        match told:
            case Fold():
                return history.decision_row(told)
            case OrderTold():
                return history.order_row(told)
            case MigrationTold():
                return history.migration_row(self._picture, told)

    @property
    def _list(self) -> Table:
        return self.query_one("#list", Table)

    @property
    def _span_words(self) -> str:
        return history.SPANS[self._span][1]

    def _note(self, text: str) -> None:
        self.query_one("#note", Prose).show(cell(text, Tone.NOTICE))

    # Reading

    def _read(self, rest_seconds: float = 0.0) -> None:
        queries = self.console_app.front.queries
        if queries is None:
            self._list.empty = ""
            self._note(NO_JOURNAL)
        else:
            reading = partial(self._have_read, queries, rest_seconds)
            _: Worker[None] = self.run_worker(reading, group="past", exclusive=True, exit_on_error=False)

    async def _have_read(self, queries: Queries, rest_seconds: float) -> None:
        await asyncio.sleep(rest_seconds)
        until = self.console_app.front.now()
        since = until - history.SPANS[self._span][0]
        try:
            past = await found(queries, self._subject, Wanted(since, until, self._wanted))
        except HctuiError as error:
            self._note(str(error))
            return
        self._note("")
        self._show(past.told, is_cut=past.is_cut)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An error nobody foresaw is told, and the page goes on."""
        if event.state is WorkerState.ERROR:
            self._note(f"The history cannot be shown: {type(event.worker.error).__name__}.")

    # What is chosen

    def action_swap(self) -> None:
        """Go on to the next list: migrations, decisions, orders, and round again."""
        self._subject = _SUBJECTS[(_SUBJECTS.index(self._subject) + 1) % len(_SUBJECTS)]
        self._told = {}
        self._list.set_columns(history.COLUMNS[self._subject])
        self._list.show([], lambda _key: ())
        self._list.empty = "reading"
        self._read()

    def action_wider(self) -> None:
        """Show a longer time."""
        self._choose_span(self._span + 1)

    def action_narrower(self) -> None:
        """Show a shorter time."""
        self._choose_span(self._span - 1)

    def _choose_span(self, span: int) -> None:
        if 0 <= span < len(history.SPANS):
            self._span = span
            self._read()

    @on(Table.Chosen)
    def _open(self, event: Table.Chosen) -> None:
        match self._told.get(event.key):
            case Fold() as fold:
                self._explain(fold.newest.at)
            case OrderTold() as order:
                self.app.push_screen(Question("Order", history.whole_order(order), (_CLOSING,)))
            case MigrationTold() as migration:
                self._open_migration(migration)

    def _open_migration(self, migration: MigrationTold) -> None:
        def answered(answer: str | None) -> None:
            if answer == _EXPLAIN:
                self._explain(migration.requested_at)

        answers = (Answer(_EXPLAIN, "Explain"), _CLOSING)
        self.app.push_screen(Question("Migration", history.whole(migration), answers), answered)

    def _explain(self, at: float) -> None:
        from hctui.tui.screens.explain import Explanation

        self.app.push_screen(Explanation(at=at))

    def action_copy(self) -> None:
        """Copy the row under the cursor."""
        if text := self._list.row_text():
            self.console_app.copy("The row", text)

    # The filter

    def action_filter(self) -> None:
        """Open the filter."""
        self.query_one(FilterBox).open()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        wanted = event.value.strip()
        if wanted != self._wanted:
            self._wanted = wanted
            self._read(_TYPING_SECONDS)

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one(FilterBox).settle()
        self._list.focus()

    def action_back(self) -> None:
        """Forget the filter, or, if there is none, close the page."""
        box = self.query_one(FilterBox)
        if not box.is_open:
            self.dismiss()
            return
        box.clear_and_close()
        self._list.focus()

    # The export

    def action_export(self) -> None:
        """Ask for the form, then write a file."""
        subject, span = self._subject, self._span
        queries = self.console_app.front.queries
        if queries is None:
            self.console_app.say(NO_JOURNAL, is_wrong=True)
            return

        def answered(answer: str | None) -> None:
            if answer in tuple(Form):
                writing = partial(self._export, queries, subject, Form(answer), history.SPANS[span][0])
                _: Worker[None] = self.run_worker(writing, group="export", exit_on_error=False)

        text = history.export_question(subject, self._span_words, self._wanted)
        self.app.push_screen(Question("Export", text, _FORMS), answered)

    async def _export(self, queries: Queries, subject: Subject, form: Form, seconds: float) -> None:
        now = self.console_app.front.now()
        cluster = self._picture.view.cluster if self._picture else None
        folder = self.console_app.outlook.export_folder
        path = history.export_path(folder, cluster.name if cluster else "", subject, form, now)
        try:
            await asyncio.to_thread(create_folder, folder)
            rows = await queries.export(subject, form, path, now - seconds, now)
        except FolderError as error:
            self.console_app.say(f"The export failed: {error}", is_wrong=True)
        except HctuiError as error:
            self.console_app.say(str(error), is_wrong=True)
        else:
            self.console_app.say(history.exported(subject, rows, path))
