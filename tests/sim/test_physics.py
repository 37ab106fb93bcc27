"""Load and RAM add up, and the same moment always looks the same."""

from __future__ import annotations

import random

import pytest

from hctui.sim import Cluster, load_scenario, parse_scenario
from hctui.sim.demand import Demand
from hctui.sim.physics import migration_seconds, node_load
from tests.sim.bench import GIB, START, Bench, small_cluster


def test_a_node_shares_its_threads() -> None:
    load = node_load(16, 3.0, [(50.0, 8), (25.0, 4)])
    assert load.cpu_percent == pytest.approx(3.0 + 25.0 + 6.25)
    assert load.granted == 1.0


def test_a_full_node_throttles_all_alike() -> None:
    load = node_load(4, 4.0, [(100.0, 4), (100.0, 4)])
    assert load.cpu_percent == 100.0
    assert load.granted == pytest.approx(0.48)


def test_a_migration_takes_its_time() -> None:
    assert migration_seconds(10_000_000_000, 500e6) == 20.0
    assert migration_seconds(1, 500e6) == 4.0


def test_demand_stays_within_0_and_100() -> None:
    wild = Demand(95, wave_percent=30, noise_percent=30, burst_percent=50, bursts_per_hour=12)
    values = [wild.percent_at(10.0 * step, "vm") for step in range(2000)]
    assert min(values) >= 0.0
    assert max(values) == 100.0


def test_demand_follows_its_wave() -> None:
    wave = Demand(50, wave_percent=20, wave_period_seconds=3600, wave_peak_seconds=600)
    assert wave.percent_at(600) == pytest.approx(70)
    assert wave.percent_at(2400) == pytest.approx(30)


def test_noise_goes_both_ways_and_no_further_than_it_may() -> None:
    noisy = Demand(50, noise_percent=10)
    values = [noisy.percent_at(10.0 * step, "vm") for step in range(2000)]
    assert 40 <= min(values) < 45
    assert 55 < max(values) <= 60
    assert sum(values) / len(values) == pytest.approx(50, abs=1)


def test_bursts_come_as_often_as_said() -> None:
    bursty = Demand(10, burst_percent=50, bursts_per_hour=2)
    is_up = [bursty.percent_at(10.0 * step, "vm") > 30 for step in range(360)]
    assert sum(now and not before for before, now in zip([False, *is_up], is_up, strict=False)) == 2
    assert 12 <= sum(is_up) <= 36


async def test_ram_of_a_node_is_system_and_vms_and_what_is_on_its_way(bench: Bench) -> None:
    async def used(octet: int) -> int:
        node = (await bench.get(f"/Node/{bench.cluster.node(octet).id}"))[0]
        assert node["memUsagePercentage"] == pytest.approx(100 * node["totalMemUsageBytes"] / node["memSize"])
        return int(node["totalMemUsageBytes"])

    assert [await used(octet) for octet in (11, 12, 13)] == [52 * GIB, 38 * GIB, 4 * GIB]
    await bench.migrate("web-01", 13)
    bench.wait(5)
    assert [await used(octet) for octet in (11, 12, 13)] == [52 * GIB, 38 * GIB, 12 * GIB]
    bench.wait(60)
    assert [await used(octet) for octet in (11, 12, 13)] == [44 * GIB, 38 * GIB, 12 * GIB]


async def test_cpu_of_a_node_is_that_of_its_vms_and_a_little_more(bench: Bench) -> None:
    percent = {s["uuid"]: s["cpuUsage"] for s in await bench.get("/VirDomainStats")}
    for node in await bench.get("/Node"):
        here = [vm for vm in await bench.get("/VirDomain") if vm["nodeUUID"] == node["uuid"]]
        share = sum(percent[vm["uuid"]] * vm["numVCPU"] / node["numThreads"] for vm in here)
        assert 2.5 <= node["cpuUsage"] - share <= 3.5


async def test_a_surge_fills_the_node_and_throttles_its_vms(bench: Bench) -> None:
    bench.cluster.faults.set("load_surge", vms="*", factor=10)
    node, vm = bench.cluster.node(11), bench.cluster.vm("web-01")
    bench.wait(10)
    assert bench.cluster.statistics.vm_cpu_percent[vm.id] == 100.0
    for extra in ("db-02", "web-02"):
        bench.cluster.vm(extra).node_id = node.id
    bench.wait(10)
    # 18 vCPUs want all of 16 threads, of which the overhead takes about 3 %.
    assert bench.cluster.statistics.node_cpu_percent[node.id] == 100.0
    assert bench.cluster.statistics.vm_cpu_percent[vm.id] == pytest.approx(97 * 16 / 18, abs=1)


