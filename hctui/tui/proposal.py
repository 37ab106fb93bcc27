"""A proposal in words: what is to move, why, what it does to both nodes, and until when it waits. Pure."""

from __future__ import annotations

from hctui.core.decision import Move
from hctui.core.effect import Change, effect
from hctui.core.state import Proposal
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.format import timer
from hctui.tui.glyphs import Glyphs
from hctui.tui.picture import Picture


def headline(picture: Picture, proposal: Proposal, glyphs: Glyphs) -> Cell:
    """`proposal  move web-03  .101 -> .103  load`, and that a dry run only pretends."""
    move = proposal.move
    words = [cell(" PROPOSAL ", Tone.ACCENT), route(picture, move, glyphs), cell(f" {move.reason}", Tone.DIM)]
    if picture.view.policy.dry_run:
        words.append(cell("  dry run: approving only pretends", Tone.GOOD))
    return joined(*words)


def route(picture: Picture, move: Move, glyphs: Glyphs) -> Cell:
    """`web-03  .101 -> .103`."""
    here, there = picture.node_name(move.source), picture.node_name(move.target)
    return joined(cell(f" {move.vm_name} ", Tone.STRONG), cell(f" {here} {glyphs.arrow} {there} "))


def expiry(picture: Picture, proposal: Proposal, now: float) -> Cell:
    """How long it still waits."""
    left = picture.view.policy.proposal_limit_seconds - (now - proposal.made_at)
    return cell(f"expires in {timer(max(0.0, left))}", Tone.NOTICE)


def figures(picture: Picture, move: Move, glyphs: Glyphs) -> Cell:
    """CPU and RAM of both nodes, before and after, on one line."""
    if picture.situation is None:
        return cell()
    told = effect(picture.situation, move)
    limit = picture.view.policy.ram_limit_percent
    here, there = picture.node_name(move.source), picture.node_name(move.target)
    return cell(
        f" CPU {here} {change(told.source_cpu, glyphs)}, {there} {change(told.target_cpu, glyphs)} %"
        f"  RAM {there} {change(told.target_ram, glyphs)} of {limit:g} %"
    )


def change(figure: Change, glyphs: Glyphs) -> str:
    """`86 -> 68`, without a unit; `?` for what is not known."""
    before, after = ("?" if value is None else f"{value:.0f}" for value in (figure.before, figure.after))
    return f"{before} {glyphs.arrow} {after}"
