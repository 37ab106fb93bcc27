from dataclasses import replace
from pathlib import Path

import pytest

from hctui.core.model import Node
from hctui.core.state import State
from hctui.journal import Journal, JournalError, journal_path
from hctui.journal.last_nodes import LastNodes, last_nodes
from tests.journal.build import ADDRESS, CLUSTER, START, decision, node, snapshot


def at(lan_ip: str) -> Node:
    return replace(node(f"n-{lan_ip}"), lan_ip=lan_ip)


async def test_those_of_the_latest_sample_count(journal: Journal, folder: Path) -> None:
    for index, ips in enumerate((("10.0.0.11", "10.0.0.12"), ("10.0.0.12", "", "10.0.0.13"))):
        taken = snapshot(START + 30 * index, tuple(at(ip) for ip in ips))
        await journal.record_cycle(taken, decision(taken.taken_at), State())
    assert last_nodes(folder, ADDRESS) == LastNodes(CLUSTER.id, ("10.0.0.12", "10.0.0.13"))


async def test_without_a_sample_none_are_known(journal: Journal, folder: Path, tmp_path: Path) -> None:
    assert last_nodes(folder, ADDRESS) is None
    assert last_nodes(folder, "https://elsewhere") is None
    assert last_nodes(tmp_path / "nowhere", ADDRESS) is None


def test_a_journal_that_cannot_be_read_is_an_error_of_ours(folder: Path) -> None:
    folder.mkdir()
    journal_path(folder, CLUSTER.id).write_bytes(b"nonsense" * 100)
    with pytest.raises(JournalError):
        last_nodes(folder, ADDRESS)
