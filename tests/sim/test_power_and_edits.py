"""Power actions, and changing VMs."""

from __future__ import annotations

import httpx
import pytest

from hctui.sim.inventory import Affinity
from tests.sim.bench import GIB, Bench


async def patch(bench: Bench, name: str, change: dict[str, object], method: str = "PATCH") -> httpx.Response:
    path = f"/rest/v1/VirDomain/{bench.cluster.vm(name).id}"
    return await bench.client.request(method, path, json=change)


async def test_start_takes_the_node_with_the_most_free_ram(bench: Bench) -> None:
    answer = await bench.act("START", "off-01")
    assert (await bench.vm("off-01"))["uiState"] == "STARTING"
    bench.wait(5)
    vm = await bench.vm("off-01")
    assert (vm["state"], vm["nodeUUID"]) == ("RUNNING", bench.cluster.node(13).id)
    assert (await bench.task(answer.json()["taskTag"]))["state"] == "COMPLETE"


async def test_start_takes_the_preferred_node_before_all_others(bench: Bench) -> None:
    bench.cluster.vm("off-01").affinity = Affinity(preferred=bench.cluster.node(11).id)
    await bench.act("START", "off-01")
    bench.wait(5)
    assert (await bench.vm("off-01"))["nodeUUID"] == bench.cluster.node(11).id


async def test_start_takes_the_node_it_is_told(bench: Bench) -> None:
    await bench.act("START", "off-01", 12)
    bench.wait(5)
    assert (await bench.vm("off-01"))["nodeUUID"] == bench.cluster.node(12).id


async def test_shutdown_is_not_tracked_and_takes_a_while(bench: Bench) -> None:
    assert (await bench.act("SHUTDOWN", "web-01")).json() == {"taskTag": "", "createdUUID": ""}
    vm = await bench.vm("web-01")
    assert (vm["state"], vm["uiState"]) == ("SHUTDOWN", "STOPPING")
    bench.wait(30)
    vm = await bench.vm("web-01")
    assert (vm["state"], vm["nodeUUID"], vm["desiredDisposition"]) == ("SHUTOFF", "", "SHUTOFF")


async def test_stop_pause_and_resume(bench: Bench) -> None:
    await bench.act("PAUSE", "web-01")
    bench.wait(10)
    vm = bench.cluster.vm("web-01")
    assert (vm.state, bench.cluster.statistics.vm_cpu_percent.get(vm.id)) == ("PAUSED", None)
    await bench.act("START", "web-01")
    assert (vm.state, vm.node_id) == ("RUNNING", bench.cluster.node(11).id)
    await bench.act("STOP", "web-01")
    bench.wait(5)
    assert (vm.state, vm.node_id) == ("SHUTOFF", "")


async def test_reset_and_reboot_start_the_clock_anew(bench: Bench) -> None:
    def uptime(vm: dict[str, object]) -> object:
        data = vm["deprecated_stats"]
        assert isinstance(data, list)
        return next(d["currentValue"] for d in data if d["type"] == "VIR_DOMAIN_UPTIME")

    bench.wait(5)
    await bench.act("RESET", "web-01")
    await bench.act("REBOOT", "web-02", 13)
    bench.wait(95)
    assert uptime(await bench.vm("web-01")) == 95
    web_02 = await bench.vm("web-02")
    assert (uptime(web_02), web_02["nodeUUID"]) == (75, bench.cluster.node(13).id)
    assert (await bench.act("NMI", "web-01")).json()["taskTag"] == ""


@pytest.mark.parametrize(
    ("action", "name"), [("START", "web-01"), ("STOP", "off-01"), ("RESET", "off-01"), ("SHUTDOWN", "off-01")]
)
async def test_wrong_states_are_500(bench: Bench, action: str, name: str) -> None:
    assert (await bench.act(action, name)).status_code == 500


async def test_start_without_room_is_500(bench: Bench) -> None:
    bench.cluster.vm("off-01").memory_bytes = 100 * GIB
    assert (await bench.act("START", "off-01")).status_code == 500


async def test_patch_changes_what_is_given(bench: Bench) -> None:
    answer = await patch(bench, "web-01", {"tags": "a,b", "description": "x", "name": "web-99"})
    assert answer.status_code == 200
    assert (await bench.task(answer.json()["taskTag"]))["state"] == "COMPLETE"
    vm = await bench.vm("web-99")
    assert (vm["tags"], vm["description"]) == ("a,b", "x")


async def test_patch_merges_affinity(bench: Bench) -> None:
    await patch(bench, "db-02", {"affinityStrategy": {"backupNodeUUID": ""}})
    assert (await bench.vm("db-02"))["affinityStrategy"] == {
        "strictAffinity": True,
        "preferredNodeUUID": bench.cluster.node(12).id,
        "backupNodeUUID": "",
    }
    assert (await patch(bench, "db-02", {"affinityStrategy": {"backupNodeUUID": "x"}})).status_code == 500


async def test_patch_refuses_what_it_does_not_take_and_post_ignores_it(bench: Bench) -> None:
    change: dict[str, object] = {"uuid": "x", "tags": "t"}
    answer = await patch(bench, "web-01", change)
    assert (answer.status_code, "uuid" in answer.text) == (400, True)
    assert (await patch(bench, "web-01", change, "POST")).status_code == 200
    assert (await bench.vm("web-01"))["tags"] == "t"


async def test_patch_with_nothing_is_legal(bench: Bench) -> None:
    assert (await patch(bench, "web-01", {})).status_code == 200


async def test_size_changes_only_while_off(bench: Bench) -> None:
    assert (await patch(bench, "web-01", {"mem": 2 * GIB})).status_code == 500
    assert (await patch(bench, "off-01", {"mem": 2 * GIB, "numVCPU": 1})).status_code == 200
    vm = await bench.vm("off-01")
    assert (vm["mem"], vm["numVCPU"]) == (2 * GIB, 1)
