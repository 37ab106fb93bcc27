"""The engine's end of its socket: shows the desk to whoever connects, and takes commands to it.

It lives in the engine's event loop and never holds it up: what is told is written into buffers, and whoever does not
read is dropped once its buffer is full. All who are connected get the same news, made once. That nobody can connect is
no reason not to balance.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from hctui.core.errors import HctuiError
from hctui.engine.crash import last_line
from hctui.engine.desk import Desk
from hctui.engine.log import Log
from hctui.engine.remote_guests import (
    ERRAND_SECONDS,
    MOST_COMMANDS,
    MOST_CONSOLES,
    ORDER_SECONDS,
    Guest,
    no_room,
)
from hctui.engine.remote_place import Place, is_ours, peer_pid
from hctui.engine.remote_view import changes
from hctui.engine.remote_wire import (
    PROTOCOL,
    Farewell,
    Garbled,
    Greeting,
    Hello,
    News,
    Refused,
    SecretOrdered,
    Who,
    another_version,
    frame,
    greeting_in,
    own_version,
    submitted,
)
from hctui.engine.view import Level, Line, View

MOST_MEETINGS = 2 * (MOST_CONSOLES + MOST_COMMANDS)
"""So many may be there if those are counted in that have not said who they are."""

MOST_UNREAD_BYTES = 64 * 1024 * 1024
"""Whoever has left more than that unread is dropped at the next news: five times the first news of 10,000 VMs."""

MOST_WAITING = 100
"""So many commands may wait for a cycle to take them."""

GREETING_SECONDS = 5.0
"""So long whoever connects may take to say who it is; real seconds, as those of sockets are."""

FAREWELL_SECONDS = 1.0
"""So long the end of a connection waits for the last words to be read."""

FULL_SECONDS = 1.0
"""A system that has no room for another connection is asked again after this."""


@asynccontextmanager
async def listening(desk: Desk, runtime: Path | None, log: Log) -> AsyncIterator[None]:
    """Listen for as long as the block lasts; `None` is no folder to listen in. `log` gets every line."""
    place = _place(desk, runtime, log)
    if place is None:
        yield
        return
    server = Server(desk, place, log)
    async with server:
        words = "It was stopped."
        try:
            yield
        except HctuiError as error:
            words = str(error)
            raise
        except Exception:  # only looked at: those who listen are to hear why it ended
            words = "An error in hctui itself ended it."
            raise
        finally:
            server.words = words


def _place(desk: Desk, runtime: Path | None, log: Log) -> Place | None:
    if runtime is None:
        return None
    try:
        return Place(runtime)
    except (HctuiError, OSError) as error:
        told = f"Nobody can attach to this hctui or command it from outside: there can be no socket. {error}"
        log(Line(desk.now(), "socket", told, Level.WARNING))
        return None


class Server:
    """Serves one desk at one place, as an asynchronous context.

    Attributes:
        words: what everybody is told at the end.
    """

    def __init__(self, desk: Desk, place: Place, log: Log) -> None:
        self.words = ""
        self._desk = desk
        self._place = place
        self._log = log
        self._meetings: set[asyncio.Task[None]] = set()
        self._guests: set[Guest] = set()
        self._shown: View = desk.view
        self._told = 0
        self._waiting = 0
        self._has_name = False
        self._opening: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Server:
        """Begin to listen."""
        self._place.socket.listen(MOST_MEETINGS)
        self._listen(True)
        self._end_listening = self._desk.listen(self._changed)
        self._changed()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Say farewell to everybody, and go."""
        self._end_listening()
        if self._opening:
            self._opening.cancel()
        self._listen(False)
        self._place.remove()
        leaving, self._guests = self._guests, set()
        for guest in leaving:
            guest.writer.write(frame(Farewell(self.words)))
        for meeting in self._meetings:
            meeting.cancel()
        await asyncio.gather(*self._meetings, return_exceptions=True)

    # What the desk publishes

    def _changed(self) -> None:
        """Called by the desk after every change, in the engine's own task."""
        self._take_name()
        before, self._shown = self._shown, self._desk.view
        told, (self._told, lines) = self._told, self._desk.lines_since(self._told)
        if not self._guests or (before is self._shown and told == self._told):
            return
        news = frame(News(self._desk.now(), changes(before, self._shown), self._told, lines, self._journal))
        for guest in tuple(self._guests):
            if guest.unread_bytes > MOST_UNREAD_BYTES:
                self._drop(guest)
            elif not guest.writer.is_closing():
                guest.writer.write(news)

    def _everything(self) -> News:
        told, lines = self._desk.lines_since(0)
        return News(self._desk.now(), changes(None, self._desk.view), told, lines, self._journal)

    @property
    def _journal(self) -> str:
        queries = self._desk.queries
        return str(queries.path.absolute()) if queries else ""

    def _take_name(self) -> None:
        """The engine publishes its cluster once it holds the lock of the journal."""
        cluster = self._desk.view.cluster
        if cluster is None or self._has_name:
            return
        self._has_name = True
        try:
            self._place.name_after(cluster.id)
        except OSError as error:
            told = f"The socket keeps the name {self._place.path.name}: {error.strerror}."
            self._tell_soon("socket", told, Level.WARNING)

    def _drop(self, guest: Guest) -> None:
        self._guests.discard(guest)
        guest.writer.transport.abort()
        self._tell_soon("dropped", f"{guest.name} does not read and was dropped.", Level.WARNING)

    def _tell_soon(self, event: str, text: str, level: Level) -> None:
        """Not at once: this may be called while the desk tells of another line."""
        asyncio.get_running_loop().call_soon(self._tell, event, text, level)

    def _tell(self, event: str, text: str, level: Level = Level.INFO) -> None:
        self._log(Line(self._desk.now(), event, text[:1].upper() + text[1:], level))

    # Who connects

    def _let_in(self) -> None:
        """Somebody knocks. By hand: a server of asyncio complains of who comes while it is being closed."""
        try:
            knocking, _ = self._place.socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it has gone again
        except OSError:  # there is no room for another connection, and whoever knocks goes on knocking
            self._listen(False)
            self._opening = asyncio.get_running_loop().call_later(FULL_SECONDS, self._listen, True)
            return
        if len(self._meetings) >= MOST_MEETINGS:
            knocking.close()
            return
        knocking.setblocking(False)
        meeting = asyncio.get_running_loop().create_task(self._meet(knocking))
        self._meetings.add(meeting)
        meeting.add_done_callback(partial(self._met, knocking))

    def _listen(self, is_open: bool) -> None:
        """Let people in from now on, or not."""
        loop, door = asyncio.get_running_loop(), self._place.socket
        if is_open:
            loop.add_reader(door, self._let_in)
        else:
            loop.remove_reader(door)

    def _met(self, knocking: socket.socket, meeting: asyncio.Task[None]) -> None:
        self._meetings.discard(meeting)
        knocking.close()  # also where the meeting was cancelled before it began
        error = None if meeting.cancelled() else meeting.exception()
        if error is not None:  # asyncio would print it, over whatever the terminal shows
            told = f"An error in hctui itself ended a connection to the socket: {last_line(repr(error))}."
            self._tell("socket", told, Level.ERROR)

    async def _meet(self, knocking: socket.socket) -> None:
        """One connection from its beginning to its end. Whatever comes over it ends only this connection."""
        reader, writer = await asyncio.open_unix_connection(sock=knocking)
        guest = None
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                guest = await self._welcomed(reader, writer)
            if guest is not None:
                await self._heed(guest, reader)
        except Garbled as error:
            name = guest.name if guest else "somebody"
            self._tell("socket", f"{name} was disconnected from the socket. {error}", Level.WARNING)
        except (EOFError, OSError, TimeoutError):
            pass  # it has gone, or never said who it is
        finally:
            if guest in self._guests:
                self._guests.discard(guest)
                self._tell_of(guest, "has gone; this hctui goes on")
            await _closed(writer)

    async def _heed(self, guest: Guest, reader: asyncio.StreamReader) -> None:
        """Take what a guest orders until it goes; a command has one order, and only so long to stay for the answer."""
        while guest.who is Who.CONSOLE:
            await self._order(guest, reader)
        async with asyncio.timeout(ORDER_SECONDS):
            await self._order(guest, reader)
        async with asyncio.timeout(ERRAND_SECONDS):
            await reader.read(1)

    async def _order(self, guest: Guest, reader: asyncio.StreamReader) -> None:
        """Take one order, or say why not."""
        try:
            command = await submitted(reader)
        except SecretOrdered as error:
            self._tell("settings", str(error), Level.WARNING)
            return
        guest.check_may(command)
        self._waiting = self._waiting + 1 if self._desk.is_stirred else 1
        if self._waiting > MOST_WAITING:
            raise Garbled(f"More than {MOST_WAITING} commands wait already.")
        self._desk.submit(command, guest.giver)

    async def _welcomed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Guest | None:
        """Whoever connected, with the whole view sent; `None` if it may not stay, or only wanted a look."""
        knocking = writer.get_extra_info("socket")
        if not is_ours(knocking):
            return None  # another user is told nothing at all
        view = self._desk.view
        known = (view.cluster.id, view.cluster.name) if view.cluster else ("", "")
        version = own_version()
        writer.write(
            frame(Hello(PROTOCOL, version, os.getpid(), view.contact.address, *known, self._journal))
        )
        greeting = await greeting_in(reader)
        refusal = self._refusal(greeting, version)
        if refusal:
            writer.write(frame(Refused(refusal)))
            await writer.drain()
            return None
        guest = Guest(writer, greeting.who, peer_pid(knocking))
        self._tell_of(guest, "is attached")
        writer.write(frame(self._everything()))
        if guest.who is Who.STATUS:
            writer.transport.set_write_buffer_limits(0)
            await writer.drain()  # it has all it came for, and could order nothing
            return None
        self._guests.add(guest)
        return guest

    def _refusal(self, greeting: Greeting, version: str) -> str:
        """Why somebody may not stay, in a sentence."""
        if (greeting.protocol, greeting.version) != (PROTOCOL, version):
            return another_version(greeting.version, version, os.getpid())
        return "" if greeting.who is Who.STATUS else no_room(greeting.who, self._guests, os.getpid())

    def _tell_of(self, guest: Guest, what: str) -> None:
        if guest.who is Who.CONSOLE:
            self._tell("attached", f"{guest.name} {what}.")


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close it once the other side has taken what it was told, or does not take it."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(FAREWELL_SECONDS):
            await writer.wait_closed()
    writer.transport.abort()
