"""The matrix of VMs and nodes: which nodes fit beside each other, and in a word or two what stands in the way. Pure.

The checks are the core's; a row is asked for when it comes in sight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len

from hctui.core import explain
from hctui.core.decision import Check, Reason, Verdict
from hctui.core.model import Node, NodeId, VmId
from hctui.core.situation import Situation
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.columns import GAP, Column
from hctui.tui.format import called
from hctui.tui.glyphs import Glyphs
from hctui.tui.lists import vms
from hctui.tui.picture import Picture

NAME, OWN, REASON = (
    Column("name", "VM", 14),
    Column("own", "VM itself", 15),
    Column("reason", "if moved for", 13, at_least=110),
)
WIDEST_NAME = 32
"""A longer name is cut in its row; the sentence below the matrix has it whole."""

NODE_WIDTH, WIDEST_NODE = 10, 20
"""At least a mark and the longest word: `back-off`, `RAM 100 %`. At most what the eye still follows along a row."""

LEGEND = "ok: may go there. Else: the first check that fails. Dimmed: the VM stays."

_WORDS = {
    Check.RUNNING: "not running",
    Check.NOT_BUSY: "has a task",
    Check.SOURCE: "its node",
    Check.NATIVE: "affinity",
    Check.USABLE: "unusable",
    Check.ANTI_AFFINITY: "anti",
    Check.RETURN_BAN: "left it",
}

_FOR_A_WHILE = (Check.USABLE, Check.BACK_OFF, Check.RETURN_BAN)


def order(picture: Picture, rows: explain.Rows, wanted: str, now: float) -> list[VmId]:
    """The VMs that match what is wanted, in the planner's order."""
    terms = wanted.casefold().split()
    if not terms:
        return list(rows.order)
    seen = ((vm_id, picture.vm(vm_id)) for vm_id in rows.order)
    return [vm_id for vm_id, vm in seen if vm and vms.matches(picture, vm, terms, now)]


def in_sight(width: int, nodes: int, at: int, first: int) -> range:
    """Which nodes are shown in a table so wide: as many as fit, the one at the cursor among them."""
    taken = sum(column.width + GAP for column in (NAME, OWN, REASON) if column.fits(width))
    fitting = min(nodes, max(1, (width - taken + GAP) // (NODE_WIDTH + GAP)))
    first = min(max(first, at - fitting + 1), at, nodes - fitting)
    return range(max(0, first), max(0, first) + fitting)


def columns(
    picture: Picture, nodes: Sequence[NodeId], shown: range, at: int, glyphs: Glyphs, width: int
) -> tuple[Column, ...]:
    """The VM, what it says itself, and the nodes in sight, that of the cursor marked.

    In a table so wide, room that is left goes to the names as far as they need it, then to the nodes.
    """
    fixed = sum(column.width + GAP for column in (NAME, OWN, REASON) if column.fits(width))
    spare = max(0, width - fixed + GAP - len(shown) * (NODE_WIDTH + GAP))
    more = min(spare, max(0, _longest_name(picture) - NAME.width))
    node_width = min(WIDEST_NODE, NODE_WIDTH + (spare - more) // len(shown))
    titles = (f"{_mark(i == at, glyphs)}{picture.node_name(nodes[i])}" for i in shown)
    found = (Column(nodes[i], title, node_width) for i, title in zip(shown, titles, strict=True))
    return (replace(NAME, width=NAME.width + more), OWN, *found, REASON)


def _longest_name(picture: Picture) -> int:
    named = picture.snapshot.vms.values() if picture.snapshot else ()
    return min(WIDEST_NAME, max((cell_len(called(vm.name)) for vm in named), default=0))


def row(row: explain.Row, s: Situation, shown: range, at: int | None, glyphs: Glyphs) -> tuple[Cell, ...]:
    """The cells of one VM; `at` is the node of the cursor where that is on this row."""
    nodes = tuple(
        joined(cell(_mark(i == at, glyphs), Tone.STRONG), word(row.cells[i], s, dimmed=not row.own.ok))
        for i in shown
    )
    return (
        cell(called(row.vm_name)),
        own_word(row, s),
        *nodes,
        cell(_reason(row.reason), _reason_tone(row.reason)),
    )


def _mark(is_at: bool, glyphs: Glyphs) -> str:
    return glyphs.pointer if is_at else " "


def _reason(reason: Reason) -> str:
    return "load" if reason is Reason.LOAD else f"{reason}"


def _reason_tone(reason: Reason) -> Tone:
    return Tone.DIM if reason.is_load else Tone.WARNING


def own_word(row: explain.Row, s: Situation) -> Cell:
    """What the checks of the VM itself come to, in a word or two."""
    own = row.own
    if own.ok:
        return cell("ok", Tone.GOOD)
    if own.check is Check.COOLDOWN:
        return cell(f"cooldown {math.ceil((own.value or 0.0) / 60)} min", Tone.NOTICE)
    if own.check is Check.HISTORY:
        return cell(f"history {s.window.vm(row.vm_id).progress}", Tone.NOTICE)
    return cell(_WORDS.get(own.check, str(own.check)), Tone.WARNING)


def word(found: explain.Cell, s: Situation, *, dimmed: bool = False) -> Cell:
    """What the checks of a node come to, in a word or two."""
    if found.verdict is None:
        return cell("here", Tone.STRONG)
    if found.verdict.ok:
        return cell("ok", Tone.DIM if dimmed else Tone.GOOD)
    tone = Tone.WARNING if found.verdict.check in _FOR_A_WHILE else Tone.BAD
    return cell(_failed(found.verdict), Tone.DIM if dimmed else tone)


def _failed(verdict: Verdict) -> str:
    if verdict.check is Check.RAM:
        return f"RAM {_above(verdict)}"
    if verdict.check is Check.TARGET_CPU:
        return "CPU ?" if verdict.value is None else f"CPU {verdict.value:.0f} %"
    return _WORDS.get(verdict.check, str(verdict.check))


def _above(verdict: Verdict) -> str:
    """Above its limit, and never rounded down to it."""
    if verdict.value is None or verdict.limit is None:
        return "?"
    near = round(verdict.value)
    return f"{near if near > verdict.limit else math.ceil(verdict.value)} %"


def sentence(row: explain.Row, at: int, node: Node, glyphs: Glyphs) -> str:
    """The cell under the cursor in full: the VM, the node, and what the check says."""
    found = row.cells[at]
    if found.verdict is None:
        return f"{called(row.vm_name)} is on {node.name}. {_own_sentence(row)}"
    failed = f"no ({found.verdict.check}). {found.verdict.sentence}"
    told = "ok, every check of the node holds." if found.verdict.ok else failed
    route = f"{called(row.vm_name)} {glyphs.arrow} {node.name}"
    if row.own.ok:
        return f"{route}: {told}"
    if (row.own.check, row.own.sentence) == (found.verdict.check, found.verdict.sentence):
        return f"{route}: {told} That also keeps it where it is."
    return f"{route}: {told} {_own_sentence(row)}"


def _own_sentence(row: explain.Row) -> str:
    if row.own.ok:
        return "Nothing about the VM itself keeps it there."
    return f"It stays where it is ({row.own.check}): {row.own.sentence}"
