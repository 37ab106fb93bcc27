"""The checks of a proposal, each with its number, and whether it holds now. Pure.

These are the checks that come again on fresh data when the proposal is approved. Here they are asked of the latest
data there is.
"""

from __future__ import annotations

from hctui.core.checks import trial, vm_verdicts
from hctui.core.decision import Move, Verdict
from hctui.core.objection import needed, overtaken
from hctui.core.wording import count
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.picture import Picture


def verdicts(picture: Picture, move: Move) -> tuple[Verdict, ...]:
    """What speaks for a proposed move and against it: what fails first, then those with numbers, then the rest.

    The checks of the VM and of the target end with the first that fails, as they do when something is decided. Empty
    until the cluster has answered.
    """
    s, decision = picture.situation, picture.view.decision
    if s is None:
        return ()
    safety = decision.safety if decision else ()
    if gone := overtaken(s, move):
        return (gone, *_ranked(safety))
    vm, node = s.snapshot.vms[move.vm_id], s.snapshot.nodes[move.target]
    found = (needed(s, move), *trial(s, vm, node, move.reason).verdicts, *vm_verdicts(s, vm, move.reason))
    return _ranked((*found, *safety))


def _ranked(found: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    return tuple(sorted(found, key=lambda verdict: (verdict.ok, verdict.limit is None)))


def summary(found: tuple[Verdict, ...]) -> Cell:
    """`all 22 checks hold`, or how many do not."""
    if not found:
        return cell("nothing can be checked until the cluster has answered", Tone.WARNING)
    failing = sum(not verdict.ok for verdict in found)
    if not failing:
        return cell(f"all {count(len(found), 'check')} hold", Tone.GOOD)
    told = f"{failing} of {count(len(found), 'check')} {'does' if failing == 1 else 'do'} not hold"
    return cell(f"{told}: approved now, nothing would be sent", Tone.BAD)


def line(verdict: Verdict) -> Cell:
    """`ok     RAM: RAM 28.0 % with 8 GiB more, within the limit of 70.0 %`."""
    mark = cell("ok     ", Tone.GOOD) if verdict.ok else cell("FAILS  ", Tone.BAD)
    return joined(mark, cell(f"{verdict.check}: ", Tone.STRONG), cell(verdict.sentence))
