"""Where a new VM fits best, and why not elsewhere."""

from __future__ import annotations

from dataclasses import replace

from hctui.core.fit import places
from hctui.core.policy import NPlusOne
from tests.core.build import GIB, POLICY, node, situation, vm


def test_cool_nodes_come_first_then_those_with_most_room_then_those_it_does_not_fit_on() -> None:
    nodes = [
        node(1, cpu=60.0, used_gib=10.0),
        node(2, cpu=30.0, used_gib=40.0),
        node(3, cpu=30.0, used_gib=30.0),
        node(4, cpu=95.0, used_gib=10.0),
        node(5, cpu=10.0, used_gib=60.0),
        node(6, cpu=None),
    ]
    found = places(situation(nodes), 16 * GIB, 8)
    assert [place.node.id for place in found] == ["n3", "n2", "n1", "n5", "n4", "n6"]
    assert [place.ok for place in found] == [True, True, True, False, False, False]
    assert found[0].ram_percent == 46.0
    assert found[0].vcpus_per_thread == 0.08
    assert "above the limit of 70.0 %" in found[3].verdicts[-1].sentence
    assert found[4].verdicts[-1].sentence == "CPU 95.0 % now, above 80.0 %."
    assert found[5].verdicts[-1].sentence == "CPU of 10.0.0.106 is not known."


def test_limits_of_vcpus_and_n_plus_one_hold() -> None:
    strict = replace(POLICY, most_vcpus_per_thread=0.1, n_plus_one=NPlusOne.VETO)
    place = places(
        situation([node(1), node(2)], [vm("a", vcpus=8), vm("b", 2, vcpus=8)], policy=strict), GIB, 4
    )[0]
    assert "vCPUs per thread" in place.verdicts[-1].sentence
    alone = places(situation([node(1), node(2, used_gib=69.0)], policy=strict), 16 * GIB, 1)[0]
    assert "should one fail" in alone.verdicts[-1].sentence
