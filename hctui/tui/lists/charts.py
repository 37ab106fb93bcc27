"""What the charts show, and the words and rows beside them. Pure: what was read from the journal goes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from hctui.core.model import NodeId, VmId
from hctui.core.policy import Policy
from hctui.core.relief import hot_above_percent, takes_below_percent
from hctui.core.wording import gib
from hctui.engine.queries import MigrationTold, NodeSeries, VmSeries
from hctui.tui.cell import Align, Cell, Tone, cell, joined
from hctui.tui.columns import Column
from hctui.tui.drawing import LETTERS, Curve, Drawing, Mark, Threshold
from hctui.tui.format import clock, percent
from hctui.tui.picture import Picture

SPANS: tuple[tuple[float, str], ...] = (
    (900.0, "15 min"),
    (3600.0, "1 h"),
    (14400.0, "4 h"),
    (43200.0, "12 h"),
    (86400.0, "24 h"),
)
"""The times that can be shown, in seconds and in words."""

CPU, RAM = "CPU", "RAM"

MOST_MIGRATIONS = 500
"""Of more migrations than this only the latest are read, and the page says so."""

NODE_COLUMNS = (
    Column("letter", "", 1),
    Column("node", "node", 15, flex=1, widest=44),
    Column("cpu", "CPU now", 7, Align.RIGHT),
    Column("cpu_mean", "mean", 6, Align.RIGHT),
    Column("cpu_most", "highest", 7, Align.RIGHT),
    Column("ram", "RAM now", 9, Align.RIGHT),
    Column("ram_mean", "mean", 6, Align.RIGHT),
    Column("ram_most", "highest", 7, Align.RIGHT),
)
VM_COLUMNS = (
    Column("letter", "", 1),
    Column("vm", "VM", 15, flex=1, widest=44),
    Column("cpu", "CPU now", 7, Align.RIGHT),
    Column("cpu_mean", "mean", 6, Align.RIGHT),
    Column("cpu_most", "highest", 7, Align.RIGHT),
    Column("ram", "RAM", 9, Align.RIGHT),
    Column("node", "node", 15),
)
_Item = TypeVar("_Item")

_TONES = (Tone.GOOD, Tone.WARNING, Tone.ACCENT, Tone.NOTICE, Tone.STRONG, Tone.DIM)


@dataclass(frozen=True, slots=True)
class Scope:
    """Of what: one VM, one node, or all nodes if neither is given."""

    node_id: NodeId | None = None
    vm_id: VmId | None = None

    def next(self, picture: Picture) -> Scope:
        """The next VM after a VM, by name; else the next node, and after the last all of them."""
        snapshot = picture.snapshot
        if snapshot is None:
            return self
        if self.vm_id is not None:
            vms = sorted(snapshot.vms.values(), key=lambda vm: (vm.name.casefold(), vm.id))
            vm_ids = [vm.id for vm in vms]
            return Scope(vm_id=_after(vm_ids, self.vm_id)) if vm_ids else self
        nodes = [None, *(node.id for node in sorted(snapshot.nodes.values(), key=lambda node: node.name))]
        return Scope(node_id=_after(nodes, self.node_id))

    def words(self, picture: Picture, past: Past | None) -> str:
        """What is shown, by name; also of a VM or node that is gone."""
        if self.vm_id is not None:
            vm = picture.real_vm(self.vm_id)
            then = past.vm.name if past and past.vm else ""
            return f"VM {vm.name if vm else then or self.vm_id}{'' if vm else ', which is no longer there'}"
        if self.node_id is not None:
            node = picture.snapshot.nodes.get(self.node_id) if picture.snapshot else None
            names = [series.name for series in past.nodes if series.node_id == self.node_id] if past else []
            name = node.name if node else next(iter(names), self.node_id)
            return f"node {name}{'' if node else ', which is no longer there'}"
        return "all nodes"


def _after(items: list[_Item], item: _Item) -> _Item:
    return items[(items.index(item) + 1) % len(items)] if item in items else items[0]


@dataclass(frozen=True, slots=True)
class Past:
    """What the journal told of a time (Unix seconds): nodes or one VM, and migrations, the latest first.

    `span` is the length of that time in words.
    """

    span: str
    since: float
    until: float
    nodes: tuple[NodeSeries, ...] = ()
    vm: VmSeries | None = None
    migrations: tuple[MigrationTold, ...] = ()


def drawing(past: Past, scope: Scope, figure: str, policy: Policy, marks: tuple[Mark, ...]) -> Drawing:
    """The chart of one figure, `CPU` or `RAM`."""
    limits = thresholds(scope, figure, policy)
    return Drawing(past.since, past.until, _curves(past, scope, figure), limits, marks)


def _curves(past: Past, scope: Scope, figure: str) -> tuple[Curve, ...]:
    if past.vm is not None:
        return (Curve(LETTERS[0], _TONES[0], past.vm.at, past.vm.cpu_percent),)
    return tuple(
        Curve(letter, tone, one.at, one.cpu_percent if figure == CPU else one.mem_percent)
        for letter, tone, one in _lettered(past, scope)
    )


def _lettered(past: Past, scope: Scope) -> list[tuple[str, Tone, NodeSeries]]:
    """Each node that is shown, with letter and tone: the same in every view."""
    return [
        (LETTERS[index % len(LETTERS)], _TONES[index % len(_TONES)], one)
        for index, one in enumerate(past.nodes)
        if scope.node_id in (None, one.node_id)
    ]


def thresholds(scope: Scope, figure: str, policy: Policy) -> tuple[Threshold, ...]:
    """Of a VM there are none: they are loads of nodes."""
    if scope.vm_id is not None:
        return ()
    if figure == RAM:
        return (Threshold(policy.ram_limit_percent, Tone.BAD),)
    return (
        Threshold(hot_above_percent(policy), Tone.BAD),
        Threshold(takes_below_percent(policy), Tone.DIM),
    )


def caption(scope: Scope, figure: str, policy: Policy) -> Cell:
    """What a chart shows, and what its horizontal lines mean."""
    if scope.vm_id is not None:
        return _captioned(CPU, "percent of its own vCPUs")
    if figure == RAM:
        return _captioned(RAM, f"no move fills a node above {policy.ram_limit_percent:g} %")
    return _captioned(
        CPU, f"hot above {hot_above_percent(policy):g} %, takes VMs below {takes_below_percent(policy):g} %"
    )


def _captioned(figure: str, words: str) -> Cell:
    return joined(cell(f" {figure}", Tone.STRONG), cell(f"  {words}", Tone.DIM))


def heading(picture: Picture, scope: Scope, past: Past | None, span: str) -> Cell:
    """Of what, and of which time."""
    name = cell(f" {scope.words(picture, past)}", Tone.STRONG)
    words = f"  the last {past.span if past else span}"
    if past is not None:
        words += f", {clock(past.since)} to {clock(past.until)}"
        if len(past.migrations) == MOST_MIGRATIONS:
            words += f"; only the latest {MOST_MIGRATIONS} migrations"
    return joined(name, cell(words, Tone.DIM))


def nothing(scope: Scope, span: str) -> str:
    """What is said where nothing was recorded."""
    what = (
        "this VM" if scope.vm_id is not None else "this node" if scope.node_id is not None else "the cluster"
    )
    return f"Nothing was recorded of {what} in the last {span}. A longer time may show more."


# The list of curves


def line_rows(past: Past, scope: Scope) -> dict[str, tuple[Cell, ...]]:
    """The rows that say what the letters mean, by key: one for each curve."""
    if past.vm is not None:
        return {past.vm.vm_id: _vm_row(past.vm)}
    return {
        one.node_id: (
            cell(letter, tone),
            cell(one.name, Tone.STRONG),
            *_figures(one.cpu_percent),
            *_figures(one.mem_percent),
        )
        for letter, tone, one in _lettered(past, scope)
    }


def _vm_row(vm: VmSeries) -> tuple[Cell, ...]:
    node = vm.placements[-1].node_name if vm.placements else None
    return (
        cell(LETTERS[0], _TONES[0]),
        cell(vm.name, Tone.STRONG),
        *_figures(vm.cpu_percent),
        cell(gib(vm.mem_bytes)),
        cell(node or "not running"),
    )


def _figures(values: tuple[float | None, ...]) -> tuple[Cell, Cell, Cell]:
    """The latest, the mean and the highest. The latest is unknown if the newest two are: the last may just begin."""
    known = [value for value in values if value is not None]
    latest = next((value for value in reversed(values[-2:]) if value is not None), None)
    mean = sum(known) / len(known) if known else None
    return cell(percent(latest)), cell(percent(mean)), cell(percent(max(known, default=None)))
