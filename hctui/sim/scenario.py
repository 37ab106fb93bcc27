"""Scenario files: what a simulated cluster consists of and what will happen to it.

Reads TOML into values and checks that they make sense together. Builds nothing: that is `construction`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

from hctui.sim.demand import MAX_BURSTS_PER_HOUR
from hctui.sim.fault_table import FAULTS
from hctui.sim.permissions import ROLES
from hctui.sim.quantities import Bytes, Seconds

_FIRST_OCTET = 11
_VERSION = re.compile(r"\d+\.\d+\.\d+\.\d+")


class ScenarioError(ValueError):
    """A scenario that cannot be read or that contradicts itself; the text names the file, key and value."""


class _Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a scenario file. A key that does not exist is an error."""


class ClusterSpec(_Spec, frozen=True, kw_only=True):
    """`[cluster]`: what concerns the cluster as a whole.

    `bandwidth` is what one live migration copies per second. `session_idle` ends a session that is not used;
    `no_session_status` is the HTTP status for a request without a valid one. `restart_after` is how long
    HyperCore waits before it restarts the VMs of a failed node. `available_update` is the version on offer.
    """

    name: str = "simulated"
    version: str = "9.4.30.217736"
    bandwidth: Bytes = Bytes(500_000_000)
    session_idle: Seconds = Seconds(12 * 3600)
    no_session_status: Literal[401, 503] = 401
    restart_after: Seconds = Seconds(60)
    available_update: str = ""


class GpuSpec(_Spec, frozen=True, kw_only=True):
    """One graphics card of a node."""

    profile: str
    instances: int = 4


class NodeSpec(_Spec, frozen=True, kw_only=True):
    """`[[nodes]]`: one node, or `count` alike. LAN addresses are 127.0.0.11, .12 ... in this order."""

    count: int = 1
    threads: int = 32
    sockets: int = 1
    clock_gigahertz: float = 2.4
    memory: Bytes = Bytes(256 * 2**30)
    system_memory: Bytes = Bytes(8 * 2**30)
    overhead: float = 3.0
    gpus: tuple[GpuSpec, ...] = ()


class _VmTraits(_Spec, frozen=True, kw_only=True):
    """What a single VM and a group describe alike.

    CPU figures are percent of the VM's own vCPUs. Where `noise`, `wave` and `burst` are not given, they follow
    from `cpu`: 8 %, 10 % and 25 % of it. Without `wave_peak` the wave's peak is drawn.
    """

    tags: tuple[str, ...] = ()
    state: Literal["RUNNING", "SHUTOFF", "PAUSED", "CRASHED"] = "RUNNING"
    os: str = "os_other"
    wave: float | None = None
    wave_period: Seconds = Seconds(86_400)
    wave_peak: Seconds | None = None
    noise: float | None = None
    burst: float | None = None
    bursts_per_hour: float = 0.5
    preferred: int | None = None
    backup: int | None = None
    strict: bool = False
    replicated: bool = False
    disk: Bytes = Bytes(60 * 2**30)


class VmSpec(_VmTraits, frozen=True, kw_only=True):
    """`[[vms]]`: one VM. `node` is the last number of the LAN address of the node where it is (or last was)."""

    name: str
    node: int
    vcpus: int
    memory: Bytes
    cpu: float
    description: str = ""


class GroupSpec(_VmTraits, frozen=True, kw_only=True):
    """`[[groups]]`: VMs alike. `name` holds `{}` or `{:02}` for the number, which starts at `first`.

    `nodes` (all of them if absent), `vcpus` and `memory` are gone through in turn; the CPU of each VM is drawn
    between the two figures of `cpu`.
    """

    name: str
    count: int
    first: int = 1
    nodes: tuple[int, ...] = ()
    vcpus: tuple[int, ...] = (2,)
    memory: tuple[Bytes, ...] = (Bytes(4 * 2**30),)
    cpu: tuple[float, float] = (5.0, 15.0)


class AccountSpec(_Spec, frozen=True, kw_only=True):
    """`[[accounts]]`: who may log in. An empty password means that it is the same as the user name."""

    username: str
    password: str = ""
    roles: tuple[str, ...] = ("Admin",)
    session_limit: int = 0

    def __repr__(self) -> str:
        return f"AccountSpec(username={self.username!r})"

    @property
    def effective_password(self) -> str:
        """The password that is asked for."""
        return self.password or self.username


class EventSpec(_Spec, frozen=True, kw_only=True, rename={"for_": "for", "with_": "with"}):
    """`[[events]]`: at `at` after the start a fault is set, or cleared; after `for` it is cleared again."""

    at: Seconds
    fault: str
    for_: Seconds | None = None
    clear: bool = False
    with_: Mapping[str, str | int | float] = {}


_ACCOUNTS = (
    AccountSpec(username="admin"),
    AccountSpec(username="balancer", roles=("Read", "VM Power Controls")),
    AccountSpec(username="viewer", roles=("Read",)),
)


class Scenario(_Spec, frozen=True, kw_only=True):
    """A whole scenario file. `name` is what it was loaded by."""

    nodes: tuple[NodeSpec, ...]
    name: str = ""
    title: str = ""
    cluster: ClusterSpec = ClusterSpec()
    vms: tuple[VmSpec, ...] = ()
    groups: tuple[GroupSpec, ...] = ()
    accounts: tuple[AccountSpec, ...] = _ACCOUNTS
    events: tuple[EventSpec, ...] = ()

    @property
    def octets(self) -> tuple[int, ...]:
        """The last numbers of the nodes' LAN addresses, in order."""
        return tuple(range(_FIRST_OCTET, _FIRST_OCTET + sum(node.count for node in self.nodes)))


