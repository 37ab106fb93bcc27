"""The cluster's answers turned into `hctui.core.model` values: pure, every text harmless, nothing invented.

What the cluster did not say stays unknown. Words that this version does not know become `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from hctui.api import wire
from hctui.api.errors import ApiSurprise
from hctui.api.text import MOST_TEXT_CHARACTERS, harmless, harmless_tags
from hctui.core.model import (
    ClusterInfo,
    Condition,
    Disposition,
    NativeAffinity,
    NetworkStatus,
    Node,
    NodeId,
    Severity,
    Task,
    TaskId,
    TaskState,
    Vm,
    VmId,
    VmState,
)

_Word = TypeVar("_Word", bound=StrEnum)
_Item = TypeVar("_Item", wire.Node, wire.VirDomain, wire.VirDomainStats)

_PLACEHOLDER = "%@"


def cluster_info(answer: list[wire.Cluster]) -> ClusterInfo:
    """Identity of the cluster, from the array of one that `/Cluster` gives."""
    if len(answer) != 1:
        raise ApiSurprise(f"/Cluster: expected one cluster, got {len(answer)}.")
    cluster = answer[0]
    return ClusterInfo(
        harmless(cluster.uuid), harmless(cluster.clusterName or ""), harmless(cluster.icosVersion or "")
    )


def nodes(answer: list[wire.Node]) -> dict[NodeId, Node]:
    """All nodes by id, in the order of the answer.

    A boolean that no node reports is one that this version of HyperCore does not have: it counts as true. One
    that only some report is unknown for the others.
    """
    _check_ids("/Node", answer)
    absent_everywhere = {
        name
        for name in ("supportsVirtualization", "virtualizationOnline", "allowRunningVMs")
        if all(getattr(item, name) is None for item in answer)
    }

    def flag(item: wire.Node, name: str) -> bool | None:
        value: bool | None = getattr(item, name)
        return True if name in absent_everywhere else value

    found = {}
    for item in answer:
        node_id = NodeId(harmless(item.uuid))
        lan_ip = harmless(item.lanIP or "")
        found[node_id] = Node(
            id=node_id,
            name=lan_ip or node_id,
            lan_ip=lan_ip,
            status=_word(NetworkStatus, item.networkStatus),
            current_disposition=_word(Disposition, item.currentDisposition),
            desired_disposition=_word(Disposition, item.desiredDisposition),
            supports_virtualization=flag(item, "supportsVirtualization"),
            virtualization_online=flag(item, "virtualizationOnline"),
            allow_running_vms=flag(item, "allowRunningVMs"),
            cpu_percent=_percent(item.cpuUsage),
            mem_bytes=_whole(item.memSize),
            mem_used_bytes=_whole(item.totalMemUsageBytes),
            mem_system_bytes=_whole(item.systemMemUsageBytes),
            threads=_whole(item.numThreads),
        )
    return found


def vms(answer: list[wire.VirDomain], stats: list[wire.VirDomainStats]) -> dict[VmId, Vm]:
    """All VMs by id, in the order of the answer, each with its load."""
    _check_ids("/VirDomain", answer)
    _check_ids("/VirDomainStats", stats)
    load = {item.uuid: item.cpuUsage for item in stats}
    found = (vm(item, load) for item in answer)
    return {one.id: one for one in found}


def vm(item: wire.VirDomain, load: Mapping[str, float | None]) -> Vm:
    """One VM. Its load is taken from `load` by uuid, and only while it runs: otherwise it is not a load."""
    state = _word(VmState, item.state)
    task = item.latestTaskTag
    return Vm(
        id=VmId(harmless(item.uuid)),
        name=harmless(item.name),
        node_id=_node_id(item.nodeUUID),
        state=state,
        ui_state=_word(VmState, item.uiState),
        mem_bytes=int(item.mem),
        vcpus=int(item.numVCPU),
        tags=_tags(item),
        affinity=_affinity(item.affinityStrategy),
        cpu_percent=_percent(load.get(item.uuid)) if state is VmState.RUNNING else None,
        task=_word(TaskState, task.state) if task and task.state else None,
    )


def _tags(item: wire.VirDomain) -> tuple[str, ...]:
    try:
        return harmless_tags(item.tags or "")
    except ValueError as error:
        raise ApiSurprise(
            f"/VirDomain: {harmless(item.name)} cannot be read: {error}.", hint="Take some of its tags away."
        ) from error


def task_id(tag: int | str | None) -> TaskId | None:
    """A task's tag, which is a number written as text or bare; `None` for an empty one."""
    text = harmless(str(tag).strip()) if tag is not None else ""
    return TaskId(text) if text else None


