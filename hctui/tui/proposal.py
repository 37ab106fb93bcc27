"""A proposal in words: what is to move, why, what it does to both nodes, and until when it waits. Pure."""

from __future__ import annotations

from hctui.core.decision import Move
from hctui.core.effect import Change, effect
from hctui.core.model import NodeId
from hctui.core.state import Proposal
from hctui.core.wording import count
from hctui.tui.cell import EMPTY, Cell, Tone, cell, joined
from hctui.tui.format import timer
from hctui.tui.glyphs import Glyphs
from hctui.tui.picture import Picture


def headline(picture: Picture, proposal: Proposal, glyphs: Glyphs) -> Cell:
    """`PROPOSAL  web-03  .101 -> .103  load`; in a dry run that comes first, for the end may be cut."""
    move = proposal.move
    dry_run = cell(" DRY RUN", Tone.GOOD) if picture.view.policy.dry_run else EMPTY
    reason = cell(f" {move.reason}", Tone.DIM)
    return joined(dry_run, cell(" PROPOSAL ", Tone.ACCENT), route(picture, move, glyphs), reason)


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
    so_far = samples_so_far(picture, move.source, move.target)
    cpu = f"CPU ({so_far})" if so_far else "CPU"
    return cell(
        f" {cpu} {here} {change(told.source_cpu, glyphs)}, {there} {change(told.target_cpu, glyphs)} %"
        f"  RAM {there} {change(told.target_ram, glyphs)} of {limit:g} %"
    )


def samples_so_far(picture: Picture, *node_ids: NodeId) -> str:
    """`3 of 10 samples`: of how much of the window the CPU of these nodes is the mean; empty once it is full for all.

    Of several the one with the fewest counts. A node of which nothing is known, such as one that is offline, does not
    as long as there are others.
    """
    s = picture.situation
    readings = [s.readings[node_id] for node_id in node_ids if node_id in s.readings] if s else []
    filling = [reading for reading in readings if reading.mean_percent is None]
    begun = [reading for reading in filling if reading.count]
    if not begun and len(filling) < max(1, len(readings)):
        return ""
    least = min(begun or filling, key=lambda reading: reading.count)
    return f"{min(least.count, least.expected)} of {count(least.expected, 'sample')}"


def change(figure: Change, glyphs: Glyphs) -> str:
    """`86 -> 68`, without a unit; `?` for what is not known."""
    before, after = ("?" if value is None else f"{value:.0f}" for value in (figure.before, figure.after))
    return f"{before} {glyphs.arrow} {after}"
