"""Why a VM is not moved, in a sentence or two: the first thing that stands in its way, as decisions are made.

Pure. Asks the planner and the checks, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from hctui.core import best_fit, explain, planner, relief, repair
from hctui.core.decision import Candidate, Finding, Outcome, Reason
from hctui.core.model import Vm, VmId
from hctui.core.order import busiest_first
from hctui.core.policy import Strategy
from hctui.core.situation import Situation
from hctui.core.wording import percent
from hctui.tui.picture import Picture
from hctui.tui.texts.verdicts import none_fits

_WAITING = (
    Outcome.NO_DATA,
    Outcome.WATCHING,
    Outcome.PAUSED,
    Outcome.STANDING_DOWN,
    Outcome.COOLING_DOWN,
    Outcome.BUDGET_SPENT,
    Outcome.OFF_HOURS,
)

Answer = Callable[[Picture, Situation, Vm], str]

_RULES = frozenset({Reason.ANTI_AFFINITY, Reason.PIN, Reason.TOGETHER})


def answer(picture: Picture, vm_id: VmId) -> str:
    """The answer, complete in itself; also where the VM is gone, not running, or on its way."""
    s = picture.situation
    vm = picture.vm(vm_id)
    if s is None or vm is None:
        return "The cluster does not report this VM, or no longer."
    for asked in (_not_placed, _under_way, _proposed):
        if told := asked(picture, s, vm):
            return told
    return " ".join(filter(None, (_nothing_is_decided(picture), _apart_from_that(picture, s, vm))))


def rank(s: Situation, vm: Vm) -> tuple[int, int]:
    """Its place among the VMs of its node, busiest first, beginning with 1, and how many there are."""
    here = busiest_first(s, s.placed.get(vm.node_id, ()) if vm.node_id else ())
    return [other.id for other in here].index(vm.id) + 1, len(here)


def _not_placed(picture: Picture, s: Situation, vm: Vm) -> str:
    return "" if vm.is_placed else f"{vm.name} is {vm.state.lower()}, and only a running VM is moved."


def _under_way(picture: Picture, s: Situation, vm: Vm) -> str:
    migration = picture.view.state.migration
    if migration is None or migration.move.vm_id != vm.id:
        return ""
    move = migration.move
    return f"It is being moved, from {move.source_name} to {move.target_name}: {move.sentence}"


def _proposed(picture: Picture, s: Situation, vm: Vm) -> str:
    proposal = picture.view.state.proposal
    if proposal is None or proposal.move.vm_id != vm.id:
        return ""
    move = proposal.move
    return f"It is proposed to move it to {move.target_name}, which waits for approval. {move.sentence}"


def _nothing_is_decided(picture: Picture) -> str:
    if picture.view.state.paused:
        return "Paused: nothing is decided."
    decision = picture.view.decision
    if decision and decision.outcome is Outcome.RULES_ONLY:
        return decision.findings[-1].sentence  # that of the load, and when it is looked at again
    return f"Nothing is decided now. {decision.sentence}" if decision and decision.outcome in _WAITING else ""


def _apart_from_that(picture: Picture, s: Situation, vm: Vm) -> str:
    row = next(iter(explain.matrix(s, [vm])), None)
    if row is None:
        return f"{vm.name} is on {s.node_name(vm.node_id)}, which is not reported."
    told = _by_load(s, vm) if row.reason.is_load else _by_rule(picture, s, vm)
    own = row.own
    if own.ok or own.sentence in told:
        return told
    return f"{told} It would stay in any case ({own.check}): {own.sentence}"


def _by_rule(picture: Picture, s: Situation, vm: Vm) -> str:
    finding = broken_rule(picture, s, vm)
    return f"It breaks a rule. {finding.sentence}" if finding else ""


def broken_rule(picture: Picture, s: Situation, vm: Vm) -> Finding | None:
    """What was found, or would be, about the first rule that a VM breaks; `None` if it breaks none."""
    for finding in picture.findings:
        if finding.reason in _RULES and vm.id in finding.vm_ids:
            return finding
    return next((finding for finding in repair.examined(s) if vm.id in finding.vm_ids), None)


def _by_load(s: Situation, vm: Vm) -> str:
    if s.policy.strategy is Strategy.BEST_FIT:
        return _by_worth(s, vm)
    load = planner.relieve(s)
    known = [each for each in s.loads() if each.mean_percent is not None]
    if load is None or known[0].mean_percent is None:
        return "It breaks no rule, and load is looked at only once the history of two nodes is full."
    hottest, upper = known[0], s.policy.cpu_upper_percent
    if hottest.node_id != vm.node_id:
        return (
            f"It breaks no rule, and its node, {_node(s, vm)}, is not the busiest: only the busiest gives VMs away, "
            f"and only above {percent(upper)}. That is {hottest.node_name}, at {percent(known[0].mean_percent)}."
        )
    if not load.candidates:
        return f"It breaks no rule, and no load has to move. {load.sentence}"
    return _as_candidate(s, vm, load)


def _by_worth(s: Situation, vm: Vm) -> str:
    """Under best-fit every VM of a node in need is weighed against every other node."""
    found = best_fit.findings(s)
    if not found:
        return "It breaks no rule, and load is looked at only once the history of two nodes is full."
    move = next((finding.move for finding in found if finding.move), None)
    if move and move.vm_id == vm.id:
        return f"It is the one to be moved, to {move.target_name}. {_unless_a_rule_comes_first(s)} {move.sentence}"
    if vm.node_id is None or relief.need_of(s, vm.node_id, Reason.LOAD) is None:
        return f"It breaks no rule, and its node, {_node(s, vm)}, needs no relief. {found[0].sentence}"
    mine = next((each for finding in found for each in finding.candidates if each.vm_id == vm.id), None)
    if mine is not None:
        return f"Its node is hot, but {_stays(mine)}"
    told = f"moving {move.vm_name} is worth more" if move else "moving it would not be worth what it costs"
    return f"Its node is hot, but {told}. {found[0].sentence}"


def _node(s: Situation, vm: Vm) -> str:
    mean = s.means.get(vm.node_id) if vm.node_id else None
    return f"{s.node_name(vm.node_id)}{f' at {percent(mean)}' if mean is not None else ''}"


def _as_candidate(s: Situation, vm: Vm, load: Finding) -> str:
    place, of = rank(s, vm)
    ranked = f"Its node is hot, and it is number {place} of {of} there, busiest first"
    mine = next((each for each in load.candidates if each.vm_id == vm.id), None)
    if mine is None:
        first = load.move.vm_name if load.move else "another"
        return f"{ranked}, but {first} is busier and can be moved."
    if load.move and load.move.vm_id == vm.id:
        return f"{ranked}: it is the one to be moved, to {load.move.target_name}. {_unless_a_rule_comes_first(s)}"
    return f"{ranked}, but {_stays(mine)}"


def _unless_a_rule_comes_first(s: Situation) -> str:
    broken = any(True for _ in planner.violations(s)) or any(True for _ in planner.strays(s))
    return "A broken rule is mended first, if it can be." if broken else "The next cycle acts on that."


def _stays(candidate: Candidate) -> str:
    last = candidate.verdicts[-1]
    return f"it stays ({last.check}): {last.sentence}" if not last.ok else f"{none_fits(candidate.trials)}."
