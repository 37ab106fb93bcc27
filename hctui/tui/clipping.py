"""Writing a copy of what is on the screen to a file, since not every terminal takes text for its clipboard."""

from __future__ import annotations

from pathlib import Path

from hctui.config.errors import FolderError
from hctui.config.paths import create_folder
from hctui.config.publishing import publish
from hctui.core.errors import HctuiError

NAME = "copied.txt"


class CopyFailed(HctuiError):
    """The file with the copy could not be written."""

    title = "Not written to a file"


def write_copy(folder: Path, text: str) -> Path:
    """Replace the file with the latest copy, readable by its owner only.

    Raises:
        CopyFailed: the folder or the file cannot be written.
    """
    whole = text if text.endswith("\n") else f"{text}\n"
    try:
        create_folder(folder)
        publish(whole.encode("utf-8", "backslashreplace"), folder / NAME, replace=True)
    except FolderError as error:
        raise CopyFailed(str(error)) from error
    except OSError as error:
        raise CopyFailed(f"{folder / NAME}: {error.strerror}.") from error
    return folder / NAME
