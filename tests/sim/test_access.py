"""Sessions, accounts, roles, and the book of requests."""

from __future__ import annotations

import pytest

from hctui.sim import Cluster, parse_scenario
from hctui.sim.gate import ConnectionDropped
from tests.sim.bench import ADMIN, START, Bench, small_cluster

ROBOT = ("robot", "s3cret")
LIMITED = """
[cluster]
session_idle = "10m"
no_session_status = 503

[[nodes]]

[[accounts]]
username = "robot"
password = "s3cret"
roles = ["Read"]
session_limit = 2
"""


@pytest.fixture
def limited() -> Bench:
    bench = Bench(Cluster(parse_scenario(LIMITED), start=START))
    bench.client.auth = None  # type: ignore[assignment]
    return bench


async def log_in(bench: Bench, credentials: tuple[str, str] = ADMIN) -> tuple[int, str]:
    body = {"username": credentials[0], "password": credentials[1], "useOIDC": False}
    answer = await bench.client.post("/rest/v1/login", json=body)
    bench.client.cookies.clear()
    return answer.status_code, answer.json().get("sessionID", "")


async def status(bench: Bench, session: str = "", path: str = "/rest/v1/ping", **headers: str) -> int:
    if session:
        headers["Cookie"] = f"sessionID={session}"
    return (await bench.client.get(path, headers=headers)).status_code


async def test_a_login_gives_the_session_in_body_and_cookie(bench: Bench) -> None:
    bench.client.auth = None  # type: ignore[assignment]
    answer = await bench.client.post("/rest/v1/login", json={"username": "admin", "password": "admin"})
    session = answer.json()["sessionID"]
    assert answer.headers["set-cookie"] == f"sessionID={session}; Path=/"
    assert [one.id for one in bench.cluster.open_sessions] == [session]
    bench.client.cookies.clear()
    assert await status(bench, session) == 200
    assert await status(bench) == 401


async def test_logout_ends_it(bench: Bench) -> None:
    bench.client.auth = None  # type: ignore[assignment]
    _, session = await log_in(bench)
    answer = await bench.client.post("/rest/v1/logout", headers={"Cookie": f"sessionID={session}"})
    assert answer.status_code == 200
    assert await status(bench, session) == 401
    assert bench.cluster.open_sessions == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"username": "admin", "password": "wrong"}, 401),
        ({"username": "nobody", "password": "admin"}, 401),
        ({"username": "admin", "password": "admin", "useOIDC": True}, 401),
        ({"username": "admin"}, 400),
    ],
)
async def test_wrong_logins(bench: Bench, body: dict[str, object], expected: int) -> None:
    assert (await bench.client.post("/rest/v1/login", json=body)).status_code == expected
    assert bench.cluster.open_sessions == ()


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic YWRtaW46d3Jvbmc=", "Bearer x"])
async def test_wrong_authorization(bench: Bench, header: str) -> None:
    bench.client.auth = None  # type: ignore[assignment]
    assert await status(bench, Authorization=header) == 401


async def test_sessions_end_when_idle_and_their_number_is_limited(limited: Bench) -> None:
    _, first = await log_in(limited, ROBOT)
    code, second = await log_in(limited, ROBOT)
    assert code == 200
    assert (await log_in(limited, ROBOT))[0] == 401
    limited.wait(599)
    assert await status(limited, first) == 200
    limited.wait(2)
    assert await status(limited, first) == 200
    assert await status(limited, second) == 503
    assert (await log_in(limited, ROBOT))[0] == 200


async def test_session_ids_differ(bench: Bench) -> None:
    assert len({(await log_in(bench))[1] for _ in range(5)}) == 5


@pytest.mark.parametrize(("username", "may_act", "may_edit"), [("viewer", 403, 403), ("balancer", 200, 403)])
async def test_roles(bench: Bench, username: str, may_act: int, may_edit: int) -> None:
    bench.client.auth = (username, username)
    for path in (
        "/Node",
        "/VirDomain",
        "/VirDomainStats",
        "/TaskTag",
        "/Condition",
        "/Cluster",
        "/openapi.json",
    ):
        assert await status(bench, path=f"/rest/v1{path}") == 200
    assert (await bench.act("LIVEMIGRATE", "web-01", 13)).status_code == may_act
    vm_path = f"/rest/v1/VirDomain/{bench.cluster.vm('web-02').id}"
    assert (await bench.client.patch(vm_path, json={"tags": "x"})).status_code == may_edit
    assert len(bench.cluster.writes) == 2


async def test_users_are_shown_without_passwords(limited: Bench) -> None:
    limited.client.auth = ROBOT
    (user,) = await limited.get("/User")
    assert (user["username"], user["password"], user["sessionLimit"]) == ("robot", "", 2)
    roles = {role["uuid"]: role["name"] for role in await limited.get("/Role")}
    assert [roles[one] for one in user["roleUUIDs"]] == ["Read"]


async def test_an_offline_node_does_not_answer_but_the_others_do(bench: Bench) -> None:
    bench.cluster.faults.set("node_offline", node=12)
    for octet in (11, 13):
        assert await status(bench, path=f"https://127.0.0.{octet}/rest/v1/ping") == 200
    with pytest.raises(ConnectionDropped):
        await status(bench, path="https://127.0.0.12/rest/v1/ping")


async def test_the_book_of_requests(bench: Bench) -> None:
    await log_in(bench)
    await bench.get("/Node")
    bench.wait(5)
    await bench.migrate("web-01", 13)
    await bench.act("LIVEMIGRATE", "off-01", 13)
    first, second = bench.cluster.writes
    assert (first.at, first.method, first.path) == (START + 5, "POST", "/rest/v1/VirDomain/action")
    assert (first.status, second.status, first.was_handled) == (200, 500, True)
    assert first.body == [
        {
            "virDomainUUID": bench.cluster.vm("web-01").id,
            "actionType": "LIVEMIGRATE",
            "nodeUUID": bench.cluster.node(13).id,
        }
    ]
    requests = bench.cluster.audit.requests
    assert (requests["POST /login"], requests["GET /Node"], requests["POST /VirDomain/action"]) == (1, 1, 2)


def test_sessions_do_not_show_their_id() -> None:
    cluster = small_cluster()
    session = cluster.access.log_in("admin", "admin", START)
    assert session.id not in repr(session)
