"""The waiting proposal in words: what approving it does, the figures of both nodes, what came of it. Pure."""

from __future__ import annotations

from hctui.core.decision import Move
from hctui.core.effect import Change, effect
from hctui.core.wording import duration, gib
from hctui.tui.case import Case, expired
from hctui.tui.cell import EMPTY, Cell, Tone, cell, fitted, joined
from hctui.tui.format import timer
from hctui.tui.glyphs import Glyphs
from hctui.tui.outcome import outcome
from hctui.tui.picture import Picture
from hctui.tui.proposal import change, samples_so_far

NAME_WIDTH, FIGURE_WIDTH = 15, 22


def headline(picture: Picture, case: Case, glyphs: Glyphs) -> Cell:
    """`PROPOSAL 7  web-03  .101 -> .103  load`."""
    move = case.proposal.move
    here, there = picture.node_name(move.source), picture.node_name(move.target)
    return joined(
        cell(f"PROPOSAL {case.proposal.id}  ", Tone.ACCENT),
        cell(move.vm_name, Tone.STRONG),
        cell(f" ({gib(move.mem_bytes)})  {here} {glyphs.arrow} {there}  "),
        cell(move.reason, Tone.DIM),
    )


def why(move: Move) -> Cell:
    """What the move is to mend."""
    return joined(cell("Why: ", Tone.DIM), cell(move.sentence))


def standing(picture: Picture, case: Case | None, now: float) -> Cell:
    """How long it still waits, or that it waits no longer."""
    if case is None:
        return EMPTY
    if case.closed or expired(case.proposal, picture.view.policy, now):
        return cell("no longer waits", Tone.BAD)
    if case.errand:
        return cell(case.errand.stage, Tone.ACCENT)
    left = picture.view.policy.proposal_limit_seconds - (now - case.proposal.made_at)
    return cell(f"expires in {timer(max(0.0, left))}", Tone.NOTICE)


def consequence(picture: Picture) -> Cell:
    """What approving does, as things are switched now."""
    if picture.view.policy.dry_run:
        return joined(
            cell("DRY RUN: ", Tone.GOOD), cell("approving only pretends; nothing is sent to the cluster.")
        )
    return joined(
        cell("LIVE: ", Tone.WARNING),
        cell("approving migrates this VM, once everything has been checked again on fresh data."),
    )


def remarks(picture: Picture, case: Case | None, now: float) -> tuple[Cell, ...]:
    """What has become of the proposal, what came of the last key, or what approving would do."""
    if case is None:
        return (cell("No proposal waits.", Tone.NOTICE),)
    told = case.closed or expired(case.proposal, picture.view.policy, now)
    if case.errand:
        return (outcome(picture, case.errand),)
    if told:
        return _over(picture, case, told)
    if case.choice:
        return (cell("Asked to let the chosen move wait instead. Nothing is sent by that.", Tone.ACCENT),)
    return case.remark, consequence(picture)


def _over(picture: Picture, case: Case, told: str) -> tuple[Cell, ...]:
    """Why it no longer waits, and where to find the one that waits now."""
    gone = joined(cell("This proposal no longer waits. ", Tone.BAD), cell(told))
    waiting = picture.view.state.proposal
    if waiting is None or waiting.id == case.proposal.id:
        return (gone,)
    other = f"Proposal {waiting.id} waits now: go back and open it, to see it before you approve it."
    return gone, cell(other, Tone.NOTICE)


def rejecting(picture: Picture, move: Move) -> str:
    """What rejecting it means."""
    rest = duration(picture.view.policy.vm_cooldown_seconds)
    return (
        f"Rejected: {move.vm_name} is not proposed for {move.target_name} again for {rest}, the VM cooldown."
    )


def figures(picture: Picture, move: Move, glyphs: Glyphs) -> tuple[Cell, ...]:
    """CPU and RAM of both nodes before and after, a line each, below a line that says what they are."""
    if picture.situation is None:
        return ()
    policy, told = picture.view.policy, effect(picture.situation, move)
    so_far = samples_so_far(picture, move.source, move.target)
    cpu = cell(f"CPU, mean of {so_far or duration(policy.window_seconds)}", Tone.DIM)
    ram = cell(f"RAM, limit {policy.ram_limit_percent:g} %", Tone.DIM)
    rows = (
        (cell(" "), cpu, ram),
        _figures(f"from {picture.node_name(move.source)}", told.source_cpu, told.source_ram, glyphs),
        _figures(f"to {picture.node_name(move.target)}", told.target_cpu, told.target_ram, glyphs),
    )
    width = max(FIGURE_WIDTH, cpu.width)
    return tuple(_row(*row, width) for row in rows)


def _figures(name: str, cpu: Change, ram: Change, glyphs: Glyphs) -> tuple[Cell, Cell, Cell]:
    told_cpu, told_ram = (cell(f"{change(figure, glyphs)} %", Tone.STRONG) for figure in (cpu, ram))
    return cell(name), told_cpu, told_ram


def _row(name: Cell, cpu: Cell, ram: Cell, width: int) -> Cell:
    """Three columns, the second `width` terminal cells wide, the last as long as it is."""
    return joined(Cell(fitted(name, NAME_WIDTH)), Cell(fitted(cpu, width)), ram, between=cell("  "))
