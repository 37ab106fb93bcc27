"""Which decisions share a row: those that say the same again, and none that tells of an event."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.core.decision import Closed, Ending, Outcome
from hctui.core.policy import Mode
from hctui.engine.queries import DecisionTold
from hctui.tui.lists.folding import folded
from tests.core.build import NOW, move

WAITS = "Waiting for approval: web from n1 to n2, for {} more."


def told(outcome: Outcome, sentence: str, **changes: object) -> DecisionTold:
    plain = DecisionTold(0, NOW, outcome, True, Mode.APPROVE, sentence, None)
    return replace(plain, **changes)  # type: ignore[arg-type]


SAME = [
    (Outcome.PROPOSAL, WAITS.format("9:30 min"), WAITS.format("45 s")),
    (
        Outcome.BALANCED,
        "No imbalance. The busiest node, n1, is at 3.0 %.",
        "No imbalance. The busiest node, n2.",
    ),
    (Outcome.COLLECTING, "Collecting data: history 3/10 samples.", "Collecting data: history 4/10 samples."),
    (Outcome.COOLING_DOWN, "Cluster cooldown, 2:41 min left.", "Cluster cooldown, 30 s left."),
    (Outcome.BLOCKED, "n1 is at 86.2 %, and no VM fits.", "n1 is at 91 %, and no VM fits."),
    (Outcome.STANDING_DOWN, "Standing down. Data is 70 s old.", "Standing down. Data is 1:40 min old."),
]

OTHERS = [
    (Outcome.PROPOSAL, WAITS.format("9:30 min"), "Proposed: web from n1 to n2. n1 is hot."),
    (Outcome.PROPOSAL, WAITS.format("9:30 min"), f"Proposal 9 is not rejected. {WAITS.format('9 s')}"),
    (Outcome.BALANCED, "No imbalance.", "Resumed. No imbalance."),
    (
        Outcome.PAUSED,
        "Paused: watching.",
        "Proposal 4 withdrawn, web from n1 to n2: paused. Paused: watching.",
    ),
    (Outcome.STANDING_DOWN, "Standing down. 10.0.0.102 is offline.", "Standing down. 10.0.0.103 is offline."),
    (Outcome.BLOCKED, "web-03 shares n1 with web-04.", "web-03 shares n1 with web-05."),
    (Outcome.WATCHING, "Migrating web from n1 to n2.", "Migrating db from n1 to n2."),
    (Outcome.MOVE, "n1 is hot. Moving web to n2.", "n1 is hot. Moving web to n2."),
    (Outcome.REFUSED, "Not moved by hand.", "Not moved by hand."),
]


@pytest.mark.parametrize(("outcome", "one", "other"), SAME)
def test_what_says_the_same_with_other_figures_shares_a_row(outcome: Outcome, one: str, other: str) -> None:
    newest, oldest = told(outcome, one, id=2), told(outcome, other, id=1)
    [fold] = folded([newest, oldest])
    assert (fold.newest, fold.oldest, fold.count, fold.key) == (newest, oldest, 2, "1")


@pytest.mark.parametrize(("outcome", "one", "other"), OTHERS)
def test_what_tells_of_something_else_stands_by_itself(outcome: Outcome, one: str, other: str) -> None:
    assert [fold.count for fold in folded([told(outcome, one), told(outcome, other)])] == [1, 1]


@pytest.mark.parametrize(
    "changes",
    [
        {"dry_run": False},
        {"mode": Mode.AUTO},
        {"outcome": Outcome.PAUSED},
        {"closed": Closed(1, move("web"), NOW, Ending.EXPIRED)},
    ],
)
def test_a_switch_and_the_end_of_a_proposal_part_what_is_worded_alike(changes: dict[str, object]) -> None:
    calm = told(Outcome.BALANCED, "No imbalance.")
    assert len(folded([calm, replace(calm, **changes), calm])) == 3  # type: ignore[arg-type]


@given(
    st.lists(st.sampled_from([told(outcome, text) for outcome, *texts in SAME + OTHERS for text in texts]))
)
def test_every_decision_is_in_one_row_and_in_order(decisions: list[DecisionTold]) -> None:
    numbered = [replace(each, id=len(decisions) - index) for index, each in enumerate(decisions)]
    folds = folded(numbered)
    assert sum(fold.count for fold in folds) == len(numbered)
    ends = [number for fold in folds for number in (fold.newest.id, fold.oldest.id)]
    assert ends == sorted(ends, reverse=True)
    assert all(fold.newest.id - fold.oldest.id == fold.count - 1 for fold in folds)
    assert len({fold.key for fold in folds}) == len(folds)
