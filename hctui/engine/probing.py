"""Answers the questions of `probes.py` over the network. Keeps nothing: neither session, connection nor password."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hctui.api.account import MayMigrate
from hctui.api.client import Client
from hctui.api.errors import ConnectionSettingWrong
from hctui.api.tls import Trust, fetch_fingerprint, vouched_fingerprint
from hctui.config import Problem, check_field
from hctui.engine.probes import (
    Access,
    ByCaFile,
    BySystem,
    CertificateSeen,
    Greeting,
    Pinned,
    TrustChoice,
    Voucher,
)

_KEEPALIVE_SECONDS = 30.0
_MAY_MIGRATE = {MayMigrate.YES: True, MayMigrate.NO: False, MayMigrate.UNKNOWN: None}


@dataclass(frozen=True, slots=True)
class NetworkProbes:
    """The probes of `hctui.engine.probes.Probes`, each waiting at most so long for one answer."""

    timeout_seconds: float = 15.0

    async def certificate(self, address: str, ca_file: Path | None = None) -> CertificateSeen:
        """See `Probes.certificate`.

        Raises:
            ConnectionSettingWrong: the address or the file cannot be used.
            ClusterUnreachable: nobody answers there with TLS.
        """
        url = _normalised(address)
        host, port = _host_and_port(url)
        seen = await fetch_fingerprint(host, port, self.timeout_seconds)
        vouched = await vouched_fingerprint(host, port, Trust(ca_file=ca_file), self.timeout_seconds)
        voucher = Voucher.CA_FILE if ca_file else Voucher.SYSTEM
        return CertificateSeen(
            url,
            seen.fingerprint,
            seen.subject,
            seen.issuer,
            seen.not_before,
            seen.not_after,
            seen.self_signed,
            # Two connections may end at two machines: what is vouched for must be what is shown.
            voucher if vouched == seen.fingerprint else Voucher.NOBODY,
        )

    async def login(self, access: Access) -> Greeting:
        """See `Probes.login`.

        Raises:
            ApiError: any of its kinds; `UntrustedCertificate` before anything was sent.
        """
        client = Client(
            _normalised(access.address),
            access.username,
            access.password,
            trust_of(access.trust),
            keepalive_seconds=_KEEPALIVE_SECONDS,
            timeout_seconds=self.timeout_seconds,
            oidc=access.oidc,
        )
        async with client:
            snapshot = await client.snapshot(time.time())
            account = await client.account()
        return Greeting(
            snapshot.cluster.name,
            snapshot.cluster.version,
            len(snapshot.nodes),
            len(snapshot.vms),
            account.roles,
            _MAY_MIGRATE[account.may_migrate],
            client.latency_seconds or 0.0,
        )


def trust_of(choice: TrustChoice) -> Trust:
    """What the client is to demand; never nothing."""
    match choice:
        case Pinned(fingerprint):
            return Trust((fingerprint,))
        case BySystem():
            return Trust()
        case ByCaFile(path):
            return Trust(ca_file=path)


def _normalised(address: str) -> str:
    read = check_field("base_url", address)
    if isinstance(read, Problem) or not read:
        reason = read.reason if isinstance(read, Problem) else "must not be empty"
        raise ConnectionSettingWrong(f"The address {reason}.")
    return str(read)


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 443
