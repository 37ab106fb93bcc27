"""What happens in the cluster when a fault is set or cleared.

Only for those that change the cluster itself. Faults that change answers alone are looked up where the answer is
made, and those that change the course of a migration by `migrations`.
"""

from __future__ import annotations

from contextlib import suppress

from hctui.sim.availability import Availability
from hctui.sim.faults import SetFault
from hctui.sim.inventory import SimNode
from hctui.sim.migrations import Migrations
from hctui.sim.world import PreconditionError, World

_OF_NODES = ("node_offline", "node_unknown", "node_evacuated", "node_disallowed", "node_witness")


class FaultEffects:
    """Carries out what setting or clearing a fault means for nodes and VMs."""

    def __init__(self, world: World, migrations: Migrations, availability: Availability) -> None:
        self._world = world
        self._migrations = migrations
        self._availability = availability

    def changed(self, fault: SetFault, is_set: bool) -> None:
        """To be called after each change."""
        self._world.revision += 1
        if is_set:
            fault.since = self._world.now
        if fault.name in _OF_NODES:
            self._change_node(self._world.nodes[fault.text("node")])
        elif fault.name == "affinity_pull" and is_set:
            for vm in self._world.vms.values():
                self._availability.consider_pull(vm)
        elif fault.name == "foreign_migration" and is_set:
            self._migrate(fault)

    def _change_node(self, node: SimNode) -> None:
        """Bring the node into the state that all faults on it together demand."""
        was_online, allowed, accepted = node.is_online, node.allows_vms, node.accepts_vms
        self._restate(node)
        if was_online != node.is_online:
            node.online_changed = self._world.now
        if was_online and not node.is_online:
            self._availability.fail(node)
        elif allowed and not node.allows_vms:
            self._availability.empty(node)
        elif node.accepts_vms and not accepted:
            self._availability.refill(node)

    def _restate(self, node: SimNode) -> None:
        offline, unknown, evacuated, disallowed, witness = (
            self._world.faults.on(name, node.id) is not None for name in _OF_NODES
        )
        node.network_status = "OFFLINE" if offline else "UNKNOWN" if unknown else "ONLINE"
        node.supports_virtualization = not witness
        node.allows_vms = not (evacuated or disallowed)
        node.desired_disposition = "EVACUATED" if evacuated else "IN"
        if not evacuated:
            node.current_disposition = "IN"

    def _migrate(self, fault: SetFault) -> None:
        """Begin the migration of somebody else, and forget the fault: it has happened."""
        world = self._world
        vm = world.vms[fault.text("vm")]
        node = (
            world.nodes[fault.text("node")] if fault.text("node") else world.roomiest(vm, besides=vm.node_id)
        )
        if node is not None:
            # A VM that is stopped or already on its way cannot be migrated by anybody.
            with suppress(PreconditionError):
                self._migrations.begin(vm, node.id, is_foreign=True)
        world.faults.clear(fault.name, vm=vm.id)
