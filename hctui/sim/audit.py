"""What was asked of the cluster and what came of it, for tests and the demo to look at afterwards.

Part of no API: a real cluster keeps no such book.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

MigrationResult = Literal["COMPLETE", "ERROR", "UNMOVED"]


@dataclass(frozen=True, slots=True)
class Write:
    """A request that was to change the cluster, carried out or not.

    `status` is the HTTP status it was answered with, `None` if it got no answer. `was_handled`: it came as far
    as the endpoint, which may still have refused it. `at` is cluster time.
    """

    at: float
    method: str
    path: str
    body: object
    status: int | None
    was_handled: bool


@dataclass(frozen=True, slots=True)
class EndedMigration:
    """A live migration that has ended. Nodes are ids; times are Unix seconds.

    `is_foreign`: begun by the cluster itself or by a fault, not by a request. `UNMOVED`: the task said
    COMPLETE, the VM stayed.
    """

    vm_id: str
    vm_name: str
    source_id: str
    target_id: str
    started: float
    ended: float
    result: MigrationResult
    is_foreign: bool


@dataclass(slots=True)
class Audit:
    """The book. `requests` counts by method and path below /rest/v1, such as `GET /VirDomain/{uuid}`."""

    writes: list[Write] = field(default_factory=list)
    migrations: list[EndedMigration] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
