import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from hctui.api.certificate import fingerprint_of
from hctui.api.errors import ClusterUnreachable, ConnectionSettingWrong, UntrustedCertificate
from hctui.api.tls import Trust, TrustKind, fetch_fingerprint
from hctui.core.answers import NotSent, Unanswered
from hctui.core.model import NodeId, VmId
from tests.api.fake import PASSWORD, FakeCluster, answer
from tests.api.tls_server import TlsServer, let_connections_end

OTHER_PIN = "ab" * 32


@dataclass(frozen=True)
class Identity:
    """The certificate of the server, as a context and as a file."""

    context: ssl.SSLContext
    pem: bytes
    ca_pem: bytes

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(ssl.PEM_cert_to_DER_cert(self.pem.decode()))


def issue(ca: trustme.CA, name: str) -> Identity:
    leaf = ca.issue_cert(name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return Identity(context, leaf.cert_chain_pems[0].bytes(), ca.cert_pem.bytes())


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def identity(ca: trustme.CA) -> Identity:
    return issue(ca, "127.0.0.1")


@pytest.fixture
async def server(cluster: FakeCluster, identity: Identity) -> AsyncIterator[TlsServer]:
    async with TlsServer(cluster).running(identity.context) as running:
        yield running


def written(path: Path, pem: bytes) -> Path:
    path.write_bytes(pem)
    return path


async def refused(server: TlsServer, trust: Trust) -> UntrustedCertificate:
    """The error of a login that must not get as far as sending anything."""
    async with server.client(trust) as client:
        with pytest.raises(UntrustedCertificate) as caught:
            await client.login()
    assert server.received == b""
    assert caught.value.__context__ is None
    return caught.value


async def test_a_pinned_certificate_is_enough(server: TlsServer, identity: Identity) -> None:
    async with server.client(Trust((OTHER_PIN, identity.fingerprint.upper()))) as client:
        assert (await client.snapshot(0.0)).nodes
    assert PASSWORD.encode() in server.received.replace(b'\\"', b'"').replace(b"\\u00e4", "ä".encode())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_another_certificate_than_the_pinned_one_receives_nothing(
    cluster: FakeCluster, ca: trustme.CA, version: ssl.TLSVersion
) -> None:
    identity = issue(ca, "127.0.0.1")
    identity.context.maximum_version = identity.context.minimum_version = version
    async with TlsServer(cluster).running(identity.context) as server:
        error = await refused(server, Trust((OTHER_PIN,)))
    assert "differs from the pinned one" in error.detail
    assert OTHER_PIN in error.detail
    assert identity.fingerprint in error.detail
    assert "may be another machine" in error.hint
    assert error.fingerprint == identity.fingerprint


async def test_a_pin_does_not_help_another_certificate_that_an_authority_vouches_for(
    server: TlsServer, identity: Identity, tmp_path: Path
) -> None:
    ca_file = written(tmp_path / "ca.pem", identity.ca_pem)
    await refused(server, Trust((OTHER_PIN,), ca_file=ca_file))
    await refused(server, Trust((OTHER_PIN,), verify=False))


async def test_an_unknown_authority_is_refused_and_the_ways_out_are_named(
    server: TlsServer, identity: Identity
) -> None:
    error = await refused(server, Trust())
    assert error.fingerprint == identity.fingerprint
    assert identity.fingerprint in error.detail
    for way_out in ("ca_file", "pinned_fingerprints", "verify_ssl = false"):
        assert way_out in error.hint


async def test_a_self_signed_certificate_is_refused(cluster: FakeCluster, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key = written(tmp_path / "own.pem", authority.private_key_pem.bytes() + authority.cert_pem.bytes())
    context.load_cert_chain(key)
    async with TlsServer(cluster).running(context) as server:
        error = await refused(server, Trust())
        shown = await server.client(Trust()).certificate()
    assert "self-signed certificate" in error.detail.replace("self signed", "self-signed")
    assert shown.self_signed


@pytest.mark.parametrize("own", [True, False])
async def test_a_ca_file_holds_the_authority_or_the_certificate_itself(
    server: TlsServer, identity: Identity, tmp_path: Path, own: bool
) -> None:
    ca_file = written(tmp_path / "ca.pem", identity.pem if own else identity.ca_pem)
    async with server.client(Trust(ca_file=ca_file)) as client:
        assert (await client.snapshot(0.0)).nodes


async def test_with_a_ca_file_the_name_must_fit(cluster: FakeCluster, ca: trustme.CA, tmp_path: Path) -> None:
    identity = issue(ca, "elsewhere.example")
    async with TlsServer(cluster).running(identity.context) as server:
        error = await refused(server, Trust(ca_file=written(tmp_path / "ca.pem", identity.ca_pem)))
    assert "127.0.0.1" in error.detail


async def test_no_verification_trusts_anyone(server: TlsServer) -> None:
    async with server.client(Trust(verify=False)) as client:
        assert (await client.snapshot(0.0)).nodes


async def test_a_migration_to_an_untrusted_machine_is_not_sent(server: TlsServer) -> None:
    async with server.client(Trust((OTHER_PIN,))) as client:
        found = await client.migrate(VmId("vm-1"), NodeId("node-2"))
    assert isinstance(found, NotSent)
    assert "differs from the pinned one" in found.message
    assert server.received == b""


async def test_a_connection_is_used_again(server: TlsServer) -> None:
    async with server.client(Trust(verify=False)) as client:
        for _ in range(3):
            await client.vm(VmId("vm-1"))
    assert server.connections == 1


async def test_a_connection_that_ends_after_the_request_leaves_it_open(server: TlsServer) -> None:
    server.drops.add("/rest/v1/VirDomain/action")
    async with server.client(Trust(verify=False)) as client:
        assert isinstance(await client.migrate(VmId("vm-1"), NodeId("n")), Unanswered)
    assert server.received.count(b"POST /rest/v1/VirDomain/action") == 1


async def test_the_certificate_is_fetched_without_a_byte_of_data(
    server: TlsServer, identity: Identity
) -> None:
    async with server.client(Trust((OTHER_PIN,))) as client:
        found = await client.certificate()
    assert found.fingerprint == identity.fingerprint
    assert found.not_after is not None
    assert server.received == b""


async def test_no_certificate_where_nobody_listens() -> None:
    with pytest.raises(
        ClusterUnreachable, match=r"127\.0\.0\.1 port 1: no connection \(Connection refused\)"
    ):
        await fetch_fingerprint("127.0.0.1", 1, 5.0)


@pytest.mark.parametrize(
    ("words", "expected"), [(b"220 hello\r\n", "no TLS connection"), (b"", "within 0.05 s")]
)
async def test_no_certificate_from_what_is_no_tls(words: bytes, expected: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.transport.abort()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as plain:
        limit = 5.0 if words else 0.05
        with pytest.raises(ClusterUnreachable, match=expected):
            await fetch_fingerprint("127.0.0.1", plain.sockets[0].getsockname()[1], limit)
        await let_connections_end()


async def test_even_debug_logs_hold_no_session_id(
    server: TlsServer, cluster: FakeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cluster.valid_session = "very-secret-id"
    cluster.answers["POST /login"] = answer(
        200, {"sessionID": "very-secret-id"}, **{"set-cookie": "sessionID=very-secret-id"}
    )
    async with server.client(Trust(verify=False)) as client:
        await client.snapshot(0.0)
    assert "very-secret-id" not in caplog.text
    assert PASSWORD not in caplog.text


async def test_nobody_listening_is_not_a_question_of_trust() -> None:
    closed = TlsServer(FakeCluster())
    closed.port = 1
    async with closed.client(Trust()) as client:
        with pytest.raises(ClusterUnreachable, match=r"no connection \(Connection refused\)"):
            await client.login()


@pytest.mark.parametrize(
    ("trust", "kind"),
    [
        (Trust(), TrustKind.SYSTEM),
        (Trust(ca_file=Path("x")), TrustKind.CA_FILE),
        (Trust(ca_file=Path("x"), verify=False), TrustKind.UNVERIFIED),
        (Trust((OTHER_PIN,), ca_file=Path("x"), verify=False), TrustKind.PINNED),
    ],
)
def test_the_first_that_is_given_counts(trust: Trust, kind: TrustKind) -> None:
    assert trust.kind is kind


@pytest.mark.parametrize("content", [None, b"", b"hello"])
def test_a_ca_file_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConnectionSettingWrong, match="ca_file: "):
        Trust(ca_file=path).context()


def test_a_ca_file_works_with_the_stricter_defaults_of_later_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = ssl.create_default_context()
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    monkeypatch.setattr(ssl, "create_default_context", lambda cafile: strict)
    context = Trust(ca_file=tmp_path).context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


def test_a_pin_that_is_none() -> None:
    with pytest.raises(ConnectionSettingWrong, match="'12⟨U\\+001B⟩' is not a SHA-256") as caught:
        Trust(("ab" * 32, "12\x1b")).context()
    assert "64 hex digits" in caught.value.hint


async def test_a_certificate_that_cannot_be_fetched_is_still_explained(cluster: FakeCluster) -> None:
    failure = httpx.ConnectError("x")
    failure.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    failure.__cause__.verify_message = "certificate has expired"
    cluster.answers["POST /login"] = failure
    async with cluster.client() as client:
        with pytest.raises(UntrustedCertificate) as caught:
            await client.login()
    assert caught.value.detail == "certificate has expired. Nothing was sent."
    assert caught.value.fingerprint is None