async def test_a_migration_costs_both_nodes_a_little(bench: Bench) -> None:
    quiet = small_cluster()
    await bench.migrate("web-01", 13)
    bench.wait(10)
    quiet.advance(START + 10)
    for octet in (11, 13):
        node_id = quiet.node(octet).id
        busy = bench.cluster.statistics.node_cpu_percent[node_id]
        assert busy == pytest.approx(quiet.statistics.node_cpu_percent[node_id] + 1.5)


async def test_statistics_change_only_every_ten_seconds(bench: Bench) -> None:
    first = await bench.get("/VirDomainStats")
    bench.wait(9.9)
    assert await bench.get("/VirDomainStats") == first
    bench.wait(0.1)
    assert await bench.get("/VirDomainStats") != first


async def test_a_stopped_vm_has_statistics_of_zero(bench: Bench) -> None:
    (stats,) = await bench.get(f"/VirDomainStats/{bench.cluster.vm('off-01').id}")
    assert stats["cpuUsage"] == stats["rxBitRate"] == stats["txBitRate"] == 0
    assert stats["vsdStats"][0]["rates"][0]["millireadsPerSecond"] == 0


def _look(cluster: Cluster) -> object:
    places = {vm.id: (vm.node_id, vm.ui_state) for vm in cluster.vms.values()}
    tasks = [(task.tag, task.state, task.progress_percent(cluster.now)) for task in cluster.tasks]
    return cluster.statistics, places, tasks, cluster.ended_migrations


@pytest.mark.parametrize("name", ["node-failure", "update"])
def test_it_does_not_matter_how_often_somebody_asks(name: str) -> None:
    scenario = load_scenario(name)
    seldom, often = (Cluster(scenario, seed=3, start=START) for _ in range(2))
    rng = random.Random(1)  # noqa: S311
    moment = 0.0
    for checkpoint in (617.3, 700.0, 1500.5, 2755.0):
        while moment < checkpoint:
            often.advance(START + moment)
            moment += rng.uniform(0.1, 45.0)
        seldom.advance(START + checkpoint)
        often.advance(START + checkpoint)
        assert _look(seldom) == _look(often)
    assert seldom.ended_migrations or name == "node-failure"


def test_statistics_are_of_the_last_step_although_something_has_happened_since() -> None:
    seldom, often = small_cluster(), small_cluster()
    for cluster in (seldom, often):
        cluster.act("LIVEMIGRATE", cluster.vm("web-01").id, cluster.node(13).id)
    for second in range(20):
        often.advance(START + second)
    seldom.advance(START + 19)
    assert seldom.vm("web-01").node_id == seldom.node(13).id
    assert _look(seldom) == _look(often)


def test_another_seed_is_another_cluster() -> None:
    one, other = small_cluster(seed=1), small_cluster(seed=2)
    assert one.id != other.id
    assert sorted(one.statistics.vm_cpu_percent.values()) != sorted(other.statistics.vm_cpu_percent.values())


def test_time_does_not_run_backwards() -> None:
    cluster = small_cluster()
    cluster.advance(START + 100)
    cluster.advance(START + 50)
    assert cluster.now == START + 100


def test_groups_are_gone_through_in_turn() -> None:
    cluster = Cluster(
        parse_scenario(
            """
            [[nodes]]
            count = 2
            [[groups]]
            name = "g-{:02}"
            count = 4
            first = 5
            vcpus = [1, 2]
            memory = ["1GiB", "2GiB", "3GiB"]
            cpu = [20, 30]
            """
        ),
        start=START,
    )
    vms = list(cluster.vms.values())
    assert [vm.name for vm in vms] == ["g-05", "g-06", "g-07", "g-08"]
    assert [vm.vcpus for vm in vms] == [1, 2, 1, 2]
    assert [vm.memory_bytes // GIB for vm in vms] == [1, 2, 3, 1]
    assert [cluster.nodes[vm.node_id].octet for vm in vms] == [11, 12, 11, 12]
    assert all(20 <= vm.demand.base_percent < 30 for vm in vms)
