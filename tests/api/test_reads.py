import asyncio

import httpx
import pytest

from hctui.api.account import MayMigrate
from hctui.api.client import Client
from hctui.api.errors import (
    ApiError,
    ApiRefused,
    ApiSurprise,
    ApiTrouble,
    ClusterUnreachable,
    ConnectionSettingWrong,
)
from hctui.api.tls import Trust
from hctui.core.model import NodeId, TaskId, TaskState, UpdateVerdict, VmId
from hctui.core.secret import Secret
from tests.api.fake import CONDITION, TASK, VM, FakeCluster, answer, call_of

LISTS = {"GET /Node", "GET /VirDomain", "GET /VirDomainStats", "GET /TaskTag"}
REFUSED = httpx.ConnectError("no")


async def test_a_snapshot_holds_everything(cluster: FakeCluster) -> None:
    async with cluster.client() as client:
        assert client.latency_seconds is None
        found = await client.snapshot(1000.0)
        assert client.latency_seconds is not None
    assert found.taken_at == 1000.0
    assert (found.cluster.id, found.cluster.name, found.cluster.version) == (
        "c-1",
        "branch-7",
        "9.4.30.217736",
    )
    assert list(found.nodes) == ["node-1"]
    assert found.vms[VmId("vm-1")].cpu_percent == 37.5
    assert found.vms[VmId("vm-1")].node_id == NodeId("node-1")
    assert [task.id for task in found.live_tasks] == ["4128"]
    assert found.update.verdict is UpdateVerdict.INACTIVE
    assert found.conditions is not None
    assert [one.description for one in found.conditions] == ["Node is offline"]
    assert found.gpu_profiles == {"grid-8q"}


async def test_what_a_request_carries(cluster: FakeCluster) -> None:
    async with cluster.client(oidc=True) as client:
        await client.snapshot(0.0)
    login, first = cluster.requests[0], cluster.requests[1]
    assert b'"useOIDC": true' in login.content
    assert "cookie" not in login.headers
    assert first.headers["cookie"] == "sessionID=session-1"
    assert {request.headers["accept"] for request in cluster.requests} == {"application/json"}
    assert {request.headers["accept-encoding"] for request in cluster.requests} == {"identity"}
    conditions = next(request for request in cluster.requests if "Condition" in request.url.path)
    assert conditions.url.query == b"includeSet=true"


async def test_lists_are_read_at_the_same_time(cluster: FakeCluster) -> None:
    everybody = asyncio.Barrier(len(LISTS))

    async def wait_for_the_others(request: httpx.Request) -> httpx.Response:
        await everybody.wait()
        return answer(body=cluster.lists[call_of(request).removeprefix("GET ")])

    cluster.answers |= dict.fromkeys(LISTS, wait_for_the_others)
    async with cluster.client() as client, asyncio.timeout(5):
        await client.snapshot(0.0)


async def test_identity_is_read_once_per_login(cluster: FakeCluster) -> None:
    async with cluster.client() as client:
        await client.snapshot(0.0)
        await client.snapshot(1.0)
        assert (cluster.count("GET /Cluster"), cluster.count("GET /GPUProfile")) == (1, 1)
        await client.login()
        await client.snapshot(2.0)
    assert (cluster.count("GET /Cluster"), cluster.count("GET /GPUProfile")) == (2, 2)


@pytest.mark.parametrize("call", [*sorted(LISTS), "GET /Cluster"])
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (answer(500, {"error": "An internal error occurred"}), ApiTrouble),
        (answer(502, "<html>"), ApiTrouble),
        (answer(403, {"error": "no"}), ApiRefused),
        (answer(302, "", location="/x"), ApiSurprise),
        (answer(200, "<html>"), ApiSurprise),
        (answer(204, ""), ApiSurprise),
        (REFUSED, ClusterUnreachable),
        (httpx.ReadTimeout("late"), ClusterUnreachable),
        (RuntimeError("not an error of httpx"), ClusterUnreachable),
    ],
)
async def test_a_failing_list_fails_the_snapshot(
    cluster: FakeCluster, call: str, failure: httpx.Response | Exception, kind: type[ApiError]
) -> None:
    cluster.answers[call] = failure
    async with cluster.client() as client:
        with pytest.raises(kind) as caught:
            await client.snapshot(0.0)
    assert call in caught.value.detail or call.removeprefix("GET ") in caught.value.detail
    assert caught.value.__context__ is None


async def test_the_other_reads_end_with_the_failing_one(cluster: FakeCluster) -> None:
    ended = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    cluster.answers |= {"GET /Node": REFUSED, "GET /TaskTag": hang}
    async with cluster.client() as client:
        with pytest.raises(ClusterUnreachable):
            await client.snapshot(0.0)
        assert ended.is_set()


@pytest.mark.parametrize("failure", [answer(500, ""), answer(200, "{"), answer(403, ""), REFUSED])
async def test_the_rest_may_be_unreadable(cluster: FakeCluster, failure: httpx.Response | Exception) -> None:
    calls = ["GET /Condition/filter", "GET /GPUProfile", "GET /update/update_status.json"]
    cluster.answers |= dict.fromkeys(calls, failure)
    async with cluster.client() as client:
        found = await client.snapshot(0.0)
        assert found.conditions is None
        assert found.gpu_profiles == frozenset()
        assert found.update.verdict is UpdateVerdict.UNKNOWN
        assert found.update.sentence.startswith("The update status cannot be read: ")
        cluster.answers.clear()
        assert (await client.snapshot(1.0)).gpu_profiles == {"grid-8q"}


