"""The probes of the first run over real TLS: what they see, whom they tell the password, and what they leave behind."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from hctui.api.certificate import fingerprint_of
from hctui.api.errors import (
    ApiTrouble,
    ClusterUnreachable,
    ConnectionSettingWrong,
    LoginRefused,
    UntrustedCertificate,
)
from hctui.api.tls import TrustKind
from hctui.core.secret import Secret
from hctui.engine.probes import (
    Access,
    ByCaFile,
    BySystem,
    CertificateSeen,
    Pinned,
    Probes,
    TrustChoice,
    Voucher,
)
from hctui.engine.probing import NetworkProbes, trust_of
from hctui.sim import Cluster
from hctui.sim.serving import Server, serve
from tests.api.fake import FakeCluster
from tests.api.tls_server import TlsServer, let_connections_end
from tests.sim.bench import START, small_cluster

MARK = "s3cret-marker-7c1"
ACCOUNTS = f"""
[[accounts]]
username = "balancer"
password = "{MARK}"
roles = ["Read", "VM Power Controls"]
[[accounts]]
username = "viewer"
password = "{MARK}"
roles = ["Read"]
"""
PROBES: Probes = NetworkProbes(timeout_seconds=5)
DAY = 24 * 3600.0


@pytest.fixture
def cluster() -> Cluster:
    return small_cluster(ACCOUNTS)


@pytest.fixture
async def server(cluster: Cluster) -> AsyncIterator[Server]:
    async with serve(cluster, now=lambda: START, sleep=asyncio.sleep) as server:
        yield server
    await let_connections_end()


@pytest.fixture
async def listener() -> AsyncIterator[tuple[TlsServer, trustme.CA]]:
    """A machine whose certificate an authority has signed, and that keeps every byte it is told."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    async with TlsServer(FakeCluster()).running(context) as listening:
        yield listening, ca


def access(server: Server, trust: TrustChoice | None = None, username: str = "balancer") -> Access:
    return Access(server.url, trust or Pinned(server.fingerprint), username, Secret(MARK))


def address_of(listening: TlsServer) -> str:
    return f"127.0.0.1:{listening.port}"


async def test_a_certificate_is_shown_with_all_that_it_says(server: Server) -> None:
    seen = await PROBES.certificate(f" {server.url.upper().replace('HTTPS', 'https')}/ ")
    assert seen.address == server.url
    assert seen.fingerprint == server.fingerprint
    assert seen.subject == seen.issuer != ""
    assert seen.self_signed
    assert seen.voucher is Voucher.NOBODY
    now = time.time()
    assert seen.valid_from is not None
    assert seen.valid_until is not None
    assert now - 2 * DAY < seen.valid_from < now < now + 3000 * DAY < seen.valid_until


def test_a_fingerprint_is_read_in_four_lines_of_eight_pairs() -> None:
    digits = "0123456789abcdef" * 4
    seen = CertificateSeen("https://h", digits, "", "", None, None, True, Voucher.NOBODY)
    assert seen.fingerprint_lines == ("01:23:45:67:89:AB:CD:EF",) * 4
    assert "".join(seen.fingerprint_lines).replace(":", "").lower() == digits


async def test_looking_at_a_certificate_tells_the_machine_nothing(
    listener: tuple[TlsServer, trustme.CA],
) -> None:
    listening, _ = listener
    seen = await PROBES.certificate(address_of(listening))
    assert (seen.self_signed, seen.voucher) == (False, Voucher.NOBODY)
    assert "trustme" in seen.issuer
    assert listening.connections > 0
    assert listening.received == b""


async def test_an_authority_in_a_file_vouches(listener: tuple[TlsServer, trustme.CA], tmp_path: Path) -> None:
    listening, ca = listener
    ca_file, other = tmp_path / "ca.pem", tmp_path / "other.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    trustme.CA().cert_pem.write_to_path(str(other))
    assert (await PROBES.certificate(address_of(listening), ca_file)).voucher is Voucher.CA_FILE
    assert (await PROBES.certificate(address_of(listening), other)).voucher is Voucher.NOBODY
    with pytest.raises(ConnectionSettingWrong, match="ca_file"):
        await PROBES.certificate(address_of(listening), tmp_path / "missing.pem")