def scenario_names() -> tuple[str, ...]:
    """The scenarios that come with the program."""
    folder = resources.files("hctui.sim") / "scenarios"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Load one that comes with the program by its name, or any other by the path of its file.

    The latter is called by its file's name: what happens in it does not depend on the folder it lies in.

    Raises:
        ScenarioError: there is none such, it cannot be read, or it contradicts itself.
    """
    name = str(name_or_path)
    if isinstance(name_or_path, str) and name in scenario_names():
        return parse_scenario(
            (resources.files("hctui.sim") / "scenarios" / f"{name}.toml").read_text("utf-8"), name
        )
    try:
        text = Path(name_or_path).read_text("utf-8")
    except FileNotFoundError:
        raise ScenarioError(
            f"there is no scenario or file {name!r}; the scenarios are: {', '.join(scenario_names())}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"the scenario file {name} cannot be read: {error}") from error
    return msgspec.structs.replace(parse_scenario(text, name), name=Path(name).stem)


def parse_scenario(text: str, name: str = "scenario") -> Scenario:
    """Read a scenario from TOML text; `name` is used in errors and as the scenario's name.

    Raises:
        ScenarioError: it is not TOML, has a wrong key or value, or contradicts itself.
    """
    try:
        raw = tomllib.loads(text)
        scenario = msgspec.convert({"name": name, **raw}, Scenario, dec_hook=_convert)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ScenarioError(f"{name}: {error}") from error
    for complaint in _complaints(scenario):
        raise ScenarioError(f"{name}: {complaint}")
    return scenario


def _convert(kind: type, value: object) -> Bytes | Seconds:
    """What msgspec calls for the types it does not know."""
    return Bytes.parse(value) if kind is Bytes else Seconds.parse(value)


def _complaints(scenario: Scenario) -> Iterator[str]:
    """What is wrong, found lazily: the first one is the error."""
    yield from _node_complaints(scenario)
    for index, vm in enumerate(scenario.vms):
        yield from _vm_complaints(scenario, f"vms[{index}] ({vm.name})", vm, {"node": vm.node}, (vm.vcpus,))
    for index, group in enumerate(scenario.groups):
        places = {f"nodes[{i}]": octet for i, octet in enumerate(group.nodes)}
        yield from _vm_complaints(scenario, f"groups[{index}] ({group.name})", group, places, group.vcpus)
        yield from _group_complaints(f"groups[{index}] ({group.name})", group)
    yield from _account_complaints(scenario)
    for index, event in enumerate(scenario.events):
        yield from _event_complaints(f"events[{index}]", event)


def _node_complaints(scenario: Scenario) -> Iterator[str]:
    for key in ("version", "available_update"):
        version = getattr(scenario.cluster, key)
        if version and not _VERSION.fullmatch(version):
            yield f"cluster.{key}: {version!r} is not a version such as '9.4.30.217736'"
    if not 1 <= len(scenario.octets) <= 200:
        yield f"nodes: {len(scenario.octets)} nodes; 1 to 200 are possible"
    for index, node in enumerate(scenario.nodes):
        where = f"nodes[{index}]"
        if node.threads < 1:
            yield f"{where}.threads: {node.threads}; at least 1"
        if not 0 <= node.overhead <= 100:
            yield f"{where}.overhead: {node.overhead}; 0 to 100 percent"
        if node.system_memory > node.memory:
            yield f"{where}.system_memory: more than the node's memory"


def _vm_complaints(
    scenario: Scenario, where: str, vm: _VmTraits, places: Mapping[str, int], vcpus: tuple[int, ...]
) -> Iterator[str]:
    named = {**places, "preferred": vm.preferred, "backup": vm.backup}
    for key, octet in named.items():
        if octet is not None and octet not in scenario.octets:
            known = ", ".join(map(str, scenario.octets))
            yield f"{where}.{key}: there is no node {octet}; the nodes are {known}"
    if any(count < 0 for count in vcpus):
        yield f"{where}.vcpus: {min(vcpus)}; not below 0"
    if any("," in tag for tag in vm.tags):
        yield f"{where}.tags: a tag cannot contain a comma"
    if not 0 <= vm.bursts_per_hour <= MAX_BURSTS_PER_HOUR:
        yield f"{where}.bursts_per_hour: {vm.bursts_per_hour}; 0 to {MAX_BURSTS_PER_HOUR:g}"
    if vm.wave_period <= 0:
        yield f"{where}.wave_period: must be more than 0"


def _group_complaints(where: str, group: GroupSpec) -> Iterator[str]:
    try:
        distinct = group.count <= 1 or group.name.format(1) != group.name.format(2)
    except (IndexError, KeyError, ValueError):
        distinct = False
    if not distinct:
        yield f"{where}.name: {group.name!r} must hold the number once, as {{}} or {{:02}}"
    if not group.vcpus or not group.memory:
        yield f"{where}: vcpus and memory need at least one figure each"


def _account_complaints(scenario: Scenario) -> Iterator[str]:
    for index, account in enumerate(scenario.accounts):
        for role in account.roles:
            if role not in ROLES:
                yield f"accounts[{index}].roles: there is no role {role!r}; the roles are {', '.join(ROLES)}"
    if not scenario.accounts:
        yield "accounts: at least one is needed"


def _event_complaints(where: str, event: EventSpec) -> Iterator[str]:
    if event.fault not in FAULTS:
        yield f"{where}.fault: there is no fault {event.fault!r}; the faults are {', '.join(FAULTS)}"
        return
    if event.clear and event.for_ is not None:
        yield f"{where}: 'clear' and 'for' exclude each other"
    parameters = FAULTS[event.fault].parameters
    for key in event.with_:
        if key not in parameters:
            yield f"{where}.with: {event.fault} has no parameter {key!r}; it takes {', '.join(parameters) or 'none'}"
