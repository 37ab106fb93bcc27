"""What a front end may ask of the engine. Commands travel through one queue and are carried out between cycles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hctui.core.commands import Approve, Choose, MoveVm, Pause, Reject, Resume
from hctui.core.commands import Command as Order


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Have settings hold from the next cycle on, by key, as typed: flip dry run or mode, apply what was edited.

    They come from the console, above every other source, and are not saved.
    """

    changes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReloadSettings:
    """Read the settings file again, after it was saved; `forget` are keys whose runtime changes no longer hold."""

    forget: tuple[str, ...] = ()


SettingsCommand = ChangeSettings | ReloadSettings
Command = Order | SettingsCommand

__all__ = [
    "Approve",
    "ChangeSettings",
    "Choose",
    "Command",
    "MoveVm",
    "Order",
    "Pause",
    "Reject",
    "ReloadSettings",
    "Resume",
    "SettingsCommand",
]
