"""How the tones look: the same in every widget, and told apart without colour where it matters.

The colours are variables of the theme; see `hctui.tui.theme`. Widgets that draw cells take them from there at once: a
component class for each tone would be matched against the whole style sheet for every widget, which took a quarter of
the time from start to first frame. A widget that has reasons may still ask for such classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color

from hctui.tui.cell import Part, Tone

_ATTRIBUTES: dict[Tone, str] = {Tone.STRONG: "bold", Tone.BAD: "bold"}

# Where colours are few or none, the attributes of the text carry what the colour does elsewhere.
_ATTRIBUTES_WITHOUT_COLOUR: dict[Tone, str] = {
    Tone.DIM: "dim",
    Tone.WARNING: "underline",
    Tone.ACCENT: "bold",
}


def tone_styles(app: App[Any]) -> dict[Tone, Style]:
    """What each tone adds to the style of the widget it is drawn in, in the theme in force; a plain one nothing."""
    attributes = dict(_ATTRIBUTES)
    if app.native_ansi_color or app.no_color:
        attributes |= _ATTRIBUTES_WITHOUT_COLOUR
    colours = app.theme_variables
    styles: dict[Tone, Style] = {
        tone: Style(color=Color.parse(colours[f"tone-{tone}"]).rich_color)
        + Style.parse(attributes.get(tone, ""))
        for tone in Tone
        if tone is not Tone.PLAIN
    }
    return {Tone.PLAIN: Style.null(), **styles}


def tone_classes(prefix: str) -> set[str]:
    """The component classes of a widget that draws cells, such as `table--bad`."""
    return {f"{prefix}--{tone}" for tone in Tone}


def tone_css(widget: str, prefix: str) -> str:
    """Rules for these component classes of a type of widget."""
    part = f"{widget} > .{prefix}--"
    rules = [f"{part}{tone} {{ color: $tone-{tone}; }}" for tone in Tone if tone is not Tone.PLAIN]
    rules += [f"{part}{tone} {{ text-style: {style}; }}" for tone, style in _ATTRIBUTES.items()]
    for state in ("ansi", "nocolor"):
        rules += [
            f"{widget}:{state} > .{prefix}--{tone} {{ text-style: {style}; }}"
            for tone, style in _ATTRIBUTES_WITHOUT_COLOUR.items()
        ]
    return "\n".join(rules)


def segments(parts: Iterable[Part], styles: Mapping[Tone, Style]) -> list[Segment]:
    """Parts as Textual draws them; neighbours of one tone are put together, for each costs a change of colour."""
    runs = groupby((part for part in parts if part[0]), itemgetter(1))
    return [Segment("".join([text for text, _ in run]), styles[tone]) for tone, run in runs]
