"""Recordings: samples in a file of their own, names replaced by numbers, to attach to a report or to replay elsewhere.

A gzip file of JSON lines: what it is, then inventories and samples in their order. No name, address or id of the
cluster is in it: VMs and nodes are numbered, and of the tags only those that are rules are kept, with the numbers in
them. Times are as recorded, since windows go by them. Reading is bounded, for the file may be anybody's.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from hctui.core.errors import HctuiError
from hctui.core.model import NativeAffinity, Node, NodeId, Vm, VmId
from hctui.core.rules import ANTI_PREFIX, NOMOVE_TAG, PIN_PREFIX, WITH_PREFIX
from hctui.journal.encoding import Figures, Inventory
from hctui.journal.export import write_new
from hctui.journal.samples import StoredSample, WholeSample

VERSION = 1

MOST_LINE_BYTES = 64 * 1024**2
MOST_BYTES = 4 * 1024**3
"""So long a line, and all of it unpacked, may be: several times a month of the largest cluster."""


class RecordingError(HctuiError):
    """The file is no recording, or a damaged one."""

    title = "The recording cannot be read"


class _Head(msgspec.Struct, tag="hctui recording", frozen=True):
    """The first line."""

    version: int


class _Had(msgspec.Struct, tag="inventory", frozen=True):
    """What there was from here on."""

    inventory: Inventory


class _Took(msgspec.Struct, tag="sample", frozen=True):
    """What was measured."""

    at: float
    figures: Figures


_Line = _Head | _Had | _Took
_encode = msgspec.json.Encoder().encode
_line_of: msgspec.json.Decoder[_Line] = msgspec.json.Decoder(_Line)


def write_recording(samples: Iterable[WholeSample], path: Path) -> int:
    """Write a new file that only its owner may read; returns the number of samples.

    Raises:
        ExportError: the file cannot be written, or there is one of that name, which stays as it is.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    parts, count = [packer.compress(_encode(_Head(VERSION)) + b"\n")], 0
    numbers, had = _Numbers(), None
    for at, inventory, figures in samples:
        if inventory is not had:
            had = inventory
            parts.append(packer.compress(_encode(_Had(numbers.without_names(inventory))) + b"\n"))
        parts.append(packer.compress(_encode(_Took(at, figures)) + b"\n"))
        count += 1
    parts.append(packer.flush())
    write_new(path, b"".join(parts))
    return count


def read_recording(path: Path) -> Iterator[WholeSample]:
    """The samples of a recording, in their order.

    Raises:
        RecordingError: it cannot be read; says in which line.
    """
    inventory: Inventory | None = None
    for number, line in enumerate(_lines(path), 1):
        try:
            message = _line_of.decode(line)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise RecordingError(f"{path}, line {number}: {error}.") from None
        if (number == 1) is not isinstance(message, _Head):
            raise RecordingError(f"{path}, line {number}: that is no recording of hctui.")
        match message:
            case _Head(version) if version != VERSION:
                raise RecordingError(f"{path} has version {version}; this hctui knows version {VERSION}.")
            case _Had(there):
                inventory = there
            case _Took(at, figures):
                yield _sample(path, number, at, inventory, figures)


def _sample(path: Path, number: int, at: float, inventory: Inventory | None, figures: Figures) -> WholeSample:
    lengths = len(figures.node_cpu_hundredths), len(figures.node_mem_used_mib), len(figures.vm_cpu_hundredths)
    there = (len(inventory.nodes), len(inventory.nodes), len(inventory.vms)) if inventory else None
    if inventory is None or lengths != there:
        raise RecordingError(f"{path}, line {number}: the sample does not belong to the inventory before it.")
    return StoredSample(at, inventory, figures)


def _lines(path: Path) -> Iterator[bytes]:
    read = 0
    try:
        with gzip.open(path) as file:
            while line := file.readline(MOST_LINE_BYTES + 1):
                read += len(line)
                if len(line) > MOST_LINE_BYTES or read > MOST_BYTES:
                    raise RecordingError(f"{path} is larger than any recording.")
                yield line
    except (OSError, EOFError, zlib.error) as error:
        raise RecordingError(f"{path}: {error}.") from None


class _Numbers:
    """Numbers in place of names and ids, the same for the same one throughout."""

    def __init__(self) -> None:
        """Nothing has been numbered yet."""
        self._vms: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._nodes: dict[str, int] = {}

    def without_names(self, inventory: Inventory) -> Inventory:
        """The inventory with numbers."""
        for vm in inventory.vms:
            self._names.setdefault(vm.name, len(self._names) + 1)
        nodes = tuple(self._node(node) for node in inventory.nodes)
        return Inventory(nodes, tuple(self._vm(vm) for vm in inventory.vms))

    def _node_id(self, node_id: NodeId) -> NodeId:
        return NodeId(f"n{self._nodes.setdefault(node_id, len(self._nodes) + 1)}")

    def _node(self, node: Node) -> Node:
        """Of the address only the last number is kept, which pins name."""
        new = self._node_id(node.id)
        address = f"192.0.2.{node.last_octet}" if node.last_octet is not None else ""
        return replace(node, id=new, name=f"node-{new[1:]}", lan_ip=address)

    def _vm(self, vm: Vm) -> Vm:
        wish = vm.affinity
        return replace(
            vm,
            id=VmId(f"v{self._vms.setdefault(vm.id, len(self._vms) + 1)}"),
            name=f"vm-{self._names[vm.name]}",
            node_id=None if vm.node_id is None else self._node_id(vm.node_id),
            tags=tuple(tag for each in vm.tags if (tag := self._tag(each))),
            affinity=NativeAffinity(
                wish.strict,
                None if wish.preferred is None else self._node_id(wish.preferred),
                None if wish.backup is None else self._node_id(wish.backup),
            ),
        )

    def _tag(self, tag: str) -> str:
        """A rule with the number of what it names; of other tags, which may say anything, nothing."""
        for prefix in (ANTI_PREFIX, WITH_PREFIX):
            if tag.startswith(prefix):
                number = self._names.get(tag.removeprefix(prefix).strip())
                return f"{prefix}{'nobody' if number is None else f'vm-{number}'}"
        is_pin = tag.startswith(PIN_PREFIX) and tag.removeprefix(PIN_PREFIX).isdigit()
        return tag if is_pin or tag == NOMOVE_TAG else ""
