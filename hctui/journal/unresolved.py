"""Which violated rules and imbalances were not mended at once in a time, and what stood in the way. Pure.

Knows cycles as a report sees them, and neither the journal nor the words for any of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hctui.core.decision import Closed, Ending, Outcome, Reason
from hctui.core.model import VmId
from hctui.journal.encoding import Conclusions, FindingTold
from hctui.journal.facts import BrokenRule

RULES = frozenset({Reason.ANTI_AFFINITY, Reason.PIN})
LOAD = frozenset({Reason.LOAD})

_EXAMINED = frozenset({Outcome.MOVE, Outcome.PROPOSAL, Outcome.BLOCKED, Outcome.COLLECTING, Outcome.BALANCED})
"""The outcomes of cycles that looked whether rules are kept."""

_IN_VAIN = frozenset({Ending.REJECTED, Ending.EXPIRED})
"""Proposals that ended so are why a rule stayed broken, though there was a way out."""

_Key = tuple[Reason, tuple[VmId, ...]]


@dataclass(frozen=True, slots=True)
class Cycle:
    """A row of `decisions` and how long it held. `conclusions` is `None` where there is nothing to tell of it."""

    at: float
    outcome: Outcome
    dry_run: bool
    seconds: float
    conclusions: Conclusions | None

    @property
    def findings(self) -> tuple[FindingTold, ...]:
        """What it found; nothing where that is not told."""
        return self.conclusions.findings if self.conclusions else ()

    @property
    def closed(self) -> Closed | None:
        """The proposal that ended in it."""
        return self.conclusions.closed if self.conclusions else None

    @property
    def is_by_hand(self) -> bool:
        """Whether a move by hand took the cycle, so that rules and load were not looked at."""
        move = self.conclusions.move if self.conclusions else None
        return move is not None and move.reason is Reason.MANUAL


def unresolved(cycles: Sequence[Cycle], reasons: frozenset[Reason]) -> tuple[BrokenRule, ...]:
    """Rules (or imbalances) that were not mended at once, those standing at the end first, then by age.

    All imbalances count as one: which VM would be moved changes from cycle to cycle. A proposal that was approved as
    soon as a person saw it is no reason to be told of.
    """
    rules: dict[_Key, BrokenRule] = {}
    examined = [cycle for cycle in cycles if cycle.outcome in _EXAMINED and not cycle.is_by_hand]
    asked: _Key | None = None
    for cycle in cycles:
        if cycle.closed:
            if asked in rules:
                rules[asked] = _with_ending(rules[asked], cycle.closed.ending)
            asked = None
        if cycle.outcome not in _EXAMINED or cycle.is_by_hand:
            continue
        for finding in _broken(cycle, reasons):
            key = _key(finding)
            before = rules.get(key) or BrokenRule(*key, cycle.at, cycle.at, 0, "", None, False)
            rules[key] = _seen(before, finding, cycle, is_last=cycle is examined[-1])
        asked = _asked(cycle, reasons) if cycle.outcome is Outcome.PROPOSAL else None
    found = [rule for rule in rules.values() if _is_told(rule)]
    return tuple(sorted(found, key=lambda rule: (not rule.is_standing, rule.first_at)))


def _broken(cycle: Cycle, reasons: frozenset[Reason]) -> Iterable[FindingTold]:
    return (finding for finding in cycle.findings if finding.reason in reasons and finding.headline)


def _key(finding: FindingTold) -> _Key:
    return finding.reason, () if finding.reason is Reason.LOAD else tuple(sorted(finding.vm_ids))


def _asked(cycle: Cycle, reasons: frozenset[Reason]) -> _Key | None:
    """What the proposal is for that waits in this cycle: the finding that has a way out, and at most one has."""
    return next((_key(finding) for finding in _broken(cycle, reasons) if finding.has_move), None)


def _seen(rule: BrokenRule, finding: FindingTold, cycle: Cycle, *, is_last: bool) -> BrokenRule:
    """The rule after one more cycle that found it broken."""
    waiting = cycle.outcome is Outcome.PROPOSAL
    moved = finding.has_move and cycle.outcome is Outcome.MOVE
    asked, behind = waiting and finding.has_move, waiting and finding.is_deferred
    if finding.is_stuck:
        rule = replace(rule, cycles=rule.cycles + 1, sentence=finding.sentence)
    elif not rule.cycles:
        rule = replace(rule, sentence=finding.headline)
    return replace(
        rule,
        last_at=cycle.at,
        moved_at=cycle.at if moved else rule.moved_at,
        is_standing=is_last and not moved,
        asked_cycles=rule.asked_cycles + asked,
        asked_seconds=rule.asked_seconds + asked * cycle.seconds,
        behind_cycles=rule.behind_cycles + behind,
        behind_seconds=rule.behind_seconds + behind * cycle.seconds,
    )


def _with_ending(rule: BrokenRule, ending: Ending) -> BrokenRule:
    return replace(rule, proposals={**rule.proposals, ending: rule.proposals.get(ending, 0) + 1})


def _is_told(rule: BrokenRule) -> bool:
    """Whether something stood in its way: no way out, or a person who did not, or not yet, say yes."""
    if rule.cycles or _IN_VAIN & rule.proposals.keys():
        return True
    return rule.is_standing and bool(rule.asked_cycles or rule.behind_cycles)
