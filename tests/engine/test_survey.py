"""What `hctui check` remarks on, question by question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.api.account import Account, MayMigrate
from hctui.api.certificate import CertificateInfo
from hctui.api.tls import TrustKind
from hctui.core.model import NativeAffinity, NetworkStatus, Snapshot
from hctui.core.policy import Policy
from hctui.engine.survey import Grade, Reading, Remark, survey
from tests.core.build import DRY, NOW, POLICY, cluster, node, node_id, vm

DAY = 86400.0
ACCOUNT = Account("balancer", ("Read", "VM Power Controls"), MayMigrate.YES)
CERTIFICATE = CertificateInfo("ab" * 32, "CN=branch-7", NOW + 90 * DAY)
CALM = cluster([node(1), node(2)], [vm("web", 1), vm("db", 2)])


def remarks(
    snapshot: Snapshot = CALM,
    *,
    account: Account = ACCOUNT,
    certificate: CertificateInfo | None = CERTIFICATE,
    trust: TrustKind = TrustKind.PINNED,
    policy: Policy = POLICY,
) -> tuple[Remark, ...]:
    return survey(Reading(snapshot, account, certificate, trust, 0.038), policy, NOW)


def findings(told: tuple[Remark, ...]) -> list[tuple[str, str]]:
    return [(remark.topic, remark.sentence) for remark in told if remark.grade is Grade.FINDING]


def test_a_calm_cluster_has_no_findings_and_is_described() -> None:
    told = remarks()
    assert findings(told) == []
    assert told[0].sentence == (
        "branch-7, HyperCore 9.4.30.217736: 2 nodes, 2 VMs, 2 of them running. Reading it all took 38 ms."
    )
    assert "10.0.0.101 is usable. CPU 20.0 %, RAM 20.0 % of 100 GiB, 1 VM." in [r.sentence for r in told]


@pytest.mark.parametrize(
    ("certificate", "trust", "grade", "part"),
    [
        (
            CERTIFICATE,
            TrustKind.PINNED,
            Grade.FINE,
            "pinned by its fingerprint (CN=branch-7). It expires in 90 days.",
        ),
        (
            replace(CERTIFICATE, not_after=NOW + 10 * DAY),
            TrustKind.SYSTEM,
            Grade.FINDING,
            "It expires in 10 days.",
        ),
        (replace(CERTIFICATE, not_after=NOW - DAY), TrustKind.PINNED, Grade.FINDING, "EXPIRED"),
        (replace(CERTIFICATE, not_after=None), TrustKind.CA_FILE, Grade.FINE, "trusted by ca_file (CN="),
        (CERTIFICATE, TrustKind.UNVERIFIED, Grade.FINDING, "the password goes to whoever answers"),
        (None, TrustKind.SYSTEM, Grade.NOTE, "could not be read"),
    ],
)
def test_the_certificate(
    certificate: CertificateInfo | None, trust: TrustKind, grade: Grade, part: str
) -> None:
    [told] = [r for r in remarks(certificate=certificate, trust=trust) if r.topic == "certificate"]
    assert told.grade is grade
    assert part in told.sentence


@pytest.mark.parametrize(
    ("may", "grade", "part"),
    [
        (MayMigrate.YES, Grade.FINE, "balancer with Read and VM Power Controls may migrate VMs."),
        (
            MayMigrate.NO,
            Grade.FINDING,
            "may not migrate VMs; that is enough for a dry run, to act it needs the role",
        ),
        (MayMigrate.UNKNOWN, Grade.NOTE, "its roles could not be read"),
    ],
)
def test_the_account(may: MayMigrate, grade: Grade, part: str) -> None:
    [told] = [r for r in remarks(account=replace(ACCOUNT, may_migrate=may)) if r.topic == "account"]
    assert told.grade is grade
    assert part in told.sentence


def test_nodes_that_are_not_usable_are_findings_unless_excluded() -> None:
    snapshot = cluster([node(1), node(2), node(3, status=NetworkStatus.OFFLINE)])
    assert ("node", "10.0.0.103 is offline. CPU 20.0 %, RAM 20.0 % of 100 GiB, 0 VMs.") in findings(
        remarks(snapshot)
    )
    excluded = replace(POLICY, excluded_node_ips=frozenset({"10.0.0.103"}))
    assert findings(remarks(snapshot, policy=excluded)) == []


def test_vms_that_add_up_to_more_than_their_node() -> None:
    heavy = cluster([node(1, cpu=20), node(2)], [vm("web", 1, cpu=80, vcpus=50)])
    assert findings(remarks(heavy)) == [
        (
            "CPU figures",
            "The VMs of a node add up to more than the node itself: 10.0.0.101: 40.0 % from its VMs, 20.0 % reported. "
            "Loads may be misjudged.",
        )
    ]
    unknown = cluster([node(1, cpu=None), node(2)], [vm("web", 1, cpu=None)])
    assert findings(remarks(unknown)) == []


def test_rules_and_what_is_wrong_with_them() -> None:
    snapshot = cluster(
        [node(1), node(2)],
        [
            vm("web", 1, tags="anti_nobody node_250"),
            vm("self", 2, tags="anti_self"),
            vm("twin", 1, id="t1"),
            vm("twin", 2, id="t2"),
            vm("ask", 2, tags="anti_twin"),
        ],
    )
    told = remarks(snapshot)
    sentences = " ".join(sentence for topic, sentence in findings(told) if topic == "rules")
    for part in ("no VM is named nobody", "ending in .250", "names itself", "2 VMs are named twin"):
        assert part in sentences
    assert Remark("rules", Grade.NOTE, "These VM names occur more than once: twin (2 times).") in told


def test_placements_that_break_a_rule_come_with_what_would_be_done() -> None:
    strict = NativeAffinity(strict=True, preferred=node_id(2))
    snapshot = cluster(
        [node(1), node(2)],
        [
            vm("web", 1, tags="anti_db"),
            vm("db", 1),
            vm("stray", 1, tags="node_102"),
            replace(vm("bound", 1), affinity=strict),
        ],
    )
    told = [sentence for topic, sentence in findings(remarks(snapshot)) if topic == "placement"]
    assert told[0].startswith("web shares 10.0.0.101 with db, which its tag anti_db forbids.")
    assert told[1].startswith("stray is on 10.0.0.101, but pinned to 10.0.0.102.")
    assert told[2] == "bound is on 10.0.0.101, which its strict affinity in HyperCore does not allow."


def test_what_would_keep_hctui_from_migrating_now() -> None:
    unreadable = replace(CALM, conditions=None)
    assert findings(remarks(unreadable)) == [
        ("safety", "Nothing would be migrated now. The cluster's alerts could not be read.")
    ]


def test_an_account_that_may_not_migrate_is_enough_for_a_dry_run() -> None:
    assert findings(remarks(account=replace(ACCOUNT, may_migrate=MayMigrate.NO), policy=DRY)) == []
