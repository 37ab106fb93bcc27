"""The page of the waiting proposal: what it shows, every key, and what becomes of it while it is open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button

from hctui.core.commands import Approve, Choose, Pause, Reject
from hctui.core.decision import Check, Verdict
from hctui.core.model import NetworkStatus, Snapshot, VmId
from hctui.core.policy import Mode, Policy
from hctui.core.state import State
from hctui.tui import approve_words as words
from hctui.tui.case import Case
from hctui.tui.cell import Tone
from hctui.tui.clipping import NAME
from hctui.tui.glyphs import ASCII, UNICODE
from hctui.tui.lists import checks, next_best
from hctui.tui.paragraph import laid_out, plain
from hctui.tui.picture import Picture, picture_of
from hctui.tui.screens import approve
from hctui.tui.screens.approve import Approval
from hctui.tui.screens.dashboard import Dashboard
from hctui.tui.widgets.passage import Passage
from hctui.tui.widgets.table import Table
from tests.core.build import GIB, NOW, cluster, history, node, node_id, vm
from tests.tui.cycles import next_cycle, not_sent, sent
from tests.tui.stage import Stage, bare_console, console, view_of

ASK = Policy(dry_run=False, mode=Mode.APPROVE)
ASK_DRY = Policy(dry_run=True, mode=Mode.APPROVE)
NODES = [node(1, cpu=90, used_gib=60), node(2, cpu=20), node(3, cpu=30)]
HOT = cluster(NODES, [vm("web", cpu=70, mem_gib=8), vm("app", cpu=50), vm("db", 2)])
COOL = replace(HOT, nodes={each.id: replace(each, cpu_percent=10.0) for each in HOT.nodes.values()})
FULL = replace(HOT, nodes={each.id: replace(each, mem_used_bytes=90 * GIB) for each in HOT.nodes.values()})


@pytest.fixture(autouse=True)
def _who_has_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of these tests are not about how long one has looked at the dashboard."""
    monkeypatch.setattr(Dashboard, "own_clock", staticmethod(lambda: float("-inf")))
    monkeypatch.setattr(approve, "OPENING_SECONDS", float("-inf"))


@asynccontextmanager
async def opened(
    snapshot: Snapshot = HOT,
    policy: Policy = ASK,
    size: tuple[int, int] = (100, 50),
    choosing: bool = False,
    folder: Path = Path("/nowhere"),
) -> AsyncIterator[Stage]:
    view = view_of(snapshot, policy)
    assert view.state.proposal
    async with bare_console(view, size, folder=folder) as stage:
        await stage.app.push_screen(Approval(choosing, (view.state.proposal.id, float("-inf"))))
        await stage.settle()
        yield stage


def sees(stage: Stage, *parts: str) -> Callable[[], bool]:
    return lambda: all(part in " ".join(stage.text.split()) for part in parts)


def toasts(stage: Stage) -> str:
    """All that the toasts say; they stand at the right, with a bar before each line."""
    return " ".join(" ".join(line.partition("▌")[2] for line in stage.text.splitlines()).split())


def picture(snapshot: Snapshot = HOT, policy: Policy = ASK) -> Picture:
    return picture_of(view_of(snapshot, policy))


def case_of(shown: Picture) -> Case:
    assert shown.view.state.proposal
    return Case(shown.view.state.proposal, 0.0)


# What it shows


async def test_it_shows_everything_there_is_to_know() -> None:
    async with opened() as stage:
        parts = (
            "PROPOSAL 1 web (8 GiB) .101 → .102 load",
            "expires in 10 min",
            "LIVE: approving migrates this VM, once everything has been checked again on fresh data.",
            "Why: 10.0.0.101 is at 90.0 %, above 80.0 %, while 10.0.0.102 is at 20.0 %, below 50.0 %.",
            "CPU, mean of 5:00 min RAM, limit 70 %",
            "from .101 90 → 87 % 60 → 52 %",
            "to .102 20 → 23 % 20 → 28 %",
            "web .103 90 → 87 30 → 33 60 → 52 20 → 28",
            "app .102 90 → 88 20 → 22 60 → 56 20 → 24",
            "all 29 checks hold",
            "The target, 10.0.0.102",
            "ok Mean CPU 20.0 %, below 50.0 %.",
            "ok RAM 28.0 % with 8 GiB more, within the limit of 70.0 %.",
            "ok native affinity: HyperCore's own affinity allows it.",
            "The VM and its node, 10.0.0.101",
            "ok native affinity: HyperCore's own affinity lets it go.",
            "The cluster",
            "ok No update is being installed.",
        )
        for part in parts:
            assert sees(stage, part)(), f"{part}\n{stage.text}"
        assert stage.app.focused is not None
        assert stage.app.focused.id == "not-yet"


