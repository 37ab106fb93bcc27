"""A view as it travels: first the whole of it, then only what has changed, and put together again at the other end.

Pure. What does not change keeps its identity on the other side too, so that a front end there can tell what is new as
one in the same process does. The policy does not travel, since the settings say the same. What may hold a secret is
masked before it leaves: a front end needs to know only that it is set, and where.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from hctui.config import BY_KEY, Settings
from hctui.config.kinds import Value
from hctui.config.settings import Given, Layer
from hctui.core.decision import Decision
from hctui.core.errors import HctuiError
from hctui.core.history import Sample
from hctui.core.model import ClusterInfo, Snapshot
from hctui.core.state import State
from hctui.engine.view import Contact, View

MASK = "***"
"""Travels in place of what may hold a secret."""


class Senseless(HctuiError):
    """Changes that are none of the view they came for."""

    title = "The engine's view cannot be put together"


class SettingsSent(msgspec.Struct, frozen=True):
    """`Settings`, its layers as plain mappings. The path is absolute: the other side may be in another folder."""

    file: str
    layers: tuple[dict[str, Given], dict[str, Given], dict[str, Given], dict[str, Given]]


class SamplesSent(msgspec.Struct, frozen=True):
    """So many of the oldest samples have gone, and these have come."""

    gone: int
    come: tuple[Sample, ...]


class Changes(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of a view that are others now. The samples, which hardly change, travel apart from the state."""

    at: float | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET
    settings: SettingsSent | UnsetType = UNSET
    state: State | UnsetType = UNSET
    samples: SamplesSent | UnsetType = UNSET
    cluster: ClusterInfo | UnsetType | None = UNSET
    snapshot: Snapshot | UnsetType | None = UNSET
    decision: Decision | UnsetType | None = UNSET
    lines_before: int | UnsetType = UNSET
    next_poll_at: float | UnsetType | None = UNSET
    is_reading: bool | UnsetType = UNSET
    hindrance: str | UnsetType = UNSET
    journal_error: str | UnsetType = UNSET


APART = ("settings", "policy", "state")
"""Fields of a view that do not travel as they are."""

_AS_THEY_ARE = tuple(name for name in View.__dataclass_fields__ if name not in APART)


def changes(before: View | None, after: View) -> Changes:
    """What has changed since `before`; all there is without one."""
    changed: dict[str, Any] = {
        name: getattr(after, name)
        for name in _AS_THEY_ARE
        if before is None or getattr(before, name) is not getattr(after, name)
    }
    if before is None or before.settings is not after.settings:
        changed["settings"] = _settings_sent(after.settings)
    if before is None or before.state is not after.state:
        changed["state"] = replace(after.state, samples=())
    older = before.state.samples if before else ()
    if older is not after.state.samples:
        changed["samples"] = _samples_sent(older, after.state.samples)
    return Changes(**changed)


def changed(before: View | None, come: Changes, looks: Layer) -> View:
    """The view after changes.

    Args:
        before: what they are changes of; `None` for the first.
        come: the changes.
        looks: settings given here, such as a theme, that prevail over the engine's flags.

    Raises:
        Senseless: they are the changes of another view.
    """
    fields = {name: value for name in _AS_THEY_ARE if not isinstance(value := getattr(come, name), UnsetType)}
    if not isinstance(come.settings, UnsetType):
        settings = with_looks(_settings_of(come.settings), looks)
        fields |= {"settings": settings, "policy": settings.policy()}
    if not isinstance(come.state, UnsetType):
        older = before.state.samples if before else ()
        fields["state"] = replace(come.state, samples=_samples_of(older, come.samples))
    if before is not None:
        return replace(before, **fields)
    try:
        return View(**fields)
    except TypeError:
        raise Senseless("Some of it is missing.") from None


def with_looks(settings: Settings, looks: Layer) -> Settings:
    """The settings with some that a flag gave here."""
    if not looks:
        return settings
    console, flags, environment, file = settings.layers
    return replace(settings, layers=(console, MappingProxyType({**flags, **looks}), environment, file))


def _settings_sent(settings: Settings) -> SettingsSent:
    console, flags, environment, file = map(_layer_sent, settings.layers)
    return SettingsSent(str(settings.file.absolute()), (console, flags, environment, file))


def _layer_sent(layer: Layer) -> dict[str, Given]:
    return {
        key: Given(_masked(given.value), given.source) if BY_KEY[key].secret and given.value else given
        for key, given in layer.items()
    }


def _masked(value: Value) -> Value:
    """Something of the same type that says only that there is something."""
    return (MASK,) if isinstance(value, tuple) else MASK


def _settings_of(sent: SettingsSent) -> Settings:
    console, flags, environment, file = map(_layer_of, sent.layers)
    return Settings(Path(sent.file), (console, flags, environment, file))


def _layer_of(sent: Mapping[str, Given]) -> Layer:
    """Raises `Senseless` for settings that do not exist, and values of a type that theirs do not have."""
    for key, given in sent.items():
        setting = BY_KEY.get(key)
        if setting is None or type(given.value) is not type(setting.default):
            raise Senseless("It has a setting that does not exist, or a value that it cannot have.")
    return MappingProxyType(dict(sent))


def _samples_sent(before: tuple[Sample, ...], after: tuple[Sample, ...]) -> SamplesSent:
    """Only what is new, where the rest is the newest part of what was there."""
    gone = next((index for index, sample in enumerate(before) if after and sample is after[0]), len(before))
    kept = before[gone:]
    if len(kept) <= len(after) and all(old is new for old, new in zip(kept, after, strict=False)):
        return SamplesSent(gone, after[len(kept) :])
    return SamplesSent(len(before), after)


def _samples_of(before: tuple[Sample, ...], sent: SamplesSent | UnsetType) -> tuple[Sample, ...]:
    if isinstance(sent, UnsetType):
        return before
    if not 0 <= sent.gone <= len(before):
        raise Senseless("Samples have gone that never came.")
    return before[sent.gone :] + sent.come
