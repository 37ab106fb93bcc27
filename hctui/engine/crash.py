"""What is left of a console that crashed: one sentence for the log, and a file with the traceback.

A traceback names places in the program and holds no values of variables, one of which might be a password. What the
error itself says may hold one, and is masked.
"""

from __future__ import annotations

from pathlib import Path

from hctui.config.errors import FolderError
from hctui.config.paths import create_folder
from hctui.config.publishing import publish
from hctui.core.secret import without_secrets


def last_line(traceback: str) -> str:
    """What went wrong, without where."""
    return (without_secrets(traceback).strip().splitlines() or ["no reason is known"])[-1]


def written_down(traceback: str, path: Path) -> str:
    """Write the traceback to a file that only its owner can read; returns the sentence that says where it is.

    The file of an earlier crash is replaced, and its folder made if need be. A file that cannot be written is no reason
    to stop anything, and is only said.
    """
    try:
        create_folder(path.parent)
        content = without_secrets(traceback).encode("utf-8", "backslashreplace")
        publish(content, path, replace=True)
    except FolderError as error:
        return f"What happened could not be written down. {error}"
    except OSError as error:
        return f"What happened could not be written to {path}: {error.strerror}."
    return f"What happened is in {path}."
