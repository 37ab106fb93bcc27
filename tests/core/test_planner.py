"""Which move, for which VM, to which node: violations, pins, and the documented load rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hctui.core import checks, planner, repair
from hctui.core.decision import Check, Finding, Reason
from hctui.core.model import NetworkStatus, Node, Vm, VmId, VmState
from hctui.core.state import Arrival, Ledger
from tests.core.build import NOW, POLICY, node, node_id, situation, vm

ROOMY = [node(1), node(2), node(3)]


def _resting(*names: str) -> Ledger:
    return Ledger(arrivals={vm(name).id: Arrival(NOW, node_id(2), node_id(1)) for name in names})


def _goes(finding: Finding | None) -> tuple[str, str] | None:
    """Who goes where."""
    assert finding is not None
    return (finding.move.vm_name, finding.move.target) if finding.move else None


# --- violations: which pairs


@pytest.mark.parametrize(
    ("vms", "pairs"),
    [
        ([vm("a", tags="anti_b"), vm("b")], [("a", "b")]),
        ([vm("a"), vm("b", tags="anti_a")], [("b", "a")]),
        ([vm("a", tags="anti_b"), vm("b", tags="anti_a")], [("a", "b")]),
        ([vm("b", tags="anti_a"), vm("a", tags="anti_b")], [("a", "b")]),
        ([vm("a", tags="anti_b"), vm("b", 2)], []),
        ([vm("a", tags="anti_b"), vm("b", state=VmState.SHUTOFF)], []),
        ([vm("a", tags="anti_b", state=VmState.CRASHED), vm("b")], []),
        ([vm("a", None, tags="anti_b"), vm("b", None)], []),
        ([vm("a", tags="anti_a")], []),
        ([vm("a", tags="anti_nosuch")], []),
        ([vm("a", tags="anti_b anti_c"), vm("b"), vm("c")], [("a", "b"), ("a", "c")]),
        ([vm("w", id="w1", tags="anti_w"), vm("w", id="w2", tags="anti_w")], [("w1", "w2")]),
        ([vm("a", tags="anti_w"), vm("w", id="w1"), vm("w", id="w2")], [("a", "w1"), ("a", "w2")]),
    ],
    ids=[
        "one way",
        "the other way",
        "both ways are one pair",
        "whatever the order of the VMs",
        "on two nodes",
        "named one is off",
        "tagged one has crashed",
        "neither is anywhere",
        "own name",
        "unknown name",
        "two of them",
        "two of one name",
        "two that are named alike",
    ],
)
def test_violations(vms: list[Vm], pairs: list[tuple[str, str]]) -> None:
    assert [(a.id, b.id) for a, b in planner.violations(situation(ROOMY, vms))] == pairs


# --- violations: which fix


def _separate(
    web: Vm, sql: Vm, *others: Vm, nodes: Sequence[Node] = ROOMY, ledger: Ledger | None = None
) -> Finding:
    s = situation(nodes, [web, sql, *others], ledger=ledger, polls=0)
    return repair.separate(s, next(planner.violations(s)))


@pytest.mark.parametrize(
    ("web_gib", "sql_gib", "mover"),
    [(4, 8, "web"), (8, 4, "sql"), (4, 4, "web")],
    ids=["less", "more", "tie"],
)
def test_the_partner_with_least_ram_moves_and_at_a_tie_the_tagged_one(
    web_gib: float, sql_gib: float, mover: str
) -> None:
    web, sql = vm("web", tags="anti_sql", mem_gib=web_gib), vm("sql", mem_gib=sql_gib)
    assert _goes(_separate(web, sql)) == (mover, "n2")
    assert _goes(_separate(sql=web, web=sql)) == (mover, "n2")


@pytest.mark.parametrize(
    ("changes", "ledger"),
    [
        ({}, _resting("web")),
        ({"tags": ("anti_sql", "nomove")}, Ledger()),
        ({"tags": ("anti_sql", "node_101")}, Ledger()),
        ({"state": VmState.PAUSED}, Ledger()),
        ({"ui_state": VmState.STOPPING}, Ledger()),
    ],
    ids=["in cooldown", "nomove", "pinned here", "paused", "stopping"],
)
def test_the_other_partner_moves_when_the_first_may_not(changes: dict[str, object], ledger: Ledger) -> None:
    web = replace(vm("web", tags="anti_sql", mem_gib=1), **changes)  # type: ignore[arg-type]
    finding = _separate(web, vm("sql", mem_gib=16), ledger=ledger)
    assert _goes(finding) == ("sql", "n2")
    assert [candidate.vm_name for candidate in finding.candidates] == ["web", "sql"]


def test_the_other_partner_moves_when_the_first_finds_no_room() -> None:
    """The smaller one is pinned to a full node."""
    web = vm("web", tags="anti_sql node_101 node_102", mem_gib=4)
    nodes = [node(1), node(2, used_gib=68), node(3)]
    assert _goes(_separate(web, vm("sql", mem_gib=8), nodes=nodes)) == ("sql", "n3")


@pytest.mark.parametrize(
    ("nodes", "target"),
    [
        ([node(1), node(2, used_gib=30), node(3, used_gib=20)], "n3"),
        ([node(1), node(2, used_gib=30), replace(node(3, used_gib=50), mem_bytes=400 * 1024**3)], "n3"),
        ([node(1), node(2, used_gib=60), node(3, used_gib=20, cpu=90)], "n2"),
        ([node(1), node(2, used_gib=60), node(3, used_gib=20, cpu=80)], "n3"),
        ([node(1), node(2, used_gib=67), node(3, used_gib=20, cpu=90)], "n3"),
        ([node(1), node(2, used_gib=60), node(3, used_gib=None)], "n2"),
        ([node(1), node(2, used_gib=60), node(3, used_gib=1, status=NetworkStatus.OFFLINE)], "n2"),
        ([node(1), node(2, used_gib=60, cpu=None), node(3, used_gib=20, cpu=99)], "n2"),
        ([node(1, used_gib=1), node(2, used_gib=60), node(3, used_gib=61)], "n2"),
    ],
    ids=[
        "least RAM in percent",
        "percent and not bytes",
        "a hot one last",
        "at the threshold is not hot",
        "a hot one rather than none",
        "unknown RAM is none",
        "not an offline one",
        "unknown load is not hot",
        "never its own",
    ],
)
def test_the_target_is_the_one_it_fills_least_and_hot_ones_come_last(nodes: list[Node], target: str) -> None:
    assert _goes(_separate(vm("web", tags="anti_sql"), vm("sql", mem_gib=5), nodes=nodes)) == ("web", target)


def test_a_mean_of_0_percent_is_not_hot_for_a_spike_just_now() -> None:
    idle = situation([node(1), node(2, cpu=0), node(3, used_gib=50)], [vm("web", tags="anti_sql"), vm("sql")])
    spiking = {**idle.snapshot.nodes, node_id(2): node(2, cpu=99)}
    s = replace(idle, snapshot=replace(idle.snapshot, nodes=spiking))
    assert _goes(repair.separate(s, next(planner.violations(s)))) == ("web", "n2")


def test_a_fix_creates_no_other_violation() -> None:
    nodes = [node(1), node(2, used_gib=10), node(3, used_gib=60)]
    finding = _separate(vm("web", tags="anti_sql anti_app"), vm("sql", mem_gib=9), vm("app", 2), nodes=nodes)
    assert _goes(finding) == ("web", "n3")
    assert finding.candidates[0].trials[0].verdicts[-1].check is Check.ANTI_AFFINITY


def test_a_violation_that_cannot_be_fixed_names_what_stands_in_the_way_of_both() -> None:
    web, sql = vm("web", tags="anti_sql nomove"), vm("sql", mem_gib=60)
    finding = _separate(web, sql, nodes=[node(1), node(2, used_gib=20)])
    assert _goes(finding) is None
    assert finding.sentence == (
        "web shares 10.0.0.101 with sql, which its tag anti_sql forbids. It cannot be fixed now. "
        "web has the tag nomove. sql: no node can take it. "
        "10.0.0.102: RAM 80.0 % with 60 GiB more, above the limit of 70.0 %."
    )


def test_many_reasons_are_counted_in_the_sentence_and_complete_in_the_trace() -> None:
    nodes = [node(1), *(node(number, used_gib=69) for number in range(2, 9))]
    finding = _separate(vm("web", tags="anti_sql"), vm("sql", tags="nomove"), nodes=nodes)
    assert "And 4 more nodes." in finding.sentence
    assert len(finding.candidates[0].trials) == 7


def test_a_single_node_has_nowhere_to_move_to() -> None:
    finding = _separate(vm("web", tags="anti_sql"), vm("sql", tags="nomove"), nodes=[node(1)])
    assert "web: there is no other node." in finding.sentence


# --- pins


@pytest.mark.parametrize(
    ("vms", "away"),
    [
        ([vm("web", tags="node_102")], ["web"]),
        ([vm("web", tags="node_101")], []),
        ([vm("web", tags="node_101 node_102")], []),
        ([vm("web", tags="node_102 node_103")], ["web"]),
        ([vm("web", tags="node_77")], []),
        ([vm("web", tags="node_exporter")], []),
        ([vm("web", tags="node_102", state=VmState.SHUTOFF)], []),
        ([vm("web", None, tags="node_102")], []),
    ],
)
def test_strays(vms: list[Vm], away: list[str]) -> None:
    assert [vm.name for vm in planner.strays(situation(ROOMY, vms))] == away


def _bring_home(web: Vm, *others: Vm, nodes: Sequence[Node] = ROOMY) -> Finding:
    s = situation(nodes, [web, *others], polls=0)
    return repair.bring_home(s, next(planner.strays(s)))


@pytest.mark.parametrize(
    ("web", "others", "nodes", "target"),
    [
        (vm("web", tags="node_103"), [], ROOMY, "n3"),
        (vm("web", tags="node_102 node_103"), [], [node(1), node(2, used_gib=50), node(3)], "n3"),
        (vm("web", tags="node_102 node_103"), [], [node(1), node(2, used_gib=50), node(3, cpu=99)], "n2"),
        (vm("web", tags="node_103"), [], [node(1), node(2), node(3, used_gib=69)], None),
        (vm("web", tags="node_103 anti_sql"), [vm("sql", 3, tags="nomove")], ROOMY, None),
        (vm("web", tags="node_103 anti_sql node_102"), [vm("sql", 3)], ROOMY, "n2"),
        (vm("web", tags="node_103 nomove"), [], ROOMY, None),
    ],
    ids=["home", "the emptier home", "the cooler home", "full", "rival at home", "other home", "nomove"],
)
def test_a_pinned_vm_goes_home(web: Vm, others: list[Vm], nodes: list[Node], target: str | None) -> None:
    finding = _bring_home(web, *others, nodes=nodes)
    assert _goes(finding) == (("web", target) if target else None)
    assert finding.headline.startswith("web is on 10.0.0.101, but pinned to 10.0.0.10")
    assert ("It cannot go home now." in finding.sentence) is (target is None)


@pytest.mark.parametrize(
    ("vms", "reason", "told"),
    [
        ([vm("web"), vm("sql")], Reason.ANTI_AFFINITY, "web and sql share 10.0.0.101, which a tag forbids."),
        ([vm("web", tags="node_102")], Reason.PIN, "web is on 10.0.0.101, but pinned to 10.0.0.102."),
    ],
)
def test_what_waits_for_its_turn_says_so(vms: list[Vm], reason: Reason, told: str) -> None:
    finding = repair.pending(situation(ROOMY, vms), tuple(vms), reason)
    assert (finding.reason, finding.move, finding.candidates) == (reason, None, ())
    assert finding.sentence == f"{told} It waits for its turn."


# --- load


def _load(
    nodes: Sequence[Node], vms: Sequence[Vm], *, ledger: Ledger | None = None, polls: int = 10
) -> Finding | None:
    return planner.relieve(situation(nodes, vms, ledger=ledger, polls=polls))


def _considered(finding: Finding | None) -> list[str]:
    assert finding is not None
    return [candidate.vm_name for candidate in finding.candidates]


HOT = [node(1, cpu=90), node(2, cpu=30), node(3, cpu=20)]
"""The coolest is n3."""

THREE = [vm("mid", cpu=50), vm("busy", cpu=70), vm("lazy", cpu=1)]


@pytest.mark.parametrize(
    ("hottest", "coolest", "balanced", "headline"),
    [
        (80.0, 20.0, True, ""),
        (
            80.1,
            20.0,
            False,
            "10.0.0.101 is at 80.1 %, above 80.0 %, while 10.0.0.102 is at 20.0 %, below 50.0 %.",
        ),
        (
            90.0,
            49.9,
            False,
            "10.0.0.101 is at 90.0 %, above 80.0 %, while 10.0.0.102 is at 49.9 %, below 50.0 %.",
        ),
        (
            90.0,
            50.0,
            True,
            "10.0.0.101 is hot at 90.0 %, but even the coolest node, 10.0.0.102, is at 50.0 %",
        ),
        (20.0, 20.0, True, ""),
    ],
    ids=["at the upper threshold", "above it", "just below the lower", "at the lower", "idle"],
)
def test_imbalance_is_above_the_upper_and_below_the_lower_threshold(
    hottest: float, coolest: float, balanced: bool, headline: str
) -> None:
    finding = _load([node(1, cpu=hottest), node(2, cpu=coolest)], [vm("web")])
    assert finding is not None
    assert (finding.move is None) is balanced
    assert finding.headline.startswith(headline)
    assert bool(finding.headline) is bool(headline)


@pytest.mark.parametrize(
    ("nodes", "polls"),
    [(HOT, 9), ([node(1, cpu=90)], 10), ([node(1, cpu=90), node(2, cpu=None)], 10), ([], 10)],
    ids=["window not full", "one node", "one node that reports", "no node"],
)
def test_nothing_is_said_of_load_before_two_nodes_have_a_full_window(nodes: list[Node], polls: int) -> None:
    assert _load(nodes, [vm("web")], polls=polls) is None


def test_the_busiest_vm_goes_to_the_coolest_node() -> None:
    finding = _load(HOT, THREE)
    assert _goes(finding) == ("busy", "n3")
    assert _considered(finding) == ["busy"]


def test_busiest_is_by_percent_of_its_own_vcpus_as_documented() -> None:
    assert _goes(_load(HOT, [vm("wide", cpu=60, vcpus=16), vm("narrow", cpu=95, vcpus=1)])) == (
        "narrow",
        "n3",
    )


def test_a_vm_whose_load_is_not_known_is_tried_last_and_not_moved() -> None:
    finding = _load(HOT, [vm("dark", cpu=None), vm("lazy", cpu=0, tags="nomove")])
    assert _goes(finding) is None
    assert _considered(finding) == ["lazy", "dark"]
    assert finding is not None
    assert finding.candidates[1].verdicts[-1].check is Check.HISTORY


@pytest.mark.parametrize(
    ("vms", "ledger", "mover", "considered"),
    [
        (THREE, _resting("busy"), ("mid", "n3"), ["busy", "mid"]),
        (THREE, _resting("busy", "mid"), ("lazy", "n3"), ["busy", "mid", "lazy"]),
        (THREE, _resting("busy", "mid", "lazy"), None, ["busy", "mid", "lazy"]),
        ([vm("huge", cpu=99, mem_gib=60), *THREE], None, ("busy", "n3"), ["huge", "busy"]),
        ([vm("web", cpu=99, tags="nomove"), *THREE], None, ("busy", "n3"), ["web", "busy"]),
        ([vm("web", cpu=99, tags="node_101"), *THREE], None, ("busy", "n3"), ["web", "busy"]),
        ([vm("web", cpu=99, state=VmState.PAUSED), *THREE], None, ("busy", "n3"), ["web", "busy"]),
        ([vm("web", cpu=99, state=VmState.SHUTOFF), *THREE], None, ("busy", "n3"), ["busy"]),
    ],
    ids=["in cooldown", "two in cooldown", "all in cooldown", "too big", "nomove", "pinned", "paused", "off"],
)
def test_the_next_busiest_is_tried_when_one_may_not_move(
    vms: list[Vm], ledger: Ledger | None, mover: tuple[str, str] | None, considered: list[str]
) -> None:
    finding = _load(HOT, vms, ledger=ledger)
    assert _goes(finding) == mover
    assert _considered(finding) == considered


@pytest.mark.parametrize(
    ("nodes", "others", "target", "failed"),
    [
        ([node(1, cpu=90), node(2, cpu=30), node(3, cpu=20, used_gib=69)], [], "n2", {"n3": Check.RAM}),
        (HOT, [vm("sql", 3)], "n2", {"n3": Check.ANTI_AFFINITY}),
        (
            HOT,
            [vm("sql", 3), vm("app", 2, tags="anti_web")],
            None,
            {"n3": Check.ANTI_AFFINITY, "n2": Check.ANTI_AFFINITY},
        ),
        (
            [node(1, cpu=90), node(2, cpu=60), node(3, cpu=20, used_gib=69)],
            [],
            None,
            {"n3": Check.RAM, "n2": Check.TARGET_CPU},
        ),
        (
            [node(1, cpu=90), node(2, cpu=30), node(3, cpu=1, status=NetworkStatus.OFFLINE)],
            [],
            "n2",
            {},
        ),
        (
            [node(1, cpu=90), node(2, cpu=30, used_gib=69), node(3, cpu=1, status=NetworkStatus.OFFLINE)],
            [],
            None,
            {"n2": Check.RAM, "n3": Check.USABLE},
        ),
        (
            [node(1, cpu=90), node(2, cpu=30, used_gib=69), node(3, cpu=None), node(4, cpu=31)],
            [],
            "n4",
            {"n2": Check.RAM},
        ),
        (
            [node(1, cpu=90), node(2, cpu=30, used_gib=69), node(3, cpu=None)],
            [],
            None,
            {"n2": Check.RAM, "n3": Check.TARGET_CPU},
        ),
    ],
    ids=[
        "coolest is full",
        "rival on the coolest",
        "rivals everywhere, in both directions",
        "the next is not below the lower threshold",
        "offline ones are no target",
        "but stand in the trace",
        "unknown load is no target",
        "and stands in the trace",
    ],
)
def test_the_next_coolest_is_tried_when_one_does_not_fit(
    nodes: list[Node], others: list[Vm], target: str | None, failed: dict[str, Check]
) -> None:
    finding = _load(nodes, [vm("web", tags="anti_sql", cpu=50), *others])
    assert finding is not None
    assert _goes(finding) == (("web", target) if target else None)
    trials = finding.candidates[0].trials
    assert {trial.node_id: trial.verdicts[-1].check for trial in trials if not trial.ok} == failed


def test_only_the_busiest_node_is_a_source() -> None:
    nodes = [node(1, cpu=85), node(2, cpu=95), node(3, cpu=20)]
    assert _goes(_load(nodes, [vm("web", 1, cpu=99), vm("sql", 2, cpu=1)])) == ("sql", "n3")


def test_an_excluded_node_is_neither_the_busiest_nor_the_coolest() -> None:
    policy = replace(POLICY, excluded_node_ips=frozenset({"10.0.0.101", "10.0.0.104"}))
    nodes = [node(1, cpu=99), node(2, cpu=85), node(3, cpu=40), node(4, cpu=1)]
    s = situation(nodes, [vm("web", 1, cpu=99), vm("sql", 2)], policy=policy)
    assert _goes(planner.relieve(s)) == ("sql", "n3")


@pytest.mark.parametrize(
    ("vms", "told"),
    [
        ([], "There is no VM on 10.0.0.101 that could be moved."),
        ([vm("a", tags="nomove")], "Of 1 VM on 10.0.0.101, none can be moved to a cooler node: 1 by nomove."),
        (
            [vm("a", tags="nomove"), vm("b", mem_gib=70), vm("c", mem_gib=70)],
            "Of 3 VMs on 10.0.0.101, none can be moved to a cooler node: 2 by RAM and 1 by nomove.",
        ),
    ],
)
def test_a_hot_node_that_cannot_be_relieved_is_told(vms: list[Vm], told: str) -> None:
    finding = _load(HOT, vms)
    assert finding is not None
    assert _goes(finding) is None
    assert told in finding.sentence
    assert finding.headline


def test_a_move_knows_all_that_is_told_of_it() -> None:
    finding = _load(HOT, [vm("web", mem_gib=8)])
    assert finding is not None
    assert finding.move is not None
    move = finding.move
    assert (move.vm_id, move.source, move.source_name) == ("web", "n1", "10.0.0.101")
    assert (move.target, move.target_name, move.mem_bytes) == ("n3", "10.0.0.103", 8 * 1024**3)
    assert (move.reason, move.sentence) == (Reason.LOAD, finding.headline)


def test_the_load_rule_never_runs_on_a_pin_that_is_kept() -> None:
    """A VM pinned to several nodes may move between these and to no other."""
    web = vm("web", tags="node_101 node_102")
    assert _goes(_load(HOT, [web])) == ("web", "n2")


def test_a_rival_that_is_just_starting_on_a_target_keeps_a_vm_away() -> None:
    starting = vm("sql", 2, state=VmState.SHUTOFF, ui_state=VmState.STARTING)
    s = situation(ROOMY, [vm("web", tags="anti_sql"), starting])
    web = s.snapshot.vms[VmId("web")]
    assert not checks.anti_affinity(s, web, s.snapshot.nodes[node_id(2)]).ok
