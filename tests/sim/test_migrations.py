"""The life of a live migration, in each of its outcomes."""

from __future__ import annotations

import pytest

from tests.sim.bench import GIB, Bench


async def test_it_is_queued_runs_and_arrives(bench: Bench) -> None:
    target = bench.cluster.node(13)
    tag = await bench.migrate("web-01", 13)
    assert (await bench.task(tag))["state"] == "QUEUED"
    assert (await bench.vm("web-01"))["uiState"] == "MIGRATING"

    bench.wait(1.0)
    seen = []
    for _ in range(4):
        task, vm = await bench.task(tag), await bench.vm("web-01")
        assert (task["state"], task["completed"]) == ("RUNNING", 0)
        assert (vm["state"], vm["uiState"]) == ("RUNNING", "MIGRATING")
        assert vm["nodeUUID"] == bench.cluster.node(11).id
        seen.append(task["progressPercent"])
        bench.wait(4.0)
    assert seen[0] == 0
    assert seen == sorted(set(seen))
    assert seen[-1] < 99

    bench.wait(10.0)
    task, vm = await bench.task(tag), await bench.vm("web-01")
    assert (task["state"], task["progressPercent"]) == ("COMPLETE", 100)
    assert task["completed"] > task["created"]
    assert (vm["uiState"], vm["nodeUUID"], vm["lastSeenRunningOnNodeUUID"]) == (
        "RUNNING",
        target.id,
        target.id,
    )
    assert vm["console"]["ip"] == "127.0.0.13"
    assert vm["latestTaskTag"] == task


async def test_it_takes_as_long_as_its_memory(bench: Bench) -> None:
    await bench.migrate("web-01", 13)
    bench.wait(120)
    (ended,) = bench.cluster.ended_migrations
    assert ended.ended - ended.started == pytest.approx(1 + 8 * 2**30 / 500e6)
    assert (ended.vm_name, ended.result, ended.is_foreign) == ("web-01", "COMPLETE", False)


async def test_two_vms_may_migrate_at_once(bench: Bench) -> None:
    await bench.migrate("web-01", 13)
    await bench.migrate("web-02", 13)
    bench.wait(60)
    assert [one.result for one in bench.cluster.ended_migrations] == ["COMPLETE", "COMPLETE"]


async def test_to_where_it_is_there_is_nothing_to_do(bench: Bench) -> None:
    assert await bench.migrate("web-01", 11) == ""
    assert (await bench.vm("web-01"))["uiState"] == "RUNNING"


@pytest.mark.parametrize(
    "item",
    [
        {"virDomainUUID": "unknown", "actionType": "LIVEMIGRATE", "nodeUUID": "@13"},
        {"virDomainUUID": "@web-01", "actionType": "LIVEMIGRATE", "nodeUUID": "unknown"},
        {"virDomainUUID": "@web-01", "actionType": "LIVEMIGRATE"},
        {"virDomainUUID": "@off-01", "actionType": "LIVEMIGRATE", "nodeUUID": "@12"},
        {"virDomainUUID": "@web-01"},
    ],
)
async def test_a_failed_precondition_is_500(bench: Bench, item: dict[str, str]) -> None:
    ids = {f"@{vm.name}": vm.id for vm in bench.cluster.vms.values()}
    ids |= {f"@{node.octet}": node.id for node in bench.cluster.nodes.values()}
    body = [{key: ids.get(value, value) for key, value in item.items()}]
    answer = await bench.client.post("/rest/v1/VirDomain/action", json=body)
    assert (answer.status_code, answer.json()) == (500, {"error": "An internal error occurred"})
    assert list(bench.cluster.tasks) == []


async def test_a_vm_that_is_migrating_cannot_be_migrated_or_stopped(bench: Bench) -> None:
    await bench.migrate("web-01", 13)
    assert (await bench.act("LIVEMIGRATE", "web-01", 12)).status_code == 500
    assert (await bench.act("STOP", "web-01")).status_code == 500


