"""Strategy best-fit: of all moves that would relieve a hot node, the one that is worth most.

Every VM of every node in need is weighed against every other node. Those worth more than nothing are checked, the best
first, until one passes; what was tried and which check it failed is kept. What a move is worth is in `relief`, what is
allowed in `checks`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from hctui.core import checks, relief
from hctui.core.decision import Candidate, Check, Finding, Move, Reason, Trial, Verdict
from hctui.core.model import Node, Vm, VmId
from hctui.core.policy import Mode
from hctui.core.relief import Score
from hctui.core.situation import Need, Situation
from hctui.core.wording import count, duration, listing, percent, some_of

MOST_TRIED = 400
"""So many of the best pairs are checked in a cycle; if none of them passes, the next cycle has other figures."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A VM, a target, and what the move would be worth."""

    need: Need
    vm: Vm
    target: Node
    score: Score

    @property
    def order(self) -> tuple[float, VmId, str]:
        """The best first; among equals always the same one."""
        return -self.score.points, self.vm.id, self.target.id


def findings(s: Situation) -> list[Finding]:
    """What is to be said of CPU, and of RAM where that is a trigger; nothing while the load is not known.

    The first finding with a move ends the search.
    """
    if relief.trigger_percent(s.policy) is None:
        return [Finding(Reason.LOAD, "", "Level 1: VMs are moved for rules only, not for load.", ())]
    if sum(load.mean_percent is not None for load in s.loads()) < 2:
        return []
    found = [_cpu(s)]
    if s.policy.ram_upper_percent is not None and found[0].move is None:
        found.append(_ram(s))
    return [finding for finding in found if finding.headline] or found[:1]


def ranked(s: Situation, needs: list[Need], reason: Reason) -> list[Pair]:
    """The pairs that are worth more than nothing, the best first."""
    targets = [node for node in s.snapshot.nodes.values() if s.usable[node.id].ok]
    pairs = [
        pair
        for need in needs
        for vm in s.placed[need.node.id]
        for pair in _pairs(s, need, vm, targets, reason)
    ]
    return sorted(pairs, key=lambda pair: pair.order)


def _pairs(s: Situation, need: Need, vm: Vm, targets: list[Node], reason: Reason) -> Iterator[Pair]:
    share = relief.share_percent(s, vm, need.node, reason)
    if share is None or min(share, need.points) <= relief.cost_points(s.policy, vm, reason):
        return
    for target in targets:
        if target.id == need.node.id or need.partner not in (None, target.id):
            continue
        score = relief.score(s, need, vm, target, reason)
        if score is not None and score.points > 0:
            yield Pair(need, vm, target, score)


def passing(s: Situation, need: Need, reason: Reason) -> Iterator[Move]:
    """All moves that would relieve a node and are allowed, the best first."""
    search = _Search(s, reason)
    for pair in ranked(s, [need], reason)[:MOST_TRIED]:
        if search.passes(pair):
            yield move_of(s, pair, reason, _headline(s, need, reason))


def move_of(s: Situation, pair: Pair, reason: Reason, headline: str) -> Move:
    """The move of a pair, with why it is made."""
    vm, need, target = pair.vm, pair.need, pair.target
    return Move(
        vm_id=vm.id,
        vm_name=vm.name,
        source=need.node.id,
        source_name=need.node.name,
        target=target.id,
        target_name=target.name,
        reason=reason,
        sentence=f"{headline} {_worth(s, pair, reason)}",
        mem_bytes=vm.mem_bytes,
    )


@dataclass(slots=True)
class _Search:
    """Checks pairs and remembers what each VM failed at. Thrown away with the cycle."""

    s: Situation
    reason: Reason
    own: dict[VmId, tuple[Verdict, ...]] = field(default_factory=dict)
    trials: dict[VmId, list[Trial]] = field(default_factory=dict)
    vms: dict[VmId, Vm] = field(default_factory=dict)

    def passes(self, pair: Pair) -> bool:
        vm = pair.vm
        if vm.id not in self.own:
            self.vms[vm.id] = vm
            self.own[vm.id] = checks.vm_verdicts(self.s, vm, self.reason)
            self.trials[vm.id] = []
        if not self.own[vm.id][-1].ok:
            return False
        self.trials[vm.id].append(checks.trial(self.s, vm, pair.target, self.reason))
        return self.trials[vm.id][-1].ok

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                vm.id,
                vm.name,
                vm.node_id,
                self.s.node_name(vm.node_id),
                self.s.window.vm(vm.id).partial_percent,
                self.own[vm.id],
                tuple(self.trials[vm.id]),
            )
            for vm in self.vms.values()
            if vm.node_id is not None
        )


