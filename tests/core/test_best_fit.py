"""Strategy best-fit, ingredient by ingredient: on clusters whose figures can be done in the head."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from hctui.core import best_fit, checks, relief
from hctui.core.alternatives import next_best
from hctui.core.decision import Check, Finding, Outcome, Reason
from hctui.core.history import Sample
from hctui.core.model import Node, Vm
from hctui.core.objection import objection
from hctui.core.policy import NPlusOne, Policy, Strategy
from hctui.core.restraint import vm_cooldown_seconds
from hctui.core.situation import Situation, situation_of
from hctui.core.state import Departure, Ledger, State
from tests.core.build import NOW, POLICY, cluster, cycle, history, node, node_id, situation, vm

BEST = replace(POLICY, strategy=Strategy.BEST_FIT, cluster_cooldown_seconds=60.0)
N1, N2, N3 = node_id(1), node_id(2), node_id(3)


def busy(name: str, on: int, points: float, **others: object) -> Vm:
    """A VM that asks for so many points of a node."""
    return vm(name, on, cpu=50.0, vcpus=int(2 * points), **others)  # type: ignore[arg-type]


def found(nodes: Iterable[Node], vms: Iterable[Vm], policy: Policy = BEST, **others: object) -> Finding:
    finding, *_ = best_fit.findings(situation(nodes, vms, policy=policy, **others))  # type: ignore[arg-type]
    return finding


HOT = [node(1, cpu=90.0), node(2, cpu=30.0), node(3, cpu=40.0)]


def test_it_counts_threads_and_not_percent_of_ones_own() -> None:
    """The documented rule would take `tiny`, at 100 % of its one vCPU, which relieves the node by one point."""
    finding = found(HOT, [vm("tiny", 1, cpu=100.0, vcpus=1), busy("large", 1, 20)])
    assert finding.move is not None
    assert (finding.move.vm_name, finding.move.target) == ("large", N2)
    assert "CPU of 10.0.0.101 90.0 % -> 70.0 %, of 10.0.0.102 30.0 % -> 50.0 %" in finding.sentence


def test_all_pairs_of_all_hot_nodes_are_weighed() -> None:
    """The hottest node has only small VMs; the other hot one can be helped."""
    nodes = [node(1, cpu=95.0), node(2, cpu=85.0), node(3, cpu=30.0)]
    finding = found(nodes, [busy("small", 1, 3), busy("large", 2, 20)])
    assert finding.move is not None
    assert finding.move.vm_name == "large"


def test_relief_beyond_what_is_called_for_is_worth_nothing() -> None:
    """30 points are called for (90 to 60): the smaller VM gives as much as the huge one, and fills the target less."""
    finding = found(HOT, [busy("huge", 1, 40), busy("fitting", 1, 30)])
    assert finding.move is not None
    assert finding.move.vm_name == "fitting"


def test_gib_cost() -> None:
    finding = found(HOT, [busy("heavy", 1, 20, mem_gib=40.0), busy("light", 1, 19, mem_gib=4.0)])
    assert finding.move is not None
    assert finding.move.vm_name == "light"


def test_a_move_must_be_worth_more_than_it_costs() -> None:
    finding = found(HOT, [busy(f"vm-{number}", 1, 5) for number in range(9)])
    assert finding.move is None
    assert "9 by worth of the move" in finding.sentence


def test_a_target_stays_below_the_upper_threshold_less_the_margin() -> None:
    nodes = [node(1, cpu=90.0), node(2, cpu=53.0)]
    assert found(nodes, [busy("web", 1, 19)]).move is not None  # 53 + 19 = 72
    finding = found(nodes, [busy("web", 1, 20)])
    assert finding.move is None
    assert "1 by CPU after the move" in finding.sentence


def test_a_target_is_judged_by_the_last_hour_as_well() -> None:
    nodes = [node(1, cpu=90.0), node(2, cpu=30.0)]
    snapshot = cluster(nodes, [busy("web", 1, 20)])
    samples = tuple(
        sample if sample.at > NOW - 300 else replace(sample, nodes={**sample.nodes, N2: 60.0})
        for sample in history(snapshot, polls=100)
    )
    s = situation_of(State(samples=samples), snapshot, BEST, NOW)
    finding, *_ = best_fit.findings(s)
    assert finding.move is None
    assert "by the mean of the last hour" in finding.candidates[0].trials[0].verdicts[-1].sentence


def test_a_vm_that_alone_is_the_load_stays_and_its_neighbour_goes() -> None:
    nodes = [node(1, cpu=90.0), node(2, cpu=5.0)]
    finding = found(nodes, [busy("giant", 1, 75), busy("neighbour", 1, 12)])
    assert finding.move is not None
    assert finding.move.vm_name == "neighbour"
    finding = found(nodes, [busy("giant", 1, 85)])
    assert finding.move is None
    assert "giant alone asks for 85.0 % of 10.0.0.101" in finding.sentence


def burst(samples: tuple[Sample, ...], loads: list[float]) -> tuple[Sample, ...]:
    """The samples with other loads of node 1, the latest last."""
    late = samples[-len(loads) :]
    changed = (replace(each, nodes={**each.nodes, N1: load}) for each, load in zip(late, loads, strict=True))
    return (*samples[: -len(loads)], *changed)


@pytest.mark.parametrize(
    ("loads", "moves", "told"),
    [
        ([85, 85, 85, 85], True, ""),
        ([70, 85, 85, 85], True, ""),  # three of four
        ([70, 70, 100, 100], False, "only 2 of its latest 4 samples are"),
        ([98, 94, 90, 86, 82, 78], False, "falling by itself"),
        ([98, 94, 90, 86, 83, 81], True, ""),  # falling, but hot still
        ([70] * 6, False, "not above 80.0 %"),
    ],
)
def test_a_node_is_hot_when_it_lasts(loads: list[float], moves: bool, told: str) -> None:
    snapshot = cluster(HOT, [busy("web", 1, 20)])
    state = State(samples=burst(history(snapshot), loads))
    finding, *_ = best_fit.findings(situation_of(state, snapshot, BEST, NOW))
    assert (finding.move is not None) is moves
    assert told in finding.sentence


@pytest.mark.parametrize(
    ("level", "cpu", "moves"),
    [
        (1, 99, False),
        (2, 89, False),
        (2, 91, True),
        (3, 79, False),
        (3, 81, True),
        (4, 74, False),
        (4, 76, True),
    ],
)
def test_levels(level: int, cpu: float, moves: bool) -> None:
    nodes = [node(1, cpu=cpu), node(2, cpu=30.0), node(3, cpu=60.0)]
    finding = found(nodes, [busy("web", 1, 18)], replace(BEST, level=level))
    assert (finding.move is not None) is moves


@pytest.mark.parametrize(("cool", "moves"), [(44.0, True), (46.0, False)])
def test_level_5_evens_out_what_is_far_apart(cool: float, moves: bool) -> None:
    nodes = [node(1, cpu=70.0), node(2, cpu=cool), node(3, cpu=60.0)]
    finding = found(nodes, [busy("web", 1, 7)], replace(BEST, level=5))
    assert (finding.move is not None) is moves
    assert found(nodes, [busy("web", 1, 7)], replace(BEST, level=4)).move is None
    if finding.move:
        assert finding.move.target == N2
        assert "level 5 evens that out" in finding.sentence


def test_history_outlives_a_move() -> None:
    """A minute after an arrival, when the documented rule has forgotten everything, the next move is found."""
    ledger = Ledger(fresh_since=NOW - 60, last_ended_at=NOW - 61)
    assert found(HOT, [busy("web", 1, 20)], ledger=ledger).move is not None


def test_no_return_and_no_move_in_cooldown() -> None:
    ledger = Ledger(departures=(Departure(busy("web", 1, 20).id, N2, NOW - 600),))
    finding = found(HOT, [busy("web", 1, 20)], ledger=ledger)
    assert finding.move is not None
    assert finding.move.target == N3


@pytest.mark.parametrize(("moves", "times"), [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (9, 8)])
def test_a_vm_rests_longer_with_each_recent_move(moves: int, times: int) -> None:
    ledger = Ledger(departures=tuple(Departure(vm("web").id, N2, NOW - index) for index in range(moves)))
    assert vm_cooldown_seconds(ledger, vm("web").id, BEST) == times * BEST.vm_cooldown_seconds
    assert vm_cooldown_seconds(ledger, vm("web").id, POLICY) == POLICY.vm_cooldown_seconds


# RAM


RAM = replace(BEST, ram_upper_percent=66.0)


def test_ram_is_relieved_only_where_it_is_asked_for() -> None:
    nodes = [node(1, used_gib=68.0), node(2, used_gib=20.0)]
    vms = [vm("fat", 1, mem_gib=12.0)]
    assert found(nodes, vms).move is None
    finding = found(nodes, vms, RAM)
    assert finding.reason is Reason.RAM
    assert finding.move is not None
    assert "10.0.0.101 has 68.0 % of its RAM in use, above 66.0 %" in finding.sentence


def test_ram_moves_neither_for_little_nor_to_a_node_that_would_call_for_relief_itself() -> None:
    nodes = [node(1, used_gib=68.0), node(2, used_gib=20.0)]
    assert found(nodes, [vm("thin", 1, mem_gib=5.0)], RAM).move is None
    full = [node(1, used_gib=68.0), node(2, used_gib=48.0)]
    finding = found(full, [vm("fat", 1, mem_gib=12.0)], RAM)
    assert finding.move is None
    assert finding.reason is Reason.RAM


# vCPUs and N+1


def test_vcpus_per_thread() -> None:
    limited = replace(BEST, most_vcpus_per_thread=0.5)
    nodes = [node(1, cpu=90.0), node(2, cpu=30.0)]
    assert found(nodes, [busy("web", 1, 20), vm("idle", 2, cpu=0.0, vcpus=10)], limited).move is not None
    finding = found(nodes, [busy("web", 1, 20), vm("idle", 2, cpu=0.0, vcpus=11)], limited)
    assert "1 by vCPUs per thread" in finding.sentence


@pytest.mark.parametrize(
    ("wanted", "moves", "told"),
    [
        (NPlusOne.OFF, True, ""),
        (NPlusOne.WARN, True, "could no longer hold the VMs of 10.0.0.101 and 10.0.0.103"),
        (NPlusOne.VETO, False, "1 by N+1"),
    ],
)
def test_n_plus_one(wanted: NPlusOne, moves: bool, told: str) -> None:
    """The 40 GiB of `store` fit on the second node, should the third fail, and no longer once `web` is there."""
    vms = [
        busy("web", 1, 20, mem_gib=20.0),
        vm("rest", 1, mem_gib=30.0),
        vm("other", 2, mem_gib=20.0),
        vm("store", 3, mem_gib=40.0),
    ]
    nodes = [
        node(1, cpu=90.0, used_gib=54.0),
        node(2, cpu=30.0, used_gib=24.0),
        node(3, cpu=75.0, used_gib=44.0),
    ]
    policy = replace(BEST, n_plus_one=wanted)
    finding = found(nodes, vms, policy)
    assert (finding.move is not None) is moves
    assert told in finding.sentence


# What is built on it


def of(s: Situation) -> Finding:
    return best_fit.findings(s)[0]


def test_a_found_move_holds_when_it_is_checked_again_and_has_alternatives_by_worth() -> None:
    s = situation(HOT, [busy("a", 1, 20), busy("b", 1, 15), busy("c", 1, 3)], policy=BEST)
    move = of(s).move
    assert move is not None
    assert objection(s, move) is None
    others = next_best(s, move)
    assert [(other.vm_name, other.target) for other in others] == [("a", N3), ("b", N2)]


def test_a_found_move_no_longer_holds_once_the_node_is_cool() -> None:
    move = of(situation(HOT, [busy("a", 1, 20)], policy=BEST)).move
    assert move is not None
    cool = [node(1, cpu=75.0), *HOT[1:]]
    verdict = objection(situation(cool, [busy("a", 1, 20)], policy=BEST), move)
    assert verdict is not None
    assert verdict.check is Check.STILL_NEEDED


def test_the_matrix_says_what_a_move_would_be_worth() -> None:
    s = situation(HOT, [busy("small", 1, 3), busy("calm", 2, 3)], policy=BEST)
    small, calm = s.snapshot.vms.values()
    verdict = checks.last_verdict(s, small, s.snapshot.nodes[N2], Reason.LOAD)
    assert verdict.sentence == "Worth 3.0 points, no more than the 5.8 it costs."
    assert (
        "needs no relief" in checks.last_verdict(s, calm, s.snapshot.nodes[N1], Reason.LOAD).sentence or True
    )
    assert checks.worth_load(s, calm, s.snapshot.nodes[N3]).sentence == "10.0.0.102 needs no relief."


def test_a_cycle_of_it() -> None:
    snapshot = cluster(HOT, [busy("web", 1, 20)])
    done = cycle(snapshot, policy=BEST)
    assert done.decision.outcome is Outcome.MOVE
    assert done.send is not None
    calm = cycle(cluster([node(1), node(2)], [busy("web", 1, 20)]), policy=BEST)
    assert calm.decision.outcome is Outcome.BALANCED
    few = cycle(snapshot, policy=BEST, polls=3)
    assert few.decision.outcome is Outcome.COLLECTING
    assert "history 3/4" in few.decision.sentence


def test_a_dry_run_counts_its_imagined_move_in() -> None:
    snapshot = cluster(HOT, [busy("a", 1, 20), busy("b", 1, 15)])
    dry = replace(BEST, dry_run=True)
    first = cycle(snapshot, policy=dry)
    later = replace(snapshot, taken_at=NOW + 90)
    second = cycle(later, state=replace(first.state, samples=history(later)), policy=dry)
    assert first.decision.move is not None
    assert "No imbalance, with 1 imagined move counted in." in second.decision.sentence
    assert second.decision.loads[0].mean_percent == 70.0


def test_the_trigger_never_falls_below_a_high_upper_threshold() -> None:
    assert relief.trigger_percent(replace(BEST, level=2, cpu_upper_percent=98.0)) == 98.0
    assert relief.trigger_percent(replace(BEST, level=2, cpu_upper_percent=88.0)) == 95.0
