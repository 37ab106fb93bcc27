"""What commands are told of a balancer that does not run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hctui.core.state import State
from hctui.journal import Journal, journal_path
from hctui.journal.memory import read_names
from tests.journal.build import CLUSTER, START, decision, node, snapshot, vm


async def test_vms_and_nodes_are_called_as_in_the_latest_sample(journal: Journal, folder: Path) -> None:
    path = journal_path(folder, CLUSTER.id)
    assert read_names(path) == {}
    for index, name in enumerate(("web", "web-renamed")):
        taken = snapshot(START + 30 * index, (node("n1"),), (replace(vm("v1", "n1"), name=name),))
        await journal.record_cycle(taken, decision(taken.taken_at), State())
    assert read_names(path) == {"id-v1": "web-renamed", "id-n1": "n1"}