async def test_an_authority_of_the_system_vouches_for_its_own_name_only(
    listener: tuple[TlsServer, trustme.CA], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening, ca = listener
    ca.cert_pem.write_to_path(str(tmp_path / "system.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    assert (await PROBES.certificate(address_of(listening))).voucher is Voucher.SYSTEM
    assert (await PROBES.certificate(f"localhost:{listening.port}")).voucher is Voucher.NOBODY


async def test_what_is_vouched_for_must_be_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    async def another(*arguments: object) -> str:
        return "ab" * 32

    monkeypatch.setattr("hctui.engine.probing.vouched_fingerprint", another)
    assert (await PROBES.certificate(server.url)).voucher is Voucher.NOBODY


@pytest.mark.parametrize(
    "address", ["", "http://127.0.0.1", "https://user:pw@host", "127.0.0.1:70000", "https://h/path", "a b"]
)
async def test_what_is_no_address_is_refused_without_a_look(address: str) -> None:
    with pytest.raises(ConnectionSettingWrong) as caught:
        await PROBES.certificate(address)
    assert "pw" not in str(caught.value)


async def test_nobody_there_is_an_error_for_both(server: Server) -> None:
    gone = "https://127.0.0.1:1"
    with pytest.raises(ClusterUnreachable, match="Connection refused"):
        await PROBES.certificate(gone)
    with pytest.raises(ClusterUnreachable):
        await PROBES.login(replace(access(server), address=gone))


@pytest.mark.parametrize(
    ("username", "roles", "may_migrate"),
    [("balancer", ("Read", "VM Power Controls"), True), ("viewer", ("Read",), False)],
)
async def test_a_login_is_greeted_and_leaves_no_session(
    cluster: Cluster, server: Server, username: str, roles: tuple[str, ...], may_migrate: bool
) -> None:
    greeting = await PROBES.login(access(server, username=username))
    assert greeting.cluster_name == cluster.scenario.cluster.name
    assert greeting.version == cluster.scenario.cluster.version
    assert (greeting.nodes, greeting.vms) == (3, 5)
    assert (greeting.roles, greeting.may_migrate) == (roles, may_migrate)
    assert 0 < greeting.latency_seconds < 60
    assert cluster.access.open_sessions(START) == ()
    assert cluster.writes == []


async def test_roles_that_cannot_be_read_are_unknown(cluster: Cluster, server: Server) -> None:
    cluster.faults.set("forbidden", path="/User")
    greeting = await PROBES.login(access(server))
    assert (greeting.roles, greeting.may_migrate) == ((), None)


async def test_a_refused_login_says_so_without_the_password(cluster: Cluster, server: Server) -> None:
    wrong = replace(access(server), password=Secret("wr0ng-pass"))
    with pytest.raises(LoginRefused) as caught:
        await PROBES.login(wrong)
    assert "balancer" in caught.value.detail
    assert caught.value.hint
    for text in (str(caught.value), repr(caught.value), repr(wrong)):
        assert "wr0ng-pass" not in text
    assert cluster.access.open_sessions(START) == ()


async def test_a_fault_after_the_login_still_logs_out(cluster: Cluster, server: Server) -> None:
    cluster.faults.set("proxy_error", path="/VirDomainStats")
    with pytest.raises(ApiTrouble):
        await PROBES.login(access(server))
    assert cluster.access.open_sessions(START) == ()


async def test_a_cancelled_login_leaves_no_session(cluster: Cluster) -> None:
    cluster.faults.set("slow_answers", path="/User", seconds=60)
    is_reading = asyncio.Event()

    async def sleep(seconds: float) -> None:
        is_reading.set()
        await asyncio.sleep(seconds)

    async with serve(cluster, now=lambda: START, sleep=sleep) as server, asyncio.timeout(10):
        trying = asyncio.create_task(PROBES.login(access(server)))
        await is_reading.wait()
        assert len(cluster.access.open_sessions(START)) == 1
        trying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await trying
    await let_connections_end()
    assert cluster.access.open_sessions(START) == ()


@pytest.mark.parametrize("choice", [Pinned("ab" * 32), Pinned(""), BySystem(), "a file of another authority"])
async def test_only_the_chosen_machine_is_told_the_password(
    listener: tuple[TlsServer, trustme.CA], tmp_path: Path, choice: TrustChoice | str
) -> None:
    listening, _ = listener
    if isinstance(choice, str):
        trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
        choice = ByCaFile(tmp_path / "other.pem")
    with pytest.raises((UntrustedCertificate, ConnectionSettingWrong)):
        await PROBES.login(Access(address_of(listening), choice, "balancer", Secret(MARK)))
    assert listening.received == b""


async def test_each_choice_lets_the_right_machine_in(
    listener: tuple[TlsServer, trustme.CA], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening, ca = listener
    ca_file = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    seen = await PROBES.certificate(address_of(listening))
    for choice in (Pinned(seen.fingerprint), BySystem(), ByCaFile(ca_file)):
        greeting = await PROBES.login(Access(seen.address, choice, "balancer", Secret(MARK), oidc=True))
        assert greeting.cluster_name == "branch-7"
    assert b'"useOIDC": true' in listening.received


def test_no_choice_trusts_anybody(tmp_path: Path) -> None:
    choices = (Pinned(fingerprint_of(b"")), BySystem(), ByCaFile(tmp_path))
    assert [trust_of(choice).kind for choice in choices] == [
        TrustKind.PINNED,
        TrustKind.SYSTEM,
        TrustKind.CA_FILE,
    ]
