"""The steps that keep what was found: where the password comes from next time, the summary, and the end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Input, RadioSet, Static

from hctui.config.saving import Edit
from hctui.core.errors import HctuiError
from hctui.tui.first_run import words
from hctui.tui.first_run.draft import Configured, Draft, Keeping, Place
from hctui.tui.first_run.keeping import apart, kept_password, lines_of, planned, write
from hctui.tui.first_run.step import Choice, Step, Tick, button, fill, paragraph

_FIELDS = {Place.COMMAND: "command", Place.FILE: "file"}


class PlaceStep(Step):
    """Where the password comes from at the next start."""

    AUTO_FOCUS = "#places"
    heading = "password next time"

    chosen: Place = Place.PROMPT

    def body(self) -> ComposeResult:
        """The places, and what the chosen one needs."""
        yield paragraph(
            "The password is never written into the settings file. Where does it come from at the next start? The "
            "arrow keys and space choose."
        )
        yield RadioSet(
            *(
                Choice(
                    Content(words.PLACE_LABELS[place]), place is self.chosen, id=f"from_{place.name.lower()}"
                )
                for place in self._places()
            ),
            id="places",
            compact=True,
        )
        yield Input(placeholder="pass show hypercore/branch-7", id="command")
        yield Input(str(self.setup.config_path.absolute().parent / "password"), id="file")
        yield Tick(Content("write the password into it, unless it exists"), True, id="write")
        yield paragraph("", name="advice")
        if "SC_PASSWORD" in self.setup.environ:
            yield paragraph(words.OVERRIDDEN)

    def buttons(self) -> ComposeResult:
        """Back or on."""
        yield button("Back", "back", "back")
        yield button("Go on", "go_on", "go_on", is_primary=True)

    def on_mount(self) -> None:
        """Show what belongs to the first choice."""
        self._show_chosen()

    def _places(self) -> list[Place]:
        return [
            place
            for place in words.PLACE_LABELS
            if place is not Place.KEYRING or self.setup.keyring_available
        ]

    def _show_chosen(self) -> None:
        for place, field in _FIELDS.items():
            self.query_one(f"#{field}").display = place is self.chosen
        self.query_one("#write").display = self.chosen is Place.FILE
        fill(self.query_one("#advice", Static), words.PLACE_ADVICE[self.chosen])
        self.settle()

    @on(RadioSet.Changed)
    def choose(self, event: RadioSet.Changed) -> None:
        """Show what belongs to another choice."""
        self.chosen = self._places()[event.index]
        self._show_chosen()

    @on(Input.Changed)
    def forgive(self, event: Input.Changed) -> None:
        """A field that is being changed is not wrong any more."""
        event.input.remove_class("wrong")
        self.settle()

    @on(Input.Submitted)
    def action_go_on(self) -> None:
        """Try the place if there is something to try, then go on."""
        if self.is_asking:
            return
        text = self._field.value if self._field else ""
        if problem := words.keeping_problem(self.chosen, text):
            self._complain_here(problem)
            return
        self.ask(self._try(text))

    def action_back(self) -> None:
        """Give up what is being tried; if nothing is, go back a step."""
        if self._asking is not None and self.is_asking:
            self._asking.cancel()
        else:
            super().action_back()

    def asking_changed(self, *, is_asking: bool) -> None:
        """Nothing can be changed while it is being tried."""
        self.query_one("#go_on").disabled = is_asking
        self.query_one("#places").disabled = is_asking
        if is_asking and self.chosen is Place.COMMAND:
            self.note("Running the command. Esc gives it up.")

    @property
    def _field(self) -> Input | None:
        name = _FIELDS.get(self.chosen)
        return self.query_one(f"#{name}", Input) if name else None

    def _complain_here(self, title: str, *sentences: str) -> None:
        if self._field:
            self.complain_at(self._field, title, *sentences)

    async def _try(self, text: str) -> None:
        if self.chosen is Place.FILE:
            path = words.password_path(text, self.setup.config_path.parent)
            is_to_be_written = not path.exists()
            if is_to_be_written and not self.query_one("#write", Tick).value:
                self._complain_here("There is no such file yet. Make it, or let hctui write it.")
                return
            keeping = Keeping(self.chosen, str(path), is_to_be_written)
        else:
            keeping = Keeping(self.chosen, text)
        draft = replace(self.draft, keeping=keeping)
        if keeping.text and not keeping.is_to_be_written and not await self._works(draft):
            return
        self.post_message(self.Done(self, draft))

    async def _works(self, draft: Draft) -> bool:
        """Whether the place gives a password that works; says so if not."""
        try:
            found = await apart(partial(kept_password, draft, self.setup.config_path, self.setup.environ))
        except HctuiError as error:
            self._complain_here(error.detail, error.hint)
            return False
        if found == draft.password:
            return True
        try:
            await self.setup.probes.login(draft.access(found))
        except HctuiError as error:
            self._complain_here(
                "It gives another password than yours, and that one does not work:", str(error)
            )
            return False
        return True


class SummaryStep(Step):
    """What is about to be written, and where. Nothing has been written before this step says so."""

    AUTO_FOCUS = "#go_on"
    heading = "summary"

    plan: Edit | None = None

    def body(self) -> ComposeResult:
        """The file, its lines, and what else happens."""
        yield paragraph("", name="file_told")
        yield paragraph("", name="lines")
        yield paragraph(words.password_told(self.draft.keeping))
        yield paragraph(words.dry_run_told(is_live=self.setup.suggestions.is_live))

    def buttons(self) -> ComposeResult:
        """Back or write."""
        yield button("Back", "back", "back")
        yield button("Write it", "go_on", "go_on", is_primary=True)

    def on_mount(self) -> None:
        """Work out what the file will say."""
        path = self.setup.config_path
        fill(self.query_one("#file_told", Static), words.file_told(path, exists=path.exists()))
        self.ask(self._plan())

    async def _plan(self) -> None:
        self.plan = await apart(partial(planned, self.draft, self.setup.config_path))
        fill(self.query_one("#lines", Static), "\n".join(lines_of(self.plan)))

    def action_go_on(self) -> None:
        """Write."""
        if not self.is_asking:
            self.ask(self._write())

    def asking_changed(self, *, is_asking: bool) -> None:
        """What is being written is not to be left half-way."""
        go_on = self.query_one("#go_on", Button)
        go_on.disabled = is_asking
        self.query_one("#back").disabled = is_asking and self.plan is not None
        if not is_asking:
            go_on.label = Content("Write it" if self.plan else "Look again")
            go_on.focus()

    def action_back(self) -> None:
        """Go back a step, unless it is being written just now."""
        if not (self.is_asking and self.plan is not None):
            super().action_back()

    async def _write(self) -> None:
        if self.plan is None:
            await self._plan()
            return
        try:
            await apart(partial(write, self.draft, self.plan, self.setup.environ))
        except HctuiError:
            self.plan = (
                None  # the file may have changed meanwhile: it has to be looked at again before it is written
            )
            raise
        self.post_message(self.Done(self, self.draft))


class WrittenStep(Step):
    """The end of the first run, and the beginning of the console."""

    AUTO_FOCUS = "#go_on"
    heading = "done"

    def body(self) -> ComposeResult:
        """What is there now."""
        yield paragraph(words.written_told(self.draft, self.setup.config_path))
        yield paragraph(words.dry_run_told(is_live=self.setup.suggestions.is_live))

    def buttons(self) -> ComposeResult:
        """Only on: what is written stays."""
        yield button("Open the console", "go_on", "go_on", is_primary=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is written is not taken back."""
        return action != "back"

    def action_go_on(self) -> None:
        """Leave, with what is needed next."""
        self.app.exit(Configured(self.setup.config_path, self.draft.password))
