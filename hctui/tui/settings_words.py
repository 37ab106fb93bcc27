"""Settings and their edits in words: values with their units, sources, and what is said around a save. Pure.

No value of a secret setting passes through here: it has a mask, whether it holds or was just typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hctui.config import BY_KEY, Edit, Group, Setting, Settings, Source, SourceKind, locked
from hctui.config.difference import changed_lines, hunks
from hctui.config.kinds import Value
from hctui.config.schema import BASE_URL, DRY_RUN
from hctui.core.wording import count, listing
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.edits import Edits, Standing, fault, split

MASK = "***"
NOT_SET = "not set"
_UNITS = {"percent": "%", "minutes": "min", "seconds": "s"}
_SOURCES = {
    SourceKind.DEFAULT: "default",
    SourceKind.FILE: "file",
}
_NEXT_START = "Takes effect at the next start only."


def unit(setting: Setting[Any]) -> str:
    """The short form of the unit; empty where there is none."""
    return _UNITS.get(setting.unit, setting.unit)


def shown_text(setting: Setting[Any], text: str) -> str:
    """A value as text, with its unit; a mask for a secret."""
    if setting.secret and text.strip():
        return MASK
    return f"{text} {unit(setting)}".strip() or NOT_SET


def shown_value(setting: Setting[Any], value: Value) -> str:
    """A value with its unit; a mask for a secret."""
    return shown_text(setting, setting.kind.to_text(value))


def typed_text(setting: Setting[Any], text: str) -> str:
    """What was typed, with the unit where it is a value at all."""
    return text if fault(setting.key, text) and not setting.secret else shown_text(setting, text)


def source(given: Source) -> str:
    """Where a value comes from, in a few words."""
    if given.kind is SourceKind.CONSOLE:
        return f"{given} (not saved)"
    return _SOURCES.get(given.kind, str(given))


def about(
    settings: Settings, edits: Edits, key: str, standing: Standing, way: Sequence[str] = ()
) -> tuple[Cell, ...]:
    """Paragraphs about one setting: its meaning, what is allowed, where it can be set, what holds, what was typed.

    `way` is told with the address: what of the way to the cluster is not as that says.
    """
    setting = BY_KEY[key]
    given = settings.given(setting)
    file = f" {given.source.where}" if given.source.kind is SourceKind.FILE else ""
    told = [
        joined(cell(setting.name, Tone.STRONG), cell(f"  {setting.meaning}")),
        cell(f"Allowed: {setting.allowed}. Default: {shown_value(setting, setting.default)}."),
        cell(_elsewhere(setting), Tone.DIM),
        cell(f"Holds: {shown_value(setting, given.value)}. Source: {source(given.source)}{file}."),
        *(cell(told, Tone.WARNING) for told in way if setting is BASE_URL),
        _progress(setting, edits, standing),
    ]
    if setting.group is Group.CLUSTER:
        told.append(cell(_NEXT_START, Tone.NOTICE))
    if why := locked(settings, setting):
        told.append(cell(f"Locked: {why}", Tone.WARNING))
    return tuple(told)


def _elsewhere(setting: Setting[Any]) -> str:
    ways = (("environment variable", setting.environment), ("flag", setting.flag))
    named = [f"{what} {name}" for what, name in ways if name]
    return f"Also set by the {listing(named)}." if named else "No environment variable and no flag set it."


def _progress(setting: Setting[Any], edits: Edits, standing: Standing) -> Cell:
    text = edits.typed.get(setting.key, "")
    told = {
        Standing.EDITED: (f"Edited: {typed_text(setting, text)}; neither applied nor saved.", Tone.ACCENT),
        Standing.WRONG: (f"Edited: {typed_text(setting, text)}.", Tone.BAD),
        Standing.TO_SAVE: ("Holds from the console; saving writes it to the file.", Tone.ACCENT),
        Standing.SAVED: ("Saved. The engine reads the file again before its next cycle.", Tone.GOOD),
    }
    return cell(*told[standing]) if standing in told else cell()


def field_label(setting: Setting[Any]) -> Cell:
    """What stands before the field."""
    return joined(cell(f" {setting.key} ", Tone.STRONG), cell("= ", Tone.DIM))


def field_hint(setting: Setting[Any]) -> str:
    """What stands in an empty field."""
    if setting.secret:
        return "empty keeps what is set; a space alone removes it"
    return f"{setting.unit or 'empty: not set'}"


def reasons(told: Sequence[str], *, is_edited: bool) -> tuple[Cell, ...]:
    """Why an edit cannot be saved or applied; or what another edit would do to a setting that was left alone."""
    mark = "Wrong: " if is_edited else "With the other edits: "
    return tuple(cell(f"{mark}{each}", Tone.BAD) for each in told)


def password_line(place: str) -> Cell:
    """Where the engine has the password from, and that it is never here."""
    return joined(cell(f" Password: from {place}."), cell(" It is never shown and never saved.", Tone.DIM))


def summary(edits: Edits, pending: int, wrong: int, file: Path) -> Cell:
    """How many edits there are, and the file they would go to."""
    held = len(edits.to_save) - pending
    parts = [
        (pending - wrong, "edited", Tone.ACCENT),
        (wrong, "wrong", Tone.BAD),
        (held, "to save", Tone.ACCENT),
    ]
    counts = [cell(f"{number} {word}", tone) for number, word, tone in parts if number > 0]
    told = joined(*counts, between=cell(", ")) if counts else cell("Nothing edited", Tone.DIM)
    return joined(cell(" "), told, cell(f".  File: {file}", Tone.DIM))


def row_copy(cells: Sequence[Cell]) -> str:
    """A row as one line of text."""
    return "  ".join(each.text for each in cells if each.parts)


# Saving, applying, leaving


def save_text(settings: Settings, edit: Edit, foreseen: Settings) -> str:
    """What a save will do, before it is done."""
    names = listing([BY_KEY[key].name for key in edit.keys])
    told = [f"Saves {names} to {edit.path}."]
    if edit.restored:
        restored = listing([BY_KEY[key].name for key in edit.restored])
        told.append(
            f"The file has been removed since it was read. It is made anew with what it said of {restored}, and with "
            "every setting and its meaning as a comment; comments of your own are lost."
        )
    elif not edit.exists:
        told.append("There is no such file yet; it is made, with every setting and its meaning as a comment.")
    told.append(_effect(edit.keys))
    others = [name for name in changed_names(settings, foreseen) if name not in names]
    if others:
        told.append(
            f"The file was changed since it was read: {listing(others)} will hold as it says there, too."
        )
    if DRY_RUN.key in edit.keys and not next_start(foreseen).get(DRY_RUN):
        told.append("From the next start on hctui is LIVE at once, without asking.")
    return " ".join(told)


def diff_text(edit: Edit) -> str:
    """How many lines change, and which; what is said instead where there is none."""
    lines = hunks(edit.diff)
    if not lines:
        return "The file says all of this already; no line of it changes."
    changed = changed_lines(lines)
    return "\n".join(
        (f"{count(changed, 'line')} of the file {'changes' if changed == 1 else 'change'}:", *lines)
    )


def first_change(told: str) -> str:
    """The beginning of what `diff_text` told, up to the first line that comes in, else to the first that goes."""
    lines = told.split("\n")
    at = [number for sign in "+-" for number, line in enumerate(lines) if line.startswith(sign)]
    return "\n".join(lines[: at[0] + 1] if at else lines)


def changed_names(before: Settings, after: Settings) -> list[str]:
    """The settings whose value differs, in the order of the table."""
    return [each.name for each in BY_KEY.values() if before.given(each).value != after.given(each).value]


def next_start(settings: Settings) -> Settings:
    """What will hold at the next start with the same flags and environment: nothing comes from the console then."""
    return replace(settings, layers=(MappingProxyType({}), *settings.layers[1:]))


def _effect(keys: Sequence[str]) -> str:
    at_once, later = split(keys)
    if not later:
        return (
            "It holds from the next cycle on." if len(at_once) == 1 else "They hold from the next cycle on."
        )
    names = listing([BY_KEY[key].name for key in later])
    verb = "takes" if len(later) == 1 else "take"
    return f"{names} {verb} effect at the next start only."


def saved_text(keys: Sequence[str]) -> str:
    """Said once a save is done."""
    return f"Saved. {_effect(keys)}"


def applied_text(keys: Sequence[str], later: Sequence[str]) -> str:
    """Said once edits were sent to the engine."""
    told = f"Applying {listing([BY_KEY[key].name for key in keys])}, without saving."
    return f"{told} {not_applied_text(later)}" if later else told


def not_applied_text(later: Sequence[str]) -> str:
    """Said of edits that cannot be applied, since they matter at the start only."""
    names = listing([BY_KEY[key].name for key in later])
    verb = "takes" if len(later) == 1 else "take"
    return f"{names} {verb} effect at the next start only: save instead."


def not_saved_text(detail: str, hint: str) -> str:
    """Said of a save that failed."""
    return f"{detail} {hint}".strip() + "\n\nWhat was typed is still there."


def leaving_text(keys: Sequence[str]) -> str:
    """Before the page is left with edits that would be lost."""
    names = listing([BY_KEY[key].name for key in keys])
    return f"{count(len(keys), 'edit')} neither saved nor applied: {names}."


def revert_text(keys: Sequence[str]) -> str:
    """Before all edits are taken back at once."""
    return f"Take back all that was typed: {listing([BY_KEY[key].name for key in keys])}."


def nothing_text(verb: str) -> str:
    """Said where there is nothing to save, to apply or to take back."""
    return f"Nothing is edited, so there is nothing to {verb}."


def refused_text(verb: str, key: str) -> str:
    """Said where an edit that is wrong keeps all of them back."""
    return f"Cannot {verb} while {BY_KEY[key].name} is wrong."
