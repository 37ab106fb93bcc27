"""What the checks look at: usable nodes, placement, means, and all of it as a dry run imagines it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core.model import Disposition, NetworkStatus, Node, NodeId, Snapshot, VmId, VmState
from hctui.core.policy import Policy
from hctui.core.situation import Situation, imagined, situation_of, upheld, usability
from hctui.core.state import Imagination, ImaginedMove, Ledger, State
from tests.core.build import DRY, GIB, NOW, POLICY, cluster, history, node, node_id, situation, vm

WEB = VmId("web")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (node(1), ""),
        (node(1, status=NetworkStatus.OFFLINE), "is offline"),
        (node(1, status=NetworkStatus.UNKNOWN), "is unknown"),
        (replace(node(1), supports_virtualization=False), "a witness or storage node"),
        (replace(node(1), supports_virtualization=None), "does not say whether it can run VMs"),
        (replace(node(1), virtualization_online=False), "is not ready to run VMs"),
        (replace(node(1), virtualization_online=None), "is not ready to run VMs"),
        (replace(node(1), allow_running_vms=False), "does not allow VMs"),
        (replace(node(1), allow_running_vms=None), "does not allow VMs"),
        (
            replace(node(1), desired_disposition=Disposition.OUT),
            "is in the cluster and is to be out of the cluster",
        ),
        (
            replace(node(1), current_disposition=Disposition.EVACUATED),
            "is evacuated and is to be in the cluster",
        ),
        (replace(node(1), mem_bytes=0), "does not report its RAM"),
        (replace(node(1), mem_bytes=None), "does not report its RAM"),
        (replace(node(1), threads=0), "does not report its RAM and threads"),
        (replace(node(1), threads=None), "does not report its RAM and threads"),
    ],
)
def test_usable_nodes(changed: Node, told: str) -> None:
    verdict = usability(changed, POLICY)
    assert verdict.ok is (told == "")
    assert told in verdict.sentence


def test_excluded_nodes_are_not_usable() -> None:
    policy = replace(POLICY, excluded_node_ips=frozenset({"10.0.0.101"}))
    assert usability(node(1), policy).sentence == "10.0.0.101 is excluded by exclude_node_ips."
    assert usability(node(2), policy).ok


def test_placed_are_the_vms_that_occupy_a_node() -> None:
    s = situation(
        [node(1), node(2)], [vm("a"), vm("b", state=VmState.SHUTOFF), vm("c", None), vm("d", 2), vm("e", 9)]
    )
    assert {node_id: [vm.name for vm in vms] for node_id, vms in s.placed.items()} == {
        "n1": ["a"],
        "n2": ["d"],
    }


def test_loads_are_usable_nodes_busiest_first_and_unknown_ones_last() -> None:
    excluded = Policy(excluded_node_ips=frozenset({"10.0.0.104"}))
    nodes = [node(1, cpu=20), node(2, cpu=None), node(3, cpu=90), node(4, cpu=99)]
    loads = situation(nodes, policy=excluded).loads()
    assert [(load.node_id, load.mean_percent, load.samples, load.expected) for load in loads] == [
        ("n3", 90, 10, 10),
        ("n1", 20, 10, 10),
        ("n2", None, 0, 10),
    ]


def test_node_names() -> None:
    s = situation([node(1)], [vm("a"), vm("b")])
    assert s.node_name(node_id(1)) == "10.0.0.101"
    assert s.node_name(node_id(9)) == "n9"
    assert s.node_name(None) == "no node"


# --- the dry run's reality


def _imagination(*moves: tuple[str, int, int]) -> Imagination:
    return Imagination(
        Ledger(), {VmId(name): ImaginedMove(node_id(a), node_id(b), NOW) for name, a, b in moves}
    )


def _imagined(snapshot: Snapshot, *moves: tuple[str, int, int], polls: int = 10) -> Situation:
    state = State(samples=history(snapshot, polls), imagination=_imagination(*moves))
    return situation_of(state, snapshot, DRY, NOW)


def _cpu(s: Situation) -> dict[NodeId, float | None]:
    return dict(s.means)


TWO = cluster(
    [node(1, cpu=90, used_gib=60), node(2, cpu=30, used_gib=20)],
    [vm("web", 1, cpu=50, vcpus=20, mem_gib=8), vm("sql", 1, cpu=25, vcpus=20, mem_gib=4)],
)


def test_imagined_moves_take_ram_cpu_and_means_along() -> None:
    s = _imagined(TWO, ("web", 1, 2))
    n1, n2 = s.snapshot.nodes.values()
    assert s.snapshot.vms[WEB].node_id == "n2"
    assert (n1.mem_used_bytes, n2.mem_used_bytes) == (52 * GIB, 28 * GIB)
    assert (n1.cpu_percent, n2.cpu_percent) == (80, 40)
    assert _cpu(s) == {"n1": 80, "n2": 40}
    assert [vm.name for vm in s.placed[node_id(2)]] == ["web"]


def test_several_imagined_moves_add_up() -> None:
    s = _imagined(TWO, ("web", 1, 2), ("sql", 1, 2))
    assert _cpu(s) == {"n1": 75, "n2": 45}
    assert [n.mem_used_bytes for n in s.snapshot.nodes.values()] == [48 * GIB, 32 * GIB]


@pytest.mark.parametrize("order", [1, -1])
def test_loads_add_up_before_they_are_cut_at_100_percent(order: int) -> None:
    """One VM in and an equal one out leave a busy node as it was, whichever is told first."""
    nodes = [node(1, cpu=90), node(2, cpu=95)]
    snapshot = cluster(nodes, [vm("a", 1, cpu=50, vcpus=20), vm("b", 2, cpu=50, vcpus=20)])
    moves = [("a", 1, 2), ("b", 2, 1)][::order]
    s = _imagined(snapshot, *moves)
    assert _cpu(s) == {"n1": 90, "n2": 95}
    assert [n.cpu_percent for n in s.snapshot.nodes.values()] == [90, 95]


def test_imagined_loads_stay_between_0_and_100_percent() -> None:
    snapshot = cluster(
        [node(1, cpu=5, used_gib=1), node(2, cpu=95)], [vm("a", 1, cpu=100, vcpus=20, mem_gib=4)]
    )
    s = _imagined(snapshot, ("a", 1, 2))
    assert _cpu(s) == {"n1": 0, "n2": 100}
    assert s.snapshot.nodes[node_id(1)].mem_used_bytes == 0


def test_a_vm_of_unknown_load_makes_both_its_nodes_unknown() -> None:
    snapshot = cluster([node(1, cpu=90), node(2, cpu=30), node(3, cpu=10)], [vm("web", 1, cpu=None)])
    assert _cpu(_imagined(snapshot, ("web", 1, 2))) == {"n1": None, "n2": None, "n3": 10}


def test_what_is_unknown_stays_unknown() -> None:
    snapshot = cluster(
        [node(1, cpu=None, used_gib=None), replace(node(2), threads=None)], [vm("web", 1, cpu=10)]
    )
    s = _imagined(snapshot, ("web", 1, 2))
    assert _cpu(s) == {"n1": None, "n2": None}
    assert s.snapshot.nodes[node_id(1)].mem_used_bytes is None
    assert s.snapshot.nodes[node_id(2)].cpu_percent is None


def test_without_imagination_the_snapshot_is_the_snapshot() -> None:
    assert imagined(TWO, None) is TWO
    assert imagined(TWO, _imagination()) is TWO


@pytest.mark.parametrize(
    ("snapshot", "holds"),
    [
        (cluster([node(1), node(2)], [vm("web", 1)]), True),
        (cluster([node(1), node(2)], [vm("web", 2)]), False),
        (cluster([node(1), node(2)], [vm("web", 1, state=VmState.SHUTOFF)]), False),
        (cluster([node(1), node(2)]), False),
        (cluster([node(1)], [vm("web", 1)]), False),
        (cluster([node(2)], [vm("web", 1)]), False),
    ],
    ids=["as it was", "somebody moved it", "stopped", "VM gone", "target gone", "source gone"],
)
def test_reality_overtakes_the_imagination(snapshot: Snapshot, holds: bool) -> None:
    imagination = _imagination(("web", 1, 2))
    assert upheld(imagination, snapshot).moves == (imagination.moves if holds else {})
    # A situation asks by itself, since a move may be checked again on data that no cycle has seen.
    assert _imagined(snapshot, ("web", 1, 2), polls=0).snapshot.vms.keys() == snapshot.vms.keys()
