"""The shapes of the API's answers and requests, key by key as the cluster names and orders them.

Data only. The keys are the cluster's own, which is why they are not written as ours are. Where a value may be
left out of an answer, it is `UNSET`.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from hctui.sim.inventory import NetworkStatus, NodeDisposition, VmDisposition, VmState, VmUiState
from hctui.sim.tasks import TaskState

Severity = Literal["EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"]
DriveDisposition = Literal["UNKNOWN", "IN", "OUT"]
ConnectionState = Literal["AVAILABLE", "UNAVAILABLE"]


class Wire(Struct, frozen=True, kw_only=True):
    """One object of an answer."""


class TaskTagStatus(Wire, frozen=True):
    """A task. All keys, or none of them where no task has run yet."""

    taskTag: str | UnsetType = UNSET
    progressPercent: int | UnsetType = UNSET
    state: TaskState | UnsetType = UNSET
    formattedDescription: str | UnsetType = UNSET
    descriptionParameters: tuple[str, ...] | UnsetType = UNSET
    formattedMessage: str | UnsetType = UNSET
    messageParameters: tuple[str, ...] | UnsetType = UNSET
    objectUUID: str | UnsetType = UNSET
    created: int | UnsetType = UNSET
    modified: int | UnsetType = UNSET
    completed: int | UnsetType = UNSET
    sessionID: str | UnsetType = UNSET
    nodeUUIDs: tuple[str, ...] | UnsetType = UNSET


class Result(Wire, frozen=True):
    """The answer to a write."""

    taskTag: str
    createdUUID: str


class Error(Wire, frozen=True):
    """The answer to most requests that fail."""

    error: str


class Ping(Wire, frozen=True):
    """The answer of /ping."""

    status: str


class LoginRequest(Struct, frozen=True, kw_only=True):
    """Credentials. `useOIDC` asks for them to be checked by another server."""

    username: str
    password: str
    useOIDC: bool = False


class LoginAnswer(Wire, frozen=True):
    """The session, which is also sent as a cookie of the same name."""

    sessionID: str


class Cluster(Wire, frozen=True):
    """The cluster itself."""

    uuid: str
    filesystemID: str
    clusterName: str
    icosVersion: str
    latestTaskTag: TaskTagStatus
    brand: str
    isRESTAPIEnabled: bool


class FileSystemDisk(Wire, frozen=True):
    """What a file system makes of a drive."""

    fsName: str
    driveUUID: str
    availability: str
    state: str
    isReachable: bool
    capacityBytes: int
    usedBytes: int


class Drive(Wire, frozen=True):
    """A drive. Temperatures are degrees Celsius and mean something only where their `has` key is true."""

    uuid: str
    slot: int
    serialNumber: str
    type: Literal["UNKNOWN", "SATA", "SAS", "VIRTUAL", "SSD"]
    nodeUUID: str
    desiredDisposition: DriveDisposition
    currentDisposition: DriveDisposition
    capacityBytes: int
    usedBytes: int
    disks: dict[str, FileSystemDisk]
    isHealthy: bool
    reallocatedSectors: int
    errorCount: int
    blockDevicePath: str
    hasTemperature: bool
    temperature: int
    hasMaxTemperature: bool
    maxTemperature: int
    hasTemperatureThreshold: bool
    temperatureThreshold: int


class GPUProfile(Wire, frozen=True):
    """A way of sharing a graphics card."""

    name: str
    maxInstances: int


class GPU(Wire, frozen=True):
    """A graphics card."""

    uuid: str
    nodeUUID: str
    profile: GPUProfile
    availableInstances: int


class Node(Wire, frozen=True):
    """A node. `cpuUsage` and `memUsagePercentage` are 0 to 100; sizes are bytes."""

    uuid: str
    backplaneIP: str
    lanIP: str
    configState: int
    activeVersion: int
    capacity: int
    drives: tuple[Drive, ...]
    vips: tuple[str, ...]
    memSize: int
    numCPUs: int
    CPUhz: int
    numNUMANodes: int
    numSockets: int
    numCores: int
    numThreads: int
    networkStatus: NetworkStatus
    supportsVirtualization: bool
    virtualizationOnline: bool
    pairedNodeUUID: str
    scribeInstanceName: str
    peerID: int
    numSlots: int
    systemMemUsageBytes: int
    memUsagePercentage: float
    gpus: tuple[GPU, ...]
    currentDisposition: NodeDisposition
    desiredDisposition: NodeDisposition
    cpuUsage: float | UnsetType
    totalMemUsageBytes: int
    allowRunningVMs: bool = True


class VirDomainConsole(Wire, frozen=True):
    """Where a VM's screen is to be seen."""

    type: Literal["VNC"]
    ip: str
    port: int
    keymap: str = "en-us"


class VirDomainBlockDevice(Wire, frozen=True):
    """A disk of a VM; sizes are bytes."""

    uuid: str
    virDomainUUID: str
    type: Literal["IDE_DISK", "SCSI_DISK", "VIRTIO_DISK", "IDE_CDROM", "IDE_FLOPPY", "NVRAM", "VTPM"]
    cacheMode: Literal["NONE", "WRITEBACK", "WRITETHROUGH"]
    capacity: int
    allocation: int
    physical: int
    shareUUID: str
    path: str
    slot: int
    name: str
    disableSnapshotting: bool
    tieringPriorityFactor: int
    mountPoints: tuple[str, ...]
    createdTimestamp: int
    readOnly: bool


