"""Every fault: that it shows, and that it goes away. The last test sees to it that none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hctui.sim import FAULTS, Cluster, FaultError, parse_scenario
from hctui.sim.gate import ConnectionDropped
from tests.sim.bench import START, Bench, small_cluster

LOGIN = {"username": "admin", "password": "admin"}


async def log_in(bench: Bench) -> None:
    bench.client.auth = None  # type: ignore[assignment]
    answer = await bench.client.post("/rest/v1/login", json=LOGIN)
    assert answer.status_code == 200


async def ping(bench: Bench) -> httpx.Response:
    return await bench.client.get("/rest/v1/ping")


async def uuids(bench: Bench, path: str) -> dict[str, Any]:
    return {item["uuid"]: item for item in await bench.get(path)}


# Requests


@pytest.mark.parametrize("status", [401, 503])
async def test_session_expired(bench: Bench, status: int) -> None:
    await log_in(bench)
    bench.cluster.faults.set("session_expired", status=status)
    answer = await ping(bench)
    assert (answer.status_code, "session" in answer.json()["error"]) == (status, True)
    assert bench.cluster.open_sessions == ()
    await log_in(bench)
    assert (await ping(bench)).status_code == 200


async def test_forbidden(bench: Bench) -> None:
    bench.cluster.faults.set("forbidden", path="/Node")
    assert (await bench.client.get("/rest/v1/Node")).status_code == 403
    assert (await bench.client.get("/rest/v1/Node/")).status_code == 403
    assert (await ping(bench)).status_code == 200
    bench.cluster.faults.clear("forbidden")
    assert (await bench.client.get("/rest/v1/Node")).status_code == 200


async def test_action_refused(bench: Bench) -> None:
    bench.cluster.faults.set("action_refused", times=1)
    answer = await bench.act("LIVEMIGRATE", "web-01", 13)
    assert (answer.status_code, list(bench.cluster.tasks)) == (500, [])
    assert (await bench.act("LIVEMIGRATE", "web-01", 13)).status_code == 200


async def test_bad_request(bench: Bench) -> None:
    bench.cluster.faults.set("bad_request")
    answer = await bench.act("LIVEMIGRATE", "web-01", 13)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert list(bench.cluster.tasks) == []


async def test_proxy_error(bench: Bench) -> None:
    bench.cluster.faults.set("proxy_error", times=2)
    for _ in range(2):
        answer = await ping(bench)
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert (await ping(bench)).status_code == 200


async def test_connection_dropped(bench: Bench) -> None:
    bench.cluster.faults.set("connection_dropped", path="/VirDomain/action", times=1)
    with pytest.raises(ConnectionDropped):
        await bench.act("LIVEMIGRATE", "web-01", 13)
    assert list(bench.cluster.tasks) == []
    (write,) = bench.cluster.writes
    assert (write.status, write.was_handled) == (None, False)


async def test_tls_broken(bench: Bench) -> None:
    bench.cluster.faults.set("tls_broken")
    with pytest.raises(ConnectionDropped):
        await ping(bench)
    bench.cluster.faults.clear("tls_broken")
    assert (await ping(bench)).status_code == 200


async def test_answer_lost(bench: Bench) -> None:
    bench.cluster.faults.set("answer_lost")
    with pytest.raises(ConnectionDropped):
        await bench.act("LIVEMIGRATE", "web-01", 13)
    assert bench.cluster.vm("web-01").ui_state == "MIGRATING"
    (write,) = bench.cluster.writes
    assert (write.status, write.was_handled) == (None, True)
    assert (await bench.act("LIVEMIGRATE", "web-02", 13)).status_code == 200


async def test_answer_lost_waits_for_a_request_that_is_carried_out(bench: Bench) -> None:
    bench.cluster.faults.set("answer_lost")
    bench.cluster.faults.set("forbidden", times=1)
    assert (await bench.act("LIVEMIGRATE", "web-01", 13)).status_code == 403
    with pytest.raises(ConnectionDropped):
        await bench.act("LIVEMIGRATE", "web-01", 13)


async def test_slow_answers(bench: Bench) -> None:
    bench.cluster.faults.set("slow_answers", seconds=7, path="/Node")
    bench.cluster.faults.set("slow_answers", seconds=3, path="/TaskTag*")
    await bench.get("/Node")
    await bench.get("/TaskTag/1")
    await ping(bench)
    assert bench.slept == [7.0, 3.0]


# Tasks


async def test_task_tag_empty(bench: Bench) -> None:
    bench.cluster.faults.set("task_tag_empty", times=1)
    assert await bench.migrate("web-01", 13) == ""
    assert (await bench.vm("web-01"))["uiState"] == "MIGRATING"
    assert await bench.migrate("web-02", 13) != ""


async def test_task_vanishes(bench: Bench) -> None:
    tag = await bench.migrate("web-01", 13)
    bench.cluster.faults.set("task_vanishes")
    assert await bench.get(f"/TaskTag/{tag}") == await bench.get("/TaskTag") == []
    bench.cluster.faults.clear("task_vanishes")
    assert await bench.get(f"/TaskTag/{tag}") != []


async def test_task_uninitialized(bench: Bench) -> None:
    bench.cluster.faults.set("task_uninitialized")
    tag = await bench.migrate("web-01", 13)
    bench.wait(2)
    assert [(await bench.task(tag))["state"] for _ in range(2)] == ["UNINITIALIZED", "RUNNING"]


async def test_task_error(bench: Bench) -> None:
    bench.cluster.faults.set("task_error", message="no such luck", times=1)
    tag = await bench.migrate("web-01", 13)
    bench.wait(5)
    assert (await bench.task(tag))["state"] == "RUNNING"
    bench.wait(60)
    task = await bench.task(tag)
    assert (task["state"], task["progressPercent"], task["formattedMessage"]) == ("ERROR", 0, "no such luck")
    assert bench.cluster.vm("web-01").node_id == bench.cluster.node(11).id
    await bench.migrate("web-01", 13)
    bench.wait(60)
    assert [one.result for one in bench.cluster.ended_migrations] == ["ERROR", "COMPLETE"]


async def test_task_stuck(bench: Bench) -> None:
    bench.cluster.faults.set("task_stuck", times=1)
    tag = await bench.migrate("web-01", 13)
    bench.wait(7200)
    task = await bench.task(tag)
    assert (task["state"], task["progressPercent"]) == ("RUNNING", 99)
    assert (await bench.vm("web-01"))["uiState"] == "MIGRATING"
    bench.cluster.faults.clear("task_stuck")
    bench.wait(10)
    assert (await bench.task(tag))["state"] == "COMPLETE"


async def test_task_without_move(bench: Bench) -> None:
    bench.cluster.faults.set("task_without_move")
    tag = await bench.migrate("web-01", 13)
    bench.wait(60)
    assert (await bench.task(tag))["state"] == "COMPLETE"
    vm = await bench.vm("web-01")
    assert (vm["uiState"], vm["nodeUUID"]) == ("RUNNING", bench.cluster.node(11).id)
    assert [one.result for one in bench.cluster.ended_migrations] == ["UNMOVED"]


# Nodes


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        ("node_offline", {"networkStatus": "OFFLINE", "virtualizationOnline": False}),
        ("node_unknown", {"networkStatus": "UNKNOWN"}),
        ("node_evacuated", {"desiredDisposition": "EVACUATED", "allowRunningVMs": False}),
        ("node_disallowed", {"allowRunningVMs": False, "desiredDisposition": "IN"}),
        ("node_witness", {"supportsVirtualization": False, "virtualizationOnline": False}),
    ],
)
@pytest.mark.parametrize("form", ["number", "address", "uuid"])
async def test_node_states(bench: Bench, fault: str, shows: dict[str, object], form: str) -> None:
    node = bench.cluster.node(13)
    named = {"number": "13", "address": "127.0.0.13", "uuid": node.id}[form]
    before = await uuids(bench, "/Node")
    bench.cluster.faults.set(fault, node=named)
    after = await uuids(bench, "/Node")
    assert {key: after[node.id][key] for key in shows} == shows
    assert all(after[one] == before[one] for one in after if one != node.id)
    bench.cluster.faults.clear(fault, node=named)
    assert await uuids(bench, "/Node") == before


async def test_node_cpu_missing(bench: Bench) -> None:
    bench.cluster.faults.set("node_cpu_missing", node=12)
    assert ["cpuUsage" in node for node in await bench.get("/Node")] == [True, False, True]


# VMs


async def test_vm_cpu_missing(bench: Bench) -> None:
    vm = bench.cluster.vm("web-01")
    bench.cluster.faults.set("vm_cpu_missing", vm="web-01")
    stats = await uuids(bench, "/VirDomainStats")
    assert [one for one in stats if "cpuUsage" not in stats[one]] == [vm.id]


async def test_vm_stats_missing(bench: Bench) -> None:
    bench.cluster.faults.set("vm_stats_missing", vm="web-01")
    missing = set(await uuids(bench, "/VirDomain")) - set(await uuids(bench, "/VirDomainStats"))
    assert missing == {bench.cluster.vm("web-01").id}


async def test_duplicate_name(bench: Bench) -> None:
    bench.cluster.faults.set("duplicate_name", vm="db-02", like="db-01")
    names = [vm["name"] for vm in await bench.get("/VirDomain")]
    assert sorted(names) == ["db-01", "db-01", "off-01", "web-01", "web-02"]


async def test_own_name_tag(bench: Bench) -> None:
    bench.cluster.faults.set("own_name_tag", vm="web-01")
    bench.cluster.faults.set("own_name_tag", vm="web-02")
    assert (await bench.vm("web-01"))["tags"] == "prod,anti_web-02,anti_web-01"
    assert (await bench.vm("web-02"))["tags"] == "anti_web-02"


async def test_tags_null(bench: Bench) -> None:
    bench.cluster.faults.set("tags_null", vm="web-01")
    assert (await bench.vm("web-01"))["tags"] is None


async def test_load_surge(bench: Bench) -> None:
    before = bench.cluster.statistics
    bench.cluster.faults.set("load_surge", vms="web-*", factor=0)
    bench.wait(10)
    after = bench.cluster.statistics.vm_cpu_percent
    idle = {vm.name for vm in bench.cluster.vms.values() if after.get(vm.id) == 0.0}
    assert idle == {"web-01", "web-02"}
    assert before is not bench.cluster.statistics


# Cluster


async def update_status(bench: Bench) -> httpx.Response:
    return await bench.client.get("/update/update_status.json")


async def test_update_running(bench: Bench) -> None:
    bench.cluster.faults.set("update_running")
    bench.wait(900)
    status = (await update_status(bench)).json()["updateStatus"]
    assert (status["masterState"], status["percent"]) == ("IN PROGRESS", "50")
    bench.cluster.faults.clear("update_running")
    assert (await update_status(bench)).json()["updateStatus"]["masterState"] == "COMPLETE"


async def test_update_preparing(bench: Bench) -> None:
    bench.cluster.faults.set("update_preparing", state="COMPLETE")
    assert (await update_status(bench)).json()["prepareStatus"] == {"state": "COMPLETE"}


async def test_update_status_unreadable_and_absent(bench: Bench) -> None:
    bench.cluster.faults.set("update_status_unreadable")
    with pytest.raises(ValueError, match="line 1"):
        (await update_status(bench)).json()
    bench.cluster.faults.set("update_status_absent")
    assert (await update_status(bench)).status_code == 404


async def test_condition_set(bench: Bench) -> None:
    bench.wait(30)
    bench.cluster.faults.set("condition_set", text="Fire", severity="EMERGENCY", node=12)
    bench.cluster.faults.set("condition_set")
    found = {c["description"]: c for c in await bench.get("/Condition/filter?includeSet=true&name=scribe")}
    assert {text: c["severity"] for text, c in found.items()} == {
        "Fire": "EMERGENCY",
        "Storage is degraded": "CRITICAL",
    }
    fire = found["Fire"]
    assert (fire["nodeLANIP"], fire["modified"]) == ("127.0.0.12", 1000 * (START + 30))
    assert fire["value"]
    assert fire["isOK"]
    assert fire["userVisible"]


async def test_foreign_migration(bench: Bench) -> None:
    bench.cluster.faults.set("foreign_migration", vm="web-01")
    assert (await bench.vm("web-01"))["uiState"] == "MIGRATING"
    (task,) = await bench.get("/TaskTag")
    assert (task["sessionID"], task["state"]) == ("", "QUEUED")
    bench.wait(60)
    assert bench.cluster.vm("web-01").node_id == bench.cluster.node(13).id
    assert list(bench.cluster.faults) == []
    assert bench.cluster.writes == []


async def test_faults_of_tasks_are_not_for_foreign_migrations(bench: Bench) -> None:
    bench.cluster.faults.set("task_error", times=1)
    bench.cluster.faults.set("foreign_migration", vm="web-02", node=13)
    bench.wait(60)
    assert [one.result for one in bench.cluster.ended_migrations] == ["COMPLETE"]
    await bench.migrate("web-01", 13)
    bench.wait(60)
    assert [one.result for one in bench.cluster.ended_migrations] == ["COMPLETE", "ERROR"]


async def test_a_foreign_migration_that_cannot_be_is_none(bench: Bench) -> None:
    bench.cluster.faults.set("foreign_migration", vm="off-01", node=11)
    assert await bench.get("/TaskTag") == []


def test_affinity_pull_concerns_vms_that_are_away_already() -> None:
    cluster = small_cluster()
    vm = cluster.vm("db-02")
    vm.node_id = cluster.node(13).id
    cluster.faults.set("affinity_pull", seconds=5)
    cluster.advance(START + 120)
    assert vm.node_id == cluster.node(12).id


# Setting and clearing


@pytest.mark.parametrize(
    ("name", "parameters", "complaint"),
    [
        ("nonsense", {}, "there is no fault 'nonsense'; the faults are: session_expired"),
        ("forbidden", {"node": 12}, "forbidden has no parameter 'node'; its parameters are: path, times"),
        ("tls_broken", {"times": 1}, "its parameters are: none"),
        ("node_offline", {}, "node_offline needs the parameter 'node'"),
        ("node_offline", {"node": 99}, "there is no node 99; the nodes are 127.0.0.11, 127.0.0.12"),
        ("node_offline", {"node": True}, "node = True is not a node"),
        ("tags_null", {"vm": "nobody"}, "there is no VM 'nobody'"),
        ("forbidden", {"times": 0}, "times = 0 is not a whole number from 1 up"),
        ("slow_answers", {"seconds": -1}, "seconds = -1 is not a number from 0 up"),
        ("session_expired", {"status": 404}, "status = 404 is not 401 or 503"),
        ("condition_set", {"severity": "BAD"}, "severity = 'BAD' is not EMERGENCY"),
    ],
)
def test_wrong_faults_are_refused(name: str, parameters: dict[str, Any], complaint: str) -> None:
    cluster = small_cluster()
    with pytest.raises(FaultError, match=re.escape(complaint)):
        cluster.faults.set(name, **parameters)
    assert list(cluster.faults) == []


def test_wrong_clearing_is_refused() -> None:
    cluster = small_cluster()
    with pytest.raises(FaultError, match="there is no fault 'x'"):
        cluster.faults.clear("x")
    with pytest.raises(FaultError, match="forbidden is not cleared by 'path', but by its name alone"):
        cluster.faults.clear("forbidden", path="/Node")
    cluster.faults.clear("forbidden")


def test_faults_on_several_nodes_stand_beside_each_other() -> None:
    cluster = small_cluster()
    cluster.faults.set("node_unknown", node=11)
    cluster.faults.set("node_unknown", node=12)
    cluster.faults.set("node_unknown", node=12)
    assert len(list(cluster.faults)) == 2
    cluster.faults.clear("node_unknown", node=11)
    assert [cluster.node(octet).network_status for octet in (11, 12)] == ["ONLINE", "UNKNOWN"]
    cluster.faults.clear("node_unknown")
    assert list(cluster.faults) == []


def test_a_scenario_sets_and_clears_them() -> None:
    events = """
    [[nodes]]
    count = 2
    [[events]]
    at = "1m"
    for = "30s"
    fault = "node_unknown"
    with = { node = 12 }
    [[events]]
    at = 10
    fault = "proxy_error"
    [[events]]
    at = "5m"
    fault = "proxy_error"
    clear = true
    """
    cluster = Cluster(parse_scenario(events), start=START)

    def active(at: float) -> set[str]:
        cluster.advance(START + at)
        return {fault.name for fault in cluster.faults}

    seen = [active(at) for at in (0, 10, 60, 89, 90, 300)]
    one, both = {"proxy_error"}, {"proxy_error", "node_unknown"}
    assert seen == [set(), one, both, both, one, set()]


def test_no_fault_is_without_a_test() -> None:
    text = "".join(_texts(Path(__file__).parent))
    assert [name for name in FAULTS if f'"{name}"' not in text] == []
    assert all(kind.summary.endswith((".", "...")) for kind in FAULTS.values())


def _texts(folder: Path) -> Iterator[str]:
    for path in folder.glob("test_*.py"):
        yield path.read_text("utf-8")
