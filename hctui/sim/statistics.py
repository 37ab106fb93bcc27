"""CPU figures of nodes and VMs, measured every ten seconds of cluster time.

A measurement is a function of the moment and of who is where at it, so it does not matter how often somebody
asks or what was measured before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hctui.sim.inventory import SimNode, SimVm
from hctui.sim.noise import unit
from hctui.sim.physics import MIGRATION_COST_PERCENT, node_load
from hctui.sim.world import World

STEP_SECONDS = 10.0
_OVERHEAD_SWING_PERCENT = 1.0


@dataclass(frozen=True, slots=True)
class Statistics:
    """CPU in percent by id: of the node, and of the VM's own vCPUs. VMs that do not run are not listed."""

    step: int
    node_cpu_percent: dict[str, float]
    vm_cpu_percent: dict[str, float]


def step_of(world: World, now: float) -> int:
    """The number of the last measurement at or before `now`."""
    return int((now - world.start) // STEP_SECONDS)


def measure(world: World, step: int, migrations_on: Callable[[str], int]) -> Statistics:
    """Measure the cluster as it stands; `world` must have reached the moment of the step."""
    elapsed = step * STEP_SECONDS
    running: dict[str, list[SimVm]] = {node_id: [] for node_id in world.nodes}
    for vm in world.vms.values():
        if vm.uses_cpu:
            running[vm.node_id].append(vm)
    node_cpu: dict[str, float] = {}
    vm_cpu: dict[str, float] = {}
    for node in world.nodes.values():
        demands = {vm.id: _demand_percent(world, vm, elapsed) for vm in running[node.id]}
        overhead = _overhead_percent(world, node, step) + MIGRATION_COST_PERCENT * migrations_on(node.id)
        load = node_load(node.threads, overhead, [(demands[vm.id], vm.vcpus) for vm in running[node.id]])
        node_cpu[node.id] = load.cpu_percent
        vm_cpu.update((vm_id, percent * load.granted) for vm_id, percent in demands.items())
    return Statistics(step, node_cpu, vm_cpu)


def _demand_percent(world: World, vm: SimVm, elapsed: float) -> float:
    factor = 1.0
    for surge in world.faults.active("load_surge"):
        if fnmatchcase(vm.name, surge.text("vms")):
            factor *= surge.number("factor")
    return vm.demand.percent_at(elapsed, world.seed, vm.id, factor=factor)


def _overhead_percent(world: World, node: SimNode, step: int) -> float:
    return node.overhead_percent + _OVERHEAD_SWING_PERCENT * (
        unit(world.seed, node.id, "overhead", step) - 0.5
    )
