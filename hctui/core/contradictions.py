"""Rules that cannot all be kept, wherever VMs run: found and told before anything moves.

Looks at rules, nodes and sizes, and not at where VMs are now. What it does not find may still have no way out; a
finding of `repair` then says what stands in the way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from hctui.core.model import Node, NodeId, Snapshot, Vm, VmId
from hctui.core.policy import Policy
from hctui.core.rules import Flaw, RuleProblem, Rules
from hctui.core.situation import Situation, usability
from hctui.core.wording import count, gib, listing, some_of


def contradictions(snapshot: Snapshot, rules: Rules, policy: Policy) -> tuple[RuleProblem, ...]:
    """Every contradiction, each with a sentence, under the VM that it is told of."""
    nodes = [node for node in snapshot.nodes.values() if usability(node, policy).ok]
    view = _View(snapshot, rules, policy, {node.id: node for node in nodes})
    found = (*_both_ways(view), *_pinned_to_one(view), *_too_many(view), *_groups(view))
    return tuple(RuleProblem(Flaw.CONTRADICTION, vm_id, told) for vm_id, told, _ in found)


def about(s: Situation, vm_ids: Collection[VmId]) -> list[str]:
    """The contradictions that one of these VMs is part of, in sentences."""
    if not s.contradictory:
        nodes = {node.id: node for node in s.snapshot.nodes.values() if s.usable[node.id].ok}
        view = _View(s.snapshot, s.rules, s.policy, nodes)
        found = (*_both_ways(view), *_pinned_to_one(view), *_too_many(view), *_groups(view))
        s.contradictory.extend((involved, told) for _, told, involved in found)
        s.contradictory.append((frozenset(), ""))  # looked for, even if nothing was found
    return [told for involved, told in s.contradictory if not involved.isdisjoint(vm_ids)]


@dataclass(frozen=True, slots=True)
class _View:
    """What all of it looks at; `nodes` are those that may have VMs."""

    snapshot: Snapshot
    rules: Rules
    policy: Policy
    nodes: dict[NodeId, Node]

    def vm(self, vm_id: VmId) -> Vm:
        return self.snapshot.vms[vm_id]

    def names(self, vm_ids: Collection[VmId]) -> str:
        return some_of(sorted(self.vm(vm_id).name for vm_id in vm_ids), "VM")

    def homes(self, vm_id: VmId) -> frozenset[NodeId]:
        """The nodes a VM may be on by its pins."""
        return self.rules.homes.get(vm_id, frozenset(self.nodes))


_Found = tuple[VmId, str, frozenset[VmId]]


def _both_ways(view: _View) -> Iterator[_Found]:
    """Two VMs that are to be kept together and apart."""
    for one, rivals in view.rules.rivals.items():
        for other in rivals:
            if one < other and other in view.rules.mates.get(one, ()):
                pair = frozenset((one, other))
                yield (
                    one,
                    f"{view.names(pair)} are to be kept together and apart at once, which no placement can do.",
                    pair,
                )


def _pinned_to_one(view: _View) -> Iterator[_Found]:
    """Two VMs that are to be kept apart, and belong on one and the same node only."""
    for one, rivals in view.rules.rivals.items():
        home = view.rules.homes.get(one)
        if home is None or len(home) > 1:
            continue
        for other in rivals:
            if one < other and view.rules.homes.get(other) == home:
                pair = frozenset((one, other))
                name = view.snapshot.nodes[next(iter(home))].name
                yield (
                    one,
                    f"{view.names(pair)} are to be kept apart and are both pinned to {name}: no placement can do that.",
                    pair,
                )


def _too_many(view: _View) -> Iterator[_Found]:
    """More VMs that are all to be kept apart from each other than there are nodes."""
    told: set[frozenset[VmId]] = set()
    for one, rivals in view.rules.rivals.items():
        if len(rivals) < len(view.nodes) or not view.vm(one).is_placed:
            continue
        clique = {one}
        for other in rivals:
            mutual = view.rules.rivals.get(other, ())
            if view.vm(other).is_placed and all(each in mutual for each in clique):
                clique.add(other)
        if len(clique) > len(view.nodes) and frozenset(clique) not in told:
            told.add(frozenset(clique))
            yield (
                one,
                f"{count(len(clique), 'VM')} are all to be kept apart from each other ({view.names(clique)}), and only "
                f"{count(len(view.nodes), 'node')} can have VMs: some of them must share one.",
                frozenset(clique),
            )


def _groups(view: _View) -> Iterator[_Found]:
    """Groups that no node can take: by their pins, or by their size."""
    told: set[frozenset[VmId]] = set()
    for one, group in view.rules.mates.items():
        if group in told:
            continue
        told.add(group)
        homes = frozenset(view.nodes)
        for vm_id in group:
            homes &= view.homes(vm_id)
        if not homes and view.nodes:
            pins = [
                f"{view.vm(vm_id).name} to {listing(sorted(view.snapshot.nodes[n].name for n in view.homes(vm_id)))}"
                for vm_id in sorted(group)
                if vm_id in view.rules.homes
            ]
            told_pins = listing(pins[:3])
            yield (
                one,
                f"{view.names(group)} are to be kept together, but their pins share no node that can have VMs: "
                f"{told_pins}.",
                group,
            )
            continue
        size = sum(view.vm(vm_id).mem_bytes for vm_id in group if view.vm(vm_id).is_placed)
        room = max((_room_bytes(view, view.nodes[node_id]) for node_id in homes), default=0.0)
        if view.nodes and size > room:
            yield (
                one,
                f"{view.names(group)} are to be kept together and take {gib(size)}, and no node they may be on has "
                f"more than {gib(room)} for VMs.",
                group,
            )


def _room_bytes(view: _View, node: Node) -> float:
    """RAM that an empty node has for VMs, within the limit."""
    return (node.mem_bytes or 0) * view.policy.ram_limit_percent / 100.0 - (node.mem_system_bytes or 0)
