"""A reader that is cancelled while its reads fail: the cancellation is not lost, or nothing would end the reader."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from hctui.api.client import Client
from tests.api.fake import FakeCluster


async def test_a_cancellation_is_heeded_although_a_read_fails_at_the_same_time(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, refuse = asyncio.Event(), asyncio.Event()

    async with cluster.client() as client:
        await client.login()

        async def failing(self: Client) -> None:
            asked.set()
            await refuse.wait()
            raise httpx.ReadError("The connection broke.")

        monkeypatch.setattr(Client, "_conditions", failing)
        reading = asyncio.create_task(client.snapshot(0.0))
        await asked.wait()
        refuse.set()
        await asyncio.sleep(0)  # the failure is there, and the group about to be told of it
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
