"""Nodes and VMs of the simulated cluster as they are now: plain mutable records.

Nothing happens here; `migrations`, `power` and `availability` change them. Unlike in the core of the balancer,
the words are those of the API, because these records exist to be served by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hctui.sim.demand import Demand
from hctui.sim.tasks import Task

NetworkStatus = Literal["ONLINE", "OFFLINE", "UNKNOWN"]
NodeDisposition = Literal["IN", "EVACUATED", "OUT", "UNKNOWN"]
VmState = Literal["RUNNING", "BLOCKED", "PAUSED", "SHUTDOWN", "SHUTOFF", "CRASHED"]
VmUiState = Literal[VmState, "STARTING", "PAUSING", "STOPPING", "MIGRATING"]
VmDisposition = Literal["SHUTOFF", "RUNNING", "PAUSED"]


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics card that can be shared out among so many VMs."""

    id: str
    profile: str
    max_instances: int


@dataclass(slots=True)
class SimNode:
    """One node.

    `octet` is the last number of its LAN address, by which scenarios and `node_` tags call it.
    `online_changed` is when it last went or came online; 0 if it never did.
    """

    id: str
    octet: int
    lan_ip: str
    backplane_ip: str
    peer_id: int
    threads: int
    sockets: int
    clock_hertz: int
    memory_bytes: int
    system_bytes: int
    overhead_percent: float
    gpus: tuple[Gpu, ...] = ()
    network_status: NetworkStatus = "ONLINE"
    supports_virtualization: bool = True
    allows_vms: bool = True
    current_disposition: NodeDisposition = "IN"
    desired_disposition: NodeDisposition = "IN"
    online_changed: float = 0.0

    @property
    def is_online(self) -> bool:
        """Whether it works, as far as the cluster can tell."""
        return self.network_status != "OFFLINE"

    @property
    def virtualization_online(self) -> bool:
        """Whether it could start a VM at once."""
        return self.is_online and self.supports_virtualization

    @property
    def accepts_vms(self) -> bool:
        """Whether a VM may be started on it or migrated to it."""
        return self.virtualization_online and self.allows_vms and self.desired_disposition == "IN"


@dataclass(slots=True)
class Affinity:
    """HyperCore's own placement wish; ids of nodes, `""` for none. Strict: only those two nodes."""

    strict: bool = False
    preferred: str = ""
    backup: str = ""

    def permits(self, node_id: str) -> bool:
        """Whether the VM may run there at all."""
        return not self.strict or node_id in (self.preferred, self.backup)


@dataclass(slots=True)
class SimVm:
    """One VM.

    `node_id` is where it runs and holds its RAM, `""` when it runs nowhere. `incoming_id` is the node that
    already holds RAM for it too, while it migrates or starts.
    """

    id: str
    name: str
    vcpus: int
    memory_bytes: int
    demand: Demand
    created: float
    state: VmState = "SHUTOFF"
    ui_state: VmUiState = "SHUTOFF"
    desired: VmDisposition = "SHUTOFF"
    node_id: str = ""
    incoming_id: str = ""
    last_node_id: str = ""
    tags: str = ""
    affinity: Affinity = field(default_factory=Affinity)
    description: str = ""
    operating_system: str = "os_other"
    machine_type: str = "scale-7.2"
    cpu_type: str = "clusterBaseline-7.3"
    snapshot_schedule_id: str = ""
    boot_devices: tuple[str, ...] = ()
    user_data: str = ""
    meta_data: str = ""
    replicated: bool = False
    disk_bytes: int = 0
    modified: float = 0.0
    booted: float = 0.0
    latest_task: Task | None = None

    @property
    def uses_cpu(self) -> bool:
        """Whether its vCPUs are running."""
        return bool(self.node_id) and self.state in ("RUNNING", "SHUTDOWN")

    def occupies(self, node_id: str) -> bool:
        """Whether it holds RAM on that node: running there, or on its way."""
        return bool(node_id) and node_id in (self.node_id, self.incoming_id)

    def set_state(self, state: VmState, *, now: float) -> None:
        """Change `state` and let `ui_state` say the same."""
        self.state = state
        self.ui_state = state
        self.modified = now
