"""Which nodes best-fit relieves, of how much, and what a move would be worth.

A node calls for relief above a trigger, and is to come down well below it: trigger and relief are apart, so that what
was relieved is not hot again at once. A move is worth the points it takes off the higher of its two nodes, at most what
is called for, less what it costs: a fixed part, a part for each GiB of RAM to copy, and one for filling up its target.

Knows no checks but its own; whether a move is allowed is for `checks`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hctui.core.decision import Reason
from hctui.core.model import Node, NodeId, Vm
from hctui.core.policy import Policy, Strategy
from hctui.core.situation import Need, Situation

GIB = 1024**3

FILL_COST = 0.4
"""Each point by which a target would be above the source's aim costs so much."""

PERSISTENT_SHARE = 0.7
"""A node is hot if so many of the samples are above the trigger, and not for one short burst."""

ASSUMED_SECONDS_PER_GIB = 10.0
"""Assumed for the time of a live migration until there are some to learn from."""

ASSUMED_START_SECONDS = 20.0

EVENS_ABOVE_POINTS = 25.0
EVENS_TO_POINTS = 12.0
"""Nodes further apart than the one, over both windows, are evened out until they are no further apart than the
other."""

HIGHEST_TRIGGER_PERCENT = 95.0


@dataclass(frozen=True, slots=True)
class Level:
    """How readily VMs are moved for load.

    Attributes:
        trigger_points: so far above the upper threshold it acts; `None`: never.
        cost_share: this part of what a move costs is counted.
        evens: whether nodes below the threshold are evened out as well.
    """

    trigger_points: float | None
    cost_share: float = 1.0
    evens: bool = False


LEVELS = {
    1: Level(None),
    2: Level(10.0),
    3: Level(0.0),
    4: Level(-5.0, cost_share=0.5),
    5: Level(-5.0, cost_share=0.5, evens=True),
}


def trigger_percent(policy: Policy) -> float | None:
    """Above this mean CPU a node is hot; `None`: never, at level 1."""
    points, upper = LEVELS[policy.level].trigger_points, policy.cpu_upper_percent
    if points is None:
        return None
    return max(0.0, min(upper + points, max(upper, HIGHEST_TRIGGER_PERCENT)))


def target_limit_percent(policy: Policy) -> float:
    """The most CPU that a target may have with the VM on it."""
    return max(0.0, policy.cpu_upper_percent - policy.target_margin_points)


def hot_above_percent(policy: Policy) -> float:
    """Above this mean CPU a node is called hot, under either strategy."""
    if policy.strategy is Strategy.DOCUMENTED:
        return policy.cpu_upper_percent
    trigger = trigger_percent(policy)
    return policy.cpu_upper_percent if trigger is None else trigger


def takes_below_percent(policy: Policy) -> float:
    """Below this mean CPU a node may take VMs for load; under best-fit with the VM on it."""
    if policy.strategy is Strategy.DOCUMENTED:
        return policy.cpu_lower_percent
    return target_limit_percent(policy)


def cluster_percent(s: Situation) -> float:
    """The mean CPU of the usable nodes whose load is known, as one big node."""
    used = threads = 0.0
    for node in s.snapshot.nodes.values():
        mean = s.means[node.id]
        if s.usable[node.id].ok and mean is not None and node.threads:
            used += mean * node.threads
            threads += node.threads
    return used / threads if threads else 0.0


def need_of(s: Situation, node_id: NodeId, reason: Reason) -> Need | None:
    """Of how much a node is to be relieved now; `None`: of nothing, or its load is not known."""
    key = (reason, node_id)
    if key not in s.needs:
        node = s.snapshot.nodes.get(node_id)
        s.needs[key] = _NEEDS[reason](s, node) if node is not None and s.usable[node_id].ok else None
    return s.needs[key]


def _cpu_need(s: Situation, node: Node) -> Need | None:
    trigger, mean = trigger_percent(s.policy), s.means[node.id]
    if trigger is None or mean is None:
        return None
    if mean > trigger:
        mark = min(s.policy.cpu_relief_percent, trigger - s.policy.target_margin_points)
        return Need(node, mean, max(mark, cluster_percent(s), 0.0))
    return _evening_need(s, node, mean) if LEVELS[s.policy.level].evens else None


def _evening_need(s: Situation, node: Node, mean: float) -> Need | None:
    """The hottest node, as long as it is too far from the coolest."""
    loads = [load for load in s.loads() if load.mean_percent is not None]
    if len(loads) < 2 or loads[0].node_id != node.id:
        return None
    low = loads[-1].mean_percent or 0.0
    apart = mean - low
    if apart <= EVENS_TO_POINTS:
        return None
    return Need(node, mean, mean - (apart - EVENS_TO_POINTS) / 2.0, loads[-1].node_id)


def _ram_need(s: Situation, node: Node) -> Need | None:
    upper, used = s.policy.ram_upper_percent, s.mem_used_bytes[node.id]
    if upper is None or used is None or not node.mem_bytes:
        return None
    load = 100.0 * used / node.mem_bytes
    return Need(node, load, max(0.0, upper - s.policy.target_margin_points)) if load > upper else None


