"""The judge of the matrix condemns what it is there to condemn, and lets a proper request pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from hctui.sim import Cluster, load_scenario
from hctui.sim.audit import EndedMigration
from tests.faults.case import SCENE
from tests.faults.judge import ACTION, Judge, broken_rules


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(load_scenario(SCENE))


def condemned(cluster: Cluster, vm: str, octet: int, *, dry_run: bool = False) -> list[str]:
    """What the judge has against the migration of a VM to a node."""
    judge = Judge(cluster, dry_run, 70.0)
    body = [
        {"virDomainUUID": cluster.vm(vm).id, "actionType": "LIVEMIGRATE", "nodeUUID": cluster.node(octet).id}
    ]
    judge.before(httpx.Request("POST", f"https://127.0.0.1{ACTION}", content=json.dumps(body)))
    return judge.wrong


def nothing(cluster: Cluster) -> None:
    """Leave it as it is."""


def another_migrates(cluster: Cluster) -> None:
    cluster.faults.set("foreign_migration", vm="idx-01")


def target_unknown(cluster: Cluster) -> None:
    cluster.faults.set("node_unknown", node=13)


@pytest.mark.parametrize(
    ("vm", "octet", "before", "told"),
    [
        ("db-02", 13, nothing, None),
        ("db-02", 14, nothing, "that node would use 75.0 % of its RAM."),
        ("web-01", 13, nothing, "there is web-02, which a tag keeps apart from it."),
        ("web-02", 12, nothing, "there is web-01, which a tag keeps apart from it."),
        ("cam-01", 11, nothing, "its tags do not want it there."),
        ("db-02", 13, another_migrates, "requested while idx-01 is being migrated."),
        ("db-02", 13, target_unknown, "that node does not take VMs."),
    ],
)
def test_requests(
    cluster: Cluster, vm: str, octet: int, before: Callable[[Cluster], None], told: str | None
) -> None:
    before(cluster)
    expected = [] if told is None else [f"{vm} to 127.0.0.{octet}: {told}"]
    assert condemned(cluster, vm, octet) == expected


def test_in_a_dry_run_there_are_no_requests(cluster: Cluster) -> None:
    assert condemned(cluster, "db-02", 13, dry_run=True) == ["db-02 to 127.0.0.13: requested in a dry run."]


def test_broken_rules(cluster: Cluster) -> None:
    assert broken_rules(cluster) == []
    cluster.vm("db-02").tags = "anti_db-01,node_12"
    assert broken_rules(cluster) == [
        "db-01 and db-02 are both on 127.0.0.11",
        "db-02 is on 127.0.0.11, where its tags do not want it",
    ]


def moved(cluster: Cluster, vm: str, route: tuple[int, int], started: float, ended: float) -> EndedMigration:
    source, target = (cluster.node(octet).id for octet in route)
    return EndedMigration(cluster.vm(vm).id, vm, source, target, started, ended, "COMPLETE", is_foreign=False)


def test_the_book_and_what_was_told_and_written(cluster: Cluster, tmp_path: Path) -> None:
    judge = Judge(cluster, False, 70.0)
    cluster.audit.migrations += [
        moved(cluster, "db-02", (11, 13), 0.0, 30.0),
        moved(cluster, "web-02", (13, 11), 20.0, 40.0),
        moved(cluster, "db-02", (13, 12), 50.0, 80.0),
    ]
    account = next(iter(cluster.access.accounts.values()))
    sessions = [cluster.access.log_in(account.username, account.password, 0.0) for _ in range(2)]
    judge.after()
    (tmp_path / "journal").write_text(account.password)
    judge.at_the_end([f"session {sessions[0].id}"], tmp_path)
    assert judge.wrong == [
        "web-02 was migrated while db-02 still was.",
        "db-02 was migrated again from where it had been sent.",
        "2 sessions were open at once.",
        "A session was left open.",
        "A secret was told.",
        "A secret was written down.",
    ]
