"""The checks: may this VM be moved, and may it go there?

Each check is a function from the situation to one `Verdict` with its numbers and a sentence. Which checks apply to
which kind of move, and in which order, stands in the tables at the end; `tests/core` holds a table for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hctui.core import relief, restraint, spare
from hctui.core.decision import Candidate, Check, Reason, Trial, Verdict
from hctui.core.history import FULL_SHARE
from hctui.core.model import Node, Vm, VmState
from hctui.core.policy import NPlusOne, Strategy
from hctui.core.restraint import vm_cooldown_seconds
from hctui.core.situation import Situation, usability
from hctui.core.state import back_off_seconds, remaining_seconds
from hctui.core.wording import duration, gib, listing, percent, some_of

VmCheck = Callable[[Situation, Vm], Verdict]
RoomCheck = Callable[[Situation, int, Node], Verdict]
PairCheck = Callable[[Situation, Vm, Node], Verdict]

# What most pairs get, made once: there are as many pairs as VMs times nodes.
_NO_RIVAL = Verdict(Check.ANTI_AFFINITY, True, "No VM there must be kept apart from it.", 0, 0)
_NOT_PINNED = Verdict(Check.PINNED, True, "Not pinned.")
_NATIVE_ALLOWS = Verdict(Check.NATIVE, True, "HyperCore's own affinity allows it.")
_NEVER_LEFT = Verdict(Check.RETURN_BAN, True, "It has not left that node lately.")
_NO_MATE = Verdict(Check.TOGETHER, True, "Not kept together with a VM on its node.")
_NO_VCPU_LIMIT = Verdict(Check.VCPUS, True, "No limit of vCPUs per thread.")
_NO_N_PLUS_ONE = Verdict(Check.N_PLUS_ONE, True, "N+1 is not looked at.", 0, 0)
_NO_FAILURE = Verdict(Check.BACK_OFF, True, "No recent failure.")


def cooldown(s: Situation, vm: Vm) -> Verdict:
    """The VM has not arrived somewhere within the VM cooldown."""
    arrival = s.ledger.arrivals.get(vm.id)
    limit = vm_cooldown_seconds(s.ledger, vm.id, s.policy)
    left = remaining_seconds(arrival.at if arrival else None, limit, s.now)
    if left <= 0:
        return Verdict(Check.COOLDOWN, True, "Not in cooldown.", 0, limit)
    return Verdict(Check.COOLDOWN, False, f"In cooldown for another {duration(left)}.", left, limit)


def cluster_cooldown(s: Situation) -> Verdict:
    """No migration has ended within the cluster cooldown."""
    return restraint.cluster_cooldown(s.ledger, s.policy, s.now)


def running(s: Situation, vm: Vm) -> Verdict:
    """Only a running VM can be migrated live."""
    if vm.state is VmState.RUNNING and vm.ui_state is VmState.RUNNING:
        return Verdict(Check.RUNNING, True, "Running.")
    shown = vm.state if vm.state is not VmState.RUNNING else vm.ui_state
    return Verdict(
        Check.RUNNING, False, f"{vm.name} is {shown.lower()}, and only a running VM can be migrated."
    )


def not_busy(s: Situation, vm: Vm) -> Verdict:
    """The cluster is not working on the VM (hypercore-api.md 3.4: do not start a migration beside another task)."""
    if vm.task is not None and vm.task.is_live:
        return Verdict(
            Check.NOT_BUSY, False, f"The cluster has a task on {vm.name} that is {vm.task.lower()}."
        )
    return Verdict(Check.NOT_BUSY, True, "No task on it.")


def nomove(s: Situation, vm: Vm) -> Verdict:
    """The VM does not carry the tag `nomove`."""
    if vm.id in s.rules.nomove:
        return Verdict(Check.NOMOVE, False, f"{vm.name} has the tag nomove.")
    return Verdict(Check.NOMOVE, True, "May be moved.")


def no_gpu(s: Situation, vm: Vm) -> Verdict:
    """The VM has no virtual GPU; one is assigned by a tag with the name of a profile (hypercore-api.md 3.1, 3.4)."""
    profile = next((tag for tag in vm.tags if tag in s.snapshot.gpu_profiles), None)
    if profile is not None:
        return Verdict(Check.GPU, False, f"{vm.name} has a virtual GPU ({profile}) and is not moved.")
    return Verdict(Check.GPU, True, "No virtual GPU.")


def source_usable(s: Situation, vm: Vm) -> Verdict:
    """The VM's own node takes part: an excluded one is not a source, and HyperCore empties one that is leaving."""
    verdict = s.usable.get(vm.node_id) if vm.node_id else None
    if verdict is None:
        return Verdict(
            Check.SOURCE, False, f"{vm.name} is on {s.node_name(vm.node_id)}, which is not reported."
        )
    return Verdict(Check.SOURCE, verdict.ok, verdict.sentence)


