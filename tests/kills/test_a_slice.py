"""A slice of the kills for every change; `python -m tests.kills` does the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from hctui.sim import physics
from tests.kills.moment import Moment
from tests.kills.series import Series


async def test_killed_after_an_end_and_before_an_answer_it_forgets_nothing_and_does_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(physics, "MIGRATION_SECONDS_AT_LEAST", 1.0)
    series = Series(tmp_path, seed=1, moments=[Moment.ENDED, Moment.ASKED])
    await series.run()
    assert series.wrong == []
    assert len(series.kills) == 2
    assert len(series.rows) >= 2, "the second process had to wait for the cooldown of the first"
