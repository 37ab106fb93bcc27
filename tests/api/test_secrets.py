import json
import logging
import traceback
from collections.abc import Awaitable, Callable

import httpx
import pytest

from hctui.api.client import Client
from hctui.api.errors import ApiError
from hctui.core.model import NodeId, TaskId, VmId
from tests.api.fake import PASSWORD, FakeCluster, answer

SESSION = "6f0a1c52-session-id"
# In a login the id is not known yet; a cluster that repeats one in an error text there can only have made it up.
LOGIN_ECHO = f'the request {{"password": {json.dumps(PASSWORD)}, "again": "{PASSWORD}"}} has errors'
ECHO = f"{LOGIN_ECHO} with sessionID={SESSION}"

LOGIN_FAILURES: list[httpx.Response | Exception] = [
    answer(401, LOGIN_ECHO),
    answer(400, {"error": LOGIN_ECHO}),
    answer(500, LOGIN_ECHO),
    answer(500, json.dumps(PASSWORD, ensure_ascii=False)),
    answer(404, LOGIN_ECHO),
    answer(200, f'{{"sessionID": "{SESSION}"'),
    answer(200, {"sessionID": f"{SESSION}; {PASSWORD}"}),
    answer(200, {"sessionID": [SESSION, PASSWORD]}),
    answer(200, b'{"sessionID": "' + SESSION.encode() + b'\xff"}'),
    answer(401, f"no {SESSION}", **{"set-cookie": f"sessionID={SESSION}; Path=/"}),
    httpx.ConnectError(LOGIN_ECHO),
    httpx.ReadTimeout(LOGIN_ECHO),
    ValueError(LOGIN_ECHO),
]
READ_FAILURES: list[httpx.Response | Exception] = [
    *(answer(status, ECHO) for status in (302, 400, 401, 403, 404, 500, 502, 503)),
    answer(503, {"error": ECHO}),
    answer(200, f'[{{"x": "{SESSION}"'),
    answer(200, {"x": SESSION}),
    httpx.ReadError(ECHO),
    httpx.ConnectError(ECHO),
    RuntimeError(ECHO),
]
READS: list[Callable[[Client], Awaitable[object]]] = [
    lambda client: client.snapshot(0.0),
    lambda client: client.vm(VmId("vm-1")),
    lambda client: client.task(TaskId("4128")),
]


def everything_shown(error: BaseException) -> str:
    """All that a crash report could print of an error, its causes and the variables of their frames."""
    shown = []
    found: BaseException | None = error
    while found is not None:
        report = traceback.TracebackException.from_exception(found, capture_locals=True)
        shown += [str(found), repr(found), repr(vars(found)), *report.format()]
        # The frames of the tests hold what they sent; ours begin below them.
        shown = [line for line in shown if "/tests/" not in line]
        found = found.__cause__ or found.__context__
    return "\n".join(shown)


def assert_no_secret(text: str) -> None:
    for secret in (
        PASSWORD,
        repr(PASSWORD)[1:-1],
        PASSWORD.replace('"', '\\"'),
        json.dumps(PASSWORD)[1:-1],
        SESSION,
    ):
        assert secret not in text


@pytest.mark.parametrize("planned", LOGIN_FAILURES)
async def test_a_failing_login_shows_no_secret(
    cluster: FakeCluster, planned: httpx.Response | Exception
) -> None:
    cluster.answers["POST /login"] = planned
    async with cluster.client() as client:
        with pytest.raises(ApiError) as caught:
            await client.login()
        assert_no_secret(everything_shown(caught.value) + repr(client))


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("planned", READ_FAILURES)
async def test_a_failing_read_shows_no_secret(
    cluster: FakeCluster,
    planned: httpx.Response | Exception,
    read: Callable[[Client], Awaitable[object]],
) -> None:
    cluster.answers = {"POST /login": answer(200, {"sessionID": SESSION})}
    cluster.answers |= dict.fromkeys(["GET /Node", "GET /VirDomain/vm-1", "GET /TaskTag/4128"], planned)
    cluster.valid_session = SESSION
    async with cluster.client() as client:
        if isinstance(planned, httpx.Response) and planned.status_code == 404:
            cluster.answers["GET /VirDomain/vm-1"] = cluster.answers["GET /TaskTag/4128"] = answer(410, ECHO)
        with pytest.raises(ApiError) as caught:
            await read(client)
        assert_no_secret(everything_shown(caught.value))


@pytest.mark.parametrize("planned", READ_FAILURES)
async def test_an_answer_to_a_migration_shows_no_secret(
    cluster: FakeCluster, planned: httpx.Response | Exception
) -> None:
    cluster.answers = {"POST /login": answer(200, {"sessionID": SESSION}), "POST /VirDomain/action": planned}
    async with cluster.client() as client:
        assert SESSION not in repr(await client.migrate(VmId("vm-1"), NodeId("n")))


async def test_nothing_is_logged_that_is_secret(
    cluster: FakeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cluster.answers["POST /login"] = answer(200, {"sessionID": SESSION})
    cluster.valid_session = SESSION
    async with cluster.client() as client:
        await client.snapshot(0.0)
    assert_no_secret(caplog.text)
