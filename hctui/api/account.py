"""Which roles the account in use has, and whether it may migrate. Pure; knows no HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hctui.api import wire
from hctui.api.text import harmless

# Roles that include moving VMs, and the operation behind it, which a role lists among its permissions.
_MIGRATING_ROLES = frozenset({"Admin", "VM Power Controls"})
_MIGRATING_FUNCTION = "VirDomainAction"


class MayMigrate(StrEnum):
    """Whether the account may migrate VMs. Three answers: unknown is not "no"."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Account:
    """The account in use: its roles by name (an id where the name is not known) and what follows from them."""

    username: str
    roles: tuple[str, ...]
    may_migrate: MayMigrate


def account(username: str, users: list[wire.User] | None, roles: list[wire.Role] | None) -> Account:
    """Finds the account and its roles.

    Args:
        username: as used for the login.
        users: `None` when the account may not read them.
        roles: likewise.

    Returns:
        The account; the third answer when it is not listed (an external one) or a role of it cannot be looked up.
    """
    user = next((user for user in users or [] if user.username == username), None)
    if user is None:
        return Account(harmless(username), (), MayMigrate.UNKNOWN)
    ids = [role_id for role_id in user.roleUUIDs or [] if role_id]
    known = {role.uuid: role for role in roles or []}
    names = tuple(harmless((known[role_id].name if role_id in known else None) or role_id) for role_id in ids)
    if any(_migrates(known[role_id]) for role_id in ids if role_id in known):
        verdict = MayMigrate.YES
    elif roles is not None and all(role_id in known for role_id in ids):
        verdict = MayMigrate.NO
    else:
        verdict = MayMigrate.UNKNOWN
    return Account(harmless(username), names, verdict)


def _migrates(role: wire.Role) -> bool:
    functions = {permission.functionName for permission in role.permissions or [] if permission}
    return role.name in _MIGRATING_ROLES or _MIGRATING_FUNCTION in functions
