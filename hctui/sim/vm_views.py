"""VMs and tasks as the API shows them.

Reads the cluster and changes nothing. What no part of the simulation needs (network addresses, disk traffic) is
derived here from the VM's id, the moment and its CPU.
"""

from __future__ import annotations

from msgspec import UNSET

from hctui.sim import wire
from hctui.sim.cluster import Cluster
from hctui.sim.inventory import SimVm
from hctui.sim.noise import identifier, unit
from hctui.sim.statistics import STEP_SECONDS
from hctui.sim.tasks import Task

NO_TASK = wire.TaskTagStatus()
_FIRST_CONSOLE_PORT = 5900
_CONSOLE_PORTS = 1000
_DECAY_SECONDS = 15
_READ_BYTES, _WRITE_BYTES = 24_576, 12_288
_KEYWORDS = {"scale-7.2": "bios", "scale-8.10": "uefi"}


def task_view(task: Task | None, now: float) -> wire.TaskTagStatus:
    """A task, or the empty one."""
    if task is None:
        return NO_TASK
    return wire.TaskTagStatus(
        taskTag=task.tag,
        progressPercent=task.progress_percent(now),
        state=task.state,
        formattedDescription=task.description,
        descriptionParameters=task.parameters,
        formattedMessage=task.message,
        messageParameters=task.message_parameters,
        objectUUID=task.object_id,
        created=int(task.created),
        modified=int(now) if task.state == "RUNNING" else int(task.modified),
        completed=int(task.completed),
        sessionID=task.session_id,
        nodeUUIDs=task.node_ids,
    )


def vm_view(cluster: Cluster, vm: SimVm) -> wire.VirDomain:
    """A VM, as the faults that are set let it appear."""
    node = cluster.nodes.get(vm.node_id)
    is_null = cluster.faults.on("tags_null", vm.id) is not None
    port = _FIRST_CONSOLE_PORT + int(_CONSOLE_PORTS * unit(vm.id, "console"))
    return wire.VirDomain(
        uuid=vm.id,
        nodeUUID=vm.node_id,
        name=shown_name(cluster, vm),
        description=vm.description,
        operatingSystem=vm.operating_system,
        state=vm.state,
        desiredDisposition=vm.desired,
        console=wire.VirDomainConsole(type="VNC", ip=node.lan_ip if node else "", port=port),
        mem=vm.memory_bytes,
        numVCPU=vm.vcpus,
        blockDevs=(_disk_view(vm),),
        netDevs=(_interface_view(vm),),
        deprecated_stats=_old_statistics(cluster, vm),
        created=int(vm.created),
        modified=int(vm.modified),
        latestTaskTag=task_view(vm.latest_task, cluster.now),
        tags=None if is_null else _shown_tags(cluster, vm),
        bootDevices=vm.boot_devices or (_disk_id(vm),),
        uiState=vm.ui_state,
        snapUUIDs=(),
        snapshotSerialNumber=0,
        replicationUUIDs=(replication_id(vm),) if vm.replicated else (),
        sourceVirDomainUUID="",
        snapshotListSerialNumber=0,
        snapshotScheduleUUID=vm.snapshot_schedule_id,
        machineType=vm.machine_type,
        cpuType=vm.cpu_type,
        snapshotAllocationBlocks=0,
        guestAgentState="AVAILABLE" if vm.state == "RUNNING" else "UNAVAILABLE",
        lastSeenRunningOnNodeUUID=vm.last_node_id,
        affinityStrategy=wire.VirDomainAffinityStrategy(
            strictAffinity=vm.affinity.strict,
            preferredNodeUUID=vm.affinity.preferred,
            backupNodeUUID=vm.affinity.backup,
        ),
        vsdUUIDsToDelete=(),
        cloudInitData=wire.CloudInitData(userData=vm.user_data, metaData=vm.meta_data),
        initialCloneSnapshotUUID="",
        machineTypeKeyword=_KEYWORDS.get(vm.machine_type, "tpm"),
    )


