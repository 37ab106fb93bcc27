"""The cluster's answers as it writes them: field names, optional fields and units of the API, nothing else.

Fields that hctui does not use are not listed and are ignored, as are those of later versions; the session ids
inside tasks are left out on purpose. A field without a default is one that no sense can be made without.
Conversion into our own values is `hctui.api.convert`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from hctui.api.errors import ApiSurprise
from hctui.api.reply import Reply
from hctui.api.text import MOST_TEXT_CHARACTERS, harmless
from hctui.core.secret import Secret

T = TypeVar("T")

# Counts and bytes: some versions write whole numbers as 8.0. Larger than 63 bits is nonsense.
Whole = Annotated[int, Meta(ge=0, le=2**63 - 1)] | Annotated[float, Meta(ge=0, le=2**63)]
Id = Annotated[str, Meta(min_length=1)]


class Login(Struct):
    """Answer to `POST /login`."""

    sessionID: Secret | None = None


class Result(Struct):
    """Answer to a write. The tag is empty or absent when there is no task to follow."""

    taskTag: int | str | None = None


class TaskTagStatus(Struct):
    """A task; every field may be absent where it is embedded as `latestTaskTag`. `created` is Unix seconds."""

    taskTag: int | str | None = None
    state: str | None = None
    progressPercent: float | None = None
    formattedDescription: str | None = None
    descriptionParameters: list[str | None] | None = None
    formattedMessage: str | None = None
    messageParameters: list[str | None] | None = None
    objectUUID: str | None = None
    created: float | None = None


class Cluster(Struct):
    """The cluster itself."""

    uuid: Id
    clusterName: str | None = None
    icosVersion: str | None = None


class Node(Struct):
    """A node. `cpuUsage` is percent of the whole node; memory in bytes."""

    uuid: Id
    lanIP: str | None = None
    networkStatus: str | None = None
    currentDisposition: str | None = None
    desiredDisposition: str | None = None
    supportsVirtualization: bool | None = None
    virtualizationOnline: bool | None = None
    allowRunningVMs: bool | None = None
    cpuUsage: float | None = None
    memSize: Whole | None = None
    totalMemUsageBytes: Whole | None = None
    systemMemUsageBytes: Whole | None = None
    numThreads: Whole | None = None


class AffinityStrategy(Struct):
    """HyperCore's own placement wish; `""` stands for no node."""

    strictAffinity: bool | None = None
    preferredNodeUUID: str | None = None
    backupNodeUUID: str | None = None


class VirDomain(Struct):
    """A VM. Memory in bytes; without it and the vCPUs nothing can be decided about the VM, so both must be there."""

    uuid: Id
    name: str
    mem: Whole
    numVCPU: Whole
    nodeUUID: str | None = None
    state: str | None = None
    uiState: str | None = None
    tags: str | None = None
    affinityStrategy: AffinityStrategy | None = None
    latestTaskTag: TaskTagStatus | None = None


class VirDomainStats(Struct):
    """Load of the VM with this uuid; `cpuUsage` is percent of its own vCPUs."""

    uuid: Id
    cpuUsage: float | None = None


class Condition(Struct):
    """An alert. `value` means "set" and is to be ignored where `isOK` is false."""

    name: str | None = None
    description: str | None = None
    value: bool | None = None
    isOK: bool | None = None
    userVisible: bool | None = None
    severity: str | None = None
    nodeLANIP: str | None = None


class GPUProfile(Struct):
    """A virtual GPU that a tag of this name gives to a VM."""

    name: str | None = None


class User(Struct):
    """An account of the cluster."""

    username: str
    roleUUIDs: list[str | None] | None = None


class Permission(Struct):
    """Leave to call one operation of the API."""

    functionName: str | None = None


class Role(Struct):
    """A named set of permissions."""

    uuid: Id
    name: str | None = None
    permissions: list[Permission | None] | None = None


class PrepareStatus(Struct):
    """How far an update has been prepared."""

    state: str | None = None


class InstallStatus(Struct):
    """How far the latest update has been installed."""

    masterState: str | None = None


class UpdateFile(Struct):
    """`update_status.json`. The first part is an object or a bare string, commonly an empty one."""

    prepareStatus: PrepareStatus | str | None = None
    updateStatus: InstallStatus | None = None


def _secret(kind: type, value: Any) -> Secret:  # noqa: ANN401 - the shape msgspec prescribes
    if kind is not Secret or not isinstance(value, str):
        raise ValueError("Expected `str`")
    return Secret(value)


MOST_NODES = 1_000
MOST_VMS = 50_000
MOST_TASKS = 100_000
MOST_OTHERS = 10_000
"""A list of more is none that this version knows what to do with. The largest clusters have some hundred VMs."""


def _list_of(kind: type[T], most: int) -> msgspec.json.Decoder[list[T | None]]:
    """For an array of these with `null` in some places; of more than so many it is an error."""
    return msgspec.json.Decoder(Annotated[list[kind | None], Meta(max_length=most)])  # type: ignore[valid-type]


LOGIN = msgspec.json.Decoder(Login, dec_hook=_secret)
RESULT = msgspec.json.Decoder(Result)
CLUSTERS = _list_of(Cluster, MOST_OTHERS)
NODES = _list_of(Node, MOST_NODES)
VMS = _list_of(VirDomain, MOST_VMS)
STATS = _list_of(VirDomainStats, MOST_VMS)
TASKS = _list_of(TaskTagStatus, MOST_TASKS)
CONDITIONS = _list_of(Condition, MOST_OTHERS)
GPU_PROFILES = _list_of(GPUProfile, MOST_OTHERS)
USERS = _list_of(User, MOST_OTHERS)
ROLES = _list_of(Role, MOST_OTHERS)
UPDATE_FILE = msgspec.json.Decoder(UpdateFile)


def decode(reply: Reply, decoder: msgspec.json.Decoder[T]) -> T:
    """The answer in its expected shape.

    Raises:
        ApiSurprise: it is not JSON or has another shape; the detail names the path of the first wrong field.
    """
    try:
        return decoder.decode(reply.body)
    except RecursionError:
        problem = "nested too deeply"
    except (msgspec.MsgspecError, ValueError) as error:
        problem = "an HTML page instead of JSON" if reply.is_html else _with_path_first(error)
    # Raised outside the handler: a decoding error of the standard library carries the whole body.
    raise ApiSurprise(f"{reply.request.removeprefix('GET ')}: {problem}.")


def decode_list(reply: Reply, decoder: msgspec.json.Decoder[list[T | None]]) -> list[T]:
    """Like `decode`, for the arrays that reads answer with; `null` elements are left out."""
    return [item for item in decode(reply, decoder) if item is not None]


def _with_path_first(error: Exception) -> str:
    """`Expected ..., got ... - at ...` turned round: the path, then what is wrong there."""
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    message, _, path = str(error).replace("`", "").partition(" - at ")
    message = re.sub(r"int \| float|float \| int", "int", message.replace(" | null", ""))
    message = message[:1].lower() + message[1:] if message.startswith(("Expected", "Object")) else message
    return harmless(f"{path}: {message}" if path else message, MOST_TEXT_CHARACTERS)
