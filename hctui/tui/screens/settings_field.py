"""The line of the config editor in which one setting is typed. Knows settings, and nothing of edits or files."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from hctui.config import Setting
from hctui.config.kinds import Number
from hctui.tui import settings_words as words
from hctui.tui.cell import cell
from hctui.tui.keys import named
from hctui.tui.widgets.text_line import TextLine


class Field(Input):
    """A field of one line. Its own keys give way to those of the page."""

    BINDINGS = [*named("save", "apply", "revert")]  # noqa: RUF012 - Textual's type


class SettingField(Horizontal):
    """Name, field and unit; there only while a setting is typed. A secret is never filled in, and shown as dots."""

    DEFAULT_CSS = """
    SettingField {
        height: 1;
        display: none;
        &.-open { display: block; }
        & > TextLine { width: auto; }
    }
    """

    class Typed(Message):
        """The text is another one now."""

    class Done(Message):
        """Enter was pressed."""

    def compose(self) -> ComposeResult:
        """From left to right."""
        yield TextLine(id="label")
        yield Field(id="field")
        yield TextLine(id="unit")

    @property
    def _field(self) -> Field:
        return self.query_one("#field", Field)

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self._field.value

    def open(self, setting: Setting[Any], text: str) -> None:
        """Begin with this text; with none, whatever it is, if the setting is a secret."""
        field = self._field
        field.password = setting.secret
        # A number is typed anew, a longer text is changed here and there.
        field.select_on_focus = isinstance(setting.kind, Number)
        field.placeholder = words.field_hint(setting)
        self._fill("" if setting.secret else text)
        self.query_one("#label", TextLine).show(words.field_label(setting))
        self.query_one("#unit", TextLine).show(cell(f" {words.unit(setting)} "))
        self.add_class("-open")
        field.cursor_position = len(field.value)
        field.focus()

    def close(self) -> None:
        """Forget the text and vanish."""
        self._fill("")
        self.remove_class("-open")

    def _fill(self, text: str) -> None:
        with self._field.prevent(Input.Changed):
            self._field.value = text

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Done())