@pytest.mark.parametrize(
    ("samples", "words_"), [(0, "0 of 10 samples"), (3, "3 of 10 samples"), (10, "5:00 min")]
)
def test_the_cpu_is_called_the_mean_of_what_it_is_the_mean_of(samples: int, words_: str) -> None:
    apart = cluster([node(1, cpu=60), node(2, cpu=20)], [vm("a", 1, tags="anti_b"), vm("b", 1)])
    shown = picture(apart)
    what = case_of(shown).proposal.move
    young = picture_of(
        replace(shown.view, state=replace(shown.view.state, samples=shown.view.state.samples[:0]))
        if not samples
        else view_of(apart, ASK, state=State(history(apart, samples)))
    )
    title, source, target = (line.text for line in words.figures(young, what, UNICODE))
    assert title.strip() == f"CPU, mean of {words_}  RAM, limit 70 %".replace("min  ", "min   ")
    ram_at = title.index("RAM")
    assert all(line[ram_at - 2 : ram_at].isspace() and line[ram_at].isdigit() for line in (source, target))


async def test_the_checks_are_as_old_as_the_data_is() -> None:
    async with opened() as stage:
        assert sees(stage, "fresh data: The data is 0 s old")()
        stage.front.clock += 18
        await stage.until(sees(stage, "data 18 s", "fresh data: The data is 18 s old", "checks hold"))
        stage.front.clock += 90
        await stage.until(sees(stage, "FAILS fresh data: The data is 1:48 min old", "1 of"))


async def test_in_a_dry_run_it_says_that_approving_only_pretends() -> None:
    async with opened(policy=ASK_DRY) as stage:
        assert sees(stage, "DRY RUN: approving only pretends; nothing is sent to the cluster.")()


async def test_the_time_that_is_left_runs_and_the_end_of_it_closes_the_page() -> None:
    async with opened() as stage:
        stage.front.clock += 490
        stage.app.screen.tick(stage.front.now())  # type: ignore[attr-defined]
        await stage.settle()
        assert sees(stage, "expires in 1:50 min")()
        stage.front.clock += 120
        await stage.until(
            sees(stage, "no longer waits", "This proposal no longer waits. It expired after 10:00 min.")
        )
        await stage.press("a")
        assert stage.front.commands == []


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40), (200, 50)])
async def test_what_counts_is_in_sight_at_every_size(size: tuple[int, int]) -> None:
    async with opened(size=size) as stage:
        assert sees(
            stage, "PROPOSAL 1 web", "LIVE:", "Not yet", "Approve", "a approve", "90 → 87 %", "expires in"
        )()


async def test_what_does_not_fit_is_reached_by_scrolling() -> None:
    async with opened(size=(80, 24)) as stage:
        assert "virtual GPU" not in stage.text
        await stage.press("end")
        await stage.until(sees(stage, "No virtual GPU."))


@pytest.mark.parametrize("size", [(60, 40), (80, 60), (200, 50)])
async def test_a_check_that_is_wrapped_keeps_its_indent(size: tuple[int, int]) -> None:
    snapshot = cluster(NODES, [vm("web " * 40, id="1", tags="anti_db"), vm("db")])
    async with opened(snapshot, size=size) as stage:
        passage = stage.app.screen.query_one("#verdicts", Passage)
        lines = stage.text.splitlines()[passage.region.y :][: passage.region.height]
        told = [line[passage.region.x + 1 : passage.region.right].rstrip() for line in lines]
        assert {line[:9].strip() for line in told if line.startswith(" ")} == {"", "ok"}, told
        await stage.pilot.resize_terminal(size[0] + 17, size[1])
        await stage.settle()
        assert passage.size.height == len(list(laid_out(passage.paragraphs, passage.size.width)))


