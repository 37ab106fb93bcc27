"""`hctui config`: where the settings are, what they are, and where each comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.options import loaded, settings_flags
from hctui.cli.printing import width
from hctui.config import Group, SourceKind, password_source, write_default
from hctui.config.paths import config_file as usual_file
from hctui.core.wrapping import Block, indented, wrapped

if TYPE_CHECKING:
    from hctui.config import Settings, Source
    from hctui.config.settings import Shown

VALUE_COLUMNS = 13
"""At a terminal longer values stand on lines of their own."""


@click.group()
def config() -> None:
    """Show, create and export the settings."""


@config.command()
@click.option(
    "--config", "file", type=click.Path(dir_okay=False, path_type=Path), help="Settings file to use."
)
def path(file: Path | None) -> None:
    """Print the path of the settings file, whether or not it exists."""
    click.echo(file or usual_file())


@config.command()
@click.option("--config", "file", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(file: Path | None, force: bool) -> None:
    """Write a settings file with every setting, its meaning and its default."""
    target = file or usual_file()
    write_default(target, force=force)
    click.echo(f"Written: {target}")
    click.echo("Fill in base_url and username, then run `hctui check`.")


@config.command()
@settings_flags(*Group)
def show(config_file: Path | None, **flags: object) -> None:
    """Print every setting with its value and where it comes from. Secrets are masked."""
    for line in lines(loaded(config_file, flags), os.environ, width()):
        click.echo(line)


def lines(settings: Settings, environ: Mapping[str, str], columns: int | None) -> list[str]:
    """Every setting, its value and its source; `columns` as in `wrapped`.

    Where lines are limited the file is named once, at the top, and what has no room takes lines of its own.
    """
    rows = [(each.setting.name, _value(each), _source(each.source, columns)) for each in settings.values()]
    rows.append(("password", "(never shown)", password_source(settings, environ)))
    named, valued = max(len(name) for name, _, _ in rows), max(len(value) for _, value, _ in rows)
    valued = min(valued, 40 if columns is None else VALUE_COLUMNS)
    head = [] if columns is None else [_file(settings.file)]
    return wrapped(
        [*head, *(block for row in rows for block in _blocks(*row, named, valued, columns))], columns
    )


def _blocks(
    name: str, value: str, source: str, named: int, valued: int, columns: int | None
) -> Iterator[Block]:
    before = f"{name:<{named}}  "
    beside = f"{before}{value:<{valued}}  "
    is_short = columns is None or len(beside) + len(source) <= columns
    if columns is None or (is_short and len(value) <= valued):
        yield Block(source, beside)
        return
    yield Block(value, before, " " * len(before))
    yield indented(source, len(beside if is_short else before))


def _value(shown: Shown) -> str:
    if not shown.text:
        return "(not set)"
    unit = shown.setting.unit
    return f"{shown.text} {unit.removesuffix('s') if shown.text == '1' else unit}".strip()


def _source(source: Source, columns: int | None) -> str:
    return "file" if source.kind is SourceKind.FILE and columns is not None else str(source)


def _file(file: Path) -> str:
    return f"file: {file}" if file.exists() else f"There is no settings file; it would be {file}."


@config.command()
@settings_flags(*Group)
def export(config_file: Path | None, **flags: object) -> None:
    """Print the effective settings as a settings file, without secrets."""
    click.echo(loaded(config_file, flags).export(), nl=False)
