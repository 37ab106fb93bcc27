"""The quality benchmark still runs, on an hour of one small cluster; and it is the same hour each time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.replay.measures import Measures
from tests.benchmarks import quality
from tests.benchmarks.quality_contenders import INGREDIENTS
from tests.benchmarks.quality_load import Shape, frames
from tests.benchmarks.quality_runs import Job, Result, done
from tests.benchmarks.quality_table import Aims, judged, silence

SHAPE = Shape(3, 12, 62.0, hours=0.5)
RESULT = Result(SHAPE, 1, "documented", Measures(overload_minutes=100.0, moves=10), (), 0.0, 0.0)


def test_it_prints_its_tables_and_says_what_is_met(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--hours", "0.2", "--seeds", "1", "--sizes", "3", "--processes", "1"]
    code = quality.main([*options, "--parts", "strategies", "constant"])
    printed = capsys.readouterr().out
    assert "3 x 36, 55 %: 1 days" in printed
    assert "documented, blind" in printed
    assert ("MISSED" in printed) == bool(code)


def test_the_same_seed_is_the_same_day() -> None:
    one, again = list(frames(SHAPE, 1)), list(frames(SHAPE, 1))
    assert one == again
    assert one != list(frames(SHAPE, 2))


def test_every_ingredient_can_be_switched_off_and_leaves_the_core_as_it_was() -> None:
    shape = replace(SHAPE, hours=0.1)
    before = list(done([Job(shape, 1, ("best-fit",))], processes=1))
    list(done([Job(shape, 1, tuple(each.name for each in INGREDIENTS))], processes=1))
    after = list(done([Job(shape, 1, ("best-fit",))], processes=1))
    assert [each.measures for each in before] == [each.measures for each in after]


@pytest.mark.parametrize(
    ("overload_minutes", "moves", "returns", "missed"),
    [(25.0, 12, 0, 0), (26.0, 12, 0, 1), (25.0, 13, 0, 1), (25.0, 12, 1, 1)],
)
def test_aims_are_judged_by_ratio(overload_minutes: float, moves: int, returns: int, missed: int) -> None:
    new = replace(RESULT, measures=Measures(overload_minutes=overload_minutes, moves=moves, returns=returns))
    aims = Aims()
    judged(aims, "3 x 12", {"documented": [RESULT], "best-fit": [new]}, "best-fit")
    assert aims.missed == missed


@pytest.mark.parametrize(("moved_at", "missed"), [((), 0), ((0.3, 4.0), 0), ((0.3, 4.1), 1)])
def test_silence_is_judged_from_the_last_move(moved_at: tuple[float, ...], missed: int) -> None:
    aims = Aims()
    days = [replace(RESULT, shape=replace(SHAPE, hours=10.0), moved_at=each) for each in ((), moved_at)]
    silence(aims, "3 x 12", days)
    assert aims.missed == missed
