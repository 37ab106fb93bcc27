"""Which violated rules and imbalances were not mended at once in a time, and what stood in the way. Pure.

Knows cycles as a report sees them, and neither the journal nor the words for any of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hctui.core.decision import Closed, Ending, Move, Outcome, Reason
from hctui.core.model import VmId
from hctui.journal.encoding import Conclusions, FindingTold
from hctui.journal.facts import BrokenRule, MoveTold

RULES = frozenset({Reason.ANTI_AFFINITY, Reason.PIN, Reason.TOGETHER, Reason.ROOM})
LOAD = frozenset({Reason.LOAD, Reason.RAM})

_RULES_EXAMINED = frozenset(
    {
        Outcome.MOVE,
        Outcome.PROPOSAL,
        Outcome.BLOCKED,
        Outcome.COLLECTING,
        Outcome.BALANCED,
        Outcome.RULES_ONLY,
    }
)
"""The outcomes of cycles that looked whether rules are kept."""

_Key = tuple[Reason, tuple[VmId, ...]]


@dataclass(frozen=True, slots=True)
class Cycle:
    """A row of `decisions`.

    Attributes:
        at: Unix seconds.
        seconds: how long it held.
        conclusions: `None` where there is nothing to tell of it.
        move: the move it decided on, and what became of that; `None` if it decided on none.
    """

    at: float
    outcome: Outcome
    dry_run: bool
    seconds: float
    conclusions: Conclusions | None
    move: MoveTold | None = None

    @property
    def findings(self) -> tuple[FindingTold, ...]:
        """What it found; nothing where that is not told."""
        return self.conclusions.findings if self.conclusions else ()

    @property
    def closed(self) -> Closed | None:
        """The proposal that ended in it."""
        return self.conclusions.closed if self.conclusions else None

    @property
    def decided(self) -> Move | None:
        """The move it decided on, or that waits in it for approval."""
        return self.conclusions.move if self.conclusions else None

    def has_examined(self, reasons: frozenset[Reason]) -> bool:
        """Whether it looked for broken rules, or, asked so, for an imbalance. A move by hand takes a cycle for itself.

        Load is not looked at in every cycle that looks at the rules: for some time after a migration, for one.
        """
        if self.decided is not None and self.decided.reason is Reason.MANUAL:
            return False
        if reasons == LOAD:
            seen = any(finding.reason.is_load for finding in self.findings)
            return seen or self.outcome is Outcome.BALANCED
        return self.outcome in _RULES_EXAMINED


def unresolved(cycles: Sequence[Cycle], reasons: frozenset[Reason]) -> tuple[BrokenRule, ...]:
    """Rules (or imbalances) in whose way something stood, those standing at the end first, then by age.

    All imbalances count as one: which VM would be moved changes from cycle to cycle.
    """
    rules: dict[_Key, BrokenRule] = {}
    examined = [cycle for cycle in cycles if cycle.has_examined(reasons)]
    asked: frozenset[_Key] = frozenset()
    for cycle in cycles:
        if cycle.closed:
            rules |= {key: _with_ending(rules[key], cycle.closed.ending) for key in asked}
            asked = frozenset()
        if not cycle.has_examined(reasons):
            continue
        for finding in _broken(cycle, reasons):
            key = _key(finding)
            before = rules.get(key) or BrokenRule(*key, cycle.at, cycle.at, 0, "", None, False)
            rules[key] = _seen(before, finding, cycle, is_last=cycle is examined[-1])
        if cycle.outcome is Outcome.PROPOSAL:
            asked = frozenset(_key(each) for each in _broken(cycle, reasons) if _is_for(cycle.decided, each))
    found = [rule for rule in rules.values() if _is_told(rule)]
    return tuple(sorted(found, key=lambda rule: (not rule.is_standing, rule.first_at)))


def _broken(cycle: Cycle, reasons: frozenset[Reason]) -> Iterable[FindingTold]:
    return (finding for finding in cycle.findings if finding.reason in reasons and finding.headline)


def _key(finding: FindingTold) -> _Key:
    return finding.reason, () if finding.reason.is_load else tuple(sorted(finding.vm_ids))


def _is_for(move: Move | None, finding: FindingTold) -> bool:
    """Whether a move would mend what was found; the planner of that cycle may prefer another one.

    While a proposal waits, or when it is approved, the findings are those of the cycle and not of the proposal.
    """
    if move is None or move.reason is not finding.reason:
        return False
    return finding.reason.is_load or move.vm_id in finding.vm_ids


def _seen(rule: BrokenRule, finding: FindingTold, cycle: Cycle, *, is_last: bool) -> BrokenRule:
    """The rule after one more cycle that found it broken."""
    waiting, mine = cycle.outcome is Outcome.PROPOSAL, _is_for(cycle.decided, finding)
    move = cycle.move if mine else None
    mended, failed = move is not None and move.is_done, move is not None and move.is_in_vain
    stuck = finding.is_stuck and not mine
    asked, behind = waiting and mine, not mine and not stuck
    if stuck:
        rule = replace(rule, cycles=rule.cycles + 1, sentence=finding.sentence)
    elif not rule.cycles:
        rule = replace(rule, sentence=finding.headline)
    return replace(
        rule,
        last_at=cycle.at,
        moved_at=cycle.at if mended else rule.moved_at,
        is_standing=is_last and not mended,
        asked_cycles=rule.asked_cycles + asked,
        asked_seconds=rule.asked_seconds + asked * cycle.seconds,
        behind_cycles=rule.behind_cycles + behind,
        behind_seconds=rule.behind_seconds + behind * cycle.seconds,
        failed_moves=rule.failed_moves + failed,
        last_failed=move if failed else rule.last_failed,
    )


def _with_ending(rule: BrokenRule, ending: Ending) -> BrokenRule:
    return replace(rule, proposals={**rule.proposals, ending: rule.proposals.get(ending, 0) + 1})


def _is_told(rule: BrokenRule) -> bool:
    """Whether anything stood in its way."""
    return bool(rule.cycles or rule.failed_moves or rule.asked_cycles or rule.behind_cycles)
