"""The config editor: every setting, what it means and where its value comes from; edited in place, saved or applied.

It keeps what was typed until it holds or is taken back, right or wrong. How it is saved is the affair of `Saving`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input

from hctui.config import BY_KEY, Settings, locked
from hctui.tui import edits as editing
from hctui.tui import settings_words as words
from hctui.tui.cell import Tone, cell
from hctui.tui.edits import Edits
from hctui.tui.keys import named
from hctui.tui.page import Page
from hctui.tui.picture import Picture
from hctui.tui.screens import settings_questions
from hctui.tui.screens.settings_field import SettingField
from hctui.tui.screens.settings_list import SettingsFilter, SettingsTable
from hctui.tui.screens.settings_saving import Saving
from hctui.tui.widgets.filter_box import FilterBox
from hctui.tui.widgets.key_bar import KeyBar
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.status_bar import StatusBar
from hctui.tui.widgets.table import Table
from hctui.tui.widgets.text_line import TextLine


class SettingsPage(Page[None]):
    """Shows and edits the settings."""

    CSS_PATH = "settings.tcss"
    BINDINGS = [*named("save", "apply", "revert", "settings_filter", "settings", "quit")]  # noqa: RUF012
    AUTO_FOCUS = "#settings"

    def __init__(self) -> None:
        """The page."""
        super().__init__()
        self._picture: Picture | None = None
        self._edits = Edits()
        self._problems: dict[str, tuple[str, ...]] = {}
        self._wanted = ""
        self._editing: str | None = None
        self._text_before: str | None = None

    def compose(self) -> ComposeResult:
        """The list, what is said of the setting under the cursor, and the field in which it is edited."""
        yield StatusBar()
        yield TextLine(id="password")
        with Vertical(id="main"):
            yield SettingsTable(self.console_app.glyphs)
            with VerticalScroll(id="side", can_focus=False):
                yield SettingField()
                yield Prose(id="reason")
                yield Prose(id="about")
        yield Prose(id="trouble")
        yield SettingsFilter()
        yield TextLine(id="summary")
        yield KeyBar()

    @property
    def _settings(self) -> Settings:
        return self.console_app.front.view.settings

    @property
    def _table(self) -> SettingsTable:
        return self.query_one(SettingsTable)

    @property
    def _field(self) -> SettingField:
        return self.query_one(SettingField)

    @property
    def _saving(self) -> Saving:
        return Saving(self.console_app, self._tell_trouble, self._written, self.action_save)

    # Showing

    def paint(self, picture: Picture) -> None:
        """Show a picture. Edits that hold by now are done with."""
        if not self.is_mounted:
            return
        before, self._picture = self._picture, picture
        if before is None or before.view.settings is not picture.view.settings:
            self._edits = self._edits.settled(picture.view.settings)
        self.query_one(StatusBar).paint(picture, self.console_app.front.now())
        place = picture.view.contact.password_source
        self.query_one("#password", TextLine).show(words.password_line(place))
        if self._table.glyphs is not self.console_app.glyphs:
            self._table.glyphs = self.console_app.glyphs
        self._show()

    def tick(self, now: float) -> None:
        """Let the waits run."""
        if self._picture:
            self.query_one(StatusBar).tick(self._picture, now)

    def _show(self) -> None:
        settings, edits = self._settings, self._edits
        self._problems = editing.problems(settings, edits)
        wrong = self._wrong
        self._table.show_matching(settings, edits, wrong, self._wanted, keep=self._editing)
        told = words.summary(edits, len(edits.pending(settings)), len(wrong), settings.file)
        self.query_one("#summary", TextLine).show(told)
        self._show_about()

    def _show_about(self) -> None:
        key = self._editing or self._table.cursor_key
        reason, about = self.query_one("#reason", Prose), self.query_one("#about", Prose)
        if key is None:
            reason.show()
            about.show()
            return
        standing = editing.standing(self._settings, self._edits, self._wrong, key)
        told, is_edited = self._problems.get(key, ()), key in self._edits.typed
        reason.show(*words.reasons(told, is_edited=is_edited))
        front = self.console_app.front
        way = front.view.contact.told_way(front.now())
        about.show(*words.about(self._settings, self._edits, key, standing, way))

    @property
    def _wrong(self) -> tuple[str, ...]:
        return editing.wrong_keys(self._edits, self._problems)

    def _tell_trouble(self, told: str = "") -> None:
        if self.is_attached:
            self.query_one("#trouble", Prose).show(cell(told, Tone.BAD))

    @on(Table.Moved, "#settings")
    def _moved(self) -> None:
        if self._editing and self._table.cursor_key != self._editing:
            self._close_field()
        self._show_about()

    # Editing in place

    @on(Table.Chosen, "#settings")
    def _begin(self, event: Table.Chosen) -> None:
        """Edit a setting: go to the next value of one that has a few, else open the field."""
        key, setting = event.key, BY_KEY[event.key]
        self._tell_trouble()
        if why := locked(self._settings, setting):
            self.console_app.say(why, is_wrong=True)
            return
        text = self._edits.typed.get(key, setting.kind.to_text(self._settings.given(setting).value))
        if editing.is_switch(setting):
            self._edits = self._edits.put(self._settings, key, editing.next_text(setting, text))
        else:
            self._editing, self._text_before = key, self._edits.typed.get(key)
            self._field.open(setting, text)
        self._show()

    @on(SettingField.Typed)
    def _take_field(self) -> None:
        """Take over what stands in the field by now, right or wrong."""
        if self._editing is not None:
            # A secret begins as an empty field, whatever was typed for it before.
            hidden = self._text_before or "" if BY_KEY[self._editing].secret else ""
            self._edits = self._edits.put(self._settings, self._editing, self._field.text or hidden)
            self._show()

    @on(SettingField.Done)
    def _submit(self) -> None:
        """Close the field, unless what stands in it is no value."""
        self._take_field()
        if self._editing is not None and not editing.fault(self._editing, self._field.text):
            self._close_field()

    def _close_field(self) -> None:
        if self._editing is not None:
            self._editing = None
            self._field.close()
            self._table.focus()
            self._show()

    def _finish_field(self) -> None:
        """Take over what was typed, also what has not been looked at yet, and close the field."""
        self._take_field()
        self._close_field()

    def _cancel_field(self, key: str) -> None:
        self._edits = self._edits.without([key])
        if self._text_before is not None:
            self._edits = self._edits.put(self._settings, key, self._text_before)
        self._close_field()

    def action_revert(self) -> None:
        """Take back what was typed for one setting; for all of them, after a question, if the cursor is on none."""
        key = self._editing or self._table.cursor_key or ""
        self._close_field()
        self._tell_trouble()
        keys = self._edits.to_save
        if key in keys:
            self._forget([key])
        elif keys:
            self._saving.ask(settings_questions.reverting(keys), partial(self._forget, keys))
        else:
            self.console_app.say(words.nothing_text("take back"))

    def _forget(self, keys: Collection[str]) -> None:
        self._edits = self._edits.without(keys)
        self._show()

    def action_copy(self) -> None:
        """Copy the row under the cursor."""
        if key := self._table.cursor_key:
            row = self._table.alone(self._settings, self._edits, self._wrong, key)
            self.console_app.copy("The row", words.row_copy(row))

    # The filter

    def action_filter(self) -> None:
        """Open the filter."""
        self._finish_field()
        self.query_one(FilterBox).open()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._wanted = event.value
        self._show()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one(FilterBox).settle()
        self._table.focus()

    # Applying and saving

    def _is_ready(self, verb: str, keys: tuple[str, ...]) -> bool:
        """Whether there is something to save or apply, and nothing wrong with it; else says so."""
        self._tell_trouble()
        wrong = self._wrong
        if not keys:
            self.console_app.say(words.nothing_text(verb))
        elif wrong:
            self._table.set_cursor(wrong[0])
            self._tell_trouble(words.refused_text(verb, wrong[0]))
        return bool(keys) and not wrong

    def action_apply(self) -> None:
        """Have the edits hold without saving them, those that can before the next start."""
        self._finish_field()
        pending = self._edits.pending(self._settings)
        if not self._is_ready("apply", pending):
            return
        keys, later = editing.split(pending)
        if keys:
            self._saving.apply(self._edits.texts(keys), words.applied_text(keys, later))
        else:
            self.console_app.say(words.not_applied_text(later), is_wrong=True)

    def action_save(self) -> None:
        """Show what would change in the file, then save and apply it."""
        self._finish_field()
        keys = self._edits.to_save
        if self._is_ready("save", keys):
            self._saving.save(self._edits.texts(keys))

    def _written(self, keys: Collection[str]) -> None:
        self._edits = self._edits.written(keys)
        if self.is_attached:
            self._show()

    # Leaving

    def action_back(self) -> None:
        """Take back what was typed in the field; else end the filter; else leave the page."""
        box = self.query_one(FilterBox)
        if self._editing is not None:
            self._cancel_field(self._editing)
        elif self._wanted or box.has_focus:
            box.clear_and_close()
            self._table.focus()
        else:
            self._leave(self.dismiss)

    def _leave(self, act: Callable[[], object]) -> None:
        """Leave, after a question where edits would be lost."""
        self._finish_field()
        if pending := self._edits.pending(self._settings):
            self._saving.ask(settings_questions.leaving(pending), act)
        else:
            act()

    def action_settings(self) -> None:
        """Close this page: the key that opened it does that, too."""
        self._leave(self.dismiss)

    def action_leave(self) -> None:
        """Quit hctui."""
        self._leave(self.console_app.action_leave)
