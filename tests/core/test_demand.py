"""What VMs and nodes ask for: in threads, rebuilt for where VMs are now, and with an eye for saturated nodes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.demand import MOST_SAMPLES, Demand, demand_over
from hctui.core.history import Sample
from hctui.core.model import NodeId, Snapshot, Vm, VmId
from hctui.core.policy import Policy
from tests.core.build import NOW, cluster, history, node, node_id, vm

N1, N2 = node_id(1), node_id(2)


def placed(snapshot: Snapshot) -> dict[NodeId, tuple[Vm, ...]]:
    return {key: tuple(vm for vm in snapshot.vms.values() if vm.node_id == key) for key in snapshot.nodes}


def over(snapshot: Snapshot, samples: tuple[Sample, ...], seconds: float = 180.0) -> Demand:
    return demand_over(snapshot, placed(snapshot), samples, now=NOW, seconds=seconds, interval_seconds=30.0)


WEB = vm("web", 1, cpu=50.0, vcpus=20)  # 10 of 100 threads
BEFORE = cluster([node(1, cpu=60.0), node(2, cpu=30.0)], [WEB])
AFTER = cluster([node(1, cpu=60.0), node(2, cpu=30.0)], [replace(WEB, node_id=N2)])


def test_where_nobody_moved_a_node_is_as_it_reported() -> None:
    demand = over(BEFORE, history(BEFORE))
    assert (demand.node(N1).percent, demand.node(N2).percent) == (60.0, 30.0)
    assert (demand.node(N1).count, demand.node(N1).expected) == (6, 6)


def test_a_vm_takes_its_past_with_it() -> None:
    demand = over(AFTER, history(BEFORE))
    assert (demand.node(N1).percent, demand.node(N2).percent) == (50.0, 40.0)


def test_overhead_does_not_travel() -> None:
    all_on_one = cluster([node(1, cpu=12.0), node(2, cpu=0.0)], [WEB])
    demand = over(replace(all_on_one, vms=AFTER.vms), history(all_on_one))
    assert (demand.node(N1).percent, demand.node(N2).percent) == (2.0, 10.0)


def test_a_node_reports_less_than_its_vms_and_has_no_overhead_then() -> None:
    odd = cluster([node(1, cpu=4.0), node(2, cpu=30.0)], [WEB])
    assert over(replace(odd, vms=AFTER.vms), history(odd)).node(N1).percent == 0.0


def test_rebuilt_load_may_be_more_than_a_node_has() -> None:
    full = cluster([node(1, cpu=95.0), node(2, cpu=95.0)], [WEB])
    assert over(replace(full, vms=AFTER.vms), history(full)).node(N2).percent == 105.0


def test_only_full_windows_have_a_mean() -> None:
    assert over(BEFORE, history(BEFORE, polls=4)).node(N1).percent is None
    samples = history(BEFORE, polls=6)
    assert over(BEFORE, samples[1:]).node(N1).percent is None  # they do not span the window
    assert over(BEFORE, (*samples[:2], *samples[3:])).node(N1).percent == 60.0


def test_a_vm_that_is_gone_makes_the_past_of_its_node_unknown() -> None:
    """What it took cannot be told from overhead, which would be thought to be there still."""
    gone = replace(BEFORE, vms={})
    assert over(gone, history(BEFORE)).node(N1).percent is None
    assert over(gone, history(BEFORE)).node(N2).percent == 30.0


def test_a_vm_without_a_sample_makes_the_node_it_came_to_unknown() -> None:
    silent = replace(AFTER, vms={WEB.id: replace(WEB, node_id=N2, cpu_percent=None)})
    samples = tuple(replace(sample, vms={}) for sample in history(BEFORE))
    assert over(silent, samples).node(N2).percent is None
    assert over(silent, samples).vm(WEB.id) is None


def test_a_single_lost_sample_of_a_vm_counts_as_its_mean() -> None:
    samples = history(BEFORE)
    samples = (*samples[:-1], replace(samples[-1], vms={}))
    assert over(AFTER, samples).node(N2).percent == 40.0


@pytest.mark.parametrize(
    ("node_percents", "vm_percents", "threads", "is_throttled"),
    [
        ([60] * 6, [50] * 6, 10.0, False),
        ([60] * 3 + [100] * 3, [50] * 3 + [20] * 3, 10.0, True),  # it asked for 50 % before it got 20 %
        ([60] * 3 + [100] * 3, [10] * 3 + [40] * 3, 5.0, True),  # it took more on the full node than before
        ([100] * 6, [30] * 6, 6.0, True),
    ],
)
def test_on_a_saturated_node_what_is_seen_is_the_least(
    node_percents: list[float], vm_percents: list[float], threads: float, is_throttled: bool
) -> None:
    samples = tuple(
        replace(sample, nodes={N1: here, N2: 30.0}, vms={WEB.id: there})
        for sample, here, there in zip(history(BEFORE, polls=6), node_percents, vm_percents, strict=True)
    )
    demand = over(BEFORE, samples).vm(VmId("web"))
    assert demand is not None
    assert (demand.threads, demand.is_throttled) == (threads, is_throttled)


def test_an_hour_is_looked_at_in_few_samples_that_end_now() -> None:
    samples = history(BEFORE, polls=120)
    seen = over(BEFORE, samples, seconds=3600.0).node(N1)
    assert seen.count == seen.expected == MOST_SAMPLES
    assert seen.samples[-1][0] == NOW
    assert seen.percent == 60.0


@pytest.mark.parametrize(
    ("window_seconds", "interval_seconds", "judged_seconds"),
    [(300, 30, 120), (300, 60, 180), (60, 30, 60), (30, 30, 30), (900, 30, 360)],
)
def test_load_is_judged_by_part_of_the_window_but_by_three_samples(
    window_seconds: float, interval_seconds: float, judged_seconds: float
) -> None:
    policy = Policy(window_seconds=window_seconds, interval_seconds=interval_seconds)
    assert policy.judged_seconds == judged_seconds
