"""When a process is killed, and what it was in the middle of. Knows the journal on disk and the cluster's book."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random

from hctui.core.migration import Phase
from hctui.sim import Cluster
from tests.endurance.book import Row, rows_of


class Moment(StrEnum):
    """What is waited for before the kill, which comes by chance some time later."""

    ANY = "any time at all"
    INTENT = "an intent is on disk"
    ASKED = "the cluster has been asked"
    ENDED = "a migration has ended"


class Hit(StrEnum):
    """What the process was doing when it was killed, as the disk and the cluster show afterwards."""

    STARTING = "starting, before it had logged in"
    IDLE = "between migrations"
    UNSENT = "after the intent, before the cluster was asked"
    UNANSWERED = "after the cluster was asked, before the answer was written down"
    WATCHING = "watching a migration"


ANSWERED_WITHIN_SECONDS = 1.5
"""The slowest answer to a request to migrate."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a moment is recognised, and how the kill follows.

    Attributes:
        counted: what is to grow.
        growth: by how many.
        longest: the longest time from then to the kill, seconds.
        pause: between two looks, seconds. Without one the cluster's answer does not get ahead of the look.
    """

    counted: Callable[[Cluster, Path], int]
    growth: int
    longest: float
    pause: float = 0.002


SCHEMES: dict[Moment, Scheme] = {
    Moment.ANY: Scheme(lambda cluster, folder: 0, 0, 9.0),
    Moment.INTENT: Scheme(lambda cluster, folder: len(known_rows(folder)), 1, 0.001, pause=0.0),
    Moment.ASKED: Scheme(lambda cluster, folder: len(cluster.writes), 1, ANSWERED_WITHIN_SECONDS),
    Moment.ENDED: Scheme(lambda cluster, folder: len(cluster.ended_migrations), 1, 1.0),
}


def delay(moment: Moment, chance: Random) -> float:
    """From the moment to the kill, seconds."""
    return chance.uniform(0.0, SCHEMES[moment].longest)


def journal_of(folder: Path) -> Path | None:
    """The journal below a home folder, if it has been begun. Several would be a mistake.

    Raises:
        ValueError: there are several.
    """
    found = list(folder.rglob("*.sqlite"))
    if len(found) > 1:
        raise ValueError(f"There are {len(found)} journals.")
    return found[0] if found else None


def known_rows(folder: Path) -> list[Row]:
    """The migrations in that journal; none if it has not been begun."""
    path = journal_of(folder)
    try:
        return [] if path is None else rows_of(path)
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # it is being made
            return []
        raise


def hit(cluster: Cluster, rows: list[Row], has_logged_in: bool) -> Hit:
    """What a process was doing that has just been killed."""
    last = rows[-1] if rows else None
    if last is None or last.ended_at is not None:
        return Hit.IDLE if has_logged_in else Hit.STARTING
    if last.phase != Phase.INTENT:
        return Hit.WATCHING if has_logged_in else Hit.STARTING
    if not has_logged_in:
        return Hit.STARTING
    return Hit.UNANSWERED if any(write.at >= last.at for write in cluster.writes) else Hit.UNSENT
