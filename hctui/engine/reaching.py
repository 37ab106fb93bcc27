"""The way to the cluster, told: which address is used instead of the configured one, why, and since when again not.

What the client says of its way comes in, lines of the log and the contact of the view go out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hctui.api.route import RETURN_SECONDS, Reach
from hctui.core.wording import duration
from hctui.engine.desk import Desk
from hctui.engine.log import Log
from hctui.engine.view import Contact, Level, Line


def reached(contact: Contact, reach: Reach, latency_seconds: float | None) -> Contact:
    """The contact after a poll that succeeded."""
    return replace(contact, error="", latency_seconds=latency_seconds, reach=reach)


def not_reached(contact: Contact, reach: Reach, error: str) -> Contact:
    """The contact after a poll that failed: nothing is known of who answers, only of who must not be asked."""
    known = replace(contact.reach, passed_over=reach.passed_over)
    return replace(contact, error=error, reach=known)


def publish(desk: Desk, contact: Contact, log: Log) -> None:
    """Show a contact in the view, and tell what is new about the way to the cluster."""
    before = desk.view.contact
    desk.publish(contact=contact)
    for line in lines(before, contact, desk.now()):
        log(line)


def lines(before: Contact, after: Contact, at: float) -> Iterator[Line]:
    """What has changed in the way to the cluster. `at` is Unix seconds."""
    was, now = before.reach, after.reach
    for told in now.passed_over:
        if told not in was.passed_over:
            yield Line(at, "address_not_used", told, Level.WARNING)
    if now.via and now.via != was.via:
        told = f"Asking the node at {now.via} now, instead of {was.via or now.configured}."
        again = f"{now.configured} is tried again every {duration(RETURN_SECONDS)}. What is wrong there: {now.why}"
        data = {"address": now.via, "configured": now.configured}
        yield Line(at, "address_changed", f"{told} {again}", Level.WARNING, data)
    elif was.via and not now.via:
        data = {"address": now.configured, "configured": now.configured}
        told = f"{now.configured} answers again, and is asked again instead of the node at {was.via}."
        yield Line(at, "address_changed", told, Level.INFO, data)
