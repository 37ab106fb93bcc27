"""The commented settings file that comes with hctui, and writing it where there is none yet."""

from __future__ import annotations

from pathlib import Path

from hctui.config.errors import NotWritten, SettingsError
from hctui.config.paths import create_folder
from hctui.config.publishing import publish

_NAME = "default_config.toml"
_PACKAGE = Path(__file__).parent.parent


def default_config_text(package: Path = _PACKAGE) -> str:
    """Return the text of `default_config.toml`.

    It lies in the package where hctui was installed from a wheel, and beside it in a checkout.

    Raises:
        SettingsError: it is in neither place, so the installation is incomplete.
    """
    for folder in (package, package.parent):
        try:
            return (folder / _NAME).read_text("utf-8")
        except FileNotFoundError:
            continue
    raise SettingsError([f"{_NAME} is missing from {package}."], hint="Install hctui again.")


def write_default(path: Path, *, force: bool = False) -> None:
    """Write the commented settings file with mode 0600, whole or not at all.

    Args:
        path: where to. Missing folders are created with mode 0700.
        force: whether to replace a file that is there.

    Raises:
        SettingsError: there is one already, or it cannot be written.
        FolderError: its folder cannot be created.
    """
    text = default_config_text()
    create_folder(path.parent)
    try:
        publish(text.encode(), path, replace=force)
    except FileExistsError as error:
        hint = "Use --force to replace it, or edit it."
        raise NotWritten([f"{path} exists already and was left as it is."], hint=hint) from error
    except OSError as error:
        raise NotWritten([f"{path} cannot be written: {error.strerror}."]) from error