_NEEDS = {Reason.LOAD: _cpu_need, Reason.RAM: _ram_need}


def is_persistent(s: Situation, need: Need) -> bool:
    """Whether enough of the samples are above the trigger: k of the last n."""
    above, every = samples_above(s, need)
    return above >= PERSISTENT_SHARE * every


def samples_above(s: Situation, need: Need) -> tuple[int, int]:
    """How many of the samples that load is judged by are above the trigger, and how many there are."""
    trigger = trigger_percent(s.policy) or 0.0
    samples = s.judged.node(need.node.id).samples
    return sum(load > trigger for _, load in samples), len(samples)


def falling_to(s: Situation, need: Need) -> float | None:
    """What a node would come down to by itself within the time of a migration, if that is no longer hot.

    The line through the samples tells, and the latest of them has to be below the trigger already: a fall that is only
    noise must not put relief off.
    """
    trigger = trigger_percent(s.policy) or 0.0
    samples = s.judged.node(need.node.id).samples
    if len(samples) < 3 or samples[-1][1] > trigger:
        return None
    middle_at = sum(at for at, _ in samples) / len(samples)
    middle = sum(load for _, load in samples) / len(samples)
    spread = sum((at - middle_at) ** 2 for at, _ in samples)
    slope = sum((at - middle_at) * (load - middle) for at, load in samples) / spread if spread else 0.0
    expected = middle + slope * (s.now + usual_seconds(s, need.node.id) - middle_at)
    return max(0.0, expected) if slope < 0 and expected < trigger else None


def usual_seconds(s: Situation, node_id: NodeId) -> float:
    """How long a live migration of a usual VM of that node takes."""
    vms = s.placed[node_id]
    return migration_seconds(s, sum(vm.mem_bytes for vm in vms) / len(vms) if vms else 0.0)


def migration_seconds(s: Situation, mem_bytes: float) -> float:
    """How long a live migration of so much RAM takes, as far as is known."""
    learned = s.learned.seconds_per_gib
    if learned is not None:
        return learned * mem_bytes / GIB
    return ASSUMED_START_SECONDS + ASSUMED_SECONDS_PER_GIB * mem_bytes / GIB


@dataclass(frozen=True, slots=True)
class Score:
    """What a move would do to its two nodes, in percent of each, and what that is worth, in percentage points.

    Attributes:
        relief_points: what it takes off the higher of the two, at most what is called for.
        cost_points: its fixed cost, and that of its GiB.
        fill_points: what filling up the target costs.
    """

    source_before: float
    source_after: float
    target_before: float
    target_after: float
    relief_points: float
    cost_points: float
    fill_points: float

    @property
    def points(self) -> float:
        """What is left of the relief."""
        return self.relief_points - self.cost_points - self.fill_points

    @property
    def fall_points(self) -> float:
        """How much lower the higher of the two would be."""
        return max(self.source_before, self.target_before) - max(self.source_after, self.target_after)


def cost_points(policy: Policy, vm: Vm, reason: Reason) -> float:
    """What moving a VM costs, whatever it brings. For RAM the GiB count as relief, and cost nothing besides."""
    gib_points = policy.gib_cost_points * vm.mem_bytes / GIB if reason is Reason.LOAD else 0.0
    return LEVELS[policy.level].cost_share * (policy.move_cost_points + gib_points)


def share_percent(s: Situation, vm: Vm, node: Node, reason: Reason) -> float | None:
    """What a VM takes of a node: of its threads, or of its RAM; `None` while not known."""
    if reason is Reason.RAM:
        return 100.0 * vm.mem_bytes / node.mem_bytes if node.mem_bytes else None
    demand = s.judged.vm(vm.id)
    return 100.0 * demand.threads / node.threads if demand and node.threads else None


def load_percent(s: Situation, node: Node, reason: Reason) -> float | None:
    """The load of a node that counts for that reason: its mean CPU, or its RAM in use."""
    if reason is Reason.LOAD:
        return s.means[node.id]
    used = s.mem_used_bytes[node.id]
    return None if used is None or not node.mem_bytes else 100.0 * used / node.mem_bytes


def score(s: Situation, need: Need, vm: Vm, target: Node, reason: Reason) -> Score | None:
    """What moving a VM off a node in need would be worth; `None` while a load is not known."""
    before = load_percent(s, target, reason)
    off, on = share_percent(s, vm, need.node, reason), share_percent(s, vm, target, reason)
    if before is None or off is None or on is None:
        return None
    source_after, target_after = need.load_percent - off, before + on
    fall = max(need.load_percent, before) - max(source_after, target_after)
    return Score(
        need.load_percent,
        source_after,
        before,
        target_after,
        min(need.points, fall),
        cost_points(s.policy, vm, reason),
        FILL_COST * max(0.0, target_after - need.aim_percent),
    )
