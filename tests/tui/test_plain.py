"""With ASCII glyphs nothing is drawn in other characters, whoever draws it, but for names that the cluster has."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import _border
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.color import Color
from textual.keys import KEY_DISPLAY_ALIASES
from textual.scrollbar import ScrollBarRender

from hctui.tui import glyphs
from hctui.tui.glyphs import KEY_NAMES, UNICODE, plain
from hctui.tui.plain import PLAIN
from tests.tui.scenes import waiting
from tests.tui.shots import ASCII, SHOTS, Shot
from tests.tui.stage import console
from tests.tui.troubled import WIDE

LETTERS_OF_NAMES = set(WIDE)


def text_of(app: App[object]) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def beyond_ascii(text: str) -> set[str]:
    return {character for character in text if not character.isascii()} - LETTERS_OF_NAMES


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
async def test_no_screen_draws_anything_else(
    shot: Shot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with replace(shot, look=ASCII).opened(tmp_path) as app:
        assert beyond_ascii(text_of(app)) == set()


async def test_neither_the_dashboard_nor_a_note_nor_a_filter_does() -> None:
    async with console(waiting(glyphs="ascii")) as stage:
        await stage.press("y", "slash", *"sql")
        stage.app.say("Wrong.", is_wrong=True)
        await stage.shows("sent to the terminal", "Wrong.", "sql")
        assert beyond_ascii(stage.text) == set()


async def test_other_glyphs_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(waiting()) as stage:
        await stage.press("w")
        await stage.shows("here", "▶")
        written: list[str] = []

        def display(_screen: object, update: CompositorUpdate | None) -> None:
            written.append(update.render_segments(stage.app.console) if update else "")

        monkeypatch.setattr(stage.app, "_display", display)
        stage.front.publish(settings=waiting(glyphs="ascii").settings)
        await stage.until(lambda: "may go there" in "".join(written))
        assert ">" in "".join(written)
        assert beyond_ascii("".join(written)) == set()


async def test_keys_are_named_where_their_signs_cannot_be_drawn() -> None:
    async with console(waiting(glyphs="ascii")) as stage:
        await stage.press("c")
        await stage.shows("enter edit")


def test_everything_that_textual_frames_with_has_a_plain_character() -> None:
    frames = "".join("".join(line) for kind in _border.BORDER_CHARS.values() for line in kind)
    bars = "".join((*ScrollBarRender.VERTICAL_BARS, *ScrollBarRender.HORIZONTAL_BARS))
    assert plain(frames + bars).isascii()


def test_every_glyph_of_ours_has_a_plain_character() -> None:
    ours = "".join(getattr(UNICODE, name) for name in UNICODE.__slots__)
    assert plain(ours).isascii()


def test_every_key_with_a_sign_has_a_name() -> None:
    signs = {sign for sign in KEY_DISPLAY_ALIASES.values() if not sign.isascii()}
    assert signs <= set(KEY_NAMES)


def test_a_plain_character_is_as_wide_as_what_it_stands_for() -> None:
    for code, character in glyphs._PLAIN.items():
        assert cell_len(chr(code)) == len(character) == 1


@given(st.text())
def test_letters_stay_what_they_are(text: str) -> None:
    letters = "".join(each for each in text if unicodedata.category(each)[0] in "LMN")
    assert plain(letters) == letters
    assert cell_len(plain(text)) == cell_len(text)


def test_what_is_plain_keeps_its_style() -> None:
    style = Style(bold=True)
    [kept, changed] = PLAIN.apply([Segment("a", style), Segment("│…", style)], Color(0, 0, 0))
    assert kept == Segment("a", style)
    assert changed == Segment("|~", style)
