"""The cluster, its nodes, drives, graphics cards, accounts and replications as the API shows them.

Reads the cluster and changes nothing.
"""

from __future__ import annotations

from msgspec import UNSET

from hctui.sim import wire
from hctui.sim.cluster import Cluster
from hctui.sim.inventory import SimNode, SimVm
from hctui.sim.noise import identifier, unit
from hctui.sim.permissions import ROLES
from hctui.sim.vm_views import NO_TASK, replication_id, vm_view

_SLOTS = 4
_DRIVE_BYTES = 960_197_124_096
_DRIVE_OVERHEAD_BYTES = 271_933_440
_SCRIBE = "scribe"


def cluster_view(cluster: Cluster) -> wire.Cluster:
    """The cluster itself."""
    settings = cluster.scenario.cluster
    return wire.Cluster(
        uuid=cluster.id,
        filesystemID=f"hc-{cluster.id[:4]}",
        clusterName=settings.name,
        icosVersion=settings.version,
        latestTaskTag=NO_TASK,
        brand="scale",
        isRESTAPIEnabled=True,
    )


def node_view(cluster: Cluster, node: SimNode) -> wire.Node:
    """A node. One that is offline, or whose figure a fault withholds, has no `cpuUsage`."""
    used_bytes = cluster.world.memory_used(node)
    is_silent = not node.is_online or cluster.faults.on("node_cpu_missing", node.id) is not None
    return wire.Node(
        uuid=node.id,
        backplaneIP=node.backplane_ip,
        lanIP=node.lan_ip,
        configState=4,
        activeVersion=27,
        capacity=_SLOTS * _DRIVE_BYTES,
        drives=tuple(drive_view(node, slot) for slot in range(_SLOTS)),
        vips=(),
        memSize=node.memory_bytes,
        numCPUs=node.sockets,
        CPUhz=node.clock_hertz,
        numNUMANodes=node.sockets,
        numSockets=node.sockets,
        numCores=max(1, node.threads // 2),
        numThreads=node.threads,
        networkStatus=node.network_status,
        supportsVirtualization=node.supports_virtualization,
        virtualizationOnline=node.virtualization_online,
        pairedNodeUUID="",
        scribeInstanceName=f"{_SCRIBE}-{node.peer_id}",
        peerID=node.peer_id,
        numSlots=_SLOTS,
        systemMemUsageBytes=node.system_bytes,
        memUsagePercentage=100.0 * used_bytes / node.memory_bytes,
        gpus=gpu_views(cluster, node),
        currentDisposition=node.current_disposition,
        desiredDisposition=node.desired_disposition,
        cpuUsage=UNSET if is_silent else cluster.statistics.node_cpu_percent[node.id],
        totalMemUsageBytes=used_bytes,
        allowRunningVMs=node.allows_vms,
    )


def drive_view(node: SimNode, slot: int) -> wire.Drive:
    """The drive in one of the node's slots."""
    drive_id = identifier(node.id, "drive", slot)
    used_bytes = int(_DRIVE_BYTES * (0.25 + 0.2 * unit(drive_id, "used")))
    disk = wire.FileSystemDisk(
        fsName=_SCRIBE,
        driveUUID=drive_id,
        availability="AVAILABLE",
        state="ACTIVE",
        isReachable=node.is_online,
        capacityBytes=_DRIVE_BYTES - _DRIVE_OVERHEAD_BYTES,
        usedBytes=used_bytes,
    )
    return wire.Drive(
        uuid=drive_id,
        slot=slot,
        serialNumber=f"SIM{drive_id[:8].upper()}",
        type="SSD",
        nodeUUID=node.id,
        desiredDisposition="IN",
        currentDisposition="IN",
        capacityBytes=_DRIVE_BYTES,
        usedBytes=used_bytes,
        disks={_SCRIBE: disk},
        isHealthy=True,
        reallocatedSectors=0,
        errorCount=0,
        blockDevicePath=f"/dev/sd{'abcd'[slot]}",
        hasTemperature=True,
        temperature=28 + int(8 * unit(drive_id, "temperature")),
        hasMaxTemperature=False,
        maxTemperature=0,
        hasTemperatureThreshold=True,
        temperatureThreshold=70,
    )


def drive_views(cluster: Cluster) -> list[wire.Drive]:
    """Every drive of every node."""
    return [drive_view(node, slot) for node in cluster.nodes.values() for slot in range(_SLOTS)]


def gpu_views(cluster: Cluster, node: SimNode) -> tuple[wire.GPU, ...]:
    """The node's graphics cards; a VM tagged with a card's profile takes one instance on the node it runs on."""
    tags = [tag for vm in cluster.vms.values() if vm.node_id == node.id for tag in vm.tags.split(",")]
    return tuple(
        wire.GPU(
            uuid=gpu.id,
            nodeUUID=node.id,
            profile=wire.GPUProfile(name=gpu.profile, maxInstances=gpu.max_instances),
            availableInstances=max(0, gpu.max_instances - tags.count(gpu.profile)),
        )
        for gpu in node.gpus
    )


def all_gpu_views(cluster: Cluster) -> list[wire.GPU]:
    """Every graphics card of every node."""
    return [gpu for node in cluster.nodes.values() for gpu in gpu_views(cluster, node)]


def gpu_profile_views(cluster: Cluster) -> list[wire.GPUProfile]:
    """Every profile that any card offers, once."""
    profiles = {gpu.profile: gpu.max_instances for node in cluster.nodes.values() for gpu in node.gpus}
    return [wire.GPUProfile(name=name, maxInstances=instances) for name, instances in profiles.items()]


def user_views(cluster: Cluster) -> list[wire.User]:
    """The accounts, without their passwords."""
    return [
        wire.User(
            uuid=identifier(cluster.id, "user", account.username),
            username=account.username,
            password="",
            fullName=account.username.title(),
            roleUUIDs=tuple(_role_id(cluster, role) for role in account.roles),
            sessionLimit=account.session_limit,
        )
        for account in cluster.access.accounts.values()
    ]


def role_views(cluster: Cluster) -> list[wire.Role]:
    """The roles, with the operations that each permits."""
    return [
        wire.Role(
            uuid=_role_id(cluster, name),
            name=name,
            description=name,
            permissions=tuple(wire.Permission(functionName=operation) for operation in sorted(operations)),
            oidcName="",
        )
        for name, operations in ROLES.items()
    ]


def update_views(cluster: Cluster) -> list[wire.IcosUpdate]:
    """The version on offer, if the scenario names one."""
    version = cluster.scenario.cluster.available_update
    if not version:
        return []
    major, minor, revision, build = map(int, version.split("."))
    return [
        wire.IcosUpdate(
            uuid=version,
            description=f"HyperCore {version}",
            changeLog="",
            buildID=build,
            majorVersion=major,
            minorVersion=minor,
            revision=revision,
            timestamp=int(cluster.world.start),
        )
    ]


def connection_views(cluster: Cluster) -> list[wire.RemoteClusterConnection]:
    """The connection over which VMs are replicated, if any are."""
    if not _replicated(cluster):
        return []
    remote_id = identifier(cluster.id, "remote")
    return [
        wire.RemoteClusterConnection(
            uuid=_connection_id(cluster),
            label="disaster recovery",
            authInfo=wire.RemoteClusterAuthInfo(
                ipAddress="10.99.0.11",
                sessionID="",
                username="",
                password="",
                associatedConnectionUUID="",
                connectionTimeoutSeconds=30,
            ),
            connectionStatus="ESTABLISHED",
            remoteClusterInfo=wire.Cluster(
                uuid=remote_id,
                filesystemID=f"hc-{remote_id[:4]}",
                clusterName="recovery",
                icosVersion=cluster.scenario.cluster.version,
                latestTaskTag=NO_TASK,
                brand="scale",
                isRESTAPIEnabled=True,
            ),
            remoteNodeIPs=("10.99.0.11",),
            securePorts=(),
            secureMappings=(),
            remoteNodeConnectionStates=("AVAILABLE",),
            compression=True,
            remoteNodeUUIDs=(identifier(remote_id, "node"),),
            createOptions=wire.RemoteClusterConnectionCreateOptions(),
        )
    ]


def replication_views(cluster: Cluster) -> list[wire.VirDomainReplication]:
    """One for each replicated VM, all up to date."""
    return [
        wire.VirDomainReplication(
            uuid=replication_id(vm),
            sourceDomainUUID=vm.id,
            targetDomainUUID=identifier(vm.id, "replica"),
            connectionUUID=_connection_id(cluster),
            enable=True,
            label="",
            deprecated_sourceVSDInitialSerialNumber=0,
            progress=wire.VirDomainReplicationProgress(
                valid=1,
                snapshotFrom=_snapshot_view(cluster, vm, 1),
                snapshotTo=_snapshot_view(cluster, vm, 2),
                blockCountDiff=0,
                blockCountSent=0,
                percentComplete=100,
            ),
        )
        for vm in _replicated(cluster)
    ]


def _snapshot_view(cluster: Cluster, vm: SimVm, number: int) -> wire.VirDomainSnapshot:
    timestamp = int(cluster.world.start) - 3600 + 600 * number
    return wire.VirDomainSnapshot(
        uuid=identifier(vm.id, "snapshot", number),
        domainUUID=vm.id,
        timestamp=timestamp,
        label="",
        domain=vm_view(cluster, vm),
        deviceSnapshots=(),
        unavailable=False,
        type="AUTOMATED",
        blockCountDiff=0,
        automatedTriggerTimestamp=timestamp,
        localRetainUntilTimestamp=0,
        state="CREATED",
        quiesced=False,
        remoteRetainUntilTimestamp=0,
    )


def _replicated(cluster: Cluster) -> list[SimVm]:
    return [vm for vm in cluster.vms.values() if vm.replicated]


def _connection_id(cluster: Cluster) -> str:
    return identifier(cluster.id, "connection")


def _role_id(cluster: Cluster, role: str) -> str:
    return identifier(cluster.id, "role", role)
