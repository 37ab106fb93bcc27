"""The password in the system's keyring. The package that speaks to it is an extra, loaded only when it is asked.

As in `credentials.py`, errors are raised outside of the `except` that noticed the trouble: what a keyring says may
hold what it keeps, so of its errors only the kind is told.
"""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Callable
from typing import Any

from hctui.config.errors import CredentialsError
from hctui.config.settings import ClusterSettings
from hctui.core.secret import Secret

SERVICE = "hctui"
_INSTALL = "pip install 'hctui[keyring]'"


def account(cluster: ClusterSettings) -> str:
    """The name of the password in the keyring: `user@host`, with the port unless it is the usual one.

    Raises:
        CredentialsError: address or user are not set.
    """
    if not cluster.url or not cluster.username:
        raise CredentialsError(
            "The system's keyring keeps it by user and address, and one of them is not set.",
            hint="Set cluster.base_url and cluster.username.",
        )
    return f"{cluster.username}@{cluster.url.removeprefix('https://')}"


def find_in_keyring(cluster: ClusterSettings) -> Secret:
    """Return the password of this cluster. May wait until somebody unlocks the keyring.

    Raises:
        CredentialsError: there is none, or the keyring cannot be used.
    """
    name = account(cluster)
    password = _ask(lambda keyring: keyring.get_password(SERVICE, name))
    if not password:
        raise CredentialsError(
            f"The system's keyring holds none for {name}.",
            hint=f"Run: keyring set {SERVICE} {shlex.quote(name)}",
        )
    return Secret(str(password))


def store_in_keyring(cluster: ClusterSettings, secret: Secret) -> None:
    """Keep the password of this cluster where `find_in_keyring` finds it; replaces one that is there.

    Raises:
        CredentialsError: the keyring cannot be used.
    """
    name = account(cluster)
    _ask(lambda keyring: keyring.set_password(SERVICE, name, secret.reveal()))


def _ask(request: Callable[[Any], object]) -> object:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        keyring = None
    if keyring is None:
        raise CredentialsError(
            "The package that speaks to the system's keyring is not installed.", hint=f"Run: {_INSTALL}"
        )
    try:
        return request(keyring)
    except Exception as error:  # each backend has errors of its own
        kind = type(error).__name__
    raise CredentialsError(
        f"The system's keyring cannot be used ({kind}).",
        hint="It may be locked, or need a desktop session. `keyring diagnose` tells more.",
    )