@pytest.mark.parametrize("name", ["db [/] x", "x" * 200, "数据库", "", "[b]bold", "a\x1b[31mb"])
async def test_names_are_shown_whole_and_harmless(name: str) -> None:
    snapshot = cluster(NODES, [vm(name, id="1", cpu=70), vm(name, id="2", cpu=50)])
    async with opened(snapshot) as stage:
        shown = "".join(stage.text.split())
        assert "".join(name.replace("\x1b", "?").split())[:90] in shown
        await stage.press("n", "enter")
        assert stage.front.commands == [Choose(1, VmId("1"), node_id(3))]


# Yes


async def test_the_second_press_approves_what_was_seen_on_the_dashboard() -> None:
    async with console(view_of(HOT, ASK), (100, 50)) as stage:
        await stage.press("a", "a")
        assert stage.front.commands == [Approve(1)]
        assert sees(stage, "Asked. Every check comes again on fresh data")()
        await stage.press("a", "x", "n")
        assert stage.front.commands == [Approve(1)], "once is enough"


async def test_enter_closes_the_page_and_approves_nothing() -> None:
    async with opened() as stage:
        await stage.press("enter")
        assert not isinstance(stage.app.screen, Approval)
        assert stage.front.commands == []


async def test_it_stays_until_it_has_arrived() -> None:
    async with opened() as stage:
        await stage.press("a")
        step = next_cycle(stage.front, Approve(1))
        await stage.until(sees(stage, "It holds. It is checked once more, then sent."))
        sent(stage.front, step)
        await stage.until(sees(stage, "Sent. The cluster accepted it. Migrating, 0 %.", "Close"))
        assert stage.app.screen.query_one("#approve", Button).disabled
        await stage.press("enter")
        assert not isinstance(stage.app.screen, Approval)


async def test_a_check_that_fails_when_it_is_approved_is_named() -> None:
    async with opened() as stage:
        await stage.press("a")
        next_cycle(stage.front, Approve(1), snapshot=FULL)
        await stage.until(sees(stage, "Not sent: RAM 98.0 % with 8 GiB more, above the limit of 70.0 %."))


async def test_a_check_that_fails_at_the_very_last_is_named() -> None:
    async with opened() as stage:
        await stage.press("a")
        not_sent(stage.front, next_cycle(stage.front, Approve(1)), "web is stopped.")
        stage.front.publish()
        await stage.until(sees(stage, "Not sent: web is stopped."))


async def test_in_a_dry_run_it_is_imagined() -> None:
    async with opened(policy=ASK_DRY) as stage:
        await stage.press("a")
        next_cycle(stage.front, Approve(1))
        await stage.until(sees(stage, "Dry run: imagined, nothing was sent. Approved: web from 10.0.0.101"))


async def test_an_answer_is_not_missed_while_another_screen_is_on_top() -> None:
    async with opened() as stage:
        await stage.press("a")
        stage.app.action_leave = lambda: None  # type: ignore[method-assign]
        await stage.pilot.resize_terminal(50, 12)
        assert not isinstance(stage.app.screen, Approval)
        next_cycle(stage.front, Approve(1), snapshot=FULL)
        next_cycle(stage.front, snapshot=COOL)
        await stage.pilot.resize_terminal(100, 50)
        await stage.until(sees(stage, "Not sent: RAM 98.0 % with 8 GiB more, above the limit of 70.0 %."))


async def test_who_leaves_before_the_answer_is_told_where_it_will_be() -> None:
    async with opened() as stage:
        await stage.press("a", "escape")
        assert sees(stage, "web: whether it was sent will be in the log.")()


async def test_nobody_listens_once_the_page_is_closed() -> None:
    async with console(view_of(HOT, ASK)) as stage:
        before = len(stage.front.listeners)
        await stage.press("a", "escape")
        assert len(stage.front.listeners) == before


