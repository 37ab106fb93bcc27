"""Takes a settings file apart: from its text to raw values by setting, with what does not belong there refused.

Values are not read here, only found. Of what is refused the name is repeated and never the value: a misspelt
`password` still holds a password.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hctui.config.errors import CREDENTIAL_PLACES, SettingsError
from hctui.config.schema import BY_KEY, SETTINGS
from hctui.config.setting import Group, Setting
from hctui.config.source import Source

_PASSWORD_KEYS = ("password", "passwd", "pass", "pwd")
# People carry the names of variables over into the file.
_KEYS_BY_VARIABLE = {setting.environment.lower(): setting.key for setting in SETTINGS if setting.environment}


def read_document(path: Path, *, required: bool) -> dict[str, Any]:
    """Read and parse the file; a missing one is empty unless it is required.

    Raises:
        SettingsError: it is missing, cannot be read, or is not TOML.
    """
    content = read_content(path)
    if content is None and required:
        hint = "Run 'hctui config init' to write a settings file."
        raise SettingsError([f"{path} does not exist."], hint=hint)
    return parse(content or b"", path)


def read_content(path: Path) -> bytes | None:
    """Read the file; `None` if there is none.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror}."
    raise SettingsError([problem])


def parse(content: bytes, path: Path) -> dict[str, Any]:
    """Parse what the file holds; a byte order mark does no harm.

    Raises:
        SettingsError: it is not TOML.
    """
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as error:  # TOML syntax, text that is not UTF-8, or an integer beyond all measure
        problem = f"{path} is not valid TOML: {error}."
    raise SettingsError([problem])


def find_settings(
    document: dict[str, Any], source: Source, problems: list[str]
) -> Iterable[tuple[Setting[Any], object]]:
    """Yield each setting the document gives, with its raw value; add a sentence to `problems` for the rest."""
    for name, content in document.items():
        if name not in list(Group):
            problems.append(_outside_groups(name, content, source))
        elif not isinstance(content, dict):
            problems.append(f"{name} ({source}): must be a table that starts with the line [{name}].")
        else:
            for key, raw in content.items():
                setting = BY_KEY.get(key)
                if setting is not None and setting.group == name:
                    yield setting, raw
                else:
                    problems.append(f"{name}.{key} ({source}): {_not_a_key(key, Group(name))}")


def _outside_groups(name: str, content: object, source: Source) -> str:
    if isinstance(content, dict):
        near = get_close_matches(name.lower(), list(Group), n=1)
        other = f"did you mean [{near[0]}]?" if near else f"the groups are {_groups()}."
        return f"[{name}] ({source}): unknown group; {other}"
    return f"{name} ({source}): {_not_a_key(name, None)}"


def _not_a_key(key: str, group: Group | None) -> str:
    """Why this key does not belong into this group (`None`: before the first), to complete a sentence."""
    plain = key.lower().removeprefix("sc_")
    if get_close_matches(plain, _PASSWORD_KEYS, n=1, cutoff=0.85):
        return f"a password does not belong in a settings file. It may come from {CREDENTIAL_PLACES}."
    near = get_close_matches(_KEYS_BY_VARIABLE.get(key.lower(), plain), BY_KEY, n=1)
    if key in BY_KEY:
        return f"this key belongs in the group [{BY_KEY[key].group}]."
    if near:
        there = "" if BY_KEY[near[0]].group == group else f" in the group [{BY_KEY[near[0]].group}]"
        return f"unknown key; did you mean {near[0]}{there}?"
    if group is None:
        return f"this key stands outside the groups, which are {_groups()}."
    return f"unknown key; the keys here are {', '.join(s.key for s in SETTINGS if s.group is group)}."


def _groups() -> str:
    *others, last = (f"[{group}]" for group in Group)
    return f"{', '.join(others)} and {last}"
