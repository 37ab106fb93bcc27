"""The difference between two texts of a settings file, as it may be shown: secrets are masked, active or commented.

Reads and writes no file. tomlkit is imported only when a function runs.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from hctui.config.editing import MARK
from hctui.config.schema import SETTINGS
from hctui.config.setting import Setting

_MASK = "***"
_NEW_MASK = "*** (new)"
_SECRETS = tuple(setting for setting in SETTINGS if setting.secret)

_CONTEXT = 1
"""So many unchanged lines around a change: the comments of a setting fill a small screen by themselves."""


def difference(before: str, after: str, name: str) -> tuple[str, ...]:
    """The lines of a unified difference, without line ends; none where the texts are the same.

    Args:
        before: TOML with settings and nothing else.
        after: likewise.
        name: what to call the file, usually its path.
    """
    known = _secrets(before)
    old, new = (_masked(text, known).removesuffix("\n").split("\n") for text in (before, after))
    return tuple(difflib.unified_diff(_plain(old), _plain(new), name, name, lineterm="", n=_CONTEXT))


def hunks(difference: Sequence[str]) -> tuple[str, ...]:
    """The lines of a difference without the two that name the file."""
    return tuple(difference[2:])


def changed_lines(hunks: Sequence[str]) -> int:
    """How many lines change: one that is replaced by another counts once, not as one that goes and one that comes."""
    changed = 0
    for is_change, run in groupby(hunks, lambda line: line[0] in "+-"):
        signs = [line[0] for line in run] if is_change else []
        changed += max(signs.count("-"), signs.count("+"))
    return changed


def _masked(text: str, known: Mapping[str, object]) -> str:
    """The text without its secrets. One that is not the known one has another mask, so that the change shows."""
    import tomlkit

    document = tomlkit.parse(text.removeprefix(MARK))
    for setting in _SECRETS:
        if setting.key in (table := document.get(setting.group, {})):
            secret = _secrets(text)[setting.key]
            mask = _MASK if secret == known.get(setting.key) else _NEW_MASK
            table[setting.key] = mask if secret else []
    lines = document.as_string().split("\n")
    for setting in _SECRETS:
        lines = list(_without_comments_on(setting, lines))
    return "\n".join(lines)


def _secrets(text: str) -> dict[str, object]:
    document = tomllib.loads(text.removeprefix(MARK))
    return {setting.key: document.get(setting.group, {}).get(setting.key) for setting in _SECRETS}


def _without_comments_on(setting: Setting[Any], lines: list[str]) -> Iterator[str]:
    """The lines less what a comment says of the secret: beside its mask, or instead of it, there in several lines."""
    group, key = (rf"""["']?{name}["']?\s*""" for name in (setting.group, setting.key))
    active = re.compile(rf"""(\s*(?:{group}\.\s*)?{key}=\s*(?:"[^"]*"|\[\]))\s*#.*""")
    commented = re.compile(rf"(\s*#\s*(?:{group}\.\s*)?{key}=)\s*+(?!\[\]\s*$)(.*)")
    in_list = False
    for line in lines:
        if match := commented.fullmatch(line):
            yield f"{match[1]} {_MASK}"
            in_list = "[" in match[2] and "]" not in match[2]
        elif in_list and line.lstrip().startswith("#"):
            yield f"# {_MASK}"
            in_list = "]" not in line
        else:
            yield active.sub(r"\1", line)
            in_list = False


def _plain(lines: list[str]) -> list[str]:
    """Comments may hold characters that a terminal would obey."""
    expanded = [line.rstrip("\r").expandtabs(4) for line in lines]
    return ["".join(char if char.isprintable() else "?" for char in line) for line in expanded]
