"""A chart of load over time, drawn by plotext.

The only place that knows plotext, which is loaded when the first chart is drawn, and then by a thread: neither that
nor the drawing, which takes up to a tenth of a second for many nodes, holds up the keys.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.color import Color
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from hctui.tui.cell import Tone
from hctui.tui.drawing import FULL, Drawing, Point, Scale, cell_of, load_ticks, scale_of, time_ticks
from hctui.tui.glyphs import ASCII, UNICODE, Glyphs
from hctui.tui.widgets.tones import tone_classes, tone_css

if TYPE_CHECKING:
    from textual_plotext import Plot

Ink = str | int | tuple[int, int, int]
"""A colour as plotext takes it: `default`, a number of the terminal's palette, or red, green and blue."""

SIDE, ABOVE_AND_BELOW = 7, 3
"""Terminal cells that the values at the left and the frame take, and the times below and the frame."""

_DOTS_ACROSS, _DOTS_DOWN = 2, 4
"""Of a curve in one terminal cell."""

_FRAME = str.maketrans("┌┐└┘├┤┬┴┼─│", "+++++++++-|")
_one_at_a_time = threading.Lock()
"""Plotext keeps state of its own beside each plot."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """All that decides what is drawn."""

    drawing: Drawing
    width: int
    height: int
    inks: Mapping[Tone, Ink]
    is_ascii: bool

    @property
    def scale(self) -> Scale:
        """How high loads are drawn."""
        dots = 1 if self.is_ascii else _DOTS_DOWN
        return scale_of(self.drawing.thresholds, self.height - ABOVE_AND_BELOW, dots)

    def on_curve(self, at: float, percent: float) -> Point:
        """The point, moved to the middle of the cell in which the fine dots of a curve show it.

        Plotext rounds to cells and to dots each by itself; without this a letter stands beside its curve.
        """
        seconds, cells = self.drawing.until - self.drawing.since, self.width - SIDE
        across = at - self.drawing.since
        if not self.is_ascii and cells > 1:
            across = cell_of(across, seconds, cells, _DOTS_ACROSS) / (cells - 1) * seconds
        return across, self.scale.middle(percent)


class Chart(Widget):
    """Shows a drawing in whatever size it is given; the background shines through."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = tone_classes("chart")

    DEFAULT_CSS = "Chart { width: 1fr; height: 1fr; text-wrap: nowrap; text-overflow: clip; }\n" + tone_css(
        "Chart", "chart"
    )

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        """Empty until `show`. `glyphs` decides between fine dots and plain characters."""
        super().__init__(id=id)
        self._is_ascii = glyphs is ASCII
        self._drawing: Drawing | None = None
        self._sheet: _Sheet | None = None
        self._drawn = Text()

    @property
    def text(self) -> str:
        """What is drawn, without colours."""
        return self._drawn.plain

    def draw_with(self, glyphs: Glyphs) -> None:
        """Draw it with fine dots or with plain characters from now on."""
        self._is_ascii = glyphs is ASCII
        self._draw()

    def show(self, drawing: Drawing) -> None:
        """Draw another one; what is on the screen stays until that is done."""
        self._drawing = drawing
        self._draw()

    def on_resize(self) -> None:
        """Draw it in the new size."""
        self._draw()

    def on_mount(self) -> None:
        """Draw it in the new colours whenever there are new ones."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._draw())

    def _draw(self) -> None:
        if self._drawing is None or not self.is_attached or not self.size:
            return
        inks = {tone: _ink(self.get_component_styles(f"chart--{tone}").color) for tone in Tone}
        sheet = _Sheet(self._drawing, self.size.width, self.size.height, inks, self._is_ascii)
        if sheet != self._sheet:
            self._sheet = sheet
            _: Worker[None] = self.run_worker(
                partial(self._have_drawn, sheet), exclusive=True, exit_on_error=False
            )

    async def _have_drawn(self, sheet: _Sheet) -> None:
        self._drawn = await asyncio.to_thread(_drawn, sheet)
        self.refresh()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A chart that cannot be drawn says so, and the page goes on."""
        if event.state is WorkerState.ERROR:
            self._drawn = Text(f"This chart cannot be drawn: {type(event.worker.error).__name__}.")
            self.refresh()

    def render(self) -> Text:
        """What was drawn last."""
        return self._drawn


def _ink(colour: Color) -> Ink:
    if colour.ansi is None:
        return colour.rgb
    return "default" if colour.ansi < 0 else colour.ansi


def _drawn(sheet: _Sheet) -> Text:
    with _one_at_a_time:
        built: str = _plot(sheet).build()
    return Text.from_ansi(built.translate(_FRAME) if sheet.is_ascii else built, no_wrap=True)


def _plot(sheet: _Sheet) -> Plot:
    """Thresholds first, then moments, curves and their letters: what is drawn later covers what was drawn before."""
    from textual_plotext import Plot

    drawing, inks = sheet.drawing, sheet.inks
    plot = Plot()
    # The library's own widget does this too: the public way is never larger than the terminal was at first.
    plot._set_size(sheet.width, sheet.height)
    plot.theme("textual-clear")
    plot.xlim(0, drawing.until - drawing.since)
    plot.ylim(0, FULL)
    plot.scatter([0], [0], marker=" ")  # without any point there would be no scale either
    _scale(plot, sheet)
    for threshold in drawing.thresholds:
        plot.hline(sheet.on_curve(drawing.since, threshold.percent)[1], inks[threshold.tone])
    for mark in drawing.marks:
        plot.vline(mark.at - drawing.since, inks[Tone.STRONG])
    _curves(plot, sheet)
    for mark in drawing.marks:
        plot.text(mark.label, mark.at - drawing.since, FULL, alignment="center", color=inks[Tone.STRONG])
    return plot


def _scale(plot: Plot, sheet: _Sheet) -> None:
    drawing = sheet.drawing
    times = time_ticks(drawing.since, drawing.until, sheet.width - SIDE)
    loads = load_ticks(drawing.thresholds, sheet.scale)
    plot.xticks([at - drawing.since for at, _ in times], [words for _, words in times])
    up = [sheet.on_curve(drawing.since, load)[1] for load, _ in loads]
    plot.yticks(up, [words.rjust(SIDE - 2) for _, words in loads])


def _curves(plot: Plot, sheet: _Sheet) -> None:
    since, until, curves, scale = sheet.drawing.since, sheet.drawing.until, sheet.drawing.curves, sheet.scale
    for curve in curves:
        for run in curve.runs():
            marker = "." if sheet.is_ascii else "braille"
            plot.plot(
                [at - since for at, _ in run],
                [scale.height(load) for _, load in run],
                marker=marker,
                color=sheet.inks[curve.tone],
            )
    for index, curve in enumerate(curves):
        points = [sheet.on_curve(*point) for point in curve.lettered(since, until, index / len(curves))]
        across, up = zip(*points, strict=True) if points else ((), ())
        plot.scatter(list(across), list(up), marker=curve.letter, color=sheet.inks[curve.tone])
