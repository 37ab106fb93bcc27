"""What the settings of the group `console` can say. How the console obeys them is its own affair.

Knows no action and no key that really exists: whether an action has that name is for the console to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

BINDINGS_ALLOWED = 'a list of "action=key", as in "approve=ctrl+a"'

# An action's id, then modifiers and a key by its name or, where it has a sign of its own, by that sign. A comma
# would end the pair wherever the list is one text, and "+" and "=" are taken: these keys go by their names.
_BINDING = re.compile(
    r"([a-z][a-z0-9_.-]*)\s*=\s*((?:(?:ctrl|alt|shift|meta|super|hyper)\+)*(?:\w+|[^\s,=+]))"
)


class Theme(StrEnum):
    """The colours of the console."""

    DARK = "dark"
    LIGHT = "light"
    ANSI = "ansi"
    """The sixteen colours of the terminal itself."""


class Glyphs(StrEnum):
    """What lines, bars and marks are drawn with."""

    UNICODE = "unicode"
    ASCII = "ascii"


class OnHangup(StrEnum):
    """What happens when the terminal of the console goes away."""

    EXIT = "exit"
    HEADLESS = "headless"
    """The balancer goes on without a console."""


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """The settings of the group `console`.

    Attributes:
        theme: the colours.
        glyphs: what is drawn with.
        bell: whether the terminal's bell rings once for a new proposal.
        on_hangup: what happens when the terminal goes away.
        keys: by the id of an action the keys it has instead of its usual ones; commas separate several.
    """

    theme: Theme
    glyphs: Glyphs
    bell: bool
    on_hangup: OnHangup
    keys: Mapping[str, str]


def binding(text: str) -> str:
    """Read one remapped key, `action=key`, and return it without spaces.

    Raises:
        ValueError: it is none.
    """
    match = _BINDING.fullmatch(text)
    if match is None or not text.isprintable():
        raise ValueError(text)
    return "=".join(match.groups())


def keymap(bindings: tuple[str, ...]) -> Mapping[str, str]:
    """The keys by action. An action that is named several times has all of these keys, separated by commas."""
    keys: dict[str, str] = {}
    for pair in bindings:
        action, _, key = pair.partition("=")
        keys[action] = f"{keys[action]},{key}" if action in keys else key
    return MappingProxyType(keys)
