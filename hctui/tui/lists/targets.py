"""The table of nodes to which a VM may be moved by hand, each with its verdict. Pure."""

from __future__ import annotations

from dataclasses import replace

from hctui.core.by_hand import Option, options, safety_now
from hctui.core.decision import Move, Reason
from hctui.core.effect import Change, effect
from hctui.core.model import VmId
from hctui.core.planner import move_to
from hctui.core.wording import percent
from hctui.tui.cell import Align, Cell, Tone, cell
from hctui.tui.columns import Column
from hctui.tui.glyphs import Glyphs
from hctui.tui.picture import Picture
from hctui.tui.proposal import change

COLUMNS = (
    Column("node", "node", 15),
    Column("cpu", "CPU mean %", 10, Align.RIGHT),
    Column("ram", "RAM %", 9, Align.RIGHT),
    Column("verdict", "may it go there", 20, flex=1),
)


def order(picture: Picture, vm_id: VmId, now: float) -> dict[str, Option]:
    """Every node as it is for this VM now, by the key of its row; empty where VM or cluster are not known."""
    s, view, vm = picture.situation, picture.view, picture.vm(vm_id)
    if s is None or view.snapshot is None or vm is None:
        return {}
    safety = safety_now(view.state, view.snapshot, view.policy, now)
    # The waits run on between two polls; everything else is as the last one showed it.
    return {option.node_id: option for option in options(replace(s, now=now), safety, vm)}


def move(picture: Picture, vm_id: VmId, option: Option) -> Move | None:
    """The move that an option stands for; `None` where the VM runs nowhere, or VM or node are gone."""
    s, vm = picture.situation, picture.vm(vm_id)
    node = s.snapshot.nodes.get(option.node_id) if s else None
    if s is None or vm is None or node is None or vm.node_id is None:
        return None
    return move_to(s, vm, node, Reason.MANUAL, "")


def figures(picture: Picture, vm_id: VmId, option: Option) -> tuple[Change, Change]:
    """CPU and RAM of the node before and after; of the node the VM is on, without the VM."""
    moved, s = move(picture, vm_id, option), picture.situation
    if s is None:
        return Change(None, None), Change(None, None)
    if moved is None:
        node = s.snapshot.nodes.get(option.node_id)
        return Change(s.means.get(option.node_id), None), Change(node.mem_percent if node else None, None)
    told = effect(s, moved)
    return (told.source_cpu, told.source_ram) if option.is_here else (told.target_cpu, told.target_ram)


def row(picture: Picture, vm_id: VmId, option: Option, glyphs: Glyphs) -> tuple[Cell, ...]:
    """The cells of one node."""
    cpu, ram = figures(picture, vm_id, option)
    return (
        cell(option.node_name, Tone.STRONG if option.allowed else Tone.DIM),
        cell(change(cpu, glyphs)),
        cell(change(ram, glyphs)),
        verdict(option),
    )


def verdict(option: Option) -> Cell:
    """`allowed`, `is here`, or what stands against it, with its numbers."""
    if option.is_here:
        return cell("is here", Tone.DIM)
    if not option.allowed:
        return cell(f"no: {option.hard[-1].sentence}", Tone.BAD)
    if option.soft:
        return cell(f"if you override: {' '.join(wait.sentence for wait in option.soft)}", Tone.NOTICE)
    return cell("allowed", Tone.GOOD)


def told(picture: Picture, vm_id: VmId, option: Option, glyphs: Glyphs) -> str:
    """A row as a line of text, for a copy."""
    return f"{option.node_name}: {effect_of(picture, vm_id, option, glyphs)}, {verdict(option).text}"


def effect_of(picture: Picture, vm_id: VmId, option: Option, glyphs: Glyphs) -> str:
    """`CPU 20 -> 38 %, RAM 20 -> 28 %`, of the node."""
    cpu, ram = figures(picture, vm_id, option)
    return f"CPU {change(cpu, glyphs)} %, RAM {change(ram, glyphs)} %"


def mean_of(picture: Picture, vm_id: VmId) -> str:
    """The CPU of a VM over as much of the window as there is; empty when not known."""
    s = picture.situation
    value = s.window.vm(vm_id).partial_percent if s else None
    return "" if value is None else f"mean CPU {percent(value)}"
