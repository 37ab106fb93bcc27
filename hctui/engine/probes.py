"""The questions a front end may ask of a cluster before there is an engine: who are you, and does this login work.

Values and an interface only; `probing.py` answers over the network. Knows no TLS, no HTTP and no settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from hctui.core.secret import Secret

_PAIRS_A_LINE = 8


class Voucher(Enum):
    """Who vouches for a certificate at the address where it was seen."""

    NOBODY = "nobody"
    """Only a person can, by comparing the fingerprint."""
    SYSTEM = "system"
    """One of the authorities that this machine trusts."""
    CA_FILE = "CA file"
    """An authority in the file that was named."""


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """The certificate a machine shows to whoever asks. All texts are harmless to a terminal.

    Attributes:
        address: where, as `https://host[:port]`.
        fingerprint: SHA-256 of the certificate, 64 lower-case hex digits.
        subject: whom it names; empty when it names nobody or cannot be read.
        issuer: who signed it, likewise.
        valid_from: Unix time in seconds; `None` when it cannot be read.
        valid_until: likewise.
        self_signed: whether it names itself as its issuer.
        voucher: who vouches for it, checked with the name in the address.
    """

    address: str
    fingerprint: str
    subject: str
    issuer: str
    valid_from: float | None
    valid_until: float | None
    self_signed: bool
    voucher: Voucher

    @property
    def fingerprint_lines(self) -> tuple[str, ...]:
        """The fingerprint for reading: four lines of eight pairs, such as `3A:7F:10:C4:9B:22:81:0E`."""
        digits = self.fingerprint.upper()
        pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
        return tuple(":".join(pairs[at : at + _PAIRS_A_LINE]) for at in range(0, len(pairs), _PAIRS_A_LINE))


@dataclass(frozen=True, slots=True)
class Pinned:
    """Trust the one certificate with this SHA-256 fingerprint."""

    fingerprint: str


@dataclass(frozen=True, slots=True)
class BySystem:
    """Trust what the authorities of this machine vouch for."""


@dataclass(frozen=True, slots=True)
class ByCaFile:
    """Trust what the authorities in this file (PEM) vouch for."""

    path: Path


TrustChoice = Pinned | BySystem | ByCaFile
"""What the machine has to show before it is sent the password. There is no choice of "anything"."""


@dataclass(frozen=True, slots=True)
class Access:
    """A login to try.

    Attributes:
        address: `https://host[:port]`.
        trust: what the machine there has to show first.
        username: account on the cluster.
        password: its password.
        oidc: whether the cluster checks it at its OpenID Connect server.
    """

    address: str
    trust: TrustChoice
    username: str
    password: Secret
    oidc: bool = False


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a cluster told after a login that worked.

    Attributes:
        cluster_name: its name.
        version: of HyperCore.
        nodes: how many.
        vms: how many, running or not.
        roles: those of the account, by name; empty when they cannot be read.
        may_migrate: whether the account may migrate VMs; `None` when that cannot be told.
        latency_seconds: how long the cluster took to answer all that a poll asks.
    """

    cluster_name: str
    version: str
    nodes: int
    vms: int
    roles: tuple[str, ...]
    may_migrate: bool | None
    latency_seconds: float


class Probes(Protocol):
    """Both questions can be cancelled at any time and leave no connection behind.

    Nor a session, unless a login is cancelled in the moment that its answer is on the way; that one expires.
    """

    async def certificate(self, address: str, ca_file: Path | None = None) -> CertificateSeen:
        """The certificate shown at an address, on connections that carry no data.

        Args:
            address: as people write it.
            ca_file: authorities to ask instead of the system's.

        Raises:
            HctuiError: the address or the file cannot be used, or nobody answers there.
        """

    async def login(self, access: Access) -> Greeting:
        """Log in, look at the cluster once, log out. The password goes to nobody but who shows what was chosen.

        Raises:
            HctuiError: the machine showed something else, the login was refused, or an answer made no sense.
        """
