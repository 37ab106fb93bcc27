"""The waiting proposal: what it would do, every check, the next best moves, and the answer to it.

What is approved is the proposal that is on the screen, or nothing. The page stays until it is known what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button

from hctui.core.decision import Move
from hctui.engine.commands import Approve, Choose, Reject
from hctui.tui import approve_words as words
from hctui.tui import case as cases
from hctui.tui.case import Case
from hctui.tui.cell import EMPTY
from hctui.tui.errand import Errand, heard
from hctui.tui.keys import Where, bindings, named
from hctui.tui.lists import checks, next_best
from hctui.tui.picture import Picture
from hctui.tui.screens.following import FollowingPage
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.passage import Passage
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine

OPENING_SECONDS = 0.3
"""The page is there for at least so long before a key answers on it."""

_ANSWERS = ("approve", "reject", "next_best")


class Approval(FollowingPage[None]):
    """Shows the proposal that waits. The key that opened it, pressed here, approves it."""

    CSS_PATH = "approve.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.PROPOSAL), *named("copy")]
    AUTO_FOCUS = None

    def __init__(
        self,
        choosing: bool = False,
        seen: tuple[int, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """A page for the proposal that waits when it is opened.

        Args:
            choosing: begin in the table of next best moves.
            seen: the id of a proposal that the person has been looking at, and since when by `clock`.
            clock: seconds as they pass for the person.
        """
        super().__init__()
        self._choosing = choosing
        self._seen = seen
        self._clock = clock
        self._case: Case | None = None
        self._picture: Picture | None = None
        self._others: dict[str, Move] = {}

    def compose(self) -> ComposeResult:
        """One column, which scrolls as a whole; on wide screens the style sheet makes two of it."""
        glyphs = self.console_app.glyphs
        yield StatusBar()
        with Horizontal(id="head"):
            yield Prose(id="headline")
            yield TextLine(id="standing")
        with VerticalScroll(id="body", can_focus=False):
            with Vertical(id="case"):
                yield Prose(id="remarks")
                with Horizontal(id="answers"):
                    yield Button("Not yet", id="not-yet", compact=True)
                    yield Button("Approve", id="approve", compact=True)
                    yield Button("Reject", id="reject", compact=True)
                yield Prose(id="why")
                yield TextLine(id="figures")
                yield Table(
                    next_best.COLUMNS, empty="no other move", among_others=True, glyphs=glyphs, id="others"
                )
            with Vertical(id="checks"):
                yield Prose(id="summary")
                yield Passage(id="verdicts")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with what is on the screen already, and the focus where an accidental key does no harm."""
        proposal = self.console_app.picture.view.state.proposal
        if proposal:
            self._case = Case(proposal, self._looked_at_since(proposal.id))
        self.paint(self.console_app.picture)
        others = self.query_one("#others", Table)
        (others if self._choosing and self._others else self.query_one("#not-yet", Button)).focus()

    def _looked_at_since(self, proposal_id: int) -> float:
        """Since when the person has had the proposal before them; a key that is held must not answer by itself."""
        now = self._clock()
        if self._seen is None or self._seen[0] != proposal_id:
            return now
        return max(self._seen[1], now - cases.LOOK_SECONDS + OPENING_SECONDS)

    # Showing

    def paint(self, picture: Picture) -> None:
        """Show a picture, after what led to it."""
        self._catch_up()
        self._picture = picture
        now = self.console_app.front.now()
        self.query_one(StatusBar).paint(picture, now)
        self._show_plan(picture, now)
        self._show_others(picture)
        self.tick(now)
        self.refresh_bindings()

    def _show_plan(self, picture: Picture, now: float) -> None:
        """Why, and what it would do; what was shown last stays once there is nothing to answer."""
        case, is_open, glyphs = self._case, self._is_open(now), self.console_app.glyphs
        if case is None:
            return
        move = case.proposal.move
        self.query_one("#headline", Prose).show(words.headline(picture, case, glyphs))
        self.query_one("#why", Prose).show(words.why(move))
        if is_open:
            self.query_one("#figures", TextLine).show(*words.figures(picture, move, glyphs))

    def _show_checks(self, picture: Picture, now: float) -> None:
        """Every check as it is now: data grows old while it is read."""
        is_open = self._is_open(now)
        found = checks.groups(picture, self._case.proposal.move, now) if self._case and is_open else ()
        self.query_one("#summary", Prose).show(checks.summary(found) if is_open else EMPTY)
        self.query_one("#verdicts", Passage).tell(checks.paragraphs(found))

    def tick(self, now: float) -> None:
        """Let the time run that the proposal has left, and that the checks speak of."""
        picture = self._picture
        if picture is None:
            return
        self.query_one(StatusBar).tick(picture, now)
        self.query_one("#standing", TextLine).show(words.standing(picture, self._case, now))
        self.query_one("#remarks", Prose).show(*words.remarks(picture, self._case, now))
        self._show_checks(picture, now)
        is_open = self._is_open(now)
        self.query_one("#not-yet", Button).label = "Not yet" if is_open else "Close"
        for name in ("approve", "reject"):
            button = self.query_one(f"#{name}", Button)
            if button.disabled is is_open:
                button.disabled = not is_open
                self.refresh_bindings()

    def _is_open(self, now: float) -> bool:
        case, picture = self._case, self._picture
        if case is None or picture is None or not case.is_open:
            return False
        return not cases.expired(case.proposal, picture.view.policy, now)

    def _catch_up(self) -> None:
        """Look at every view and line there was, so that no answer is missed."""
        case = self._case
        views, lines = self.following.new_views(), self.following.new_lines()
        if case is None:
            return
        for view in views:
            case = cases.after(case, view, self._clock())
        if case.errand:
            case = replace(case, errand=heard(case.errand, lines))
        self._case = case

    def _show_others(self, picture: Picture) -> None:
        glyphs, table = self.console_app.glyphs, self.query_one("#others", Table)
        is_open = self._case is not None and self._case.is_open
        self._others = next_best.order(picture, self._case.proposal.move) if self._case and is_open else {}
        others = self._others
        table.show(list(others), lambda key: next_best.row(picture, others[key], glyphs))
        table.styles.height = len(others) + 1
        if not others and table.has_focus:
            self.query_one("#not-yet", Button).focus()
        table.set_class(bool(others), "-some")

    # Answering

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys that answer are there while there is something to answer."""
        return self._is_open(self.console_app.front.now()) if action in _ANSWERS else True

    def _objection(self) -> str:
        front = self.console_app.front
        return cases.objection(self._case, front.view, front.now(), self._clock())

    def action_approve(self) -> None:
        """Approve the proposal that is on the screen, and no other."""
        case = self._heeded()
        if case is None:
            return
        front = self.console_app.front
        order = Approve(case.proposal.id)
        self._case = replace(
            case, errand=Errand(order, case.proposal.move, front.view.decision), remark=EMPTY
        )
        self._submit(order)

    def action_reject(self) -> None:
        """Reject it, and close the page."""
        case = self._heeded()
        if case is None or self._picture is None:
            return
        told = words.rejecting(self._picture, case.proposal.move)
        self.console_app.command(Reject(case.proposal.id), told)
        self.dismiss()

    def action_next_best(self) -> None:
        """Go to the next of the moves that could be made instead."""
        table = self.query_one("#others", Table)
        if not self._others:
            self.console_app.say("No other move passes all checks now.")
        elif not table.has_focus:
            table.focus()
        else:
            keys = list(self._others)
            at = keys.index(table.cursor_key) if table.cursor_key in keys else -1
            table.set_cursor(keys[(at + 1) % len(keys)])

    @on(Table.Chosen, "#others")
    def _choose(self, event: Table.Chosen) -> None:
        case, move = self._heeded(), self._others.get(event.key)
        if case is None or move is None:
            return
        choice = Choose(case.proposal.id, move.vm_id, move.target)
        self._case = replace(case, choice=choice, before=self.console_app.front.view, remark=EMPTY)
        self._submit(choice)

    def _heeded(self) -> Case | None:
        """The case, if a key may be heeded; else says why not."""
        told = self._objection()
        if told:
            self.console_app.say(told, is_wrong=True)
            return None
        return self._case

    def _submit(self, order: Approve | Choose) -> None:
        self.console_app.command(order)
        if self._picture:
            self.paint(self._picture)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        action = {"approve": self.action_approve, "reject": self.action_reject}
        action.get(event.button.id or "", self.action_back)()

    def action_back(self) -> None:
        """Close the page; what is not answered yet will be in the log."""
        errand = self._case.errand if self._case else None
        if errand and not errand.stage.is_answered:
            self.console_app.say(f"{errand.move.vm_name}: whether it was sent will be in the log.")
        self.dismiss()

    def action_copy(self) -> None:
        """Copy all that the page shows."""
        picture, glyphs = self._picture, self.console_app.glyphs
        if picture is None:
            return
        figures, standing = (self.query_one(f"#{name}", TextLine).text for name in ("figures", "standing"))
        told = {each.id: each.text for each in (*self.query(Prose), *self.query(Passage))}
        others = [next_best.told(picture, move, glyphs) for move in self._others.values()]
        parts = (
            told["headline"],
            standing,
            told["remarks"],
            told["why"],
            figures,
            told["summary"],
            told["verdicts"],
        )
        self.console_app.copy(
            "The plan", "\n".join(filter(None, (*parts, *(f"Instead: {each}" for each in others))))
        )
