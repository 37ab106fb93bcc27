"""Text that must be read to its end: cells as paragraphs, wrapped to the width instead of cut."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from hctui.tui.cell import Cell, Tone, visible

_STYLES = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold $tone-strong",
    Tone.BAD: "bold $tone-bad",
    **{tone: f"$tone-{tone}" for tone in (Tone.DIM, Tone.GOOD, Tone.NOTICE, Tone.WARNING, Tone.ACCENT)},
}


class Prose(Static):
    """Shows a paragraph for each cell. Takes as many lines as it needs; empty, it takes none."""

    DEFAULT_CSS = """
    Prose { width: 1fr; height: auto; padding: 0 1; display: none; }
    Prose.-told { display: block; }
    """

    def __init__(self, *cells: Cell, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self._cells: tuple[Cell, ...] = ()
        self.show(*cells)

    @property
    def text(self) -> str:
        """The paragraphs, without tones and not wrapped."""
        return "\n".join(each.text for each in self._cells)

    def show(self, *cells: Cell) -> None:
        """Other paragraphs; nothing is laid out again if they are the same."""
        told = tuple(each for each in cells if each.parts)
        if told == self._cells:
            return
        self._cells = told
        self.set_class(bool(told), "-told")
        self.update(Content("\n").join(_content(each) for each in told))


def _content(paragraph: Cell) -> Content:
    """Literal text in its tones; nothing in it is read as markup."""
    return Content.assemble(*((visible(text), _STYLES[tone]) for text, tone in paragraph.parts))
