import asyncio

import httpx
import pytest

from hctui.api.errors import ApiError, ApiRefused, ApiSurprise, ApiTrouble, ClusterUnreachable, LoginRefused
from hctui.core.model import VmId
from tests.api.fake import FakeCluster, answer, together

OVER = [answer(401, {"error": "x"}), answer(503, {"error": "Invalid session"}), answer(403, {"error": "x"})]
VM_CALL = "GET /VirDomain/vm-1"


@pytest.mark.parametrize(
    ("planned", "kind"),
    [
        (answer(401, {"error": "bad credentials"}), LoginRefused),
        (answer(403, ""), LoginRefused),
        (answer(400, "The request has errors"), LoginRefused),
        (answer(500, {"error": "x"}), ApiTrouble),
        (answer(502, "<html>"), ApiTrouble),
        (answer(404, "<html>"), ApiSurprise),
        (answer(301, "", location="https://elsewhere/"), ApiSurprise),
        (answer(200, {}), ApiSurprise),
        (answer(200, "<html>"), ApiSurprise),
        (answer(200, {"sessionID": "a; b"}), ApiSurprise),
        (answer(200, {"sessionID": "a\r\nX: y"}), ApiSurprise),
        (httpx.ConnectError("no"), ClusterUnreachable),
    ],
)
async def test_a_failing_login(
    cluster: FakeCluster, planned: httpx.Response | Exception, kind: type[ApiError]
) -> None:
    cluster.answers["POST /login"] = planned
    async with cluster.client() as client:
        with pytest.raises(kind):
            await client.login()
    assert len(cluster.requests) == 1


@pytest.mark.parametrize(
    ("body", "cookie"),
    [
        ({"sessionID": "session-1"}, ""),
        ({"sessionID": "session-1"}, "sessionID=another; Path=/"),
        ({"sessionID": "session-1"}, "other=1; Path=/"),
        ({}, "sessionID=session-1; Path=/; HttpOnly"),
        ("", 'sessionID="session-1"'),
        ({"sessionID": ""}, "sessionID=session-1"),
    ],
)
async def test_the_session_id_comes_from_the_body_or_the_cookie(
    cluster: FakeCluster, body: object, cookie: str
) -> None:
    cluster.valid_session = "session-1"
    cluster.answers["POST /login"] = answer(200, body, **({"set-cookie": cookie} if cookie else {}))
    async with cluster.client() as client:
        assert await client.vm(VmId("vm-1"))
    assert cluster.requests[1].headers.get_list("cookie") == ["sessionID=session-1"]


async def test_other_cookies_are_not_kept(cluster: FakeCluster) -> None:
    cluster.answers[VM_CALL] = [answer(200, [], **{"set-cookie": "sessionID=stolen; Path=/"})]
    async with cluster.client() as client:
        await client.vm(VmId("vm-1"))
        assert await client.vm(VmId("vm-1"))
        await client.login()
    assert cluster.requests[2].headers.get_list("cookie") == ["sessionID=session-1"]
    assert [r.headers.get("cookie") for r in cluster.requests if r.url.path.endswith("/login")] == [
        None,
        None,
    ]


@pytest.mark.parametrize("over", OVER)
async def test_a_read_is_repeated_once_in_a_new_session(cluster: FakeCluster, over: httpx.Response) -> None:
    cluster.answers[VM_CALL] = [over]
    async with cluster.client() as client:
        assert await client.vm(VmId("vm-1"))
    assert (cluster.logins, cluster.count(VM_CALL)) == (2, 2)


@pytest.mark.parametrize(("over", "kind"), list(zip(OVER, [ApiRefused, ApiTrouble, ApiRefused], strict=True)))
async def test_then_the_error_comes_out(
    cluster: FakeCluster, over: httpx.Response, kind: type[ApiError]
) -> None:
    cluster.answers[VM_CALL] = over
    async with cluster.client() as client:
        with pytest.raises(kind):
            await client.vm(VmId("vm-1"))
        assert (cluster.logins, cluster.count(VM_CALL)) == (2, 2)


@pytest.mark.parametrize(
    "planned", [answer(500, ""), answer(503, {"error": "overload"}), httpx.ReadError("x")]
)
async def test_nothing_else_is_repeated(cluster: FakeCluster, planned: httpx.Response | Exception) -> None:
    cluster.answers[VM_CALL] = planned
    async with cluster.client() as client:
        with pytest.raises(ApiError):
            await client.vm(VmId("vm-1"))
    assert (cluster.logins, cluster.count(VM_CALL)) == (1, 1)


