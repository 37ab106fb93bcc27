"""Keeps what the first run found out: the password where it was asked for, then the settings file.

Blocking work, and the one way to await it. The password is read back exactly as the next start will read it, before
any settings file says that it can be. Knows no widget and no network.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from hctui.config import CredentialsError, Settings, change, find_password, load
from hctui.config.paths import create_folder
from hctui.config.publishing import publish
from hctui.config.saving import Edit, edit, save
from hctui.config.schema import BY_KEY
from hctui.config.settings import Layer
from hctui.config.system_keyring import store_in_keyring
from hctui.core.secret import Secret
from hctui.tui.first_run.draft import Draft, Place

_T = TypeVar("_T")

_NOTHING: Layer = MappingProxyType({})
_OVERRIDING = ("SC_PASSWORD", "CREDENTIALS_DIRECTORY")
_ACCESS_KEYS = (
    "pinned_fingerprints",
    "ca_file",
    "oidc",
    "password_command",
    "password_file",
    "password_keyring",
)


async def apart(work: Callable[[], _T]) -> _T:
    """Run blocking work in a thread that nobody waits for: a command that hangs must not hold up the way out."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def tell(how: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(lambda: None if done.done() else how())

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # whatever it is, it belongs to whoever awaits
            failure = error
            tell(lambda: done.set_exception(failure))
        else:
            tell(lambda: done.set_result(result))

    threading.Thread(target=run, daemon=True, name="first run").start()
    return await done


def kept_password(draft: Draft, path: Path, environ: Mapping[str, str]) -> Secret:
    """The password as the next start will find it in the chosen place. May run a command, so it blocks.

    Args:
        draft: names the place, and the account for a keyring.
        path: of the settings file.
        environ: the environment; a password in it would hide the one looked for, and is left out.

    Raises:
        CredentialsError: there is none, or not in a safe way.
        SettingsError: the command or the path cannot be used.
    """
    visible = {name: text for name, text in environ.items() if name not in _OVERRIDING}
    return find_password(_at_next_start(draft, path), visible, None)


def planned(draft: Draft, path: Path) -> Edit:
    """The settings file that is to be written; nothing is written yet.

    In a file that is there already, what it says of trust and password beyond the draft is put back to its default:
    an old pin or command must not prevail over the new answers.

    Raises:
        SettingsError: the file that is there is wrong, or cannot be changed here.
    """
    values = draft.values()
    if path.exists():
        said = load(path, {}, {})
        old = {key: BY_KEY[key] for key in _ACCESS_KEYS if said.get(BY_KEY[key]) != BY_KEY[key].default}
        values = {key: setting.kind.to_text(setting.default) for key, setting in old.items()} | values
    return edit(_nothing_said(path), values)


def lines_of(plan: Edit) -> tuple[str, ...]:
    """The lines that the file gains, secrets masked."""
    return tuple(
        line.removeprefix("+") for line in plan.diff if line.startswith("+") and not line.startswith("+++")
    )


def write(draft: Draft, plan: Edit, environ: Mapping[str, str]) -> None:
    """Put the password where it is to be kept, read it back, then write the settings file.

    Raises:
        HctuiError: something of it cannot be done. The settings file is the last, so it is not there then.
    """
    keeping = draft.keeping
    file = Path(keeping.text)
    if keeping.is_to_be_written and not file.exists():  # it does where only the settings file failed before
        write_password_file(file, draft.password)
    if keeping.place is Place.KEYRING:
        store_in_keyring(_at_next_start(draft, plan.path).cluster, draft.password)
    is_kept_by_us = keeping.is_to_be_written or keeping.place is Place.KEYRING
    if is_kept_by_us and kept_password(draft, plan.path, environ) != draft.password:
        raise CredentialsError("What was kept is not what was read back.", hint="Choose another place.")
    save(plan)


def write_password_file(path: Path, password: Secret) -> None:
    """Write a new file that only its owner can read.

    Raises:
        CredentialsError: there is one already, which is left as it is, or it cannot be written.
        FolderError: its folder cannot be created.
    """
    create_folder(path.parent)
    failure = ""
    try:
        publish(f"{password.reveal()}\n".encode(), path, replace=False)
    except FileExistsError:
        failure = "exists already and was left as it is"
    except OSError as error:
        failure = f"cannot be written: {error.strerror}"
    if failure:
        raise CredentialsError(f"The file {path} {failure}.")


def _nothing_said(path: Path) -> Settings:
    return Settings(path, (_NOTHING, _NOTHING, _NOTHING, _NOTHING))


def _at_next_start(draft: Draft, path: Path) -> Settings:
    return change(
        _nothing_said(path),
        {"base_url": draft.address, "username": draft.username} | draft.keeping_values(),
    )
