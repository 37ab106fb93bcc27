"""Looking in and switching faults over HTTP."""

from __future__ import annotations

import httpx
import pytest

from hctui.sim import FAULTS
from hctui.sim.server import create_app
from tests.sim.bench import Bench


async def post(bench: Bench, body: object) -> httpx.Response:
    return await bench.client.post("/sim/faults", json=body)


async def test_faults_are_listed_set_and_cleared(bench: Bench) -> None:
    answer = (await bench.client.get("/sim/faults")).json()
    assert (answer["set"], list(answer["faults"])) == ([], list(FAULTS))
    bench.wait(30)
    answer = (await post(bench, {"set": "node_unknown", "with": {"node": 12}})).json()
    assert [(one["name"], one["since"]) for one in answer["set"]] == [("node_unknown", bench.time)]
    assert bench.cluster.node(12).network_status == "UNKNOWN"
    assert (await post(bench, {"clear": "node_unknown", "with": {"node": "127.0.0.12"}})).json()["set"] == []
    assert bench.cluster.node(12).network_status == "ONLINE"


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({}, "Name one fault"),
        ({"set": "proxy_error", "clear": "proxy_error"}, "Name one fault"),
        ({"set": "nonsense"}, "there is no fault 'nonsense'"),
        ({"set": "node_offline", "with": {"node": 99}}, "there is no node 99"),
        ({"fault": "proxy_error"}, "unknown field `fault`"),
    ],
)
async def test_mistakes_are_told(bench: Bench, body: object, complaint: str) -> None:
    answer = await post(bench, body)
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]


async def test_a_broken_api_can_still_be_mended(bench: Bench) -> None:
    await post(bench, {"set": "connection_dropped"})
    assert (await post(bench, {"clear": "connection_dropped"})).status_code == 200


async def test_the_state_in_short(bench: Bench) -> None:
    tag = await bench.migrate("web-01", 13)
    bench.wait(60)
    state = (await bench.client.get("/sim/state")).json()
    assert (state["elapsed_seconds"], state["scenario"], state["seed"]) == (60, "scenario", 0)
    assert [node["vms"] for node in state["nodes"]] == [1, 2, 1]
    assert state["vm_states"] == {"RUNNING": 4, "SHUTOFF": 1}
    assert [one["vm_name"] for one in state["migrations"]] == ["web-01"]
    assert [one["status"] for one in state["writes"]] == [200]
    assert tag


async def test_only_for_this_machine(bench: Bench) -> None:
    app = create_app(bench.cluster, lambda: bench.time, bench.sleep)
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
        for answer in (await client.get("/sim/state"), await client.post("/sim/faults", json={})):
            assert answer.status_code == 403
