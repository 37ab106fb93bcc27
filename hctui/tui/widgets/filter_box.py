"""The line in which a list's filter is typed: there while it is used or says something, else out of sight.

It knows nothing of what it filters: the screen takes the text from Textual's messages of an `Input`.
"""

from __future__ import annotations

from textual.widgets import Input


class FilterBox(Input):
    """A filter of one line, with the id `filter`."""

    DEFAULT_CSS = """
    FilterBox {
        height: 1;
        border: none;
        padding: 0 1;
        display: none;
        background: $boost;
        &.-open { display: block; }
        &:focus { border: none; }
    }
    """

    def __init__(self, placeholder: str) -> None:
        """A filter out of sight; the placeholder says what it understands."""
        super().__init__(placeholder=placeholder, id="filter", select_on_focus=False)

    @property
    def is_open(self) -> bool:
        """Whether it is in sight."""
        return self.has_class("-open")

    def open(self) -> None:
        """Come in sight and take the keys."""
        self.add_class("-open")
        self.focus()

    def settle(self) -> None:
        """Stay in sight only if it says something; who gets the keys now is for the screen to say."""
        self.set_class(bool(self.value), "-open")

    def clear_and_close(self) -> None:
        """Forget the text and vanish."""
        self.value = ""
        self.remove_class("-open")
