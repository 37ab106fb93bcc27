import pytest

from hctui.config.address import normalise
from hctui.config.wrong import WrongValue


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", ""),
        ("  ", ""),
        ("10.0.0.101", "https://10.0.0.101"),
        (" 10.0.0.101 ", "https://10.0.0.101"),
        ("10.0.0.101:8443", "https://10.0.0.101:8443"),
        ("10.0.0.101:443", "https://10.0.0.101"),
        ("HyperCore.example.COM", "https://hypercore.example.com"),
        ("node_1", "https://node_1"),
        ("https://node-1:08443", "https://node-1:8443"),
        ("HTTPS://node-1", "https://node-1"),
        ("https://node-1/", "https://node-1"),
        ("https://node-1/rest/v1", "https://node-1"),
        ("https://node-1:9443/rest/v1/", "https://node-1:9443"),
        ("node-1/rest/v1", "https://node-1"),
        ("[2001:DB8::1]", "https://[2001:db8::1]"),
        ("https://[2001:db8:0::1]:8443/rest/v1", "https://[2001:db8::1]:8443"),
        ("127.0.0.11:65535", "https://127.0.0.11:65535"),
    ],
)
def test_addresses_are_brought_into_one_form(text: str, url: str) -> None:
    assert normalise(text) == url
    assert normalise(url) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://10.0.0.101", "over http the password would cross the network unencrypted"),
        ("HTTP://10.0.0.101", "must be https"),
        ("ftp://10.0.0.101", "must be host, host:port or https://"),
        ("://10.0.0.101", "must be host"),
        ("10.0.0.256", "'10.0.0.256' is not an IPv4 address"),
        ("10.0.0", "is not an IPv4 address"),
        ("host:0", "must have a port from 1 to 65535"),
        ("host:65536", "must have a port from 1 to 65535"),
        ("host:99999999999", "must have a port from 1 to 65535"),
        ("host:", "must have a port from 1 to 65535"),
        ("host:https", "must have a port from 1 to 65535"),
        ("host:\u0664\u0664\u0663", "must have a port from 1 to 65535"),
        ("2001:db8::1", "must have an IPv6 address in brackets"),
        ("[2001:db8::1", "must be host"),
        ("[2001:db8::1]8443", "must be host"),
        ("[2001:db8::g]", "'2001:db8::g' is not an IPv6 address"),
        ("[fe80::1%eth0]", "without a zone"),
        ("https://", "is not a host name"),
        ("https:///rest/v1", "is not a host name"),
        ("-host", "'-host' is not a host name"),
        ("two words", "'two words' is not a host name"),
        ("host..example", "is not a host name"),
        ("a" * 64 + ".example", "is not a host name"),
        ("host?a=b", "is not a host name"),
        ("https://host/rest/v2", "only the path /rest/v1 may follow"),
        ("https://host/rest/v1?x=1", "only the path /rest/v1 may follow"),
    ],
)
def test_what_is_no_address_is_refused(text: str, reason: str) -> None:
    with pytest.raises(WrongValue) as caught:
        normalise(text)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "https://admin:hunter2@10.0.0.101",
        "http://admin:hunter2@10.0.0.101",
        "admin:hunter2@10.0.0.101:443",
        "https://admin:hunter2@x@10.0.0.101/rest/v1",
        "https://admin:x@hunter2@10.0.0.101",
        "https://admin:hunter2/@10.0.0.101",
        "https://hunter2@10.0.0.101",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(WrongValue, match="must not contain a user name or password") as caught:
        normalise(text)
    assert caught.value.echo is not None
    assert "10.0.0.101" in caught.value.echo
    assert "hunter2" not in caught.value.echo + caught.value.reason
