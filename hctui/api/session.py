"""The session of one account: opened when needed, renewed once when it is over, closed at the end.

Holds the password. Everybody who reads at the same time shares one session, and when it ends one login. Knows no
other request than login and logout.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass

from hctui.api import wire
from hctui.api.errors import ApiError, ApiSurprise, LoginRefused
from hctui.api.exchange import Exchange, Lost
from hctui.api.reply import API_ROOT, Reply, refusal
from hctui.api.text import harmless
from hctui.core.secret import Secret

_LOGOUT_SECONDS = 5.0
_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]+")  # RFC 6265


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One session.

    Attributes:
        id: what the cluster knows it by.
        login_number: counts the logins of one client from 1.
        renewed_for_403: it replaced one that met a 403, so a further 403 is believed.
    """

    id: Secret
    login_number: int
    renewed_for_403: bool = False

    def is_over(self, reply: Reply) -> bool:
        """Whether a read that was answered so is worth one more try in a new session.

        403 should mean a missing permission, but some versions may say it of an expired session.
        """
        return reply.says_session_ended or (reply.status == 403 and not self.renewed_for_403)


class Sessions:
    """At most one open session at a time."""

    def __init__(self, exchange: Exchange, username: str, password: Secret, *, oidc: bool) -> None:
        self._exchange = exchange
        self._username = username
        self._password = password
        self._oidc = oidc
        self._open: Session | None = None
        self._lock = asyncio.Lock()
        self._login_count = 0
        self._renewal_failure: tuple[Session, ApiError] | None = None

    async def current(self) -> Session:
        """The open session; logs in where there is none."""
        async with self._lock:
            if self._open is None:
                self._open = await self._log_in()
            return self._open

    async def login(self) -> None:
        """Opens a session; one that is open is closed first."""
        async with self._lock:
            await self._log_out()
            self._open = await self._log_in()

    async def logout(self) -> None:
        """Closes the session, if there is one, within 5 s; what the cluster says to it does not matter."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOGOUT_SECONDS), self._lock:
                await self._log_out()

    async def renew(self, used: Session, status: int) -> Session:
        """A session to go on with after a request in `used` was answered with `status`.

        Of several reads that meet the end of one session, the first logs in and the others take its session, or
        its failure: a wrong password is not tried once per read.
        """
        async with self._lock:
            if self._open is used:
                if status == 403:  # it may well be alive, and the number of sessions is limited
                    await self._log_out()
                self._open = None
            if self._open is None:
                if self._renewal_failure is not None and self._renewal_failure[0] is used:
                    raise self._renewal_failure[1]
                try:
                    self._open = await self._log_in(renewed_for_403=status == 403)
                except ApiError as error:
                    self._renewal_failure = (used, error)
                    raise
            return self._open

    async def _log_in(self, *, renewed_for_403: bool = False) -> Session:
        reply = await self._exchange.send(
            "POST",
            f"{API_ROOT}/login",
            label="/login",
            body=self._credentials(),
        )
        if isinstance(reply, Lost):
            raise reply.error
        if reply.status in (400, 401, 403):
            raise LoginRefused(
                f"user {harmless(self._username)!r} got HTTP {reply.status} ({reply.quote()}).",
                hint="Check user name and password, and how many sessions the account may have.",
            )
        if not reply.is_success:
            raise refusal(reply)
        session_id = _session_id(reply)
        self._login_count += 1
        return Session(session_id, self._login_count, renewed_for_403)

    def _credentials(self) -> Secret:
        return Secret(
            json.dumps(
                {"username": self._username, "password": self._password.reveal(), "useOIDC": self._oidc}
            )
        )

    async def _log_out(self) -> None:
        """With the lock held. A session that cannot be closed is given up."""
        session, self._open = self._open, None
        if session is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOGOUT_SECONDS):
                await self._exchange.send("POST", f"{API_ROOT}/logout", label="/logout", session=session.id)


def _session_id(reply: Reply) -> Secret:
    """The session id in the body of a login's answer or, failing that, in its cookie."""
    failure = None
    found = reply.session
    try:
        found = wire.decode(reply, wire.LOGIN).sessionID or found
    except ApiSurprise as surprise:
        failure = surprise
    if not found:
        raise failure or ApiSurprise("/login: neither the body nor a cookie holds a session id.")
    if not _COOKIE_VALUE.fullmatch(found.reveal()):
        raise ApiSurprise("/login: the session id has characters that a cookie cannot have.")
    return found
