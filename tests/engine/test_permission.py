"""An account that may not migrate is noticed at first contact, kept in the view, and told as loud as it matters."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from hctui.api.account import Account, MayMigrate
from hctui.api.errors import ApiTrouble
from hctui.core.policy import Policy
from hctui.engine.clock import SteppedClock
from hctui.engine.desk import Desk
from hctui.engine.permission import hindrance, look
from hctui.engine.view import Contact, Level, Line
from tests.core.build import DRY, NOW
from tests.engine.given import settings_of

LIVE = Policy(dry_run=False)
VIEWER = Account("viewer", ("Read",), MayMigrate.NO)
TOLD = (
    "NOT ALLOWED TO MIGRATE: viewer has Read and seems not to be allowed to migrate VMs. "
    "It needs the role VM Power Controls."
)


@dataclass
class Cluster:
    """Tells of one account, or of none."""

    known: Account | None
    lines: list[Line] = field(default_factory=list)

    async def account(self) -> Account:
        if self.known is None:
            raise ApiTrouble("HTTP 500.")
        return self.known


def desk(policy: Policy) -> Desk:
    return Desk(settings_of(policy), Contact("https://cluster", "TLS pinned"), SteppedClock(NOW))


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (VIEWER, TOLD),
        (Account("guest", (), MayMigrate.NO), TOLD.replace("viewer has Read", "guest has no role")),
        (Account("balancer", ("Read", "VM Power Controls"), MayMigrate.YES), ""),
        (Account("external", (), MayMigrate.UNKNOWN), ""),
    ],
)
def test_only_an_account_that_certainly_lacks_it_is_hindered(account: Account, told: str) -> None:
    assert hindrance(account) == told


@pytest.mark.parametrize(
    ("policy", "level", "text"),
    [(LIVE, Level.WARNING, TOLD), (DRY, Level.INFO, f"{TOLD} A dry run does without.")],
)
async def test_it_is_in_the_view_in_a_dry_run_too_and_a_warning_only_live(
    policy: Policy, level: Level, text: str
) -> None:
    here, cluster = desk(policy), Cluster(VIEWER)
    await look(cluster, here, SteppedClock(NOW), cluster.lines.append)
    assert here.view.hindrance == TOLD
    assert cluster.lines == [Line(NOW, "no_permission", text, level)]


async def test_a_role_that_was_given_since_ends_it() -> None:
    here, cluster = desk(DRY), Cluster(VIEWER)
    await look(cluster, here, SteppedClock(NOW), cluster.lines.append)
    cluster.known = Account("viewer", ("VM Power Controls",), MayMigrate.YES)
    await look(cluster, here, SteppedClock(NOW), cluster.lines.append)
    assert here.view.hindrance == ""
    assert len(cluster.lines) == 1


async def test_what_cannot_be_read_leaves_what_was_known_and_is_told() -> None:
    here, cluster = desk(DRY), Cluster(VIEWER)
    await look(cluster, here, SteppedClock(NOW), cluster.lines.append)
    cluster.known = None
    await look(cluster, here, SteppedClock(NOW), cluster.lines.append)
    assert here.view.hindrance == TOLD
    assert [line.event for line in cluster.lines] == ["no_permission", "unreadable"]
