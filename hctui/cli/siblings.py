"""An engine and its console side by side, neither of which ends the other by accident.

The console may crash: it is opened once more, and if it falls again the engine goes on without it, with decisions
paused, and says so. The terminal may go away, signals may come: the session is logged out and the terminal left as it
was. Knows how to open a console and how to balance, but not what either does.
"""

from __future__ import annotations

import asyncio
import signal
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from hctui.cli.terminal import SIGNAL_CODE, Terminal, answered, job_control_kept, until_gone
from hctui.config import OnHangup
from hctui.core.commands import ITSELF
from hctui.engine.commands import Pause
from hctui.engine.crash import last_line, written_down
from hctui.engine.desk import Desk
from hctui.engine.log import Log
from hctui.engine.view import Level, Line
from hctui.tui.app import Leaving

MOST_OPENINGS = 2
"""A console that has crashed is opened once more."""

FORCING = (signal.SIGINT, signal.SIGTERM)
"""These do not wait when they come again. SIGHUP often comes twice, from the system and from a shell."""


class Opened(Protocol):
    """A console, as far as it matters here: it runs until it is left, or told to end, or crashes."""

    crash: str

    @property
    def return_value(self) -> Leaving | None:
        """How it was left, `None` if nobody said."""
        ...

    async def run_async(self) -> Leaving | None:
        """Run to its end."""
        ...

    def exit(self, result: Leaving) -> None:
        """Have it end as if it had been left so, also before it runs."""
        ...


