"""What commands say to an engine over its socket, and hear: one look at it, or one order and what comes of that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hctui.cli.answers import Came, Follower
from hctui.core.errors import HctuiError
from hctui.core.wording import duration
from hctui.engine.commands import Command
from hctui.engine.remote_client import attached
from hctui.engine.remote_wire import Who
from hctui.engine.view import Line, View

ANSWER_SECONDS = 180.0
"""So long an answer is waited for: a cycle that reads a slow cluster has to end first."""

Ordered = Callable[[View], "tuple[Command, Follower] | Came"]
"""From the view before: the command and who follows it, or the answer where there is nothing to order."""


class NoAnswer(HctuiError):
    """The engine took the command, and nothing is known of what came of it."""

    title = "No answer"


@dataclass(frozen=True, slots=True)
class Look:
    """An engine at one moment of its clock, `now` in Unix seconds, with the lines it still has."""

    view: View
    lines: tuple[Line, ...]
    now: float


def looked_at(socket: Path) -> Look:
    """How the engine at a socket is.

    Raises:
        NotReached: there is no engine, or it does not take us.
    """

    async def look() -> Look:
        async with attached(socket, Who.STATUS) as front:
            return Look(front.view, front.lines_since(0)[1], front.now())

    return asyncio.run(look())


async def carried_out(socket: Path, who: Who, ordered: Ordered, seconds: float = ANSWER_SECONDS) -> Came:
    """Give a command to the engine at a socket, and wait for what comes of it, for so many seconds at most.

    `who` is told in the log and recorded as who gave it.

    Raises:
        NotReached: there is no engine, or it does not take us.
        NoAnswer: it does not answer in that time, or ends before it does.
    """
    async with attached(socket, who) as front:
        order = ordered(front.view)
        if isinstance(order, Came):
            return order
        command, follower = order
        number, _ = front.lines_since(0)
        answer: asyncio.Future[Came | None] = asyncio.get_running_loop().create_future()

        def changed() -> None:
            nonlocal number
            number, lines = front.lines_since(number)
            came = follower.see(front.view, lines)
            if not answer.done() and (came or front.ended.is_set()):
                answer.set_result(came)

        front.listen(changed)
        front.submit(command)
        try:
            async with asyncio.timeout(seconds):
                came = await answer
        except TimeoutError:
            raise NoAnswer(
                f"Nothing is known of it after {duration(seconds)}. It may still be carried out.",
                hint="`hctui status` says how things are.",
            ) from None
        if came is None:
            raise NoAnswer(f"hctui ended before it was carried out. {front.farewell}".rstrip())
        return came
