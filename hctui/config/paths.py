"""Where settings, state, logs and the socket belong on this system, and making those folders private.

Knows nothing of what is put there.
"""

from __future__ import annotations

import os
import shlex
import stat
import warnings
from pathlib import Path

import platformdirs

from hctui.config.errors import FolderError

_APPLICATION = "hctui"
_PRIVATE = 0o700
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def config_file() -> Path:
    """The settings file that is read when no other is named."""
    return platformdirs.user_config_path(_APPLICATION) / "config.toml"


def state_folder() -> Path:
    """The folder of the journal."""
    return platformdirs.user_state_path(_APPLICATION)


def log_folder() -> Path:
    """The folder of the log files."""
    return platformdirs.user_log_path(_APPLICATION)


def runtime_folder() -> Path:
    """The folder of the socket, emptied when the machine restarts.

    Where the system has none for the user, it is one below the folder for temporary files. platformdirs warns of
    that, into whatever the terminal shows just then; `private_folder` refuses what is dangerous about it.
    """
    with warnings.catch_warnings(action="ignore"):
        return platformdirs.user_runtime_path(_APPLICATION)


def create_folder(folder: Path) -> None:
    """Create a folder and the missing ones above it, each with mode 0700; existing ones are left alone.

    Raises:
        FolderError: it cannot be created.
    """
    try:
        for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
            missing.mkdir(mode=_PRIVATE, exist_ok=True)
        if not folder.is_dir():
            raise NotADirectoryError("it is not a folder")
    except OSError as error:
        raise FolderError(f"{folder} cannot be created: {error.strerror or error}.") from error


def private_folder(folder: Path) -> Path:
    """Create a folder of ours if need be, and make sure that nobody else can change what is in it.

    Raises:
        FolderError: it cannot be created, belongs to somebody else, or others may write to it or put another one in
            its place.
    """
    create_folder(folder)
    ours, above = folder.stat(), folder.parent.stat()
    if ours.st_uid != os.geteuid() or above.st_uid not in (os.geteuid(), 0):
        raise FolderError(f"{folder} or the folder above it belongs to another user.")
    if ours.st_mode & _WRITABLE_BY_OTHERS:
        hint = f"Run: chmod 700 {shlex.quote(str(folder))}"
        raise FolderError(f"{folder} may be written to by other users.", hint=hint)
    for each in folder.resolve().parents:
        if _lets_others_rename(each.stat().st_mode):
            hint = f"Run: chmod o-w {shlex.quote(str(each))}, or chmod +t where others have to write there."
            raise FolderError(
                f"{folder} could be replaced by other users: they may write to {each}.", hint=hint
            )
    return folder


def _lets_others_rename(mode: int) -> bool:
    """Whether anybody may rename what is in a folder of this mode, and put something of theirs in its place."""
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX
