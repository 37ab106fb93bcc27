"""Brings the settings together: flags over environment over file over defaults, each value with its source.

All that is wrong is told at once. Environment variables that are no setting of hctui, and empty ones, are ignored;
`SC_PASSWORD` is none and is not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hctui.config.conflicts import conflicts
from hctui.config.document import find_settings, read_document
from hctui.config.errors import SettingsError
from hctui.config.kinds import FilePath
from hctui.config.paths import config_file
from hctui.config.schema import BY_KEY, SETTINGS, Setting
from hctui.config.settings import Given, Layer, Settings
from hctui.config.source import CONSOLE, Source, SourceKind
from hctui.config.wrong import WrongValue, shown


@dataclass(frozen=True, slots=True)
class _Raw:
    """What one source says of one setting, not yet read. Without `is_text` it is a TOML value."""

    setting: Setting[Any]
    content: object
    source: Source
    is_text: bool


@dataclass(slots=True)
class _Reader:
    """Reads values and keeps what was wrong: a sentence each, and the keys concerned."""

    problems: list[str] = field(default_factory=list)
    wrong_keys: set[str] = field(default_factory=set)

    def layer(self, raws: Iterable[_Raw]) -> Layer:
        """Read what one kind of source says."""
        layer = {}
        for raw in raws:
            kind = raw.setting.kind
            try:
                read = kind.from_text(str(raw.content)) if raw.is_text else kind.from_toml(raw.content)
            except WrongValue as wrong:
                echo = wrong.echo or ("***" if raw.setting.secret else shown(raw.content))
                self.problems.append(f"{raw.setting.name} = {echo} ({raw.source}): {wrong.reason}.")
                self.wrong_keys.add(raw.setting.key)
            else:
                layer[raw.setting.key] = Given(read, raw.source)
        return MappingProxyType(layer)

    def checked(self, settings: Settings) -> Settings:
        """Return the settings if nothing at all was wrong.

        Raises:
            SettingsError: something was.
        """
        problems = [*self.problems, *conflicts(settings, leave_out=self.wrong_keys)]
        if problems:
            raise SettingsError(problems)
        return settings


def load(path: Path | None, environ: Mapping[str, str], flags: Mapping[str, object]) -> Settings:
    """Load the settings.

    Args:
        path: the settings file, which must exist; `None` for the usual one, which need not.
        environ: the environment.
        flags: what the command line said, by the key of the setting: text, or a value of the setting's type.
            `None` and the empty tuple mean that a flag was not given.

    Raises:
        SettingsError: anything is wrong with any of them.
        KeyError: `flags` names something that is no setting.
    """
    file = path or config_file()
    document = read_document(file, required=path is not None)
    reader = _Reader()
    layers = (
        reader.layer(()),
        reader.layer(_from_flags(flags)),
        reader.layer(_from_environment(environ)),
        _anchored(reader.layer(_from_file(document, file, reader.problems)), file.parent),
    )
    return reader.checked(Settings(file, layers))


def change(settings: Settings, changes: Mapping[str, str]) -> Settings:
    """Put values typed in the console, by the key of the setting, above every other source.

    Raises:
        SettingsError: a value is wrong, or does not go with the others.
        KeyError: there is no such setting.
    """
    reader = _Reader()
    typed = reader.layer(_Raw(BY_KEY[key], text, CONSOLE, is_text=True) for key, text in changes.items())
    console, flags, environment, file = settings.layers
    merged = MappingProxyType({**console, **typed})
    return reader.checked(Settings(settings.file, (merged, flags, environment, file)))


def _from_flags(flags: Mapping[str, object]) -> Iterable[_Raw]:
    for key, content in flags.items():
        if content is not None and content != ():
            setting = BY_KEY[key]
            source = Source(SourceKind.FLAG, setting.flag_for(content))
            yield _Raw(setting, content, source, is_text=isinstance(content, str))


def _from_environment(environ: Mapping[str, str]) -> Iterable[_Raw]:
    for setting in filter(lambda each: each.environment, SETTINGS):
        if text := environ.get(setting.environment):
            source = Source(SourceKind.ENVIRONMENT, setting.environment)
            yield _Raw(setting, text, source, is_text=True)


def _from_file(document: dict[str, Any], file: Path, problems: list[str]) -> Iterable[_Raw]:
    source = Source(SourceKind.FILE, str(file))
    for setting, content in find_settings(document, source, problems):
        yield _Raw(setting, content, source, is_text=False)


def _anchored(layer: Layer, folder: Path) -> Layer:
    """Take relative paths to start where the settings file is: the current folder is an accident."""
    return MappingProxyType(
        {
            key: Given(str(folder / given.value), given.source)
            if isinstance(BY_KEY[key].kind, FilePath) and isinstance(given.value, str) and given.value
            else given
            for key, given in layer.items()
        }
    )
