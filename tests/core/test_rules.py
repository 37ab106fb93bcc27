"""Tags and native affinity, read as rules, and every flaw that is reported."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import pytest

from hctui.core.model import NativeAffinity, Vm, VmId
from hctui.core.rules import Flaw, Rules, rules_of
from tests.core.build import cluster, node, vm


def _rules(*vms: Vm, nodes: Iterable[str] = ("10.0.0.101", "10.0.0.102")) -> Rules:
    return rules_of(cluster([node(number, lan_ip=ip) for number, ip in enumerate(nodes, 1)], vms))


def _flaws(rules: Rules) -> list[tuple[str, Flaw]]:
    return [(problem.vm_id, problem.flaw) for problem in rules.problems]


def test_anti_tag_keeps_apart_in_both_directions() -> None:
    rules = _rules(vm("web", tags="anti_sql"), vm("sql"), vm("other"))
    assert rules.rivals == {"web": ("sql",), "sql": ("web",)}
    assert rules.tagged == {("web", "sql")}
    assert rules.problems == ()


def test_tags_on_both_are_one_rule() -> None:
    rules = _rules(vm("a", tags="anti_b anti_b"), vm("b", tags="anti_a"))
    assert rules.rivals == {"a": ("b",), "b": ("a",)}
    assert rules.tagged == {("a", "b"), ("b", "a")}


def test_several_anti_tags() -> None:
    rules = _rules(vm("a", tags="anti_b anti_c"), vm("b"), vm("c"))
    assert rules.rivals[VmId("a")] == ("b", "c")


@pytest.mark.parametrize("tag", ["anti_SQL", "ANTI_sql", "antisql", "anti-sql", "prod"])
def test_other_words_keep_nobody_apart(tag: str) -> None:
    assert _rules(vm("web", tags=tag), vm("sql")).rivals == {}


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("anti_nosuch", "no VM is named nosuch"),
        ("anti_SQL", "there is sql: case and spaces count"),
        ("anti_", "it names no VM"),
    ],
)
def test_unknown_name(tag: str, told: str) -> None:
    rules = _rules(vm("web", tags=tag), vm("sql"))
    assert _flaws(rules) == [("web", Flaw.UNKNOWN_NAME)]
    assert told in rules.problems[0].sentence
    assert rules.rivals == {}


def test_of_many_names_that_differ_in_case_only_a_few_are_told() -> None:
    names = ("sql", "Sql", "sQl", "sqL", "SQl")
    rules = _rules(vm("web", tags="anti_SQL"), *(vm(name, id=f"vm-{name}") for name in names))
    assert "(there is SQl, Sql, sQl and 2 more VMs: case" in rules.problems[0].sentence


def test_rules_that_name_nobody_are_read_in_no_time() -> None:
    """Anybody who may write tags could else stop the balancer: looking at all VMs for each took minutes."""
    vms = [
        replace(vm(f"{number}{'x' * 300}"), tags=tuple(f"anti_{'y' * 300}{tag}" for tag in range(100)))
        for number in range(1000)
    ]
    begun = time.monotonic()
    assert len(_rules(*vms).problems) == 100_000
    assert time.monotonic() - begun < 20


def test_own_name_is_a_diagnostic_and_not_a_rule() -> None:
    rules = _rules(vm("web", tags="anti_web"))
    assert _flaws(rules) == [("web", Flaw.OWN_NAME)]
    assert (rules.rivals, rules.tagged) == ({}, frozenset())


def test_duplicate_names_are_kept_apart_one_by_one_and_reported() -> None:
    rules = _rules(vm("web", tags="anti_sql"), vm("sql", id="s1"), vm("sql", id="s2"))
    assert rules.rivals == {"web": ("s1", "s2"), "s1": ("web",), "s2": ("web",)}
    assert _flaws(rules) == [("web", Flaw.DUPLICATE_NAME)]
    assert "2 VMs are named sql; it is kept apart from each of them" in rules.problems[0].sentence


def test_two_vms_of_one_name_that_both_name_it_keep_each_other_apart() -> None:
    rules = _rules(vm("web", id="w1", tags="anti_web"), vm("web", id="w2", tags="anti_web"))
    assert rules.rivals == {"w1": ("w2",), "w2": ("w1",)}
    assert rules.tagged == {("w1", "w2"), ("w2", "w1")}
    assert _flaws(rules) == [("w1", Flaw.DUPLICATE_NAME), ("w2", Flaw.DUPLICATE_NAME)]
    assert "2 VMs are named web; it is kept apart from each of the others" in rules.problems[0].sentence


@pytest.mark.parametrize(
    ("tags", "homes"),
    [
        ("node_101", {"n1"}),
        ("node_101 node_102", {"n1", "n2"}),
        ("node_101 node_77", {"n1"}),
        ("node_0101", None),
        ("node_77", None),
        ("node_exporter", None),
        ("node_", None),
        ("node_-1", None),
        ("node_1e1", None),
        ("node_¹⁰¹", None),
        ("Node_101", None),
        ("mynode_101", None),
    ],
)
def test_pins(tags: str, homes: set[str] | None) -> None:
    rules = _rules(vm("web", tags=tags))
    assert rules.homes.get(VmId("web")) == homes


@pytest.mark.parametrize(
    ("tag", "flaws"),
    [
        ("node_77", [Flaw.UNKNOWN_NODE]),
        ("node_0", [Flaw.UNKNOWN_NODE]),
        ("node_256", [Flaw.UNKNOWN_NODE]),
        ("node_99999999999999999999", [Flaw.UNKNOWN_NODE]),
        ("node_exporter", []),
        ("node_", []),
        ("node_101", []),
    ],
)
def test_pins_that_have_no_effect_are_reported(tag: str, flaws: list[Flaw]) -> None:
    rules = _rules(vm("web", tags=tag))
    assert [flaw for _, flaw in _flaws(rules)] == flaws


def test_a_number_that_no_address_can_end_in_is_told_as_such() -> None:
    assert "from 0 to 255" in _rules(vm("web", tags="node_256")).problems[0].sentence
    assert "ending in .77" in _rules(vm("web", tags="node_77")).problems[0].sentence


def test_equal_last_octets_pin_to_any_of_them_and_are_reported() -> None:
    rules = _rules(vm("web", tags="node_5"), nodes=["10.0.0.5", "10.0.1.5", "10.0.0.6"])
    assert rules.homes == {"web": {"n1", "n2"}}
    assert _flaws(rules) == [("web", Flaw.AMBIGUOUS_NODE)]


@pytest.mark.parametrize("lan_ip", ["", "fe80::5", "10.0.5", "10.0.0.x"])
def test_a_node_without_an_ipv4_address_cannot_be_named(lan_ip: str) -> None:
    rules = _rules(vm("web", tags="node_5"), nodes=[lan_ip])
    assert _flaws(rules) == [("web", Flaw.UNKNOWN_NODE)]


def test_nomove() -> None:
    assert _rules(vm("a", tags="nomove"), vm("b", tags="nomove_please"), vm("c")).nomove == {"a"}


def test_strict_affinity_without_a_node_is_reported() -> None:
    web = replace(vm("web"), affinity=NativeAffinity(strict=True))
    assert _flaws(_rules(web)) == [("web", Flaw.STRICT_WITHOUT_NODE)]
    named = replace(vm("web"), affinity=NativeAffinity(strict=True, backup=node(1).id))
    assert _flaws(_rules(named)) == []


def test_problems_come_in_the_order_of_the_vms() -> None:
    rules = _rules(vm("b", tags="anti_x"), vm("a", tags="anti_y node_9"))
    assert [problem.vm_id for problem in rules.problems] == ["b", "a", "a"]


def test_stopped_vms_have_rules_too() -> None:
    """Whether a rule is broken is another question; that of an absent VM must hold once it starts."""
    assert _rules(vm("web", None, tags="anti_sql"), vm("sql")).rivals == {"web": ("sql",), "sql": ("web",)}


@pytest.mark.parametrize(
    ("address", "octet"),
    [("10.0.0.7", 7), ("", None), ("fe80::1", None), ("1.2.3.x", None), ("1.2.3." + "9" * 5000, None)],
)
def test_the_last_octet_of_whatever_a_cluster_says(address: str, octet: int | None) -> None:
    assert node(1, lan_ip=address).last_octet == octet
