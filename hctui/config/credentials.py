"""Finds the password of the cluster user. It is never a setting, so it is in no settings file and on no screen.

Every error is raised outside of the `except` that noticed the trouble: exceptions of the standard library carry
the output or the bytes they choked on, and would take a password along as their context.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hctui.config.errors import CREDENTIAL_PLACES, CredentialsError
from hctui.config.settings import ClusterSettings, Settings
from hctui.config.system_keyring import find_in_keyring
from hctui.core.secret import Secret

CREDENTIALS_FOLDER_VARIABLE = "CREDENTIALS_DIRECTORY"
CREDENTIAL_NAME = "hctui-password"
COMMAND_TIMEOUT_SECONDS = 60.0

_LONGEST_PASSWORD_BYTES = 4096
_LONGEST_STDERR = 300


@dataclass(frozen=True, slots=True)
class _Rules:
    """Who may own a file with a password, and which permission bits it must not have."""

    owners: frozenset[int]
    forbidden: int


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that is set: what it is called, and how the password is fetched from it."""

    words: str
    fetch: Callable[[], Secret]


def find_password(
    settings: Settings, environ: Mapping[str, str], prompt: Callable[[str], str] | None
) -> Secret:
    """Return the password from the first of the places that is set.

    They are, in this order: the variable `SC_PASSWORD`, the systemd credential `hctui-password`, the command, the
    file, the system's keyring, the prompt. A place that is set but fails is an error; the next one is not tried.
    May run a command, for up to `COMMAND_TIMEOUT_SECONDS`, or wait until a keyring is unlocked, so it blocks.

    Args:
        settings: name the command and the file, and the account in the keyring.
        environ: the environment, also for the command.
        prompt: asks for a line without showing it, given the question; `None` where nobody can be asked.

    Raises:
        CredentialsError: there is no password, or not in a safe way.
    """
    if place := next(_places(settings.cluster, environ), None):
        return place.fetch()
    if prompt is not None:
        return _from_prompt(settings.cluster, prompt)
    raise CredentialsError(
        "None is set, and there is nobody to ask.", hint=f"It may come from {CREDENTIAL_PLACES}."
    )


def password_source(settings: Settings, environ: Mapping[str, str]) -> str:
    """Where `find_password` would look, in words that end a sentence. No command is run and no file is read.

    Of the command only the program is named: its arguments may hold a secret.
    """
    place = next(_places(settings.cluster, environ), None)
    return place.words if place else "a prompt"


def _places(cluster: ClusterSettings, environ: Mapping[str, str]) -> Iterator[_Place]:
    """The places that are set, the one that counts first."""
    if password := environ.get("SC_PASSWORD"):
        yield _Place("the environment variable SC_PASSWORD", partial(_from_environment, password))
    if credential := _systemd_credential(environ):
        # systemd leaves the file to root and lets the service read it through an access list,
        # which shows as permission of the group.
        rules = _Rules(frozenset({os.geteuid(), 0}), stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP)
        fetch = partial(_from_file, credential, rules, "systemd credential")
        yield _Place(f"the systemd credential {credential}", fetch)
    if command := cluster.password_command:
        yield _Place(f"the command {command[0]}", partial(_from_command, command, environ))
    if file := cluster.password_file:
        rules = _Rules(frozenset({os.geteuid()}), stat.S_IRWXG | stat.S_IRWXO)
        yield _Place(f"the file {file}", partial(_from_file, file, rules, "cluster.password_file"))
    if cluster.password_keyring:
        yield _Place("the system's keyring", partial(find_in_keyring, cluster))


def _from_environment(password: str) -> Secret:
    """Python reads the environment in the locale's encoding and keeps bytes that do not fit as surrogates."""
    try:
        return Secret(password.encode("utf-8", "surrogateescape").decode("utf-8"))
    except UnicodeDecodeError:
        pass
    raise CredentialsError("The environment variable SC_PASSWORD is not text in UTF-8.")


def _systemd_credential(environ: Mapping[str, str]) -> Path | None:
    folder = environ.get(CREDENTIALS_FOLDER_VARIABLE)
    path = Path(folder, CREDENTIAL_NAME) if folder else None
    return path if path and path.exists() else None


def _from_prompt(cluster: ClusterSettings, prompt: Callable[[str], str]) -> Secret:
    who = cluster.username or "the cluster user"
    where = f" at {cluster.url}" if cluster.url else ""
    password = prompt(f"Password of {who}{where}: ")
    if not password:
        raise CredentialsError("Nothing was typed.")
    return Secret(password)


def _from_file(path: Path, rules: _Rules, place: str) -> Secret:
    """Read the first line of a file that is ours and private; `place` says in errors where the path came from."""
    content, failure = b"", ""
    try:
        # Not blocking, so that a named pipe is refused and not waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        failure = f"cannot be read: {error.strerror}"
    else:
        try:
            _check_file(os.fstat(descriptor), path, rules, place)
            content = os.read(descriptor, _LONGEST_PASSWORD_BYTES)
        finally:
            os.close(descriptor)
    if failure:
        raise CredentialsError(f"{place} {path} {failure}.")
    return _first_line(content, f"{place} {path}")


def _check_file(status: os.stat_result, path: Path, rules: _Rules, place: str) -> None:
    quoted = shlex.quote(str(path))
    if not stat.S_ISREG(status.st_mode):
        raise CredentialsError(f"{place} {path} is not a regular file.")
    if status.st_uid not in rules.owners:
        raise CredentialsError(
            f"{place} {path} belongs to another user.", hint=f"Run: chown $(id -un) {quoted}"
        )
    if status.st_mode & rules.forbidden:
        mode = stat.S_IMODE(status.st_mode)
        raise CredentialsError(
            f"{place} {path} may be read or changed by other users (its mode is {mode:04o}).",
            hint=f"Run: chmod 600 {quoted}",
        )


def _from_command(command: tuple[str, ...], environ: Mapping[str, str]) -> Secret:
    """Run the command and take the first line it prints. Errors show what it wrote to standard error, trimmed."""
    place, failure, output = f"cluster.password_command ({command[0]})", "", b""
    try:
        done = subprocess.run(  # noqa: S603 - the administrator's own command; no shell
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        failure = f"did not end within {COMMAND_TIMEOUT_SECONDS:g} seconds"
    except OSError as error:
        failure = f"cannot be run: {error.strerror}"
    else:
        output = done.stdout
        if done.returncode != 0:
            failure = f"failed with exit code {done.returncode}{_complaint(done.stderr)}"
    if failure:
        raise CredentialsError(f"{place} {failure}.")
    return _first_line(output, place)


def _complaint(stderr: bytes) -> str:
    """What the command wrote to standard error, on one line and harmless to a terminal; its end if it is long."""
    text = " ".join(stderr.decode("utf-8", "replace").split())
    text = "".join(char if char.isprintable() else "?" for char in text)
    if not text:
        return " and wrote nothing to standard error"
    return f": {text if len(text) <= _LONGEST_STDERR else '...' + text[-_LONGEST_STDERR:]}"


def _first_line(content: bytes, place: str) -> Secret:
    try:
        line = content.decode("utf-8").partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        line = None
    if line is None:
        raise CredentialsError(f"{place} gave something that is not text in UTF-8.")
    if not line:
        raise CredentialsError(f"{place} gave no password: its first line is empty.")
    return Secret(line)
