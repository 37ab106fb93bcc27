"""What the cluster does by itself: restarts after a failure, evacuation and return, native affinity."""

from __future__ import annotations

from hctui.sim.inventory import Affinity
from tests.sim.bench import GIB, START, Bench, small_cluster


def test_vms_of_a_failed_node_are_restarted_elsewhere() -> None:
    cluster = small_cluster()
    cluster.faults.set("node_offline", node=12)
    node, web, db = cluster.node(12), cluster.vm("web-02"), cluster.vm("db-02")
    assert (web.state, web.node_id, web.last_node_id) == ("CRASHED", "", node.id)
    assert cluster.world.memory_used(node) == 4 * GIB
    cluster.advance(START + 59)
    assert web.state == "CRASHED"
    cluster.advance(START + 90)
    assert (web.state, web.node_id) == ("RUNNING", cluster.node(13).id)
    # db-02 may run on its preferred node and on its backup only.
    assert (db.state, db.node_id) == ("RUNNING", cluster.node(13).id)


def test_without_room_it_waits_until_there_is_some() -> None:
    cluster = small_cluster()
    cluster.vm("db-01").memory_bytes = 8 * GIB  # node 11 has room, but db-02 may not run there
    cluster.faults.set("node_offline", node=12)
    cluster.faults.set("node_offline", node=13)
    db = cluster.vm("db-02")
    cluster.advance(START + 600)
    assert db.state == "CRASHED"
    cluster.faults.clear("node_offline", node=13)
    cluster.advance(START + 700)
    assert (db.state, db.node_id) == ("RUNNING", cluster.node(13).id)


async def test_an_offline_node_reports_no_cpu_and_cannot_be_reached(bench: Bench) -> None:
    bench.cluster.faults.set("node_offline", node=12)
    node = (await bench.get(f"/Node/{bench.cluster.node(12).id}"))[0]
    assert "cpuUsage" not in node
    assert (node["networkStatus"], node["virtualizationOnline"]) == ("OFFLINE", False)


def test_an_evacuated_node_is_emptied_and_refilled() -> None:
    cluster = small_cluster()
    cluster.vm("db-01").memory_bytes = 20 * GIB
    node = cluster.node(11)
    cluster.faults.set("node_evacuated", node=11)
    assert (node.desired_disposition, node.current_disposition) == ("EVACUATED", "IN")
    cluster.advance(START + 300)
    assert (node.current_disposition, node.allows_vms) == ("EVACUATED", False)
    assert not [vm for vm in cluster.vms.values() if vm.node_id == node.id]
    assert all(one.is_foreign for one in cluster.ended_migrations)

    cluster.faults.clear("node_evacuated", node=11)
    assert (node.desired_disposition, node.current_disposition) == ("IN", "IN")
    cluster.advance(START + 600)
    assert {vm.name for vm in cluster.vms.values() if vm.node_id == node.id} == {"web-01", "db-01"}
    assert len(cluster.ended_migrations) == 4


def test_evacuation_and_return_are_one_vm_after_the_other() -> None:
    cluster = small_cluster()
    cluster.vm("db-01").memory_bytes = 20 * GIB
    moment = START

    def watch(seconds: int) -> None:
        nonlocal moment
        for _ in range(seconds):
            moment += 1
            cluster.advance(moment)
            assert sum(task.is_live for task in cluster.tasks) <= 1

    cluster.faults.set("node_disallowed", node=11)
    watch(120)
    assert len(cluster.ended_migrations) == 2
    cluster.faults.clear("node_disallowed")
    watch(120)
    assert len(cluster.ended_migrations) == 4


def test_a_vm_that_fits_nowhere_stays() -> None:
    cluster = small_cluster()
    cluster.vm("db-01").memory_bytes = 50 * GIB
    cluster.vm("web-02").memory_bytes = 20 * GIB
    cluster.node(13).system_bytes = 30 * GIB
    cluster.faults.set("node_evacuated", node=11)
    cluster.advance(START + 600)
    assert cluster.vm("db-01").node_id == cluster.node(11).id
    assert cluster.node(11).current_disposition == "IN"


def test_vms_of_a_witness_stay() -> None:
    cluster = small_cluster()
    cluster.faults.set("node_witness", node=11)
    cluster.advance(START + 300)
    assert cluster.vm("web-01").node_id == cluster.node(11).id
    assert cluster.ended_migrations == []


def test_two_faults_on_one_node_end_one_by_one() -> None:
    cluster = small_cluster()
    cluster.faults.set("node_evacuated", node=12)
    cluster.faults.set("node_disallowed", node=12)
    cluster.faults.clear("node_evacuated")
    assert (cluster.node(12).allows_vms, cluster.node(12).desired_disposition) == (False, "IN")
    cluster.faults.clear("node_disallowed")
    assert cluster.node(12).accepts_vms


async def test_native_affinity_pulls_a_vm_back(bench: Bench) -> None:
    web = bench.cluster.vm("web-01")
    web.affinity = Affinity(preferred=bench.cluster.node(11).id)
    bench.cluster.faults.set("affinity_pull", seconds=60)
    await bench.migrate("web-01", 13)
    bench.wait(40)
    assert web.node_id == bench.cluster.node(13).id
    bench.wait(120)
    assert web.node_id == bench.cluster.node(11).id
    assert [one.is_foreign for one in bench.cluster.ended_migrations] == [False, True]


async def test_without_that_fault_it_stays_where_it_was_put(bench: Bench) -> None:
    bench.cluster.vm("web-01").affinity = Affinity(preferred=bench.cluster.node(11).id)
    await bench.migrate("web-01", 13)
    bench.wait(600)
    assert bench.cluster.vm("web-01").node_id == bench.cluster.node(13).id