def source_by_hand(s: Situation, vm: Vm) -> Verdict:
    """The VM's own node takes part, or is being drained: a person may help with that."""
    return (
        source_drained(s, vm) if vm.node_id is not None and vm.node_id == s.drained else source_usable(s, vm)
    )


def source_drained(s: Situation, vm: Vm) -> Verdict:
    """The VM's node is the one that is drained, and apart from that a healthy one."""
    node = s.snapshot.nodes.get(vm.node_id) if vm.node_id else None
    if node is None or node.id != s.drained:
        return Verdict(Check.SOURCE, False, f"{s.node_name(vm.node_id)} is not being drained.")
    verdict = usability(node, s.policy)
    return Verdict(Check.SOURCE, verdict.ok, verdict.sentence)


def not_pinned_here(s: Situation, vm: Vm) -> Verdict:
    """The VM is not pinned to the node it is on, or may be on others as well."""
    homes = s.rules.homes.get(vm.id)
    if homes is not None and homes == {vm.node_id}:
        return Verdict(Check.PINNED, False, f"{vm.name} is pinned to {s.node_name(vm.node_id)}.")
    return Verdict(Check.PINNED, True, "Not pinned to its node.")


def native_lets_go(s: Situation, vm: Vm) -> Verdict:
    """HyperCore does not prefer the VM's present node, and a strict wish names nodes at all."""
    wish = vm.affinity
    if wish.preferred is not None and wish.preferred == vm.node_id:
        return Verdict(
            Check.NATIVE, False, f"HyperCore's own affinity prefers {s.node_name(vm.node_id)} for {vm.name}."
        )
    if wish.strict and not (wish.preferred or wish.backup):
        return Verdict(
            Check.NATIVE, False, f"{vm.name} has strict affinity in HyperCore, without naming a node."
        )
    return Verdict(Check.NATIVE, True, "HyperCore's own affinity lets it go.")


def together(s: Situation, vm: Vm) -> Verdict:
    """No VM that it is kept together with is on its node: those move together or not at all."""
    mates = [
        other.name
        for mate in s.rules.mates.get(vm.id, ())
        if mate != vm.id and (other := s.snapshot.vms[mate]).node_id == vm.node_id and other.is_placed
    ]
    if mates:
        return Verdict(
            Check.TOGETHER, False, f"{vm.name} is kept together with {some_of(sorted(mates), 'VM')}."
        )
    return _NO_MATE


def is_astray(s: Situation, vm: Vm) -> bool:
    """Whether a VM is away from the nodes it is pinned to."""
    homes = s.rules.homes.get(vm.id)
    return homes is not None and vm.node_id not in homes


def demand_known(s: Situation, vm: Vm) -> Verdict:
    """What the VM asks for is known from enough samples, wherever it ran."""
    demand = s.judged.vm(vm.id)
    count, expected = demand.count if demand else 0, s.judged.expected
    ok = count >= FULL_SHARE * expected
    return Verdict(Check.HISTORY, ok, f"History {min(count, expected)}/{expected} samples.", count, expected)


def history_full(s: Situation, vm: Vm) -> Verdict:
    """The VM's own samples fill the window."""
    reading = s.window.vm(vm.id)
    ok = reading.mean_percent is not None
    return Verdict(Check.HISTORY, ok, f"History {reading.progress} samples.", reading.count, reading.expected)


def usable(s: Situation, mem_bytes: int, node: Node) -> Verdict:
    """The target may receive VMs."""
    return s.usable[node.id]


