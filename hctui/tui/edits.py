"""Settings as they are edited: what was typed, how far it has come, and what is wrong with it. Pure.

Nothing typed is lost by being wrong: it stays until it is put right, taken back, or holds. Knows no screen and no
file; whether a change needs to be agreed to is told by comparing policies, not by the keys that were typed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from hctui.config import (
    BY_KEY,
    SETTINGS,
    Group,
    Problem,
    Setting,
    Settings,
    SettingsError,
    SourceKind,
    change,
    check_field,
    locked,
)
from hctui.config.console import keymap
from hctui.config.kinds import Boolean, Choice, Value
from hctui.core.policy import Mode, Policy
from hctui.tui.remapping import faults

REMAPPED = "keys"
"""The setting whose value names actions of the console."""


class Standing(StrEnum):
    """How far the value of a setting has come; the word is its mark in the list."""

    UNTOUCHED = ""
    LOCKED = "locked"
    WRONG = "wrong"
    EDITED = "edited"
    """Typed; it does not hold yet."""
    TO_SAVE = "to save"
    """It holds, but only from the console: the file does not say it yet."""
    SAVED = "saved"
    """The file says it; the engine has not read that yet, or not been able to."""


@dataclass(frozen=True, slots=True)
class Edits:
    """What was typed, by the key of the setting, and which of it stands in the file already."""

    typed: Mapping[str, str] = field(default_factory=dict, repr=False)
    saved: frozenset[str] = frozenset()

    def put(self, settings: Settings, key: str, text: str) -> Edits:
        """With this text typed. One that only repeats what holds is no edit, unless the file does not say it yet.

        An empty text leaves a secret as it is, since its field starts empty.
        """
        rest = self.without([key])
        repeats = _repeats(settings, key, text) and not _is_unsaved(settings, key)
        is_pointless = not text if BY_KEY[key].secret else repeats
        return rest if is_pointless else Edits(MappingProxyType({**rest.typed, key: text}), rest.saved)

    def without(self, keys: Collection[str]) -> Edits:
        """As if these had never been typed."""
        kept = {key: text for key, text in self.typed.items() if key not in keys}
        return Edits(MappingProxyType(kept), self.saved - set(keys))

    def written(self, keys: Iterable[str]) -> Edits:
        """With these in the file."""
        return Edits(self.typed, self.saved | set(keys))

    def settled(self, settings: Settings) -> Edits:
        """After the engine has other settings: what was saved, or holds without the console's help, is done with."""
        done = [key for key in self.typed if key in self.saved or not self._is_open(settings, key)]
        return self.without(done)

    def _is_open(self, settings: Settings, key: str) -> bool:
        if locked(settings, BY_KEY[key]):
            return False
        return _is_unsaved(settings, key) or not _repeats(settings, key, self.typed[key])

    def pending(self, settings: Settings) -> tuple[str, ...]:
        """The keys of what was typed and does not hold, in the order of the table; it would be lost by leaving."""
        return tuple(key for key in self.to_save if not _repeats(settings, key, self.typed[key]))

    @property
    def to_save(self) -> tuple[str, ...]:
        """The keys of what the file does not say yet, in the order of the table."""
        return tuple(
            setting.key for setting in SETTINGS if setting.key in self.typed and setting.key not in self.saved
        )

    def texts(self, keys: Iterable[str]) -> dict[str, str]:
        """What was typed for these."""
        return {key: self.typed[key] for key in keys}


def standing(settings: Settings, edits: Edits, wrong: Collection[str], key: str) -> Standing:
    """How far a setting has come; `wrong` are keys of edits that cannot be saved or applied."""
    if key not in edits.typed:
        return Standing.LOCKED if locked(settings, BY_KEY[key]) else Standing.UNTOUCHED
    if key in edits.saved:
        return Standing.SAVED
    if key in wrong:
        return Standing.WRONG
    return Standing.TO_SAVE if _repeats(settings, key, edits.typed[key]) else Standing.EDITED


def fault(key: str, text: str) -> str:
    """What is wrong with a text by itself, in a sentence; empty if nothing is."""
    read = check_field(key, text)
    if isinstance(read, Problem):
        return f"The value {read.reason}."
    if key == REMAPPED and isinstance(read, tuple):
        return " ".join(faults(keymap(read)))
    return ""


def problems(settings: Settings, edits: Edits) -> dict[str, tuple[str, ...]]:
    """What keeps the edits from being saved or applied: sentences by each setting concerned, edited or not."""
    faults = {key: fault(key, edits.typed[key]) for key in edits.to_save}
    try:
        change(settings, edits.texts(edits.to_save))
        sentences: tuple[str, ...] = ()
    except SettingsError as error:
        sentences = error.problems
    found: dict[str, tuple[str, ...]] = {}
    for setting in SETTINGS:
        own = faults.get(setting.key)
        if told := (own,) if own else tuple(each for each in sentences if setting.name in each):
            found[setting.key] = told
    return found


def wrong_keys(edits: Edits, found: Collection[str]) -> tuple[str, ...]:
    """Of the settings that something is wrong with, those that were edited, in the order of the table."""
    return tuple(key for key in edits.to_save if key in found)


def split(keys: Iterable[str]) -> tuple[list[str], list[str]]:
    """The keys of what takes effect while hctui runs, and of what does at the next start only."""
    groups: dict[bool, list[str]] = {True: [], False: []}
    for key in keys:
        groups[BY_KEY[key].group is not Group.CLUSTER].append(key)
    return groups[True], groups[False]


def is_switch(setting: Setting[Any]) -> bool:
    """Whether it has a few values that are gone through one after the other, instead of being typed."""
    return isinstance(setting.kind, Boolean | Choice)


def next_text(setting: Setting[Any], text: str) -> str:
    """The value after this one of a setting with a few values, after the last the first."""
    words = setting.kind.words if isinstance(setting.kind, Choice) else ("false", "true")
    return str(words[(words.index(text) + 1) % len(words)])


def starts_live(before: Policy, after: Policy) -> bool:
    """Whether a dry run ends."""
    return before.dry_run and not after.dry_run


def starts_live_auto(before: Policy, after: Policy) -> bool:
    """Whether moves are made without approval that were not before."""
    return not after.dry_run and after.mode is Mode.AUTO and before.mode is not Mode.AUTO


def _is_unsaved(settings: Settings, key: str) -> bool:
    return settings.given(BY_KEY[key]).source.kind is SourceKind.CONSOLE


def _repeats(settings: Settings, key: str, text: str) -> bool:
    """Whether a text says what holds already."""
    read: Value | Problem = check_field(key, text)
    return not isinstance(read, Problem) and read == settings.given(BY_KEY[key]).value
