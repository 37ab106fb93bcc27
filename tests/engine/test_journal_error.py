"""A journal that cannot be written shows in the view, for as long as that is so."""

from __future__ import annotations

from tests.core.build import DRY, NOW, cluster, node
from tests.engine.stand_in import stage


async def test_the_view_says_so_until_a_cycle_is_written_again() -> None:
    s = stage(cluster([node(1), node(2)]), policy=DRY)
    s.memory.failing = {"record_cycle"}
    await s.engine.run(until=NOW + 10)
    assert "record_cycle failed." in s.desk.view.journal_error
    s.memory.failing = set()
    await s.engine.run(until=NOW + 50)
    assert s.desk.view.journal_error == ""