@pytest.mark.parametrize(
    ("vm", "fault", "reason"),
    [
        ("db-01", None, "not enough memory"),
        ("web-01", "node_offline", "not available"),
        ("web-01", "node_witness", "not available"),
        ("web-01", "node_disallowed", "does not accept"),
        ("web-01", "node_evacuated", "does not accept"),
    ],
)
async def test_a_target_that_cannot_take_it_ends_in_error(
    bench: Bench, vm: str, fault: str | None, reason: str
) -> None:
    if fault:
        bench.cluster.faults.set(fault, node=12)
    tag = await bench.migrate(vm, 12)
    bench.wait(5)
    task, after = await bench.task(tag), await bench.vm(vm)
    assert (task["state"], task["progressPercent"]) == ("ERROR", 0)
    assert reason in task["formattedMessage"]
    assert task["formattedMessage"].count("%@") == len(task["messageParameters"])
    assert (after["nodeUUID"], after["uiState"]) == (bench.cluster.node(11).id, "RUNNING")
    assert bench.cluster.vm(vm).incoming_id == ""


async def test_strict_affinity_ends_in_error_and_permits_the_backup(bench: Bench) -> None:
    tag = await bench.migrate("db-02", 11)
    bench.wait(5)
    assert "affinity" in (await bench.task(tag))["formattedMessage"]
    tag = await bench.migrate("db-02", 13)
    bench.wait(120)
    assert (await bench.task(tag))["state"] == "COMPLETE"


async def test_ram_is_promised_only_once(bench: Bench) -> None:
    bench.cluster.vm("db-01").memory_bytes = 30 * GIB
    first, second = await bench.migrate("db-01", 13), await bench.migrate("web-01", 13)
    bench.cluster.vm("db-02").affinity.strict = False
    third = await bench.migrate("db-02", 13)
    bench.wait(300)
    states = [(await bench.task(tag))["state"] for tag in (first, second, third)]
    assert states == ["COMPLETE", "COMPLETE", "ERROR"]


@pytest.mark.parametrize("octet", [11, 13])
async def test_a_node_that_fails_on_the_way_ends_it(bench: Bench, octet: int) -> None:
    tag = await bench.migrate("web-01", 13)
    bench.wait(5)
    bench.cluster.faults.set("node_offline", node=octet)
    bench.wait(0.1)
    assert (await bench.task(tag))["state"] == "ERROR"
    expected = "CRASHED" if octet == 11 else "RUNNING"
    assert (await bench.vm("web-01"))["state"] == expected
    bench.wait(30)
    assert [one.result for one in bench.cluster.ended_migrations] == ["ERROR"]


async def test_tags_grow_and_are_kept_for_an_hour(bench: Bench) -> None:
    first, second = await bench.migrate("web-01", 13), await bench.migrate("web-02", 13)
    assert int(second) == int(first) + 1
    bench.wait(3660)
    assert [task["taskTag"] for task in await bench.get("/TaskTag")] == [first, second]
    bench.wait(2 * 3600)
    assert await bench.get("/TaskTag") == []
    assert (await bench.vm("web-01"))["latestTaskTag"]["taskTag"] == first


async def test_the_session_that_asked_is_named_in_the_task(bench: Bench) -> None:
    login = {"username": "admin", "password": "admin"}
    session = (await bench.client.post("/rest/v1/login", json=login)).json()["sessionID"]
    tag = await bench.migrate("web-01", 13)
    assert (await bench.task(tag))["sessionID"] == session


@pytest.mark.parametrize("body", [b"", b"{}", b"[{}]", b'[{"virDomainUUID": 1}]'])
async def test_a_body_that_is_not_as_described_is_400_and_plain_text(bench: Bench, body: bytes) -> None:
    answer = await bench.client.post("/rest/v1/VirDomain/action", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("The request has errors")


async def test_an_unknown_action_is_400(bench: Bench) -> None:
    assert (await bench.act("EXPLODE", "web-01")).status_code == 400
