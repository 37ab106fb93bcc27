"""Snapshots of screens as text: what stands on each line, and below it in which styles.

Plain files, so that a change can be read in a diff, and so that they hold for every version of Textual that draws the
same. `UPDATE_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py` writes them anew; look at the difference before it is
committed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from rich.style import Style
from textual.strip import Strip

from tests.tui.stage import Stage

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = "UPDATE_SNAPSHOTS"


def check(stage: Stage, name: str) -> None:
    """Compare the screen with its snapshot; the assertion shows the lines that differ."""
    path = FOLDER / f"{name}.txt"
    seen = "\n".join(drawn(stage)) + "\n"
    if os.environ.get(UPDATE):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(seen, "utf-8")
    assert path.exists(), f"{path.name} has never been written; see tests/tui/snapshot.py"
    assert seen.splitlines() == path.read_text("utf-8").splitlines()


def drawn(stage: Stage) -> Iterator[str]:
    """Each line of the screen between bars, then its runs of equal style; a line like the one before has none."""
    before: list[str] = []
    for number, strip in enumerate(stage.app.screen._compositor.render_strips()):
        yield f"{number:02} |{''.join(segment.text for segment in strip)}|"
        styles = list(_runs(strip))
        if styles != before:
            yield f"   {'  '.join(styles)}"
        before = styles


def _runs(strip: Strip) -> Iterator[str]:
    x = 0
    for look, segments in groupby(strip, key=lambda segment: _look(segment.style)):
        width = sum(segment.cell_length for segment in segments)
        yield f"{x}-{x + width - 1} {look}"
        x += width


def _look(style: Style | None) -> str:
    if style is None:
        return "plain"
    marks = [name for name in ("bold", "dim", "underline", "reverse") if getattr(style, name)]
    colours = [colour.name if colour else "default" for colour in (style.color, style.bgcolor)]
    return "/".join([*colours, *marks])