# Only what is seen


async def test_a_proposal_that_was_replaced_behind_the_screen_is_not_approved() -> None:
    async with opened() as stage:
        assert stage.front.view.state.proposal
        other = replace(stage.front.view.state.proposal, id=2)
        # The engine has it, the page has not been painted with it.
        stage.front.view = replace(stage.front.view, state=replace(stage.front.view.state, proposal=other))
        await stage.press("a")
        assert stage.front.commands == []
        assert toasts(stage) == "The proposal that you see no longer waits. Nothing was sent."


async def test_a_proposal_that_came_between_the_two_presses_must_be_looked_at_first() -> None:
    time = [100.0]
    async with console(view_of(HOT, ASK), (100, 50)) as stage:
        # The dashboard had shown another one.
        stage.app.push_screen(Approval(seen=(0, 0.0), clock=lambda: time[0]))
        await stage.settle()
        time[0] += 0.9
        await stage.press("a")
        assert stage.front.commands == []
        assert toasts(stage) == "This proposal has only just appeared. Look at it, then press the key again."
        time[0] += 0.1
        await stage.press("a")
        assert stage.front.commands == [Approve(1)]


async def test_a_proposal_that_has_just_come_to_the_dashboard_must_be_looked_at_too() -> None:
    time = [100.0]
    async with console(view_of(HOT, ASK), (100, 50)) as stage:
        stage.app.push_screen(Approval(seen=(1, 99.5), clock=lambda: time[0]))
        await stage.settle()
        time[0] += 0.4
        await stage.press("a")
        assert stage.front.commands == []
        time[0] += 0.1
        await stage.press("a")
        assert stage.front.commands == [Approve(1)]


async def test_a_key_that_is_held_does_not_approve_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approve, "OPENING_SECONDS", 0.3)
    time = [100.0]
    async with console(view_of(HOT, ASK), (100, 50)) as stage:
        stage.app.push_screen(Approval(seen=(1, 0.0), clock=lambda: time[0]))
        await stage.settle()
        time[0] += 0.2
        await stage.press("a", "a", "a")
        assert stage.front.commands == []
        time[0] += 0.11
        await stage.press("a")
        assert stage.front.commands == [Approve(1)]


async def test_a_withdrawn_proposal_says_why_and_cannot_be_approved() -> None:
    async with opened() as stage:
        next_cycle(stage.front, snapshot=COOL)
        told = (
            "This proposal no longer waits. Proposal 1 withdrawn, web from 10.0.0.101 to 10.0.0.102: Mean CPU"
        )
        await stage.until(sees(stage, told, "Close"))
        await stage.press("a", "x", "n")
        assert stage.front.commands == []
        assert "a approve" not in stage.text
        assert stage.app.focused is not None
        assert stage.app.focused.id == "not-yet"


async def test_a_proposal_replaced_by_the_engine_is_never_shown_in_its_place() -> None:
    async with opened() as stage:
        rule = replace(HOT, vms={**HOT.vms, VmId("db"): vm("db", 1, tags="anti_app", mem_gib=2)})
        next_cycle(stage.front, snapshot=rule)
        waiting = stage.front.view.state.proposal
        assert waiting
        assert waiting.id == 2
        told = ": a rule is violated, and fixing it comes first."
        await stage.until(sees(stage, "PROPOSAL 1 web", told, "Proposal 2 waits now: go back and open it"))
        await stage.press("a")
        assert stage.front.commands == []


async def test_when_it_is_withdrawn_a_focused_yes_is_not_left_under_the_finger() -> None:
    async with opened() as stage:
        stage.app.screen.query_one("#approve", Button).focus()
        next_cycle(stage.front, Pause())
        await stage.until(sees(stage, "Paused: watching, deciding nothing."))
        await stage.settle()
        assert stage.app.focused is not None
        assert stage.app.focused.id == "not-yet"


async def test_without_a_proposal_it_says_so() -> None:
    async with console(view_of(COOL, ASK), (80, 24)) as stage:
        stage.app.push_screen(Approval())
        await stage.settle()
        assert sees(stage, "No proposal waits.", "Close")()
        await stage.press("y", "enter")
        assert not isinstance(stage.app.screen, Approval)