def _relieved(s: Situation, needs: list[Need], reason: Reason) -> Finding:
    """The best move that relieves one of these nodes, or why there is none."""
    search = _Search(s, reason)
    pairs = ranked(s, needs, reason)
    for pair in pairs[:MOST_TRIED]:
        if search.passes(pair):
            headline = _headline(s, pair.need, reason)
            move = move_of(s, pair, reason, headline)
            told = f"{headline} {_plan(s, move)} {_worth(s, pair, reason)}"
            return Finding(reason, headline, told, (pair.vm.id,), search.candidates, move)
    headline = " ".join(_headline(s, need, reason) for need in needs)
    return Finding(
        reason, headline, f"{headline} {_why_none(s, needs, search, reason)}", (), search.candidates
    )


def _cpu(s: Situation) -> Finding:
    needs, waits = [], []
    for load in s.loads():
        need = relief.need_of(s, load.node_id, Reason.LOAD)
        if need is None or need.partner is not None:
            continue
        why_not = _why_not_yet(s, need)
        if why_not:
            waits.append(why_not)
        else:
            needs.append(need)
    if not needs and not waits and (need := _uneven(s)):
        needs = [need]
    if needs:
        return _relieved(s, needs, Reason.LOAD)
    return Finding(
        Reason.LOAD, "", f"No imbalance{_as_if(s)}. {' '.join(waits) or _calm(s)}{_unknown(s)}", ()
    )


def _ram(s: Situation) -> Finding:
    loads = [relief.need_of(s, node_id, Reason.RAM) for node_id in s.snapshot.nodes]
    needs = sorted((need for need in loads if need), key=lambda need: -need.load_percent)
    if needs:
        return _relieved(s, needs, Reason.RAM)
    return Finding(
        Reason.RAM, "", f"No node has more than {percent(s.policy.ram_upper_percent or 0)} RAM in use.", ()
    )


def _uneven(s: Situation) -> Need | None:
    """At level 5: the hottest node, if it is too far from the coolest over both windows."""
    hottest = s.loads()[0]
    need = relief.need_of(s, hottest.node_id, Reason.LOAD)
    if need is None or need.partner is None:
        return None
    low, long_high = s.means[need.partner], s.hour.node(need.node.id).percent
    long_low = s.hour.node(need.partner).percent
    if low is None or long_high is None or long_low is None:
        return None
    apart = min(need.load_percent - low, long_high - long_low)
    return need if apart > relief.EVENS_ABOVE_POINTS else None


def _why_not_yet(s: Situation, need: Need) -> str:
    """Why a node that is above the trigger is not relieved yet, in a sentence, or nothing."""
    trigger = percent(relief.trigger_percent(s.policy) or 0.0)
    above, every = relief.samples_above(s, need)
    here = f"{need.node.name} is at {percent(need.load_percent)}, above {trigger}"
    if not relief.is_persistent(s, need):
        return f"{here}, but only {above} of its latest {every} samples are; it may be a short burst."
    falling_to = relief.falling_to(s, need)
    if falling_to is not None:
        within = duration(relief.usual_seconds(s, need.node.id))
        return (
            f"{here}, but falling by itself: about {percent(falling_to)} within the {within} of a migration."
        )
    return ""