def target_cpu(s: Situation, mem_bytes: int, node: Node) -> Verdict:
    """The target's own mean CPU is below the lower threshold."""
    mean, limit = s.means[node.id], s.policy.cpu_lower_percent
    if mean is None:
        return Verdict(Check.TARGET_CPU, False, f"Mean CPU of {node.name} is not known yet.", None, limit)
    ok = mean < limit
    told = "below" if ok else "not below"
    return Verdict(Check.TARGET_CPU, ok, f"Mean CPU {percent(mean)}, {told} {percent(limit)}.", mean, limit)


def ram(s: Situation, mem_bytes: int, node: Node) -> Verdict:
    """With the VM's RAM the target stays within the RAM limit."""
    limit = s.policy.ram_limit_percent
    used = s.mem_used_bytes[node.id]
    if not node.mem_bytes or used is None:
        return Verdict(Check.RAM, False, f"RAM use of {node.name} is not known.", None, limit)
    after = 100.0 * (used + mem_bytes) / node.mem_bytes
    ok = after <= limit
    told = "within" if ok else "above"
    sentence = f"RAM {percent(after)} with {gib(mem_bytes)} more, {told} the limit of {percent(limit)}."
    return Verdict(Check.RAM, ok, sentence, after, limit)


def elsewhere(s: Situation, vm: Vm, node: Node) -> Verdict:
    """The target is not the node that the VM is on."""
    if vm.node_id == node.id:
        return Verdict(Check.ELSEWHERE, False, f"{vm.name} is on {node.name} already.")
    return Verdict(Check.ELSEWHERE, True, f"{node.name} is another node.")


def anti_affinity(s: Situation, vm: Vm, node: Node) -> Verdict:
    """No VM that must be kept apart from this one is on the target."""
    there = [
        other.name
        for rival in s.rules.rivals.get(vm.id, ())
        if (other := s.snapshot.vms[rival]).node_id == node.id and other.is_placed
    ]
    if there:
        sentence = f"{listing(there)} on {node.name} must be kept apart from {vm.name}."
        return Verdict(Check.ANTI_AFFINITY, False, sentence, len(there), 0)
    return _NO_RIVAL


def pin_allows(s: Situation, vm: Vm, node: Node) -> Verdict:
    """The VM is not pinned, or pinned to the target among others."""
    homes = s.rules.homes.get(vm.id)
    if homes is None:
        return _NOT_PINNED
    ok = node.id in homes
    names = listing([s.node_name(home) for home in s.snapshot.nodes if home in homes])
    return Verdict(Check.PINNED, ok, f"{vm.name} is pinned to {names}.")


def pin_grows_no_worse(s: Situation, vm: Vm, node: Node) -> Verdict:
    """The pin allows the target, or is not kept as it is."""
    if is_astray(s, vm):
        return Verdict(Check.PINNED, True, f"{vm.name} is away from its pin in any case.")
    return pin_allows(s, vm, node)


def native_allows(s: Situation, vm: Vm, node: Node) -> Verdict:
    """A strict wish of HyperCore's own affinity is respected."""
    wish = vm.affinity
    if wish.strict and node.id not in (wish.preferred, wish.backup):
        return Verdict(
            Check.NATIVE,
            False,
            f"HyperCore's own affinity is strict and does not allow {vm.name} on {node.name}.",
        )
    return _NATIVE_ALLOWS


def may_return(s: Situation, vm: Vm, node: Node) -> Verdict:
    """The VM has not left the target within the return ban."""
    left_at, limit = s.left_at.get((vm.id, node.id)), s.policy.return_ban_seconds
    left = remaining_seconds(left_at, limit, s.now)
    if left_at is None or left <= 0:
        return _NEVER_LEFT
    since = duration(limit - left)
    sentence = f"{vm.name} left {node.name} {since} ago; return ban, {duration(left)} left."
    return Verdict(Check.RETURN_BAN, False, sentence, left, limit)


