"""Where a cluster is reached: host and port, from what people or the cluster itself wrote. Pure; looks nothing up."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from hctui.api.errors import ConnectionSettingWrong
from hctui.api.text import harmless

MOST_NODES = 64
"""The addresses of so many nodes are kept; clusters have fewer."""

_HOST = re.compile(r"[\w.:-]+")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a node is."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return harmless(f"{host}:{self.port}")


def address_of(base_url: str) -> Address:
    """Host and port of `https://host[:port]`.

    Raises:
        ConnectionSettingWrong: it is something else. The text is not repeated where it may hold a password.
    """
    problem = "the address must not contain a user name or password."
    if "@" not in base_url:
        problem = f"{harmless(base_url)!r} is not an address of a cluster."
        with contextlib.suppress(ValueError):
            parts = urlsplit(base_url)
            bare = parts.path in ("", "/") and not parts.query and not parts.fragment
            host = parts.hostname or ""
            if parts.scheme == "https" and _HOST.fullmatch(host) and bare and parts.port != 0:
                return Address(host, parts.port or 443)
    raise ConnectionSettingWrong(problem, hint="Allowed is https://host or https://host:port.")


def node_addresses(lan_ips: Iterable[str], port: int) -> tuple[Address, ...]:
    """Addresses of nodes by what the cluster says of them, in that order, each once.

    Whatever is no IP address of one machine is left out: it comes from the cluster and must not become a name to look
    up.
    """
    hosts = dict.fromkeys(host for host in map(_host, lan_ips) if host)
    return tuple(Address(host, port) for host in hosts)[:MOST_NODES]


def _host(lan_ip: str) -> str:
    try:
        ip = ip_address(lan_ip.strip())
    except ValueError:
        return ""
    is_of_one_machine = not (ip.is_unspecified or ip.is_multicast or "%" in str(ip))
    return str(ip) if is_of_one_machine and str(ip) != "255.255.255.255" else ""
