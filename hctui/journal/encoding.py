"""The compact forms in which samples, decisions and the state are stored: values to bytes, and back.

A sample is taken every few seconds for months, so it is split: what seldom changes (which nodes and VMs there are,
where they run, their RAM, tags and states) is an `Inventory` that many samples share; what changes every time is
a few hundred small numbers in the order of that inventory. Knows no SQL.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from hctui.core.decision import Closed, Decision, Move, Reason, Verdict
from hctui.core.history import Sample
from hctui.core.model import Node, NodeId, Snapshot, Vm, VmId
from hctui.core.state import State

MIB = 1024**2

UNREADABLE = (msgspec.MsgspecError, zlib.error, ValueError)
"""What the functions that read raise for bytes that are not what they should be."""

UNWRITABLE = (OverflowError, ValueError)
"""What the functions that write raise for a number or text that has no place in a file."""

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Inventory:
    """Nodes and VMs by ascending id, without their measurements and tasks."""

    nodes: tuple[Node, ...]
    vms: tuple[Vm, ...]


class Figures(msgspec.Struct, frozen=True, array_like=True):
    """The measurements of one sample, in the order of its inventory; `None` is unknown.

    CPU is in hundredths of a percent: whole numbers of one to three bytes where a float takes nine.
    """

    node_cpu_hundredths: tuple[int | None, ...]
    node_mem_used_mib: tuple[int | None, ...]
    vm_cpu_hundredths: tuple[int | None, ...]


class NodeTold(msgspec.Struct, frozen=True):
    """What a report or a chart tells of a node."""

    id: NodeId
    name: str
    mem_bytes: int | None


class NodesTold(msgspec.Struct, frozen=True):
    """The nodes of an inventory; quicker to read than the whole of it."""

    nodes: tuple[NodeTold, ...]


class NodeFigures(msgspec.Struct, frozen=True, array_like=True):
    """The first two of `Figures`, as they are stored; quicker to read than all of them."""

    node_cpu_hundredths: tuple[int | None, ...]
    node_mem_used_mib: tuple[int | None, ...]


class FindingTold(msgspec.Struct, frozen=True):
    """What a report tells of a finding. Its candidates and its move are not looked into, only for presence."""

    reason: Reason
    headline: str
    sentence: str
    vm_ids: tuple[VmId, ...]
    candidates: tuple[msgspec.Raw, ...]
    move: msgspec.Raw

    @property
    def has_move(self) -> bool:
        """Whether a way out was found."""
        return bytes(self.move) != b"null"

    @property
    def is_stuck(self) -> bool:
        """Whether there is no way out, as far as anybody looked."""
        return not self.has_move and not self.is_deferred

    @property
    def is_deferred(self) -> bool:
        """Whether nobody looked for a way out, since it waits for its turn. Load never does: if it is told, it is up.

        Load without a candidate has no way out: no VM there could go, or there is no node cool enough.
        """
        return not self.candidates and not self.has_move and not self.reason.is_load


class Conclusions(msgspec.Struct, frozen=True):
    """The part of a decision that a report tells; quicker to read than the whole of it."""

    safety: tuple[Verdict, ...]
    findings: tuple[FindingTold, ...]
    move: Move | None
    closed: Closed | None = None


_to_msgpack = msgspec.msgpack.Encoder().encode
_to_json = msgspec.json.Encoder().encode
_inventory_of = msgspec.msgpack.Decoder(Inventory).decode
_figures_of = msgspec.msgpack.Decoder(Figures).decode
_nodes_of = msgspec.msgpack.Decoder(NodesTold).decode
_node_figures_of = msgspec.msgpack.Decoder(NodeFigures).decode
_decision_of = msgspec.json.Decoder(Decision).decode
_conclusions_of = msgspec.json.Decoder(Conclusions).decode
_state_of = msgspec.json.Decoder(State).decode


def split(snapshot: Snapshot) -> tuple[Inventory, Figures]:
    """A snapshot as its two halves. Tasks, alerts and the update status are left out."""
    nodes = sorted(snapshot.nodes.values(), key=lambda node: node.id)
    vms = sorted(snapshot.vms.values(), key=lambda vm: vm.id)
    inventory = Inventory(
        tuple(replace(node, cpu_percent=None, mem_used_bytes=None, mem_system_bytes=None) for node in nodes),
        tuple(replace(vm, cpu_percent=None, task=None) for vm in vms),
    )
    figures = Figures(
        tuple(_hundredths(node.cpu_percent) for node in nodes),
        tuple(None if node.mem_used_bytes is None else round(node.mem_used_bytes / MIB) for node in nodes),
        tuple(_hundredths(vm.cpu_percent) for vm in vms),
    )
    return inventory, figures


def joined(at: float, inventory: Inventory, figures: Figures) -> Sample:
    """A sample as the core remembers it. `ValueError` if the halves do not belong together."""
    return Sample(
        at,
        _percents((node.id for node in inventory.nodes), figures.node_cpu_hundredths),
        _percents((vm.id for vm in inventory.vms), figures.vm_cpu_hundredths),
        {vm.id: vm.node_id for vm in inventory.vms if vm.node_id is not None and vm.is_placed},
    )


def node_readings(
    told: NodesTold, figures: NodeFigures
) -> Iterator[tuple[NodeTold, float | None, float | None]]:
    """Each node with its CPU percent and RAM percent. `ValueError` if the two do not belong together."""
    for node, cpu, used_mib in zip(
        told.nodes, figures.node_cpu_hundredths, figures.node_mem_used_mib, strict=True
    ):
        mem = None if used_mib is None or not node.mem_bytes else 100.0 * used_mib * MIB / node.mem_bytes
        yield node, None if cpu is None else cpu / 100, mem


def write_inventory(inventory: Inventory) -> tuple[bytes, bytes]:
    """The digest by which equal inventories are found, and the content, not yet deflated."""
    content = _to_msgpack(inventory)
    return hashlib.sha256(content).digest(), content


def deflated(content: bytes) -> bytes:
    """Made small; undone by every function that reads."""
    return zlib.compress(content, 9)


def read_inventory(body: bytes) -> Inventory:
    """What `write_inventory` and `deflated` made."""
    return _inventory_of(zlib.decompress(body))


def read_nodes(body: bytes) -> NodesTold:
    """Part of what `write_inventory` and `deflated` made."""
    return _nodes_of(zlib.decompress(body))


def write_figures(figures: Figures) -> bytes:
    """About 2.5 bytes for each VM."""
    return deflated(_to_msgpack(figures))


def read_figures(body: bytes) -> Figures:
    """What `write_figures` made."""
    return _figures_of(zlib.decompress(body))


def read_node_figures(body: bytes) -> NodeFigures:
    """Part of what `write_figures` made."""
    return _node_figures_of(zlib.decompress(body))


def write_decision(decision: Decision) -> bytes:
    """The whole decision, readable with any tool that knows JSON and zlib."""
    return deflated(_to_json(decision))


def read_decision(body: bytes) -> Decision:
    """What `write_decision` made."""
    return _decision_of(zlib.decompress(body))


def read_conclusions(body: bytes) -> Conclusions:
    """Part of what `write_decision` made."""
    return _conclusions_of(zlib.decompress(body))


def write_state(state: State) -> str:
    """The state without its samples, which have a form of their own."""
    return _to_json(replace(state, samples=())).decode()


def read_state(body: str) -> State:
    """What `write_state` made."""
    return _state_of(body)


def _hundredths(percent: float | None) -> int | None:
    return None if percent is None else round(percent * 100)


def _percents(ids: Iterable[_Key], hundredths: Iterable[int | None]) -> dict[_Key, float]:
    return {key: cpu / 100 for key, cpu in zip(ids, hundredths, strict=True) if cpu is not None}
