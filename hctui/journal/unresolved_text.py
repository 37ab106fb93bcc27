"""What a report says of rules that stayed broken, and of imbalances that stayed. Pure: facts in, blocks out."""

from __future__ import annotations

from collections.abc import Iterator

from hctui.core.decision import Ending
from hctui.core.wording import count, listing
from hctui.core.wrapping import Block, indented
from hctui.journal.facts import BrokenRule, MoveTold
from hctui.journal.report_words import Times, ending, length

NO_RULE = (
    "None: wherever a rule was seen broken there was a way out, and no move for it failed or had to wait."
)
NO_IMBALANCE = (
    "None: whenever a node was seen too busy there was a way out, and no move for it failed or had to wait."
)

_PROPOSALS = {
    Ending.REJECTED: ("was rejected", "were rejected"),
    Ending.EXPIRED: ("expired without an answer", "expired without an answer"),
    Ending.WITHDRAWN: ("was withdrawn", "were withdrawn"),
    Ending.REPLACED: ("was replaced by another choice", "were replaced by other choices"),
    Ending.APPROVED: ("was approved", "were approved"),
}


def unresolved(found: tuple[BrokenRule, ...], nothing: str, times: Times) -> Iterator[Block]:
    """Each with what stood in its way and how it stands; `nothing` if there is none."""
    if not found:
        yield indented(nothing, 2)
    for each in found:
        yield indented(_rule_summary(each, times), 2, hang=2)
        yield indented(each.sentence, 4)
        if each.last_failed:
            yield indented(_failure(each.last_failed, times), 4, hang=2)


def _failure(move: MoveTold, times: Times) -> str:
    route = f"{move.vm_name} from {move.source_name} to {move.target_name}"
    return f"The last move for it that came to nothing, at {times.brief(move.at)}: {route}. {ending(move)}"


def _rule_summary(rule: BrokenRule, times: Times) -> str:
    seen = f"seen {times.span(rule.first_at, rule.last_at)}"
    if rule.is_standing:
        fate = "still so at the end"
    elif rule.moved_at is not None:
        fate = f"settled by the move of {times.brief(rule.moved_at)}"
    else:
        fate = "no longer so after that"
    return f"{rule.reason}: {'; '.join(_hindrances(rule))}; {seen}, {fate}. The last time:"


def _hindrances(rule: BrokenRule) -> Iterator[str]:
    """What stood in the way, most final first: nothing to be done, nobody who said yes, something else before it."""
    if rule.cycles:
        yield f"no way out in {count(rule.cycles, 'cycle')}"
    if rule.failed_moves:
        yield f"{count(rule.failed_moves, 'move')} for it came to nothing"
    if rule.asked_cycles:
        asked = f"{count(rule.asked_cycles, 'cycle')} ({length(rule.asked_seconds)})"
        yield f"a move for it waited for approval in {asked}{_answers(rule)}"
    if rule.behind_cycles:
        behind = f"{count(rule.behind_cycles, 'cycle')} ({length(rule.behind_seconds)})"
        yield f"it waited for its turn, behind another move, in {behind}"


def _answers(rule: BrokenRule) -> str:
    """`: 1 proposal was rejected and 2 proposals expired`; nothing if none ended."""
    told = [
        f"{count(rule.proposals[ending], 'proposal')} {one if rule.proposals[ending] == 1 else several}"
        for ending, (one, several) in _PROPOSALS.items()
        if ending in rule.proposals
    ]
    return f": {listing(told)}" if told else ""
