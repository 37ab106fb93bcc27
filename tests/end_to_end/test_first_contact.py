"""The first contact: what ends a start, what only holds it up, and what is said before anything is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from hctui.api.errors import ApiError
from hctui.engine.commands import ChangeSettings
from hctui.sim.gate import ConnectionDropped
from tests.end_to_end.world import MINUTE, World


class Translated(httpx.AsyncBaseTransport):
    """The in-process way to the cluster, with a dropped connection as a network shows it."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except ConnectionDropped as error:
            raise httpx.RemoteProtocolError("dropped") from error


REFUSALS: dict[str, tuple[str, dict[str, Any]]] = {
    "the account lacks a right": ("forbidden", {"path": "/Node"}),
    "a proxy answers": ("proxy_error", {}),
    "nobody answers": ("connection_dropped", {}),
    "a list that is none": ("bad_request", {"path": "/Node"}),
}


@pytest.mark.parametrize("fault", REFUSALS)
async def test_what_may_mend_itself_or_be_mended_at_the_cluster_does_not_end_a_start(
    tmp_path: Path, fault: str
) -> None:
    world = World(tmp_path, wire=Translated)
    name, given = REFUSALS[fault]
    world.cluster.faults.set(name, **given)
    world.cluster.world.after(2 * MINUTE, lambda: world.cluster.faults.clear(name))
    lines = await world.run(5 * MINUTE)
    first = next(line.text for line in lines if line.event == "unreadable")
    assert first.endswith("Trying again in 30 s.")
    assert (fault == "the account lacks a right") == ("needs the role Read" in first)
    assert any(line.event == "connected" for line in lines)


@pytest.mark.parametrize("fault", REFUSALS)
async def test_with_one_try_only_it_does(tmp_path: Path, fault: str) -> None:
    world = World(tmp_path, wire=Translated)
    name, given = REFUSALS[fault]
    world.cluster.faults.set(name, **given)
    with pytest.raises(ApiError):
        await world.run(5 * MINUTE, once=True)


async def test_it_says_live_only_once_it_is_known_that_nobody_holds_a_dry_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.run(MINUTE, commands=(ChangeSettings({"dry_run": "true"}),))
    lines = await world.run(MINUTE)
    (connected,) = (line.text for line in lines if line.event == "connected")
    assert "DRY RUN: nothing is migrated" in connected
    assert not any("LIVE" in line.text for line in lines)
