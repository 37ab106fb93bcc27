"""Faults of the connection over real ones, in virtual time: what the matrix has in their place is no invention."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from hctui.sim.serving import serve
from tests.end_to_end.world import World
from tests.faults.case import Phase, run
from tests.faults.expectations import ROWS
from tests.faults.verdict import complaints

TIMEOUT_SECONDS, LATE_SECONDS = 0.1, 0.2
CLIENT_SECONDS = 15.0
"""The client's own time-out, to which its patience with a login is in proportion."""


class Wire(httpx.AsyncBaseTransport):
    """TLS to the port at which the cluster is served, with less patience than the client has by itself."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._inner = httpx.AsyncHTTPTransport(verify=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(port=self._port)
        read = request.extensions["timeout"]["read"] * TIMEOUT_SECONDS / CLIENT_SECONDS
        request.extensions["timeout"] = httpx.Timeout(TIMEOUT_SECONDS, connect=5.0, read=read).as_dict()
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


@asynccontextmanager
async def over_tls(world: World) -> AsyncIterator[httpx.AsyncBaseTransport]:
    async with serve(world.cluster, now=world.clock.now, sleep=asyncio.sleep) as server:
        yield Wire(server.port)


REAL = (
    ("tls_broken", Phase.DECIDING),
    ("tls_broken", Phase.SENDING),
    ("connection_dropped: whatever is asked", Phase.SENDING),
    ("slow_answers: later than the time-out", Phase.DECIDING),
)


@pytest.mark.parametrize(("title", "phase"), REAL)
async def test_a_connection_that_fails_over_tls(tmp_path: Path, title: str, phase: Phase) -> None:
    row = next(row for row in ROWS if row.title == title)
    given = {key: LATE_SECONDS if key == "seconds" else value for key, value in row.given.items()}
    ran = await run(tmp_path, replace(row.fault, given=given, lasts_seconds=60.0), phase, over_tls)
    assert list(complaints(row, phase, ran)) == []
