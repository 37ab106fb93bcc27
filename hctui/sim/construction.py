"""From a scenario to the nodes and VMs it describes, at the start of cluster time.

What a scenario leaves open (ids, the CPU of each VM of a group, the phase of a wave) follows from its name and
the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hctui.sim.demand import Demand
from hctui.sim.inventory import Affinity, Gpu, SimNode, SimVm, VmDisposition
from hctui.sim.noise import between, identifier
from hctui.sim.scenario import GroupSpec, Scenario, ScenarioError, VmSpec

_NOISE_OF_BASE, _WAVE_OF_BASE, _BURST_OF_BASE = 0.08, 0.10, 0.25
_AGE_SECONDS = (30 * 86_400.0, 700 * 86_400.0)
_UPTIME_SECONDS = (86_400.0, 30 * 86_400.0)
_DESIRED: dict[str, VmDisposition] = {
    "RUNNING": "RUNNING",
    "PAUSED": "PAUSED",
    "SHUTOFF": "SHUTOFF",
    "CRASHED": "RUNNING",
}


def build_nodes(scenario: Scenario, seed: int) -> dict[str, SimNode]:
    """The nodes by id, in the order of the scenario."""
    specs = [spec for spec in scenario.nodes for _ in range(spec.count)]
    nodes: dict[str, SimNode] = {}
    for peer_id, (octet, spec) in enumerate(zip(scenario.octets, specs, strict=True), start=1):
        node_id = identifier(scenario.name, seed, "node", octet)
        nodes[node_id] = SimNode(
            id=node_id,
            octet=octet,
            lan_ip=f"127.0.0.{octet}",
            backplane_ip=f"10.100.7.{octet}",
            peer_id=peer_id,
            threads=spec.threads,
            sockets=spec.sockets,
            clock_hertz=int(spec.clock_gigahertz * 1e9),
            memory_bytes=int(spec.memory),
            system_bytes=int(spec.system_memory),
            overhead_percent=spec.overhead,
            gpus=tuple(
                Gpu(identifier(node_id, "gpu", index), gpu.profile, gpu.instances)
                for index, gpu in enumerate(spec.gpus)
            ),
        )
    return nodes


def build_vms(scenario: Scenario, seed: int, nodes: dict[str, SimNode], start: float) -> dict[str, SimVm]:
    """The VMs by id: those named one by one first, then the groups.

    Raises:
        ScenarioError: a node has not the RAM for the VMs that are to run on it.
    """
    ids = {node.octet: node.id for node in nodes.values()}
    vms: dict[str, SimVm] = {}
    for index, spec in enumerate((*scenario.vms, *_grouped(scenario, seed))):
        vm = _build_vm(spec, (scenario.name, seed, index, spec.name), ids, start)
        vms[vm.id] = vm
    for node in nodes.values():
        used = node.system_bytes + sum(vm.memory_bytes for vm in vms.values() if vm.node_id == node.id)
        if used > node.memory_bytes:
            raise ScenarioError(
                f"{scenario.name}: the VMs on node {node.octet} and its system take {used / 2**30:.1f} GiB of RAM; "
                f"it has {node.memory_bytes / 2**30:.1f} GiB"
            )
    return vms


def _grouped(scenario: Scenario, seed: int) -> Iterator[VmSpec]:
    """Each VM of each group, as if it had been described alone."""
    for group in scenario.groups:
        octets = group.nodes or scenario.octets
        for index in range(group.count):
            name = group.name.format(group.first + index)
            yield VmSpec(
                name=name,
                node=octets[index % len(octets)],
                vcpus=group.vcpus[index % len(group.vcpus)],
                memory=group.memory[index % len(group.memory)],
                cpu=between(*group.cpu, scenario.name, seed, "cpu", name),
                **_traits(group),
            )


def _traits(group: GroupSpec) -> dict[str, Any]:
    own = {"name", "count", "first", "nodes", "vcpus", "memory", "cpu"}
    return {key: getattr(group, key) for key in group.__struct_fields__ if key not in own}


def _build_vm(spec: VmSpec, key: tuple[object, ...], ids: dict[int, str], start: float) -> SimVm:
    vm_id = identifier("vm", *key)
    node_id = ids[spec.node]
    is_placed = spec.state in ("RUNNING", "PAUSED")
    return SimVm(
        id=vm_id,
        name=spec.name,
        vcpus=spec.vcpus,
        memory_bytes=int(spec.memory),
        demand=_demand(spec, key),
        created=start - between(*_AGE_SECONDS, "age", *key),
        modified=start - between(*_UPTIME_SECONDS, "modified", *key),
        booted=start - between(*_UPTIME_SECONDS, "uptime", *key) if is_placed else 0.0,
        state=spec.state,
        ui_state=spec.state,
        desired=_DESIRED[spec.state],
        node_id=node_id if is_placed else "",
        last_node_id=node_id,
        tags=",".join(spec.tags),
        affinity=Affinity(spec.strict, *(ids.get(octet or 0, "") for octet in (spec.preferred, spec.backup))),
        description=spec.description,
        operating_system=spec.os,
        replicated=spec.replicated,
        disk_bytes=int(spec.disk),
    )


def _demand(spec: VmSpec, key: tuple[object, ...]) -> Demand:
    drawn_peak = between(0.0, spec.wave_period, "wave", *key)
    return Demand(
        base_percent=spec.cpu,
        wave_percent=spec.cpu * _WAVE_OF_BASE if spec.wave is None else spec.wave,
        wave_period_seconds=spec.wave_period,
        wave_peak_seconds=drawn_peak if spec.wave_peak is None else spec.wave_peak,
        noise_percent=spec.cpu * _NOISE_OF_BASE if spec.noise is None else spec.noise,
        burst_percent=spec.cpu * _BURST_OF_BASE if spec.burst is None else spec.burst,
        bursts_per_hour=spec.bursts_per_hour,
    )
