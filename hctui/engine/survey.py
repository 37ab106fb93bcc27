"""What `hctui check` says of a cluster: pure, from what was read to remarks in plain words.

Reads nothing itself. The same questions as the balancer's (is it safe now, which nodes are usable, which rules hold)
plus those that only matter before one trusts it: the account, the certificate, whether the CPU figures add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hctui.api.account import Account, MayMigrate
from hctui.api.certificate import CertificateInfo
from hctui.api.tls import TrustKind
from hctui.core import repair
from hctui.core.contradictions import contradictions
from hctui.core.decision import Finding
from hctui.core.model import Node, Snapshot, Vm, VmState
from hctui.core.policy import Policy
from hctui.core.safety import gate
from hctui.core.situation import Situation, situation_of
from hctui.core.state import State
from hctui.core.wording import count, duration, gib, listing, percent

TOLERANCE_POINTS = 10.0
"""VM and node figures are not read at the same moment and are smoothed differently; this much is not remarked on."""

EXPIRY_SECONDS = 30 * 24 * 3600.0
"""A certificate that expires within this time is remarked on."""


class Grade(StrEnum):
    """What a remark asks of the reader."""

    FINE = "ok"
    NOTE = "note"
    FINDING = "FINDING"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at."""

    topic: str
    grade: Grade
    sentence: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read for a survey. `certificate` is `None` where it could not be read separately."""

    snapshot: Snapshot
    account: Account
    certificate: CertificateInfo | None
    trust: TrustKind
    latency_seconds: float | None


def survey(reading: Reading, policy: Policy, now: float) -> tuple[Remark, ...]:
    """All remarks, in the order in which they are read."""
    situation = situation_of(State(), reading.snapshot, policy, now)
    return (
        _cluster(reading),
        _certificate(reading, now),
        _account(reading.account, policy),
        *_nodes(situation),
        *_figures(situation),
        *_rules(situation),
        *_placement(situation),
        *_safety(reading.snapshot, policy, now),
    )


def _cluster(reading: Reading) -> Remark:
    snapshot = reading.snapshot
    running = sum(vm.state is VmState.RUNNING for vm in snapshot.vms.values())
    latency = reading.latency_seconds
    took = "" if latency is None else f" Reading it all took {latency * 1000:.0f} ms."
    return Remark(
        "cluster",
        Grade.FINE,
        f"{snapshot.cluster.name}, HyperCore {snapshot.cluster.version}: {count(len(snapshot.nodes), 'node')}, "
        f"{count(len(snapshot.vms), 'VM')}, {running} of them running.{took}",
    )


def _certificate(reading: Reading, now: float) -> Remark:
    vouched = {
        TrustKind.SYSTEM: "trusted by this system's certificate authorities",
        TrustKind.CA_FILE: "trusted by ca_file",
        TrustKind.PINNED: "pinned by its fingerprint",
        TrustKind.UNVERIFIED: "NOT verified (verify_ssl = false): the password goes to whoever answers",
    }[reading.trust]
    seen = reading.certificate
    if seen is None:
        return Remark("certificate", Grade.NOTE, f"It is {vouched}. It could not be read for its details.")
    left = None if seen.not_after is None else seen.not_after - now
    if left is None:
        expiry, soon = "", False
    else:
        soon = left < EXPIRY_SECONDS
        expiry = f" It expires in {left / 86400:.0f} days." if left > 0 else " It has EXPIRED."
    grade = Grade.FINDING if soon or reading.trust is TrustKind.UNVERIFIED else Grade.FINE
    subject = f" ({seen.subject})" if seen.subject else ""
    return Remark(
        "certificate", grade, f"It is {vouched}{subject}.{expiry} SHA-256 fingerprint {seen.fingerprint}."
    )


def _account(account: Account, policy: Policy) -> Remark:
    roles = f" with {listing(list(account.roles))}" if account.roles else ""
    grade, told = {
        MayMigrate.YES: (Grade.FINE, "may migrate VMs"),
        MayMigrate.NO: (
            Grade.NOTE if policy.dry_run else Grade.FINDING,
            "may not migrate VMs; that is enough for a dry run, to act it needs the role VM Power Controls",
        ),
        MayMigrate.UNKNOWN: (
            Grade.NOTE,
            "may or may not migrate VMs: its roles could not be read. It needs VM Power Controls",
        ),
    }[account.may_migrate]
    return Remark("account", grade, f"{account.username}{roles} {told}.")


def _nodes(s: Situation) -> Iterator[Remark]:
    for node in s.snapshot.nodes.values():
        verdict = s.usable[node.id]
        cpu = "CPU unknown" if node.cpu_percent is None else f"CPU {percent(node.cpu_percent)}"
        mem = node.mem_percent
        size = f" of {gib(node.mem_bytes)}" if node.mem_bytes else ""
        ram = "RAM unknown" if mem is None else f"RAM {percent(mem)}{size}"
        here = count(len(s.placed[node.id]), "VM")
        excluded = node.lan_ip in s.policy.excluded_node_ips
        grade = Grade.FINE if verdict.ok else Grade.NOTE if excluded else Grade.FINDING
        yield Remark("node", grade, f"{verdict.sentence} {cpu}, {ram}, {here}.")


def _figures(s: Situation) -> Iterator[Remark]:
    """Whether VM percentages are what hctui takes them for: percent of the VM's own vCPUs (hypercore-api.md 4.1)."""
    off = []
    for node in s.snapshot.nodes.values():
        total = _vm_load(s, node)
        if total is not None and node.cpu_percent is not None and total > node.cpu_percent + TOLERANCE_POINTS:
            off.append(f"{node.name}: {percent(total)} from its VMs, {percent(node.cpu_percent)} reported")
    if off:
        yield Remark(
            "CPU figures",
            Grade.FINDING,
            f"The VMs of a node add up to more than the node itself: {'; '.join(off)}. Loads may be misjudged.",
        )
    else:
        yield Remark("CPU figures", Grade.FINE, "The CPU figures of VMs and nodes go together.")