def not_backed_off(s: Situation, vm: Vm, node: Node) -> Verdict:
    """The pair neither failed recently nor was rejected by a person."""
    failure = s.failures.get((vm.id, node.id))
    if failure:
        limit = back_off_seconds(failure, s.policy)
        left = remaining_seconds(failure.last_at, limit, s.now)
        if left > 0:
            tries = "once" if failure.count == 1 else f"{failure.count} times in a row"
            sentence = (
                f"Moving {vm.name} there failed {tries}; back-off, {duration(left)} left. {failure.message}"
            )
            return Verdict(Check.BACK_OFF, False, sentence, left, limit)
    limit = s.policy.vm_cooldown_seconds
    for rejection in s.ledger.rejections:
        if (rejection.vm_id, rejection.target) == (vm.id, node.id):
            left = remaining_seconds(rejection.at, limit, s.now)
            if left > 0:
                sentence = f"Moving {vm.name} there was rejected; {duration(left)} left."
                return Verdict(Check.BACK_OFF, False, sentence, left, limit)
    return _NO_FAILURE


def projected_cpu(s: Situation, vm: Vm, node: Node) -> Verdict:
    """With the VM on it the target stays below the upper threshold less the margin, now and over the long window."""
    limit = max(0.0, relief.target_limit_percent(s.policy) - s.learned.extra_margin_points)
    demand = s.judged.vm(vm.id)
    before = s.means[node.id]
    if before is None or demand is None or not node.threads:
        return Verdict(
            Check.PROJECTED_CPU, False, f"CPU of {node.name} with it is not known yet.", None, limit
        )
    after = before + 100.0 * demand.threads / node.threads
    told, over = f"CPU {percent(after)} with it", ""
    if after <= limit and (long := _over_the_hour(s, vm, node)) is not None and long > after:
        after, over = long, ", by the mean of the last hour"
        told = f"CPU {percent(after)} with it"
    ok = after <= limit
    word = "within" if ok else "above"
    return Verdict(Check.PROJECTED_CPU, ok, f"{told}{over}, {word} {percent(limit)}.", after, limit)


def _over_the_hour(s: Situation, vm: Vm, node: Node) -> float | None:
    there, demand = s.hour.node(node.id).percent, s.hour.vm(vm.id)
    return None if there is None or demand is None else there + 100.0 * demand.threads / (node.threads or 1)


def worth_load(s: Situation, vm: Vm, node: Node) -> Verdict:
    """The relief of CPU is more than the move costs, and the higher of the two nodes falls."""
    return _worth(s, vm, node, Reason.LOAD)


def worth_ram(s: Situation, vm: Vm, node: Node) -> Verdict:
    """The same for RAM."""
    return _worth(s, vm, node, Reason.RAM)


def _worth(s: Situation, vm: Vm, node: Node, reason: Reason) -> Verdict:
    need = relief.need_of(s, vm.node_id, reason) if vm.node_id else None
    if need is None:
        return Verdict(Check.WORTH, False, f"{s.node_name(vm.node_id)} needs no relief.")
    if need.partner not in (None, node.id):
        return Verdict(Check.WORTH, False, f"Only {s.node_name(need.partner)} is to be evened out with it.")
    score = relief.score(s, need, vm, node, reason)
    if score is None:
        return Verdict(Check.WORTH, False, "What it would relieve is not known yet.")
    cost = score.cost_points + score.fill_points
    ok = score.points > 0
    told = "more than" if ok else "no more than"
    sentence = f"Worth {max(0.0, score.relief_points):.1f} points, {told} the {cost:.1f} it costs."
    return Verdict(Check.WORTH, ok, sentence, score.relief_points, cost)


def ram_below_trigger(s: Situation, mem_bytes: int, node: Node) -> Verdict:
    """With the VM's RAM the target stays so far below the RAM trigger that it calls for no relief itself."""
    limit = max(0.0, (s.policy.ram_upper_percent or 100.0) - s.policy.target_margin_points)
    used = s.mem_used_bytes[node.id]
    if not node.mem_bytes or used is None:
        return Verdict(Check.RAM, False, f"RAM use of {node.name} is not known.", None, limit)
    after = 100.0 * (used + mem_bytes) / node.mem_bytes
    ok = after <= limit
    told = "within" if ok else "above"
    sentence = f"RAM {percent(after)} with {gib(mem_bytes)} more, {told} {percent(limit)}."
    return Verdict(Check.RAM, ok, sentence, after, limit)


