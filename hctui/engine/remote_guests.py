"""Who is connected to an engine's socket: how many may be at a time, what each may order, and whose name it bears.

A console stays, and orders what it likes. A command comes with one order and stays for the answer. A look takes what is
shown and has gone. Each kind has its own room, so that no number of idle consoles keeps a command out. Pure but for the
stream that each guest is written to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from hctui.core.commands import Giver
from hctui.core.wording import count
from hctui.engine.commands import (
    Approve,
    ChangeSettings,
    Command,
    Drain,
    EndDrain,
    Pause,
    Reject,
    Resume,
)
from hctui.engine.remote_wire import Garbled, Who

MOST_CONSOLES = 8

MOST_COMMANDS = 8

ORDER_SECONDS = 5.0
"""So long a command may take to say what it orders: it knows that before it connects."""

ERRAND_SECONDS = 300.0
"""So long a command may stay for its answer: longer than any of ours waits."""

_ORDERS: dict[Who, tuple[type[Command], ...]] = {
    Who.PAUSE: (Pause,),
    Who.RESUME: (Resume,),
    Who.APPROVE: (Approve,),
    Who.REJECT: (Reject,),
    Who.DRY_RUN: (ChangeSettings,),
    Who.DRAIN: (Drain, EndDrain),
}
"""What each command orders, and nothing else; a look orders nothing, a console what it likes."""


class Guest:
    """Somebody at the other end, once it has said who it is."""

    def __init__(self, writer: asyncio.StreamWriter, who: Who, pid: int | None) -> None:
        """`pid` is its process, as the system tells it; `None` where it does not."""
        self.writer = writer
        self.who = who
        self.giver = Giver(who.value, pid)
        self.name = str(self.giver)

    @property
    def unread_bytes(self) -> int:
        """How much it has not read yet of what it was told."""
        return self.writer.transport.get_write_buffer_size()

    def check_may(self, command: Command) -> None:
        """See that it may order this.

        Raises:
            Garbled: it may not.
        """
        if self.who is not Who.CONSOLE and type(command) not in _ORDERS.get(self.who, ()):
            raise Garbled("It ordered what is not its business.")


def no_room(who: Who, guests: Collection[Guest], pid: int) -> str:
    """Why another guest may not stay, in sentences; empty if it may. `pid` is the process of the engine."""
    consoles = sum(guest.who is Who.CONSOLE for guest in guests)
    if who is Who.CONSOLE and consoles >= MOST_CONSOLES:
        return (
            f"{count(consoles, 'console')} are attached to process {pid}, and it takes no more. Close one of them; "
            "`hctui status` and the commands work all the same."
        )
    commands = len(guests) - consoles
    if who is not Who.CONSOLE and commands >= MOST_COMMANDS:
        return f"{count(commands, 'command')} wait for process {pid} to answer, and it takes no more. Try again soon."
    return ""
