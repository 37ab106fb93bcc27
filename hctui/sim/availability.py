"""What HyperCore does by itself: restart the VMs of a failed node, empty and refill a node, follow affinity.

A simple form of it, one VM after the other. It begins migrations and starts that no client asked for, which is
what it is here for.
"""

from __future__ import annotations

from functools import partial

from hctui.sim.inventory import SimNode, SimVm
from hctui.sim.migrations import Migrations
from hctui.sim.power import Power
from hctui.sim.world import World

_NEXT_SECONDS = 2.0
_RETRY_SECONDS = 60.0


class Availability:
    """HyperCore acting on its own."""

    def __init__(self, world: World, migrations: Migrations, power: Power) -> None:
        self._world = world
        self._migrations = migrations
        self._power = power
        self._displaced: dict[str, str] = {}

    def fail(self, node: SimNode) -> None:
        """The node is gone: its VMs crash, and are restarted elsewhere after a while."""
        world = self._world
        self._migrations.cancel(node.id)
        crashed = [vm for vm in world.vms.values() if vm.node_id == node.id]
        for place, vm in enumerate(crashed):
            vm.set_state("CRASHED", now=world.now)
            vm.node_id, vm.booted = "", 0.0
            world.after(world.settings.restart_after + _NEXT_SECONDS * place, partial(self._restart, vm))

    def _restart(self, vm: SimVm) -> None:
        if vm.ui_state != "CRASHED" or vm.desired != "RUNNING":
            return
        node = self._world.roomiest(vm)
        if node is None:
            self._world.after(_RETRY_SECONDS, partial(self._restart, vm))
        else:
            self._power.start(vm, node.id, "")

    def empty(self, node: SimNode) -> None:
        """Migrate its VMs away, one after the other, and remember where they belong."""
        if node.allows_vms or not node.is_online:
            return
        here = [vm for vm in self._world.vms.values() if vm.node_id == node.id]
        if not here and node.desired_disposition == "EVACUATED":
            node.current_disposition = "EVACUATED"
        if not here:
            return
        under_way = any(vm.ui_state == "MIGRATING" for vm in here)
        began = under_way or self._send_one(here, node)
        self._world.after(_NEXT_SECONDS if began else _RETRY_SECONDS, partial(self.empty, node))

    def _send_one(self, here: list[SimVm], node: SimNode) -> bool:
        for vm in here:
            target = self._world.roomiest(vm, besides=node.id)
            if vm.ui_state == "RUNNING" and target is not None:
                self._displaced.setdefault(vm.id, node.id)
                self._migrations.begin(vm, target.id, is_foreign=True)
                return True
        return False

    def refill(self, node: SimNode) -> None:
        """Bring back, one after the other, what `empty` sent away."""
        if not node.accepts_vms:
            return
        arriving = any(vm.incoming_id == node.id for vm in self._world.vms.values())
        away = [self._world.vms[vm_id] for vm_id, home in self._displaced.items() if home == node.id]
        if away and not arriving:
            self._bring_back(away[0], node)
        if away:
            self._world.after(_NEXT_SECONDS, partial(self.refill, node))

    def _bring_back(self, vm: SimVm, node: SimNode) -> None:
        """Leave a busy VM for later; forget one that has been stopped or is back already."""
        if vm.ui_state == "MIGRATING":
            return
        del self._displaced[vm.id]
        if vm.ui_state == "RUNNING":
            self._migrations.begin(vm, node.id, is_foreign=True)

    def consider_pull(self, vm: SimVm) -> None:
        """A VM came to a node that it does not prefer: take it back after a while, if that is set."""
        for pull in self._world.faults.active("affinity_pull"):
            if vm.affinity.preferred not in ("", vm.node_id):
                self._world.after(pull.number("seconds"), partial(self._pull, vm))

    def _pull(self, vm: SimVm) -> None:
        is_away = vm.affinity.preferred not in ("", vm.node_id) and vm.ui_state == "RUNNING"
        if is_away and "affinity_pull" in self._world.faults:
            self._migrations.begin(vm, vm.affinity.preferred, is_foreign=True)
