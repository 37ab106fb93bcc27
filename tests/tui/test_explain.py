"""The explanation: of a decision, of a VM, and the page that shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hctui.core import balancer
from hctui.core.commands import MoveVm, Reject
from hctui.core.decision import Decision, Outcome
from hctui.core.errors import HctuiError
from hctui.core.migration import Migration
from hctui.core.model import NetworkStatus, Snapshot, VmId
from hctui.core.policy import Mode, Policy
from hctui.core.state import Arrival, Ledger, State
from hctui.engine.queries import Queries
from hctui.journal import Journal
from hctui.tui.glyphs import ASCII, UNICODE
from hctui.tui.paragraph import laid_out, plain
from hctui.tui.picture import Picture, picture_of
from hctui.tui.screens.explain import Explanation
from hctui.tui.screens.matrix import Matrix
from hctui.tui.texts import decision as decision_text
from hctui.tui.texts import vm_now
from hctui.tui.texts.links import node_of, to_node, to_vm, vm_of
from hctui.tui.texts.why import answer
from hctui.tui.widgets.paper import Paper
from tests.core.build import NOW, cluster, cycle, history, node, node_id, vm
from tests.journal.build import ADDRESS, CLUSTER
from tests.tui.stage import Stage, bare_console, view_of
from tests.tui.troubled import LONG, MARKUP, POLICY, TROUBLED, troubled

LIVE = Policy(dry_run=False)
HOT = [node(1, cpu=91), node(2, cpu=20)]


def decided(snapshot: Snapshot, policy: Policy = LIVE, state: State | None = None) -> Decision:
    return cycle(snapshot, policy=policy, state=state).decision


def words(decision: Decision) -> str:
    return plain(decision_text.told(decision, ASCII), 400)


def why(picture: Picture, name: str) -> str:
    return answer(picture, VmId(name))


def pictured(snapshot: Snapshot, policy: Policy = LIVE, *, state: State | None = None) -> Picture:
    return picture_of(view_of(snapshot, policy, state=state))


# A decision, in words


def test_a_move_is_explained_from_the_answer_to_every_pair_that_was_tried() -> None:
    text = words(decided(cluster(HOT, [vm("busy", 1, cpu=80, tags="nomove"), vm("web", 1, cpu=50)])))
    assert text.startswith("10.0.0.101 is at 91.0 %, above 80.0 %, while 10.0.0.102 is at 20.0 %")
    for line in (
        "outcome       move",
        "run           live; mode auto",
        "move          web  10.0.0.101 -> 10.0.0.102  (for load)",
        "Safety: all 7 checks hold",
        "  10.0.0.101   91.0 %   history 10/10",
        "  Rules: No rule is broken.",
        "    2 VMs considered, busiest first; for each the nodes, coolest first, up to the first that can take it:",
        "    busy  mean CPU 80.0 % of its own vCPUs, on 10.0.0.101: stays, nomove. busy has the tag nomove.",
        "    web  mean CPU 50.0 % of its own vCPUs, on 10.0.0.101: goes to 10.0.0.102",
        "      10.0.0.102        > chosen              10.0.0.102 is usable. Mean CPU 20.0 %, below 50.0 %. RAM",
    ):
        assert f"\n{line}" in text


def test_each_target_that_failed_says_by_which_check_with_its_numbers() -> None:
    decision = troubled().decision
    assert decision
    text = words(decision)
    for part in (
        "Anti-affinity: sql-01 shares 10.0.0.102 with sql-02, which its tag anti_sql-02 forbids.",
        "sql-01  mean CPU 20.0 % of its own vCPUs, on 10.0.0.102: stays, pin. sql-01 is pinned to 10.0.0.102.",
        "none of 3 nodes can take it: 3 by RAM",
        "10.0.0.104        no: RAM               RAM 109.0 % with 40 GiB more, above the limit of 70.0 %.",
        "10.0.0.102        no: target CPU        Mean CPU 61.0 %, not below 50.0 %.",
        "stays, cooldown. In cooldown for another 18:20 min.",
    ):
        assert part in text


def test_a_dry_run_says_so_and_how_much_of_it_is_imagined() -> None:
    decision = replace(decided(cluster(HOT, [vm("web")]), Policy(dry_run=True)), imagined=2)
    assert "run           dry run, nothing is sent; mode auto; 2 imagined moves counted in" in words(decision)


def test_a_safety_check_that_fails_stands_before_those_that_hold() -> None:
    snapshot = cluster([replace(HOT[0], status=NetworkStatus.OFFLINE), HOT[1]], [vm("web")])
    text = words(decided(snapshot))
    assert "Safety: 1 of 7 checks failed" in text
    assert text.index("no: nodes online      10.0.0.101 is offline.") < text.index("ok: The data is 0 s old")
    assert "while a safety check fails, nothing is decided" in text


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_can_be_explained_without_anything_that_was_looked_at(outcome: Outcome) -> None:
    text = words(Decision(NOW, outcome, "Why.", dry_run=False, mode=Mode.AUTO))
    assert text.startswith("Why.\n")
    assert f"outcome       {outcome}" in text


def test_a_history_that_is_not_full_is_said_of_each_node() -> None:
    decision = cycle(cluster(HOT, [vm("web")]), policy=LIVE, polls=4).decision
    assert "10.0.0.101  not known yet   history 4/10" in words(decision)
    assert "No rule is broken. Load is looked at once the history of two nodes is full." in words(decision)


def test_where_a_rule_is_mended_load_was_not_looked_at() -> None:
    snapshot = cluster(HOT, [vm("a", 1, tags="anti_b"), vm("b", 1)])
    assert "Load: Not looked at: a broken rule is mended first." in words(decided(snapshot))


def test_a_move_by_hand_that_overrides_a_wait_says_which() -> None:
    snapshot = cluster([node(1), node(2)], [vm("web")])
    ledger = Ledger(arrivals={VmId("web"): Arrival(NOW - 60, node_id(2), node_id(1))})
    order = MoveVm(VmId("web"), node_id(2), override_cooldowns=True)
    step = cycle(snapshot, order, state=State(history(snapshot), real=ledger), policy=LIVE)
    text = words(step.decision)
    assert "A move by hand: Moving by hand: web from 10.0.0.101 to 10.0.0.102." in text
    assert "> chosen              Overridden by the person who asked for it: In cooldown for another" in text


def test_the_proposal_that_ended_is_told_apart_from_the_one_that_waits_now() -> None:
    snapshot = cluster(HOT, [vm("web", 1, cpu=70), vm("app", 1, cpu=50)])
    ask = replace(LIVE, mode=Mode.APPROVE)
    first = cycle(snapshot, policy=ask)
    assert "proposed      web  10.0.0.101" in words(first.decision)
    then = replace(first.state, samples=history(snapshot))
    text = words(cycle(snapshot, Reject(1), state=then, policy=ask).decision)
    rejected, proposed = (
        text.index("proposal      1, rejected: web  10.0.0.101"),
        text.index("proposed      "),
    )
    assert rejected < proposed


def test_paragraphs_of_a_decision_have_keys_of_their_own() -> None:
    decision = troubled().decision
    assert decision
    keys = [each.key for each in decision_text.told(decision, UNICODE)]
    assert len(set(keys)) == len(keys)


def test_links_lead_back_to_what_they_were_made_of() -> None:
    assert vm_of(to_vm(VmId("a:b"))) == "a:b"
    assert node_of(to_node(node_id(1))) == "n1"
    assert vm_of(to_node(node_id(1))) is None
    assert node_of("") is None


# Why a VM is not moved


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gone", "The cluster does not report this VM, or no longer."),
        ("off", "off is shutoff, and only a running VM is moved."),
        ("web-01", "number 1 of 3 there, busiest first, but it stays (cooldown): In cooldown for another"),
        ("web-02", "number 2 of 3 there, busiest first, but it stays (nomove): web-02 has the tag nomove."),
        ("web-03", "number 3 of 3 there, busiest first, but none of 3 nodes can take it: 2 by RAM and 1 by"),
        ("sql-01", "It breaks a rule. sql-01 shares 10.0.0.102 with sql-02"),
        ("sql-02", "It cannot be fixed now."),
        (MARKUP, "its node, 10.0.0.103 at 20.0 %, is not the busiest"),
        (MARKUP, "That is 10.0.0.101, at 91.0 %."),
    ],
)
def test_the_first_thing_that_stands_in_the_way(name: str, expected: str) -> None:
    assert expected in why(picture_of(troubled()), name)


def test_a_vm_of_a_cool_node_that_would_stay_anyway_says_both() -> None:
    told = why(pictured(cluster(HOT, [vm("web", 1), vm("mail", 2, tags="nomove")])), "mail")
    assert "is not the busiest" in told
    assert told.endswith("It would stay in any case (nomove): mail has the tag nomove.")


@pytest.mark.parametrize(
    ("cpus", "expected"),
    [
        ((60.0, 20.0), "no load has to move. No imbalance. The busiest node, 10.0.0.101, is at 60.0 %"),
        ((91.0, 60.0), "no load has to move. 10.0.0.101 is hot at 91.0 %, but even the coolest node"),
        ((91.0, 20.0), "number 2 of 2 there, busiest first, but busy is busier and can be moved."),
    ],
)
def test_load_says_what_keeps_it(cpus: tuple[float, float], expected: str) -> None:
    nodes = [node(number, cpu=cpu) for number, cpu in enumerate(cpus, start=1)]
    picture = pictured(cluster(nodes, [vm("web", 1, cpu=10), vm("busy", 1, cpu=50)]))
    assert expected in why(picture, "web")


def test_the_one_that_is_to_be_moved_says_so() -> None:
    assert "it is the one to be moved, to 10.0.0.102." in why(pictured(cluster(HOT, [vm("web", 1)])), "web")


def test_before_the_history_is_full_nothing_is_said_about_load() -> None:
    snapshot = cluster(HOT, [vm("web", 1)])
    told = why(pictured(snapshot, state=State(history(snapshot, 3))), "web")
    assert told.startswith(
        "It breaks no rule, and load is looked at only once the history of two nodes is full."
    )
    assert told.endswith("History 3/10 samples.")


def test_what_stops_all_decisions_is_said_first() -> None:
    snapshot = cluster(HOT, [vm("web", 1)])
    paused = pictured(snapshot, state=State(history(snapshot), paused=True))
    assert why(paused, "web").startswith("Paused: nothing is decided. Its node is hot")
    resting = State(history(snapshot), real=Ledger(last_ended_at=NOW - 10))
    told = why(pictured(snapshot, state=resting), "web")
    assert told.startswith("Nothing is decided now. Cluster cooldown, 4:50 min left.")


def test_a_proposal_and_a_migration_of_the_vm_are_the_answer() -> None:
    snapshot = cluster(HOT, [vm("web", 1)])
    proposed = pictured(snapshot, Policy(dry_run=False, mode=Mode.APPROVE))
    assert why(proposed, "web").startswith(
        "It is proposed to move it to 10.0.0.102, which waits for approval."
    )
    move = proposed.view.state.proposal and proposed.view.state.proposal.move
    assert move
    state = balancer.begun(State(history(snapshot)), move, "m1", NOW)
    assert isinstance(state.migration, Migration)
    assert why(pictured(snapshot, state=state), "web").startswith("It is being moved, from 10.0.0.101 to")


def test_a_vm_is_explained_with_all_its_checks_and_every_node() -> None:
    text = plain(vm_now.told(picture_of(troubled()), VmId("web-03"), ASCII))
    for line in (
        "node          10.0.0.101, mean CPU 91.0 %: hot, above 80.0 %",
        "rank          number 3 of 3 on its node, busiest first (mean CPU 60.0 % of its own vCPUs)",
        "The VM itself, if it were to move for load",
        "Every node, in the order in which it would be tried",
        "  10.0.0.103        no: RAM               RAM 72.0 % with 32 GiB more, above the limit of 70.0 %.",
        "  10.0.0.102        no: target CPU        Mean CPU 61.0 %, not below 50.0 %.",
        "  10.0.0.101        it is here",
    ):
        assert line in text.splitlines()


def test_all_checks_of_the_vm_that_fail_are_told_not_the_first_alone() -> None:
    snapshot = cluster(HOT, [vm("web", 1, tags="nomove node_101")])
    text = plain(vm_now.told(pictured(snapshot), VmId("web"), ASCII))
    assert "no: nomove            web has the tag nomove." in text
    assert "no: pin               web is pinned to 10.0.0.101." in text
    assert "if the VM itself could go" in text


@pytest.mark.parametrize("name", [each.id for each in TROUBLED.vms.values()])
def test_every_vm_can_be_explained_and_no_line_is_wider_than_the_page(name: str) -> None:
    told = vm_now.told(picture_of(troubled()), VmId(name), UNICODE)
    assert len({each.key for each in told}) == len(told)
    assert all(line.width <= 78 for line in laid_out(told, 78).values())


# The page


async def opened(stage: Stage, page: Explanation) -> Paper:
    await stage.app.push_screen(page)
    await stage.settle()
    return page.query_one(Paper)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 15)])
async def test_the_last_decision_is_shown_whole(size: tuple[int, int]) -> None:
    async with bare_console(troubled(), size) as stage:
        paper = await opened(stage, Explanation())
        assert " Why: the last decision" in stage.text
        assert "sql-01 shares 10.0.0.102 with sql-02" in stage.text
        assert "Nodes that take part in balancing" in paper.text
        for _ in range(12):
            await stage.press("pagedown")
        assert "by RAM and 1 by target" in " ".join(stage.text.split())
        await stage.press("escape")
        assert not isinstance(stage.app.screen, Explanation)


async def test_a_page_down_brings_what_follows_to_the_top() -> None:
    async with bare_console(troubled()) as stage:
        paper = await opened(stage, Explanation())
        last = paper.keys_in_sight[-1]
        await stage.press("pagedown")
        assert paper.keys_in_sight[0] == last == paper.cursor_key
        await stage.press("pageup")
        assert paper.scroll_offset.y == 0


async def test_a_decision_that_is_read_is_held_and_later_ones_are_announced() -> None:
    async with bare_console(troubled()) as stage:
        paper = await opened(stage, Explanation())
        before = paper.text
        decision = stage.front.view.decision
        assert decision
        stage.front.publish(decision=replace(decision, at=NOW + 30, sentence="Something else."))
        await stage.until(lambda: "there are later ones" in stage.text)
        assert paper.text == before
        await stage.press("right")
        assert "Something else." in stage.text
        assert "the last decision" in stage.text
        await stage.press("right")
        assert "There is no later decision." in {each.message for each in stage.app._notifications}


async def test_before_the_first_decision_the_page_says_so_and_waits_for_it() -> None:
    view = troubled()
    async with bare_console(replace(view, decision=None)) as stage:
        await opened(stage, Explanation())
        assert "Nothing has been decided yet." in stage.text
        stage.front.publish(decision=view.decision)
        await stage.until(lambda: "sql-01 shares" in stage.text.split("Why", 1)[1])


async def test_decisions_of_the_journal_are_found_by_time_and_walked_through(tmp_path: Path) -> None:
    view = troubled()
    assert view.decision
    async with Journal.open(tmp_path, CLUSTER, ADDRESS) as journal:
        for back in (90, 60, 30):
            made = replace(view.decision, at=NOW - back, sentence=f"Decided {back} s ago.")
            await journal.record_cycle(None, made, State())
        async with bare_console(view, queries=Queries(journal.path)) as stage:
            await opened(stage, Explanation(at=NOW - 45))
            assert "Decided 60 s ago." in stage.text
            assert "there are later ones" in stage.text
            await stage.press("left")
            assert "Decided 90 s ago." in stage.text
            await stage.press("left")
            assert "Decided 90 s ago." in stage.text
            assert "There is no earlier decision." in {each.message for each in stage.app._notifications}
            await stage.press("right", "right")
            assert "Decided 30 s ago." in stage.text
            await stage.press("right")
            assert "sql-01 shares" in stage.text.split("Why", 1)[1], "the last one is in the view only"
            paper = await opened(stage, Explanation(at=NOW - 1000))
            assert paper.text == "There is no decision of that time in the journal."


def shows_in(paper: Paper, told: str) -> Callable[[], bool]:
    return lambda: told in paper.text


async def test_a_line_that_comes_before_its_decision_is_explained_by_that_one(tmp_path: Path) -> None:
    view = troubled()
    assert view.decision
    async with Journal.open(tmp_path, CLUSTER, ADDRESS) as journal:
        for back in (60, 30):
            made = replace(view.decision, at=NOW - back, sentence=f"Decided {back} s ago.")
            await journal.record_cycle(None, made, State())
        async with bare_console(view, queries=Queries(journal.path)) as stage:
            for at, told in ((-100, "Decided 60 s ago."), (-45, "Decided 30 s ago."), (-30, "Decided 30 s")):
                paper = await opened(stage, Explanation(at=NOW + at, ahead=True))
                await stage.until(shows_in(paper, told))
                await stage.press("escape")
            paper = await opened(stage, Explanation(at=NOW - 29, ahead=True))
            await stage.until(lambda: "sql-01 shares" in paper.text)  # it is in the view only


async def test_where_its_cycle_has_not_decided_yet_the_page_says_so_and_waits() -> None:
    view = troubled()
    assert view.decision
    async with bare_console(view) as stage:
        paper = await opened(stage, Explanation(at=NOW + 5, ahead=True))
        assert paper.text == "The cycle that this line belongs to has not decided yet."
        stage.front.publish(decision=replace(view.decision, at=NOW + 6, sentence="Decided since."))
        await stage.until(lambda: "Decided since." in paper.text)


async def test_a_time_after_the_last_decision_is_that_of_the_last() -> None:
    async with bare_console(troubled()) as stage:
        await opened(stage, Explanation(at=NOW + 5))
        assert " Why: the last decision" in stage.text


async def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    async with bare_console(troubled()) as stage:
        stage.front.queries = Queries(tmp_path / "missing.sqlite")
        await opened(stage, Explanation(at=NOW - 100))
        assert "Reading the journal." not in stage.text
        with pytest.raises(HctuiError) as raised:
            await Queries(tmp_path / "missing.sqlite").decision_at(0.0)
        assert str(raised.value)[:30] in " ".join(stage.text.split())


async def test_a_vm_is_explained_anew_with_every_picture_and_its_end_is_said() -> None:
    async with bare_console(troubled()) as stage:
        paper = await opened(stage, Explanation(vm_id=VmId(MARKUP)))
        assert f" Why: {MARKUP}" in stage.text
        await stage.press("end")
        snapshot = stage.front.view.snapshot
        assert snapshot
        left = {key: each for key, each in snapshot.vms.items() if key != MARKUP}
        stage.front.publish(snapshot=replace(snapshot, vms=left))
        await stage.until(lambda: "does not report this VM" in paper.text)


async def test_keys_lead_on_from_a_vm() -> None:
    async with bare_console(troubled()) as stage:
        await opened(stage, Explanation(vm_id=VmId("web-01")))
        active = stage.app.screen.active_bindings
        assert {"g", "y", "w", "escape"} <= set(active)
        assert not {"left", "right"} & set(active)
        await stage.press("w")
        assert isinstance(stage.app.screen, Matrix)
        await stage.press("w")
        assert isinstance(stage.app.screen, Explanation)


async def test_the_whole_explanation_is_copied_as_plain_text(tmp_path: Path) -> None:
    async with bare_console(troubled(), folder=tmp_path) as stage:
        paper = await opened(stage, Explanation())
        await stage.press("y")
        copied = (tmp_path / "copied.txt").read_text()
        assert copied.rstrip() == paper.text.rstrip()
        assert "10.0.0.104        no: RAM               RAM 109.0 % with 40 GiB more" in copied


async def test_enter_opens_what_a_line_is_about() -> None:
    from hctui.tui.screens.detail import NodeDetail, VmDetail

    async with bare_console(troubled(), (120, 60)) as stage:
        paper = await opened(stage, Explanation())
        await stage.press("enter")
        assert isinstance(stage.app.screen, Explanation), "the answer leads nowhere"
        paper.set_cursor("0/load-n1")
        await stage.press("enter")
        assert isinstance(stage.app.screen, NodeDetail)
        await stage.press("escape")
        paper.set_cursor("0/vm-0-sql-01")
        await stage.press("enter")
        assert isinstance(stage.app.screen, VmDetail)


async def test_a_name_of_200_characters_is_shown_whole() -> None:
    async with bare_console(troubled()) as stage:
        await opened(stage, Explanation(vm_id=VmId("long")))
        lines = stage.text.splitlines()
        begin = next(number for number, line in enumerate(lines) if line.startswith(" VM   "))
        told = "".join(line.strip().removeprefix("VM").strip() for line in lines[begin : begin + 4])
        assert told.startswith(LONG)


async def test_an_explanation_in_a_dry_run_has_its_marks_in_ascii() -> None:
    policy = replace(POLICY, dry_run=True)
    view = view_of(TROUBLED, policy, given={"glyphs": "ascii"})
    async with bare_console(view) as stage:
        paper = await opened(stage, Explanation())
        assert paper.text.isascii() or "▶" not in paper.text
