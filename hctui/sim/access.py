"""Accounts, sessions, and who may do what.

Knows nothing of HTTP. Session ids follow from the seed, so that runs repeat exactly: this is a simulator, and
its sessions protect nothing.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from hctui.sim.noise import identifier
from hctui.sim.permissions import ROLES
from hctui.sim.scenario import AccountSpec


class LoginError(Exception):
    """Wrong credentials, or too many sessions."""


@dataclass(slots=True)
class Session:
    """One open session. The id is what a client proves itself with, so it is not shown."""

    id: str = field(repr=False)
    username: str
    opened: float
    used: float


class Access:
    """The accounts of the cluster and their open sessions."""

    def __init__(self, accounts: tuple[AccountSpec, ...], seed: int, idle_seconds: float) -> None:
        self.accounts = {account.username: account for account in accounts}
        self._seed = seed
        self._idle_seconds = idle_seconds
        self._sessions: dict[str, Session] = {}
        self._opened = 0

    def log_in(self, username: str, password: str, now: float) -> Session:
        """Open a session.

        Raises:
            LoginError: the credentials are wrong, or the account has as many sessions open as it may.
        """
        account = self.authenticate(username, password)
        if account is None:
            raise LoginError("Invalid username or password")
        open_now = sum(session.username == username for session in self.open_sessions(now))
        if 0 < account.session_limit <= open_now:
            raise LoginError("Session limit reached")
        self._opened += 1
        session = Session(identifier("session", self._seed, username, self._opened), username, now, now)
        self._sessions[session.id] = session
        return session

    def authenticate(self, username: str, password: str) -> AccountSpec | None:
        """The account, if the password is its own."""
        account = self.accounts.get(username)
        if account and hmac.compare_digest(password.encode(), account.effective_password.encode()):
            return account
        return None

    def use(self, session_id: str, now: float) -> AccountSpec | None:
        """The account of a session that is open, which thereby stays open longer."""
        self.open_sessions(now)
        session = self._sessions.get(session_id)
        if session is None:
            return None
        session.used = now
        return self.accounts[session.username]

    def end(self, session_id: str) -> None:
        """Close a session; no matter if there is none."""
        self._sessions.pop(session_id, None)

    def open_sessions(self, now: float) -> tuple[Session, ...]:
        """The sessions that are open; those idle for too long are closed on the way."""
        for session in tuple(self._sessions.values()):
            if now - session.used > self._idle_seconds:
                self.end(session.id)
        return tuple(self._sessions.values())


def permits(account: AccountSpec, operation: str) -> bool:
    """Whether any of the account's roles permits the operation."""
    return any(operation in ROLES[role] for role in account.roles)
