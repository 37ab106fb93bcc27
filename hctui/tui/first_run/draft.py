"""What the first run knows so far, as values: what was suggested, what was answered, what is to be written.

Pure. Knows no widget, no file and no network; the password is in here, but only as something that does not show itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hctui.config import LiveConsent, Settings
from hctui.config.saving import locked
from hctui.config.schema import BASE_URL, USERNAME
from hctui.core.secret import Secret
from hctui.engine.probes import (
    Access,
    ByCaFile,
    BySystem,
    CertificateSeen,
    Greeting,
    Pinned,
    Probes,
    TrustChoice,
    Voucher,
)


@dataclass(frozen=True, slots=True)
class Configured:
    """The first run ended with a settings file. `password` is the one that was typed, so nobody asks again."""

    path: Path
    password: Secret | None


@dataclass(frozen=True, slots=True)
class Demo:
    """The first run ended with the wish to see the demo."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What is known before anybody was asked.

    Attributes:
        address: of the cluster; empty when nothing gives one.
        address_locked: why it cannot be changed here, in a sentence; empty if it can.
        username: of the account, likewise.
        username_locked: likewise.
        oidc: whether the cluster checks logins at its OpenID Connect server.
        ca_file: authorities that are asked instead of the system's.
        is_live: whether a flag makes this run live whatever the file says.
    """

    address: str = ""
    address_locked: str = ""
    username: str = ""
    username_locked: str = ""
    oidc: bool = False
    ca_file: Path | None = None
    is_live: bool = False


def suggestions_of(settings: Settings) -> Suggestions:
    """What flags, environment and a file that is not complete say already."""
    cluster = settings.cluster
    return Suggestions(
        cluster.url or "",
        locked(settings, BASE_URL),
        cluster.username,
        locked(settings, USERNAME),
        cluster.oidc,
        cluster.ca_file,
        settings.live_consent is LiveConsent.GIVEN,
    )


@dataclass(frozen=True, slots=True)
class Setup:
    """What all steps work with.

    Attributes:
        probes: who asks the cluster.
        suggestions: what is known already.
        config_path: the settings file to write.
        keyring_available: whether the system's keyring can be offered.
        environ: the environment, for commands that print a password.
        now: Unix time in seconds.
    """

    probes: Probes
    suggestions: Suggestions
    config_path: Path
    keyring_available: bool
    environ: Mapping[str, str]
    now: Callable[[], float]

    def __repr__(self) -> str:
        return f"<Setup for {self.config_path}>"  # the environment may hold secrets


class Place(Enum):
    """Where the password comes from at the next start."""

    COMMAND = "password_command"
    FILE = "password_file"
    KEYRING = "password_keyring"
    ENVIRONMENT = "SC_PASSWORD"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class Keeping:
    """The place that was chosen.

    Attributes:
        place: which.
        text: the command, or the whole path of the file; empty for the other places. A command may hold a secret.
        is_to_be_written: whether hctui puts the password into the file.
    """

    place: Place
    text: str = ""
    is_to_be_written: bool = False

    def __repr__(self) -> str:
        return f"<Keeping: {self.place.name}>"


@dataclass(frozen=True, slots=True)
class Draft:
    """All answers up to the present step; those of later steps are still empty.

    Attributes:
        address: `https://host[:port]`.
        seen: the certificate shown there.
        trust: what the machine has to show from now on.
        username: of the account.
        password: of the account.
        oidc: whether the cluster checks it at its OpenID Connect server.
        greeting: what the cluster told after the login.
        keeping: where the password will come from.
    """

    address: str = ""
    seen: CertificateSeen | None = None
    trust: TrustChoice | None = None
    username: str = ""
    password: Secret = Secret("")  # noqa: RUF009 - nothing can change it
    oidc: bool = False
    greeting: Greeting | None = None
    keeping: Keeping = Keeping(Place.PROMPT)

    def access(self, password: Secret | None = None) -> Access:
        """The login to try, with another password if one is given.

        Raises:
            ValueError: nobody has said yet which machine is to be trusted.
        """
        if self.trust is None:
            raise ValueError("no machine is trusted yet")
        return Access(self.address, self.trust, self.username, password or self.password, self.oidc)

    def values(self) -> dict[str, str]:
        """What the settings file is to say, by the key of the setting. Never the password."""
        values = {"base_url": self.address, "username": self.username}
        match self.trust:
            case Pinned(fingerprint):
                values["pinned_fingerprints"] = fingerprint
            case ByCaFile(path):
                values["ca_file"] = str(path)
        if self.oidc:
            values["oidc"] = "true"
        return values | self.keeping_values()

    def keeping_values(self) -> dict[str, str]:
        """Those of the values that say where the password comes from."""
        match self.keeping.place:
            case Place.COMMAND | Place.FILE:
                return {self.keeping.place.value: self.keeping.text}
            case Place.KEYRING:
                return {self.keeping.place.value: "true"}
        return {}


def trust_of(seen: CertificateSeen, ca_file: Path | None) -> TrustChoice:
    """The trust that a yes to this certificate means: the authorities that vouch for it, else the certificate."""
    if seen.voucher is Voucher.SYSTEM:
        return BySystem()
    if seen.voucher is Voucher.CA_FILE and ca_file is not None:
        return ByCaFile(ca_file)
    return Pinned(seen.fingerprint)
