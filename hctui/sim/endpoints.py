"""The endpoints of the API: one table, and the short functions that answer.

Knows the cluster and the shapes; the gate in `server` has checked who asks before any of these is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from hctui.sim import cluster_views, permissions, wire
from hctui.sim.access import LoginError
from hctui.sim.cluster import Cluster
from hctui.sim.conditions import ConditionFilter, condition_views
from hctui.sim.edits import edit_vm
from hctui.sim.exchange import JSON, TEXT, Call, Reply, error_reply, invalid_reply, reply_with
from hctui.sim.tasks import Task
from hctui.sim.update_status import update_status
from hctui.sim.vm_views import stats_view, task_view, vm_view
from hctui.sim.world import PreconditionError

SESSION_COOKIE = "sessionID"
UPDATE_STATUS_PATH = "/update/update_status.json"
_PRECONDITION_FAILED = "An internal error occurred"
_TRUE = ("true", "1")

Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    `path` is below /rest/v1 unless `is_outside`. `operation` is what a role permits; `""`: anyone who has
    logged in. `answer` and `request` are the shapes, for the description that the API gives of itself.
    """

    method: str
    path: str
    operation: str
    handler: Handler
    answer: Any
    request: Any = None
    is_public: bool = False
    is_write: bool = False
    is_outside: bool = False


def _listing(build: Callable[[Cluster], Iterable[wire.Wire]]) -> Handler:
    """Answers all of a kind."""
    return lambda call: reply_with(list(build(call.cluster)))


def _nodes(call: Call) -> Reply:
    wanted = call.parameters.get("uuid")
    nodes = call.cluster.nodes.values()
    return reply_with([cluster_views.node_view(call.cluster, n) for n in nodes if wanted in (None, n.id)])


def _vms(call: Call) -> Reply:
    return reply_with([vm_view(call.cluster, vm) for vm in call.cluster.vms.values()])


def _vm(call: Call) -> Reply:
    vm = call.cluster.vms.get(call.parameters["uuid"])
    return reply_with([vm_view(call.cluster, vm)] if vm else [])


def _statistics(call: Call) -> Reply:
    cluster, wanted = call.cluster, call.parameters.get("uuid")
    shown = cluster.vms.values() if wanted is None else filter(None, (cluster.vms.get(wanted),))
    is_hidden = {fault.text("vm") for fault in cluster.faults.active("vm_stats_missing")}
    return reply_with([stats_view(cluster, vm) for vm in shown if vm.id not in is_hidden])


def _tasks(call: Call) -> Reply:
    cluster = call.cluster
    if cluster.faults.active("task_vanishes"):
        return reply_with([])
    return reply_with([task_view(task, cluster.now) for task in cluster.tasks])


def _task(call: Call) -> Reply:
    cluster = call.cluster
    task = cluster.tasks.get(call.parameters["tag"])
    if task is None or cluster.faults.active("task_vanishes"):
        return reply_with([])
    view = task_view(task, cluster.now)
    if cluster.faults.strike("task_uninitialized"):
        view = msgspec.structs.replace(view, state="UNINITIALIZED", progressPercent=0)
    return reply_with([view])


def _conditions(call: Call) -> Reply:
    return _conditions_matching(call, ConditionFilter(name=call.parameters.get("name", "")))


def _conditions_filtered(call: Call) -> Reply:
    within = call.query.get("modifiedWithin", ("0",))[0]
    if not within.isdecimal():
        return invalid_reply(f"/query/modifiedWithin: expected a whole number, got {within!r}")
    return _conditions_matching(
        call,
        ConditionFilter(
            name=call.query.get("name", ("",))[0],
            node_ids=call.query.get("nodeUUIDs", ()),
            only_set=_is_true(call, "includeSet"),
            only_not_ok=_is_true(call, "includeNotOK"),
            modified_within_seconds=float(within) if _is_true(call, "includeModifiedWithin") else None,
            with_tags=call.query.get("includeTags", ()),
            without_tags=call.query.get("excludeTags", ()),
        ),
    )


def _conditions_matching(call: Call, wanted: ConditionFilter) -> Reply:
    try:
        return reply_with(condition_views(call.cluster, wanted))
    except re.error as error:
        return invalid_reply(f"name is not a regular expression: {error}")


def _is_true(call: Call, key: str) -> bool:
    return call.query.get(key, ("",))[0].lower() in _TRUE


def _log_in(call: Call) -> Reply:
    try:
        asked = msgspec.json.decode(call.body, type=wire.LoginRequest)
    except msgspec.DecodeError as error:
        return invalid_reply(error)
    if asked.useOIDC:
        return error_reply(401, "OpenID Connect is not configured")
    try:
        session = call.cluster.access.log_in(asked.username, asked.password, call.cluster.now)
    except LoginError as error:
        return error_reply(401, str(error))
    answer = msgspec.json.encode(wire.LoginAnswer(sessionID=session.id))
    return Reply(answer, headers={"Set-Cookie": f"{SESSION_COOKIE}={session.id}; Path=/"})


def _log_out(call: Call) -> Reply:
    call.cluster.access.end(call.session_id)
    return Reply(b"", content_type=TEXT)


