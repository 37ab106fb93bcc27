"""Changing a VM's description, size, tags and affinity, as PATCH and POST /VirDomain/{uuid} do.

Disks and network interfaces can be given only when a VM is created, so they are accepted and left as they are.
"""

from __future__ import annotations

from msgspec import UNSET

from hctui.sim import wire
from hctui.sim.inventory import Affinity, SimVm
from hctui.sim.tasks import Task
from hctui.sim.world import PreconditionError, World

_SIZES = ("mem", "numVCPU")
_RESIZABLE = ("SHUTOFF", "CRASHED")
_ATTRIBUTES = {
    "name": "name",
    "description": "description",
    "operatingSystem": "operating_system",
    "mem": "memory_bytes",
    "numVCPU": "vcpus",
    "tags": "tags",
    "bootDevices": "boot_devices",
    "snapshotScheduleUUID": "snapshot_schedule_id",
    "machineType": "machine_type",
    "cpuType": "cpu_type",
}


def edit_vm(world: World, vm_id: str, change: wire.VirDomainUpdate, session_id: str) -> Task:
    """Apply what is given of `change`; the task that tells of it is complete at once.

    Raises:
        PreconditionError: no such VM or node, or its size is to change while it is not off.
    """
    vm = world.vms.get(vm_id)
    given = {key: value for key in change.__struct_fields__ if (value := getattr(change, key)) is not UNSET}
    if vm is None or (vm.state not in _RESIZABLE and any(key in given for key in _SIZES)):
        raise PreconditionError(f"cannot change {', '.join(given)} of {vm_id}")
    if change.affinityStrategy is not UNSET:
        _edit_affinity(world, vm, change.affinityStrategy)
    if change.cloudInitData is not UNSET:
        vm.user_data, vm.meta_data = change.cloudInitData.userData, change.cloudInitData.metaData
    for key, attribute in _ATTRIBUTES.items():
        if key in given:
            setattr(vm, attribute, given[key])
    world.revision += 1
    vm.modified = world.now
    task = world.tasks.create(
        world.now, "Update Virtual Machine %@", vm.name, object_id=vm.id, session_id=session_id
    )
    task.complete(world.now)
    vm.latest_task = task
    return task


def _edit_affinity(world: World, vm: SimVm, change: wire.AffinityChange) -> None:
    """Only the keys that are given; the others stay.

    Raises:
        PreconditionError: a node that does not exist.
    """
    old = vm.affinity
    new = Affinity(
        old.strict if change.strictAffinity is UNSET else change.strictAffinity,
        old.preferred if change.preferredNodeUUID is UNSET else change.preferredNodeUUID,
        old.backup if change.backupNodeUUID is UNSET else change.backupNodeUUID,
    )
    for node_id in (new.preferred, new.backup):
        if node_id and node_id not in world.nodes:
            raise PreconditionError(f"there is no node {node_id!r}")
    vm.affinity = new
