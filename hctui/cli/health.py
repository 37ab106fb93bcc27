"""How a balancer is, for people and for monitoring: facts of a view, and whether that is well. Pure.

Well is: it reads its cluster, and could act if there were something to do. A person's pause, a dry run and a cooldown
are intended and so are well; standing down, failures and data that is old are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from hctui.core import draining
from hctui.core.decision import Decision, Outcome
from hctui.core.migration import Migration
from hctui.core.model import NodeId, Snapshot, VmId
from hctui.core.policy import Policy
from hctui.core.proposals import route
from hctui.core.state import Ledger, State, back_off_seconds, remaining_seconds
from hctui.core.wording import duration
from hctui.engine.view import Level, Line, View


class Health(IntEnum):
    """What `hctui status` exits with."""

    WELL = 0
    UNWELL = 1
    UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that rests, for so long still."""

    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal that waits for a person, for so long still."""

    id: int
    move: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Condition:
    """How one cluster's balancer is. Times are Unix seconds; `None` is not known, or not so.

    Attributes:
        cluster: its name; its address while it has told none.
        addresses: where it is reached, as the settings say.
        via: the node that is asked instead, host and port; `None` while none is.
        via_since: when the address of the settings was left.
        via_why: what was wrong there.
        not_used: addresses at which somebody answers who is not asked, and why, in sentences.
        pid: the process; `None` if none runs.
        version: of that hctui.
        health: for monitoring.
        problems: in sentences, why it is not well.
        mode: `auto` or `approve`.
        dry_run: whether nothing is migrated.
        paused: whether nothing is decided.
        data_at: when the cluster was read last.
        decided_at: when it was decided last.
        outcome: what that came to.
        sentence: and why.
        drain: the node that is being drained, or is, and how far.
        migration: the one under way.
        proposal: the one that waits.
        waits: what rests, the longest first.
        error_at: when the last error was told.
        error: what it said.
    """

    cluster: str
    addresses: tuple[str, ...]
    health: Health
    problems: tuple[str, ...]
    via: str | None = None
    via_since: float | None = None
    via_why: str | None = None
    not_used: tuple[str, ...] = ()
    pid: int | None = None
    version: str = ""
    mode: str | None = None
    dry_run: bool | None = None
    paused: bool | None = None
    data_at: float | None = None
    decided_at: float | None = None
    outcome: str | None = None
    sentence: str | None = None
    drain: str | None = None
    migration: str | None = None
    proposal: Waiting | None = None
    waits: tuple[Wait, ...] = ()
    error_at: float | None = None
    error: str | None = None


def of_engine(
    view: View, lines: Iterable[Line], now: float, *, pid: int, version: str, addresses: tuple[str, ...]
) -> Condition:
    """How a balancer is that runs in process `pid`. `now` is its clock, Unix seconds."""
    problems = tuple(_problems(view, now))
    error = next((line for line in reversed(tuple(lines)) if line.level is Level.ERROR), None)
    detour = view.contact.detour
    return Condition(
        cluster=view.cluster.name if view.cluster else view.contact.address,
        addresses=addresses,
        via=detour.via if detour else None,
        via_since=detour.since if detour else None,
        via_why=detour.why if detour else None,
        not_used=view.contact.reach.passed_over,
        pid=pid,
        version=version,
        health=Health.UNWELL if problems else Health.WELL,
        problems=problems,
        data_at=view.snapshot.taken_at if view.snapshot else None,
        error_at=error.at if error else None,
        error=error.text if error else None,
        **{
            **_facts(view.state, view.decision, view.policy, now, _names(view.snapshot)),
            "drain": draining.told(view.state, view.snapshot),
        },
    )


def of_journal(
    cluster: str,
    addresses: tuple[str, ...],
    state: State,
    decision: Decision | None,
    policy: Policy,
    now: float,
    names: Mapping[str, str],
) -> Condition:
    """How a balancer was that does not run, by its journal.

    `policy` is what the settings say now, `names` are those of VMs and nodes, by their ids.
    """
    facts = _facts(state, decision, policy, now, names)
    migration = _was_migrating(state.migration, decision, now) if state.migration else None
    return Condition(
        cluster=cluster,
        addresses=addresses,
        health=Health.UNKNOWN,
        problems=("No hctui balances it on this host. What follows is from its journal.",),
        **{**facts, "migration": migration, "proposal": None},  # nobody is there to carry it out
    )


def _names(snapshot: Snapshot | None) -> Mapping[str, str]:
    """What VMs and nodes are called, by their ids."""
    if snapshot is None:
        return {}
    return {
        **{vm.id: vm.name for vm in snapshot.vms.values()},
        **{n.id: n.name for n in snapshot.nodes.values()},
    }


def _facts(
    state: State, decision: Decision | None, policy: Policy, now: float, names: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "mode": decision.mode.value if decision else policy.mode.value,
        "dry_run": decision.dry_run if decision else policy.dry_run,
        "paused": state.paused,
        "decided_at": decision.at if decision else None,
        "outcome": decision.outcome.value if decision else None,
        "sentence": decision.sentence if decision else None,
        "drain": draining.told(state, None),
        "migration": _migrating(state.migration) if state.migration else None,
        "proposal": _waiting(state, policy, now),
        "waits": _waits(state, policy, now, names),
    }


def _problems(view: View, now: float) -> Iterator[str]:
    """Why it is not well, in sentences."""
    limit = view.policy.stale_after_seconds
    if view.contact.error:
        yield f"The cluster cannot be read. {view.contact.error}"
    elif view.snapshot is None:
        yield "The cluster has not been read yet."
    if view.snapshot is not None and now - view.snapshot.taken_at > limit:
        yield "The data is old."
    if view.state.failure_pause_at is not None:
        yield "Paused after failed migrations."
    if view.journal_error:
        yield f"The journal cannot be written, so nothing is migrated. {view.journal_error}"
    if view.hindrance and not view.policy.dry_run:
        yield view.hindrance
    if view.decision and view.decision.outcome is Outcome.STANDING_DOWN:
        yield view.decision.sentence


def _migrating(migration: Migration) -> str:
    return f"{route(migration.move)}: {_stage(migration)}"


def _was_migrating(migration: Migration, decision: Decision | None, now: float) -> str:
    """What was under way when the balancer was last heard of, and may be over since."""
    seen_at = max(migration.phase_since, decision.at if decision else 0.0)
    return (
        f"was migrating {route(migration.move)}, last seen {_stage(migration)}, {duration(now - seen_at)} ago. "
        "The next start looks at it."
    )


def _stage(migration: Migration) -> str:
    return f"{migration.phase}, {migration.progress_percent} %"


def _waiting(state: State, policy: Policy, now: float) -> Waiting | None:
    if state.proposal is None:
        return None
    move = state.proposal.move
    told = f"{route(move)} ({move.reason})"
    left = remaining_seconds(state.proposal.made_at, policy.proposal_limit_seconds, now)
    return Waiting(state.proposal.id, told, left)


def _waits(state: State, policy: Policy, now: float, names: Mapping[str, str]) -> tuple[Wait, ...]:
    """All cooldowns and back-offs that still run; by ids where nobody knows the names."""
    waits = (
        Wait("recovery", remaining_seconds(state.unwell_at, policy.recovery_cooldown_seconds, now)),
        *_of_ledger(state.ledger, policy, now, names),
    )
    return tuple(sorted((each for each in waits if each.seconds > 0), key=lambda each: -each.seconds))


def _of_ledger(ledger: Ledger, policy: Policy, now: float, names: Mapping[str, str]) -> Iterator[Wait]:
    def pair(vm_id: VmId, target: NodeId) -> str:
        return f"VM {names.get(vm_id, vm_id)} to {names.get(target, target)}"

    yield Wait("cluster", remaining_seconds(ledger.last_ended_at, policy.cluster_cooldown_seconds, now))
    for vm_id, arrival in ledger.arrivals.items():
        left = remaining_seconds(arrival.at, policy.vm_cooldown_seconds, now)
        yield Wait(f"VM {names.get(vm_id, vm_id)}", left)
    for failure in ledger.failures:
        left = remaining_seconds(failure.last_at, back_off_seconds(failure, policy), now)
        yield Wait(pair(failure.vm_id, failure.target), left)
    for rest in ledger.rejections:
        yield Wait(pair(rest.vm_id, rest.target), remaining_seconds(rest.at, policy.vm_cooldown_seconds, now))
