"""What is left of a console that crashed: one sentence for the log, and a file with the traceback.

A traceback names places in the program and holds no values of variables, one of which might be a password.
"""

from __future__ import annotations

import os
from pathlib import Path

from hctui.config.errors import FolderError
from hctui.config.paths import create_folder


def last_line(traceback: str) -> str:
    """What went wrong, without where."""
    return (traceback.strip().splitlines() or ["no reason is known"])[-1]


def written_down(traceback: str, path: Path) -> str:
    """Write the traceback to a file that only its owner can read; returns the sentence that says where it is.

    The file of an earlier crash is replaced, and its folder made if need be. A file that cannot be written is no reason
    to stop anything, and is only said.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        create_folder(path.parent)
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(traceback)
        part.replace(path)
    except FolderError as error:
        return f"What happened could not be written down. {error}"
    except OSError as error:
        return f"What happened could not be written to {path}: {error.strerror}."
    return f"What happened is in {path}."
