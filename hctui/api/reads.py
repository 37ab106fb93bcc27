"""Reading: one path of the API, as structs, in the session of the moment. Knows no core values and no other address.

A read is repeated once where its session turns out to be over, and otherwise never, because the next poll is the
repetition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote

import msgspec

from hctui.api import wire
from hctui.api.errors import ApiError, ApiSurprise
from hctui.api.exchange import ANSWER_LIMIT_BYTES, Exchange, Lost
from hctui.api.reply import API_ROOT, Reply, refusal
from hctui.api.session import Session, Sessions

NODES = "/Node"
VMS = "/VirDomain"
STATS = "/VirDomainStats"
TASKS = "/TaskTag"
CONDITIONS = "/Condition/filter?includeSet=true"
CLUSTERS = "/Cluster"
GPU_PROFILES = "/GPUProfile"
USERS = "/User"
ROLES = "/Role"
UPDATE_PATH = "/update/update_status.json"

# Seven times what the simulated cluster needs for 10,000 VMs; all other answers are small.
MOST_BYTES: Mapping[str, int] = {
    NODES: 8 * 2**20,
    VMS: 128 * 2**20,
    STATS: 32 * 2**20,
    TASKS: 32 * 2**20,
    CONDITIONS: 8 * 2**20,
}

_T = TypeVar("_T")


class Reads:
    """Reads from one cluster. Every method raises subclasses of `ApiError` and nothing else."""

    def __init__(self, exchange: Exchange, sessions: Sessions) -> None:
        self._exchange = exchange
        self._sessions = sessions

    async def all(self, path: str, decoder: msgspec.json.Decoder[list[_T | None]]) -> list[_T]:
        """All objects of a kind."""
        reply = await self._get(API_ROOT + path, path)
        if not reply.is_success:
            raise refusal(reply)
        return wire.decode_list(reply, decoder)

    async def all_or_none(self, path: str, decoder: msgspec.json.Decoder[list[_T | None]]) -> list[_T] | None:
        """Likewise, where nothing depends on it; `None` when they cannot be read."""
        try:
            return await self.all(path, decoder)
        except ApiError:
            return None

    async def one(self, path: str, key: str, decoder: msgspec.json.Decoder[list[_T | None]]) -> _T | None:
        """One object by its id, which the API answers with an array of none or one, or with 404."""
        path = f"{path}/{quote(key, safe='')}"
        reply = await self._get(API_ROOT + path, path)
        if reply.status == 404 and not reply.is_html:
            return None
        if not reply.is_success:
            raise refusal(reply)
        found = wire.decode_list(reply, decoder)
        if len(found) > 1:
            raise ApiSurprise(f"{path}: expected one object at most, got {len(found)}.")
        return found[0] if found else None

    async def update_file(self) -> Reply:
        """The answer for the update status, whatever it is; the file lies beside the API."""
        return await self._get(UPDATE_PATH, UPDATE_PATH)

    async def _get(self, path: str, label: str) -> Reply:
        """Reads once, and once more in a new session where the cluster's answer is that this one is over."""
        session = await self._sessions.current()
        reply = await self._get_in(session, path, label)
        if not session.is_over(reply):
            return reply
        session = await self._sessions.renew(session, reply.status)
        return await self._get_in(session, path, label)

    async def _get_in(self, session: Session, path: str, label: str) -> Reply:
        reply = await self._exchange.send(
            session.address,
            "GET",
            path,
            label=label,
            session=session.id,
            most_bytes=MOST_BYTES.get(label, ANSWER_LIMIT_BYTES),
        )
        if isinstance(reply, Lost):
            raise reply.error
        return reply
