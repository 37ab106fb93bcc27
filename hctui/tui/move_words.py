"""Moving a VM by hand in words: what is to be moved, what will happen, what stands against it. Pure."""

from __future__ import annotations

from hctui.core.by_hand import Option
from hctui.core.decision import Check, Move, Verdict
from hctui.core.model import NodeId, Vm, VmId
from hctui.core.wording import gib
from hctui.tui.cell import EMPTY, Cell, Tone, cell, joined, visible
from hctui.tui.format import UNKNOWN, clock
from hctui.tui.glyphs import Glyphs
from hctui.tui.lists import targets
from hctui.tui.picture import Picture
from hctui.tui.proposal import samples_so_far

GONE = "This VM is no longer in the cluster."


def headline(picture: Picture, vm_id: VmId, name: str, glyphs: Glyphs) -> Cell:
    """`MOVE BY HAND  web-03  on .101  8 GiB  mean CPU 25.0 %`; the name outlives the VM."""
    title, vm = cell("MOVE BY HAND  ", Tone.ACCENT), picture.vm(vm_id)
    if vm is None:
        return joined(title, cell(name, Tone.STRONG))
    facts = (_place(picture, vm, glyphs), gib(vm.mem_bytes), targets.mean_of(picture, vm_id))
    return joined(title, cell(vm.name, Tone.STRONG), *(cell(f"  {fact}") for fact in facts if fact))


def _place(picture: Picture, vm: Vm, glyphs: Glyphs) -> str:
    here, imagined = picture.placement(vm)
    if here == UNKNOWN:
        return "runs nowhere"
    return f"on {here} {glyphs.arrow} {imagined} (imagined)" if imagined else f"on {here}"


def standing(picture: Picture, vm_id: VmId, back_to: NodeId | None) -> tuple[Cell, ...]:
    """What holds for every node: dry run or live, paused, a migration under way, that the VM is gone, an undo."""
    view = picture.view
    if view.snapshot is None:
        return (cell("The cluster has not answered yet.", Tone.WARNING),)
    if picture.vm(vm_id) is None:
        return (cell(GONE, Tone.BAD),)
    cells = [_switches(dry_run=view.policy.dry_run)]
    if view.state.paused:
        cells.append(
            cell("Paused: hctui decides nothing by itself. A move by hand is carried out all the same.")
        )
    if view.state.migration:
        move = view.state.migration.move
        told = f"{move.vm_name} is being migrated to {move.target_name}; until that has ended nothing else is sent."
        cells.append(cell(told, Tone.NOTICE))
    if back_to:
        cells.append(_undo(picture, vm_id, back_to))
    if so_far := samples_so_far(picture, *view.snapshot.nodes):
        cells.append(cell(f"CPU is the mean of {so_far}: the window is not full yet.", Tone.DIM))
    return tuple(cells)


def _switches(*, dry_run: bool) -> Cell:
    if dry_run:
        return joined(
            cell("DRY RUN: ", Tone.GOOD),
            cell("nothing is sent to the cluster; the move is only imagined, and counted in from then on."),
        )
    return joined(
        cell("LIVE: ", Tone.WARNING), cell("Enter on a node asks once more; after a yes the VM is migrated.")
    )


def _undo(picture: Picture, vm_id: VmId, back_to: NodeId) -> Cell:
    arrival = picture.view.state.ledger.arrivals.get(vm_id)
    node = picture.snapshot.nodes.get(back_to) if picture.snapshot else None
    if node is None:
        return cell("Undo: the node that it came from is no longer in the cluster.", Tone.WARNING)
    moved = f"moved from there at {clock(arrival.at)}" if arrival else "moved from there"
    if picture.view.policy.dry_run:
        moved = f"in imagination {moved}"
    return cell(f"Undo: the cursor is on {node.name}. The VM was {moved}.", Tone.ACCENT)


def detail(option: Option | None) -> Cell:
    """The verdict on the node under the cursor, whole."""
    if option is None:
        return EMPTY
    return joined(cell(f"{option.node_name}  ", Tone.STRONG), targets.verdict(option))


def refusal(option: Option) -> str:
    """Why nothing is moved there."""
    return f"Not moved: {option.hard[-1].sentence}"


def waits(option: Option) -> frozenset[Check]:
    """The waits that a person is asked to override."""
    return frozenset(verdict.check for verdict in option.soft)


def question(picture: Picture, move: Move, option: Option, glyphs: Glyphs) -> tuple[str, str, str]:
    """Title, text and the label of the answer that does it, for the question before a move."""
    dry_run = picture.view.policy.dry_run
    route = f"{move.vm_name} ({gib(move.mem_bytes)}) from {move.source_name} to {move.target_name}"
    what = (
        f"DRY RUN: nothing is sent. hctui only imagines that it moved {route}, and decides by that from then on."
        if dry_run
        else f"LIVE: hctui asks the cluster to migrate {route}, once everything has been checked again on fresh data."
    )
    paragraphs = [what, f"On {move.target_name}: {targets.effect_of(picture, move.vm_id, option, glyphs)}."]
    if proposal := picture.view.state.proposal:
        paragraphs.append(f"Proposal {proposal.id} is withdrawn by that.")
    if option.soft:
        paragraphs.append(f"You override this: {_sentences(option.soft)}")
    return "Move by hand", "\n\n".join(map(visible, paragraphs)), "Imagine it" if dry_run else "Move it"


def _sentences(verdicts: tuple[Verdict, ...]) -> str:
    return " ".join(verdict.sentence for verdict in verdicts)


def overtaken(asked: Move, was: Option, picture: Picture, now_: Option | None, *, dry_run: bool) -> str:
    """Why a yes no longer counts, since things have changed while the question was open; empty if they have not.

    Args:
        asked: the move that the question was about.
        was: the option as the question had it.
        picture: what is so now.
        now_: the option now; `None` if VM or node are gone.
        dry_run: whether the question was about a dry run.
    """
    move = targets.move(picture, asked.vm_id, now_) if now_ else None
    if now_ is None or move is None:
        return f"{asked.vm_name} or {asked.target_name} is no longer there. Nothing was sent."
    if picture.view.policy.dry_run is not dry_run:
        return "Dry run was switched while the question was open. Nothing was sent."
    if move.source != asked.source:
        return f"{asked.vm_name} is no longer on {asked.source_name}. Nothing was sent."
    if not now_.allowed:
        return refusal(now_)
    more = [verdict for verdict in now_.soft if verdict.check not in waits(was)]
    return f"Nothing was sent, for this has come up meanwhile: {_sentences(tuple(more))}" if more else ""
