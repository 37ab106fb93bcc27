"""Where the sockets of engines lie, by which name, and who may be at the other end of one.

A socket begins under the name of its process and gets that of its cluster once that is known and its journal is locked:
so it takes the place of one that a dead process left, and never that of a living one. Knows nothing of what is said.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from hctui.config.paths import private_folder

SUFFIX = ".sock"

MOST_PATH_BYTES = 100
"""A socket's path may be 103 bytes on macOS, and 107 on Linux."""

_HASH_DIGITS = 16
_SAFE = re.compile(r"[0-9A-Za-z-]{1,64}")
_WAITING = re.compile(r"process-(\d+)")


def socket_folder(runtime: Path) -> Path:
    """The folder of the sockets: the runtime folder, or one for temporary files where that has too long a path."""
    longest = len(os.fsencode(runtime.absolute())) + len(f"/{'0' * _HASH_DIGITS}{SUFFIX}")
    if longest <= MOST_PATH_BYTES:
        return runtime.absolute()
    return Path(tempfile.gettempdir()) / f"hctui-{_hash(os.fsencode(runtime.absolute()))}"


def cluster_socket(folder: Path, cluster_id: str) -> Path:
    """Where the engine of a cluster listens."""
    path = folder / f"{cluster_id}{SUFFIX}"
    if _SAFE.fullmatch(cluster_id) and len(os.fsencode(path)) <= MOST_PATH_BYTES:
        return path
    return folder / f"{_hash(cluster_id.encode())}{SUFFIX}"


def process_socket(folder: Path, pid: int) -> Path:
    """Where the engine of a process listens while it is not known which cluster it has."""
    return folder / f"process-{pid}{SUFFIX}"


def sockets(folder: Path) -> list[Path]:
    """The sockets in a folder, of living and of dead processes, by name. There are none where there is no folder."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX and path.is_socket())
    except OSError:
        return []


def is_ours(connection: socket.socket) -> bool:
    """Whether the process at the other end is of the same user. One that the system does not tell is not."""
    return _peer(connection)[0] == os.geteuid()


def peer_pid(connection: socket.socket) -> int | None:
    """The process that connected, as the system knows it; `None` where it does not tell."""
    return _peer(connection)[1]


class Place:
    """A socket that listens, and its file. Removes only what is its own."""

    def __init__(self, runtime: Path) -> None:
        """Make it, under the name of this process.

        Raises:
            FolderError: the folder cannot be made, or is not for us alone.
            OSError: the socket cannot be made.
        """
        self._folder = private_folder(socket_folder(runtime))
        self._is_makeshift = self._folder != runtime.absolute()
        self.path = process_socket(self._folder, os.getpid())
        self.path.unlink(missing_ok=True)  # of a process that had our number and is dead
        self._file: tuple[int, int] | None = None
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.bind(str(self.path))
            self.path.chmod(0o600)
            self.socket.setblocking(False)
        except BaseException:
            self.remove()
            raise
        self._file = _identity(self.path)
        self._sweep()

    def name_after(self, cluster_id: str) -> None:
        """Take the name of a cluster. To be called by whoever holds the lock of its journal.

        Raises:
            OSError: it cannot be renamed.
        """
        path = cluster_socket(self._folder, cluster_id)
        if path != self.path:
            self.path.rename(path)
            self.path = path

    def remove(self) -> None:
        """Close it, and remove its file if another engine has not taken the name meanwhile."""
        self.socket.close()
        if self._file in (None, _identity(self.path)):
            self.path.unlink(missing_ok=True)
        if self._is_makeshift:
            with suppress(OSError):  # another engine may be in it
                self._folder.rmdir()

    def _sweep(self) -> None:
        """Remove what processes left behind that died before they knew their cluster."""
        for path in sockets(self._folder):
            found = _WAITING.fullmatch(path.stem)
            if found and not _is_alive(int(found[1])):
                path.unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _peer(connection: socket.socket) -> tuple[int | None, int | None]:
    """User and process at the other end, of the moment when it connected; `None` for what the system does not tell."""
    if sys.platform == "linux":
        size = struct.calcsize("iII")
        pid, uid, _ = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
        return int(uid), int(pid) or None  # 0: a process of another container, which has no number here
    import ctypes  # BSD and macOS, whose call Python does not have

    uid, gid = ctypes.c_uint32(), ctypes.c_uint32()
    asked = getattr(ctypes.CDLL(None), "getpeereid", None)
    if asked is None or asked(connection.fileno(), ctypes.byref(uid), ctypes.byref(gid)) != 0:
        return None, None
    return uid.value, None


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:_HASH_DIGITS]
