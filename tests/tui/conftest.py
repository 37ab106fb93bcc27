"""Pilot that waits for what it waits for, but looks ten times as often."""

from __future__ import annotations

import asyncio
import time

import pytest

LOOK_SECONDS = 0.002
IDLE_SHARE = 0.25


async def wait_for_idle(min_sleep: float = LOOK_SECONDS, max_sleep: float = 1.0) -> None:
    """As Textual's own, which sleeps for 20 ms at least before and after each key: minutes, over all tests."""
    begin = time.monotonic()
    while True:
        cpu, at = time.process_time(), time.monotonic()
        await asyncio.sleep(LOOK_SECONDS)
        now = time.monotonic()
        is_idle = time.process_time() - cpu < IDLE_SHARE * (now - at)
        if now - begin >= max_sleep or (now - begin >= min_sleep and is_idle):
            return


@pytest.fixture(autouse=True)
def _quick_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.pilot.wait_for_idle", wait_for_idle)
    monkeypatch.setattr("textual.app.wait_for_idle", wait_for_idle)