def task(item: wire.TaskTagStatus) -> Task:
    """One task, its texts complete."""
    found = task_id(item.taskTag)
    if found is None:
        raise ApiSurprise("/TaskTag: a task without taskTag.")
    return Task(
        id=found,
        state=_word(TaskState, item.state),
        progress_percent=int(_percent(item.progressPercent) or 0),
        kind=harmless(item.formattedDescription or "", MOST_TEXT_CHARACTERS),
        description=_filled(item.formattedDescription, item.descriptionParameters),
        message=_filled(item.formattedMessage, item.messageParameters),
        object_id=harmless(item.objectUUID or ""),
        created_at=item.created or 0.0,
    )


def live_tasks(answer: list[wire.TaskTagStatus]) -> tuple[Task, ...]:
    """Those tasks that the cluster is still working on, in the order of the answer."""
    return tuple(task(item) for item in answer if _word(TaskState, item.state).is_live)


def conditions(answer: list[wire.Condition]) -> tuple[Condition, ...]:
    """The alerts that are set, valid and meant to be seen. A mark that is absent does not hide one."""
    return tuple(
        Condition(
            name=harmless(item.name or ""),
            description=harmless(item.description or "", MOST_TEXT_CHARACTERS),
            severity=_severity(item.severity),
            node_name=harmless(item.nodeLANIP or ""),
        )
        for item in answer
        if item.value and item.isOK is not False and item.userVisible is not False
    )


def gpu_profiles(answer: list[wire.GPUProfile]) -> frozenset[str]:
    """Names of the virtual GPUs."""
    return frozenset(harmless(item.name) for item in answer if item.name)


def _check_ids(path: str, items: Iterable[_Item]) -> None:
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if item.uuid in first:
            where = f"$[{first[item.uuid]}] and $[{index}]"
            raise ApiSurprise(f"{path}: {where} have the same uuid {harmless(item.uuid)}.")
        first[item.uuid] = index


def _word(kind: type[_Word], text: str | None) -> _Word:
    """The member with this value, or the one named UNKNOWN."""
    try:
        return kind(text or "UNKNOWN")
    except ValueError:
        return kind("UNKNOWN")


def _severity(text: str | None) -> Severity:
    """The severity; a word we cannot rank counts as critical, because an alert is never taken lightly."""
    try:
        return Severity(text or "")
    except ValueError:
        return Severity.CRITICAL


def _percent(value: float | None) -> float | None:
    return None if value is None else min(max(float(value), 0.0), 100.0)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _node_id(text: str | None) -> NodeId | None:
    return NodeId(harmless(text)) if text else None


def _affinity(item: wire.AffinityStrategy | None) -> NativeAffinity:
    if item is None:
        return NativeAffinity()
    return NativeAffinity(
        bool(item.strictAffinity), _node_id(item.preferredNodeUUID), _node_id(item.backupNodeUUID)
    )


def _filled(text: str | None, parameters: list[str | None] | None) -> str:
    """The text with its placeholders replaced from left to right; those without a parameter stay."""
    first, *rest = (text or "").split(_PLACEHOLDER)
    values = [value or "" for value in parameters or []]
    values += [_PLACEHOLDER] * (len(rest) - len(values))
    filled = first + "".join(value + part for value, part in zip(values, rest, strict=False))
    return harmless(filled, MOST_TEXT_CHARACTERS)
