"""What a front end may ask of the engine. Commands travel through one queue and are carried out between cycles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hctui.core.commands import Approve, Choose, Drain, EndDrain, MoveVm, Pause, Reject, Resume
from hctui.core.commands import Command as Order
from hctui.core.policy import Policy


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Have settings hold from now on, by key, as typed: flip dry run or mode, apply what was edited.

    They come from the console, above every other source, and are not saved.
    """

    changes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReloadSettings:
    """Read the settings file again, after it was saved.

    Attributes:
        forget: keys whose runtime changes no longer hold.
        expected: the policy that was shown and agreed to; if the file says another by now, nothing changes. `None`:
            whatever it says.
    """

    forget: tuple[str, ...] = ()
    expected: Policy | None = None


SettingsCommand = ChangeSettings | ReloadSettings
Command = Order | SettingsCommand

__all__ = [
    "Approve",
    "ChangeSettings",
    "Choose",
    "Command",
    "Drain",
    "EndDrain",
    "MoveVm",
    "Order",
    "Pause",
    "Reject",
    "ReloadSettings",
    "Resume",
    "SettingsCommand",
]
