"""A table on a screen of its own, and an eye on what it asks for and what it draws again."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.widget import Widget

from hctui.tui.cell import Cell, cell
from hctui.tui.columns import Column
from hctui.tui.theme import DARK, THEMES, stand_ins
from hctui.tui.widgets.table import Align, Table

NAME_AND_LOAD = (Column("name", "VM", 10, flex=1), Column("load", "CPU", 6, Align.RIGHT))


class WatchedTable(Table):
    """Keeps the regions that were to be drawn again; an empty tuple stands for all of it."""

    def __init__(
        self, columns: Sequence[Column] = NAME_AND_LOAD, *, empty: str = "", follow: bool = False
    ) -> None:
        self.refreshed: list[Region] = []
        self.repainted_whole = 0
        super().__init__(columns, empty=empty, follow=follow)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> WatchedTable:
        self.refreshed += regions
        self.repainted_whole += not regions
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    def lines(self) -> list[str]:
        """What stands on the screen, line by line, without the spaces at the ends."""
        return [self.render_line(y).text.rstrip() for y in range(self.size.height)]

    @property
    def first_in_sight(self) -> str:
        return self.keys_in_sight[0]


class Screenful(App[None]):
    """One widget, with the project's themes; keeps the messages that a table posts."""

    CSS = "Table { height: 1fr; }"

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self.widgets = widgets
        self.told: list[tuple[str, str | None]] = []
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return stand_ins(self.current_theme)

    def compose(self) -> ComposeResult:
        yield from self.widgets

    def on_table_moved(self, message: Table.Moved) -> None:
        self.told.append(("moved", message.key))

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.told.append(("chosen", message.key))

    def on_table_header_clicked(self, message: Table.HeaderClicked) -> None:
        self.told.append(("header", message.column_key))


class Rows:
    """Rows of a name and a load, and a count of how often each was asked for."""

    def __init__(self, count: int) -> None:
        self.names = {f"vm{n}": f"vm{n}" for n in range(count)}
        self.loads = {f"vm{n}": str(n) for n in range(count)}
        self.asked: list[str] = []

    def __call__(self, key: str) -> tuple[Cell, ...]:
        self.asked.append(key)
        return cell(self.names[key]), cell(self.loads[key])
