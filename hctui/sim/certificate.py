"""The certificate of a simulated cluster: signed by itself, as that of a real cluster is until somebody replaces it.

New at each start. Knows no sockets and no cluster.
"""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_VALID = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key, as PEM, and the SHA-256 of the certificate (DER) in lower-case hex digits."""

    certificate_pem: bytes
    key_pem: bytes = field(repr=False)
    fingerprint: str

    def configure(self, context: ssl.SSLContext) -> None:
        """Let a server's context show it."""
        with tempfile.NamedTemporaryFile() as file:  # the standard library loads keys from files only
            file.write(self.key_pem + self.certificate_pem)
            file.flush()
            context.load_cert_chain(file.name)


def self_signed(name: str, ips: Sequence[str]) -> Identity:
    """A new certificate for a cluster of this name at these addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    addresses = [x509.IPAddress(ipaddress.ip_address(ip)) for ip in dict.fromkeys(ips)]
    begin = datetime.now(UTC) - timedelta(days=1)  # real time, which is what TLS goes by
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + _VALID)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Identity(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest(),
    )