def _headline(s: Situation, need: Need, reason: Reason) -> str:
    name, load, aim = need.node.name, percent(need.load_percent), percent(need.aim_percent)
    if need.partner is not None:
        partner = s.snapshot.nodes[need.partner]
        return (
            f"{name} is at {load}, {percent(need.load_percent - (s.means[partner.id] or 0.0))[:-2]} points above "
            f"{partner.name}, and level {s.policy.level} evens that out{_as_if(s)}."
        )
    if reason is Reason.RAM:
        return f"{name} has {load} of its RAM in use, above {percent(s.policy.ram_upper_percent or 0.0)}."
    limit = percent(relief.trigger_percent(s.policy) or 0.0)
    return f"{name} is at {load}, above {limit}, and is to come down to {aim}{_as_if(s)}."


def _worth(s: Situation, pair: Pair, reason: Reason) -> str:
    """What a move does and what it is worth, in a sentence with the numbers it was chosen by."""
    score, vm = pair.score, pair.vm
    what = "RAM" if reason is Reason.RAM else "CPU"
    demand = s.judged.vm(vm.id)
    is_throttled = demand is not None and demand.is_throttled and reason is Reason.LOAD
    least = " at least, for its node has nothing left to give" if is_throttled else ""
    cost = score.cost_points + score.fill_points
    told = (
        f"{what} of {pair.need.node.name} {percent(score.source_before)} -> {percent(max(0.0, score.source_after))}, "
        f"of {pair.target.name} {percent(score.target_before)} -> {percent(score.target_after)}{least}; "
        f"worth {score.relief_points:.1f} points, less {cost:.1f} for the move."
    )
    warned = checks.n_plus_one(s, vm, pair.target)
    return f"{told} {warned.sentence}" if warned.value else told


def _plan(s: Situation, move: Move) -> str:
    """What comes of it. In mode approve that is for a person to say, so it is no promise."""
    if s.policy.mode is Mode.APPROVE:
        return f"hctui would move {move.vm_name} to {move.target_name}."
    return f"Moving {move.vm_name} to {move.target_name}."


def _why_none(s: Situation, needs: list[Need], search: _Search, reason: Reason) -> str:
    """How many VMs fail at which check, and the one that alone is the load."""
    candidates = search.candidates
    here = [vm for need in needs for vm in s.placed[need.node.id]]
    names = listing([need.node.name for need in needs[:3]])
    if not here:
        return f"There is no VM on {names} that could be moved."
    causes = Counter(_cause(candidate) for candidate in candidates)
    small = len(here) - len(candidates)
    if small:
        causes[f"{Check.WORTH}, since they would relieve it by less than their move costs"] = small
    told = listing([f"{number} by {check}" for check, number in causes.most_common()])
    alone = [sentence for need in needs if (sentence := _alone(s, need, reason))]
    return " ".join((f"Of {count(len(here), 'VM')} on {names}, none is moved: {told}.", *alone))


def _cause(candidate: Candidate) -> str:
    if not candidate.verdicts[-1].ok:
        return candidate.verdicts[-1].check
    return Counter(tried.verdicts[-1].check for tried in candidate.trials).most_common(1)[0][0]


def _alone(s: Situation, need: Need, reason: Reason) -> str:
    """That one VM alone is the load of a node, where that is so: elsewhere it would be as hot."""
    shares = [(relief.share_percent(s, vm, need.node, reason) or 0.0, vm) for vm in s.placed[need.node.id]]
    share, vm = max(shares, key=lambda each: (each[0], each[1].id), default=(0.0, None))
    if vm is None or share <= need.aim_percent:
        return ""
    return (
        f"{vm.name} alone asks for {percent(share)} of {need.node.name}: wherever it ran would be as hot, so it stays, "
        "and its neighbours are too small to be worth a move."
    )


def _calm(s: Situation) -> str:
    busiest = s.loads()[0]
    if busiest.mean_percent is None:
        return ""
    limit = relief.trigger_percent(s.policy) or 0.0
    return f"The busiest node, {busiest.node_name}, is at {percent(busiest.mean_percent)}, not above {percent(limit)}."


def _unknown(s: Situation) -> str:
    names = [load.node_name for load in s.loads() if load.mean_percent is None]
    return f" The load of {some_of(names, 'node')} is not known." if names else ""


def _as_if(s: Situation) -> str:
    return f", with {count(s.imagined, 'imagined move')} counted in" if s.imagined else ""
