"""A request and its reply, as the endpoints see them: no sockets, no framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from hctui.sim.cluster import Cluster
from hctui.sim.wire import Error

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed the gate. `query` holds each parameter's values, all of them."""

    cluster: Cluster
    parameters: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes = field(repr=False)
    session_id: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    body: bytes = field(default=b"", repr=False)
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def reply_with(value: object) -> Reply:
    """200 with a value as JSON."""
    return Reply(msgspec.json.encode(value))


def error_reply(status: int, text: str) -> Reply:
    """The usual form of an error."""
    return Reply(msgspec.json.encode(Error(error=text)), status)


def invalid_reply(complaint: object) -> Reply:
    """What the validator answers to a body that is not as described: plain text, not JSON."""
    return Reply(f"The request has errors:\n\n  * {complaint}\n".encode(), 400, TEXT)