class Way(StrEnum):
    """How a console came to its end."""

    STOP = "stop"
    GO_ON = "go on"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the two share: the desk, where lines go, where a crash is written down, and the terminal.

    `headless_log` is used while there is no console, `file_log` while there is one.
    """

    desk: Desk
    file_log: Log
    headless_log: Log
    crash_file: Path
    terminal: Terminal = field(default_factory=Terminal)


class Siblings:
    """Runs both until the engine is to end. Use once."""

    def __init__(
        self,
        balance: Callable[[Log, asyncio.Event], Coroutine[Any, Any, None]],
        open_console: Callable[[], Opened],
        around: Surroundings,
    ) -> None:
        """Nothing runs before `run`.

        Args:
            balance: balances until the event is set; is given where its lines go.
            open_console: makes a console on the desk.
            around: what they share.
        """
        self._balance = balance
        self._open_console = open_console
        self._around = around
        self._stop = asyncio.Event()
        self._console: Opened | None = None
        self._tasks: tuple[asyncio.Task[Any], ...] = ()
        self._signal: int | None = None
        self._is_headless = False
        self._is_hung_up = False
        self._crash = ""

    async def run(self) -> int:
        """Returns the exit code: 0, or 128 and the number of the signal that ended it.

        Raises:
            HctuiError: what ended the engine.
        """
        engine = asyncio.create_task(self._balance(self._log, self._stop))
        self._tasks = (engine,)
        with answered(self._answers()):
            try:
                await self._show(engine)
                # After a hangup that is to be survived, or a farewell, the engine goes on alone.
                await asyncio.wait({engine})
            finally:
                self._stop.set()
                await asyncio.wait({engine})
                self._let_go_of_what_is_gone()
        if not engine.cancelled():
            engine.result()
        return 0 if self._signal is None else SIGNAL_CODE + self._signal

    async def _show(self, engine: asyncio.Task[None]) -> None:
        """Open the console, and once more if it crashes; returns when there is to be none any more."""
        for opening in range(1, MOST_OPENINGS + 1):
            with job_control_kept():
                way = await self._open(engine)
            if way is Way.STOP or self._stop.is_set() or engine.done():
                self._stop.set()
                return
            if way is Way.GO_ON:
                self._go_on_headless(
                    f"The console was closed; hctui goes on without it. `hctui` opens one again. {self._how_to_stop()}"
                )
                return
            self._tell_crash(is_last=opening == MOST_OPENINGS)
        self._around.desk.submit(Pause(), ITSELF)
        self._go_on_headless(
            "The console has crashed twice. hctui goes on without it, with decisions paused: it watches and records, "
            "and moves nothing. `hctui` opens a console on it again, `hctui resume` has it decide again.",
            Level.ERROR,
        )

    async def _open(self, engine: asyncio.Task[None]) -> Way:
        """Run one console to its end, or until the engine ends."""
        if engine.done():
            return Way.STOP
        try:
            self._console = console = self._open_console()
        except Exception:  # whatever it is, it must not reach the engine
            self._crash = traceback.format_exc()
            return Way.CRASHED
        showing = asyncio.create_task(console.run_async())
        watching = asyncio.create_task(self._watch_terminal())
        self._tasks = (engine, showing)
        await asyncio.wait({showing, engine}, return_when=asyncio.FIRST_COMPLETED)
        if not showing.done():
            console.exit(Leaving.STOP)
            await asyncio.wait({showing})
        watching.cancel()
        self._console = None
        self._tasks = (engine,)
        return self._way(console, showing)

    def _way(self, console: Opened, showing: asyncio.Task[Leaving | None]) -> Way:
        """What the end of a console means. One that fell because its terminal has gone did not crash."""
        error = None if showing.cancelled() else showing.exception()
        self._crash = console.crash or ("".join(traceback.format_exception(error)) if error else "")
        if self._around.terminal.is_gone:
            self._hang_up()
        if self._stop.is_set():
            return Way.STOP
        if self._is_hung_up or console.return_value is Leaving.GO_ON:
            return Way.GO_ON
        return Way.CRASHED if self._crash and console.return_value is None else Way.STOP

    # What is said while nobody watches

    def _log(self, line: Line) -> None:
        log = self._around.headless_log if self._is_headless else self._around.file_log
        log(line)

    def _tell(self, event: str, text: str, level: Level) -> None:
        line = Line(self._around.desk.now(), event, text, level)
        self._log(line)
        self._around.desk.log(line)

    def _tell_crash(self, *, is_last: bool) -> None:
        where = written_down(self._crash, self._around.crash_file)
        again = "" if is_last else " It is opened again; the balancer went on meanwhile."
        told = f"The console crashed: {last_line(self._crash)}. {where}{again}"
        self._tell("console_crashed", told, Level.ERROR)

    def _go_on_headless(self, text: str, level: Level = Level.INFO) -> None:
        self._is_headless = True
        self._let_go_of_what_is_gone()
        self._tell("headless", text, level)

    def _how_to_stop(self) -> str:
        if self._around.terminal.is_gone:
            return "Its terminal is gone; SIGTERM stops it."
        return (
            "Ctrl-C stops it."
            if self._survives_hangup
            else "Ctrl-C stops it, and so does closing this terminal."
        )

    def _let_go_of_what_is_gone(self) -> None:
        if self._around.terminal.is_gone:
            self._around.terminal.let_go()

    # Signals, and the terminal

    def _answers(self) -> dict[signal.Signals, Callable[[], None]]:
        return {signal.SIGHUP: self._hang_up, **{number: partial(self._asked, number) for number in FORCING}}

    def _asked(self, number: int) -> None:
        """The first one asks both to finish; a second one does not wait."""
        if self._stop.is_set():
            for task in self._tasks:
                task.cancel()
        self._end(number)

    def _end(self, number: int) -> None:
        self._signal = self._signal or number
        self._stop.set()
        if self._console is not None:
            self._console.exit(Leaving.STOP)

    @property
    def _survives_hangup(self) -> bool:
        return self._around.desk.view.settings.console.on_hangup is OnHangup.HEADLESS

    def _hang_up(self) -> None:
        """The terminal has gone: end, or go on without it, as the setting says."""
        if not self._survives_hangup:
            self._end(signal.SIGHUP)
            return
        self._is_hung_up = True
        if self._console is not None:
            self._console.exit(Leaving.GO_ON)

    async def _watch_terminal(self) -> None:
        await until_gone(self._around.terminal)
        self._hang_up()
