"""The session of one account: opened when needed, renewed once when it is over, closed at the end.

Holds the password. Everybody who reads at the same time shares one session, and when it ends one login. Whether a
session is known to one node or to the whole cluster is not documented, so it is used only at the address where it was
opened, and closed before another is opened elsewhere. Knows no other request than login and logout.

A login whose answer nobody reads opens a session that nobody can close. So a login is waited for much longer than
anything else, and while its answer is to come no other is sent to that address.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import deque
from dataclasses import dataclass

from hctui.api import wire
from hctui.api.address import Address
from hctui.api.cancellation import finished
from hctui.api.errors import ApiError, ApiSurprise, LoginPending, LoginRefused
from hctui.api.exchange import Exchange, Lost
from hctui.api.reply import API_ROOT, Reply, refusal
from hctui.api.text import harmless
from hctui.core.secret import Secret

_LOGOUT_SECONDS = 5.0
_LAST_LOGIN_SECONDS = 10.0
"""So long the end waits for a login whose answer is to come, to close what it opened."""

_LOGIN_FACTOR = 4
_MOST_LOGIN_FACTOR = 64
"""The answer to a login may take so many time-outs; twice as many after one that had none, up to the second figure."""

_MOST_LEFT = 8
_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]+")  # RFC 6265


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One session.

    Attributes:
        id: what the cluster knows it by.
        address: where it was opened.
        login_number: counts the logins of one client from 1.
        renewed_for_403: it replaced one that met a 403, so a further 403 is believed.
    """

    id: Secret
    address: Address
    login_number: int
    renewed_for_403: bool = False

    def is_over(self, reply: Reply) -> bool:
        """Whether a read that was answered so is worth one more try in a new session.

        403 should mean a missing permission, but some versions may say it of an expired session.
        """
        return reply.says_session_ended or (reply.status == 403 and not self.renewed_for_403)


