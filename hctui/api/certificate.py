"""What a certificate says about itself, read from its DER bytes. Knows no network and no trust.

The standard library decodes only certificates that it has verified, and the ones people need to look at before
they pin them are those that it has not.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from dataclasses import dataclass

from hctui.api.text import MOST_TEXT_CHARACTERS, harmless


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """What is shown of a certificate before somebody decides to trust it.

    Attributes:
        fingerprint: SHA-256 of the whole certificate, 64 lower-case hex digits.
        subject: such as `CN=cluster.example, O=Example`; empty when it has none or cannot be read.
        not_after: Unix time in seconds of its expiry; `None` when it cannot be read.
        self_signed: whether it names itself as its issuer (the signature is not checked).
        issuer: who signed it, like `subject`.
        not_before: Unix time in seconds from which it is valid; `None` when it cannot be read.
    """

    fingerprint: str
    subject: str = ""
    not_after: float | None = None
    self_signed: bool = False
    issuer: str = ""
    not_before: float | None = None


def fingerprint_of(der: bytes) -> str:
    """SHA-256 of a certificate, as 64 lower-case hex digits."""
    return hashlib.sha256(der).hexdigest()


def parse_fingerprint(text: str) -> str | None:
    """A fingerprint as people paste it, as 64 lower-case hex digits; `None` when it is no SHA-256.

    Colons, spaces, capitals and a leading `sha256:` or `sha256 Fingerprint=` are allowed, as browsers and
    `openssl x509 -fingerprint` print them.
    """
    bare = re.sub(r"(?i)^\s*sha-?256(\s+fingerprint)?\s*[:=]", "", text)
    digits = re.sub(r"[\s:]", "", bare).lower()
    return digits if re.fullmatch(r"[0-9a-f]{64}", digits) else None


def read_certificate(der: bytes) -> CertificateInfo:
    """What a certificate says of itself; only the fingerprint when its fields cannot be read."""
    from cryptography import x509  # takes a while to load, and only people who look at a certificate need it

    fingerprint = fingerprint_of(der)
    try:
        with warnings.catch_warnings(action="ignore"):  # what is odd about it is not the reader's business
            certificate = x509.load_der_x509_certificate(der)
            return CertificateInfo(
                fingerprint,
                harmless(certificate.subject.rfc4514_string(), MOST_TEXT_CHARACTERS),
                certificate.not_valid_after_utc.timestamp(),
                certificate.issuer == certificate.subject,
                harmless(certificate.issuer.rfc4514_string(), MOST_TEXT_CHARACTERS),
                certificate.not_valid_before_utc.timestamp(),
            )
    except (ValueError, TypeError, x509.InvalidVersion):
        return CertificateInfo(fingerprint)
