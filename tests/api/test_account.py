import pytest

from hctui.api import wire
from hctui.api.account import MayMigrate, account

ACTION = wire.Role("r-act", "Movers", [None, wire.Permission("VirDomainAction")])
READ = wire.Role("r-read", "Read", [wire.Permission("VirDomainRead")])
POWER = wire.Role("r-power", "VM Power Controls")
ADMIN = wire.Role("r-admin", "Admin")
ROLES = [ACTION, READ, POWER, ADMIN]


@pytest.mark.parametrize(
    ("users", "roles", "names", "verdict"),
    [
        ([wire.User("me", ["r-read", "r-power"])], ROLES, ("Read", "VM Power Controls"), MayMigrate.YES),
        ([wire.User("me", ["r-admin"])], ROLES, ("Admin",), MayMigrate.YES),
        ([wire.User("me", ["r-act"])], ROLES, ("Movers",), MayMigrate.YES),
        ([wire.User("me", ["gone", "r-admin"])], ROLES, ("gone", "Admin"), MayMigrate.YES),
        ([wire.User("me", ["r-read", None])], ROLES, ("Read",), MayMigrate.NO),
        ([wire.User("me", None)], ROLES, (), MayMigrate.NO),
        ([wire.User("me", ["r-read", "gone"])], ROLES, ("Read", "gone"), MayMigrate.UNKNOWN),
        ([wire.User("me", ["r-read"])], None, ("r-read",), MayMigrate.UNKNOWN),
        ([wire.User("me", None)], None, (), MayMigrate.UNKNOWN),
        ([wire.User("you", ["r-admin"])], ROLES, (), MayMigrate.UNKNOWN),
        (None, ROLES, (), MayMigrate.UNKNOWN),
    ],
)
def test_roles_and_what_follows(
    users: list[wire.User] | None, roles: list[wire.Role] | None, names: tuple[str, ...], verdict: MayMigrate
) -> None:
    found = account("me", users, roles)
    assert (found.username, found.roles, found.may_migrate) == ("me", names, verdict)
