"""Whom to trust: the system's authorities, a CA file, pinned certificates, or anyone.

Builds the TLS context of the client. A pin is compared inside the handshake, so that neither a request nor the
password reaches a machine with another certificate. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from hctui.api.certificate import CertificateInfo, fingerprint_of, parse_fingerprint, read_certificate
from hctui.api.errors import ClusterUnreachable, ConnectionSettingWrong, UntrustedCertificate
from hctui.api.reason import reason_of
from hctui.api.text import MOST_TEXT_CHARACTERS, harmless


class TrustKind(StrEnum):
    """What a certificate is measured by."""

    SYSTEM = "system"
    CA_FILE = "CA file"
    PINNED = "pinned"
    UNVERIFIED = "unverified"


class PinMismatch(ssl.SSLCertVerificationError):
    """The certificate seen in the handshake is none of the pinned ones. `seen` is its fingerprint."""

    def __init__(self, seen: str) -> None:
        super().__init__(1, "the certificate differs from the pinned one")
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Trust:
    """How a cluster proves who it is. The first that is given counts, in the order of the attributes.

    Attributes:
        pinned_fingerprints: SHA-256 of the certificates to accept, as pasted; host name and authority are then
            not looked at. Several, so that a certificate can be replaced without an interruption.
        verify: `False` accepts any certificate.
        ca_file: PEM file of the authorities (or the self-signed certificate) to accept; the name must fit.
    """

    pinned_fingerprints: tuple[str, ...] = ()
    verify: bool = True
    ca_file: Path | None = None

    @property
    def kind(self) -> TrustKind:
        """Which of the four counts."""
        if self.pinned_fingerprints:
            return TrustKind.PINNED
        if not self.verify:
            return TrustKind.UNVERIFIED
        return TrustKind.CA_FILE if self.ca_file else TrustKind.SYSTEM

    def pins(self) -> frozenset[str]:
        """The pins as 64 lower-case hex digits each.

        Raises:
            ConnectionSettingWrong: one of them is not a SHA-256.
        """
        pins = {text: parse_fingerprint(text) for text in self.pinned_fingerprints}
        for text, pin in pins.items():
            if pin is None:
                raise ConnectionSettingWrong(
                    f"pinned_fingerprints: {harmless(text)!r} is not a SHA-256 fingerprint.",
                    hint="Allowed are 64 hex digits, with or without colons.",
                )
        return frozenset(pin for pin in pins.values() if pin)

    def context(self) -> ssl.SSLContext:
        """A TLS context for clients that holds to it.

        Raises:
            ConnectionSettingWrong: the CA file or a pin cannot be used.
        """
        if self.kind is TrustKind.SYSTEM:
            return ssl.create_default_context()
        if self.kind is TrustKind.CA_FILE:
            return _context_of_ca_file(cast(Path, self.ca_file))
        context = _context_without_verification()
        if self.kind is TrustKind.PINNED:
            context.sslobject_class = _pinned_object(self.pins())
        return context


def explain_untrusted(
    error: ssl.SSLCertVerificationError, trust: Trust, seen: str | None
) -> UntrustedCertificate:
    """The error for people: what was seen, and the ways out.

    Args:
        error: what the handshake ended with.
        trust: what was demanded.
        seen: fingerprint of the certificate, `None` when it could not be had.
    """
    if isinstance(error, PinMismatch):
        pins = sorted(trust.pins())
        ones = "one" if len(pins) == 1 else "ones"
        return UntrustedCertificate(
            f"its fingerprint (SHA-256) {error.seen} differs from the pinned {ones}, {', '.join(pins)}. "
            "Nothing was sent.",
            hint="It may be another machine, or one that reads along. Compare the first with what the cluster itself "
            "shows. Only if you know that the certificate was replaced, put it into pinned_fingerprints of the "
            "settings file and start hctui again.",
            fingerprint=error.seen,
        )
    was_seen = f" The fingerprint (SHA-256) seen is {seen}." if seen else ""
    return UntrustedCertificate(
        f"{harmless(error.verify_message)}.{was_seen} Nothing was sent.",
        hint="Compare the fingerprint with the one the cluster itself shows, and pin it in the settings file: "
        f'pinned_fingerprints = ["{seen or "64 hex digits"}"]. Or name the authority\'s PEM file in ca_file, or set '
        "verify_ssl = false to trust any machine.",
        fingerprint=seen,
    )


async def fetch_fingerprint(host: str, port: int, timeout_seconds: float) -> CertificateInfo:
    """The certificate that a machine shows, trusted or not, on a connection that carries no data.

    Raises:
        ClusterUnreachable: no connection, no TLS, or not in time.
    """
    problem = ""
    try:
        async with asyncio.timeout(timeout_seconds):
            _, writer = await asyncio.open_connection(host, port, ssl=_context_without_verification())
            der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.transport.abort()
            return read_certificate(der)
    except TimeoutError:
        problem = f"no TLS connection within {timeout_seconds:g} s"
    except ssl.SSLError as error:
        problem = f"no TLS connection ({reason_of(error)})"
    except (OSError, ValueError) as error:
        problem = f"no connection ({reason_of(error)})"
    raise ClusterUnreachable(f"{harmless(host)} port {port}: {problem}.")


async def vouched_fingerprint(host: str, port: int, trust: Trust, timeout_seconds: float) -> str | None:
    """Fingerprint of the certificate that the authorities of `trust` vouch for at this address; `None` if none does.

    A connection that carries no data. One that fails for any reason vouches for nothing.

    Raises:
        ConnectionSettingWrong: the CA file or a pin of `trust` cannot be used.
    """
    context = await asyncio.to_thread(trust.context)  # reads every authority of the system
    try:
        async with asyncio.timeout(timeout_seconds):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
            der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.transport.abort()
            return fingerprint_of(der)
    except (OSError, ValueError):  # TLS errors and timeouts are kinds of OSError
        return None


def _context_of_ca_file(path: Path) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as error:
        # A file without any certificate is an error of TLS, one that cannot be read is one of the system.
        shown = harmless(str(path), MOST_TEXT_CHARACTERS)
        problem = f"ca_file: {shown} cannot be read as certificates ({reason_of(error)})."
    else:
        # A self-signed certificate given as its own authority is accepted, also when it lacks the extensions
        # that Python 3.13 and later demand: those of appliances do.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context
    raise ConnectionSettingWrong(problem, hint="It must be a file in PEM format.")


def _context_without_verification() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _pinned_object(pins: frozenset[str]) -> type[ssl.SSLObject]:
    """A TLS connection that ends its own handshake unless the peer shows one of the pinned certificates.

    `SSLContext.sslobject_class` is the documented place for it; asyncio and anyio both make their connections
    through it. The comparison comes after the handshake has proved that the peer owns the key, and before the
    caller can write anything.
    """

    class PinnedObject(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            seen = fingerprint_of(self.getpeercert(binary_form=True) or b"")
            if seen not in pins:
                raise PinMismatch(seen)

    return PinnedObject
