"""What all steps of the first run have in common: a heading, a body, a place for what is wrong, and buttons below.

A step gets the draft so far and says `Done` with a fuller one, or `Back`; which step comes next is not its business.
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Checkbox, Input, RadioButton, Static
from textual.worker import Worker, WorkerState

from hctui.core.errors import HctuiError
from hctui.tui.first_run.draft import Draft, Setup
from hctui.tui.first_run.words import Rows
from hctui.tui.widgets.key_bar import KeyBar


class Step(Screen[None]):
    """One step. Subclasses give a title, a body and buttons."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="first_run.back"),
        Binding("tab", "app.focus_next", "next field", id="first_run.next"),
        Binding("down,right", "app.focus_next", show=False, id="first_run.down"),
        Binding("up,left", "app.focus_previous", show=False, id="first_run.up"),
        Binding("pagedown", "scroll_body(1)", show=False, id="first_run.page_down"),
        Binding("pageup", "scroll_body(-1)", show=False, id="first_run.page_up"),
    ]
    heading: ClassVar[str] = ""
    rows_around: ClassVar[int] = 5
    """What heading, buttons and keys take of the screen's rows; the body is as high as it needs, up to the rest."""

    @dataclass
    class Done(Message):
        """The step has its answer."""

        step: Step
        draft: Draft

    @dataclass
    class Back(Message):
        """The person wants to see the step before."""

        step: Step

    def __init__(self, setup: Setup, draft: Draft, place: str = "") -> None:
        """Makes a step.

        Args:
            setup: what all steps work with.
            draft: the answers of the steps before.
            place: where this step stands among the others, such as `step 2 of 7`.
        """
        super().__init__()
        self.setup = setup
        self.draft = draft
        self.place = place
        self._asking: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """The frame, with the step's own body and buttons in it."""
        with Horizontal(id="heading"):
            yield Static(Content(f"hctui: {self.heading}"), id="title")
            yield Static(Content(self.place), id="place")
        with VerticalScroll(id="body", can_focus=False):
            yield from self.body()
            yield paragraph("", name="problem")
        with Horizontal(id="buttons"):
            yield from self.buttons()
        yield KeyBar()

    def on_resize(self, event: events.Resize) -> None:
        """Keep the buttons below the body, and in sight."""
        self.query_one("#body").styles.max_height = event.size.height - self.rows_around

    def body(self) -> ComposeResult:
        """The widgets of the step itself."""
        yield from ()

    def buttons(self) -> ComposeResult:
        """The buttons below; their actions are those of the screen."""
        yield from ()

    # What is said below the body

    def note(self, sentence: str) -> None:
        """Say something that is not wrong, in place of what was said before."""
        self._say(Content(sentence), is_wrong=False)

    def complain(self, title: str, *sentences: str) -> None:
        """Say what is wrong: in bold what it is, then more."""
        text = Content.styled(title, "bold") + Content("".join(f"\n{one}" for one in sentences if one))
        self._say(text, is_wrong=True)

    def complain_of(self, error: HctuiError) -> None:
        """Say what an error of ours says."""
        self.complain(f"{error.title}:", error.detail, error.hint)

    def complain_at(self, field: Input, title: str, *sentences: str) -> None:
        """Say what is wrong with a field, mark it and go there."""
        self.complain(title, *sentences)
        field.add_class("wrong")
        field.focus()

    def settle(self) -> None:
        """Take back what was said."""
        self._say(Content(""), is_wrong=False)

    def _say(self, text: Content, *, is_wrong: bool) -> None:
        problem = self.query_one("#problem", Static)
        problem.update(text)
        problem.display = bool(text.plain)
        problem.set_class(is_wrong, "wrong")
        if is_wrong:
            self.call_after_refresh(problem.scroll_visible, animate=False)

    # Questions that take a while

    @property
    def is_asking(self) -> bool:
        """Whether an answer is waited for."""
        return self._asking is not None and not self._asking.is_finished

    def ask(self, question: Coroutine[None, None, None]) -> None:
        """Wait for something without blocking the screen; an error of it is said here. One at a time."""
        self.settle()
        self._asking = self.run_worker(self._guarded(question), exclusive=True, exit_on_error=False)
        self.asking_changed(is_asking=True)

    def asking_changed(self, *, is_asking: bool) -> None:
        """Called when a question begins or ends; steps switch off what makes no sense meanwhile."""

    async def _guarded(self, question: Coroutine[None, None, None]) -> None:
        try:
            await question
        except HctuiError as error:
            self.complain_of(error)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say of a question that failed in an unforeseen way no more than what kind of failure it was."""
        if event.worker is not self._asking or not event.worker.is_finished:
            return
        if event.state is WorkerState.ERROR:
            self.complain(
                "Something went wrong that hctui does not understand.", type(event.worker.error).__name__
            )
        elif event.state is WorkerState.CANCELLED:
            self.note("Given up.")
        self.asking_changed(is_asking=False)

    # Actions

    def action_back(self) -> None:
        """Go back a step; what is waited for is given up."""
        self.post_message(self.Back(self))

    def action_scroll_body(self, direction: int) -> None:
        """Scroll by a page."""
        body = self.query_one("#body", VerticalScroll)
        if direction > 0:
            body.scroll_page_down(animate=False)
        else:
            body.scroll_page_up(animate=False)


def paragraph(text: str, *, name: str | None = None, classes: str = "paragraph") -> Static:
    """A text that is taken literally; it takes no room while it is empty."""
    widget = Static(Content(text), id=name, classes=classes, markup=False)
    widget.display = bool(text)
    return widget


def fill(widget: Static, text: str) -> None:
    """Give a paragraph another text."""
    widget.update(Content(text))
    widget.display = bool(text)


def button(label: str, action: str, name: str, *, is_primary: bool = False) -> Button:
    """A button that asks the screen for an action."""
    return Button(Content(label), "primary" if is_primary else "default", id=name, action=f"screen.{action}")


class Table(Vertical):
    """Names and what is said of them, in two columns; what is long is wrapped in its own."""

    async def show(self, rows: Rows) -> None:
        """Show these rows instead of the ones before."""
        await self.remove_children()
        await self.mount_all(
            Horizontal(Static(Content(name), classes="name"), Static(Content(said), classes="said"))
            for name, said in rows
        )


class PasswordInput(Input):
    """A field whose content is never shown, and never given to a clipboard."""

    def __init__(self, name: str) -> None:
        super().__init__(password=True, id=name, select_on_focus=False)

    def action_copy(self) -> None:
        """Copy nothing: a terminal's clipboard is open to others."""

    def action_cut(self) -> None:
        """Remove the selection without copying it."""
        self.delete_selection()


class Choice(RadioButton):
    """One of several, marked by a sign and not by a colour."""

    def render(self) -> Content:
        """`(x) label` or `( ) label`."""
        return Content(f"({'x' if self.value else ' '}) ") + self.label.stylize_before(
            self.get_visual_style("toggle--label")
        )


class Tick(Checkbox):
    """Yes or no, marked by a sign and not by a colour."""

    def render(self) -> Content:
        """`[x] label` or `[ ] label`."""
        return Content(f"[{'x' if self.value else ' '}] ") + self.label.stylize_before(
            self.get_visual_style("toggle--label")
        )
