"""Who takes part in the quality benchmark: the strategies, the dial of the front, and best-fit less one ingredient.

Every contender has the same thresholds: CPU 80 and 50, RAM 70. What no setting switches off is switched off here, by
exchanging a piece of the core for as long as one run lasts, so that the core carries nothing for the sake of this.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

from hctui.core import balancer, best_fit, checks, policy, relief, restraint
from hctui.core.balancer import watched
from hctui.core.migration import Look, Migration
from hctui.core.policy import Policy, Strategy
from hctui.core.state import State

DOCUMENTED = Policy(dry_run=False, strategy=Strategy.DOCUMENTED)
BEST_FIT = replace(DOCUMENTED, strategy=Strategy.BEST_FIT, cluster_cooldown_seconds=60.0)

Exchange = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Contender:
    """A policy, and what else is different while it runs."""

    name: str
    policy: Policy
    is_blind: bool = False
    exchange: Exchange = nullcontext


def _best(name: str, exchange: Exchange = nullcontext, **settings: float) -> Contender:
    return Contender(name, replace(BEST_FIT, **settings), exchange=exchange)  # type: ignore[arg-type]


def _set(module: object, name: str, value: object) -> Exchange:
    return lambda: mock.patch.object(module, name, value)


def _forgets() -> AbstractContextManager[Any]:
    """All samples go once a migration has ended, as under the documented rule."""

    def ended(state: State, seen: Look, rules: Policy, now: float) -> tuple[State, Migration]:
        state, migration = watched(state, seen, rules, now)
        return (replace(state, samples=()) if migration.phase.is_end else state), migration

    return mock.patch.object(balancer, "watched", ended)


def _by_own_percent(pair: best_fit.Pair) -> tuple[float, str, str]:
    """The documented order: busiest first by percent of their own vCPUs, to the coolest node."""
    return -(pair.vm.cpu_percent or 0.0), pair.vm.id, f"{pair.score.target_before:09.4f}"


NOTHING = Contender("nothing", replace(BEST_FIT, level=1))
STRATEGIES = (
    NOTHING,
    Contender("documented", DOCUMENTED),
    Contender("documented, blind", DOCUMENTED, is_blind=True),
    Contender("best-fit", BEST_FIT),
)

COSTS = (2.0, 3.5, 5.0, 8.0, 12.0)
FRONT = (
    *(_best(f"move cost {cost:g}", move_cost_points=cost) for cost in COSTS),
    *(_best(f"level {level}", level=level) for level in (2, 4, 5)),
)

INGREDIENTS = (
    _best("history forgotten after a move", _forgets),
    _best("VMs ranked by % of own vCPUs", _set(best_fit.Pair, "order", property(_by_own_percent))),
    _best("relief at the trigger", cpu_relief_percent=80.0),
    _best("targets on one window", _set(checks, "_over_the_hour", lambda s, vm, node: None)),
    _best("no margin at targets", target_margin_points=0.0),
    _best("no cost of filling up", _set(relief, "FILL_COST", 0.0)),
    _best("no cost per GiB", gib_cost_points=0.0),
    _best("no fixed cost", move_cost_points=0.0),
    _best("cluster cooldown 300 s", cluster_cooldown_seconds=300.0),
    _best("VM cooldown not doubled", _set(restraint, "MOST_VM_DOUBLINGS", 0)),
    _best("no k of n", _set(relief, "PERSISTENT_SHARE", 0.0)),
    _best("trend not looked at", _set(relief, "falling_to", lambda s, need: None)),
    _best("judged by the whole window", _set(policy, "JUDGED_SHARE", 1.0)),
    _best("no return ban", return_ban_seconds=0.0),
    _best("no moves per hour", most_moves_per_hour=0),
)

BY_NAME = {each.name: each for each in (*STRATEGIES, *FRONT, *INGREDIENTS)}
