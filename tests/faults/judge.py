"""Whether what hctui does may be done, judged from the simulated cluster's own state.

Shares nothing with `hctui.core`: what it says of tags, RAM and running migrations is read here once more, from the
records of the simulator and not from what its API answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx

from hctui.sim import Cluster
from hctui.sim.audit import EndedMigration
from hctui.sim.inventory import SimNode, SimVm
from hctui.sim.vm_views import shown_name

ACTION = "/rest/v1/VirDomain/action"


def tags(vm: SimVm, prefix: str) -> set[str]:
    """What follows the prefix in the VM's tags that begin with it."""
    return {tag.removeprefix(prefix) for tag in vm.tags.split(",") if tag.startswith(prefix)}


def apart(cluster: Cluster, one: SimVm, other: SimVm) -> bool:
    """Whether a tag of one of the two forbids that they share a node."""
    return one is not other and (
        shown_name(cluster, other) in tags(one, "anti_") or shown_name(cluster, one) in tags(other, "anti_")
    )


def at_home(cluster: Cluster, vm: SimVm, node: SimNode) -> bool:
    """Whether the VM's pins, if it has any, allow the node."""
    known = {str(each.octet) for each in cluster.nodes.values()}
    pins = tags(vm, "node_") & known
    return not pins or str(node.octet) in pins


def broken_rules(cluster: Cluster) -> list[str]:
    """Every rule that is broken as the VMs stand now, in sentences."""
    placed = [vm for vm in cluster.vms.values() if vm.node_id]
    shared = [
        f"{one.name} and {other.name} are both on {cluster.nodes[one.node_id].lan_ip}"
        for number, one in enumerate(placed)
        for other in placed[number + 1 :]
        if one.node_id == other.node_id and apart(cluster, one, other)
    ]
    astray = [
        f"{vm.name} is on {cluster.nodes[vm.node_id].lan_ip}, where its tags do not want it"
        for vm in placed
        if not at_home(cluster, vm, cluster.nodes[vm.node_id])
    ]
    return shared + astray


@dataclass
class Judge:
    """Looks on at every request of one run, and keeps what was wrong, in sentences.

    Attributes:
        dry_run: nothing may be requested at all.
        ram_limit_percent: the most RAM a target may use once the VM is there.
        requested_at: when each migration was requested, cluster time.
        wrong: what did not hold.
    """

    cluster: Cluster
    dry_run: bool
    ram_limit_percent: float
    requested_at: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    most_sessions: int = 0
    _secrets: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        self._secrets |= {account.password for account in self.cluster.access.accounts.values()}

    def before(self, request: httpx.Request) -> None:
        """A request is about to reach the cluster."""
        if request.url.path == ACTION:
            (asked,) = json.loads(request.content)
            vm, target = self.cluster.vms[asked["virDomainUUID"]], self.cluster.nodes[asked["nodeUUID"]]
            self.requested_at.append(self.cluster.now)
            self.wrong += (f"{vm.name} to {target.lan_ip}: {told}" for told in self._against(vm, target))

    def after(self) -> None:
        """A request was answered, or not."""
        sessions = self.cluster.open_sessions
        self._secrets |= {session.id for session in sessions}
        self.most_sessions = max(self.most_sessions, len(sessions))

    def at_the_end(self, told: Sequence[str], folder: Path) -> None:
        """It is over: the book of migrations, what was told, and everything that was written."""
        ours = sorted(
            (each for each in self.cluster.ended_migrations if not each.is_foreign),
            key=lambda each: each.started,
        )
        self.wrong += (
            f"{later.vm_name} was migrated while {each.vm_name} still was."
            for each, later in pairwise(ours)
            if later.started < each.ended
        )
        self.wrong += self._forgotten(ours)
        if self.most_sessions > 1:
            self.wrong.append(f"{self.most_sessions} sessions were open at once.")
        if self.cluster.open_sessions:
            self.wrong.append("A session was left open.")
        written = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
        if any(secret in text for secret in self._secrets for text in told):
            self.wrong.append("A secret was told.")
        if any(secret.encode() in content for secret in self._secrets for content in written):
            self.wrong.append("A secret was written down.")

    def _against(self, vm: SimVm, target: SimNode) -> Iterator[str]:
        """What speaks against a migration that is requested now."""
        cluster = self.cluster
        if self.dry_run:
            yield "requested in a dry run."
        for other in cluster.vms.values():
            if other.ui_state == "MIGRATING":
                yield f"requested while {other.name} is being migrated."
            if other.occupies(target.id) and apart(cluster, vm, other):
                yield f"there is {other.name}, which a tag keeps apart from it."
        if not at_home(cluster, vm, target):
            yield "its tags do not want it there."
        used = cluster.world.memory_used(target) + vm.memory_bytes
        if used > self.ram_limit_percent / 100 * target.memory_bytes:
            yield f"that node would use {100 * used / target.memory_bytes:.1f} % of its RAM."
        if target.network_status != "ONLINE" or not target.accepts_vms:
            yield "that node does not take VMs."

    def _forgotten(self, ours: Sequence[EndedMigration]) -> Iterator[str]:
        """A VM that was migrated again although nobody had moved it since: the first migration was forgotten."""
        for number, each in enumerate(ours):
            again = next((later for later in ours[number + 1 :] if later.vm_id == each.vm_id), None)
            if again and each.result == "COMPLETE" and again.source_id == each.target_id:
                yield f"{each.vm_name} was migrated again from where it had been sent."
