import json

import httpx
import pytest

from hctui.core.answers import Accepted, Answer, NotSent, Refused, SessionEnded, Unanswered
from hctui.core.model import NodeId, TaskId, VmId
from tests.api.fake import FakeCluster, answer

CALL = "POST /VirDomain/action"
VM, TARGET = VmId("vm-1"), NodeId("node-2")


async def migrate(cluster: FakeCluster, planned: httpx.Response | Exception) -> Answer:
    cluster.answers[CALL] = planned
    async with cluster.client() as client:
        return await client.migrate(VM, TARGET)


async def test_the_request(cluster: FakeCluster) -> None:
    async with cluster.client() as client:
        assert await client.migrate(VM, TARGET) == Accepted(TaskId("4128"))
    request = cluster.requests[1]
    assert json.loads(request.content) == [
        {"virDomainUUID": "vm-1", "actionType": "LIVEMIGRATE", "nodeUUID": "node-2"}
    ]
    assert request.headers["content-type"] == "application/json"


INTERNAL = "An internal error occurred"


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (answer(200, {"taskTag": "7", "createdUUID": ""}), Accepted(TaskId("7"))),
        (answer(200, {"taskTag": 7}), Accepted(TaskId("7"))),
        (answer(201, {"taskTag": "7"}), Accepted(TaskId("7"))),
        (answer(200, {"taskTag": ""}), Accepted(None)),
        (answer(200, {"taskTag": None}), Accepted(None)),
        (answer(200, {}), Accepted(None)),
        (answer(204, ""), Accepted(None)),
        (answer(400, {"error": "no such node"}), Refused(400, "no such node")),
        (
            answer(403, {"error": "not you"}),
            Refused(403, "not you. The account needs the role VM Power Controls."),
        ),
        (answer(404, "<html>"), Refused(404, "an HTML page")),
        (answer(500, {"error": INTERNAL}), Refused(500, INTERNAL)),
        (answer(401, {"error": "x"}), SessionEnded()),
        (answer(503, {"error": "Invalid Session"}), SessionEnded()),
    ],
)
async def test_what_an_answer_means(cluster: FakeCluster, planned: httpx.Response, expected: Answer) -> None:
    assert await migrate(cluster, planned) == expected
    assert cluster.count(CALL) == 1


@pytest.mark.parametrize(
    "planned",
    [
        answer(200, ""),
        answer(200, "<html>"),
        answer(200, [{"taskTag": "7"}]),
        answer(200, '{"taskTag": "7"'),
        answer(302, "", location="/"),
        answer(501, ""),
        answer(502, "<html>"),
        answer(503, {"error": "overload"}),
        answer(504, ""),
        httpx.ReadTimeout("x"),
        httpx.WriteTimeout("x"),
        httpx.WriteError("x"),
        httpx.ReadError("x"),
        httpx.RemoteProtocolError("x"),
        ConnectionResetError(104, "reset"),
        RuntimeError("x"),
    ],
)
async def test_what_leaves_it_open(cluster: FakeCluster, planned: httpx.Response | Exception) -> None:
    assert isinstance(await migrate(cluster, planned), Unanswered)
    assert cluster.count(CALL) == 1


@pytest.mark.parametrize(
    "planned", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")]
)
async def test_what_certainly_was_not_sent(cluster: FakeCluster, planned: Exception) -> None:
    assert isinstance(await migrate(cluster, planned), NotSent)
    assert cluster.count(CALL) == 1


async def test_without_a_session_nothing_is_sent(cluster: FakeCluster) -> None:
    cluster.answers["POST /login"] = answer(401, {"error": "bad credentials"})
    async with cluster.client() as client:
        found = await client.migrate(VM, TARGET)
    assert isinstance(found, NotSent)
    assert "bad credentials" in found.message
    assert cluster.count(CALL) == 0


async def test_after_an_ended_session_there_is_a_new_one(cluster: FakeCluster) -> None:
    cluster.answers[CALL] = [answer(401, "")]
    async with cluster.client() as client:
        assert await client.migrate(VM, TARGET) == SessionEnded()
        assert cluster.logins == 2
        assert await client.vm(VM)
        assert cluster.logins == 2


async def test_a_failing_new_login_does_not_hide_that_nothing_was_started(cluster: FakeCluster) -> None:
    async with cluster.client() as client:
        await client.login()
        cluster.answers |= {CALL: answer(401, ""), "POST /login": httpx.ConnectError("x")}
        assert await client.migrate(VM, TARGET) == SessionEnded()
    assert cluster.count(CALL) == 1
