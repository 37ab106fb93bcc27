"""A question with a few answers. The focus is on the one that changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Button, Static

from hctui.core.errors import HctuiError
from hctui.tui.keys import Where, bindings
from hctui.tui.page import Dialog

Evidence = Callable[[], Awaitable[str]]

ROWS_AROUND = 7
"""What the text leaves of the screen's rows: one above the box and one below, its frame, the remark, the answers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what is returned, and what stands on its button. `is_safe` gets the focus."""

    id: str
    label: str
    is_safe: bool = False


class Question(Dialog[str]):
    """Asks, and returns the id of the answer; `None` if it was closed without one."""

    CSS_PATH = "question.tcss"
    BINDINGS = bindings(Where.QUESTION)

    def __init__(
        self,
        title: str,
        text: str,
        answers: tuple[Answer, ...],
        evidence: Evidence | None = None,
        *,
        first_in_sight: str = "",
    ) -> None:
        """A question.

        Args:
            title: what it is about, in a few words.
            text: what will happen, literally.
            answers: from left to right.
            evidence: reads what helps to answer; shown below once it is there.
            first_in_sight: the beginning of the evidence that is in sight at first, if the text must give way for it.
        """
        super().__init__()
        self._title = title
        self._text = text
        self._answers = answers
        self._evidence = evidence
        self._first_in_sight = first_in_sight

    def compose(self) -> ComposeResult:
        """Title, text, evidence and a button for each answer."""
        with Vertical(id="box") as box:
            box.border_title = Content(self._title)
            with VerticalScroll(can_focus=False):  # its keys work whichever answer has the focus
                yield Static(self._text, id="text", markup=False)
                if self._evidence:
                    yield Static("Reading what was done so far.", id="evidence", markup=False)
            yield Static("", id="more", markup=False)
            with Horizontal(id="answers"):
                for answer in self._answers:
                    yield Button(answer.label, id=answer.id, compact=True)

    def on_resize(self, event: events.Resize) -> None:
        """Give the text the rows there are. A style sheet cannot: the box's height goes by that of the text."""
        self.query_one(VerticalScroll).styles.max_height = event.size.height - ROWS_AROUND
        self.call_after_refresh(self._tell_of_more)

    def on_mount(self) -> None:
        """Put the focus where an accidental key does no harm."""
        safe = next(answer for answer in self._answers if answer.is_safe)
        self.query_one(f"#{safe.id}", Button).focus()
        self.call_after_refresh(self._tell_of_more)
        if self._evidence:
            self.run_worker(self._read(self._evidence), exit_on_error=False)

    async def _read(self, evidence: Evidence) -> None:
        try:
            told = await evidence()
        except HctuiError as error:
            told = str(error)
        self.query_one("#evidence", Static).update(told)
        self.call_after_refresh(self._show_evidence)

    def _show_evidence(self) -> None:
        """Bring in sight what must be, scrolling no further than that takes."""
        evidence, first = self.query_one("#evidence", Static), Content(self._first_in_sight)
        if first and evidence.size.width:
            rows = first.get_height({}, evidence.size.width)
            beginning = Region(0, evidence.virtual_region.y, 1, rows)
            self.query_one(VerticalScroll).scroll_to_region(beginning, animate=False)
        self._tell_of_more()

    def _tell_of_more(self) -> None:
        """Where not everything is in sight, say how to read on."""
        hidden = self.query_one(VerticalScroll).max_scroll_y > 0
        self.query_one("#more", Static).update(
            "There is more: scroll with the arrows up and down." if hidden else ""
        )

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id)

    def action_other_answer(self, step: int) -> None:
        """Go to the next answer, or the one before."""
        self.focus_next(Button) if step > 0 else self.focus_previous(Button)

    def action_scroll_text(self, direction: int) -> None:
        """Read on, or back, whichever button has the focus."""
        text = self.query_one(VerticalScroll)
        text.scroll_relative(y=direction * max(1, text.size.height // 2), animate=False)
