"""What holds back the balancer's own moves, whichever VM they are of: the cluster cooldown, the budget, the windows.

A person is not bound by any of it, but for the cluster cooldown, which one may override; a move by hand counts for the
budget all the same. Knows no VM and no node.
"""

from __future__ import annotations

from hctui.core.calendar import closed, day_and_time, opens_at
from hctui.core.decision import Check, Reason, Verdict
from hctui.core.model import VmId
from hctui.core.policy import Policy, Strategy
from hctui.core.state import BUDGET_SECONDS, Ledger, remaining_seconds
from hctui.core.wording import count, duration, some_of

MOST_VM_DOUBLINGS = 3


def vm_cooldown_seconds(ledger: Ledger, vm_id: VmId, policy: Policy) -> float:
    """How long a VM rests after a move: under best-fit twice as long for each recent move before, up to eight times."""
    if policy.strategy is Strategy.DOCUMENTED:
        return policy.vm_cooldown_seconds
    moves = sum(departure.vm_id == vm_id for departure in ledger.departures)
    return policy.vm_cooldown_seconds * 2.0 ** min(max(moves - 1, 0), MOST_VM_DOUBLINGS)


def cluster_cooldown(ledger: Ledger, policy: Policy, now: float) -> Verdict:
    """No migration has ended within the cluster cooldown."""
    limit = policy.cluster_cooldown_seconds
    left = remaining_seconds(ledger.last_ended_at, limit, now)
    if left <= 0:
        return Verdict(Check.CLUSTER_COOLDOWN, True, "No cluster cooldown.", 0, limit)
    return Verdict(Check.CLUSTER_COOLDOWN, False, f"Cluster cooldown, {duration(left)} left.", left, limit)


def budget(ledger: Ledger, policy: Policy, now: float) -> Verdict:
    """There were fewer moves within the last hour than the policy allows."""
    limit = policy.most_moves_per_hour
    waits = (remaining_seconds(departure.at, BUDGET_SECONDS, now) for departure in ledger.departures)
    counting = sorted(wait for wait in waits if wait > 0)
    number = count(len(counting), "move")
    if not limit:
        return Verdict(Check.BUDGET, True, f"{number} within the last hour, without a limit.", len(counting))
    if len(counting) < limit:
        told = f"{number} within the last hour, of at most {limit}."
        return Verdict(Check.BUDGET, True, told, len(counting), limit)
    # The next may come once so many have left the hour that fewer than the limit are in it.
    left = counting[len(counting) - limit]
    told = (
        f"{number} within the last hour, and most_moves_per_hour allows {limit}: the next may come at "
        f"{day_and_time(now + left, policy.zone)}, in {duration(left)}."
    )
    return Verdict(Check.BUDGET, False, told, len(counting), limit)


def hours(policy: Policy, now: float) -> Verdict:
    """The windows allow to act now."""
    obstacle = closed(policy.act_only, policy.never, now, policy.zone)
    if obstacle is None:
        return Verdict(Check.HOURS, True, "No window forbids it.")
    where = "Within" if obstacle.setting == "never" else "Outside"
    windows = some_of([span.text for span in obstacle.spans], "window")
    opening = opens_at(policy.act_only, policy.never, now, policy.zone)
    then = "not within a week" if opening is None else f"next at {day_and_time(opening, policy.zone)}"
    return Verdict(Check.HOURS, False, f"{where} {obstacle.setting} ({windows}): {then}.")


def binding(ledger: Ledger, policy: Policy, now: float, reason: Reason | None = None) -> tuple[Verdict, ...]:
    """What binds a move of the balancer's for that reason; without one, what binds them all. In their order.

    A drain is a person's order: neither the budget nor the windows hold it up.
    """
    if reason is Reason.DRAIN:
        return (cluster_cooldown(ledger, policy, now),)
    verdicts = (cluster_cooldown(ledger, policy, now), budget(ledger, policy, now))
    return (*verdicts, hours(policy, now)) if policy.windows_bind_rules or reason is Reason.LOAD else verdicts
