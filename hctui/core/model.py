"""What a cluster looks like at one moment, as immutable values.

Built by `hctui.api` from the cluster's answers, read by everything else. Units stand in the names: `_bytes`,
`_percent` (0 to 100), `_seconds`; `_at` is Unix time in seconds. Strings are already harmless: control and
bidirectional characters were replaced, one to one, before they came here, and what is too long was cut and carries a
checksum of the whole, so two names are equal here exactly when they are equal on the cluster.

What the cluster did not report is `None`, never zero: an unknown load is not an idle node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

NodeId = NewType("NodeId", str)
VmId = NewType("VmId", str)
TaskId = NewType("TaskId", str)


class NetworkStatus(StrEnum):
    """Reachability of a node as the cluster reports it (`Node.networkStatus`)."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"
    UNKNOWN = "UNKNOWN"


class Disposition(StrEnum):
    """Membership of a node (`Node.currentDisposition`, `Node.desiredDisposition`); both `IN` is healthy."""

    IN = "IN"
    EVACUATED = "EVACUATED"
    OUT = "OUT"
    UNKNOWN = "UNKNOWN"

    @property
    def words(self) -> str:
        """What it means, to complete "the node is ..."."""
        return {
            Disposition.IN: "in the cluster",
            Disposition.EVACUATED: "evacuated",
            Disposition.OUT: "out of the cluster",
            Disposition.UNKNOWN: "in an unknown state",
        }[self]


class VmState(StrEnum):
    """State of a VM (`VirDomain.state`, `VirDomain.uiState`).

    `SHUTDOWN` means "is shutting down". `MIGRATING` and the other forms in -ING occur only in `uiState`.
    `UNKNOWN` stands for a word this version does not know.
    """

    RUNNING = "RUNNING"
    BLOCKED = "BLOCKED"
    PAUSED = "PAUSED"
    SHUTDOWN = "SHUTDOWN"
    SHUTOFF = "SHUTOFF"
    CRASHED = "CRASHED"
    STARTING = "STARTING"
    PAUSING = "PAUSING"
    STOPPING = "STOPPING"
    MIGRATING = "MIGRATING"
    UNKNOWN = "UNKNOWN"


class TaskState(StrEnum):
    """State of a task (`TaskTagStatus.state`); `UNKNOWN` stands for a word this version does not know."""

    UNINITIALIZED = "UNINITIALIZED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ERROR = "ERROR"
    UNKNOWN = "UNKNOWN"

    @property
    def is_live(self) -> bool:
        """Whether the cluster is still working on it."""
        return self in (TaskState.QUEUED, TaskState.RUNNING)


class Severity(StrEnum):
    """Severity of an alert (`Condition.severity`), worst first."""

    EMERGENCY = "EMERGENCY"
    ALERT = "ALERT"
    CRITICAL = "CRITICAL"
    ERROR = "ERROR"
    WARNING = "WARNING"
    NOTICE = "NOTICE"
    INFO = "INFO"
    DEBUG = "DEBUG"

    @property
    def rank(self) -> int:
        """0 for the worst, growing towards the harmless."""
        return list(Severity).index(self)