def _act(call: Call) -> Reply:
    """Carry out the items in order, stop at the first that is refused, and name the last task."""
    cluster = call.cluster
    try:
        items = msgspec.json.decode(call.body, type=tuple[wire.VirDomainActionDescription, ...])
    except msgspec.DecodeError as error:
        return invalid_reply(error)
    if cluster.faults.strike("action_refused"):
        return error_reply(500, _PRECONDITION_FAILED)
    task: Task | None = None
    try:
        for item in items:
            task = cluster.act(item.actionType or "", item.virDomainUUID, item.nodeUUID, call.session_id)
    except PreconditionError:
        return error_reply(500, _PRECONDITION_FAILED)
    is_hidden = task is not None and bool(cluster.faults.strike("task_tag_empty"))
    return reply_with(wire.Result(taskTag="" if task is None or is_hidden else task.tag, createdUUID=""))


def _editing(shape: type[wire.VirDomainUpdate]) -> Handler:
    def edit(call: Call) -> Reply:
        try:
            change = msgspec.json.decode(call.body, type=shape)
        except msgspec.DecodeError as error:
            return invalid_reply(error)
        try:
            task = edit_vm(call.cluster.world, call.parameters["uuid"], change, call.session_id)
        except PreconditionError:
            return error_reply(500, _PRECONDITION_FAILED)
        return reply_with(wire.Result(taskTag=task.tag, createdUUID=""))

    return edit


def _update_status(call: Call) -> Reply:
    content = update_status(call.cluster)
    return Reply(b"Not Found", 404, TEXT) if content is None else Reply(content, content_type=JSON)


_VM, _VM_STATS, _NODE = "VirDomainRead", "VirDomainStatsRead", "NodeRead"

ENDPOINTS = (
    Endpoint("GET", "/ping", "ping", lambda call: reply_with(wire.Ping(status="Active")), wire.Ping),
    Endpoint("POST", "/login", "", _log_in, wire.LoginAnswer, wire.LoginRequest, is_public=True),
    Endpoint("POST", "/logout", "", _log_out, None),
    Endpoint(
        "GET",
        "/Cluster",
        "ClusterRead",
        _listing(lambda c: [cluster_views.cluster_view(c)]),
        list[wire.Cluster],
    ),
    Endpoint("GET", "/Node", _NODE, _nodes, list[wire.Node]),
    Endpoint("GET", "/Node/{uuid}", _NODE, _nodes, list[wire.Node]),
    Endpoint("GET", "/Drive", "DriveRead", _listing(cluster_views.drive_views), list[wire.Drive]),
    Endpoint("GET", "/VirDomain", _VM, _vms, list[wire.VirDomain]),
    Endpoint(
        "POST",
        "/VirDomain/action",
        permissions.ACTION,
        _act,
        wire.Result,
        list[wire.VirDomainActionDescription],
        is_write=True,
    ),
    Endpoint("GET", "/VirDomain/{uuid}", _VM, _vm, list[wire.VirDomain]),
    Endpoint(
        "PATCH",
        "/VirDomain/{uuid}",
        permissions.UPDATE,
        _editing(wire.VirDomainPatch),
        wire.Result,
        wire.VirDomainPatch,
        is_write=True,
    ),
    Endpoint(
        "POST",
        "/VirDomain/{uuid}",
        permissions.UPDATE,
        _editing(wire.VirDomainUpdate),
        wire.Result,
        wire.VirDomainUpdate,
        is_write=True,
    ),
    Endpoint("GET", "/VirDomainStats", _VM_STATS, _statistics, list[wire.VirDomainStats]),
    Endpoint("GET", "/VirDomainStats/{uuid}", _VM_STATS, _statistics, list[wire.VirDomainStats]),
    Endpoint("GET", "/TaskTag", "TaskTagStatusRead", _tasks, list[wire.TaskTagStatus]),
    Endpoint("GET", "/TaskTag/{tag}", "TaskTagStatusRead", _task, list[wire.TaskTagStatus]),
    Endpoint("GET", "/Condition", "ConditionRead", _conditions, list[wire.Condition]),
    Endpoint("GET", "/Condition/filter", "ConditionRead", _conditions_filtered, list[wire.Condition]),
    Endpoint("GET", "/Condition/{name}", "ConditionRead", _conditions, list[wire.Condition]),
    Endpoint("GET", "/Update", "IcosUpdateRead", _listing(cluster_views.update_views), list[wire.IcosUpdate]),
    Endpoint(
        "GET",
        "/VirDomainReplication",
        "VirDomainReplicationRead",
        _listing(cluster_views.replication_views),
        list[wire.VirDomainReplication],
    ),
    Endpoint(
        "GET",
        "/RemoteClusterConnection",
        "RemoteClusterConnectionRead",
        _listing(cluster_views.connection_views),
        list[wire.RemoteClusterConnection],
    ),
    Endpoint("GET", "/GPU", "GPURead", _listing(cluster_views.all_gpu_views), list[wire.GPU]),
    Endpoint(
        "GET",
        "/GPUProfile",
        "GPUProfileRead",
        _listing(cluster_views.gpu_profile_views),
        list[wire.GPUProfile],
    ),
    Endpoint("GET", "/User", "UserRead", _listing(cluster_views.user_views), list[wire.User]),
    Endpoint("GET", "/Role", "RoleRead", _listing(cluster_views.role_views), list[wire.Role]),
    Endpoint("GET", UPDATE_STATUS_PATH, "", _update_status, None, is_public=True, is_outside=True),
)
"""Every endpoint but the description of the API, which is made from this table."""