def _vm_load(s: Situation, node: Node) -> float | None:
    shares = [vm.node_share_percent(node.threads) for vm in s.placed[node.id] if vm.state is VmState.RUNNING]
    known = [share for share in shares if share is not None]
    return sum(known) if known else None


def _rules(s: Situation) -> Iterator[Remark]:
    pairs = len(s.rules.tagged)
    sentence = (
        f"{count(pairs, 'anti-affinity tag')}, {count(len(s.rules.homes), 'pinned VM')}, "
        f"{count(len(set(s.rules.mates.values())), 'group')} kept together, "
        f"{count(len(s.rules.nomove), 'VM')} with nomove."
    )
    yield Remark("rules", Grade.FINE, sentence)
    for problem in (*s.rules.problems, *contradictions(s.snapshot, s.rules, s.policy)):
        yield Remark("rules", Grade.FINDING, problem.sentence)
    names = Counter(vm.name for vm in s.snapshot.vms.values())
    repeated = [f"{name} ({times} times)" for name, times in names.items() if times > 1]
    if repeated:
        yield Remark("rules", Grade.NOTE, f"These VM names occur more than once: {listing(repeated)}.")


def _placement(s: Situation) -> Iterator[Remark]:
    for finding in repair.examined(s):
        yield _broken(finding)
    for vm in s.snapshot.vms.values():
        if _breaks_native(vm):
            yield Remark(
                "placement",
                Grade.FINDING,
                f"{vm.name} is on {s.node_name(vm.node_id)}, which its strict affinity in HyperCore does not allow.",
            )


def _broken(finding: Finding) -> Remark:
    move = finding.move
    told = (
        f"{finding.headline} hctui would move {move.vm_name} to {move.target_name}."
        if move
        else finding.sentence
    )
    return Remark("placement", Grade.FINDING, told)


def _breaks_native(vm: Vm) -> bool:
    allowed = {vm.affinity.preferred, vm.affinity.backup} - {None}
    return vm.affinity.strict and bool(allowed) and vm.is_placed and vm.node_id not in allowed


def _safety(snapshot: Snapshot, policy: Policy, now: float) -> Iterator[Remark]:
    verdicts = [verdict for verdict in gate(snapshot, policy, now, unwell_at=None) if not verdict.ok]
    for verdict in verdicts:
        yield Remark("safety", Grade.FINDING, f"Nothing would be migrated now. {verdict.sentence}")
    if not verdicts:
        recovery = duration(policy.recovery_cooldown_seconds)
        yield Remark(
            "safety", Grade.FINE, f"Migrating would be safe now. After trouble, hctui would wait {recovery}."
        )
