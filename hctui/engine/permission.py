"""Whether the account may migrate, found out before the first move and not by it, and told where it counts.

Only a warning: what a role of the cluster's own making permits is known by the API's names alone.
"""

from __future__ import annotations

from typing import Protocol

from hctui.api.account import Account, MayMigrate
from hctui.core.errors import HctuiError
from hctui.core.wording import listing
from hctui.engine.clock import Clock
from hctui.engine.desk import Desk
from hctui.engine.log import Log
from hctui.engine.view import Level, Line


class Accounts(Protocol):
    """Who tells of the account in use."""

    async def account(self) -> Account:
        """The account in use and what follows from its roles. Raises `HctuiError` if that cannot be read."""
        ...


def hindrance(account: Account) -> str:
    """That the account seems not to be allowed to migrate, in sentences; nothing where it is, or nobody knows."""
    if account.may_migrate is not MayMigrate.NO:
        return ""
    roles = listing(list(account.roles)) or "no role"
    return (
        f"NOT ALLOWED TO MIGRATE: {account.username} has {roles} and seems not to be allowed to migrate VMs. "
        "It needs the role VM Power Controls."
    )


async def look(accounts: Accounts, desk: Desk, clock: Clock, log: Log) -> None:
    """Look whether the account may migrate, keep that in the view, and warn; in a dry run it is no more than a remark.

    An account that cannot be read leaves what was known.
    """
    try:
        told = hindrance(await accounts.account())
    except HctuiError as error:
        log(Line(clock.now(), "unreadable", str(error), Level.WARNING))
        return
    desk.publish(hindrance=told)
    if not told:
        return
    if desk.view.policy.dry_run:
        log(Line(clock.now(), "no_permission", f"{told} A dry run does without."))
    else:
        log(Line(clock.now(), "no_permission", told, Level.WARNING))
