"""That the look at a series can see what it looks for: rules broken by us, and what a kill has hit."""

from __future__ import annotations

from random import Random

import pytest

from hctui.core.migration import Phase
from hctui.sim import Cluster, load_scenario
from hctui.sim.audit import Write
from tests.endurance.book import Row
from tests.kills import work
from tests.kills.moment import Hit, hit


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(load_scenario(work.SCENE), seed=1, start=1000.0)


@pytest.mark.parametrize(("mover", "stayer"), [("vm-01", "vm-02"), ("vm-02", "vm-01")])
def test_a_rule_is_broken_by_arriving_where_the_other_is_whoever_bears_the_tag(
    cluster: Cluster, mover: str, stayer: str
) -> None:
    cluster.vm("vm-01").tags = "anti_vm-02"
    vm, target = cluster.vm(mover), cluster.vm(stayer).node_id
    cluster.act("LIVEMIGRATE", vm.id, target)
    assert [stayer in told for told in work.broken_by_arrival(cluster, vm, target)] == [True]
    work.rest(cluster)
    assert list(work.broken_by_arrival(cluster, vm, target)) == []


def test_more_ram_than_the_limit_is_seen_while_the_vm_is_on_its_way(cluster: Cluster) -> None:
    target = cluster.node(11).id
    for name, broken in (("vm-02", []), ("vm-03", ["127.0.0.11"])):
        cluster.act("LIVEMIGRATE", cluster.vm(name).id, target)
        found = list(work.broken_by_arrival(cluster, cluster.vm(name), target))
        assert len(found) == len(broken)
        assert all("75.0 %" in told for told in found)


def test_the_work_breaks_rules_for_the_balancer_to_mend(cluster: Cluster) -> None:
    work.set_to_work(cluster, Random(1))  # noqa: S311 - not for secrets
    tagged = [vm for vm in cluster.vms.values() if vm.tags]
    assert len(tagged) == 3
    assert all(cluster.vm(vm.tags.removeprefix("anti_")).node_id == vm.node_id for vm in tagged)


@pytest.mark.parametrize(
    ("phase", "ended_at", "asked_at", "has_logged_in", "expected"),
    [
        (Phase.INTENT, None, None, True, Hit.UNSENT),
        (Phase.INTENT, None, 1000.1, True, Hit.UNANSWERED),
        (Phase.INTENT, None, 999.0, True, Hit.UNSENT),
        (Phase.REQUESTED, None, 1000.1, True, Hit.WATCHING),
        (Phase.ARRIVED, 1010.0, 1000.1, True, Hit.IDLE),
        (Phase.ARRIVED, 1010.0, 1000.1, False, Hit.STARTING),
        (Phase.INTENT, None, 1000.1, False, Hit.STARTING),
    ],
)
def test_what_was_hit_is_told_from_the_last_row_and_the_book(
    cluster: Cluster,
    phase: Phase,
    ended_at: float | None,
    asked_at: float | None,
    has_logged_in: bool,
    expected: Hit,
) -> None:
    if asked_at is not None:
        cluster.audit.writes.append(Write(asked_at, "POST", "/VirDomain/action", [], 200, was_handled=True))
    row = Row("1", "vm-01", "2", 1000.0, phase, ended_at)
    assert hit(cluster, [row], has_logged_in) is expected
