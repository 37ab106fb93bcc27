"""What calls for a move now: violated rules, and the documented load rule. How rules are mended is in `repair`.

Each question yields findings that keep every VM and target considered, with the check that failed. The first
finding that has a move ends the search; a finding without one names its blocker and does not hold up the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hctui.core.checks import first_fit
from hctui.core.decision import Candidate, Finding, Move, Reason
from hctui.core.model import Node, Vm
from hctui.core.order import busiest_first, coolest_first
from hctui.core.policy import Mode
from hctui.core.situation import Situation
from hctui.core.wording import count, listing, percent, some_of


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
        if move := found_move(s, candidates[-1], Reason.LOAD, headline):
            told = f"{headline} {plan_told(s, vm.name, move)}"
            return Finding(Reason.LOAD, headline, told, (vm.id,), tuple(candidates), move)
    told = f"{headline} {_why_none(candidates, hottest.node_name)}"
    if not candidates:
        told = f"{headline} There is no VM on {hottest.node_name} that could be moved."
    return Finding(Reason.LOAD, headline, told, (), tuple(candidates))


def plan_told(s: Situation, name: str, move: Move) -> str:
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


def found_move(s: Situation, candidate: Candidate, reason: Reason, sentence: str) -> Move | None:
    """The move to the last target that was tried, if that passed."""
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
