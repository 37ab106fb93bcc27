"""The other end of an engine's socket: who listens on this host, and a front on an engine in another process.

The engine may end or be killed at any moment; whoever holds a `RemoteFront` learns of it by an event, with its words.
Knows no journal and no cluster: questions about the past go to the journal's file, which the engine names.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hctui.config.settings import Layer
from hctui.core.errors import HctuiError
from hctui.engine.commands import Command
from hctui.engine.remote_place import is_ours, socket_folder, sockets
from hctui.engine.remote_view import Senseless, changed
from hctui.engine.remote_wire import (
    PROTOCOL,
    Farewell,
    Garbled,
    Greeting,
    Hello,
    News,
    Refused,
    Who,
    another_version,
    frame,
    from_engine,
    own_version,
    submit,
)
from hctui.engine.view import Line, View

if TYPE_CHECKING:
    from hctui.engine.queries import Queries

MOST_LINES = 2000
"""So many lines are kept, as many as an engine keeps."""

PATIENCE_SECONDS = 5.0
"""So long an engine may take to say who it is: it answers between two things that it does."""

_NO_LOOKS: Layer = {}


class NotReached(HctuiError):
    """There is a socket, and behind it no engine that can be talked to."""

    title = "The running hctui cannot be reached"


class AnotherVersion(NotReached):
    """The engine is of another version."""

    title = "Another version of hctui is running"


@dataclass(frozen=True, slots=True)
class Found:
    """An engine that listens on this host: where, and what it says of itself."""

    path: Path
    hello: Hello


async def engines(runtime: Path) -> list[Found]:
    """Every engine of this user that listens on this host, by the path of its socket.

    Sockets that dead processes left behind are passed over, and so is what does not answer like an engine.
    """
    found = []
    for path in sockets(socket_folder(runtime)):
        with suppress(NotReached):
            async with _connected(path) as link:
                found.append(Found(path, link.hello))
    return found


@dataclass(frozen=True, slots=True)
class _Link:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    hello: Hello


@asynccontextmanager
async def _connected(path: Path) -> AsyncIterator[_Link]:
    """A connection on which the engine has said who it is; raises as `_linked` does."""
    link = await _linked(path)
    try:
        yield link
    finally:
        link.writer.close()


async def _linked(path: Path) -> _Link:
    """Connect, and hear who is there.

    Raises:
        NotReached: there is no engine, it belongs to somebody else, or it says nothing that makes sense.
    """
    writer = None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            if is_ours(writer.get_extra_info("socket")):
                hello = await from_engine(reader)
                if isinstance(hello, Hello):
                    return _Link(reader, writer, hello)
        problem = f"What listens at {path} is no hctui of yours."
    except TimeoutError:
        problem = f"What listens at {path} does not answer."
    except (EOFError, OSError, Garbled) as error:
        problem = f"Nothing that can be talked to listens at {path} ({error})."
    if writer is not None:
        writer.close()
    raise NotReached(problem)


async def _greeted(link: _Link, who: Who) -> News:
    """Say who we are; returns the whole view.

    Raises:
        AnotherVersion: the engine is not of our version.
        NotReached: it does not take us.
        EOFError: the connection has ended.
        OSError: it broke.
        Garbled: the answer is no message.
    """
    hello, version = link.hello, own_version()
    if (hello.protocol, hello.version) != (PROTOCOL, version):
        raise AnotherVersion(
            another_version(version, hello.version, hello.pid),
            hint="Use that version, or end that process and start it again.",
        )
    link.writer.write(frame(Greeting(PROTOCOL, version, who)))
    first = await from_engine(link.reader)
    if isinstance(first, Refused):
        raise NotReached(first.text)
    if not isinstance(first, News):
        raise NotReached(f"Process {hello.pid} answers nothing that makes sense.")
    return first


class RemoteFront:
    """Implements `Front` on an engine in another process of this user on this host.

    Attributes:
        hello: what the engine said of itself.
        ended: set once there is no engine any more.
        farewell: its words at the end; empty if it had none.
    """

    def __init__(self, path: Path, link: _Link, first: News, who: Who, looks: Layer) -> None:
        """A front on a connection that has been greeted; see `attached`."""
        self._path = path
        self._link = link
        self._who = who
        self._looks = looks
        self._listeners: list[Callable[[], None]] = []
        self._lines: deque[Line] = deque(maxlen=MOST_LINES)
        self._told = 0
        self._ahead_seconds = 0.0
        self._queries: Queries | None = None
        self._view: View
        self.hello = link.hello
        self.ended = asyncio.Event()
        self.farewell = ""
        self._take(first, None)

    @property
    def view(self) -> View:
        """The latest view that has come."""
        return self._view

    @property
    def queries(self) -> Queries | None:
        """Questions to the engine's journal, of which we open the file; `None` until there is one."""
        return self._queries

    def now(self) -> float:
        """The present moment on the engine's clock, Unix seconds."""
        return time.time() + self._ahead_seconds

    def lines_since(self, number: int) -> tuple[int, tuple[Line, ...]]:
        """How many lines there have been, and those after the first `number` that are still kept."""
        new = min(self._told - number, len(self._lines))
        return self._told, tuple(self._lines)[len(self._lines) - new :]

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after every change, and at the end. Returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def submit(self, command: Command) -> None:
        """Send a command. Without an engine it goes nowhere; `ended` says so."""
        if not self.ended.is_set() and not self._link.writer.is_closing():
            self._link.writer.write(frame(submit(command)))

    async def follow(self) -> None:
        """Take in what the engine sends until there is no engine any more.

        An engine drops who does not read, as a console does that was stopped with Ctrl-Z: then it is asked for
        everything once more.
        """
        try:
            while await self._followed(self._link):
                self._link.writer.close()
                self._link = await _linked(self._path)
                if self._link.hello.pid != self.hello.pid:
                    return
                self._take(await _greeted(self._link, self._who), None)
        except (EOFError, OSError, NotReached):
            pass  # it has gone without a word
        except (Garbled, Senseless) as error:
            self.farewell = str(error)
        finally:
            self._link.writer.close()
            self.ended.set()
            self._notify()

    async def _followed(self, link: _Link) -> bool:
        """Take in what comes until the connection ends; whether it did so without a word."""
        with suppress(EOFError, OSError):
            while True:
                message = await from_engine(link.reader)
                if isinstance(message, Farewell | Refused):
                    self.farewell = message.text
                    return False
                if isinstance(message, News):
                    self._take(message, self._view)
        return True

    def _take(self, news: News, before: View | None) -> None:
        """Take in news: of the view there was, or, without one, all of it."""
        self._view = changed(before, news.changes, self._looks)
        if before is None:
            self._lines.clear()
        self._lines.extend(news.lines)
        self._told = news.told
        self._ahead_seconds = news.now - time.time()
        self._queries = self._questions(news.journal)
        self._notify()

    def _questions(self, journal: str) -> Queries | None:
        from hctui.engine.queries import Queries

        if not journal:
            return None
        path = Path(journal)
        return self._queries if self._queries and self._queries.path == path else Queries(path)

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()


@asynccontextmanager
async def attached(path: Path, who: Who, looks: Layer = _NO_LOOKS) -> AsyncIterator[RemoteFront]:
    """A front on the engine that listens at a socket, for as long as the block lasts.

    Args:
        path: the socket.
        who: who we are. A command gives one order; `Who.STATUS` has one look, of which nothing follows.
        looks: settings of the console that were given here; they prevail over what the engine's flags say.

    Raises:
        NotReached: there is no engine, or it does not take us.
    """
    async with _connected(path) as link:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                front = RemoteFront(path, link, await _greeted(link, who), who, looks)
        except TimeoutError:
            raise NotReached(f"Process {link.hello.pid} does not answer.") from None
        except EOFError:
            raise NotReached(
                f"Process {link.hello.pid} closed the connection without a word.", hint="Its log may say why."
            ) from None
        except (OSError, Garbled, Senseless) as error:
            raise NotReached(f"Process {link.hello.pid} cannot be talked to ({error}).") from None
        if who is Who.STATUS:  # it has seen what there is to see, and the engine has gone on
            yield front
            return
        following = asyncio.create_task(front.follow())
        try:
            yield front
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