def vcpus(s: Situation, vm: Vm, node: Node) -> Verdict:
    """With the VM's vCPUs the target stays within the limit of vCPUs per hardware thread."""
    limit = s.policy.most_vcpus_per_thread
    if limit is None:
        return _NO_VCPU_LIMIT
    after = spare.vcpus_per_thread(s, node.id, vm.vcpus)
    if after is None:
        return Verdict(Check.VCPUS, False, f"The threads of {node.name} are not known.", None, limit)
    ok = after <= limit
    told = "within" if ok else "above"
    return Verdict(Check.VCPUS, ok, f"{after:.2f} vCPUs per thread with it, {told} {limit:g}.", after, limit)


def n_plus_one(s: Situation, vm: Vm, node: Node) -> Verdict:
    """The cluster could still do without any one node, if it could before. `value`: how many nodes it then could not.

    It fails only under a veto; under a warning it holds, and its sentence says what would be so.
    """
    if s.policy.n_plus_one is NPlusOne.OFF:
        return _NO_N_PLUS_ONE
    lost = spare.lost_without(s, vm, node)
    before = {each.id for each in spare.lost_without(s)} if lost else set()
    new = [each.name for each in lost if each.id not in before]
    if not new:
        return Verdict(Check.N_PLUS_ONE, True, "The cluster could do without one node as well as now.", 0, 0)
    told = f"After it the RAM of the others could no longer hold the VMs of {some_of(new, 'node')}, should one fail."
    return Verdict(Check.N_PLUS_ONE, s.policy.n_plus_one is NPlusOne.WARN, told, len(new), 0)


_MOVABLE: tuple[VmCheck, ...] = (
    cooldown,
    running,
    not_busy,
    nomove,
    no_gpu,
    source_usable,
    not_pinned_here,
    native_lets_go,
)

_VM_CHECKS: dict[Reason, tuple[VmCheck, ...]] = {
    Reason.ANTI_AFFINITY: _MOVABLE,
    Reason.PIN: _MOVABLE,
    Reason.TOGETHER: _MOVABLE,
    Reason.ROOM: (*_MOVABLE, together),
    Reason.LOAD: (*_MOVABLE, together, history_full),
    Reason.RAM: (*_MOVABLE, together),
    Reason.DRAIN: (running, not_busy, nomove, no_gpu, source_drained, not_pinned_here, native_lets_go),
    Reason.MANUAL: (running, not_busy, no_gpu, source_by_hand, together),
}

_ROOM_CHECKS: dict[Reason, tuple[RoomCheck, ...]] = {
    Reason.ANTI_AFFINITY: (usable, ram),
    Reason.PIN: (usable, ram),
    Reason.TOGETHER: (usable, ram),
    Reason.ROOM: (usable, ram),
    Reason.DRAIN: (usable, ram),
    Reason.LOAD: (usable, target_cpu, ram),
    Reason.RAM: (usable, ram, ram_below_trigger),
    Reason.MANUAL: (usable, ram),
}

_ALLOWED: tuple[PairCheck, ...] = (anti_affinity, pin_allows, native_allows)
_RESTRAINED: tuple[PairCheck, ...] = (*_ALLOWED, may_return, not_backed_off)

_PAIR_CHECKS: dict[Reason, tuple[PairCheck, ...]] = {
    Reason.ANTI_AFFINITY: (*_ALLOWED, not_backed_off),
    Reason.PIN: (*_ALLOWED, not_backed_off),
    Reason.TOGETHER: (*_ALLOWED, not_backed_off),
    Reason.DRAIN: (*_ALLOWED, not_backed_off),
    Reason.ROOM: (anti_affinity, pin_grows_no_worse, native_allows, not_backed_off),
    Reason.LOAD: _RESTRAINED,
    Reason.RAM: _RESTRAINED,
    Reason.MANUAL: _ALLOWED,
}

VM_CHECKS: dict[Strategy, dict[Reason, tuple[VmCheck, ...]]] = {
    Strategy.DOCUMENTED: _VM_CHECKS,
    Strategy.BEST_FIT: _VM_CHECKS | {Reason.LOAD: (*_MOVABLE, together, demand_known)},
}
"""The checks of the VM itself, by strategy and by the reason it is to be moved, in their order.

A person is not bound by what is meant for the balancer: `nomove`, a preference of HyperCore, the load, the waits.
"""

