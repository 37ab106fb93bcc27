"""What the parts of the simulation share: nodes, VMs, tasks, the agenda, and the time that has been reached.

Holds and answers questions of where things are; changes nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hctui.sim.agenda import Agenda
from hctui.sim.audit import Audit
from hctui.sim.fault_table import Kind, Value
from hctui.sim.faults import FaultError, Faults
from hctui.sim.inventory import SimNode, SimVm
from hctui.sim.scenario import ClusterSpec
from hctui.sim.tasks import Tasks


class PreconditionError(Exception):
    """A request the cluster refuses at once, as a failed precondition; the text is for our own tests only."""


@dataclass(slots=True)
class World:
    """The state of the cluster at `now` (Unix seconds). `revision` grows whenever anything may have changed."""

    settings: ClusterSpec
    seed: int
    start: float
    nodes: dict[str, SimNode]
    vms: dict[str, SimVm]
    faults: Faults
    now: float
    agenda: Agenda = field(default_factory=Agenda)
    tasks: Tasks = field(default_factory=Tasks)
    audit: Audit = field(default_factory=Audit)
    revision: int = 0

    def after(self, seconds: float, happening: Callable[[], None]) -> None:
        """Let something happen so many seconds from now."""
        self.agenda.enter(self.now + seconds, happening)

    def memory_used(self, node: SimNode) -> int:
        """Bytes taken by the node's system and by every VM that holds RAM there."""
        return node.system_bytes + sum(vm.memory_bytes for vm in self.vms.values() if vm.occupies(node.id))

    def fits(self, vm: SimVm, node: SimNode) -> bool:
        """Whether the node has physical RAM for the VM."""
        return self.memory_used(node) + vm.memory_bytes <= node.memory_bytes

    def roomiest(self, vm: SimVm, *, besides: str = "") -> SimNode | None:
        """The node with the most free RAM that may take the VM; its preferred nodes come first."""
        able = [
            node
            for node in self.nodes.values()
            if node.id != besides
            and node.accepts_vms
            and vm.affinity.permits(node.id)
            and self.fits(vm, node)
        ]
        wishes = [vm.affinity.preferred, vm.affinity.backup]
        rank = {node_id: place for place, node_id in reversed(list(enumerate(wishes)))}
        return min(
            able,
            key=lambda node: (rank.get(node.id, len(wishes)), self.memory_used(node) - node.memory_bytes),
            default=None,
        )

    def resolve(self, kind: Kind, value: Value) -> Value:
        """The id of the node or VM that a fault's parameter names; other parameters unchanged.

        Raises:
            FaultError: there is none such.
        """
        if kind is Kind.NODE:
            return self._node_id(str(value))
        if kind is Kind.VM:
            return self._vm_id(str(value))
        return value

    def _node_id(self, named: str) -> str:
        for node in self.nodes.values():
            if named in (node.id, node.lan_ip, str(node.octet)):
                return node.id
        raise FaultError(
            f"there is no node {named}; the nodes are {', '.join(n.lan_ip for n in self.nodes.values())}"
        )

    def _vm_id(self, named: str) -> str:
        for vm in self.vms.values():
            if named in (vm.id, vm.name):
                return vm.id
        raise FaultError(f"there is no VM {named!r}")
