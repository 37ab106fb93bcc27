"""Brings what people write for a cluster's address into one form, `https://host[:port]`.

Pure text: nothing is looked up or connected to. A password that somebody put into an address is never repeated.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from hctui.config.wrong import WrongValue

ALLOWED = "host, host:port or https://host[:port], with IPv6 addresses in brackets"

_DEFAULT_PORT = 443
_LAST_PORT = 65535
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_LONGEST_LABEL = 63
_API_PATHS = ("", "rest/v1")


def normalise(text: str) -> str:
    """Return the address as `https://host[:port]`; an empty one stays empty.

    Raises:
        WrongValue: it is not an address of a cluster, or not a safe one.
    """
    text = text.strip()
    if not text:
        return ""
    if "@" in text:
        host = text.rpartition("@")[2]
        raise WrongValue("must not contain a user name or password", echo=repr(f"***@{host}"))
    scheme, rest = text.split("://", 1) if "://" in text else ("https", text)
    if scheme.lower() == "http":
        raise WrongValue("must be https: over http the password would cross the network unencrypted")
    if scheme.lower() != "https":
        raise WrongValue(f"must be {ALLOWED}")
    authority, _, path = rest.partition("/")
    if path.strip("/").lower() not in _API_PATHS:
        raise WrongValue("must end after the host and port; only the path /rest/v1 may follow")
    host, port = _split(authority)
    return f"https://{_host(host)}{_port(port)}"


def _split(authority: str) -> tuple[str, str | None]:
    """Split into host (brackets kept) and port; the port is `None` where there is no colon for one."""
    if authority.startswith("["):
        host, bracket, after = authority.partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise WrongValue(f"must be {ALLOWED}")
        return host + bracket, after[1:] if after else None
    if authority.count(":") > 1:
        raise WrongValue("must have an IPv6 address in brackets, as in [2001:db8::1]:443")
    host, colon, port = authority.partition(":")
    return host, port if colon else None


def _host(host: str) -> str:
    if host.startswith("["):
        return f"[{_ipv6(host[1:-1])}]"
    host = host.lower()
    # What ends in a number is an IPv4 address or a mistake, never a name.
    if host.rpartition(".")[2].isdigit():
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            raise WrongValue(f"must name a host; {host!r} is not an IPv4 address") from None
    if not _NAME.fullmatch(host) or max(map(len, host.split("."))) > _LONGEST_LABEL:
        raise WrongValue(f"must be {ALLOWED}; {host!r} is not a host name")
    return host


def _ipv6(inside: str) -> str:
    try:
        address = IPv6Address(inside)
    except AddressValueError:
        raise WrongValue(f"must name a host; {inside!r} is not an IPv6 address") from None
    if address.scope_id is not None:
        raise WrongValue("must be an address without a zone (the part from % on)")
    return str(address)


def _port(port: str | None) -> str:
    if port is None:
        return ""
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= _LAST_PORT):
        raise WrongValue("must have a port from 1 to 65535 after the colon")
    return "" if int(port) == _DEFAULT_PORT else f":{int(port)}"