class VirDomainNetDevice(Wire, frozen=True):
    """A network interface of a VM."""

    uuid: str
    virDomainUUID: str
    type: Literal["RTL8139", "INTEL_E1000", "VIRTIO", "PCNET"]
    macAddress: str
    vlan: int
    connected: bool
    ipv4Addresses: tuple[str, ...]


class StatsDatum(Wire, frozen=True):
    """One of the old statistics. CPU is in hundredths of a percent, uptime in seconds, the rest in bytes."""

    type: Literal[
        "VIR_DOMAIN_CPU",
        "VIR_DOMAIN_MEM_CURRENT",
        "VIR_DOMAIN_MEM_SWAPPED",
        "VIR_DOMAIN_NET",
        "VIR_DOMAIN_STOR",
        "VIR_DOMAIN_UPTIME",
    ]
    currentValue: int
    maxValue: int


class VirDomainAffinityStrategy(Wire, frozen=True):
    """HyperCore's own placement wish; node ids, or empty."""

    strictAffinity: bool
    preferredNodeUUID: str
    backupNodeUUID: str


class CloudInitData(Wire, frozen=True):
    """What a new VM is told at its first start."""

    userData: str
    metaData: str


class VirDomain(Wire, frozen=True):
    """A VM. `mem` is bytes; times are Unix seconds."""

    uuid: str
    nodeUUID: str
    name: str
    description: str
    operatingSystem: str
    state: VmState
    desiredDisposition: VmDisposition
    console: VirDomainConsole
    mem: int
    numVCPU: int
    blockDevs: tuple[VirDomainBlockDevice, ...]
    netDevs: tuple[VirDomainNetDevice, ...]
    deprecated_stats: tuple[StatsDatum, ...]
    created: int
    modified: int
    latestTaskTag: TaskTagStatus
    tags: str | None
    bootDevices: tuple[str, ...]
    uiState: VmUiState
    snapUUIDs: tuple[str, ...]
    snapshotSerialNumber: int
    replicationUUIDs: tuple[str, ...]
    sourceVirDomainUUID: str
    snapshotListSerialNumber: int
    snapshotScheduleUUID: str
    machineType: str
    cpuType: str
    snapshotAllocationBlocks: int
    guestAgentState: Literal["UNKNOWN", "UNAVAILABLE", "AVAILABLE"]
    lastSeenRunningOnNodeUUID: str
    affinityStrategy: VirDomainAffinityStrategy
    vsdUUIDsToDelete: tuple[str, ...]
    cloudInitData: CloudInitData
    initialCloneSnapshotUUID: str
    machineTypeKeyword: str
    isTransient: bool = False


class IOPerformanceRate(Wire, frozen=True):
    """Traffic of a virtual disk, averaged over `decaySeconds`."""

    decaySeconds: int
    millireadsPerSecond: int
    milliwritesPerSecond: int
    readKibibytesPerSecond: int
    writeKibibytesPerSecond: int
    meanReadSizeBytes: int
    meanWriteSizeBytes: int
    meanReadLatencyMicroseconds: int
    meanWriteLatencyMicroseconds: int


class VSDStats(Wire, frozen=True):
    """Statistics of one virtual disk."""

    uuid: str
    rates: tuple[IOPerformanceRate, ...]


class VirDomainStats(Wire, frozen=True):
    """Statistics of a VM. `cpuUsage` is percent of its own vCPUs."""

    uuid: str
    vsdStats: tuple[VSDStats, ...]
    cpuUsage: float | UnsetType
    rxBitRate: int
    txBitRate: int


class Condition(Wire, frozen=True):
    """An alert, set (`value`) or not. All times and intervals are milliseconds."""

    name: str
    description: str
    value: bool
    nodeUUID: str
    nodeLANIP: str
    modified: int
    userVisible: bool
    techNotes: str
    pollInterval: int
    expirationInterval: int
    setDelay: int
    clearDelay: int
    lastSetTime: int
    lastClearTime: int
    guaranteedValidTime: int
    isExpired: bool
    lastPollFailed: bool
    isInitialized: bool
    isOK: bool
    nodeBackplaneIP: str
    severity: Severity
    tags: tuple[str, ...]


class IcosUpdate(Wire, frozen=True):
    """A version of HyperCore that could be installed."""

    uuid: str
    description: str
    changeLog: str
    buildID: int
    majorVersion: int
    minorVersion: int
    revision: int
    timestamp: int


class VirDomainVSDSnapshot(Wire, frozen=True):
    """A snapshot of one disk."""

    uuid: str
    timestamp: int
    serialNumber: int
    blockCountDiff: int
    identifier: str
    checksum: str


