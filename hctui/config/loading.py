"""Brings the settings together: flags over environment over file over defaults, each value with its source.

All that is wrong is told at once. Environment variables that are no setting of hctui, and empty ones, are ignored;
`SC_PASSWORD` is none and is not looked at here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from hctui.config.document import read_document
from hctui.config.paths import config_file
from hctui.config.reading import Reader
from hctui.config.settings import Layer, Settings
from hctui.config.source import CONSOLE, Source


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
    reader = Reader()
    layers = (
        reader.typed({}),
        reader.flags(flags),
        reader.environment(environ),
        reader.file(document, file),
    )
    return reader.checked(Settings(file, layers))


def change(settings: Settings, changes: Mapping[str, str], source: Source = CONSOLE) -> Settings:
    """Put values typed in the console, by the key of the setting, above every other source.

    `source` says who changed them, if not whoever is at the console; its kind stays that of the console.

    Raises:
        SettingsError: a value is wrong, or does not go with the others.
        KeyError: there is no such setting.
    """
    reader = Reader()
    typed = reader.typed(changes, source)
    console, flags, environment, file = settings.layers
    merged = MappingProxyType({**console, **typed})
    return reader.checked(Settings(settings.file, (merged, flags, environment, file)))


def reloaded(settings: Settings, forget: Collection[str]) -> Settings:
    """Read the settings file again. Flags and environment stay what they were when hctui started.

    Args:
        settings: the settings so far; they stay as they are.
        forget: keys whose value from the console no longer holds, usually because it stands in the file now.

    Raises:
        SettingsError: anything in the file is wrong or does not go with the other sources; or there is no file any
            more although it had given values.
    """
    console, flags, environment, file = settings.layers
    reader = Reader()
    again = reader.file(read_document(settings.file, required=bool(file)), settings.file)
    return reader.checked(Settings(settings.file, (without(console, forget), flags, environment, again)))


def without(layer: Layer, keys: Collection[str]) -> Layer:
    """The layer less what it says of these keys."""
    return MappingProxyType({key: given for key, given in layer.items() if key not in keys})