async def test_a_cluster_that_was_never_updated(cluster: FakeCluster) -> None:
    cluster.answers["GET /update/update_status.json"] = answer(404, "<html>nginx")
    async with cluster.client() as client:
        assert (await client.snapshot(0.0)).update.verdict is UpdateVerdict.INACTIVE


async def test_no_alerts_are_not_unreadable_alerts(cluster: FakeCluster) -> None:
    cluster.lists["/Condition/filter"] = [CONDITION | {"value": False}]
    async with cluster.client() as client:
        assert (await client.snapshot(0.0)).conditions == ()


async def test_one_vm(cluster: FakeCluster) -> None:
    async with cluster.client() as client:
        found = await client.vm(VmId("vm-1"))
        assert found is not None
        assert found.name == "web-01"
        assert await client.vm(VmId("vm-2")) is None


async def test_one_task(cluster: FakeCluster) -> None:
    cluster.lists["/TaskTag"] = [TASK, TASK | {"taskTag": "9", "state": "UNINITIALIZED"}]
    async with cluster.client() as client:
        found = await client.task(TaskId("4128"))
        assert found is not None
        assert found.state is TaskState.RUNNING
        young = await client.task(TaskId("9"))
        assert young is not None
        assert young.state is TaskState.UNINITIALIZED
        assert await client.task(TaskId("10")) is None


@pytest.mark.parametrize(
    ("planned", "outcome"),
    [
        (answer(404, {"error": "none"}), None),
        (answer(404, "<html>"), ApiSurprise),
        (answer(500, ""), ApiTrouble),
        (answer(body=[VM, VM | {"uuid": "vm-2"}]), ApiSurprise),
        (answer(body=[VM | {"uuid": "vm-2"}]), ApiSurprise),
        (answer(body=[None]), None),
    ],
)
async def test_odd_answers_for_one_vm(
    cluster: FakeCluster, planned: httpx.Response, outcome: type[ApiError] | None
) -> None:
    cluster.answers["GET /VirDomain/vm-1"] = planned
    async with cluster.client() as client:
        if outcome is None:
            assert await client.vm(VmId("vm-1")) is None
        else:
            with pytest.raises(outcome):
                await client.vm(VmId("vm-1"))


async def test_an_answer_about_another_task_is_an_error(cluster: FakeCluster) -> None:
    cluster.answers["GET /TaskTag/1"] = answer(body=[TASK])
    async with cluster.client() as client:
        with pytest.raises(ApiSurprise, match="another task, 4128"):
            await client.task(TaskId("1"))


async def test_an_id_cannot_leave_its_folder(cluster: FakeCluster) -> None:
    cluster.answers["GET /VirDomain/a/../b?c"] = answer(body=[])
    async with cluster.client() as client:
        assert await client.vm(VmId("a/../b?c")) is None
    assert cluster.requests[1].url.raw_path == b"/rest/v1/VirDomain/a%2F..%2Fb%3Fc"


async def test_the_account(cluster: FakeCluster) -> None:
    async with cluster.client() as client:
        found = await client.account()
        assert (found.roles, found.may_migrate) == (("VM Power Controls",), MayMigrate.YES)
        cluster.answers["GET /User"] = answer(403, {"error": "no"})
        assert (await client.account()).may_migrate is MayMigrate.UNKNOWN


async def test_the_reason_is_that_of_the_operating_system(cluster: FakeCluster) -> None:
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = OSError("All connection attempts failed")
    error.__cause__.__cause__ = ExceptionGroup("", [ConnectionRefusedError(111, "Connection refused")])
    cluster.answers["POST /login"] = error
    async with cluster.client() as client:
        with pytest.raises(ClusterUnreachable) as caught:
            await client.login()
    assert caught.value.detail == "127.0.0.1:1 (POST /login): no connection (Connection refused)."


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "h",
        "https://",
        "https://h/rest",
        "https://h:99999",
        "https://h:0",
        "https://h?x",
        "https://[::1",
    ],
)
def test_an_address_is_checked(url: str) -> None:
    with pytest.raises(ConnectionSettingWrong) as caught:
        Client(url, "u", Secret("p"), Trust(), keepalive_seconds=1.0)
    assert repr(url) in caught.value.detail
    assert "https://host:port" in caught.value.hint


def test_a_password_in_the_address_is_not_repeated() -> None:
    with pytest.raises(ConnectionSettingWrong) as caught:
        Client("https://me:hidden@h", "u", Secret("p"), Trust(), keepalive_seconds=1.0)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://h", "https://h/", "https://[fd00::1]:8443"])
async def test_good_addresses(url: str, cluster: FakeCluster) -> None:
    settings = {"keepalive_seconds": 1.0, "transport": httpx.MockTransport(cluster.handle)}
    async with Client(url, "u", Secret("p"), Trust(), **settings) as client:  # type: ignore[arg-type]
        await client.snapshot(0.0)
    assert str(cluster.requests[0].url).startswith(url.rstrip("/") + "/rest/v1/")


@pytest.mark.parametrize("host", ["a b", "a%zz", "a\u2028c", "\u00fc..\u00fc"])
def test_a_host_name_that_cannot_be_is_an_error_of_ours(host: str) -> None:
    with pytest.raises(ConnectionSettingWrong):
        Client(f"https://{host}", "u", Secret("p"), Trust(verify=False), keepalive_seconds=1.0)
