"""Small clusters for tests: healthy and idle unless a test says otherwise, in numbers that can be done in the head.

Nodes have 100 GiB of RAM, so a GiB in use is a percent, and 100 threads, so a busy vCPU is a percent of the node.
A node's id is `n1` and its address 10.0.0.101; a VM's id is its name. Fields that few tests care about are changed
with `dataclasses.replace`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hctui.core.balancer import Step, step
from hctui.core.commands import Command
from hctui.core.decision import Move, Reason
from hctui.core.history import Sample, sample_of
from hctui.core.model import (
    ClusterInfo,
    Disposition,
    NetworkStatus,
    Node,
    NodeId,
    Snapshot,
    Task,
    TaskId,
    TaskState,
    UpdateStatus,
    UpdateVerdict,
    Vm,
    VmId,
    VmState,
)
from hctui.core.policy import Policy
from hctui.core.situation import Situation, situation_of
from hctui.core.state import Ledger, State

GIB = 1024**3
NOW = 1_000_000.0
POLICY = Policy(dry_run=False)
"""Live and automatic, otherwise the defaults: ten samples in 300 s, RAM limit 70, CPU 80 and 50."""

DRY = Policy(dry_run=True)


def node_id(number: int) -> NodeId:
    return NodeId(f"n{number}")


def node(
    number: int,
    *,
    cpu: float | None = 20.0,
    used_gib: float | None = 20.0,
    status: NetworkStatus = NetworkStatus.ONLINE,
    lan_ip: str | None = None,
) -> Node:
    address = f"10.0.0.{100 + number}" if lan_ip is None else lan_ip
    return Node(
        id=node_id(number),
        name=address or f"n{number}",
        lan_ip=address,
        status=status,
        current_disposition=Disposition.IN,
        desired_disposition=Disposition.IN,
        supports_virtualization=True,
        virtualization_online=True,
        allow_running_vms=True,
        cpu_percent=cpu,
        mem_bytes=100 * GIB,
        mem_used_bytes=None if used_gib is None else int(used_gib * GIB),
        mem_system_bytes=4 * GIB,
        threads=100,
    )


def vm(
    name: str,
    on: int | None = 1,
    *,
    id: str = "",
    mem_gib: float = 4.0,
    cpu: float | None = 20.0,
    vcpus: int = 4,
    tags: str = "",
    state: VmState = VmState.RUNNING,
    ui_state: VmState | None = None,
) -> Vm:
    """A VM; `tags` are words with spaces between, `on` is the number of its node."""
    return Vm(
        id=VmId(id or name),
        name=name,
        node_id=None if on is None else node_id(on),
        state=state,
        ui_state=ui_state or state,
        mem_bytes=int(mem_gib * GIB),
        vcpus=vcpus,
        tags=tuple(tags.split()),
        cpu_percent=cpu,
    )


def cluster(nodes: Iterable[Node], vms: Iterable[Vm] = (), *, at: float = NOW) -> Snapshot:
    """A cluster that is well: no update, no alert, nobody migrating."""
    return Snapshot(
        taken_at=at,
        cluster=ClusterInfo("c1", "branch-7", "9.4.30.217736"),
        nodes={node.id: node for node in nodes},
        vms={vm.id: vm for vm in vms},
        update=UpdateStatus(UpdateVerdict.INACTIVE, "No update is being installed."),
        conditions=(),
    )


def history(snapshot: Snapshot, polls: int = 10, interval_seconds: float = 30.0) -> tuple[Sample, ...]:
    """The samples of so many polls that all showed what the snapshot shows, the last at its own time."""
    sample = sample_of(snapshot)
    times = (snapshot.taken_at - interval_seconds * back for back in reversed(range(polls)))
    return tuple(replace(sample, at=at) for at in times)


def situation(
    nodes: Iterable[Node],
    vms: Iterable[Vm] = (),
    *,
    policy: Policy = POLICY,
    ledger: Ledger | None = None,
    polls: int = 10,
) -> Situation:
    """What the checks see: the cluster now, after so many polls like it."""
    snapshot = cluster(nodes, vms)
    state = State(samples=history(snapshot, polls), real=ledger or Ledger())
    return situation_of(state, snapshot, policy, NOW)


def cycle(
    snapshot: Snapshot,
    *commands: Command,
    state: State | None = None,
    policy: Policy = POLICY,
    polls: int = 10,
    now: float | None = None,
) -> Step:
    """One cycle at the time of the snapshot; without a state, after so many polls like it."""
    before = state if state is not None else State(samples=history(snapshot, polls))
    return step(before, snapshot, commands, policy, snapshot.taken_at if now is None else now)


def move(
    name: str = "web", source: int = 1, target: int = 2, reason: Reason = Reason.LOAD, mem_gib: float = 4.0
) -> Move:
    return Move(
        vm_id=VmId(name),
        vm_name=name,
        source=node_id(source),
        source_name=f"10.0.0.{100 + source}",
        target=node_id(target),
        target_name=f"10.0.0.{100 + target}",
        reason=reason,
        sentence="Why it is moved.",
        mem_bytes=int(mem_gib * GIB),
    )


def task(
    state: TaskState = TaskState.RUNNING,
    *,
    id: str = "7",
    on: str = "web",
    kind: str = "Live migrate Virtual Machine %@",
    progress_percent: int = 35,
    message: str = "",
) -> Task:
    return Task(TaskId(id), state, progress_percent, kind, kind.replace("%@", on), message, on, NOW)
