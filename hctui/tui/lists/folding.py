"""Decisions that say the same cycle after cycle, folded into one row each: for the screen, and never for an export.

Pure. Cautious: what tells of an event (a move, a proposal, an answer to a person, another cause) stands by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hctui.core.decision import Outcome
from hctui.engine.queries import DecisionTold

_EVENTS = frozenset({Outcome.MOVE, Outcome.REFUSED})
"""Outcomes that are never one of many."""

_CALM = frozenset(
    {
        Outcome.BALANCED,
        Outcome.COLLECTING,
        Outcome.COOLING_DOWN,
        Outcome.BUDGET_SPENT,
        Outcome.OFF_HOURS,
        Outcome.WATCHING,
    }
)
"""Outcomes of which it does not matter which node was the busiest, or how far it was: the first words tell the kind.

Where such a cycle has something else to say (that a pause ended, that a proposal is withdrawn), it says that first.
"""

_FIRST_WORDS = 2

_FIGURES = re.compile(r"\d+:\d\d (?:min|h)\b|\d+/\d+\b|\d+(?:\.\d+)? (?:%|s|GiB|samples?|cycles?)(?!\w)")
"""What changes from cycle to cycle though nothing else does: figures with a unit. An address has none."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Successive decisions of one kind: the newest, since when, and how many."""

    newest: DecisionTold
    oldest: DecisionTold
    count: int = 1

    @property
    def key(self) -> str:
        """By what it is known, however many newer decisions it takes in."""
        return str(self.oldest.id)


def folded(decisions: Iterable[DecisionTold]) -> list[Fold]:
    """Decisions, the latest first, as rows in the same order."""
    folds: list[Fold] = []
    for told in decisions:
        if folds and _kind(told) is not None and _kind(told) == _kind(folds[-1].oldest):
            folds[-1] = replace(folds[-1], oldest=told, count=folds[-1].count + 1)
        else:
            folds.append(Fold(told, told))
    return folds


def _kind(told: DecisionTold) -> tuple[object, ...] | None:
    """What decisions of one row have in common; `None` for one that stands by itself."""
    if told.outcome in _EVENTS or told.closed is not None:
        return None
    words = (
        told.sentence.split()[:_FIRST_WORDS] if told.outcome in _CALM else _FIGURES.sub("#", told.sentence)
    )
    return told.outcome, told.dry_run, told.mode, words
