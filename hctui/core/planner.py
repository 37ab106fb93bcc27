"""What calls for a move now, and which move: violated anti-affinity rules, then pins, then load.

Each question yields findings that keep every VM and target considered, with the check that failed. The first
finding that has a move ends the search; a finding without one names its blocker and does not hold up the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from hctui.core.checks import first_fit
from hctui.core.decision import Candidate, Finding, Move, Reason
from hctui.core.model import Node, NodeId, Vm, VmId
from hctui.core.policy import Mode
from hctui.core.situation import Situation
from hctui.core.wording import MOST_TOLD, count, first_of, listing, percent, some_of


def violations(s: Situation) -> Iterator[tuple[Vm, Vm]]:
    """Pairs of VMs that share a node although they must not, each pair once, the tagged one first."""
    for vm_id, rivals in s.rules.rivals.items():
        vm = s.snapshot.vms[vm_id]
        if not vm.is_placed:
            continue
        for rival_id in rivals:
            rival = s.snapshot.vms[rival_id]
            if not (rival.is_placed and rival.node_id == vm.node_id):
                continue
            forth, back = (vm_id, rival_id) in s.rules.tagged, (rival_id, vm_id) in s.rules.tagged
            if forth and not (back and rival_id < vm_id):
                yield vm, rival


def strays(s: Situation) -> Iterator[Vm]:
    """Pinned VMs that are on another node than one of theirs."""
    for vm_id, homes in s.rules.homes.items():
        vm = s.snapshot.vms[vm_id]
        if vm.is_placed and vm.node_id not in homes:
            yield vm


def separate(s: Situation, pair: tuple[Vm, Vm]) -> Finding:
    """Fix one violation: the partner with the least RAM that may move, to the node it fills least."""
    tagged, other = pair
    here = s.node_name(tagged.node_id)
    headline = f"{tagged.name} shares {here} with {other.name}, which its tag anti_{other.name} forbids."
    candidates = []
    for vm in sorted(
        pair, key=lambda partner: partner.mem_bytes
    ):  # stable: at equal RAM the tagged one first
        candidates.append(first_fit(s, vm, emptiest_first(s, vm), Reason.ANTI_AFFINITY))
        if move := _found(s, candidates[-1], Reason.ANTI_AFFINITY, headline):
            told = f"{headline} {_plan(s, vm.name, move)}"
            return Finding(Reason.ANTI_AFFINITY, headline, told, _ids(pair), tuple(candidates), move)
    told = f"{headline} It cannot be fixed now. {_blockers(candidates)}"
    return Finding(Reason.ANTI_AFFINITY, headline, told, _ids(pair), tuple(candidates))


def bring_home(s: Situation, vm: Vm) -> Finding:
    """Bring a pinned VM to one of its nodes, the one it fills least."""
    headline = f"{vm.name} is on {s.node_name(vm.node_id)}, but pinned to {_home_names(s, vm)}."
    candidate = first_fit(s, vm, homes_of(s, vm), Reason.PIN)
    if move := _found(s, candidate, Reason.PIN, headline):
        told = f"{headline} {_plan(s, 'it', move)}"
        return Finding(Reason.PIN, headline, told, (vm.id,), (candidate,), move)
    told = f"{headline} It cannot go home now. {_blockers([candidate])}"
    return Finding(Reason.PIN, headline, told, (vm.id,), (candidate,))


def _home_names(s: Situation, vm: Vm) -> str:
    homes = s.rules.homes[vm.id]
    return listing([node.name for node in s.snapshot.nodes.values() if node.id in homes])


def pending(s: Situation, vms: tuple[Vm, ...], reason: Reason) -> Finding:
    """A violated rule that has to wait, because another one is being fixed in this cycle."""
    names, here = listing([vm.name for vm in vms]), s.node_name(vms[0].node_id)
    headline = (
        f"{names} share {here}, which a tag forbids."
        if reason is Reason.ANTI_AFFINITY
        else f"{names} is on {here}, but pinned to {_home_names(s, vms[0])}."
    )
    return Finding(reason, headline, f"{headline} It waits for its turn.", _ids(vms))


def relieve(s: Situation) -> Finding | None:
    """The documented load rule; `None` while fewer than two usable nodes have a full window.

    Imbalance: the busiest node is above the upper threshold and the coolest below the lower one. Then the VMs of
    the busiest node, busiest first, each tried on the other nodes, coolest first; the first pair that passes.
    """
    loads = [load for load in s.loads() if load.mean_percent is not None]
    if len(loads) < 2:
        return None
    hottest, coolest = loads[0], loads[-1]
    assert hottest.mean_percent is not None  # noqa: S101 - filtered above
    assert coolest.mean_percent is not None  # noqa: S101 - filtered above
    upper, lower = s.policy.cpu_upper_percent, s.policy.cpu_lower_percent
    hot, cool = percent(hottest.mean_percent), percent(coolest.mean_percent)
    if not hottest.mean_percent > upper:
        told = (
            f"No imbalance{_as_if(s)}. The busiest node, {hottest.node_name}, is at {hot}, "
            f"not above {percent(upper)}.{_unknown(s)}"
        )
        return Finding(Reason.LOAD, "", told, ())
    if not coolest.mean_percent < lower:
        told = (
            f"{hottest.node_name} is hot at {hot}, but even the coolest node, {coolest.node_name}, "
            f"is at {cool}, not below {percent(lower)}{_as_if(s)}."
        )
        return Finding(Reason.LOAD, told, told, ())
    headline = (
        f"{hottest.node_name} is at {hot}, above {percent(upper)}, while {coolest.node_name} is at {cool}, "
        f"below {percent(lower)}{_as_if(s)}."
    )
    targets = coolest_first(s, hottest.node_id)
    candidates = []
    for vm in busiest_first(s, s.placed[hottest.node_id]):
        candidates.append(first_fit(s, vm, targets, Reason.LOAD))
        if move := _found(s, candidates[-1], Reason.LOAD, headline):
            told = f"{headline} {_plan(s, vm.name, move)}"
            return Finding(Reason.LOAD, headline, told, (vm.id,), tuple(candidates), move)
    told = f"{headline} {_why_none(candidates, hottest.node_name)}"
    if not candidates:
        told = f"{headline} There is no VM on {hottest.node_name} that could be moved."
    return Finding(Reason.LOAD, headline, told, (), tuple(candidates))


def _plan(s: Situation, name: str, move: Move) -> str:
    """What comes of a finding that has a move. In mode approve that is for a person to say, so it is no promise."""
    if s.policy.mode is Mode.APPROVE:
        return f"hctui would move {name} to {move.target_name}."
    return f"Moving {name} to {move.target_name}."


def _unknown(s: Situation) -> str:
    """That the load of some nodes is not known, so that nobody takes them for idle."""
    names = [load.node_name for load in s.loads() if load.mean_percent is None]
    return f" The load of {some_of(names, 'node')} is not known." if names else ""


def _as_if(s: Situation) -> str:
    return f", with {count(s.imagined, 'imagined move')} counted in" if s.imagined else ""


def _why_none(candidates: list[Candidate], node_name: str) -> str:
    """How many of the VMs fail at which check: their own, or, where all targets failed, the most frequent of those."""
    causes = Counter(_cause(candidate) for candidate in candidates)
    told = listing([f"{number} by {check}" for check, number in causes.most_common()])
    return f"Of {count(len(candidates), 'VM')} on {node_name}, none can be moved to a cooler node: {told}."


def _cause(candidate: Candidate) -> str:
    if not candidate.verdicts[-1].ok:
        return candidate.verdicts[-1].check
    if not candidate.trials:
        return "the lack of another node"
    return Counter(tried.verdicts[-1].check for tried in candidate.trials).most_common(1)[0][0]


def coolest_first(s: Situation, source: NodeId) -> list[Node]:
    """The targets of a VM that is to relieve `source`, in the order in which they are tried: by mean CPU.

    Nodes without a mean come last. They fail their first check, but the trace shall say why they were not taken.
    """
    known = [load.node_id for load in s.loads() if load.mean_percent is not None]
    left_out = [node_id for node_id in s.snapshot.nodes if node_id not in known]
    return [s.snapshot.nodes[node_id] for node_id in (*reversed(known), *left_out) if node_id != source]


def busiest_first(s: Situation, vms: Iterable[Vm]) -> list[Vm]:
    """By mean CPU percent of their own vCPUs, as documented; those without samples last."""
    ranked = list(vms)
    means = {vm.id: s.window.vm(vm.id).partial_percent for vm in ranked}
    return sorted(ranked, key=lambda vm: (means[vm.id] is None, -(means[vm.id] or 0.0)))


def homes_of(s: Situation, vm: Vm) -> list[Node]:
    """The nodes that a VM is pinned to, but for the one it is on, in the order in which they are tried."""
    homes = s.rules.homes.get(vm.id, frozenset())
    return [node for node in emptiest_first(s, vm) if node.id in homes]


def emptiest_first(s: Situation, vm: Vm) -> list[Node]:
    """Other nodes by the RAM percent they would have with the VM; hot ones after all others, unknown ones last."""
    order = s.orders.get(vm.mem_bytes)
    if order is None:
        order = s.orders[vm.mem_bytes] = _by_room(s, vm.mem_bytes)
    return [node for node in order if node.id != vm.node_id]


def _by_room(s: Situation, mem_bytes: int) -> list[Node]:
    def key(node: Node) -> tuple[bool, bool, float]:
        mean = s.means[node.id]
        load = node.cpu_percent if mean is None else mean
        hot = load is not None and load > s.policy.cpu_upper_percent
        used = s.mem_used_bytes[node.id]
        if not node.mem_bytes or used is None:
            return True, hot, 0.0
        return False, hot, (used + mem_bytes) / node.mem_bytes

    return sorted(s.snapshot.nodes.values(), key=key)


def _found(s: Situation, candidate: Candidate, reason: Reason, sentence: str) -> Move | None:
    if not candidate.trials or not candidate.trials[-1].ok:
        return None
    vm, found = s.snapshot.vms[candidate.vm_id], candidate.trials[-1]
    return move_to(s, vm, s.snapshot.nodes[found.node_id], reason, sentence)


def move_to(s: Situation, vm: Vm, node: Node, reason: Reason, sentence: str) -> Move:
    """The move of a placed VM to a node; whether it may be made is not looked at."""
    assert vm.node_id is not None, "only placed VMs are moved"  # noqa: S101 - the callers' contract
    return Move(
        vm_id=vm.id,
        vm_name=vm.name,
        source=vm.node_id,
        source_name=s.node_name(vm.node_id),
        target=node.id,
        target_name=node.name,
        reason=reason,
        sentence=sentence,
        mem_bytes=vm.mem_bytes,
    )


def _blockers(candidates: list[Candidate]) -> str:
    """For each VM considered, what stands in its way: its own failed check, or that of every target."""
    return " ".join(_blocker(candidate) for candidate in candidates)


def _blocker(candidate: Candidate) -> str:
    if not candidate.verdicts[-1].ok:
        sentence = candidate.verdicts[-1].sentence
        return sentence if sentence.startswith(candidate.vm_name) else f"{candidate.vm_name}: {sentence}"
    if not candidate.trials:
        return f"{candidate.vm_name}: there is no other node."
    trials = candidate.trials
    reasons = [f"{trial.node_name}: {trial.verdicts[-1].sentence}" for trial in trials[:MOST_TOLD]]
    return f"{candidate.vm_name}: no node can take it. {first_of(reasons, len(trials), 'node')}"


def _ids(vms: tuple[Vm, ...]) -> tuple[VmId, ...]:
    return tuple(vm.id for vm in vms)
