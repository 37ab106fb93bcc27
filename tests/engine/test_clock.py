"""The clocks, and giving up what no longer needs to be waited for."""

from __future__ import annotations

import asyncio
import time

import pytest

from hctui.engine.clock import Clock, RealClock, ScaledClock, SteppedClock, first_of


def test_the_real_clock_is_the_hosts() -> None:
    before = time.time()
    assert before <= RealClock().now() <= time.time()


async def test_a_scaled_clock_makes_minutes_of_milliseconds() -> None:
    clock = ScaledClock(100_000, 500.0)
    before = clock.now()
    await clock.sleep(1000)
    assert clock.now() - before >= 1000


def test_a_scaled_clock_needs_a_factor_above_zero() -> None:
    with pytest.raises(ValueError, match="0 times real time"):
        ScaledClock(0, 0)


async def test_a_stepped_clock_stands_still_but_for_sleeps() -> None:
    clock = SteppedClock(500.0)
    await asyncio.sleep(0)
    assert clock.now() == 500
    await clock.sleep(7200)
    assert clock.now() == 7700


@pytest.mark.parametrize("clock", [RealClock(), ScaledClock(60, 0), SteppedClock(0)])
async def test_a_sleep_of_no_length_is_over_at_once(clock: Clock) -> None:
    await asyncio.wait_for(clock.sleep(-5), 10)


async def test_the_first_of_several_ends_the_others() -> None:
    given_up = asyncio.Event()

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    await first_of(asyncio.sleep(0), never())
    assert given_up.is_set()