class Sessions:
    """At most one open session at a time.

    Opening and closing are carried through for some seconds although whoever asked is cancelled: a session whose id
    was not read any more could not be closed by anybody.
    """

    def __init__(
        self, exchange: Exchange, address: Address, username: str, password: Secret, *, oidc: bool
    ) -> None:
        self._exchange = exchange
        self._address = address
        self._username = username
        self._password = password
        self._oidc = oidc
        self._open: Session | None = None
        self._left: deque[Session] = deque(maxlen=_MOST_LEFT)  # perhaps open still: they could not be closed
        self._lock = asyncio.Lock()
        self._logins: dict[Address, asyncio.Task[Reply | Lost]] = {}  # whose answers nobody has taken yet
        self._login_factor = _LOGIN_FACTOR
        self._login_count = 0
        self._renewal_failure: tuple[Session, ApiError] | None = None

    async def current(self) -> Session:
        """The open session; logs in where there is none."""
        async with self._lock:
            if self._open is None:
                return await finished(self._log_in(), _LOGOUT_SECONDS)
            return self._open

    async def login(self) -> None:
        """Opens a session; one that is open is closed first."""
        async with self._lock:
            await finished(self._anew(), _LOGOUT_SECONDS)

    async def logout(self) -> None:
        """Closes the session, if there is one, within 5 s; what the cluster says to it does not matter.

        Those that could not be closed before are tried once more.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOGOUT_SECONDS), self._lock:
                self._leave_unclaimed()
                before = tuple(self._left)
                await self._log_out()
                for session in before:
                    await self._close(session, session.address)

    async def close(self) -> None:
        """Like `logout`, for good: what a login opens whose answer is to come within some seconds is closed as well."""
        if self._logins:
            await asyncio.wait(self._logins.values(), timeout=_LAST_LOGIN_SECONDS)
        await self.logout()
        for login in self._logins.values():
            login.cancel()
        await asyncio.gather(*self._logins.values(), return_exceptions=True)

    async def leave(self, address: Address) -> None:
        """Makes `address` the one to log in at from now on. Nobody answers where it was done before.

        An open session is closed over the new address, which helps if sessions are those of the whole cluster, and
        otherwise once its own address is used again.
        """
        async with self._lock:
            self._leave_unclaimed()
            session, self._open, self._address = self._open, None, address
            if session is not None:
                self._left.append(session)

    async def move(self, address: Address) -> None:
        """Like `leave`, where somebody does answer: an open session is closed first."""
        async with self._lock:
            await finished(self._log_out(), _LOGOUT_SECONDS)
            self._leave_unclaimed()
            self._address = address

    async def renew(self, used: Session, status: int) -> Session:
        """A session to go on with after a request in `used` was answered with `status`.

        Of several reads that meet the end of one session, the first logs in and the others take its session, or
        its failure: a wrong password is not tried once per read.
        """
        async with self._lock:
            if self._open is not used and self._open is not None:
                return self._open
            if self._renewal_failure is not None and self._renewal_failure[0] is used:
                raise self._renewal_failure[1]
            try:
                return await finished(self._anew(renewed_for_403=status == 403), _LOGOUT_SECONDS)
            except ApiError as error:
                self._renewal_failure = (used, error)
                raise

    async def _anew(self, *, renewed_for_403: bool = False) -> Session:
        # Closed also if it is said to be over: it may well be alive, and the number of sessions is limited.
        await self._log_out()
        return await self._log_in(renewed_for_403=renewed_for_403)

    async def _log_in(self, *, renewed_for_403: bool = False) -> Session:
        """With the lock held."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOGOUT_SECONDS):
                for session in tuple(self._left):
                    await self._close(session, self._address)
        reply = await self._answer()
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
        self._open = Session(session_id, self._address, self._login_count, renewed_for_403)
        return self._open

    async def _answer(self) -> Reply | Lost:
        """What is said to the login at the address in use. One that is under way there is gone on with.

        Raises:
            LoginPending: nothing yet, within the time that any answer may take.
        """
        address, seconds = self._address, self._exchange.timeout_seconds
        if address not in self._logins:
            self._logins[address] = asyncio.create_task(self._ask(address))
        login = self._logins[address]
        await asyncio.wait({login}, timeout=seconds)
        if not login.done():
            raise LoginPending(f"{address} (POST /login): no answer within {seconds:g} s. It is waited for.")
        self._logins.pop(address, None)
        return login.result()

    async def _ask(self, address: Address) -> Reply | Lost:
        """Sends a login; one that is answered when the address is no longer in use is undone."""
        seconds = self._login_factor * self._exchange.timeout_seconds
        reply = await self._exchange.send(
            address,
            "POST",
            f"{API_ROOT}/login",
            label="/login",
            body=self._credentials(),
            answer_seconds=seconds,
        )
        is_lost = isinstance(reply, Lost) and reply.sent
        self._login_factor = min(2 * self._login_factor, _MOST_LOGIN_FACTOR) if is_lost else _LOGIN_FACTOR
        if address != self._address:
            if session := self._opened(reply, address):
                await self._close(session, address)
            self._logins.pop(address, None)
        return reply

    def _leave_unclaimed(self) -> None:
        """What logins have opened whose answers came when nobody waited any more is to be closed."""
        for address, login in tuple(self._logins.items()):
            if login.done():
                del self._logins[address]
                if session := self._opened(login.result(), address):
                    self._left.append(session)

    @staticmethod
    def _opened(reply: Reply | Lost, address: Address) -> Session | None:
        """The session that a login at an address has opened, if it has, to be closed again."""
        if isinstance(reply, Reply) and reply.is_success:
            with contextlib.suppress(ApiSurprise):
                return Session(_session_id(reply), address, 0)
        return None

    def _credentials(self) -> Secret:
        return Secret(
            json.dumps(
                {"username": self._username, "password": self._password.reveal(), "useOIDC": self._oidc}
            )
        )

    async def _log_out(self) -> None:
        """With the lock held."""
        session, self._open = self._open, None
        if session is not None:
            await self._close(session, session.address)

    async def _close(self, session: Session, at: Address) -> None:
        """Closes a session over an address; it is remembered until that, or another try, has done it."""
        if session not in self._left:
            self._left.append(session)
        reply: Reply | Lost | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOGOUT_SECONDS):
                reply = await self._exchange.send(
                    at, "POST", f"{API_ROOT}/logout", label="/logout", session=session.id
                )
        # Another node may know nothing of a session that is open at its own.
        is_over = isinstance(reply, Reply) and reply.says_session_ended and at == session.address
        if is_over or (isinstance(reply, Reply) and reply.is_success):
            with contextlib.suppress(ValueError):  # there were too many to remember it
                self._left.remove(session)


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