async def test_a_vm_that_vanishes_closes_the_case() -> None:
    async with opened() as stage:
        next_cycle(stage.front, snapshot=replace(HOT, vms={VmId("app"): HOT.vms[VmId("app")]}))
        await stage.until(sees(stage, "PROPOSAL 1 web", "web no longer exists."))


async def test_a_node_that_vanishes_closes_the_case() -> None:
    async with opened() as stage:
        left = {key: each for key, each in HOT.nodes.items() if key != node_id(2)}
        next_cycle(stage.front, snapshot=replace(HOT, nodes=left))
        await stage.until(sees(stage, "PROPOSAL 1 web", "10.0.0.102 no longer exists."))


# No


async def test_it_is_rejected_and_says_for_how_long() -> None:
    async with opened() as stage:
        await stage.press("x")
        assert stage.front.commands == [Reject(1)]
        assert not isinstance(stage.app.screen, Approval)
        told = "Rejected: web is not proposed for 10.0.0.102 again for 30:00 min, the VM cooldown."
        await stage.until(lambda: toasts(stage) == told)


@pytest.mark.parametrize(("button", "order"), [("approve", Approve(1)), ("reject", Reject(1))])
async def test_the_mouse_works(button: str, order: Approve | Reject) -> None:
    async with opened() as stage:
        await stage.pilot.click(f"#{button}")
        await stage.settle()
        assert stage.front.commands == [order]


# Another


async def test_it_begins_in_the_table_of_others_if_that_was_asked_for() -> None:
    async with console(view_of(HOT, ASK), (100, 50)) as stage:
        await stage.press("n")
        table = stage.app.screen.query_one("#others", Table)
        assert table.has_focus
        assert table.cursor_key == "web n3"
        await stage.press("n")
        assert table.cursor_key == "app n2"
        await stage.press("n")
        assert table.cursor_key == "web n3", "after the last comes the first"


async def test_another_move_is_chosen_and_shown_when_it_waits() -> None:
    async with opened() as stage:
        await stage.press("n", "n", "enter")
        choice = Choose(1, VmId("app"), node_id(2))
        assert stage.front.commands == [choice]
        assert sees(stage, "Asked to let the chosen move wait instead.")()
        next_cycle(stage.front, choice)
        await stage.until(sees(stage, "PROPOSAL 2 app", "Chosen instead of proposal 1: app from 10.0.0.101"))
        await stage.press("a")
        assert stage.front.commands == [choice], "it has only just appeared"


async def test_where_there_is_no_other_move_it_says_so() -> None:
    lonely = cluster([node(1, cpu=90), node(2, cpu=20)], [vm("web", cpu=70)])
    async with opened(lonely, choosing=True) as stage:
        assert "instead: VM" not in stage.text
        await stage.press("n")
        assert sees(stage, "No other move passes all checks now.")()


# Copy


async def test_all_that_is_shown_is_copied(tmp_path: Path) -> None:
    async with opened(folder=tmp_path) as stage:
        await stage.press("y")
        text = (tmp_path / NAME).read_text()
        for part in (
            "PROPOSAL 1  web (8 GiB)  .101 → .102  load",
            "expires in 10 min",
            "LIVE: approving migrates this VM",
            "Why: 10.0.0.101 is at 90.0 %",
            "to .102          20 → 23 %",
            "  ok     RAM 28.0 % with 8 GiB more, within the limit of 70.0 %.",
            "Instead: app to 10.0.0.102: CPU here 90 → 88 %, CPU there 20 → 22 %, RAM here 60 → 56 %",
        ):
            assert part in text


# Words


def test_checks_that_fail_come_first_and_are_counted() -> None:
    shown = picture()
    worse = picture_of(replace(shown.view, snapshot=FULL))
    found = checks.groups(worse, case_of(shown).proposal.move, NOW)
    verdicts = [verdict for group in found for verdict in group.verdicts]
    assert [each.check for each in verdicts if not each.ok] == [Check.RAM]
    assert found[0].verdicts[0].check is Check.RAM
    lines = plain(checks.paragraphs(found)).splitlines()
    assert lines[0] == "The target, 10.0.0.102"
    assert lines[1].startswith("  FAILS  RAM 98.0 %")
    told = checks.summary(found).text
    assert told == f"1 of {len(verdicts)} checks does not hold: approved now, nothing would be sent"


