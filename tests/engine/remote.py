"""A desk whose socket is open, and fronts and bare connections on it, within one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hctui.core.policy import Policy
from hctui.engine.clock import RealClock
from hctui.engine.desk import Desk
from hctui.engine.remote_client import RemoteFront, attached
from hctui.engine.remote_place import socket_folder, sockets
from hctui.engine.remote_server import listening
from hctui.engine.remote_wire import PROTOCOL, FromEngine, Greeting, Who, frame, from_engine, own_version
from hctui.engine.view import Contact, Line
from tests.core.build import cluster, node, vm
from tests.engine.given import settings_of

SNAPSHOT = cluster([node(1), node(2)], [vm("web", 1), vm("db", 2)])
POLICY = Policy(dry_run=False)


@dataclass
class Open:
    """An open desk. `told` are its lines."""

    runtime: Path
    desk: Desk
    told: list[Line] = field(default_factory=list)

    @property
    def path(self) -> Path:
        [path] = sockets(socket_folder(self.runtime))
        return path

    def log(self, line: Line) -> None:
        self.told.append(line)
        self.desk.log(line)

    def says(self, part: str) -> bool:
        return any(part in line.text for line in self.told)

    async def until_told(self, part: str) -> None:
        await until(lambda: self.says(part))


async def until(holds: Callable[[], bool]) -> None:
    """Give the loop its turns until something holds; a test that waits in vain fails."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - it is the loop's turns that are given, not time
            await asyncio.sleep(0)


@asynccontextmanager
async def opened(folder: Path, *, is_known: bool = True) -> AsyncIterator[Open]:
    """A desk whose socket is open; `is_known`: its cluster has answered."""
    at = Open(folder, Desk(settings_of(POLICY), Contact("https://10.0.0.1", "TLS pinned"), RealClock()))
    at.desk.told = at.log
    async with listening(at.desk, folder, at.log):
        if is_known:
            at.desk.publish(cluster=SNAPSHOT.cluster, snapshot=SNAPSHOT)
        yield at


@asynccontextmanager
async def front(at: Open, who: Who = Who.CONSOLE) -> AsyncIterator[RemoteFront]:
    async with attached(at.path, who) as there:
        yield there


@asynccontextmanager
async def bare(at: Open) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that has not said who it is."""
    reader, writer = await asyncio.open_unix_connection(at.path)
    try:
        yield reader, writer
    finally:
        writer.close()


def greeting(*, protocol: int = PROTOCOL, version: str | None = None, who: Who = Who.CONSOLE) -> bytes:
    return frame(Greeting(protocol, version or own_version(), who))


async def answer(reader: asyncio.StreamReader) -> FromEngine:
    async with asyncio.timeout(10):
        return await from_engine(reader)
