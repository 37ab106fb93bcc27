"""All there is to know about a node, as facts with their names. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from hctui.core.model import Node, NodeId
from hctui.core.relief import hot_above_percent, takes_below_percent
from hctui.core.situation import Situation
from hctui.core.wording import count, percent
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.format import gib
from hctui.tui.glyphs import Glyphs
from hctui.tui.lists.nodes import ratio
from hctui.tui.paragraph import Paragraph
from hctui.tui.picture import Picture
from hctui.tui.spark import gauge, spark
from hctui.tui.texts.verdicts import fact

GONE = "The cluster does not report this node, or no longer."

_GAUGE_WIDTH = 20


def told(picture: Picture, node_id: NodeId, glyphs: Glyphs) -> tuple[Paragraph, ...]:
    """The facts of a node; in a dry run with what is imagined counted in. A sentence where there is no such node."""
    s = picture.situation
    node = s.snapshot.nodes.get(node_id) if s else None
    if s is None or node is None:
        return (Paragraph("gone", cell(GONE, Tone.WARNING)), fact("id", cell(node_id)))
    return tuple(_facts(picture, s, node, glyphs))


def _facts(picture: Picture, s: Situation, node: Node, glyphs: Glyphs) -> Iterator[Paragraph]:
    yield fact("name", cell(node.name, Tone.STRONG))
    yield fact("id", cell(node.id))
    yield fact("state", _state(s, node))
    yield fact("membership", cell(f"{node.status.lower()}; {node.membership}"))
    yield fact("CPU", _cpu(s, node, glyphs))
    yield fact("history", _history(s, node, glyphs))
    yield fact("RAM", _ram(s, node, glyphs))
    placed = s.placed[node.id]
    vcpus = [vm.vcpus for vm in placed]
    yield fact("threads", cell("not known" if node.threads is None else str(node.threads)))
    yield fact("vCPUs", cell(f"{sum(vcpus)} of its VMs; {ratio(node, vcpus)} for each thread"))
    if s.imagined:
        yield fact("dry run", cell(_imagined(picture, node), Tone.NOTICE))


def _state(s: Situation, node: Node) -> Cell:
    usable, mean = s.usable[node.id], s.means[node.id]
    if not usable.ok:
        return cell(f"takes no part in balancing: {usable.sentence}", Tone.WARNING)
    if mean is None:
        return cell(
            f"takes part once its history is full: {s.readings[node.id].progress} samples", Tone.NOTICE
        )
    upper, lower = hot_above_percent(s.policy), takes_below_percent(s.policy)
    if mean > upper:
        return cell(f"hot: mean CPU above {percent(upper)}", Tone.BAD)
    if mean < lower:
        return cell(f"may take VMs: mean CPU below {percent(lower)}", Tone.GOOD)
    return cell(f"takes no VMs for load: mean CPU not below {percent(lower)}, and not above {percent(upper)}")


def _cpu(s: Situation, node: Node, glyphs: Glyphs) -> Cell:
    mean, policy = s.means[node.id], s.policy
    last = "not known" if node.cpu_percent is None else percent(node.cpu_percent)
    over = "not known yet" if mean is None else percent(mean)
    bar = gauge(mean, _GAUGE_WIDTH, takes_below_percent(policy), hot_above_percent(policy), glyphs)
    return joined(bar, cell(f"  mean over the window {over}; last {last}"))


def _history(s: Situation, node: Node, glyphs: Glyphs) -> Cell:
    samples = [sample.nodes.get(node.id) for sample in s.window.samples]
    policy = s.policy
    line = spark(samples, s.window.expected, takes_below_percent(policy), hot_above_percent(policy), glyphs)
    return joined(line, cell(f"  {s.readings[node.id].progress} samples"))


def _ram(s: Situation, node: Node, glyphs: Glyphs) -> Cell:
    used, limit = s.mem_used_bytes[node.id], s.policy.ram_limit_percent
    if not node.mem_bytes or used is None:
        known = f"{gib(node.mem_bytes)} installed" if node.mem_bytes else "not known how much is installed"
        return cell(f"{'use not known' if used is None else f'{gib(used)} in use'}; {known}")
    share = 100.0 * used / node.mem_bytes
    bar = gauge(share, _GAUGE_WIDTH, limit, limit, glyphs)
    told = f"  {percent(share)}: {gib(used)} of {gib(node.mem_bytes)}; a target stays within {percent(limit)}"
    return joined(bar, cell(told, Tone.BAD if share > limit else Tone.PLAIN))


def _imagined(picture: Picture, node: Node) -> str:
    imagination = picture.view.state.imagination
    moves = imagination.moves.values() if imagination else ()
    came, left = (
        sum(move.target == node.id for move in moves),
        sum(move.source == node.id for move in moves),
    )
    return f"{count(came, 'VM')} imagined to have come, {left} to have left; the figures count that in"
