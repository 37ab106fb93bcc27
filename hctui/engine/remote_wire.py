"""What goes over the socket of an engine: messages as values, and the frames they travel in.

A frame is the length of its body in four bytes, the highest first, then the body in MessagePack. The first message of
each side names the protocol and the version of hctui, so that two versions part with a sentence instead of
misunderstanding each other. Knows no socket beyond a stream to read from, and nothing of what is done with a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, tzinfo
from enum import StrEnum
from functools import cache
from importlib import metadata
from typing import TypeVar

import msgspec

from hctui.config.schema import BY_KEY
from hctui.core.errors import HctuiError
from hctui.core.wording import listing
from hctui.engine.commands import (
    Approve,
    ChangeSettings,
    Choose,
    Command,
    Drain,
    EndDrain,
    MoveVm,
    Pause,
    Reject,
    ReloadSettings,
    Resume,
)
from hctui.engine.remote_view import MASK, Changes
from hctui.engine.view import Line

PROTOCOL = 3

MOST_ORDER_BYTES = 256 * 1024
"""The longest message an engine takes."""

MOST_NEWS_BYTES = 256 * 1024 * 1024
"""The longest message an engine may send: a whole view of the largest cluster is about a tenth of that."""

MOST_ID_CHARACTERS = 256
"""The longest id of a VM or node in an order: several times what a cluster gives."""

_LENGTH_BYTES = 4


class Garbled(HctuiError):
    """What came over the socket is no message."""

    title = "The other side of the socket cannot be understood"


class SecretOrdered(HctuiError):
    """An order would have a secret go over the socket."""

    title = "Settings not changed"


class Who(StrEnum):
    """Who is at the other end of a connection: a console, or a command by the words it is typed with."""

    CONSOLE = "an attached console"
    STATUS = "hctui status"
    PAUSE = "hctui pause"
    RESUME = "hctui resume"
    APPROVE = "hctui approve"
    REJECT = "hctui reject"
    DRY_RUN = "hctui dry-run"
    DRAIN = "hctui drain"


class Hello(msgspec.Struct, tag="hello", frozen=True):
    """The engine's first message. Everything after `pid` may be missing: other versions may say less, or more.

    Attributes:
        protocol: of the messages that follow.
        version: of hctui.
        pid: the process of the engine.
        address: of the cluster, as the settings write it.
        cluster_id: which cluster it is; empty until that has answered.
        cluster_name: likewise.
        journal: the path of its journal; empty until there is one.
    """

    protocol: int
    version: str
    pid: int
    address: str = ""
    cluster_id: str = ""
    cluster_name: str = ""
    journal: str = ""


class Greeting(msgspec.Struct, tag="greeting", frozen=True):
    """The first message of whoever connects. Which process that is, the system tells."""

    protocol: int
    version: str
    who: Who


class Refused(msgspec.Struct, tag="refused", frozen=True):
    """The engine closes the connection, and why, in a sentence."""

    text: str


class Farewell(msgspec.Struct, tag="farewell", frozen=True):
    """The engine ends, with these words."""

    text: str


class News(msgspec.Struct, tag="news", frozen=True):
    """What has changed.

    Attributes:
        now: the engine's clock, Unix seconds.
        changes: of the view; after the greeting all of it.
        told: how many lines there have been.
        lines: those that are new; after the greeting all that are kept.
        journal: the path of the journal; empty if there is none now.
    """

    now: float
    changes: Changes
    told: int
    lines: tuple[Line, ...]
    journal: str


class Submit(msgspec.Struct, tag="submit", frozen=True):
    """A command: its kind, by name, and its body."""

    kind: str
    body: msgspec.Raw


FromEngine = Hello | Refused | Farewell | News

_COMMANDS: dict[str, type[Command]] = {
    "pause": Pause,
    "resume": Resume,
    "approve": Approve,
    "reject": Reject,
    "choose": Choose,
    "move": MoveVm,
    "drain": Drain,
    "end drain": EndDrain,
    "change settings": ChangeSettings,
    "reload settings": ReloadSettings,
}
"""Every command by the name it travels under."""

_KINDS = {command: kind for kind, command in _COMMANDS.items()}


def _plain(value: object) -> object:
    """A form for what MessagePack has none for. Raises `NotImplementedError` where we have none either."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tzinfo):
        return ""  # that of a policy, which is this host's on both sides and is not compared
    raise NotImplementedError(f"values of {type(value)} do not travel")


