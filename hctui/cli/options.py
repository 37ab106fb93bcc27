"""Flags that several commands share, derived from the table of settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hctui.config import SETTINGS, Group, Setting, Settings, load
from hctui.config.kinds import Choice
from hctui.core.secret import Secret

F = TypeVar("F", bound=Callable[..., object])

log_format = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Log lines for people, or one JSON object a line.",
)


def settings_flags(*chosen: Group | str) -> Callable[[F], F]:
    """Add `--config` and a flag for each setting that has one; they arrive as keyword arguments.

    `chosen` are whole groups, and keys of single settings.
    """

    def decorate(command: F) -> F:
        for setting in reversed([s for s in SETTINGS if s.flag and (s.group in chosen or s.key in chosen)]):
            kind = _flag_type(setting)
            command = click.option(
                setting.flag,
                setting.key,
                type=kind,
                multiple=isinstance(setting.default, tuple),
                default=None,
                metavar=(setting.unit or "text").upper() if kind is str else None,
                help=setting.meaning,
            )(command)
        return click.option(
            "--config",
            "config_file",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Settings file to use instead of the usual one.",
        )(command)

    return decorate


def _flag_type(setting: Setting[Any]) -> type[bool] | type[str] | click.Choice[str]:
    """A switch, a choice of words, or text that the settings themselves will judge."""
    if "/" in setting.flag:
        return bool
    kind = setting.kind
    return click.Choice(kind.words, case_sensitive=False) if isinstance(kind, Choice) else str


def loaded(config_file: Path | None, flags: dict[str, object]) -> Settings:
    """The effective settings. `flags` are the keyword arguments of `settings_flags`."""
    given = {key: _text(value) for key, value in flags.items() if value is not None and value != ()}
    return load(config_file, os.environ, given)


def password_of(settings: Settings) -> Secret:
    """The password from wherever the settings say; asked for only where somebody can answer."""
    from hctui.config import find_password

    def prompt(question: str) -> str:
        return str(
            click.prompt(question.rstrip(": "), hide_input=True, err=True, default="", show_default=False)
        )

    return find_password(settings, os.environ, prompt if sys.stdin and sys.stdin.isatty() else None)


def _text(value: object) -> object:
    """Several uses of one flag count like a list written with commas."""
    return ",".join(value) if isinstance(value, tuple) else value