class VirDomainSnapshot(Wire, frozen=True):
    """A snapshot, as replication refers to it, with the VM as it was."""

    uuid: str
    domainUUID: str
    timestamp: int
    label: str
    domain: VirDomain
    deviceSnapshots: tuple[VirDomainVSDSnapshot, ...]
    unavailable: bool
    type: Literal["USER", "AUTOMATED", "SUPPORT"]
    blockCountDiff: int
    automatedTriggerTimestamp: int
    localRetainUntilTimestamp: int
    state: Literal["CREATED", "DELETING", "CREATING"]
    quiesced: bool
    remoteRetainUntilTimestamp: int
    blockCountDiffFromSerialNumber: int = -1
    replication: bool = True


class VirDomainReplicationProgress(Wire, frozen=True):
    """How far a replication is."""

    valid: int
    snapshotFrom: VirDomainSnapshot
    snapshotTo: VirDomainSnapshot
    blockCountDiff: int
    blockCountSent: int
    percentComplete: int


class VirDomainReplication(Wire, frozen=True):
    """A VM that is copied to another cluster."""

    uuid: str
    sourceDomainUUID: str
    targetDomainUUID: str
    connectionUUID: str
    enable: bool
    label: str
    deprecated_sourceVSDInitialSerialNumber: int
    progress: VirDomainReplicationProgress


class RemoteClusterAuthInfo(Wire, frozen=True):
    """How the other cluster is reached. Secrets are never answered."""

    ipAddress: str
    sessionID: str
    username: str
    password: str
    associatedConnectionUUID: str
    connectionTimeoutSeconds: int
    secureConnection: bool = True
    receiveTimeoutSeconds: int = 0


class RemoteClusterConnectionSecurePort(Wire, frozen=True):
    """A port of a secure connection."""

    portNumber: int
    portStatus: Literal["UNKNOWN", "INITIALIZING", "OPEN", "CLOSED", "DELETING"]
    compression: bool
    remotePortAvailable: bool = False


class RemoteClusterConnectionSecureMapping(Wire, frozen=True):
    """An address of a secure connection."""

    targetIP: str
    targetPort: int
    mappedIP: str
    mappedPort: int
    state: ConnectionState


class RemoteClusterConnectionCreateOptions(Wire, frozen=True):
    """How the connection was made."""

    cleanupOnFailure: bool = True


class RemoteClusterConnection(Wire, frozen=True):
    """The connection to another cluster."""

    uuid: str
    label: str
    authInfo: RemoteClusterAuthInfo
    connectionStatus: Literal[
        "UNKNOWN", "INITIALIZING", "ESTABLISHED", "DISCONNECTED", "DELETING", "UPDATING"
    ]
    remoteClusterInfo: Cluster
    remoteNodeIPs: tuple[str, ...]
    securePorts: tuple[RemoteClusterConnectionSecurePort, ...]
    secureMappings: tuple[RemoteClusterConnectionSecureMapping, ...]
    remoteNodeConnectionStates: tuple[ConnectionState, ...]
    compression: bool
    remoteNodeUUIDs: tuple[str, ...]
    createOptions: RemoteClusterConnectionCreateOptions
    replicationOK: bool = True


class User(Wire, frozen=True):
    """An account. The password is never answered."""

    uuid: str
    username: str
    password: str
    fullName: str
    roleUUIDs: tuple[str, ...]
    sessionLimit: int


class Permission(Wire, frozen=True):
    """One operation that a role permits."""

    functionName: str


class Role(Wire, frozen=True):
    """A role."""

    uuid: str
    name: str
    description: str
    permissions: tuple[Permission, ...]
    oidcName: str


class VirDomainActionDescription(Struct, frozen=True, kw_only=True):
    """One action on one VM, as asked for."""

    virDomainUUID: str
    actionType: (
        Literal["START", "SHUTDOWN", "STOP", "PAUSE", "REBOOT", "RESET", "LIVEMIGRATE", "NMI"] | UnsetType
    ) = UNSET
    nodeUUID: str = ""
    cause: str = ""


class AffinityChange(Struct, frozen=True, kw_only=True):
    """The part of the affinity that is to change."""

    strictAffinity: bool | UnsetType = UNSET
    preferredNodeUUID: str | UnsetType = UNSET
    backupNodeUUID: str | UnsetType = UNSET


class VirDomainUpdate(Struct, frozen=True, kw_only=True):
    """What is to change about a VM, by POST: keys that cannot be changed are ignored."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    operatingSystem: str | UnsetType = UNSET
    mem: int | UnsetType = UNSET
    numVCPU: int | UnsetType = UNSET
    blockDevs: tuple[dict[str, Any], ...] | UnsetType = UNSET
    netDevs: tuple[dict[str, Any], ...] | UnsetType = UNSET
    tags: str | UnsetType = UNSET
    bootDevices: tuple[str, ...] | UnsetType = UNSET
    snapshotScheduleUUID: str | UnsetType = UNSET
    machineType: str | UnsetType = UNSET
    cpuType: str | UnsetType = UNSET
    affinityStrategy: AffinityChange | UnsetType = UNSET
    cloudInitData: CloudInitData | UnsetType = UNSET


class VirDomainPatch(VirDomainUpdate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change about a VM, by PATCH: other keys are refused."""
