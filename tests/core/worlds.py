"""Random clusters for the properties, a tiny model that carries moves out, and the rules told once more.

`objections` states what a move must never do in words of its own: it shares no code with the checks it judges, only
the values of the model. It is slow and plain on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hypothesis import strategies as st

from hctui.core.answers import Accepted, Answer, NotSent, Refused, SessionEnded, Unanswered
from hctui.core.calendar import read_span
from hctui.core.decision import Move, Reason
from hctui.core.migration import Look, Unread
from hctui.core.model import (
    Disposition,
    NativeAffinity,
    NetworkStatus,
    Node,
    NodeId,
    Snapshot,
    TaskId,
    TaskState,
    UpdateStatus,
    UpdateVerdict,
    Vm,
    VmId,
    VmState,
)
from hctui.core.policy import Mode, NPlusOne, Policy, Strategy
from tests.core.build import cluster, node, node_id, task, vm

NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")
TAGS = (
    *(f"anti_{name}" for name in NAMES[:5]),
    *("node_101", "node_102", "node_103") * 3,
    *("with_a", "with_f"),
    "node_256",
    "node_exporter",
    "anti_nosuch",
    "nomove",
    "gpu-a2",
)


class Weather(StrEnum):
    """What may come between us and a decision."""

    FINE = "fine"
    NO_DATA = "no data"
    STALE = "stale data"
    OFFLINE = "a node is offline"
    UPDATE = "an update is being installed"
    FOREIGN = "somebody else migrates a VM"


class Fate(StrEnum):
    """What the model does with a migration that was accepted."""

    ARRIVES = "arrives"
    FAILS = "fails"
    STRAYS = "strays"
    DELETED = "deleted"
    CRASHES = "crashes"
    HANGS = "hangs"


class Order(StrEnum):
    """What a person says in a cycle."""

    NOTHING = "nothing"
    PAUSE = "pause"
    RESUME = "resume"
    APPROVE = "approve"
    APPROVE_STALE = "approve a stale one"
    REJECT = "reject"
    CHOOSE = "choose another move"
    APPROVE_AND_CHOOSE = "approve and choose"
    MOVE = "move by hand"
    MOVE_ANYWAY = "move by hand, overriding the cooldowns"
    DRAIN = "drain a node"
    END_DRAIN = "end the drain"
    FLIP = "flip the dry run"


ANSWERS: tuple[Answer, ...] = (
    Accepted(TaskId("7")),
    Accepted(TaskId("7")),
    Accepted(None),
    Unanswered("Timed out."),
    Refused(500, "No."),
    NotSent("No route."),
    SessionEnded(),
)


@dataclass(frozen=True)
class Turn:
    """One cycle: how long after the last, what is in the way, and what happens to a move.

    `vm` and `target` are the numbers of what a person points at.
    """

    seconds: float
    weather: Weather
    order: Order
    answer: Answer
    fate: Fate
    looks: int
    hot: int
    cool_percent: float | None
    vm: int = 0
    target: int = 0


@dataclass
class World:
    """The cluster as it is. Nodes gain and lose RAM as VMs come and go."""

    nodes: dict[NodeId, Node]
    vms: dict[VmId, Vm]
    policy: Policy
    flight: tuple[Move, Fate, int] | None = None
    task: TaskState | None = None

    def snapshot(self, at: float, turn: Turn) -> Snapshot | None:
        if turn.weather is Weather.NO_DATA:
            return None
        for index, (key, old) in enumerate(self.nodes.items()):
            self.nodes[key] = replace(old, cpu_percent=95.0 if index == turn.hot else turn.cool_percent)
        seen = cluster(self.nodes.values(), self.vms.values(), at=at)
        seen = replace(seen, gpu_profiles=frozenset({"gpu-a2"}))
        if turn.weather is Weather.STALE:
            return replace(seen, taken_at=at - 2 * self.policy.stale_after_seconds)
        if turn.weather is Weather.UPDATE:
            return replace(seen, update=UpdateStatus(UpdateVerdict.ACTIVE, "An update is being installed."))
        if turn.weather is Weather.OFFLINE:
            down = next(iter(self.nodes.values()))
            return replace(seen, nodes={**self.nodes, down.id: replace(down, status=NetworkStatus.OFFLINE)})
        if turn.weather is Weather.FOREIGN:
            return replace(seen, live_tasks=(task(id="99", on="somebody's"),))
        return seen

    def begin(self, move: Move, turn: Turn) -> None:
        """The cluster takes a migration on, unless the request never reached it."""
        if isinstance(turn.answer, Accepted | Unanswered):
            traced = isinstance(turn.answer, Accepted) and turn.answer.task_id
            self.flight, self.task = (move, turn.fate, turn.looks), TaskState.RUNNING if traced else None
            self.vms[move.vm_id] = replace(self.vms[move.vm_id], ui_state=VmState.MIGRATING)

    def look(self, vm_id: VmId) -> Look:
        """Let the migration go on by one look."""
        if self.flight:
            move, fate, looks = self.flight
            self.flight = (move, fate, looks - 1) if looks or fate is Fate.HANGS else None
            if self.flight is None:
                self._land(move, fate)
        seen = None if self.task is None else task(self.task, on=vm_id)
        return Look(self.vms.get(vm_id), Unread() if self.flight and self.flight[2] % 3 == 1 else seen)

    def _land(self, move: Move, fate: Fate) -> None:
        if self.task is not None:
            self.task = TaskState.ERROR if fate is Fate.FAILS else TaskState.COMPLETE
        vm = replace(self.vms.pop(move.vm_id), ui_state=VmState.RUNNING)
        if fate is Fate.DELETED:
            return
        stray = next((key for key in self.nodes if key not in (move.source, move.target)), move.source)
        if fate is Fate.CRASHES:
            vm = replace(vm, state=VmState.CRASHED, ui_state=VmState.CRASHED)
        goes = {Fate.ARRIVES: move.target, Fate.STRAYS: stray}.get(fate, move.source)
        for key, sign in ((move.source, -1), (goes, +1)):
            used = self.nodes[key].mem_used_bytes
            if used is not None:
                self.nodes[key] = replace(self.nodes[key], mem_used_bytes=max(0, used + sign * vm.mem_bytes))
        self.vms[move.vm_id] = replace(vm, node_id=goes)


def objections(move: Move, seen: Snapshot, policy: Policy) -> list[str]:
    """Every rule that a move would break on this cluster, stated without the help of the checks."""
    vm, target, source = seen.vms[move.vm_id], seen.nodes[move.target], seen.nodes[move.source]
    others = [o for o in seen.vms.values() if o.id != vm.id and o.node_id == target.id and _is_up(o)]
    octets = [tag[5:] for tag in vm.tags if tag.startswith("node_") and tag[5:].isdigit()]
    homes = [n.id for n in seen.nodes.values() if n.lan_ip.split(".")[-1] in octets]
    wish = vm.affinity
    parked = move.reason is Reason.ROOM  # what is away from its pin in any case may wait elsewhere
    broken = {
        "goes nowhere": vm.node_id != source.id or source.id == target.id,
        "anti-affinity of the VM": any(f"anti_{o.name}" in vm.tags for o in others),
        "anti-affinity of another": any(f"anti_{vm.name}" in o.tags for o in others),
        "pin": bool(homes) and target.id not in homes and not (parked and source.id not in homes),
        "nomove": "nomove" in vm.tags,
        "virtual GPU": bool(set(vm.tags) & seen.gpu_profiles),
        "strict affinity": wish.strict and target.id not in (wish.preferred, wish.backup),
        "preferred node left": wish.preferred == source.id,
        "leaves a mate": move.reason in _SINGLE and any(_mates(vm, o) for o in _beside(vm, seen)),
        "not running": vm.state is not VmState.RUNNING or vm.ui_state is not VmState.RUNNING,
        "busy": vm.task in (TaskState.QUEUED, TaskState.RUNNING),
        "target not usable": not _takes_part(target, policy),
        "source not usable": not _takes_part(source, policy),
        "RAM": _ram_percent(target, vm) > policy.ram_limit_percent,
    }
    return [what for what, is_so in broken.items() if is_so]


_SINGLE = (Reason.LOAD, Reason.RAM, Reason.ROOM, Reason.MANUAL)
"""For these a VM moves by itself. Where a rule asks for it, a group moves one by one."""


def _beside(vm: Vm, seen: Snapshot) -> list[Vm]:
    return [o for o in seen.vms.values() if o.id != vm.id and o.node_id == vm.node_id and _is_up(o)]


def _mates(one: Vm, other: Vm) -> bool:
    return f"with_{other.name}" in one.tags or f"with_{one.name}" in other.tags


def _is_up(vm: Vm) -> bool:
    return vm.state not in (VmState.SHUTOFF, VmState.CRASHED)


def _takes_part(node: Node, policy: Policy) -> bool:
    switches = (node.supports_virtualization, node.virtualization_online, node.allow_running_vms)
    return (
        all(switches)
        and node.status is NetworkStatus.ONLINE
        and node.lan_ip not in policy.excluded_node_ips
        and {node.current_disposition, node.desired_disposition} == {Disposition.IN}
    )


def _ram_percent(node: Node, vm: Vm) -> float:
    if node.mem_bytes is None or node.mem_used_bytes is None:
        return float("inf")
    return 100 * (node.mem_used_bytes + vm.mem_bytes) / node.mem_bytes


@st.composite
def _nodes(draw: st.DrawFn) -> list[Node]:
    built = []
    for number in range(1, draw(st.sampled_from((1, 2, 2, 3, 3, 4, 6))) + 1):
        new = node(number, used_gib=draw(st.sampled_from((20, 50, 64, 66, 70))))
        quirk = draw(st.integers(0, 60))
        quirks = {
            1: replace(new, allow_running_vms=False),
            2: replace(new, supports_virtualization=None),
            3: replace(new, mem_used_bytes=None),
            4: replace(new, lan_ip="10.0.1.101"),
            5: replace(new, threads=None),
            6: replace(new, mem_bytes=0),
        }
        built.append(quirks.get(quirk, new))
    return built


@st.composite
def _vm(draw: st.DrawFn, index: int, nodes: int, most_tags: int) -> Vm:
    new = vm(
        draw(st.sampled_from(NAMES)),
        draw(st.integers(1, nodes)),
        id=f"v{index}",
        mem_gib=draw(st.sampled_from((1, 4, 4, 6, 20))),
        cpu=draw(st.sampled_from((1.0, 30.0, 99.0))),
        tags=" ".join(draw(st.lists(st.sampled_from(TAGS), max_size=most_tags))),
    )
    some = st.integers(1, nodes + 1)
    quirk = draw(st.integers(0, 40))
    quirks = {
        1: lambda: replace(new, state=VmState.SHUTOFF, ui_state=VmState.SHUTOFF),
        2: lambda: replace(new, state=VmState.PAUSED),
        3: lambda: replace(new, ui_state=VmState.STOPPING),
        4: lambda: replace(new, node_id=None),
        5: lambda: replace(new, affinity=NativeAffinity(True, node_id(draw(some)), node_id(draw(some)))),
        6: lambda: replace(new, affinity=NativeAffinity(False, node_id(draw(some)))),
        7: lambda: replace(new, affinity=NativeAffinity(True)),
        8: lambda: replace(new, cpu_percent=None),
        9: lambda: replace(new, task=draw(st.sampled_from(TaskState))),
        10: lambda: replace(new, vcpus=0),
    }
    return quirks[quirk]() if quirk in quirks else new


HALF_HOURS = read_span("daily 13:30-14:00")
"""A window around `NOW`, 13:46 in UTC."""

_POLICIES = st.builds(
    Policy,
    dry_run=st.sampled_from((False, False, True)),
    mode=st.sampled_from((Mode.AUTO, Mode.AUTO, Mode.APPROVE)),
    window_seconds=st.sampled_from((30.0, 60.0)),
    ram_limit_percent=st.sampled_from((70.0, 85.0)),
    cpu_lower_percent=st.sampled_from((50.0, 79.9)),
    strategy=st.sampled_from(Strategy),
    level=st.sampled_from((3, 3, 4, 5)),
    move_cost_points=st.sampled_from((0.0, 0.2)),
    gib_cost_points=st.just(0.0),
    ram_upper_percent=st.sampled_from((None, 55.0)),
    most_vcpus_per_thread=st.sampled_from((None, 1.0)),
    n_plus_one=st.sampled_from(NPlusOne),
    cluster_cooldown_seconds=st.sampled_from((0.0, 60.0)),
    recovery_cooldown_seconds=st.sampled_from((0.0, 60.0)),
    vm_cooldown_seconds=st.sampled_from((120.0, 1800.0)),
    return_ban_seconds=st.sampled_from((0.0, 7200.0)),
    most_moves_per_hour=st.sampled_from((0, 1, 2, 12)),
    act_only=st.sampled_from(((), (), (), (HALF_HOURS,))),
    windows_bind_rules=st.booleans(),
    failures_before_pause=st.sampled_from((0, 1, 3)),
    failure_pause_seconds=st.sampled_from((0.0, 60.0, 3600.0)),
    excluded_node_ips=st.sampled_from((frozenset[str](), frozenset({"10.0.0.102"}))),
)

_OFTEN = [*[Order.APPROVE] * 6, *[Order.RESUME] * 6, *[Order.MOVE_ANYWAY] * 3]

_TURNS = st.builds(
    Turn,
    seconds=st.sampled_from((*[30.0] * 5, 61.0, 61.0, 2000.0, -3600.0)),
    weather=st.sampled_from((*[Weather.FINE] * 20, *Weather)),
    order=st.sampled_from((*[Order.NOTHING] * 12, *_OFTEN, *Order)),
    answer=st.sampled_from(ANSWERS),
    fate=st.sampled_from((*[Fate.ARRIVES] * 3, *Fate)),
    looks=st.integers(0, 3),
    hot=st.sampled_from((0, 0, 0, 1, 1, 2, 3, 9)),
    cool_percent=st.sampled_from((20.0, 20.0, 49.9, 50.0, None)),
    vm=st.integers(0, 24),
    target=st.integers(0, 5),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A cluster and a policy."""
    nodes = draw(_nodes())
    most_tags = draw(st.sampled_from((0, 1, 2)))
    most_vms = draw(st.sampled_from((3, 8, 25)))
    vms = [
        draw(_vm(index, len(nodes), most_tags)) for index in range(draw(st.integers(most_vms // 2, most_vms)))
    ]
    return World({new.id: new for new in nodes}, {new.id: new for new in vms}, draw(_POLICIES))


turns = st.lists(_TURNS, min_size=12, max_size=24)
