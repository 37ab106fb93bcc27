"""Mends violated rules: which move each calls for, and, where no single one will do, the plan that it begins.

Anti-affinity first, then pins, then VMs that are kept together. A single move is taken where one is enough, as the
documented order has it. Otherwise one or two others are moved out of the way first, or a VM is parked (`placing`), or a
group goes together (`together`). A cycle makes the first move of a plan; the next one plans anew, from what is then.
What cannot be mended names its blocker, and does not hold up the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hctui.core import contradictions, placing, together
from hctui.core.checks import first_fit
from hctui.core.decision import Candidate, Finding, Reason
from hctui.core.model import Node, Vm, VmId
from hctui.core.order import emptiest_first, homes_of
from hctui.core.placing import Way
from hctui.core.planner import found_move, move_to, plan_told, strays, violations
from hctui.core.policy import Mode
from hctui.core.situation import Situation
from hctui.core.wording import MOST_TOLD, count, first_of, listing, some_of


def findings(s: Situation) -> list[Finding]:
    """All violated rules in their order; once one of them can be mended the others wait."""
    found: list[Finding] = []
    is_mended = False

    def look(finding: Finding) -> None:
        nonlocal is_mended
        found.append(finding)
        is_mended = is_mended or finding.move is not None

    for pair in violations(s):
        look(pending(s, pair, Reason.ANTI_AFFINITY) if is_mended else separate(s, pair))
    for vm in strays(s):
        look(pending(s, (vm,), Reason.PIN) if is_mended else bring_home(s, vm))
    for group in together.apart(s):
        look(pending(s, group, Reason.TOGETHER) if is_mended else gather(s, group))
    return found


def examined(s: Situation) -> Iterator[Finding]:
    """All violated rules, each with what would mend it by itself, whichever comes first."""
    yield from (separate(s, pair) for pair in violations(s))
    yield from (bring_home(s, vm) for vm in strays(s))
    yield from (gather(s, group) for group in together.apart(s))


def separate(s: Situation, pair: tuple[Vm, Vm]) -> Finding:
    """Mend one violation: of the two that VM moves which mends more by it, then the one with less RAM."""
    tagged, other = pair
    here = s.node_name(tagged.node_id)
    headline = f"{tagged.name} shares {here} with {other.name}, which its tag anti_{other.name} forbids."
    return _mended(
        s,
        Reason.ANTI_AFFINITY,
        headline,
        pair,
        # stable: at equal RAM the tagged one first
        sorted(pair, key=lambda vm: (-_violated_by(s, vm), vm.mem_bytes)),
        "It cannot be fixed now.",
    )


def _violated_by(s: Situation, vm: Vm) -> int:
    """With how many VMs it shares its node although it must not."""
    rivals = s.rules.rivals.get(vm.id, ())
    return sum(
        (rival := s.snapshot.vms[rival_id]).node_id == vm.node_id and rival.is_placed for rival_id in rivals
    )


def bring_home(s: Situation, vm: Vm) -> Finding:
    """Bring a pinned VM to one of its nodes, the one it fills least."""
    headline = f"{vm.name} is on {s.node_name(vm.node_id)}, but pinned to {_home_names(s, vm)}."
    return _mended(s, Reason.PIN, headline, (vm,), [vm], "It cannot go home now.")


def gather(s: Situation, group: tuple[Vm, ...]) -> Finding:
    """Bring a group to one node, with the fewest moves."""
    headline = _apart(s, group)
    usable = [node for node in s.snapshot.nodes.values() if s.usable[node.id].ok]
    way = together.gathering(s, group, usable)
    if way:
        return _planned(s, Reason.TOGETHER, headline, group, (), way)
    candidates = tuple(
        first_fit(s, vm, [node for node in usable if node.id != vm.node_id], Reason.TOGETHER) for vm in group
    )
    told = f"{headline} They cannot be brought together now: no node can take them all."
    return Finding(Reason.TOGETHER, headline, _with_contradiction(s, told, group), _ids(group), candidates)


def _mended(
    s: Situation,
    reason: Reason,
    headline: str,
    broken: tuple[Vm, ...],
    movers: Sequence[Vm],
    stuck: str,
) -> Finding:
    """One of the movers goes, by itself if it can; else with room made for it; else the finding says why not."""
    candidates: list[Candidate] = []
    alone = [vm for vm in movers if len(together.group_of(s, vm)) == 1]
    for vm in alone:
        candidates.append(first_fit(s, vm, _targets(s, vm, reason), reason))
        if move := found_move(s, candidates[-1], reason, headline):
            name = vm.name if len(broken) > 1 else "it"
            told = f"{headline} {plan_told(s, name, move)}"
            return Finding(reason, headline, told, _ids(broken), tuple(candidates), move)
    ways = [way for vm in movers if (way := _way(s, vm, reason, candidates)) is not None]
    if ways:
        return _planned(s, reason, headline, broken, tuple(candidates), min(ways, key=placing.cost))
    candidates += [first_fit(s, vm, _targets(s, vm, reason), reason) for vm in movers if vm not in alone]
    told = f"{headline} {stuck} {blockers_told(candidates)}{_grouped(s, movers)}"
    return Finding(reason, headline, _with_contradiction(s, told, broken), _ids(broken), tuple(candidates))


def _way(s: Situation, vm: Vm, reason: Reason, candidates: Iterable[Candidate]) -> Way | None:
    """A plan for one VM that could not simply go: with its group, or with room made for it."""
    group = together.group_of(s, vm)
    if len(group) > 1:
        return together.gathering(s, group, _targets(s, vm, reason), vm)
    tried = next(each for each in candidates if each.vm_id == vm.id)
    return placing.way(s, vm, _targets(s, vm, reason), reason) if tried.verdicts[-1].ok else None


def _targets(s: Situation, vm: Vm, reason: Reason) -> list[Node]:
    return homes_of(s, vm) if reason is Reason.PIN else emptiest_first(s, vm)


def _planned(
    s: Situation,
    reason: Reason,
    headline: str,
    broken: tuple[Vm, ...],
    candidates: tuple[Candidate, ...],
    way: Way,
) -> Finding:
    """The finding whose move is the first step of a plan, with the whole plan told."""
    first = way[0]
    is_own = any(first.vm.id == vm.id for vm in broken)
    own_target = reason is not Reason.PIN or first.target.id in s.rules.homes.get(first.vm.id, frozenset())
    why = reason if is_own and own_target else Reason.ROOM
    if reason is Reason.TOGETHER:
        why = Reason.TOGETHER
    if first.vm.node_id == s.drained:
        why = Reason.DRAIN
    told = f"{headline} {steps_told(s, way)}"
    move = move_to(s, first.vm, first.target, why, told)
    return Finding(reason, headline, told, _ids(broken), candidates, move)


def steps_told(s: Situation, way: Way) -> str:
    """The whole plan: `Step 1 of 2: moving a from x to y. Then: b from z to x.`."""
    first, *rest = (step.told(s) for step in way)
    would = "hctui would move" if s.policy.mode is Mode.APPROVE else "moving"
    if not rest:
        return f"{would[0].upper()}{would[1:]} {first}."
    return f"Step 1 of {len(way)}: {would} {first}. Then: {listing(rest)}."


def pending(s: Situation, vms: tuple[Vm, ...], reason: Reason) -> Finding:
    """A violated rule that has to wait, because another one is being fixed in this cycle."""
    names, here = listing([vm.name for vm in vms]), s.node_name(vms[0].node_id)
    headlines = {
        Reason.ANTI_AFFINITY: lambda: f"{names} share {here}, which a tag forbids.",
        Reason.PIN: lambda: f"{names} is on {here}, but pinned to {_home_names(s, vms[0])}.",
        Reason.TOGETHER: lambda: _apart(s, vms),
    }
    headline = headlines[reason]()
    return Finding(reason, headline, f"{headline} It waits for its turn.", _ids(vms))


def _apart(s: Situation, group: tuple[Vm, ...]) -> str:
    places = [
        f"{listing([vm.name for vm in vms])} on {s.node_name(node_id)}"
        for node_id, vms in together.where(group).items()
    ]
    return f"{count(len(group), 'VM')} must be kept together and are not: {listing(places)}."


def _home_names(s: Situation, vm: Vm) -> str:
    homes = s.rules.homes[vm.id]
    return listing([node.name for node in s.snapshot.nodes.values() if node.id in homes])


def _with_contradiction(s: Situation, told: str, vms: tuple[Vm, ...]) -> str:
    """What makes it impossible for good, where rules contradict each other."""
    found = contradictions.about(s, {vm.id for vm in vms})
    return f"{told} {found[0]}" if found else told


def _grouped(s: Situation, movers: Sequence[Vm]) -> str:
    """That a VM could only go with its group."""
    for vm in movers:
        mates = [mate.name for mate in together.group_of(s, vm) if mate.id != vm.id]
        if mates:
            return f" {vm.name} goes only together with {some_of(mates, 'VM')}."
    return ""


def blockers_told(candidates: list[Candidate]) -> str:
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
