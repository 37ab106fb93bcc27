"""The list of settings: grouped as in the file, with value, source, and how far an edit has come. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hctui.config import BY_KEY, SETTINGS, Settings, SourceKind
from hctui.tui import settings_words as words
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.columns import Column
from hctui.tui.edits import Edits, Standing, standing

COLUMNS = (
    Column("group", "group", 8),
    Column("name", "setting", 27),
    Column("value", "value", 12, flex=1),
    Column("mark", "", 7),
    Column("source", "source", 19, at_most=109),
    Column("source_wide", "source", 40, at_least=110),
)

_MARKS = {
    Standing.LOCKED: Tone.WARNING,
    Standing.WRONG: Tone.BAD,
    Standing.EDITED: Tone.ACCENT,
    Standing.TO_SAVE: Tone.ACCENT,
    Standing.SAVED: Tone.GOOD,
}


def order(
    settings: Settings, edits: Edits, wrong: Collection[str], wanted: str, keep: str | None = None
) -> list[str]:
    """The keys of the settings that match all words of what is wanted, and `keep`, in the order of the file."""
    terms = wanted.casefold().split()

    def matches(key: str) -> bool:
        haystack = _haystack(settings, edits, wrong, key)
        return key == keep or all(term in haystack for term in terms)

    return [setting.key for setting in SETTINGS if matches(setting.key)]


def _haystack(settings: Settings, edits: Edits, wrong: Collection[str], key: str) -> str:
    setting = BY_KEY[key]
    mark = standing(settings, edits, wrong, key)
    where = words.source(settings.given(setting).source)
    return "\n".join((setting.name, setting.meaning, setting.unit, mark, where)).casefold()


def row(
    settings: Settings, edits: Edits, wrong: Collection[str], key: str, shown: Sequence[str]
) -> tuple[Cell, ...]:
    """The cells of one setting; `shown` are the keys in their order, since a group is named once."""
    setting, mark = BY_KEY[key], standing(settings, edits, wrong, key)
    at = shown.index(key)
    is_first = at == 0 or BY_KEY[shown[at - 1]].group is not setting.group
    given = settings.given(setting)
    where = f" {given.source.where}" if given.source.kind is SourceKind.FILE else ""
    source = words.source(given.source)
    tone = Tone.DIM if given.source.kind is SourceKind.DEFAULT else Tone.PLAIN
    return (
        cell(setting.group if is_first else "", Tone.STRONG),
        cell(setting.key),
        _value(settings, edits, key, mark),
        cell(mark, _MARKS.get(mark, Tone.PLAIN)),
        cell(source, tone),
        cell(f"{source}{where}", tone),
    )


def _value(settings: Settings, edits: Edits, key: str, mark: Standing) -> Cell:
    """What was typed and what holds; or what holds, dim where nothing is set."""
    setting = BY_KEY[key]
    holds = words.shown_value(setting, settings.given(setting).value)
    if mark in (Standing.EDITED, Standing.WRONG, Standing.SAVED):
        typed = words.typed_text(setting, edits.typed[key])
        return joined(cell(typed, _MARKS[mark]), cell(f"  was {holds}", Tone.DIM))
    return cell(holds, Tone.DIM if holds == words.NOT_SET else Tone.PLAIN)