def _restored(kind: type, value: object) -> object:
    """What `_plain` made plain. Mappings need no help."""
    if kind is tzinfo:
        return UTC
    raise NotImplementedError(f"values of {kind} do not travel")


_encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
_bodies = {kind: msgspec.msgpack.Decoder(command, dec_hook=_restored) for kind, command in _COMMANDS.items()}
_from_engine: msgspec.msgpack.Decoder[FromEngine] = msgspec.msgpack.Decoder(FromEngine)
_greeting = msgspec.msgpack.Decoder(Greeting)
_submit = msgspec.msgpack.Decoder(Submit)

_Message = TypeVar("_Message")


@cache
def own_version() -> str:
    """The version of this hctui."""
    return metadata.version("hctui")


def another_version(theirs: str, ours: str, pid: int) -> str:
    """Why two versions do not talk to each other; `ours` is that of the engine in process `pid`."""
    return f"This is hctui {theirs}, and process {pid} is hctui {ours}; they do not understand each other."


def frame(message: FromEngine | Greeting | Submit) -> bytes:
    """A message as it travels."""
    body = _encode(message)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


def submit(command: Command) -> Submit:
    """The message that carries a command. Values that may be secret stay here: no engine takes them."""
    if isinstance(command, ChangeSettings):
        masked = {key: MASK for key in _secrets_of(command)}
        command = ChangeSettings({**command.changes, **masked})
    return Submit(_KINDS[type(command)], msgspec.Raw(_encode(command)))


def command_in(message: Submit) -> Command:
    """The command that a message carries.

    Raises:
        Garbled: there is no such command, it is not made like one, or it names a setting that does not exist.
        SecretOrdered: it changes a setting that may hold a secret.
    """
    if message.kind not in _bodies:
        raise Garbled("There is no such command.")
    command: Command = _decoded(_bodies[message.kind], bytes(message.body))
    named = command.changes if isinstance(command, ChangeSettings) else ()
    forgotten = command.forget if isinstance(command, ReloadSettings) else ()
    if not {*named, *forgotten} <= set(BY_KEY):
        raise Garbled("It names a setting that does not exist.")
    if any(len(each) > MOST_ID_CHARACTERS for each in _ids_in(command)):
        raise Garbled("It names a VM or a node by an id that is longer than any.")
    if isinstance(command, ChangeSettings) and (secrets := _secrets_of(command)):
        raise SecretOrdered(
            f"{listing([BY_KEY[key].name for key in secrets])} may hold a secret, and none goes over the socket.",
            hint="Save it in the settings file instead; hctui reads it there.",
        )
    return command


def _ids_in(command: Command) -> tuple[str, ...]:
    match command:
        case MoveVm() | Choose():
            return command.vm_id, command.target
        case Drain():
            return (command.node_id,)
        case _:
            return ()


def _secrets_of(command: ChangeSettings) -> list[str]:
    """The keys of the settings it changes that may hold a secret; of those that exist."""
    return [key for key in command.changes if key in BY_KEY and BY_KEY[key].secret]


async def from_engine(stream: asyncio.StreamReader) -> FromEngine:
    """The next message of an engine.

    Raises:
        Garbled: it is none.
        EOFError: the connection has ended.
        OSError: it broke.
    """
    return _decoded(_from_engine, await _body(stream, MOST_NEWS_BYTES))


async def greeting_in(stream: asyncio.StreamReader) -> Greeting:
    """The first message of whoever connected; raises as `from_engine` does."""
    return _decoded(_greeting, await _body(stream, MOST_ORDER_BYTES))


async def submitted(stream: asyncio.StreamReader) -> Command:
    """The next command of whoever connected; raises as `from_engine` does."""
    return command_in(_decoded(_submit, await _body(stream, MOST_ORDER_BYTES)))


async def _body(stream: asyncio.StreamReader, most_bytes: int) -> bytes:
    length = int.from_bytes(await stream.readexactly(_LENGTH_BYTES), "big")
    if length > most_bytes:
        raise Garbled(f"A message of {length} bytes is longer than any should be.")
    return await stream.readexactly(length)


def _decoded(decoder: msgspec.msgpack.Decoder[_Message], body: bytes) -> _Message:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        # What msgspec says names the field and never a value.
        raise Garbled(f"A message is not as it should be ({error}).") from None
