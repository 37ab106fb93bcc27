"""Puts a text where a file is or shall be: whole or not at all, and never for more eyes than before.

Knows nothing of settings.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

_PERMISSIONS = 0o777


def publish(content: bytes, path: Path, *, replace: bool, like: os.stat_result | None = None) -> None:
    """Write the file in one step; a crash, even of the machine, leaves the old file or the new one.

    Args:
        content: what the file holds.
        path: where to; its folder exists. A link there is not followed.
        replace: whether to take the place of a file that is there.
        like: the file whose owner, group and permissions the new one gets; without it, ours and mode 0600.

    Raises:
        FileExistsError: there is a file and it is not to be replaced.
        OSError: it cannot be written, or not with that owner.
    """
    # mkstemp gives mode 0600. A link, unlike a rename, never takes the place of a file that is there.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            if like is not None:
                _resemble(stream.fileno(), like)
            os.fsync(stream.fileno())
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    _sync(path.parent)


def _resemble(descriptor: int, like: os.stat_result) -> None:
    """Owner before permissions: for a moment nobody sees the file, instead of the wrong group."""
    ours = os.fstat(descriptor)
    if (ours.st_uid, ours.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode) & _PERMISSIONS)


def _sync(folder: Path) -> None:
    """Make the new name last too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
