"""Which journal belongs to an address, without asking a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from hctui.core.model import ClusterInfo
from hctui.core.state import State
from hctui.journal import Journal, JournalError, describe, find, journals
from tests.journal.build import CLUSTER, START, decision, snapshot

OTHER = ClusterInfo("other-cluster", "branch-8", "9.4.30")


async def used(folder: Path, cluster: ClusterInfo, address: str, *times: float) -> Path:
    async with Journal.open(folder, cluster, address) as journal:
        for at in times:
            await journal.record_cycle(snapshot(at), decision(at), State())
        return journal.path


async def test_a_journal_tells_whose_it_is_and_what_it_covers(folder: Path) -> None:
    await used(folder, CLUSTER, "10.0.0.101", START, START + 30)
    path = await used(folder, CLUSTER, "10.0.0.102", START + 60)
    info = describe(path)
    assert (info.cluster_id, info.cluster_name, info.path) == (CLUSTER.id, CLUSTER.name, path)
    assert info.addresses == ("10.0.0.101", "10.0.0.102")
    assert (info.first_at, info.last_at) == (START, START + 60)


async def test_an_empty_journal_covers_nothing(folder: Path) -> None:
    info = describe(await used(folder, CLUSTER, "a"))
    assert (info.first_at, info.last_at) == (None, None)


async def test_a_renamed_cluster_keeps_its_journal(folder: Path) -> None:
    await used(folder, CLUSTER, "a", START)
    await used(folder, ClusterInfo(CLUSTER.id, "new name", CLUSTER.version), "a")
    assert [info.cluster_name for info in journals(folder)] == ["new name"]


async def test_a_journal_is_found_while_it_is_open(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, "10.0.0.101") as journal:
        found = find(folder, "10.0.0.101")
        assert found is not None
        assert found.path == journal.path


async def test_the_cluster_seen_last_at_an_address_is_meant(folder: Path) -> None:
    await used(folder, CLUSTER, "10.0.0.101", START)
    await used(folder, OTHER, "10.0.0.101", START + 1)
    found = find(folder, "10.0.0.101")
    assert found is not None
    assert found.cluster_id == OTHER.id
    assert [info.cluster_id for info in journals(folder)] == [OTHER.id, CLUSTER.id]
    assert find(folder, "10.0.0.199") is None


def test_no_folder_is_no_journal(tmp_path: Path) -> None:
    assert journals(tmp_path / "nothing") == []
    assert find(tmp_path / "nothing", "a") is None


async def test_a_damaged_file_hides_no_other_and_is_told_when_it_may_be_the_one(folder: Path) -> None:
    await used(folder, CLUSTER, "10.0.0.101", START)
    (folder / "damaged.sqlite").write_bytes(b"\0" * 5000)
    assert [info.cluster_id for info in journals(folder)] == [CLUSTER.id]
    assert find(folder, "10.0.0.101") is not None
    with pytest.raises(JournalError, match=r"damaged\.sqlite"):
        find(folder, "10.0.0.199")
