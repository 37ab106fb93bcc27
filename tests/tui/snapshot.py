"""Snapshots of screens as text: what stands on each line, and below it in which styles.

Plain files, so that a change can be read in a diff, and so that they hold for every version of Textual that draws the
same. `UPDATE_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py` writes them anew; look at the difference before it is
committed. With `SNAPSHOT_PICTURES=folder` each is also drawn as a picture there, as SVG.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.style import Style
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = "UPDATE_SNAPSHOTS"
PICTURES = "SNAPSHOT_PICTURES"


def check(app: App[Any], name: str) -> None:
    """Compare the screen with its snapshot; the assertion shows the lines that differ."""
    path = FOLDER / f"{name}.txt"
    seen = "\n".join(drawn(app.screen)) + "\n"
    if pictures := os.environ.get(PICTURES):
        app.save_screenshot(f"{name}.svg", pictures)
    if os.environ.get(UPDATE):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(seen, "utf-8")
    assert path.exists(), f"{path.name} has never been written; see tests/tui/snapshot.py"
    assert seen.splitlines() == path.read_text("utf-8").splitlines()


def drawn(screen: Screen[Any]) -> Iterator[str]:
    """Each line of the screen between bars, then its runs of equal style; a line like the one before has none."""
    before: list[str] = []
    for number, strip in enumerate(screen._compositor.render_strips()):
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