def stats_view(cluster: Cluster, vm: SimVm) -> wire.VirDomainStats:
    """Statistics of a VM; all zero while it does not run."""
    percent = cluster.statistics.vm_cpu_percent.get(vm.id, 0.0)
    busy = percent * vm.vcpus
    swing = 0.5 + unit(cluster.world.seed, vm.id, "traffic", cluster.statistics.step)
    reads, writes = int(60 * busy * swing), int(140 * busy * swing)
    rate = wire.IOPerformanceRate(
        decaySeconds=_DECAY_SECONDS,
        millireadsPerSecond=reads,
        milliwritesPerSecond=writes,
        readKibibytesPerSecond=reads * _READ_BYTES // 1_024_000,
        writeKibibytesPerSecond=writes * _WRITE_BYTES // 1_024_000,
        meanReadSizeBytes=_READ_BYTES if reads else 0,
        meanWriteSizeBytes=_WRITE_BYTES if writes else 0,
        meanReadLatencyMicroseconds=int(300 + 200 * swing) if reads else 0,
        meanWriteLatencyMicroseconds=int(600 + 400 * swing) if writes else 0,
    )
    is_missing = cluster.faults.on("vm_cpu_missing", vm.id) is not None
    return wire.VirDomainStats(
        uuid=vm.id,
        vsdStats=(wire.VSDStats(uuid=_disk_id(vm), rates=(rate,)),),
        cpuUsage=UNSET if is_missing else percent,
        rxBitRate=int(9_000 * busy * swing),
        txBitRate=int(21_000 * busy * swing),
    )


def shown_name(cluster: Cluster, vm: SimVm) -> str:
    """The VM's name, or another's where a fault says so."""
    duplicate = cluster.faults.on("duplicate_name", vm.id)
    return cluster.vms[duplicate.text("like")].name if duplicate else vm.name


def replication_id(vm: SimVm) -> str:
    """The id of the VM's replication."""
    return identifier(vm.id, "replication")


def _shown_tags(cluster: Cluster, vm: SimVm) -> str:
    if cluster.faults.on("own_name_tag", vm.id) is None:
        return vm.tags
    return ",".join(filter(None, (vm.tags, f"anti_{shown_name(cluster, vm)}")))


def _disk_id(vm: SimVm) -> str:
    return identifier(vm.id, "disk")


def _disk_view(vm: SimVm) -> wire.VirDomainBlockDevice:
    disk_id = _disk_id(vm)
    return wire.VirDomainBlockDevice(
        uuid=disk_id,
        virDomainUUID=vm.id,
        type="VIRTIO_DISK",
        cacheMode="WRITETHROUGH",
        capacity=vm.disk_bytes,
        allocation=vm.disk_bytes // 3,
        physical=vm.disk_bytes // 3,
        shareUUID=identifier(vm.id, "share"),
        path=f"scribe/{disk_id}",
        slot=0,
        name="",
        disableSnapshotting=False,
        tieringPriorityFactor=8,
        mountPoints=(),
        createdTimestamp=int(vm.created),
        readOnly=False,
    )


def _interface_view(vm: SimVm) -> wire.VirDomainNetDevice:
    number = int(unit(vm.id, "mac") * 2**24)
    address = ":".join(f"{byte:02X}" for byte in number.to_bytes(3, "big"))
    return wire.VirDomainNetDevice(
        uuid=identifier(vm.id, "interface"),
        virDomainUUID=vm.id,
        type="VIRTIO",
        macAddress=f"7C:4C:58:{address}",
        vlan=0,
        connected=True,
        ipv4Addresses=(f"10.20.{number >> 8 & 255}.{1 + number % 254}",) if vm.state == "RUNNING" else (),
    )


def _old_statistics(cluster: Cluster, vm: SimVm) -> tuple[wire.StatsDatum, ...]:
    hundredths = int(100 * cluster.statistics.vm_cpu_percent.get(vm.id, 0.0))
    measured_at = cluster.world.start + cluster.statistics.step * STEP_SECONDS
    uptime_seconds = max(0, int(measured_at - vm.booted)) if vm.booted else 0
    return (
        wire.StatsDatum(type="VIR_DOMAIN_CPU", currentValue=hundredths, maxValue=10_000),
        wire.StatsDatum(
            type="VIR_DOMAIN_MEM_CURRENT", currentValue=vm.memory_bytes, maxValue=vm.memory_bytes
        ),
        wire.StatsDatum(type="VIR_DOMAIN_UPTIME", currentValue=uptime_seconds, maxValue=uptime_seconds),
    )
