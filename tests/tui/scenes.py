"""Frozen views for snapshots and pictures: a busy cluster with something of everything, at one moment."""

from __future__ import annotations

from dataclasses import replace

from hctui.api.route import Reach
from hctui.config.kinds import Value
from hctui.core.commands import Pause
from hctui.core.model import NetworkStatus, VmId, VmState
from hctui.core.policy import Mode, Policy
from hctui.core.state import Arrival, Imagination, ImaginedMove, Ledger, State
from hctui.engine.view import Level, Line, View
from tests.core.build import NOW, cluster, history, node, node_id, vm
from tests.tui.stage import view_of

NODES = (
    node(1, cpu=86, used_gib=61),
    node(2, cpu=41, used_gib=48),
    node(3, cpu=28, used_gib=46),
    node(4, cpu=47, used_gib=67),
)
VMS = (
    vm("web-03", 1, cpu=74, vcpus=8, mem_gib=8),
    vm("sql-01", 1, cpu=55, vcpus=4, mem_gib=16, tags="anti_sql-02"),
    vm("sql-02", 1, cpu=10, vcpus=4, mem_gib=16),
    vm("mail", 2, cpu=33, mem_gib=12, tags="node_103"),
    vm("db [/] x", 2, cpu=5, vcpus=2),
    vm("数据库-01", 3, cpu=12),
    vm("a-name-that-is-far-too-long-for-any-column-of-any-table-on-any-terminal", 3, cpu=9),
    vm("backup", 4, cpu=None, tags="nomove"),
    vm("old", 4, cpu=0, state=VmState.SHUTOFF),
)
BUSY = cluster(NODES, VMS)
LINES = (
    Line(
        NOW - 95, "connected", "Connected to branch-7 (HyperCore 9.4.30) at https://10.0.0.101, TLS pinned."
    ),
    Line(
        NOW - 60, "violation", "VIOLATION FOUND: sql-01 shares 10.0.0.101 with sql-02, which a tag forbids."
    ),
    Line(NOW - 30, "check", "    RAM Check: OK. RAM 36.0 % with 16 GiB more, within the limit of 70.0 %."),
    Line(
        NOW - 30,
        "proposal",
        "PROPOSAL: migrate sql-01 (16 GiB) from 10.0.0.101 to 10.0.0.103 (anti-affinity)",
    ),
    Line(NOW - 20, "unreadable", "Cluster unreachable: no answer within 15 s.", Level.ERROR),
)


ASK = Policy(dry_run=False, mode=Mode.APPROVE)
ASK_DRY = Policy(dry_run=True, mode=Mode.APPROVE)


def waiting(policy: Policy = ASK, **settings: Value) -> View:
    """In mode approve, with a proposal, and with two timers where it is live."""
    arrivals = {
        VmId("mail"): Arrival(NOW - 1710, node_id(3), node_id(2)),
        VmId("web-03"): Arrival(NOW - 600, node_id(2), node_id(1)),
    }
    state = State(history(BUSY), real=Ledger(arrivals=arrivals))
    return view_of(BUSY, policy, state=state, given=settings)


def imagining(**settings: Value) -> View:
    """A dry run that imagines a VM elsewhere."""
    ledger = Ledger(
        last_ended_at=NOW - 100, arrivals={VmId("web-03"): Arrival(NOW - 100, node_id(1), node_id(3))}
    )
    imagination = Imagination(ledger, {VmId("web-03"): ImaginedMove(node_id(1), node_id(3), NOW - 100)})
    return view_of(BUSY, Policy(), state=State(history(BUSY), imagination=imagination), given=settings)


def standing_down(**settings: Value) -> View:
    """Live and automatic, with a node that is offline, and a cluster that has stopped answering since."""
    nodes = (*NODES[:3], replace(NODES[3], status=NetworkStatus.OFFLINE, cpu_percent=None))
    view = view_of(cluster(nodes, VMS), Policy(dry_run=False), given=settings)
    return replace(view, contact=replace(view.contact, trust="TLS unverified"))


def unrecorded(**settings: Value) -> View:
    """Paused and on a detour, with a journal on a disk that is full: the status bar at its fullest."""
    view = view_of(BUSY, Policy(dry_run=False), orders=(Pause(),), given=settings)
    path = "/var/lib/hctui/journals/branch-7-0123456789abcdef.sqlite"
    told = f"The journal cannot be used: {path}: database or disk is full (SQLITE_FULL). Free some space on this disk."
    reach = Reach("10.0.0.101:443", "10.0.0.102:443", NOW - 300, "Connection refused.")
    return replace(view, journal_error=told, contact=replace(view.contact, reach=reach))
