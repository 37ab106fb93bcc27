"""What goes wrong in a long run, drawn by chance from a seed: each fault with how long it lasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from msgspec.structs import replace

from hctui.sim.quantities import Seconds
from hctui.sim.scenario import EventSpec, Scenario

MINUTE, HOUR = 60.0, 3600.0

Parameters = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault, what it is set with, and the shortest and longest time it lasts, seconds; `None`: it ends by itself."""

    fault: str
    given: Parameters
    lasts: tuple[float, float] | None


_BRIEF, _LONG = (20.0, 5 * MINUTE), (5 * MINUTE, 3 * HOUR)

# Not among them: what takes real seconds (slow answers), and what needs a real connection (TLS).
TROUBLES: tuple[Trouble, ...] = (
    Trouble("session_expired", {"times": 1}, None),
    Trouble("session_expired", {"path": "/VirDomain/action", "times": 1}, None),
    Trouble("forbidden", {"path": "/Condition/filter"}, _BRIEF),
    Trouble("action_refused", {"times": 1}, None),
    Trouble("bad_request", {"times": 1}, None),
    Trouble("proxy_error", {}, _BRIEF),
    Trouble("proxy_error", {"path": "/TaskTag/*"}, _BRIEF),
    Trouble("connection_dropped", {"path": "/VirDomain"}, _BRIEF),
    Trouble("answer_lost", {}, None),
    Trouble("task_tag_empty", {"times": 1}, None),
    Trouble("task_vanishes", {}, _BRIEF),
    Trouble("task_uninitialized", {"times": 3}, None),
    Trouble("task_error", {"times": 1}, None),
    Trouble("task_stuck", {"times": 1}, (2 * MINUTE, 2 * HOUR)),
    Trouble("task_without_move", {"times": 1}, None),
    Trouble("node_offline", {"node": 14}, _LONG),
    Trouble("node_unknown", {"node": 13}, _BRIEF),
    Trouble("node_evacuated", {"node": 12}, _LONG),
    Trouble("node_disallowed", {"node": 13}, _LONG),
    Trouble("node_cpu_missing", {"node": 11}, _LONG),
    Trouble("vm_cpu_missing", {"vm": "web-01"}, _LONG),
    Trouble("vm_stats_missing", {"vm": "app-01"}, _LONG),
    Trouble("tags_null", {"vm": "sql-02"}, _BRIEF),
    Trouble("update_running", {}, (10 * MINUTE, HOUR)),
    Trouble("update_status_unreadable", {}, _BRIEF),
    Trouble("condition_set", {}, _LONG),
    Trouble("foreign_migration", {"vm": "mail-01"}, None),
    Trouble("foreign_migration", {"vm": "web-02"}, None),
    Trouble("load_surge", {"vms": "shop-*", "factor": 2.5}, (HOUR, 8 * HOUR)),
    Trouble("load_surge", {"vms": "vdi-*", "factor": 3.0}, (HOUR, 8 * HOUR)),
    Trouble("load_surge", {"vms": "pos-*", "factor": 2.0}, (HOUR, 8 * HOUR)),
)


def events(chance: Random, seconds: float, mean_gap_seconds: float) -> Iterator[EventSpec]:
    """Troubles of so long a time, the first after a quiet hour."""
    at = HOUR
    while (at := at + chance.expovariate(1 / mean_gap_seconds)) < seconds:
        trouble = chance.choice(TROUBLES)
        lasts = None if trouble.lasts is None else Seconds(chance.uniform(*trouble.lasts))
        yield EventSpec(at=Seconds(at), fault=trouble.fault, for_=lasts, with_=trouble.given)


def troubled(scenario: Scenario, chance: Random, seconds: float, mean_gap_seconds: float) -> Scenario:
    """The scenario with troubles in place of its own events."""
    return replace(scenario, events=tuple(events(chance, seconds, mean_gap_seconds)))
