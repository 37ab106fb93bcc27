"""The terminal that the program was begun in: whether it is still there, how to let go of it, and its signals.

Knows descriptors and nothing of what is drawn on them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import termios
from collections.abc import Callable, Iterator, Mapping

STANDARD = (0, 1, 2)

LOOK_SECONDS = 1.0
"""How often it is looked whether the terminal is still there, for hosts that send no SIGHUP when it goes."""

SIGNAL_CODE = 128
"""Added to the number of the signal that ended a program, for its exit code."""


class Terminal:
    """Watches those of the given descriptors that lead to a terminal when it is made."""

    def __init__(self, descriptors: tuple[int, ...] = STANDARD) -> None:
        self._descriptors = tuple(each for each in descriptors if os.isatty(each))

    @property
    def is_gone(self) -> bool:
        """Whether it was closed, with or without a SIGHUP: reading from it would find its end, for ever."""
        return any(not _answers(each) for each in self._descriptors)

    def let_go(self) -> None:
        """Have what is still written go nowhere, so that nobody stumbles over a terminal that is gone."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        nowhere = os.open(os.devnull, os.O_RDWR)
        try:
            for each in self._descriptors:
                os.dup2(nowhere, each)
        finally:
            os.close(nowhere)
        self._descriptors = ()


def _answers(descriptor: int) -> bool:
    try:
        termios.tcgetattr(descriptor)
    except termios.error:
        return False
    return True


async def until_gone(terminal: Terminal) -> None:
    """Wait for the terminal to go. Textual would spin on one that has gone, for ever."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if terminal.is_gone:
            return


@contextlib.contextmanager
def answered(answers: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Have the running loop answer signals, also those that were ignored, as `nohup` has SIGHUP."""
    loop = asyncio.get_running_loop()
    for number, answer in answers.items():
        loop.add_signal_handler(number, answer)
    try:
        yield
    finally:
        for number in answers:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def job_control_kept() -> Iterator[None]:
    """Put back who answers to being stopped and continued.

    A console that was closed leaves its own answers behind: continued, it would take the terminal over again.
    """
    numbers = (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # it was set by other means than Python, which cannot put it back
                signal.signal(number, handler)
