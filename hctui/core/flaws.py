"""Flaws of rules, told once when they come and once when they go: tags that name nobody, or themselves, or too many.

A rule that cannot be what its author meant is nobody's fault of that night, and easily overlooked; the log and the
decision of that cycle have it. What is wrong with a rule is said in `rules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hctui.core.contradictions import contradictions
from hctui.core.decision import Notice
from hctui.core.model import Snapshot
from hctui.core.policy import Policy
from hctui.core.rules import rules_of
from hctui.core.state import State
from hctui.core.wording import count

MOST_REMEMBERED = 200
"""So many flaws are looked after, in the order of the VMs."""

MOST_TOLD = 20
"""So many are told in one cycle, of those that came and of those that went."""


def noted(state: State, snapshot: Snapshot, policy: Policy) -> tuple[State, tuple[Notice, ...]]:
    """Remember the flaws of this moment, and say which are new and which are gone."""
    rules = rules_of(snapshot)
    problems = (*rules.problems, *contradictions(snapshot, rules, policy))
    before, found = state.flaws, [problem.sentence for problem in problems]
    now = tuple(dict.fromkeys(found))[:MOST_REMEMBERED]
    if now == before:
        return state, ()
    new = [f"A rule is not as it should be: {each}" for each in now if each not in before]
    gone = [f"No longer: {each}" for each in before if each not in now]
    return replace(state, flaws=now), (*_told("rule_flaw", new), *_told("rule_mended", gone))


def _told(event: str, sentences: Sequence[str]) -> tuple[Notice, ...]:
    """A notice for each; of too many, one that says how many more there are."""
    more = len(sentences) - MOST_TOLD
    rest = [f"And {count(more, 'more such change')}: `hctui check` lists all flaws."] if more > 0 else []
    return tuple(Notice(event, each) for each in (*sentences[:MOST_TOLD], *rest))