def test_the_group_in_which_a_check_fails_comes_first() -> None:
    shown = picture()
    busy = replace(HOT, vms={**HOT.vms, VmId("web"): vm("web", cpu=70, mem_gib=8, tags="nomove")})
    found = checks.groups(picture_of(replace(shown.view, snapshot=busy)), case_of(shown).proposal.move, NOW)
    assert [group.title for group in found] == [
        "The VM and its node, 10.0.0.101",
        "The target, 10.0.0.102",
        "The cluster",
    ]
    assert found[0].verdicts[0].check is Check.NOMOVE


def test_of_a_move_that_is_overtaken_that_is_said_first() -> None:
    shown = picture()
    gone = replace(HOT, vms={VmId("app"): HOT.vms[VmId("app")]})
    found = checks.groups(picture_of(replace(shown.view, snapshot=gone)), case_of(shown).proposal.move, NOW)
    assert [group.title for group in found] == ["The move", "The cluster"]
    assert plain(checks.paragraphs(found)).splitlines()[1] == ("  FAILS  still needed: web no longer exists.")


@pytest.mark.parametrize(
    ("check", "sentence", "told"),
    [
        (Check.RAM, "RAM 98.0 %.", "RAM 98.0 %."),
        (Check.RUNNING, "Running.", "Running."),
        (Check.PINNED, "Not pinned.", "Not pinned."),
        (Check.USABLE, "n1 is usable.", "n1 is usable."),
        (Check.USABLE, "n1 is offline.", "usable target: n1 is offline."),
        (Check.NO_ALERT, "The cluster reports: x.", "no alert: The cluster reports: x."),
        (Check.RAM, "Gramophones.", "RAM: Gramophones."),
        (Check.ANTI_AFFINITY, "No VM there.", "anti-affinity: No VM there."),
    ],
)
def test_a_check_is_named_once(check: Check, sentence: str, told: str) -> None:
    line = checks.sentence(Verdict(check, True, sentence))
    assert line.text == told
    assert len([tone for _, tone in line.parts if tone is Tone.STRONG]) == 1


def test_of_several_that_fail_all_are_counted() -> None:
    bad = Verdict(Check.RAM, False, "No.")
    found = (checks.Group("The target", (bad,)), checks.Group("The cluster", (bad,)))
    assert checks.summary(found).text.startswith("2 of 2 checks do not hold")


def test_a_node_that_is_offline_fails_a_check_of_the_cluster() -> None:
    shown = picture()
    lost = replace(NODES[2], status=NetworkStatus.OFFLINE)
    offline = view_of(replace(HOT, nodes={**HOT.nodes, lost.id: lost}), ASK)
    [cluster_first, *_] = checks.groups(picture_of(offline), case_of(shown).proposal.move, NOW)
    assert cluster_first.title == "The cluster"
    assert "10.0.0.103 is offline." in [each.sentence for each in cluster_first.verdicts if not each.ok]


def test_before_the_cluster_has_answered_nothing_can_be_checked() -> None:
    shown = picture()
    dark = picture_of(replace(shown.view, snapshot=None))
    move = case_of(shown).proposal.move
    assert checks.groups(dark, move, NOW) == ()
    assert checks.summary(()).text == "nothing can be checked until the cluster has answered"
    assert next_best.order(dark, move) == {}
    assert words.figures(dark, move, UNICODE) == ()


def test_glyphs_can_be_plain() -> None:
    shown = picture()
    assert "  .101 -> .102  " in words.headline(shown, case_of(shown), ASCII).text


def test_an_expired_case_does_not_point_to_itself() -> None:
    shown = picture()
    told = words.remarks(shown, case_of(shown), NOW + 601)
    assert [cell.text for cell in told] == ["This proposal no longer waits. It expired after 10:00 min."]
