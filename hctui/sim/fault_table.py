"""The faults that exist: name, what each does, its parameters. One table, shown to users as it stands.

Data only; `faults` keeps which are set, and the modules they concern look there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a parameter's value must be, in words for the error message."""

    PATH = "a path below /rest/v1 such as '/VirDomain/action', with * for anything"
    NODE = "a node: the last number of its LAN address, the address or its uuid"
    VM = "a VM: its name or uuid"
    VMS = "names of VMs, with * for anything"
    TEXT = "a text"
    NUMBER = "a number from 0 up"
    COUNT = "a whole number from 1 up"
    SESSION_STATUS = "401 or 503"
    SEVERITY = "EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO or DEBUG"


SEVERITIES = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. A default of `...` means that it must be given; `None` that it may be absent."""

    kind: Kind
    default: object = ...


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One fault. `target` is the parameter by which several of the kind can be set at the same time."""

    name: str
    summary: str
    parameters: Mapping[str, Parameter]
    target: str = ""


_EVERYWHERE = Parameter(Kind.PATH, "*")
_ACTION = Parameter(Kind.PATH, "/VirDomain/action")
_ALWAYS = Parameter(Kind.COUNT, None)
_ONCE = Parameter(Kind.COUNT, 1)
_NODE = {"node": Parameter(Kind.NODE)}
_VM = {"vm": Parameter(Kind.VM)}

_REQUESTS = (
    FaultKind(
        "session_expired",
        "The session a request carries is ended and the request refused; logging in again works.",
        {"status": Parameter(Kind.SESSION_STATUS, 401), "path": _EVERYWHERE, "times": _ONCE},
    ),
    FaultKind(
        "forbidden", "403: the account's role lacks the permission.", {"path": _EVERYWHERE, "times": _ALWAYS}
    ),
    FaultKind("action_refused", "500 for an action, which is not carried out.", {"times": _ALWAYS}),
    FaultKind(
        "bad_request", "400 with plain text, as from the validator.", {"path": _ACTION, "times": _ALWAYS}
    ),
    FaultKind("proxy_error", "502 with an HTML page.", {"path": _EVERYWHERE, "times": _ALWAYS}),
    FaultKind(
        "connection_dropped",
        "The connection is closed without an answer, and nothing is carried out.",
        {"path": _EVERYWHERE, "times": _ALWAYS},
    ),
    FaultKind("tls_broken", "No TLS connection can be made, and those that exist are closed.", {}),
    FaultKind(
        "answer_lost",
        "The request is carried out, and the connection closed instead of an answer.",
        {"path": _ACTION, "times": _ONCE},
    ),
    FaultKind(
        "slow_answers",
        "Answers come late, by real seconds; what was asked for is carried out at once.",
        {"seconds": Parameter(Kind.NUMBER, 5.0), "path": _EVERYWHERE, "times": _ALWAYS},
        target="path",
    ),
)

_TASKS = (
    FaultKind("task_tag_empty", "A migration starts, but the answer names no task.", {"times": _ALWAYS}),
    FaultKind("task_vanishes", "Every task is unknown: GET /TaskTag answers [].", {}),
    FaultKind("task_uninitialized", "A task asked for is reported as UNINITIALIZED.", {"times": _ONCE}),
    FaultKind(
        "task_error",
        "A migration begins and ends in ERROR; nothing has moved.",
        {"message": Parameter(Kind.TEXT, "Virt Exception, code: 38, cannot send data"), "times": _ALWAYS},
    ),
    FaultKind("task_stuck", "A migration stays RUNNING at 99 % until this is cleared.", {"times": _ALWAYS}),
    FaultKind(
        "task_without_move", "A migration ends COMPLETE, but the VM stays where it was.", {"times": _ALWAYS}
    ),
)

_NODES = (
    FaultKind(
        "node_offline", "The node fails; its VMs are restarted on others after a while.", _NODE, "node"
    ),
    FaultKind("node_unknown", "The node's networkStatus is UNKNOWN; its VMs run on.", _NODE, "node"),
    FaultKind("node_evacuated", "The node is evacuated, and taken back when cleared.", _NODE, "node"),
    FaultKind(
        "node_disallowed", "allowRunningVMs is false: its VMs leave, and return when cleared.", _NODE, "node"
    ),
    FaultKind("node_witness", "supportsVirtualization is false; VMs already there stay.", _NODE, "node"),
    FaultKind("node_cpu_missing", "The node's cpuUsage is not reported.", _NODE, "node"),
)

_VMS = (
    FaultKind("vm_cpu_missing", "The VM's cpuUsage is not reported.", _VM, "vm"),
    FaultKind("vm_stats_missing", "The VM is not listed among the statistics.", _VM, "vm"),
    FaultKind(
        "duplicate_name", "The VM bears the name of another.", {**_VM, "like": Parameter(Kind.VM)}, "vm"
    ),
    FaultKind("own_name_tag", "The VM has an anti_ tag with its own name.", _VM, "vm"),
    FaultKind("tags_null", "The VM's tags are null instead of a text.", _VM, "vm"),
    FaultKind(
        "load_surge",
        "VMs want more CPU, or less, by a factor.",
        {"vms": Parameter(Kind.VMS), "factor": Parameter(Kind.NUMBER)},
        "vms",
    ),
)

_CLUSTER = (
    FaultKind("update_running", "An update of HyperCore is IN PROGRESS.", {}),
    FaultKind(
        "update_preparing",
        "prepareStatus of the update status is an object with this state, instead of the text ''.",
        {"state": Parameter(Kind.TEXT, "IN PROGRESS")},
    ),
    FaultKind("update_status_unreadable", "The update status file is cut off in the middle.", {}),
    FaultKind("update_status_absent", "The update status file does not exist: 404, never updated.", {}),
    FaultKind(
        "condition_set",
        "An alert is set.",
        {
            "text": Parameter(Kind.TEXT, "Storage is degraded"),
            "severity": Parameter(Kind.SEVERITY, "CRITICAL"),
            "node": Parameter(Kind.NODE, None),
        },
        "text",
    ),
    FaultKind(
        "foreign_migration",
        "Somebody else migrates a VM now, if it can be; to the node with the most free RAM if none is given.",
        {**_VM, "node": Parameter(Kind.NODE, None)},
        "vm",
    ),
    FaultKind(
        "affinity_pull",
        "HyperCore takes VMs back to their preferred node, so many seconds after they came elsewhere.",
        {"seconds": Parameter(Kind.NUMBER, 120.0)},
    ),
)

FAULTS: Mapping[str, FaultKind] = {
    kind.name: kind for kind in (*_REQUESTS, *_TASKS, *_NODES, *_VMS, *_CLUSTER)
}
"""Every fault there is, by name."""
