"""The three looks of the console: dark, light, and the sixteen colours of the terminal's own palette.

Colours for meaning are chosen so that they can be told apart without seeing red and green as different: good is blue,
a warning is yellow or brown, bad is vermilion; and a word or a glyph always says the same. In the dark and the light
theme each has a contrast of at least 4.5 to 1 to every background it stands on. The backgrounds of a table's lines are
chosen by what becomes of them in a terminal of 256 colours: there too they are told apart.
"""

from __future__ import annotations

from types import MappingProxyType

from textual.theme import Theme

DARK = Theme(
    name="hctui-dark",
    dark=True,
    primary="#5aa9e6",
    secondary="#8fb8de",
    accent="#d7a6f0",
    success="#6cc5ff",
    warning="#f2c14e",
    error="#ff8a65",
    foreground="#d8dee6",
    background="#0f1318",
    surface="#12171d",
    panel="#1e252e",
    variables={
        "tone-dim": "#a2aebb",
        "tone-strong": "#ffffff",
        "tone-good": "#6cc5ff",
        "tone-notice": "#9fd8c8",
        "tone-warning": "#f2c14e",
        "tone-bad": "#ff8a65",
        "tone-accent": "#d7a6f0",
        "table-header": "#24282d",
        "table-cursor": "#1b3a5c",
        "table-cursor-blurred": "#383c42",
        "footer-key-foreground": "#f2c14e",
        "block-cursor-background": "#1b3a5c",
        "block-cursor-foreground": "#ffffff",
        "border-blurred": "#2d3742",
    },
)

LIGHT = Theme(
    name="hctui-light",
    dark=False,
    primary="#0b5a96",
    secondary="#35618a",
    accent="#7a2f9b",
    success="#0b5a96",
    warning="#7a4b00",
    error="#a8310b",
    foreground="#1d252d",
    background="#eef1f4",
    surface="#f8f9fb",
    panel="#e0e5ea",
    variables={
        "tone-dim": "#4f5b67",
        "tone-strong": "#000000",
        "tone-good": "#0b5a96",
        "tone-notice": "#00594c",
        "tone-warning": "#7a4b00",
        "tone-bad": "#a8310b",
        "tone-accent": "#7a2f9b",
        "table-header": "#e4e7ea",
        "table-cursor": "#bcdcf8",
        "table-cursor-blurred": "#d4d8dc",
        "footer-key-foreground": "#7a4b00",
        "block-cursor-background": "#bcdcf8",
        "block-cursor-foreground": "#000000",
        "border-blurred": "#c3ccd5",
    },
)

ANSI = Theme(
    name="hctui-ansi",
    dark=True,
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_magenta",
    success="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "tone-dim": "ansi_default",
        "tone-strong": "ansi_default",
        "tone-good": "ansi_cyan",
        "tone-notice": "ansi_bright_blue",
        "tone-warning": "ansi_yellow",
        "tone-bad": "ansi_red",
        "tone-accent": "ansi_magenta",
        "table-header": "ansi_default",
        "table-cursor": "ansi_default",
        "table-cursor-blurred": "ansi_default",
        # Nobody knows whether the terminal is dark or light: its own text is on its own background, or reversed, and
        # only black is on a colour.
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "block-cursor-text-style": "bold underline",
        "border-blurred": "ansi_bright_black",
        "input-cursor-text-style": "reverse",
        "input-selection-foreground": "ansi_black",
        "input-selection-background": "ansi_cyan",
    },
)

THEMES = MappingProxyType({"dark": DARK, "light": LIGHT, "ansi": ANSI})
"""By the names they have in the settings."""

_STAND_INS = {
    "tone-dim": "foreground",
    "tone-strong": "foreground",
    "tone-good": "text-success",
    "tone-notice": "text-secondary",
    "tone-warning": "text-warning",
    "tone-bad": "text-error",
    "tone-accent": "text-accent",
    "table-header": "panel",
    "table-cursor": "primary-muted",
    "table-cursor-blurred": "panel",
}


def stand_ins(theme: Theme) -> dict[str, str]:
    """Our variables for a theme that is not ours, from its own colours: for `App.get_theme_variable_defaults`."""
    colours = theme.to_color_system().generate()
    return {name: colours[source] for name, source in _STAND_INS.items()}
