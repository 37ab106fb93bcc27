"""A cluster on which nothing can be moved, each VM for a reason of its own, with names that try to break a screen."""

from __future__ import annotations

from dataclasses import replace

from hctui.config.kinds import Value
from hctui.core.decision import Outcome
from hctui.core.model import NativeAffinity, VmId, VmState
from hctui.core.policy import Mode, Policy
from hctui.core.state import Arrival, Failure, Ledger, Rejection, State
from hctui.engine.view import View
from tests.core.build import NOW, cluster, history, node, node_id, vm
from tests.tui.stage import view_of

POLICY = Policy(dry_run=False, mode=Mode.APPROVE)
LONG = "long-" + "x" * 195
WIDE = "数据库-01"
MARKUP = "db [/] x"

NODES = (
    node(1, cpu=91, used_gib=60),
    node(2, cpu=61, used_gib=66),
    node(3, cpu=20, used_gib=40),
    node(4, cpu=45, used_gib=69),
)
VMS = (
    vm("web-01", 1, cpu=88, vcpus=8, mem_gib=8),
    vm("web-02", 1, cpu=70, tags="nomove"),
    vm("web-03", 1, cpu=60, mem_gib=32),
    vm("sql-01", 2, mem_gib=16, tags="anti_sql-02 node_102"),
    vm("sql-02", 2, mem_gib=40, tags="anti_sql-01 anti_nope"),
    vm(MARKUP, 3, cpu=5),
    vm(WIDE, 4, cpu=12),
    vm(LONG, 3, cpu=1, id="long"),
    vm("", 3, cpu=1, id="nameless"),
    vm("twin", 3, id="twin-a"),
    vm("twin", 4, id="twin-b"),
    replace(vm("strict", 3), affinity=NativeAffinity(True, node_id(3), node_id(4))),
    vm("off", 2, state=VmState.SHUTOFF),
)
TROUBLED = cluster(NODES, VMS)
LEDGER = Ledger(
    arrivals={VmId("web-01"): Arrival(NOW - 700, node_id(3), node_id(1))},
    failures=(Failure(VmId("web-03"), node_id(3), 2, NOW - 60, "The cluster refused it."),),
    rejections=(Rejection(VmId("web-03"), node_id(2), NOW - 120),),
)


def troubled(policy: Policy = POLICY, **settings: Value) -> View:
    """What an engine shows of it after a cycle."""
    view = view_of(TROUBLED, policy, state=State(samples=history(TROUBLED), real=LEDGER), given=settings)
    assert view.decision
    assert view.decision.outcome is Outcome.BLOCKED
    return view