async def test_a_403_renews_a_session_only_once(cluster: FakeCluster) -> None:
    cluster.answers[VM_CALL] = answer(403, {"error": "no"})
    async with cluster.client() as client:
        for _ in range(3):
            with pytest.raises(ApiRefused):
                await client.vm(VmId("vm-1"))
    assert (cluster.logins, cluster.count(VM_CALL)) == (2, 4)


async def test_a_session_that_met_a_403_is_closed_before_the_next_is_opened(cluster: FakeCluster) -> None:
    cluster.answers[VM_CALL] = [answer(403, "")]
    async with cluster.client() as client:
        await client.vm(VmId("vm-1"))
    logouts = [r.headers["cookie"] for r in cluster.requests if r.url.path.endswith("/logout")]
    assert logouts == ["sessionID=session-1", "sessionID=session-2"]


@pytest.mark.parametrize("status", [401, 403])
async def test_concurrent_reads_log_in_once(cluster: FakeCluster, status: int) -> None:
    async with cluster.client() as client:
        await client.snapshot(0.0)
        lists = ["/Node", "/VirDomain", "/VirDomainStats", "/TaskTag", "/Condition/filter"]
        over = together(answer(status, {"error": "x"}), len(lists))
        cluster.answers |= {f"GET {path}": [over] for path in lists}
        found = await client.snapshot(1.0)
        assert found.conditions
        assert cluster.logins == 2


async def test_a_failing_renewal_is_tried_once_for_all(cluster: FakeCluster) -> None:
    async with cluster.client() as client:
        await client.login()
        cluster.answers[VM_CALL] = together(answer(401, ""), 5)
        cluster.answers["POST /login"] = answer(401, {"error": "bad credentials"})
        reads = [client.vm(VmId("vm-1")) for _ in range(5)]
        found = await asyncio.gather(*reads, return_exceptions=True)
        assert {type(one) for one in found} == {LoginRefused}
        assert cluster.count("POST /login") == 2
        cluster.answers.clear()
        assert await client.vm(VmId("vm-1"))


async def test_login_replaces_an_open_session(cluster: FakeCluster) -> None:
    async with cluster.client() as client:
        await client.login()
        await client.login()
    calls = [f"{r.method} {r.url.path[9:]}" for r in cluster.requests]
    assert calls == ["POST login", "POST logout", "POST login", "POST logout"]


async def test_leaving_logs_out(cluster: FakeCluster) -> None:
    async def fail() -> None:
        async with cluster.client() as client:
            await client.login()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert cluster.valid_session is None


async def test_without_a_session_there_is_nothing_to_log_out(cluster: FakeCluster) -> None:
    async with cluster.client() as client:
        await client.logout()
    assert cluster.requests == []


@pytest.mark.parametrize("planned", [answer(500, ""), httpx.ReadError("x"), RuntimeError("x")])
async def test_logout_never_raises_and_is_tried_again(
    cluster: FakeCluster, planned: httpx.Response | Exception
) -> None:
    cluster.answers["POST /logout"] = planned
    async with cluster.client() as client:
        await client.login()
        await client.logout()
        assert cluster.count("POST /logout") == 1
        cluster.answers.clear()
        await client.logout()
        assert cluster.valid_session is None
    assert cluster.count("POST /logout") == 2


async def test_a_logout_that_hangs_is_given_up(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("hctui.api.session._LOGOUT_SECONDS", 0.01)
    cluster.answers["POST /logout"] = hang
    async with asyncio.timeout(5), cluster.client() as client:
        await client.login()


async def test_cancelled_while_reading_it_logs_out(cluster: FakeCluster) -> None:
    reading = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        reading.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def work() -> None:
        async with cluster.client() as client:
            await client.vm(VmId("vm-1"))

    cluster.answers[VM_CALL] = hang
    task = asyncio.create_task(work())
    await reading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cluster.valid_session is None


async def test_cancelled_while_logging_out_it_still_logs_out(cluster: FakeCluster) -> None:
    leaving, allowed = asyncio.Event(), asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        leaving.set()
        await allowed.wait()
        cluster.valid_session = None
        return answer(200, "")

    async def work() -> None:
        async with cluster.client() as client:
            await client.login()

    cluster.answers["POST /logout"] = slow
    task = asyncio.create_task(work())
    await leaving.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    allowed.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cluster.valid_session is None
