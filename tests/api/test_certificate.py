import datetime
import ssl

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from hctui.api.certificate import CertificateInfo, fingerprint_of, parse_fingerprint, read_certificate

LONG_AGO = datetime.datetime(1990, 1, 1, tzinfo=datetime.UTC)
HEX = "0123456789abcdef" * 4


def der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode())


CERTIFICATE = der(trustme.CA().cert_pem.bytes())


@pytest.mark.parametrize("year", [1999, 2041, 2071])
def test_the_fields_of_a_certificate(year: int) -> None:
    until = datetime.datetime(year, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    leaf = trustme.CA().issue_cert(
        "127.0.0.1",
        common_name="hyper\x1bcore",
        organization_name="Büro",
        not_before=LONG_AGO,
        not_after=until,
    )
    raw = der(leaf.cert_chain_pems[0].bytes())
    found = read_certificate(raw)
    assert found.fingerprint == fingerprint_of(raw)
    assert "CN=hyper⟨U+001B⟩core" in found.subject
    assert "O=Büro" in found.subject
    assert found.not_after == until.timestamp()
    assert found.self_signed is False


def test_a_certificate_that_names_itself_as_issuer() -> None:
    assert read_certificate(der(trustme.CA().cert_pem.bytes())).self_signed is True


@given(st.binary(max_size=40) | st.binary(max_size=20).map(lambda tail: b"\x30\x80\x30\x82" + tail))
def test_anything_else_has_a_fingerprint_only(raw: bytes) -> None:
    assert read_certificate(raw) == CertificateInfo(fingerprint_of(raw))


@given(st.data())
def test_a_damaged_certificate_is_no_crash(data: st.DataObject) -> None:
    raw = bytearray(CERTIFICATE)
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert len(read_certificate(bytes(raw)).fingerprint) == 64


def test_a_certificate_that_was_cut_off_is_not_half_read() -> None:
    assert read_certificate(CERTIFICATE[:-1]) == CertificateInfo(fingerprint_of(CERTIFICATE[:-1]))


@pytest.mark.parametrize(
    "text",
    [
        HEX,
        HEX.upper(),
        ":".join(HEX[i : i + 2] for i in range(0, 64, 2)).upper(),
        f" sha256:{HEX}\n",
        f"SHA256 Fingerprint={HEX}",
        f"sha256 Fingerprint={HEX}",
        f"SHA-256: {HEX}",
    ],
)
def test_a_fingerprint_as_it_is_pasted(text: str) -> None:
    assert parse_fingerprint(text) == HEX


@pytest.mark.parametrize("text", ["", HEX[1:], HEX + "0", HEX.replace("a", "g"), "sha1:" + HEX[:40]])
def test_what_is_no_sha_256(text: str) -> None:
    assert parse_fingerprint(text) is None
