"""Changes values in the text of a settings file and leaves everything else in it as the operator wrote it.

Text in, text out: no file is read or written here, and nothing is checked but that the new text says what it is
meant to say, no more and no less. tomlkit is imported only when a function runs; most commands never need it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hctui.config.kinds import Many, Value
from hctui.config.schema import BY_KEY
from hctui.config.setting import Setting

if TYPE_CHECKING:
    from tomlkit.items import Array

MARK = "\ufeff"
"""The byte order mark that some editors put before a text."""


class NotEditable(Exception):
    """The text cannot be changed such that it says the new values and otherwise the same as before."""


def edited(text: str, values: Mapping[str, Value]) -> str:
    """Return the text with these values, by the key of the setting.

    Where a value stands, it is replaced; where the line that shows the default is commented out, it is replaced by
    an active one; else a line is added to the table, and a table to the end. Line ends and a byte order mark are kept.

    Args:
        text: TOML that holds settings and nothing else.
        values: what it shall say.

    Raises:
        NotEditable: there is no way that is known here.
    """
    lines_end_in_crlf = text.count("\n") == text.count("\r\n") > 0
    plain = text.removeprefix(MARK)
    after = plain.replace("\r\n", "\n") if lines_end_in_crlf else plain
    for key, value in values.items():
        if _said(after, BY_KEY[key]) != value:
            after = _put(after, BY_KEY[key], value)
    if not _says(after, plain, values):
        raise NotEditable
    mark = MARK if text.startswith(MARK) else ""
    return mark + (after.replace("\n", "\r\n") if lines_end_in_crlf else after)


def _put(text: str, setting: Setting[Any], value: Value) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError
    from tomlkit.items import Array, Table

    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:  # tomllib has read it, so this is a corner where the two differ
        raise NotEditable from error
    table, raw = document.get(setting.group), setting.kind.to_toml(value)
    if table is not None and setting.key in table:
        old = table[setting.key]
        is_list = isinstance(setting.kind, Many) and isinstance(old, Array)
        if not is_list or not _rearranged(old, setting, value):
            table[setting.key] = raw
        return document.as_string()
    line = f"{setting.key} = {tomlkit.item(raw).as_string()}"
    for candidate in _at_its_comment(text, setting, line):
        if _says(candidate, text, {setting.key: value}):
            return candidate
    if table is None:
        above = f"{text.rstrip()}\n\n" if text.strip() else ""
        return f"{above}[{setting.group}]\n{line}\n"
    # What follows the last value of a table, comments above all, tells of the table below it.
    below = []
    while isinstance(table, Table) and table.value.body and table.value.body[-1][0] is None:
        below.append(table.value.body.pop()[1])
    table[setting.key] = raw
    for item in reversed(below):
        table.append(None, item)
    return document.as_string()


def _rearranged(array: Array, setting: Setting[Any], value: Value) -> bool:
    """Take out what is no longer in the list and add what is new, which keeps the comments between the rest."""

    def now() -> list[object]:
        return [setting.kind.from_toml([item]) for item in array.unwrap()]

    wanted = setting.kind.from_toml(value)
    single = {setting.kind.from_toml([item]): item for item in wanted}
    for position, item in reversed(list(enumerate(now()))):
        if item not in single:
            del array[position]
    for item, content in single.items():
        if item not in now():
            array.append(content)
    return bool(setting.kind.from_toml(array.unwrap()) == wanted)


def _at_its_comment(text: str, setting: Setting[Any], line: str) -> Iterator[str]:
    """The text with this line instead of the commented-out default, or above a comment that gives another value.

    The same words may stand in another table or inside of a long string; whoever asked has to look what the text says.
    """
    import tomlkit

    default = tomlkit.item(setting.kind.to_toml(setting.default)).as_string()
    shown = re.compile(rf"^([ \t]*)#{setting.key} = {re.escape(default)}[ \t]*(?=\r?$)", re.MULTILINE)
    other = re.compile(rf"^([ \t]*)(?=#[ \t]*{setting.key}[ \t]*=)", re.MULTILINE)
    for match in shown.finditer(text):
        yield f"{text[: match.start()]}{match[1]}{line}{text[match.end() :]}"
    for match in other.finditer(text):
        yield f"{text[: match.start()]}{match[1]}{line}\n{text[match.start() :]}"


def _said(text: str, setting: Setting[Any]) -> Value | None:
    table = tomllib.loads(text).get(setting.group, {})
    return setting.kind.from_toml(table[setting.key]) if setting.key in table else None


def _says(text: str, before: str, values: Mapping[str, Value]) -> bool:
    """Whether the text is TOML with these values, and for the rest with those of the text before."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return _rest(document, values) == _rest(tomllib.loads(before), values) and all(
        _said(text, BY_KEY[key]) == value for key, value in values.items()
    )


def _rest(document: dict[str, Any], without: Iterable[str]) -> dict[str, object]:
    """What the document says, by `group.key`, but for these settings. A key outside of the groups has no dot."""
    pairs: dict[str, object] = {}
    for group, table in document.items():
        pairs |= (
            {f"{group}.{key}": raw for key, raw in table.items()}
            if isinstance(table, dict)
            else {group: table}
        )
    return {name: raw for name, raw in pairs.items() if name not in {BY_KEY[key].name for key in without}}
