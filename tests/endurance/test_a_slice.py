"""A slice of a long life for every change; `python -m tests.endurance` lives the rest."""

from __future__ import annotations

from pathlib import Path

from tests.endurance.life import Life


async def test_whatever_goes_wrong_in_a_day_nothing_is_forgotten_and_nothing_done_twice(
    tmp_path: Path,
) -> None:
    life = Life(tmp_path, seed=3, hours=12.0, mean_gap_seconds=900.0)
    await life.live()
    assert life.wrong == []
    assert life.world.cluster.writes, "it did something"
