"""An application with no engine beside it: shown until it is left, or until a signal or a vanished terminal ends it."""

from __future__ import annotations

import asyncio
import signal
from functools import partial
from typing import TypeVar

from textual.app import App

from hctui.cli.terminal import SIGNAL_CODE, Terminal, answered, until_gone

Result = TypeVar("Result")

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def shown_alone(app: App[Result]) -> tuple[Result | None, int]:
    """Show it; returns what it returned and the exit code: its own, or 128 and the signal's number."""
    terminal = Terminal()
    ended_by: list[int] = []

    def end(number: int) -> None:
        ended_by.append(number)
        app.exit()

    async def watch() -> None:
        await until_gone(terminal)
        end(signal.SIGHUP)

    with answered({number: partial(end, number) for number in ENDING}):
        watching = asyncio.create_task(watch())
        try:
            answer = await app.run_async()
        except OSError:  # it can fall over the terminal before that was noticed
            if not terminal.is_gone:
                raise
            answer = None
        finally:
            watching.cancel()
            if terminal.is_gone:
                ended_by.append(signal.SIGHUP)
                terminal.let_go()
    return (None, SIGNAL_CODE + ended_by[0]) if ended_by else (answer, app.return_code or 0)
