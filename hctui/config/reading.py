"""Reads what the sources say into layers of values, and keeps all that was wrong, to be told at once.

Does not fetch anything: documents, variables and flags are handed in. Which layer prevails is for `settings.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hctui.config.conflicts import conflicts
from hctui.config.document import find_settings
from hctui.config.errors import SettingsError
from hctui.config.kinds import FilePath
from hctui.config.schema import BY_KEY, SETTINGS
from hctui.config.setting import Setting
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
class Reader:
    """Reads layers. `problems` has a sentence for each thing that was wrong, `wrong_keys` the keys concerned."""

    problems: list[str] = field(default_factory=list)
    wrong_keys: set[str] = field(default_factory=set)

    def flags(self, flags: Mapping[str, object]) -> Layer:
        """Read what the command line says, by the key of the setting; `None` and `()` are not given.

        Raises:
            KeyError: there is no such setting.
        """
        given = {key: content for key, content in flags.items() if content is not None and content != ()}
        return self._layer(
            _Raw(
                BY_KEY[key],
                content,
                Source(SourceKind.FLAG, BY_KEY[key].flag_for(content)),
                is_text=isinstance(content, str),
            )
            for key, content in given.items()
        )

    def environment(self, environ: Mapping[str, str]) -> Layer:
        """Read what the environment says; an empty variable counts as none."""
        return self._layer(
            _Raw(setting, text, Source(SourceKind.ENVIRONMENT, setting.environment), is_text=True)
            for setting in SETTINGS
            if setting.environment and (text := environ.get(setting.environment))
        )

    def file(self, document: dict[str, Any], file: Path) -> Layer:
        """Read what the parsed settings file says; relative paths start at its folder."""
        source = Source(SourceKind.FILE, str(file))
        found = find_settings(document, source, self.problems)
        layer = self._layer(_Raw(setting, content, source, is_text=False) for setting, content in found)
        return _anchored(layer, file.parent)

    def typed(self, changes: Mapping[str, str], source: Source = CONSOLE) -> Layer:
        """Read what was typed in the console or ordered by a command, by the key of the setting.

        Raises:
            KeyError: there is no such setting.
        """
        return self._layer(_Raw(BY_KEY[key], text, source, is_text=True) for key, text in changes.items())

    def checked(self, settings: Settings) -> Settings:
        """Return the settings if nothing at all was wrong, and their values go together.

        Raises:
            SettingsError: something was.
        """
        problems = [*self.problems, *conflicts(settings, leave_out=self.wrong_keys)]
        if problems:
            raise SettingsError(problems)
        return settings

    def _layer(self, raws: Iterable[_Raw]) -> Layer:
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
