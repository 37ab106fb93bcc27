"""`hctui config`: where the settings are, what they are, and where each comes from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hctui.cli.options import loaded, settings_flags
from hctui.config import Group, password_source, write_default
from hctui.config.paths import config_file as usual_file


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
    settings = loaded(config_file, flags)
    rows = [
        (
            shown.setting.name,
            f"{shown.text} {shown.setting.unit}".strip() if shown.text else "(not set)",
            str(shown.source),
        )
        for shown in settings.values()
    ]
    rows.append(("password", "(never shown)", password_source(settings, os.environ)))
    names, texts = max(len(name) for name, _, _ in rows), max(len(text) for _, text, _ in rows)
    for name, text, source in rows:
        click.echo(f"{name:<{names}}  {text:<{min(texts, 40)}}  {source}")


@config.command()
@settings_flags(*Group)
def export(config_file: Path | None, **flags: object) -> None:
    """Print the effective settings as a settings file, without secrets."""
    click.echo(loaded(config_file, flags).export(), nl=False)
