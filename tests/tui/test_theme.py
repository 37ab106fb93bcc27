"""The looks: every tone can be read on every background, and told apart without colour."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import Button

from hctui.tui.cell import Tone, cell, joined
from hctui.tui.columns import Column
from hctui.tui.theme import ANSI, DARK, LIGHT, THEMES, stand_ins
from hctui.tui.widgets.table import Table
from tests.tui.desk import FILE, desk
from tests.tui.scenes import waiting
from tests.tui.stage import console
from tests.tui.tables import Screenful

BACKGROUNDS = ["surface", "background", "panel", "table-cursor", "table-cursor-blurred", "table-header"]
TEXTS = ["foreground", *(f"tone-{tone}" for tone in Tone if tone is not Tone.PLAIN)]
ENOUGH = 4.5
"""WCAG 2.1, level AA, for text of normal size."""

ALL_TONES = joined(*(cell(tone, tone) for tone in Tone))


def _variables(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **theme.variables}


def _luminance(colour: Color) -> float:
    """Relative luminance as WCAG defines it, from 0 to 1."""
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.r / 255, colour.g / 255, colour.b / 255)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, other: Color) -> float:
    """How two colours contrast, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_contrast_is_that_of_the_standard() -> None:
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), Color.parse("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read_on_every_background(theme: Theme, background: str, text: str) -> None:
    variables = _variables(theme)
    assert contrast(Color.parse(variables[text]), Color.parse(variables[background])) >= ENOUGH


def _without_red_and_green(colour: Color) -> tuple[float, float]:
    """What is left for an eye that takes red for green: how bright, and how blue against yellow."""
    return (colour.r + colour.g) / 2, float(colour.b)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_good_and_bad_differ_for_eyes_that_take_red_for_green(theme: Theme) -> None:
    good, bad = (Color.parse(theme.variables[f"tone-{tone}"]) for tone in (Tone.GOOD, Tone.BAD))
    distance = [
        abs(x - y) for x, y in zip(_without_red_and_green(good), _without_red_and_green(bad), strict=True)
    ]
    assert max(distance) >= 80


def test_the_sixteen_colours_are_the_terminals_own() -> None:
    variables = _variables(ANSI)
    assert all(
        Color.parse(variables[name]).ansi is not None for name in ANSI.variables if name.startswith("tone-")
    )
    assert ANSI.ansi


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_every_theme_has_every_variable(theme: Theme) -> None:
    assert set(stand_ins(theme)) <= set(theme.variables)


def test_the_settings_and_the_themes_agree() -> None:
    assert {name: theme.name for name, theme in THEMES.items()} == {
        "dark": "hctui-dark",
        "light": "hctui-light",
        "ansi": "hctui-ansi",
    }


class Tones(Screenful):
    """A table whose cursor is on the second of three rows in all tones."""

    def __init__(self) -> None:
        super().__init__(Table([Column("tones", "all tones", 70)], header=False))

    def on_mount(self) -> None:
        table = self.query_one(Table)
        table.show(["a", "b", "c"], lambda _: (ALL_TONES,))
        table.set_cursor("b")
        table.focus()


def _on_the_screen(app: Tones, line: int) -> dict[str, Segment]:
    """The segments of a line as they go to the terminal, filters included, by their text."""
    strip = app.query_one(Table).render_line(line)
    for each in app.get_line_filters():
        strip = strip.apply_filter(each, Color.parse("#12171d"))
    return {segment.text.strip(): segment for segment in strip}


@pytest.mark.parametrize("theme", [*(theme.name for theme in THEMES.values()), *BUILTIN_THEMES])
async def test_a_table_can_be_drawn_in_every_theme(theme: str) -> None:
    app = Tones()
    async with app.run_test(size=(80, 6)) as pilot:
        app.theme = theme
        await pilot.pause()
        assert set(Tone) <= set(_on_the_screen(app, 0))


async def test_another_theme_is_another_look_at_once() -> None:
    app = Tones()
    async with app.run_test(size=(80, 6)) as pilot:
        await pilot.pause()
        dark = _on_the_screen(app, 0)[Tone.BAD].style
        app.theme = LIGHT.name
        await pilot.pause()
        light = _on_the_screen(app, 0)[Tone.BAD].style
        assert dark != light
        assert light
        assert light.color
        assert light.color.name == LIGHT.variables["tone-bad"]


@pytest.mark.parametrize("theme", [DARK.name, LIGHT.name, ANSI.name])
async def test_without_colour_the_attributes_say_what_matters(
    theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Tones()
    async with app.run_test(size=(80, 6)) as pilot:
        app.theme = theme
        await pilot.pause()
        styles = {text: segment.style for text, segment in _on_the_screen(app, 0).items() if segment.style}
        assert styles[Tone.BAD].bold
        assert styles[Tone.WARNING].underline
        assert styles[Tone.DIM].dim or styles[Tone.DIM].color != styles[Tone.PLAIN].color
        assert not styles[Tone.PLAIN].bold
        assert all(segment.style and segment.style.reverse for segment in _on_the_screen(app, 1).values())
        assert not styles[Tone.PLAIN].reverse


async def test_the_cursor_looks_different_without_the_focus() -> None:
    app = Tones()
    async with app.run_test(size=(80, 6)) as pilot:
        await pilot.pause()
        focused, row = (_on_the_screen(app, line)[Tone.PLAIN].style for line in (1, 0))
        app.set_focus(None)
        await pilot.pause()
        blurred = _on_the_screen(app, 1)[Tone.PLAIN].style
        assert len({str(focused), str(row), str(blurred)}) == 3


async def test_in_the_sixteen_colours_nothing_is_lost_on_a_dark_or_on_a_light_terminal(
    tmp_path: Path,
) -> None:
    """Text in the terminal's own colour stands on its own background, or both are swapped."""
    path = tmp_path / "config.toml"
    async with desk(path, f'{FILE}\n[console]\ntheme = "ansi"\n', (80, 24)) as at:
        await at.go("ram_limit_percent")
        await at.press("enter")
        at.stage.app.say("A note.")
        await at.stage.shows("A note.", "ram_limit_percent =")
        for segment in (each for strip in at.stage._strips() for each in strip if each.text.strip()):
            assert segment.style
            text, behind = segment.style.color, segment.style.bgcolor
            if (text is None or text.is_default) and not segment.style.reverse:
                assert behind is None or behind.is_default, segment
        await at.press("end", "backspace")
        [cursor] = [
            each.style
            for strip in at.stage._strips()
            if "ram_limit_percent =" in "".join(each.text for each in strip)
            for each in strip
            if each.style and each.style.reverse
        ]
        assert [each is None or each.is_default for each in (cursor.color, cursor.bgcolor)] == [True, True]


@pytest.mark.parametrize("theme", ["dark", "light", "ansi"])
async def test_a_button_that_is_switched_off_still_has_its_words(theme: str) -> None:
    async with console(waiting(theme=theme)) as stage:
        await stage.press("a")
        view = stage.front.view
        stage.front.publish(state=replace(view.state, proposal=None))
        await stage.shows("no longer waits")
        assert stage.app.screen.query_one("#approve", Button).disabled
        for words in ("Approve", "Reject"):
            [line] = [line for line in stage.text.splitlines() if f" {words} " in line]
            assert "▔" not in line


@pytest.mark.parametrize("theme", ["dark", "light", "ansi"])
async def test_without_colour_no_text_is_as_dark_as_what_is_behind_it(
    theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with console(waiting(theme=theme)) as stage:
        for following in (theme, "ansi", theme, "light"):
            stage.front.publish(settings=waiting(theme=following).settings)
            await stage.until(lambda name=following: stage.app.theme == f"hctui-{name}")  # type: ignore[misc]
            await stage.settle()
            for segment in (each for strip in stage._strips() for each in strip if each.text.strip()):
                assert segment.style
                text, behind = segment.style.color, segment.style.bgcolor
                if following == "ansi":
                    assert all(colour is None or colour.is_default for colour in (text, behind))
                else:
                    assert text != behind
