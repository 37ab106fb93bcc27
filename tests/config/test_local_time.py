"""Local time asked of the system: it says what the zone's own table says, in summer, in winter and in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hctui.config import load
from hctui.config.local_time import LOCAL_TIME
from hctui.core.calendar import opens_at, read_span

BERLIN = ZoneInfo("Europe/Berlin")
MARCH, OCTOBER = 1_774_746_000, 1_792_890_000
"""When summer time begins and ends in Berlin in 2026."""


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def wall(at: float, zone: tzinfo) -> tuple[str, int]:
    moment = datetime.fromtimestamp(at, UTC).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M:%S}", moment.fold


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(1_700_000_000, 2_000_000_000)
    | st.integers(MARCH - 10_000, MARCH + 10_000)
    | st.integers(OCTOBER - 10_000, OCTOBER + 10_000)
)
def test_it_is_the_time_of_the_zone_that_the_system_is_set_to(in_berlin: None, at: int) -> None:
    assert wall(at, LOCAL_TIME) == wall(at, BERLIN)
    here = datetime.fromtimestamp(at, UTC).astimezone(LOCAL_TIME)
    assert here.utcoffset() == datetime.fromtimestamp(at, UTC).astimezone(BERLIN).utcoffset()
    assert here.astimezone(UTC).timestamp() == at


def test_a_window_is_meant_in_it_over_the_change_to_summer_time(in_berlin: None) -> None:
    nights = (read_span("daily 22:00-06:00"),)
    for noon in (MARCH - 14 * 3600, MARCH + 10 * 3600, MARCH + 34 * 3600):
        assert opens_at(nights, (), noon, LOCAL_TIME) == opens_at(nights, (), noon, BERLIN)


def test_the_policy_carries_it() -> None:
    assert load(None, {}, {}).policy().zone is LOCAL_TIME
