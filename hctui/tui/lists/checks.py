"""The checks of a proposal, by what they are about, each with its number, and whether it holds now. Pure.

These are the checks that come again on fresh data when the proposal is approved. Here they are asked of the latest
data there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from hctui.core.checks import trial, vm_verdicts
from hctui.core.decision import Check, Move, Verdict
from hctui.core.objection import needed, overtaken
from hctui.core.restraint import binding
from hctui.core.safety import gate
from hctui.core.wording import count
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.paragraph import Paragraph
from hctui.tui.picture import Picture

_INDENT, _MARK_WIDTH = 2, 7

_WORDS = {Check.USABLE: "usable", Check.TARGET_CPU: "CPU", Check.RECOVERED: "recovery"}
"""The word by which a sentence says which check it is of, where that is not the check's name."""


@dataclass(frozen=True, slots=True)
class Group:
    """The checks of one thing: `title` says of what."""

    title: str
    verdicts: tuple[Verdict, ...]


def groups(picture: Picture, move: Move, now: float) -> tuple[Group, ...]:
    """What speaks for a proposed move and against it: the group in which a check fails comes first.

    The checks of the VM and of the target end with the first that fails, as they do when something is decided. Empty
    until the cluster has answered. Data grows old and waits run on between two polls, by `now` (Unix seconds);
    everything else is as the last one showed it.
    """
    view = picture.view
    if picture.situation is None or view.snapshot is None:
        return ()
    s = replace(picture.situation, now=now)
    gated = gate(view.snapshot, view.policy, now, unwell_at=view.state.unwell_at)
    cluster = Group("The cluster", _ranked((*gated, *binding(s.ledger, view.policy, now, move.reason))))
    if gone := overtaken(s, move):
        return Group("The move", (gone,)), cluster
    vm, node = s.snapshot.vms[move.vm_id], s.snapshot.nodes[move.target]
    target = Group(f"The target, {move.target_name}", _ranked(trial(s, vm, node, move.reason).verdicts))
    own = _ranked((needed(s, move), *vm_verdicts(s, vm, move.reason)))
    source = Group(f"The VM and its node, {move.source_name}", own)
    return tuple(sorted((target, source, cluster), key=lambda group: all(each.ok for each in group.verdicts)))


def _ranked(found: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """What fails first, then what has numbers, then the rest."""
    return tuple(sorted(found, key=lambda verdict: (verdict.ok, verdict.limit is None)))


def summary(found: Iterable[Group]) -> Cell:
    """`all 22 checks hold`, or how many do not."""
    verdicts = [verdict for group in found for verdict in group.verdicts]
    if not verdicts:
        return cell("nothing can be checked until the cluster has answered", Tone.WARNING)
    failing = sum(not verdict.ok for verdict in verdicts)
    if not failing:
        return cell(f"all {count(len(verdicts), 'check')} hold", Tone.GOOD)
    told = f"{failing} of {count(len(verdicts), 'check')} {'does' if failing == 1 else 'do'} not hold"
    return cell(f"{told}: approved now, nothing would be sent", Tone.BAD)


def paragraphs(found: Iterable[Group]) -> Iterator[Paragraph]:
    """A line for each group, and below it one for each of its checks."""
    for number, group in enumerate(found):
        if group.verdicts:
            yield Paragraph(f"{number}", cell(group.title, Tone.DIM))
        for place, verdict in enumerate(group.verdicts):
            mark = cell("ok", Tone.GOOD) if verdict.ok else cell("FAILS", Tone.BAD)
            yield Paragraph(f"{number}-{place}", sentence(verdict), mark, _INDENT, _MARK_WIDTH)


def sentence(verdict: Verdict) -> Cell:
    """`anti-affinity: No VM there must be kept apart from it.` The check is not named twice: `RAM 28.0 % with ...`."""
    word = _WORDS.get(verdict.check, verdict.check)
    named = re.search(rf"\b{re.escape(word)}\w*", verdict.sentence, re.IGNORECASE)
    if named is None:
        return joined(cell(f"{verdict.check}: ", Tone.STRONG), cell(verdict.sentence))
    begin, end = named.span()
    told = verdict.sentence
    return joined(cell(told[:begin]), cell(told[begin:end], Tone.STRONG), cell(told[end:]))
