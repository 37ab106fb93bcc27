"""Every answer has the keys, types and words of the API's reference."""

from __future__ import annotations

import re

import pytest

from hctui.sim import Cluster, parse_scenario
from tests.sim import shapes
from tests.sim.bench import SMALL, START, Bench

GPU_NODE = """
[cluster]
available_update = "9.6.19.223352"

[[nodes]]
gpus = [{ profile = "nvidia-a2-4q", instances = 4 }]

[[vms]]
name = "cad-01"
node = 14
vcpus = 2
memory = "4GiB"
cpu = 10
tags = ["nvidia-a2-4q"]
"""

LISTS = [
    ("/Cluster", shapes.CLUSTER),
    ("/Node", shapes.NODE),
    ("/Drive", shapes.DRIVE),
    ("/VirDomain", shapes.VM),
    ("/VirDomainStats", shapes.VM_STATS),
    ("/TaskTag", shapes.TASK),
    ("/Condition", shapes.CONDITION),
    ("/Condition/filter", shapes.CONDITION),
    ("/Update", shapes.UPDATE),
    ("/VirDomainReplication", shapes.REPLICATION),
    ("/RemoteClusterConnection", shapes.CONNECTION),
    ("/GPU", shapes.GPU),
    ("/GPUProfile", shapes.GPU_PROFILE),
    ("/User", shapes.USER),
    ("/Role", shapes.ROLE),
]


@pytest.fixture
def rich() -> Bench:
    return Bench(Cluster(parse_scenario(SMALL + GPU_NODE), start=START))


@pytest.mark.parametrize(("path", "shape"), LISTS)
async def test_lists(rich: Bench, path: str, shape: shapes.Shape) -> None:
    await rich.migrate("web-01", 13)
    answer = await rich.get(path)
    assert answer, path
    shapes.assert_shape(answer, [shape])


@pytest.mark.parametrize(("path", "shape"), LISTS)
async def test_a_slash_at_the_end_changes_nothing(rich: Bench, path: str, shape: shapes.Shape) -> None:
    assert await rich.get(f"{path}/") == await rich.get(path)


async def test_one_object_is_a_list_of_one(bench: Bench) -> None:
    vm, node = bench.cluster.vm("web-01"), bench.cluster.node(12)
    tag = await bench.migrate("web-01", 13)
    for path, shape, key, wanted in (
        (f"/VirDomain/{vm.id}", shapes.VM, "uuid", vm.id),
        (f"/VirDomainStats/{vm.id}", shapes.VM_STATS, "uuid", vm.id),
        (f"/Node/{node.id}", shapes.NODE, "uuid", node.id),
        (f"/TaskTag/{tag}", shapes.TASK, "taskTag", tag),
    ):
        answer = await bench.get(path)
        shapes.assert_shape(answer, [shape])
        assert [item[key] for item in answer] == [wanted]


@pytest.mark.parametrize("path", ["/VirDomain/x", "/VirDomainStats/x", "/Node/x", "/TaskTag/1"])
async def test_an_unknown_object_is_an_empty_list(bench: Bench, path: str) -> None:
    assert await bench.get(path) == []


async def test_ping_is_an_object(bench: Bench) -> None:
    assert await bench.get("/ping") == {"status": "Active"}


async def test_a_vm_without_a_task_has_an_empty_one_and_later_a_full_one(bench: Bench) -> None:
    assert (await bench.vm("web-01"))["latestTaskTag"] == {}
    await bench.migrate("web-01", 13)
    shapes.assert_shape((await bench.vm("web-01"))["latestTaskTag"], shapes.TASK)


async def test_ids_are_lower_case_version_4_uuids(bench: Bench) -> None:
    form = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    for path in ("/Cluster", "/Node", "/VirDomain", "/Drive", "/User", "/Role"):
        ids = [item["uuid"] for item in await bench.get(path)]
        assert len(set(ids)) == len(ids)
        assert all(form.fullmatch(one) for one in ids)


async def test_nodes_have_loopback_addresses_that_pins_can_name(bench: Bench) -> None:
    assert [n["lanIP"] for n in await bench.get("/Node")] == ["127.0.0.11", "127.0.0.12", "127.0.0.13"]


async def test_a_stopped_vm_has_no_node_but_remembers_it(bench: Bench) -> None:
    vm = await bench.vm("off-01")
    assert (vm["state"], vm["nodeUUID"]) == ("SHUTOFF", "")
    assert vm["lastSeenRunningOnNodeUUID"] == bench.cluster.node(13).id


async def test_times_are_seconds_except_those_of_conditions(bench: Bench) -> None:
    assert (await bench.vm("web-01"))["created"] < START
    assert (await bench.get("/Condition"))[0]["modified"] == 1000 * START


async def test_update_status_has_texts_for_numbers(bench: Bench) -> None:
    status = (await bench.client.get("/update/update_status.json", auth=("", ""))).json()
    assert status["prepareStatus"] == ""
    assert status["updateStatus"]["masterState"] == "COMPLETE"
    assert status["updateStatus"]["percent"] == "100"
    assert set(status["updateStatus"]) == {
        "masterStateID",
        "masterState",
        "fromBuild",
        "toBuild",
        "toVersion",
        "currentComponent",
        "totalComponents",
        "percent",
        "status",
    }


async def test_the_description_lists_what_is_served(bench: Bench) -> None:
    document = await bench.get("/openapi.json")
    assert set(document["paths"]["/VirDomain/{uuid}"]) == {"get", "patch", "post"}
    assert set(document["components"]["schemas"]["Node"]["properties"]) == set(shapes.NODE)
    assert set(document["components"]["schemas"]["VirDomain"]["properties"]) == set(shapes.VM)
    for path in document["paths"]:
        if "{" not in path and "get" in document["paths"][path]:
            await bench.get(path)


async def test_condition_filter(bench: Bench) -> None:
    every = await bench.get("/Condition")
    assert [c for c in every if c["value"]] == await bench.get("/Condition/filter?includeSet=true")
    assert [c for c in every if not c["isOK"]] == await bench.get("/Condition/filter?includeNotOK=true")
    node_id = bench.cluster.node(12).id
    assert {c["nodeUUID"] for c in await bench.get(f"/Condition/filter?nodeUUIDs={node_id}")} == {node_id}
    named = await bench.get("/Condition/.*offline$")
    assert len(named) == 3
    assert named == await bench.get("/Condition/filter?name=offline")
    assert (await bench.client.get("/rest/v1/Condition/filter?name=[")).status_code == 400


async def test_a_failed_node_shows_as_an_alert_with_its_time(bench: Bench) -> None:
    bench.wait(100)
    bench.cluster.faults.set("node_offline", node=12)
    (alert,) = await bench.get("/Condition/filter?includeSet=true&name=offline")
    assert (alert["nodeLANIP"], alert["severity"]) == ("127.0.0.12", "CRITICAL")
    assert alert["lastSetTime"] == 1000 * (START + 100)
    assert await bench.get("/Condition/filter?includeModifiedWithin=true&modifiedWithin=50&name=drive") == []


async def test_unknown_paths_are_404(bench: Bench) -> None:
    assert (await bench.client.get("/rest/v1/Nothing")).status_code == 404
