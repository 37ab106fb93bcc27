"""The explanation: why this was decided, why nothing was, or why a VM is not moved.

A decision is held while it is read, however many follow it; a VM is explained anew with every picture.
"""

from __future__ import annotations

import math

from textual import on
from textual.app import ComposeResult

from hctui.core.decision import Decision
from hctui.core.errors import HctuiError
from hctui.core.model import VmId
from hctui.engine.queries import Queries
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.format import called, date_time
from hctui.tui.keys import Where, bindings, named
from hctui.tui.page import Page
from hctui.tui.paragraph import Paragraph
from hctui.tui.picture import Picture
from hctui.tui.screens.opening import follow
from hctui.tui.texts import decision as decision_text
from hctui.tui.texts import vm_now
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.paper import Paper
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine


class Explanation(Page[None]):
    """Explains one decision, or one VM."""

    CSS_PATH = "explain.tcss"
    BINDINGS = [*bindings(Where.EXPLANATION), *named("move", "copy")]  # noqa: RUF012 - Textual's type
    AUTO_FOCUS = "Paper"

    def __init__(self, *, at: float | None = None, ahead: bool = False, vm_id: VmId | None = None) -> None:
        """Explains the decision made at a time, else the next to it; or a VM; or what was decided last.

        Args:
            at: the time of the decision, Unix seconds.
            ahead: whether the next is the first after that time, and not the latest before it.
            vm_id: the VM, as it is now.
        """
        super().__init__()
        self._at = at
        self._ahead = ahead
        self._vm_id = vm_id
        self._decision: Decision | None = None
        self._is_begun = False

    def compose(self) -> ComposeResult:
        """Status, what is explained, and the explanation."""
        yield StatusBar()
        yield TextLine(id="title")
        yield Paper(glyphs=self.console_app.glyphs)
        yield KeyBar()

    # Showing

    def paint(self, picture: Picture) -> None:
        """Show a picture; a decision that is being read stays."""
        if not self.is_mounted:
            return
        self.query_one(StatusBar).paint(picture, self.console_app.front.now())
        if self._vm_id is not None:
            self._write(vm_now.told(picture, self._vm_id, self.console_app.glyphs))
        elif not self._is_begun:
            self._is_begun = True
            self._begin(picture)
        self._show_title()

    def tick(self, now: float) -> None:
        """Let the status bar run."""
        self.query_one(StatusBar).tick(self.console_app.picture, now)

    def _begin(self, picture: Picture) -> None:
        latest = picture.view.decision
        is_to_come = self._ahead and (latest is None or self._at is None or self._at > latest.at)
        if is_to_come:
            self._is_begun = False
            self._say("The cycle that this line belongs to has not decided yet.")
        elif latest is not None and (self._at is None or self._at >= latest.at):
            self._show(latest)
        elif self._at is None:
            self._is_begun = False
            self._say("Nothing has been decided yet.")
        else:
            self._say("Reading the journal.")
            self.run_worker(self._read(self._at), exit_on_error=False, exclusive=True)

    async def _read(self, at: float) -> None:
        try:
            found = await self._found(at)
        except HctuiError as error:
            self._say(str(error))
            return
        if found is None:
            self._say("There is no decision of that time in the journal.")
        else:
            self._show(found)

    async def _found(self, at: float) -> Decision | None:
        queries = self._queries
        if self._ahead:
            found = await queries.decision_after(math.nextafter(at, -math.inf)) if queries else None
            return found or self.console_app.picture.view.decision  # which may not be in the journal yet
        return await queries.decision_at(at) if queries else None

    def _show(self, decision: Decision) -> None:
        self._decision = decision
        self._write(decision_text.told(decision, self.console_app.glyphs))
        self._show_title()

    def _say(self, sentence: str) -> None:
        self._write((Paragraph("answer", cell(sentence, Tone.NOTICE)),))

    def _write(self, paragraphs: tuple[Paragraph, ...]) -> None:
        self.query_one(Paper).write(paragraphs)

    def _show_title(self) -> None:
        self.query_one("#title", TextLine).show(self._title())

    def _title(self) -> Cell:
        picture = self.console_app.picture
        if self._vm_id is not None:
            vm = picture.vm(self._vm_id)
            return cell(f" Why: {called(vm.name) if vm else self._vm_id}", Tone.STRONG)
        if self._decision is None:
            return cell(" Why", Tone.STRONG)
        latest = picture.view.decision
        is_last = latest is None or latest.at <= self._decision.at
        told = "the last decision" if is_last else f"the decision of {date_time(self._decision.at)}"
        newer = "" if is_last else "   there are later ones"
        return joined(cell(f" Why: {told}", Tone.STRONG), cell(newer, Tone.NOTICE))

    @property
    def _queries(self) -> Queries | None:
        return self.console_app.front.queries

    # Going on from here

    @on(Table.Chosen, "Paper")
    def _follow(self, event: Table.Chosen) -> None:
        follow(self, self.query_one(Paper).link(event.key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A VM has no earlier or later; a decision is not moved."""
        if action in ("earlier", "later"):
            return self._vm_id is None
        return self._vm_id is not None if action == "move" else True

    def action_copy(self) -> None:
        """Copy the whole explanation as plain text."""
        self.console_app.copy("The explanation", self.query_one(Paper).text)

    def action_move(self) -> None:
        """Move the VM by hand."""
        from hctui.tui.screens.move import MovePage

        if self._vm_id is not None:
            self.app.push_screen(MovePage(self._vm_id))

    def action_earlier(self) -> None:
        """Explain the decision before this one."""
        self._go(later=False)

    def action_later(self) -> None:
        """Explain the decision after this one."""
        self._go(later=True)

    def _go(self, *, later: bool) -> None:
        if self._decision is not None:
            going = self._go_from(self._decision, later=later)
            self.run_worker(going, exit_on_error=False, exclusive=True)

    async def _go_from(self, shown: Decision, *, later: bool) -> None:
        queries, latest = self._queries, self.console_app.picture.view.decision
        found: Decision | None = None
        try:
            if queries and later:
                found = await queries.decision_after(shown.at)
            elif queries:
                found = await queries.decision_at(math.nextafter(shown.at, -math.inf))
        except HctuiError as error:
            self.console_app.say(str(error), is_wrong=True)
            return
        if found is None and later and latest is not None and latest.at > shown.at:
            found = latest  # not in the journal yet
        if found is None:
            self.console_app.say(f"There is no {'later' if later else 'earlier'} decision.")
        else:
            self._show(found)
