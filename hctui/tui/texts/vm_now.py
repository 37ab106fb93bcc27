"""A VM, explained as it is now: why it is not moved, what speaks against it, and what every node says.

Pure. Unlike a decision, which stops at the first pair that passes, this goes on to every node.
"""

from __future__ import annotations

from collections.abc import Iterator

from hctui.core import checks as core_checks
from hctui.core import explain, order
from hctui.core.decision import Reason
from hctui.core.model import Node, Vm, VmId
from hctui.core.policy import Strategy
from hctui.core.relief import hot_above_percent
from hctui.core.situation import Situation
from hctui.core.wording import count, percent
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.format import called, date_time
from hctui.tui.glyphs import Glyphs
from hctui.tui.paragraph import Paragraph, blank
from hctui.tui.picture import Picture
from hctui.tui.texts.links import to_node
from hctui.tui.texts.verdicts import checks, fact, heading, tried
from hctui.tui.texts.why import answer, rank

_TRIED = "in the order in which it would be tried"
_NAME_WIDTH = 18


def told(picture: Picture, vm_id: VmId, glyphs: Glyphs) -> tuple[Paragraph, ...]:
    """The whole explanation, the answer first; a sentence where there is no such VM."""
    s, vm = picture.situation, picture.vm(vm_id)
    first = Paragraph("answer", cell(answer(picture, vm_id), Tone.STRONG))
    if s is None or vm is None:
        return (first,)
    return (first, blank("facts"), *_facts(picture, s, vm), *_checks(s, vm, glyphs))


def _facts(picture: Picture, s: Situation, vm: Vm) -> Iterator[Paragraph]:
    yield fact("VM", cell(called(vm.name)))
    yield fact("as of", cell(date_time(s.now)))
    yield fact("state", cell(picture.vm_state(vm) or vm.state.lower(), _state_tone(picture, vm)))
    yield fact("rules", cell(picture.rules(vm) or "none"))
    if vm.is_placed:
        yield fact("node", _node(s, vm), link=to_node(vm.node_id) if vm.node_id else "")
    if vm.is_placed and vm.node_id in s.placed:
        yield fact("rank", cell(_rank(s, vm)))
    if s.imagined:
        yield fact("dry run", cell(f"{count(s.imagined, 'imagined move')} counted in", Tone.NOTICE))


def _state_tone(picture: Picture, vm: Vm) -> Tone:
    return Tone.BAD if vm.id in picture.broken else Tone.PLAIN


def _node(s: Situation, vm: Vm) -> Cell:
    mean = s.means.get(vm.node_id) if vm.node_id else None
    upper = hot_above_percent(s.policy)
    if mean is None:
        return cell(f"{s.node_name(vm.node_id)}, mean CPU not known yet")
    hot = mean > upper
    words = f"hot, above {percent(upper)}" if hot else f"not hot, not above {percent(upper)}"
    return joined(
        cell(f"{s.node_name(vm.node_id)}, mean CPU {percent(mean)}: "),
        cell(words, Tone.BAD if hot else Tone.PLAIN),
    )


def _rank(s: Situation, vm: Vm) -> str:
    place, of = rank(s, vm)
    mean = s.window.vm(vm.id).partial_percent
    load = f"mean CPU {percent(mean)} of its own vCPUs" if mean is not None else "CPU not known"
    return f"number {place} of {of} on its node, busiest first ({load})"


def _checks(s: Situation, vm: Vm, glyphs: Glyphs) -> Iterator[Paragraph]:
    row = next(iter(explain.matrix(s, [vm])), None)
    if row is None:
        return
    why = "for load" if row.reason.is_load else f"for the broken rule ({row.reason})"
    verdicts = [check(s, vm) for check in core_checks.VM_CHECKS[s.policy.strategy][row.reason]]
    yield blank("own")
    yield heading("own", f"The VM itself, if it were to move {why}")
    yield from checks("own", verdicts)
    yield blank("nodes")
    held = "" if row.own.ok else ", if the VM itself could go"
    is_weighed = row.reason.is_load and s.policy.strategy is Strategy.BEST_FIT
    order_told = "coolest first; of those that can take it the one worth most" if is_weighed else _TRIED
    yield heading("nodes", f"Every node, {order_told}{held}")
    for node in _in_order(s, vm, row.reason):
        yield Paragraph(
            f"node-{node.id}",
            _on(s, vm, node, row.reason, glyphs),
            cell(node.name),
            indent=2,
            label_width=_NAME_WIDTH,
            link=to_node(node.id),
        )


def _on(s: Situation, vm: Vm, node: Node, reason: Reason, glyphs: Glyphs) -> Cell:
    if node.id == vm.node_id:
        return cell("it is here", Tone.DIM)
    return tried(core_checks.trial(s, vm, node, reason), glyphs, is_chosen=False)


def _in_order(s: Situation, vm: Vm, reason: Reason) -> list[Node]:
    """All nodes, those first that would be tried, its own last."""
    assert vm.node_id is not None  # noqa: S101 - only placed VMs have a row
    tried_first = {
        Reason.LOAD: lambda: order.coolest_first(s, vm.node_id),
        Reason.PIN: lambda: [*order.homes_of(s, vm), *order.emptiest_first(s, vm)],
    }.get(reason, lambda: order.emptiest_first(s, vm))()
    return list({node.id: node for node in (*tried_first, *s.snapshot.nodes.values())}.values())