ROOM_CHECKS: dict[Strategy, dict[Reason, tuple[RoomCheck, ...]]] = {
    Strategy.DOCUMENTED: _ROOM_CHECKS,
    Strategy.BEST_FIT: _ROOM_CHECKS | {Reason.LOAD: (usable, ram)},
}
"""The checks of a target that ask of the VM only how much RAM it takes, likewise."""

PAIR_CHECKS: dict[Strategy, dict[Reason, tuple[PairCheck, ...]]] = {
    Strategy.DOCUMENTED: _PAIR_CHECKS,
    Strategy.BEST_FIT: _PAIR_CHECKS
    | {
        Reason.LOAD: (*_RESTRAINED, projected_cpu, worth_load, vcpus, n_plus_one),
        Reason.RAM: (*_RESTRAINED, projected_cpu, worth_ram, vcpus, n_plus_one),
    },
}
"""The checks of VM and target together, which follow. What a rule demands is done although the VM returns."""


def vm_verdicts(s: Situation, vm: Vm, reason: Reason) -> tuple[Verdict, ...]:
    """The VM's checks in their order, up to the first that fails."""
    return up_to_failure(check(s, vm) for check in VM_CHECKS[s.policy.strategy][reason])


def trial(s: Situation, vm: Vm, node: Node, reason: Reason) -> Trial:
    """Try one target: its checks in their order, up to the first that fails.

    On a full cluster most trials end at the RAM limit, and alike for all VMs of one size: that part is done once.
    """
    return _trials(s, vm, [node], reason)[0]


def first_fit(s: Situation, vm: Vm, targets: Iterable[Node], reason: Reason) -> Candidate:
    """Consider one VM: its own checks, then the targets in the order given, up to the first that passes all."""
    verdicts = vm_verdicts(s, vm, reason)
    assert vm.node_id is not None, "only placed VMs are considered"  # noqa: S101 - the callers' contract
    return Candidate(
        vm.id,
        vm.name,
        vm.node_id,
        s.node_name(vm.node_id),
        s.window.vm(vm.id).partial_percent,
        verdicts,
        _trials(s, vm, targets, reason) if verdicts[-1].ok else (),
    )


def last_verdict(s: Situation, vm: Vm, node: Node, reason: Reason) -> Verdict:
    """What a trial ends in: the first check of the target that fails, or the last one. Cheap enough for every pair."""
    room = _room(s, vm, node, reason)
    verdict = room.verdicts[-1]
    if room.ok:
        for check in PAIR_CHECKS[s.policy.strategy][reason]:
            verdict = check(s, vm, node)
            if not verdict.ok:
                break
    return verdict


def _trials(s: Situation, vm: Vm, targets: Iterable[Node], reason: Reason) -> tuple[Trial, ...]:
    trials = []
    for node in targets:
        room = _room(s, vm, node, reason)
        if not room.ok:
            trials.append(room)
            continue
        verdicts = up_to_failure(check(s, vm, node) for check in PAIR_CHECKS[s.policy.strategy][reason])
        trials.append(Trial(node.id, node.name, room.verdicts + verdicts))
        if trials[-1].ok:
            break
    return tuple(trials)


def _room(s: Situation, vm: Vm, node: Node, reason: Reason) -> Trial:
    """The part of a trial that is alike for all VMs of one size."""
    rooms = s.rooms.setdefault((reason, vm.mem_bytes), {})
    room = rooms.get(node.id)
    if room is None:
        verdicts = up_to_failure(
            check(s, vm.mem_bytes, node) for check in ROOM_CHECKS[s.policy.strategy][reason]
        )
        room = rooms[node.id] = Trial(node.id, node.name, verdicts)
    return room


def up_to_failure(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Verdicts in their order, the first that failed being the last; what follows is not even asked for."""
    passed: list[Verdict] = []
    for verdict in verdicts:
        passed.append(verdict)
        if not verdict.ok:
            break
    return tuple(passed)
