"""Saves settings: into the file as the operator wrote it, after a look at the difference; and the first file of all.

An edit is a value: it is made from the file as it is, can be shown, and is written only if the file is still that one.
Nothing here touches what holds in a running hctui; `reloaded` does.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hctui.config.conflicts import conflicts
from hctui.config.difference import difference
from hctui.config.document import parse, read_content
from hctui.config.editing import NotEditable, edited
from hctui.config.errors import NotWritten, SettingsError
from hctui.config.kinds import Value
from hctui.config.loading import without
from hctui.config.paths import create_folder
from hctui.config.publishing import publish
from hctui.config.reading import Reader
from hctui.config.schema import BY_KEY
from hctui.config.setting import Setting
from hctui.config.settings import Layer, Settings
from hctui.config.template import default_config_text

_NOTHING: Layer = {}


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the settings file that has not been written yet.

    Attributes:
        path: the file.
        before: what it holds, or the commented defaults where there is none.
        after: what it shall hold.
        keys: the settings that were asked for, whether or not that changes a line.
        exists: whether there is a file.
        restored: the settings that a file which is gone had given, and that are written again as it had them.
    """

    path: Path
    before: str = field(repr=False)
    after: str = field(repr=False)
    keys: tuple[str, ...]
    exists: bool
    restored: tuple[str, ...] = ()

    @property
    def diff(self) -> tuple[str, ...]:
        """The lines of a unified difference, secrets masked; empty where the file says all of it already."""
        return difference(self.before, self.after, str(self.path))


def locked(settings: Settings, setting: Setting[Any]) -> str:
    """Why the setting cannot be edited now, in a sentence; empty if it can.

    What is saved must hold after the next start. So a setting that a flag or the environment gives is locked, even
    while a value from the console prevails over both.
    """
    _, flags, environment, _ = settings.layers
    named = [
        (f"{what} {layer[setting.key].source.where}", remedy)
        for layer, what, remedy in (
            (flags, "the flag", "without the flag"),
            (environment, "the environment variable", "without the variable"),
        )
        if setting.key in layer
    ]
    if not named:
        return ""
    givers = " and ".join(giver for giver, _ in named)
    remedies = " and ".join(remedy for _, remedy in named)
    gives = "gives" if len(named) == 1 else "give"
    return f"{givers[0].upper()}{givers[1:]} {gives} it; start hctui {remedies} to edit it here."


def edit(settings: Settings, changes: Mapping[str, str]) -> Edit:
    """Prepare to save what was typed, by the key of the setting. The file is read again; nothing is written.

    Where the file was removed since it was read, it is made anew with all that it gave, not with the changes alone.

    All of it must be right by itself, and go together both now and when hctui is started next, with the same flags
    or with none. A value that is the default gets a line of its own nevertheless.

    Raises:
        SettingsError: a value is wrong, does not go with the others, or is locked; or the file is wrong by now.
        NotWritten: the file is written in a way that cannot be changed here.
        KeyError: there is no such setting.
    """
    content = read_content(settings.file)
    reader = Reader()
    lost = settings.layers[-1] if content is None else _NOTHING
    held = lost or reader.file(parse(content or b"", settings.file), settings.file)
    typed = reader.typed(changes)
    barred = [f"{BY_KEY[key].name}: {why}" for key in changes if (why := locked(settings, BY_KEY[key]))]
    problems = [*barred, *reader.problems, *_conflicts(settings, held, typed, reader.wrong_keys)]
    if problems:
        raise SettingsError(problems)
    before = default_config_text() if content is None else content.decode("utf-8")
    after = _edited(before, {**lost, **typed}, settings.file)
    restored = tuple(key for key in lost if key not in typed)
    return Edit(settings.file, before, after, tuple(changes), content is not None, restored)


