"""Moving a VM by hand: every node with its verdict, a question, and what came of it.

The engine sends such a move through the same executor as its own, after the same checks on fresh data.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from hctui.core import by_hand
from hctui.core.by_hand import Option
from hctui.core.decision import Move
from hctui.core.model import NodeId, VmId
from hctui.engine.commands import MoveVm
from hctui.tui import errand as errands
from hctui.tui import move_words as words
from hctui.tui.cell import EMPTY, Cell
from hctui.tui.errand import Errand
from hctui.tui.glyphs import Glyphs
from hctui.tui.keys import Where, bindings, named
from hctui.tui.lists import targets
from hctui.tui.outcome import outcome
from hctui.tui.picture import Picture, picture_of
from hctui.tui.screens.following import FollowingPage
from hctui.tui.screens.question import Answer, Question
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table

_YES, _NO = "yes", "no"


class TargetTable(Table):
    """The list of nodes."""

    BINDINGS = bindings(Where.TARGETS)

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(targets.COLUMNS, empty="there is no node to move it to", glyphs=glyphs, id="targets")


class MovePage(FollowingPage[None]):
    """Where a VM may go, and a way to send it there."""

    CSS_PATH = "move.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*named("copy")]
    AUTO_FOCUS = "#targets"

    def __init__(self, vm_id: VmId, back_to: NodeId | None = None) -> None:
        """A page for a VM; with `back_to`, to undo its last move: the cursor begins on that node."""
        super().__init__()
        self._vm_id = vm_id
        self._back_to = back_to
        self._vm_name = str(vm_id)
        self._picture: Picture | None = None
        self._options: dict[str, Option] = {}
        self._errand: Errand | None = None
        self._is_placed = False

    def compose(self) -> ComposeResult:
        """What is moved, what came of it, where it may go, and the verdict under the cursor in whole."""
        yield StatusBar()
        yield Prose(id="headline")
        yield Prose(id="outcome")
        yield Prose(id="standing")
        yield TargetTable(self.console_app.glyphs)
        yield Prose(id="detail")
        yield KeyBar()

    def on_mount(self) -> None:
        """Follow the engine from now on, so that no answer is missed."""
        self.paint(self.console_app.picture)

    # Showing

    def paint(self, picture: Picture) -> None:
        """Show a picture, after what led to it."""
        self._catch_up()
        self._picture = picture
        vm = picture.vm(self._vm_id)
        self._vm_name = vm.name if vm else self._vm_name
        front, glyphs = self.console_app.front, self.console_app.glyphs
        self.query_one(StatusBar).paint(picture, front.now())
        told = outcome(picture, self._errand) if self._errand else EMPTY
        self.query_one("#headline", Prose).show(words.headline(picture, self._vm_id, self._vm_name, glyphs))
        self.query_one("#outcome", Prose).show(told)
        self.query_one("#standing", Prose).show(*words.standing(picture, self._vm_id, self._back_to))
        self._options = targets.order(picture, self._vm_id, front.now())
        table = self._table
        table.show(list(self._options), self._row)
        self._place_cursor(table)
        self._show_detail()

    def _place_cursor(self, table: Table) -> None:
        """Once, where it is of most use: on the node to go back to, else on the first that is allowed."""
        if self._is_placed or not self._options:
            return
        self._is_placed = True
        allowed = next((key for key, option in self._options.items() if option.allowed), None)
        if not (self._back_to and table.set_cursor(self._back_to)) and allowed:
            table.set_cursor(allowed)

    def tick(self, now: float) -> None:
        """Let the waits run."""
        picture = self._picture
        if picture is None:
            return
        self.query_one(StatusBar).tick(picture, now)
        self._options = targets.order(picture, self._vm_id, now)
        self._table.touch(self._options)
        self._show_detail()

    @property
    def _table(self) -> Table:
        return self.query_one("#targets", Table)

    def _row(self, key: str) -> tuple[Cell, ...]:
        picture = self._picture or self.console_app.picture
        return targets.row(picture, self._vm_id, self._options[key], self.console_app.glyphs)

    @on(Table.Moved, "#targets")
    def _show_detail(self) -> None:
        option = self._options.get(self._table.cursor_key or "")
        self.query_one("#detail", Prose).show(words.detail(option))

    def _catch_up(self) -> None:
        """Look at every view and line there was, so that no answer is missed."""
        errand, views, lines = self._errand, self.following.new_views(), self.following.new_lines()
        if errand is None:
            return
        for view in views:
            errand = errands.shown(errand, view)
        self._errand = errands.heard(errand, lines)

    # Moving

    @on(Table.Chosen, "#targets")
    def _choose(self, event: Table.Chosen) -> None:
        """Ask before anything is sent; say why where nothing can be."""
        picture, option = self._picture, self._options.get(event.key)
        if picture is None or option is None:
            return
        move = targets.move(picture, self._vm_id, option)
        if told := self._objection(option, move):
            self.console_app.say(told, is_wrong=True)
        elif move:
            self._ask(picture, move, option)

    def _objection(self, option: Option, move: Move | None) -> str:
        """Why nothing is even asked; empty if there is no reason."""
        if self._errand and not self._errand.stage.is_answered:
            return "The answer to your last move is not there yet."
        if not option.allowed or move is None:
            return words.refusal(option)
        return ""

    def _ask(self, picture: Picture, move: Move, option: Option) -> None:
        title, text, label = words.question(picture, move, option, self.console_app.glyphs)
        question = Question(title, text, (Answer(_NO, "Not yet", is_safe=True), Answer(_YES, label)))
        dry_run = picture.view.policy.dry_run

        def answered(answer: str | None) -> None:
            if answer == _YES:
                self._send(move, option, dry_run=dry_run)

        self.app.push_screen(question, answered)

    def _send(self, move: Move, asked: Option, *, dry_run: bool) -> None:
        """Send what the question was about, if that is still how things are."""
        app = self.console_app
        picture = picture_of(app.front.view)
        option = targets.order(picture, self._vm_id, app.front.now()).get(asked.node_id)
        if told := words.overtaken(move, asked, picture, option, dry_run=dry_run):
            app.say(told, is_wrong=True)
            return
        order = MoveVm(move.vm_id, move.target, override_cooldowns=bool(asked.soft), dry_run=dry_run)
        self._errand = Errand(order, move, app.front.view.decision)
        app.command(order)
        self.paint(picture)

    def action_copy(self) -> None:
        """Copy all that the page shows."""
        picture = self._picture
        if picture is None:
            return
        told = (self.query_one(f"#{name}", Prose).text for name in ("headline", "outcome", "standing"))
        glyphs = self.console_app.glyphs
        rows = (targets.told(picture, self._vm_id, option, glyphs) for option in self._options.values())
        self.console_app.copy("The plan", "\n".join(filter(None, (*told, *rows))))


def undo_page(picture: Picture) -> MovePage | None:
    """A page that offers to move the VM that was moved last back to where it came from; `None` if there is none."""
    if picture.snapshot is None:
        return None
    last = by_hand.last_move(picture.view.state, picture.snapshot)
    return MovePage(*last) if last else None
