from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.sim.bench import Bench, small_cluster


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench(small_cluster())
    async with bench.client:
        yield bench