class UpdateVerdict(StrEnum):
    """Whether a HyperCore update is being installed. Three answers: unknown is not "no"."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class UpdateStatus:
    """The verdict and, in a sentence, what it was concluded from."""

    verdict: UpdateVerdict
    sentence: str


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """Identity of the cluster: its uuid, its name, and the HyperCore version it runs."""

    id: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Node:
    """One node.

    `name` is what people call it: its LAN address, or its id where it has none. The three booleans are `None`
    when this node does not report them although another one does.
    """

    id: NodeId
    name: str
    lan_ip: str
    status: NetworkStatus
    current_disposition: Disposition
    desired_disposition: Disposition
    supports_virtualization: bool | None
    virtualization_online: bool | None
    allow_running_vms: bool | None
    cpu_percent: float | None
    mem_bytes: int | None
    mem_used_bytes: int | None
    mem_system_bytes: int | None
    threads: int | None

    @property
    def membership(self) -> str:
        """Its disposition in words: `is evacuated`, `is in the cluster and is to be evacuated`."""
        now, then = self.current_disposition.words, self.desired_disposition.words
        return f"is {now}" if now == then else f"is {now} and is to be {then}"

    @property
    def is_settled(self) -> bool:
        """Whether it is a member of the cluster and is to stay one."""
        return self.current_disposition == self.desired_disposition == Disposition.IN

    @property
    def mem_percent(self) -> float | None:
        """RAM in use by the system and VMs, as percent of what is installed; `None` when not known."""
        if not self.mem_bytes or self.mem_used_bytes is None:
            return None
        return 100.0 * self.mem_used_bytes / self.mem_bytes

    @property
    def last_octet(self) -> int | None:
        """The last number of the LAN address, which `node_<number>` tags name; `None` without an IPv4 one."""
        parts = self.lan_ip.split(".")
        if len(parts) != 4 or not (parts[3].isascii() and parts[3].isdigit() and len(parts[3]) <= 3):
            return None
        return int(parts[3])


@dataclass(frozen=True, slots=True)
class NativeAffinity:
    """HyperCore's own placement wish for a VM (`VirDomain.affinityStrategy`).

    Strict: the VM may run only on the preferred or the backup node. Otherwise the preferred node is a wish.
    """

    strict: bool = False
    preferred: NodeId | None = None
    backup: NodeId | None = None


@dataclass(frozen=True, slots=True)
class Vm:
    """One VM.

    `cpu_percent` is percent of the VM's *own* vCPUs. `mem_bytes` is the RAM reserved for it, which is what it
    takes on whichever node it runs. `task` is the state of the last task the cluster ran on it.
    """

    id: VmId
    name: str
    node_id: NodeId | None
    state: VmState
    ui_state: VmState
    mem_bytes: int
    vcpus: int
    tags: tuple[str, ...] = ()
    affinity: NativeAffinity = NativeAffinity()
    cpu_percent: float | None = None
    task: TaskState | None = None

    @property
    def is_placed(self) -> bool:
        """Whether it occupies a node now, or is about to.

        A stopped or crashed VM does not, whatever node it last ran on.
        """
        return self.node_id is not None and (self.state in _OCCUPYING or self.ui_state in _COMING)

    def node_share_percent(self, threads: int | None) -> float | None:
        """Its load as percent of a node with so many hardware threads; `None` when not known."""
        if self.cpu_percent is None or not threads:
            return None
        return self.cpu_percent * self.vcpus / threads


_OCCUPYING = frozenset({VmState.RUNNING, VmState.BLOCKED, VmState.PAUSED, VmState.SHUTDOWN, VmState.UNKNOWN})
_COMING = frozenset({VmState.STARTING, VmState.MIGRATING})


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the cluster. `progress_percent` 0-100.

    `description` and `message` have their placeholders filled in; `kind` is the description with them left open, so
    that it says what is done whatever the VM is called.

    The session that started it is deliberately not carried: its id is a secret.
    """

    id: TaskId
    state: TaskState
    progress_percent: int
    kind: str
    description: str
    message: str
    object_id: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Condition:
    """One alert that is set, valid and meant to be seen."""

    name: str
    description: str
    severity: Severity
    node_name: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the balancer knows of a cluster at `taken_at`.

    `live_tasks` are the tasks that are queued or running. `conditions` is `None` when the alerts could not be
    read. `gpu_profiles` are the names that, used as tags, give a VM a virtual GPU. The mappings keep the order
    of the cluster's answers and are not to be changed.
    """

    taken_at: float
    cluster: ClusterInfo
    nodes: Mapping[NodeId, Node]
    vms: Mapping[VmId, Vm]
    live_tasks: tuple[Task, ...] = ()
    update: UpdateStatus = UpdateStatus(UpdateVerdict.UNKNOWN, "The update status has not been read.")
    conditions: tuple[Condition, ...] | None = None
    gpu_profiles: frozenset[str] = frozenset()
