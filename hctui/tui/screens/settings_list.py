"""The list of the config editor, and its filter. Knows settings and edits, not how a value is typed or saved."""

from __future__ import annotations

from collections.abc import Collection

from hctui.config import Settings
from hctui.tui.cell import Cell
from hctui.tui.edits import Edits
from hctui.tui.glyphs import Glyphs
from hctui.tui.keys import Where, bindings, named
from hctui.tui.lists import settings as rows
from hctui.tui.widgets.filter_box import FilterBox
from hctui.tui.widgets.table import Table


class SettingsTable(Table):
    """The list of settings. Its rows go by their keys."""

    BINDINGS = [*named("edit"), *bindings(Where.LIST)]  # noqa: RUF012 - Textual's type

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(rows.COLUMNS, empty="no setting matches", glyphs=glyphs, id="settings")

    def show_matching(
        self, settings: Settings, edits: Edits, wrong: Collection[str], wanted: str, keep: str | None
    ) -> None:
        """Show the settings that match what is wanted, and `keep`, which is being edited.

        Args:
            settings: what holds.
            edits: what was typed.
            wrong: the keys of the edits that are no values, or do not go together.
            wanted: words.
            keep: the key of a setting that stays, whether or not it matches.
        """
        keys = rows.order(settings, edits, wrong, wanted, keep=keep)
        self.show(keys, lambda key: rows.row(settings, edits, wrong, key, keys))

    @staticmethod
    def alone(settings: Settings, edits: Edits, wrong: Collection[str], key: str) -> tuple[Cell, ...]:
        """The row of one setting as if it were the only one: its group is named."""
        return rows.row(settings, edits, wrong, key, [key])


class SettingsFilter(FilterBox):
    """The filter. Its own keys give way to those of the page."""

    BINDINGS = [*named("save", "apply", "revert")]  # noqa: RUF012 - Textual's type

    def __init__(self) -> None:
        super().__init__("name, source, edited, locked, wrong")
