"""Tags and native affinity, read as placement rules, and what is wrong with them.

The grammar is that of the official balancer scripts: `anti_<VM name>` keeps two VMs apart, in both directions;
`node_<last octet of a node's LAN address>` pins a VM, to any of several if repeated. Two are ours: `with_<VM name>`
keeps two VMs together, in both directions and through others, and `nomove` keeps a VM where it is. Names are compared
exactly. A tag of another tool (`node_exporter`) means nothing here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hctui.core.model import NodeId, Snapshot, Vm, VmId
from hctui.core.wording import some_of

ANTI_PREFIX = "anti_"
PIN_PREFIX = "node_"
WITH_PREFIX = "with_"
NOMOVE_TAG = "nomove"


class Flaw(StrEnum):
    """What can be wrong with a rule."""

    UNKNOWN_NAME = "unknown name"
    OWN_NAME = "own name"
    DUPLICATE_NAME = "duplicate name"
    UNKNOWN_NODE = "unknown node"
    AMBIGUOUS_NODE = "ambiguous node"
    STRICT_WITHOUT_NODE = "strict affinity without a node"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One flaw of one rule, with a sentence for the person who wrote it."""

    flaw: Flaw
    vm_id: VmId
    sentence: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force.

    Attributes:
        rivals: for each VM, those it must not share a node with, whoever of the two carries the tag.
        tagged: (carrier, named) for each `anti_` tag that names an existing other VM.
        mates: for each VM that is kept together with others, all of its group, itself among them.
        homes: for each pinned VM, the nodes it may be on. Pins that name no existing node are not in here.
        nomove: VMs that are never moved automatically.
        problems: what is wrong, in the order of the VMs.
    """

    rivals: Mapping[VmId, tuple[VmId, ...]]
    tagged: frozenset[tuple[VmId, VmId]]
    mates: Mapping[VmId, frozenset[VmId]]
    homes: Mapping[VmId, frozenset[NodeId]]
    nomove: frozenset[VmId]
    problems: tuple[RuleProblem, ...]


def rules_of(snapshot: Snapshot) -> Rules:
    """Read all rules of a snapshot. Cost grows with the number of VMs and tags."""
    reader = _Reader(snapshot)
    for vm in snapshot.vms.values():
        for tag in vm.tags:
            reader.read(vm, tag)
        if vm.affinity.strict and not (vm.affinity.preferred or vm.affinity.backup):
            reader.problem(
                Flaw.STRICT_WITHOUT_NODE,
                vm,
                f"{vm.name} has strict affinity in HyperCore but neither a preferred nor a backup node, "
                "so no target is known to be allowed and it is not moved.",
            )
    return reader.rules()


def _folded(name: str) -> str:
    """What names have in common that a person may have taken for each other."""
    return name.strip().casefold()


class _Reader:
    """Collects rules tag by tag; thrown away once `rules` has been called."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._by_name: dict[str, list[Vm]] = defaultdict(list)
        for vm in snapshot.vms.values():
            self._by_name[vm.name].append(vm)
        self._similar: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self._by_name):
            self._similar[_folded(name)].append(name)
        self._by_octet: dict[int, list[NodeId]] = defaultdict(list)
        for node in snapshot.nodes.values():
            if node.last_octet is not None:
                self._by_octet[node.last_octet].append(node.id)
        self._rivals: dict[VmId, dict[VmId, None]] = defaultdict(dict)
        self._tagged: set[tuple[VmId, VmId]] = set()
        self._groups: dict[VmId, set[VmId]] = {}
        self._homes: dict[VmId, set[NodeId]] = defaultdict(set)
        self._nomove: set[VmId] = set()
        self._problems: list[RuleProblem] = []

    def problem(self, flaw: Flaw, vm: Vm, sentence: str) -> None:
        self._problems.append(RuleProblem(flaw, vm.id, sentence))

    def read(self, vm: Vm, tag: str) -> None:
        if tag.startswith(ANTI_PREFIX):
            for other in self._named(vm, tag, tag.removeprefix(ANTI_PREFIX).strip(), "kept apart from"):
                self._rivals[vm.id][other.id] = None
                self._rivals[other.id][vm.id] = None
                self._tagged.add((vm.id, other.id))
        elif tag.startswith(WITH_PREFIX):
            for other in self._named(vm, tag, tag.removeprefix(WITH_PREFIX).strip(), "kept together with"):
                self._join(vm.id, other.id)
        elif tag.startswith(PIN_PREFIX):
            self._read_pin(vm, tag, tag.removeprefix(PIN_PREFIX))
        elif tag == NOMOVE_TAG:
            self._nomove.add(vm.id)

    def _join(self, one: VmId, other: VmId) -> None:
        """Both groups become one."""
        group = self._groups.setdefault(one, {one}) | self._groups.setdefault(other, {other})
        for vm_id in group:
            self._groups[vm_id] = group

    def _named(self, vm: Vm, tag: str, name: str, bound: str) -> list[Vm]:
        """The other VMs that a tag names; what is wrong with it becomes a problem."""
        named = self._by_name.get(name, [])
        others = [other for other in named if other.id != vm.id]
        if not named:
            self.problem(Flaw.UNKNOWN_NAME, vm, f"{vm.name} has the tag {tag}, but {self._unknown(name)}.")
        elif not others:
            self.problem(
                Flaw.OWN_NAME, vm, f"{vm.name} has the tag {tag}, which names itself; it has no effect."
            )
        elif len(named) > 1:
            whom = "each of them" if len(others) == len(named) else "each of the others"
            self.problem(
                Flaw.DUPLICATE_NAME,
                vm,
                f"{vm.name} has the tag {tag}, but {len(named)} VMs are named {name}; it is {bound} {whom}.",
            )
        return others

    def _unknown(self, name: str) -> str:
        if not name:
            return "it names no VM"
        similar = self._similar.get(_folded(name), [])
        hint = f" (there is {some_of(similar, 'VM')}: case and spaces count)" if similar else ""
        return f"no VM is named {name}{hint}"

    def _read_pin(self, vm: Vm, tag: str, number: str) -> None:
        if not (number.isascii() and number.isdigit()):
            return
        octet = int(number) if len(number) <= 3 else 256
        nodes = self._by_octet.get(octet, []) if octet <= 255 else []
        if not nodes:
            reason = (
                f"no node has a LAN address ending in .{octet}"
                if octet <= 255
                else "an address ends in a number from 0 to 255"
            )
            self.problem(
                Flaw.UNKNOWN_NODE, vm, f"{vm.name} has the tag {tag}, but {reason}; the tag has no effect."
            )
        elif len(nodes) > 1:
            self.problem(
                Flaw.AMBIGUOUS_NODE,
                vm,
                f"{vm.name} has the tag {tag}, but {len(nodes)} nodes have a LAN address ending in .{octet}; "
                "it may be on any of them.",
            )
        self._homes[vm.id].update(nodes)

    def rules(self) -> Rules:
        return Rules(
            rivals={vm_id: tuple(rivals) for vm_id, rivals in self._rivals.items()},
            tagged=frozenset(self._tagged),
            mates={vm_id: frozenset(group) for vm_id, group in self._groups.items()},
            homes={vm_id: frozenset(nodes) for vm_id, nodes in self._homes.items() if nodes},
            nomove=frozenset(self._nomove),
            problems=tuple(self._problems),
        )
