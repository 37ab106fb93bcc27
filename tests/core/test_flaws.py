"""Flaws of rules: each told once when it comes and once when it goes, and kept in the decision of that cycle."""

from __future__ import annotations

from hctui.core.balancer import step
from hctui.core.flaws import MOST_REMEMBERED, MOST_TOLD, noted
from hctui.core.model import Snapshot
from hctui.core.state import State
from tests.core.build import NOW, POLICY, cluster, node, vm


def tagged(*tags: str, at: float = NOW) -> Snapshot:
    vms = [vm(f"web-{number}", 1, tags=tag) for number, tag in enumerate(tags)]
    return cluster([node(1), node(2)], vms, at=at)


def told(*snapshots: Snapshot) -> list[list[tuple[str, str]]]:
    """The notices of cycles, one after the other."""
    state, found = State(), []
    for snapshot in snapshots:
        done = step(state, snapshot, (), POLICY, snapshot.taken_at)
        state = done.state
        found.append([(notice.event, notice.sentence) for notice in done.decision.notices])
    return found


def test_a_flaw_is_told_when_it_comes_and_when_it_goes_and_not_between() -> None:
    sentence = "web-0 has the tag anti_nobody, but no VM is named nobody."
    assert told(
        tagged(""),
        tagged("anti_nobody", at=NOW + 30),
        tagged("anti_nobody", at=NOW + 60),
        tagged("", at=NOW + 90),
        tagged("", at=NOW + 120),
    ) == [
        [],
        [("rule_flaw", f"A rule is not as it should be: {sentence}")],
        [],
        [("rule_mended", f"No longer: {sentence}")],
        [],
    ]


def test_one_more_is_told_without_those_that_are_known() -> None:
    _, second = told(tagged("anti_nobody", ""), tagged("anti_nobody", "node_99", at=NOW + 30))
    assert [event for event, _ in second] == ["rule_flaw"]
    assert "node_99" in second[0][1]


def test_of_very_many_some_are_told_and_how_many_more_there_are() -> None:
    state, notices = noted(State(), tagged(*["anti_nobody"] * 500), POLICY)
    assert len(notices) == MOST_TOLD + 1
    assert notices[-1].sentence == "And 180 more such changes: `hctui check` lists all flaws."
    assert len(state.flaws) == MOST_REMEMBERED
    assert noted(state, tagged(*["anti_nobody"] * 500), POLICY) == (state, ())
