"""The VM table: its columns, how it is sorted and filtered, and the cells of one VM. Pure.

Order and filter look at all VMs and are plain numbers and words; cells are made for the rows that are seen only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hctui.core.model import Vm, VmId
from hctui.core.restraint import vm_cooldown_seconds
from hctui.core.wording import gib
from hctui.tui.cell import Align, Cell, Tone, cell, joined
from hctui.tui.columns import Column
from hctui.tui.format import percent, timer
from hctui.tui.glyphs import Glyphs
from hctui.tui.picture import Picture

VIOLATION, COOLDOWN = "violation", "cooldown"
"""Words of the filter that stand for a state instead of a text."""

SortKey = Callable[[Picture, Vm, float], tuple[bool, float] | str]


@dataclass(frozen=True, slots=True)
class _Field:
    column: Column
    order: SortKey
    descending: bool
    """Which way it is sorted first: loads from the top, names from A."""


def _known(number: float | None) -> tuple[bool, float]:
    """Unknown sorts below every number."""
    return number is not None, number or 0.0


_FIELDS: tuple[_Field, ...] = (
    _Field(
        Column("name", "VM", 14, flex=3),
        lambda picture, vm, now: vm.name.casefold(),
        False,
    ),
    _Field(
        Column("node", "node", 9),
        lambda picture, vm, now: picture.node_name(vm.node_id),
        False,
    ),
    _Field(
        Column("cpu", "CPU", 6, Align.RIGHT),
        lambda picture, vm, now: _known(vm.cpu_percent),
        True,
    ),
    _Field(
        Column("share", "of node", 8, Align.RIGHT),
        lambda picture, vm, now: _known(picture.share_percent(vm)),
        True,
    ),
    _Field(
        Column("ram", "RAM", 8, Align.RIGHT),
        lambda picture, vm, now: _known(vm.mem_bytes),
        True,
    ),
    _Field(
        Column("vcpus", "vCPU", 4, Align.RIGHT, at_least=90),
        lambda picture, vm, now: _known(vm.vcpus),
        True,
    ),
    _Field(
        Column("rules", "rules", 11, at_least=100),
        lambda picture, vm, now: picture.rules(vm) or "\uffff",
        False,
    ),
    _Field(
        Column("cooldown", "cooldown", 8, Align.RIGHT, live=True),
        lambda picture, vm, now: _known(picture.cooldown_seconds(vm.id, now)),
        True,
    ),
    _Field(
        Column("state", "state", 14, flex=8),
        lambda picture, vm, now: picture.vm_state(vm) or "\uffff",
        False,
    ),
)

COLUMNS = tuple(item.column for item in _FIELDS)
_BY_KEY = {item.column.key: item for item in _FIELDS}


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column, and which way."""

    column: str = "cpu"
    descending: bool = True

    def by(self, column: str) -> Sorting:
        """By another column in its usual way, or, if it is this one already, the other way round."""
        if column == self.column:
            return self.reversed()
        return Sorting(column, _BY_KEY[column].descending)

    def reversed(self) -> Sorting:
        """The other way round."""
        return Sorting(self.column, not self.descending)

    def next(self, width: int) -> Sorting:
        """By the next column that a table so wide shows, after the last by the first."""
        keys = [column.key for column in COLUMNS if column.fits(width)]
        at = keys.index(self.column) if self.column in keys else -1
        return self.by(keys[(at + 1) % len(keys)])


def order(picture: Picture, sorting: Sorting, wanted: str, now: float) -> list[VmId]:
    """The VMs that match what is wanted, sorted; equal ones by name and id, so that none ever swaps places idly."""
    if picture.situation is None:
        return []
    terms = wanted.casefold().split()
    vms: Iterable[Vm] = picture.situation.snapshot.vms.values()
    if terms:
        vms = (vm for vm in vms if matches(picture, vm, terms, now))
    by_name = sorted(vms, key=lambda vm: (vm.name.casefold(), vm.id))
    key = _BY_KEY[sorting.column].order
    return [vm.id for vm in sorted(by_name, key=lambda vm: key(picture, vm, now), reverse=sorting.descending)]


def matches(picture: Picture, vm: Vm, terms: Iterable[str], now: float) -> bool:
    """Whether all terms, in lower case, are found: in name, node, tags or state, or as one of the special words."""
    found = _haystack(picture, vm)
    return all(_matches(picture, vm, term, found, now) for term in terms)


def _matches(picture: Picture, vm: Vm, term: str, found: str, now: float) -> bool:
    if term == VIOLATION:
        return vm.id in picture.broken
    if term == COOLDOWN:
        return picture.cooldown_seconds(vm.id, now) > 0
    return term in found


def _haystack(picture: Picture, vm: Vm) -> str:
    snapshot = picture.snapshot
    node = snapshot.nodes.get(vm.node_id) if snapshot and vm.node_id else None
    words = (vm.name, node.name if node else "", " ".join(vm.tags), picture.vm_state(vm), vm.state.lower())
    return "\n".join(words).casefold()


def row(picture: Picture, vm_id: VmId, now: float, glyphs: Glyphs) -> tuple[Cell, ...]:
    """The cells of one VM, one for each column."""
    vm = picture.vm(vm_id)
    if vm is None:
        return tuple(cell() for _ in COLUMNS)
    here, imagined = picture.placement(vm)
    node = (
        joined(cell(here, Tone.DIM), cell(f"{glyphs.arrow}{imagined}", Tone.ACCENT))
        if imagined
        else cell(here)
    )
    quiet = Tone.PLAIN if vm.is_placed else Tone.DIM
    return (
        cell(vm.name, quiet),
        node,
        cell(percent(vm.cpu_percent if vm.is_placed else None), quiet),
        cell(percent(picture.share_percent(vm)), quiet),
        cell(gib(vm.mem_bytes), quiet),
        cell(str(vm.vcpus), quiet),
        cell(picture.rules(vm), Tone.DIM),
        cooldown(picture, vm_id, now),
        cell(picture.vm_state(vm), _state_tone(picture, vm)),
    )


def cooldown(picture: Picture, vm_id: VmId, now: float) -> Cell:
    """The running timer of a VM's cooldown; empty when it has none."""
    left = picture.cooldown_seconds(vm_id, now)
    return cell(timer(left) if left > 0 else "", Tone.NOTICE)


def cooling(picture: Picture, now: float) -> list[VmId]:
    """The VMs whose timers run."""
    arrivals = picture.view.state.ledger.arrivals
    # One second more, so that a timer that has just ended is wiped.
    ledger, policy = picture.view.state.ledger, picture.view.policy
    return [
        vm_id
        for vm_id, arrival in arrivals.items()
        if now - arrival.at <= vm_cooldown_seconds(ledger, vm_id, policy) + 1
    ]


def _state_tone(picture: Picture, vm: Vm) -> Tone:
    if vm.id in picture.broken:
        return Tone.BAD
    return Tone.ACCENT if vm.is_placed else Tone.DIM
