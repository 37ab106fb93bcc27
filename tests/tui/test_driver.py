"""The console's driver: what is dropped while the terminal hangs is drawn anew once it goes on."""

from __future__ import annotations

import os
import select
import sys
import threading

import pytest
from textual.app import App

from hctui.outlet import MOST_WAITING_BYTES
from hctui.tui.driver import SteadyDriver


class Counting(App[None]):
    """An application that notes when it is asked to be drawn again, without one that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn_anew = threading.Event()

    def call_later(self, callback: object, *args: object, **kwargs: object) -> bool:
        assert callback == self.refresh
        self.drawn_anew.set()
        return True


async def test_what_a_hanging_terminal_missed_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    monkeypatch.setattr(sys, "__stderr__", os.fdopen(writing, "w"))
    app = Counting()
    driver = SteadyDriver(app, size=(80, 24))
    monkeypatch.setattr(
        "textual.drivers.linux_driver.LinuxDriver.start_application_mode", lambda driver: None
    )
    driver.write("before it begins")
    driver.start_application_mode()
    driver.write("x" * (MOST_WAITING_BYTES // 4))  # more than a pipe takes, so from now on it hangs
    assert select.select([reading], [], [], 10)[0]
    for _ in range(20):
        driver.write("x" * (MOST_WAITING_BYTES // 4))
    assert not app.drawn_anew.is_set()
    while not app.drawn_anew.is_set():
        assert select.select([reading], [], [], 10)[0]
        assert set(os.read(reading, 65536)) == {ord("x")}
    driver.close()
    os.close(reading)
    sys.__stderr__.close()  # type: ignore[union-attr]  # it is the pipe
