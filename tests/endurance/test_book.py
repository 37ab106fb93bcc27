"""The comparison of journal and cluster itself: what fits, what does not, and the case that it once got wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from hctui.core.migration import Phase
from hctui.sim.audit import EndedMigration, MigrationResult, Write
from tests.endurance.book import Book, Row, disagreements
from tests.endurance.life import Life

VM, THERE, ELSEWHERE = "vm-1", "node-2", "node-3"


def row(at: float, phase: str, ended_at: float | None = None) -> Row:
    return Row(VM, "web", THERE, at, phase, at + 30 if ended_at is None else ended_at)


def write(at: float, status: int | None = 200, target: str = THERE) -> Write:
    body = [{"virDomainUUID": VM, "actionType": "LIVEMIGRATE", "nodeUUID": target}]
    return Write(at, "POST", "/rest/v1/VirDomain/action", body, status, was_handled=True)


def migration(
    started: float, result: MigrationResult = "COMPLETE", *, is_foreign: bool = False
) -> EndedMigration:
    return EndedMigration(VM, "web", "node-1", THERE, started, started + 20, result, is_foreign)


MOVED = (write(100),), (migration(100),)


@pytest.mark.parametrize(
    ("rows", "writes", "migrations"),
    [
        ([row(100, Phase.ARRIVED)], *MOVED),
        ([row(100, Phase.GIVEN_UP)], *MOVED),
        ([row(100, Phase.FAILED)], [write(100)], [migration(100, "ERROR")]),
        ([row(100, Phase.FAILED)], [write(100)], [migration(100, "UNMOVED")]),
        ([row(100, Phase.FAILED)], [write(100, None)], []),
        ([row(100, Phase.FAILED)], [write(100, 502)], []),
        ([row(100, Phase.ARRIVED)], [write(100, None)], [migration(100)]),
        ([row(100, Phase.NOT_STARTED)], [write(100, 401)], []),
        ([row(100, Phase.NOT_STARTED)], [], []),
        # Somebody else brought it there while we watched a request that had got no answer.
        ([row(100, Phase.ARRIVED)], [write(100, None)], [migration(105, is_foreign=True)]),
        # Refused, and asked again one poll later: two rows, two requests.
        (
            [row(100, Phase.NOT_STARTED, 100), row(160, Phase.ARRIVED)],
            [write(100, 401), write(160)],
            [migration(160)],
        ),
    ],
)
def test_what_fits_is_passed(rows: list[Row], writes: list[Write], migrations: list[EndedMigration]) -> None:
    assert list(disagreements(rows, Book(writes, migrations, cooldown_seconds=60))) == []


@pytest.mark.parametrize(
    ("rows", "writes", "migrations", "part"),
    [
        ([], *MOVED, "does not know of the request at 100.0"),
        ([row(100, Phase.NOT_STARTED)], *MOVED, "says 'not started', but the cluster moved it"),
        ([row(100, Phase.FAILED)], *MOVED, "says 'failed', but the cluster moved it"),
        ([row(100, Phase.RUNNING)], *MOVED, "says 'running', but the cluster moved it"),
        ([row(100, Phase.ARRIVED)], [write(100)], [migration(100, "ERROR")], "and the VM stayed"),
        ([row(100, Phase.ARRIVED)], [write(100, None)], [], "neither yes nor no"),
        ([row(100, Phase.FAILED)], [write(100, 401)], [], "says 'failed', but the cluster refused it"),
        ([row(100, Phase.FAILED)], [], [], "says 'failed', but the request never reached the cluster"),
        ([row(100, Phase.ARRIVED)], [], [migration(50, is_foreign=True)], "never reached"),
        ([row(100, Phase.ARRIVED)], [write(100), write(125, 500)], [migration(100)], "asked 2 times"),
        ([row(100, Phase.ARRIVED)], [write(100, target=ELSEWHERE)], [], "asked for something else"),
        ([row(100, Phase.ARRIVED)], [write(111)], [migration(111)], "11.0 s after it was written down"),
        (
            [row(100, Phase.ARRIVED), row(110, Phase.NOT_STARTED)],
            [write(100), write(110, 500)],
            [migration(100)],
            "asked for at 110.0 while web was still being migrated",
        ),
        (
            [row(100, Phase.ARRIVED), row(189, Phase.NOT_STARTED)],
            [write(100), write(189, 500)],
            [migration(100)],
            "asked for 59.0 s after web had ended",
        ),
        (
            [row(100, Phase.ARRIVED, 105), row(170, Phase.NOT_STARTED)],
            [write(100), write(170, 500)],
            [migration(100)],
            "asked 50.0 s after the migration of web had ended",
        ),
    ],
)
def test_what_does_not_fit_is_said(
    rows: list[Row], writes: list[Write], migrations: list[EndedMigration], part: str
) -> None:
    assert any(part in told for told in disagreements(rows, Book(writes, migrations, cooldown_seconds=60)))


@pytest.mark.parametrize("arrived", [[], [write(100, 401)]])
def test_only_where_a_run_was_stopped_may_the_next_one_find_no_trace(arrived: list[Write]) -> None:
    rows = [row(100, Phase.FAILED, 170)]
    assert list(disagreements(rows, Book(arrived, [], stops=(100.5,)))) == []
    assert list(disagreements(rows, Book(arrived, [], stops=(99.0, 171.0)))) != []


async def test_a_request_refused_one_poll_before_it_is_granted_is_no_disagreement(tmp_path: Path) -> None:
    """The long run of seed 1 had four of these: the comparison took the refused row for the one that was granted."""
    life = Life(tmp_path, seed=1, hours=0.5)
    life.world.cluster.faults.set("session_expired", path="/VirDomain/action", times=1)
    await life.run(1800.0, is_dry=False)
    life.compare()
    assert [write.status for write in life.world.cluster.writes][:2] == [401, 200]
    assert [row.phase for row in life.requested()][:2] == [Phase.NOT_STARTED, Phase.ARRIVED]
    assert life.wrong == []