def foreseen(settings: Settings, edit: Edit) -> Settings:
    """What the settings will be once the edit is saved and `reloaded` with its keys. Reads and writes nothing.

    The file may say more by now than was asked to be changed; that will hold as well.

    Raises:
        SettingsError: something in it is wrong or does not go with the other sources.
    """
    console, flags, environment, _ = settings.layers
    reader = Reader()
    file = reader.file(parse(edit.after.encode(), edit.path), edit.path)
    return reader.checked(Settings(settings.file, (without(console, edit.keys), flags, environment, file)))


def save(edit: Edit) -> None:
    """Write the edit, whole or not at all; a link is followed, and owner and permissions stay what they are.

    A new file has mode 0600, a new folder 0700.

    Raises:
        NotWritten: the file has changed since the edit was made, is read-only, or cannot be written.
        FolderError: its folder cannot be created.
    """
    target, before, after = Path(os.path.realpath(edit.path)), edit.before.encode(), edit.after.encode()
    try:
        if not edit.exists:
            create_folder(target.parent)
            publish(after, target, replace=False)
        elif target.read_bytes() != before:
            raise _changed(edit.path)
        elif not os.access(target, os.W_OK):
            raise NotWritten([f"{edit.path} is read-only."], hint="Whoever made it so may want to change it.")
        elif after != before:
            publish(after, target, replace=True, like=target.stat())
    except (FileExistsError, FileNotFoundError):
        raise _changed(edit.path) from None
    except OSError as error:
        raise NotWritten([f"{edit.path} cannot be written: {error.strerror}."]) from error


def write_config(path: Path, values: Mapping[str, str], *, replace: bool = False) -> Path:
    """Write the commented settings file with these values filled in, with mode 0600, whole or not at all.

    Args:
        path: where to. Missing folders are created with mode 0700.
        values: as typed, by the key of the setting.
        replace: whether to take the place of a file that is there; a link is followed.

    Returns:
        The path.

    Raises:
        SettingsError: a value is wrong or does not go with the others.
        NotWritten: there is a file already, or it cannot be written.
        FolderError: its folder cannot be created.
        KeyError: there is no such setting.
    """
    reader = Reader()
    typed = reader.typed(values)
    nothing = reader.typed({})
    reader.checked(Settings(path, (typed, nothing, nothing, nothing)))
    text = _edited(default_config_text(), typed, path)
    target = Path(os.path.realpath(path)) if replace else path
    create_folder(target.parent)
    try:
        publish(text.encode(), target, replace=replace)
    except FileExistsError:
        raise NotWritten([f"{path} exists already and was left as it is."]) from None
    except OSError as error:
        raise NotWritten([f"{path} cannot be written: {error.strerror}."]) from error
    return path


def _conflicts(settings: Settings, held: Layer, typed: Layer, wrong: Collection[str]) -> list[str]:
    """What would not go together: now, at the next start, and at a start without the flags.

    Of the last only what the file does not bring about already, for that is no reason to refuse another change.
    """
    console, flags, environment, _ = settings.layers

    def found(console: Layer, flags: Layer, file: Layer) -> list[str]:
        return conflicts(Settings(settings.file, (console, flags, environment, file)), leave_out=wrong)

    file = {**held, **typed}
    already = found(_NOTHING, _NOTHING, held)
    told = [
        *found(without(console, typed), flags, file),
        *found(_NOTHING, flags, file),
        *(said for said in found(_NOTHING, _NOTHING, file) if said not in already),
    ]
    return list(dict.fromkeys(told))


def _edited(text: str, typed: Layer, path: Path) -> str:
    values: dict[str, Value] = {key: given.value for key, given in typed.items()}
    try:
        after = edited(text, values)
        after.encode()
    except (NotEditable, UnicodeEncodeError):
        pass
    else:
        return after
    names = ", ".join(BY_KEY[key].name for key in values)
    raise NotWritten(
        [f"{path} cannot be made to say {names} without touching its other lines."], hint="Edit it by hand."
    )


def _changed(path: Path) -> NotWritten:
    return NotWritten(
        [f"{path} has been changed by somebody else in the meantime and was left as it is."],
        hint="Look at the difference again.",
    )
