"""What must hold whatever happens, judged from the cluster itself at the moment of each request that changes it.

Shares no code with the checks it judges: rules are read from the simulated cluster's own records, waits are counted
from what it and the journal have seen. The program's own view is asked only for what it alone knows: the settings in
force, and whether it calls a move one by hand.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from hctui.core.decision import Decision, Move, Reason
from hctui.core.migration import Migration, Phase
from hctui.core.model import Snapshot
from hctui.core.policy import Mode, Policy
from hctui.core.state import State
from hctui.engine.view import View
from hctui.sim import Cluster
from hctui.sim.inventory import SimNode, SimVm
from hctui.sim.vm_views import shown_name
from tests.stateful.process import MIGRATION_PATH, VMS_PATH

HOUR = 3600.0
SESSION_PATHS = ("/rest/v1/login", "/rest/v1/logout")
SEVERE = ("EMERGENCY", "ALERT", "CRITICAL")

Pair = tuple[str, str]
"""The ids of a VM and of a node."""


@dataclass
class Person:
    """What people have ordered, as they would say it themselves.

    Attributes:
        paused: since they said so and nobody resumed; `None`: they said so right before a crash, and cannot know.
        dry_run: which way they switched last; `None`: as the settings file says.
        moves: moves by hand that wait to be carried out.
        approved: moves they approved, likewise.
    """

    paused: bool | None = False
    dry_run: bool | None = None
    moves: set[Pair] = field(default_factory=set)
    approved: set[Pair] = field(default_factory=set)
    rejected: dict[Pair, float] = field(default_factory=dict)


@dataclass
class Judge:
    """Watches one cluster and whoever balances it.

    Attributes:
        wrong: what did not hold, in sentences.
        disk: `ok`; `full`: nothing is written; `late`: it is written, and yet too late.
        on_disk: whether a pause by a person, and a dry run held by one, are in the journal.
        moves: how many migrations were requested.
    """

    cluster: Cluster
    person: Person = field(default_factory=Person)
    wrong: list[str] = field(default_factory=list)
    disk: str = "ok"
    on_disk: tuple[bool, bool] = (False, False)
    moves: int = 0
    cycles: int = 0
    _read_at: float = -1.0
    _unwell_at: float | None = None
    _foreign_at: float | None = None
    _ends: dict[str, tuple[float, Migration]] = field(default_factory=dict)
    _resumed_at: float = 0.0

    # What is seen

    def saw_read(self, path: str, now: float) -> None:
        if path.rstrip("/") == VMS_PATH:
            self._read_at = now

    def saw_view(self, view: View) -> None:
        if view.decision is not None and not view.decision.sentence.strip().endswith("."):
            self.wrong.append(f"A decision without a sentence: {view.decision}")

    def saw_cycle(self, snapshot: Snapshot | None, decision: Decision, state: State, now: float) -> None:
        """A cycle that is on disk now."""
        self.cycles += 1
        self.saw_state(state)
        if snapshot is None:
            return
        if any(not _is_well(node) for node in self.cluster.nodes.values()):
            self._unwell_at = now
        if any(vm.ui_state == "MIGRATING" for vm in self.cluster.vms.values()) and state.migration is None:
            self._foreign_at = now

    def saw_state(self, state: State) -> None:
        self.on_disk = (state.paused and state.failure_pause_at is None, state.dry_run_held)

    def saw_migration(self, migration: Migration, now: float) -> None:
        if migration.phase.is_end:
            self._ends[migration.id] = (now, migration)

    def saw_resume(self, now: float) -> None:
        self._resumed_at = now

    # What is judged

    def judge(self, request: httpx.Request, view: View, folder: Path, now: float) -> None:
        """A request that is not a read, right before the cluster sees it. The journal is in `folder`."""
        if request.url.path in SESSION_PATHS:
            return
        try:
            self._judge(request, view, folder, now)
        except Exception as error:  # it would be taken for one of the network
            self.wrong.append(f"The judge itself failed: {error!r}")

    def _judge(self, request: httpx.Request, view: View, folder: Path, now: float) -> None:
        self.cluster.advance(now)
        if request.method != "POST" or request.url.path != MIGRATION_PATH:
            self.wrong.append(f"{request.method} {request.url.path} was sent.")
            return
        (action,) = json.loads(request.content)
        vm, target = self.cluster.vms[action["virDomainUUID"]], self.cluster.nodes[action["nodeUUID"]]
        self.moves += 1
        decided = view.decision.move if view.decision else None
        told = [
            *self._of_any_write(vm, target, view, folder, now),
            *self._of_any_move(vm, target, view.policy, now),
        ]
        if decided is None or (decided.vm_id, decided.target) != (vm.id, target.id):
            told.append("it is not what was decided")
        elif decided.reason is Reason.MANUAL:
            if (vm.id, target.id) not in self.person.moves:
                told.append("nobody asked for it")
        else:
            told += self._of_an_automatic_move(decided, vm, target, view, now)
        self.wrong += [f"At {now:.0f} {vm.name} was sent to {target.lan_ip}, but {what}." for what in told]

    def _of_any_write(
        self, vm: SimVm, target: SimNode, view: View, folder: Path, now: float
    ) -> Iterator[str]:
        if view.policy.dry_run or self.person.dry_run:
            yield "it is a dry run"
        if is_anything_migrating(self.cluster):
            yield "another migration is under way"
        if self._read_at != now:
            yield "the cluster was not looked at right before"
        if self.disk != "ok":
            yield "the journal cannot be written"
        if not _is_intended(folder, vm.id, target.id):
            yield "the intent is not in the journal"

    def _of_any_move(self, vm: SimVm, target: SimNode, policy: Policy, now: float) -> Iterator[str]:
        source = self.cluster.nodes.get(vm.node_id)
        after = 100 * (self.cluster.world.memory_used(target) + vm.memory_bytes) / target.memory_bytes
        there = [other for other in self.cluster.vms.values() if other is not vm and _is_on(other, target)]
        tags, name = self._tags(vm), shown_name(self.cluster, vm)
        homes = {node.octet for node in self.cluster.nodes.values() if f"node_{node.octet}" in tags}
        faulty = [node for node in self.cluster.nodes.values() if node.lan_ip not in policy.excluded_node_ips]
        yield from (
            what
            for what, is_so in {
                "it does not run": (vm.state, vm.ui_state) != ("RUNNING", "RUNNING"),
                "it is there already": vm.node_id == target.id,
                "the RAM limit is exceeded": after > policy.ram_limit_percent + 1e-6,
                "a VM is there that it must be kept apart from": any(
                    f"anti_{shown_name(self.cluster, other)}" in tags or f"anti_{name}" in self._tags(other)
                    for other in there
                ),
                "it is pinned elsewhere": bool(homes) and target.octet not in homes,
                "HyperCore's affinity is strict": not vm.affinity.permits(target.id),
                "the target does not take VMs": not target.accepts_vms,
                "the target is excluded": target.lan_ip in policy.excluded_node_ips,
                "the source is excluded": source is None or source.lan_ip in policy.excluded_node_ips,
                "a node is not well": any(not _is_well(node) for node in faulty),
                "an update is running": bool(self.cluster.faults.active("update_running")),
                "there is an alert": self._is_alerted(policy),
                "the cluster has to recover": _within(self._unwell_at, policy.recovery_cooldown_seconds, now)
                and not policy.excluded_node_ips,
            }.items()
            if is_so
        )

    def _of_an_automatic_move(
        self, move: Move, vm: SimVm, target: SimNode, view: View, now: float
    ) -> Iterator[str]:
        policy, pair = view.policy, (vm.id, target.id)
        arrivals = [(at, one.move) for at, one in self._ends.values() if one.phase is Phase.ARRIVED]
        within_an_hour = sum(_within(at, HOUR, now) for at, _ in arrivals)
        left = [at for at, one in arrivals if (one.vm_id, one.source) == pair]
        come = [at for at, one in arrivals if one.vm_id == vm.id] + self._arrivals_of(vm)
        limit = policy.most_moves_per_hour
        cooldown, rest = policy.cluster_cooldown_seconds, policy.vm_cooldown_seconds
        yield from (
            what
            for what, is_so in {
                "it is paused": self.person.paused is True or view.state.paused,
                "nobody has approved it": policy.mode is Mode.APPROVE and pair not in self.person.approved,
                "it has the tag nomove": "nomove" in self._tags(vm),
                "HyperCore prefers its node": vm.affinity.preferred == vm.node_id,
                "the cluster is in cooldown": any(_within(at, cooldown, now) for at in self._all_ends()),
                "somebody else has just migrated": _within(self._foreign_at, cooldown, now),
                "the VM is in cooldown": any(_within(at, rest, now) for at in come),
                "the budget is spent": 0 < limit <= within_an_hour,
                "it was rejected": _within(self.person.rejected.get(pair), rest, now),
                "it failed lately": self._is_backed_off(pair, rest, now),
                "it returns too soon": move.reason is Reason.LOAD
                and any(_within(at, policy.return_ban_seconds, now) for at in left),
                "the window is closed": bool(policy.never),
                "too many have failed": self._is_failing(policy, now),
            }.items()
            if is_so
        )

    def _all_ends(self) -> Iterator[float]:
        """When migrations of ours ended, on the cluster and in the journal; a refusal counts as an end."""
        yield from (each.ended for each in self.cluster.ended_migrations if not each.is_foreign)
        yield from (at for at, one in self._ends.values() if _is_failure(one) or one.phase is Phase.ARRIVED)

    def _arrivals_of(self, vm: SimVm) -> list[float]:
        """When it arrived where it is, if nobody else has moved it since: that cannot have been missed."""
        own = [each for each in self.cluster.ended_migrations if each.vm_id == vm.id]
        if not own or own[-1].is_foreign or own[-1].result != "COMPLETE" or own[-1].target_id != vm.node_id:
            return []
        return [own[-1].ended]

    def _is_backed_off(self, pair: Pair, rest: float, now: float) -> bool:
        own = sorted(
            ((at, one) for at, one in self._ends.values() if (one.move.vm_id, one.move.target) == pair),
            key=lambda end: end[0],
        )
        return bool(own) and _is_failure(own[-1][1]) and _within(own[-1][0], max(rest, 60.0), now)

    def _is_failing(self, policy: Policy, now: float) -> bool:
        """Whether the pause after failures must be on."""
        row: list[float] = []
        for at, one in sorted(self._ends.values(), key=lambda end: end[0]):
            if at <= self._resumed_at or one.phase is Phase.ARRIVED:
                row = []
            elif _is_failure(one):
                if len(row) >= policy.failures_before_pause and not _within(
                    row[-1], policy.failure_pause_seconds, at
                ):
                    row = []
                row.append(at)
        return len(row) >= policy.failures_before_pause and _within(
            row[-1], policy.failure_pause_seconds, now
        )

    def _is_alerted(self, policy: Policy) -> bool:
        if policy.stand_down_severity is None:
            return False
        return any(fault.text("severity") in SEVERE for fault in self.cluster.faults.active("condition_set"))

    def _tags(self, vm: SimVm) -> list[str]:
        """The tags that anybody can see, now."""
        return [] if self.cluster.faults.on("tags_null", vm.id) else vm.tags.split(",")

    # At the end

    def compare(self, folder: Path, under_way: str) -> None:
        """Every migration that was begun is in the journal, there with its end, and no two were under way at once.

        `under_way` is the id of the one that has no end yet; empty if there is none.
        """
        begun = sorted(
            (each for each in self.cluster.ended_migrations if not each.is_foreign), key=lambda e: e.started
        )
        for one, following in pairwise(begun):
            if following.started < one.ended:
                self.wrong.append(f"{following.vm_name} was migrated while {one.vm_name} still was.")
        known = _rows(folder, "SELECT vm_id, target, requested_at FROM migrations")
        for vm_id, phase in _rows(folder, "SELECT vm_id, phase FROM migrations WHERE id != ?", under_way):
            if not Phase(phase).is_end:
                self.wrong.append(f"The migration of {vm_id} was forgotten while it was {phase}.")
        for each in begun:
            if not any(
                (vm_id, target) == (each.vm_id, each.target_id) and abs(at - each.started) < 1.0
                for vm_id, target, at in known
            ):
                self.wrong.append(f"The journal does not know that {each.vm_name} was migrated.")


def is_anything_migrating(cluster: Cluster) -> bool:
    """Whether any VM is being migrated."""
    return any(vm.ui_state == "MIGRATING" for vm in cluster.vms.values())


def _within(at: float | None, seconds: float, now: float) -> bool:
    return at is not None and now - at < seconds


def _is_on(vm: SimVm, node: SimNode) -> bool:
    return node.id in (vm.node_id, vm.incoming_id) and vm.state not in ("SHUTOFF", "CRASHED")


def _is_well(node: SimNode) -> bool:
    dispositions = {node.current_disposition, node.desired_disposition}
    return node.network_status == "ONLINE" and dispositions == {"IN"}


def _is_failure(migration: Migration) -> bool:
    """A failed migration, or a refusal; a request that reached nobody is neither."""
    refused = migration.phase is Phase.NOT_STARTED and "refused" in migration.note
    return refused or migration.phase in (Phase.FAILED, Phase.GIVEN_UP)


def _is_intended(folder: Path, vm_id: str, target: str) -> bool:
    """Whether the latest migration in the journal is this one, not sent yet."""
    latest = _rows(
        folder,
        "SELECT vm_id, target, phase FROM migrations ORDER BY requested_at DESC, rowid DESC LIMIT 1",
    )
    return latest == [(vm_id, target, Phase.INTENT)]


def _rows(folder: Path, query: str, *given: str) -> list[tuple[Any, ...]]:
    (journal,) = folder.glob("*.sqlite")
    with closing(sqlite3.connect(journal)) as connection:
        return connection.execute(query, given).fetchall()
