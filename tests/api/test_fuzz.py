"""A slice of `python -m tests.api.fuzz`, and that it would see a mistake."""

from __future__ import annotations

import pytest

from hctui.api import convert
from hctui.api.errors import ApiRefused, ApiSurprise, ClusterUnreachable
from tests.api import fuzz


async def test_three_hundred_damaged_answers() -> None:
    result = await fuzz.fuzz(300, seed=4)
    assert result.mistakes == []
    kinds = {outcome.partition(" ")[0] for outcome in result.outcomes}
    assert {"snapshot:", "vm:", "task:", "account:", "migrate:", "snapshot,"} <= kinds
    assert result.outcomes["snapshot, proposal"] > 20, "most must still come as far as a decision"


@pytest.mark.parametrize("error", [TypeError("x"), RecursionError(), KeyError("x")])
async def test_a_mistake_is_seen_with_its_seed(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object) -> None:
        raise error

    found = await fuzz.situation(is_calm=True)
    monkeypatch.setattr(convert, "nodes", fail)
    monkeypatch.setattr(fuzz, "situation", lambda **_: ready(found))
    result = await fuzz.fuzz(10, seed=4, most_mistakes=1)
    (mistake,) = result.mistakes
    assert "seed 4, number " in mistake
    assert type(error).__name__ in mistake


async def ready(found: fuzz.Situation) -> fuzz.Situation:
    return found


@pytest.mark.parametrize(
    "error",
    [
        ApiSurprise(""),
        ApiRefused("No hint."),
        ApiSurprise("an escape \x1b"),
        ApiSurprise("long " * 1000),
        ClusterUnreachable(""),
    ],
)
def test_an_error_that_nobody_can_be_shown_is_a_mistake(error: ApiSurprise) -> None:
    with pytest.raises(AssertionError):
        fuzz.check_fit_to_be_shown(error)
