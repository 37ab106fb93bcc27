"""Moving a VM by hand: every node with its verdict, the question, what came of it, and undo."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from hctui.core import balancer
from hctui.core.commands import MoveVm, Pause
from hctui.core.model import NetworkStatus, Snapshot, VmId, VmState
from hctui.core.policy import Mode, Policy
from hctui.core.state import Arrival, Ledger, State, in_every_reality, with_imagined
from hctui.tui import move_words as words
from hctui.tui.clipping import NAME
from hctui.tui.glyphs import UNICODE
from hctui.tui.lists import targets
from hctui.tui.picture import picture_of
from hctui.tui.screens.move import MovePage, undo_page
from hctui.tui.screens.question import Question
from hctui.tui.widgets.table import Table
from tests.core.build import NOW, cluster, history, move, node, node_id, vm
from tests.tui.cycles import next_cycle, not_sent, sent
from tests.tui.stage import Stage, bare_console, view_of
from tests.tui.test_approve import sees, toasts

WEB = VmId("web")
LIVE = Policy(dry_run=False, mode=Mode.AUTO)
DRY = Policy(dry_run=True, mode=Mode.AUTO)
NODES = [node(1, cpu=60, used_gib=60), node(2, cpu=20), node(3, cpu=30, used_gib=69), node(4)]
CALM = cluster(NODES, [vm("web", cpu=200, vcpus=8, mem_gib=8), vm("rival", 4, tags="anti_web")])


@asynccontextmanager
async def opened(
    snapshot: Snapshot = CALM,
    policy: Policy = LIVE,
    size: tuple[int, int] = (110, 30),
    ledger: Ledger | None = None,
    page: MovePage | None = None,
    folder: Path = Path("/nowhere"),
) -> AsyncIterator[Stage]:
    state = State(samples=history(snapshot), real=ledger or Ledger())
    async with bare_console(view_of(snapshot, policy, state=state), size, folder=folder) as stage:
        stage.app.push_screen(page or MovePage(WEB))
        await stage.settle()
        yield stage


def cursor(stage: Stage) -> str | None:
    return stage.app.screen.query_one("#targets", Table).cursor_key


async def say_yes(stage: Stage) -> None:
    assert isinstance(stage.app.screen, Question)
    await stage.press("tab", "enter")


# What it shows


async def test_every_node_has_its_verdict_with_numbers() -> None:
    async with opened() as stage:
        parts = (
            "MOVE BY HAND web on .101 8 GiB mean CPU 200.0 %",
            "LIVE: Enter on a node asks once more; after a yes the VM is migrated.",
            "10.0.0.101 60 → 44 60 → 52 is here",
            "10.0.0.102 20 → 36 20 → 28 allowed",
            "10.0.0.103 30 → 46 69 → 77 no: RAM 77.0 % with 8 GiB more, above the limit of 70.0 %.",
            "10.0.0.104 20 → 36 20 → 28 no: rival on 10.0.0.104 must be kept apart from web.",
        )
        for part in parts:
            assert sees(stage, part)(), f"{part}\n{stage.text}"
        assert cursor(stage) == "n2", "the first that is allowed"


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (200, 50)])
async def test_the_verdict_under_the_cursor_is_whole_at_every_size(size: tuple[int, int]) -> None:
    async with opened(size=size) as stage:
        await stage.press("down")
        assert sees(stage, "10.0.0.103 no: RAM 77.0 % with 8 GiB more, above the limit of 70.0 %.")()


async def test_the_key_that_moves_it_is_named_and_can_be_remapped() -> None:
    async with opened(size=(80, 24)) as stage:
        assert "⏎ move there" in stage.text
        stage.app.set_keymap({"move_there": "f6"})
        await stage.until(lambda: "f6 move there" in stage.text)
        await stage.press("f6")
        assert isinstance(stage.app.screen, Question)


@pytest.mark.parametrize(("samples", "is_full"), [(3, False), (10, True)])
async def test_it_says_of_how_many_samples_the_cpu_is_the_mean(samples: int, is_full: bool) -> None:
    silent = replace(CALM, nodes={**CALM.nodes, node_id(4): node(4, cpu=None)})
    view = view_of(silent, LIVE, state=State(history(silent, samples)))
    async with bare_console(view, (110, 30)) as stage:
        await stage.app.push_screen(MovePage(WEB))
        await stage.settle()
        assert (
            "CPU is the mean of 3 of 10 samples: the window is not full yet." in stage.text
        ) is not is_full
        assert "CPU is the mean of 0" not in stage.text


async def test_waits_are_named_and_run() -> None:
    ledger = Ledger(arrivals={WEB: Arrival(NOW - 1700, node_id(2), node_id(1))})
    async with opened(ledger=ledger) as stage:
        assert sees(stage, "if you override: In cooldown for another 1:40 min.")()
        stage.front.clock += 10
        await stage.until(sees(stage, "if you override: In cooldown for another 1:30 min."))


@pytest.mark.parametrize("name", ["db [/] x", "x" * 200, "数据库", "", "[b]bold", "a\x1b[31mb"])
async def test_names_are_shown_whole_and_harmless(name: str) -> None:
    snapshot = cluster(NODES, [vm(name, id="web", cpu=20), vm(name, 2, id="2")])
    async with opened(snapshot, size=(80, 24)) as stage:
        whole = "".join(name.replace("\x1b", "?").split())
        assert whole in "".join(stage.text.split())
        await stage.press("enter")
        asked = str(stage.app.screen.query_one("#text", Static).content)
        assert name.replace("\x1b", "?") in asked
        await say_yes(stage)
        assert len(stage.front.commands) == 1


# Sending


async def test_after_a_yes_it_is_sent_and_followed_to_the_end() -> None:
    async with opened() as stage:
        await stage.press("enter")
        assert sees(
            stage, "LIVE: hctui asks the cluster to migrate web (8 GiB) from 10.0.0.101 to 10.0.0.102"
        )()
        assert sees(stage, "On 10.0.0.102: CPU 20 → 36 %, RAM 20 → 28 %.")()
        assert stage.front.commands == []
        await say_yes(stage)
        order = MoveVm(WEB, node_id(2), override_cooldowns=False, dry_run=False)
        assert stage.front.commands == [order]
        assert sees(stage, "Asked. Every check comes again on fresh data")()
        step = next_cycle(stage.front, order)
        await stage.until(sees(stage, "It holds."))
        sent(stage.front, step)
        await stage.until(sees(stage, "Sent. The cluster accepted it. Migrating, 0 %."))
        await stage.press("enter")
        assert toasts(stage).startswith("Not moved: web is being migrated to 10.0.0.102")
        assert stage.front.commands == [order]


async def test_not_yet_has_the_focus() -> None:
    async with opened() as stage:
        await stage.press("enter", "enter")
        assert stage.front.commands == []
        assert isinstance(stage.app.screen, MovePage)


async def test_waits_are_overridden_only_by_name() -> None:
    ledger = Ledger(last_ended_at=NOW - 100, arrivals={WEB: Arrival(NOW - 100, node_id(2), node_id(1))})
    async with opened(ledger=ledger) as stage:
        await stage.press("enter")
        told = "You override this: Cluster cooldown, 3:20 min left. In cooldown for another 28:20 min."
        assert sees(stage, told)() or told in " ".join(stage.text.replace("│", "").split())
        await say_yes(stage)
        assert stage.front.commands == [MoveVm(WEB, node_id(2), override_cooldowns=True, dry_run=False)]


async def test_a_refusal_on_fresh_data_is_told() -> None:
    async with opened() as stage:
        await stage.press("enter")
        await say_yes(stage)
        stopped = replace(CALM, vms={**CALM.vms, WEB: vm("web", state=VmState.SHUTOFF)})
        next_cycle(stage.front, *stage.front.commands, snapshot=stopped)  # type: ignore[arg-type]
        await stage.until(
            sees(stage, "Not moved by hand: web from 10.0.0.101 to 10.0.0.102.", "web is shutoff")
        )


async def test_a_refusal_at_the_very_last_is_told() -> None:
    async with opened() as stage:
        await stage.press("enter")
        await say_yes(stage)
        not_sent(stage.front, next_cycle(stage.front, MoveVm(WEB, node_id(2))), "10.0.0.102 is offline.")
        stage.front.publish()
        await stage.until(sees(stage, "Not sent: 10.0.0.102 is offline."))


async def test_in_a_dry_run_it_is_imagined() -> None:
    async with opened(policy=DRY) as stage:
        assert sees(stage, "DRY RUN: nothing is sent to the cluster; the move is only imagined")()
        await stage.press("enter")
        assert sees(stage, "DRY RUN: nothing is sent.", "Imagine it")()
        await say_yes(stage)
        next_cycle(stage.front, MoveVm(WEB, node_id(2)))
        await stage.until(sees(stage, "Dry run: imagined, nothing was sent.", "on .101 → .102 (imagined)"))


async def test_it_works_while_paused_and_says_so() -> None:
    async with opened() as stage:
        next_cycle(stage.front, Pause())
        await stage.until(sees(stage, "A move by hand is carried out all the same."))
        await stage.press("enter")
        await say_yes(stage)
        assert len(stage.front.commands) == 1


async def test_while_another_migration_runs_nothing_can_be_sent() -> None:
    async with opened() as stage:
        state = balancer.begun(stage.front.view.state, move("app", 2, 3), "m1", NOW)
        stage.front.publish(state=state)
        await stage.until(
            sees(stage, "app is being migrated to 10.0.0.103; until that has ended nothing else is sent.")
        )
        await stage.press("enter")
        assert toasts(stage).startswith("Not moved: app is being migrated to 10.0.0.103")
        assert stage.front.commands == []


async def test_a_node_that_is_refused_says_why() -> None:
    async with opened() as stage:
        await stage.press("down", "enter")
        assert toasts(stage) == "Not moved: RAM 77.0 % with 8 GiB more, above the limit of 70.0 %."


async def test_nothing_is_asked_before_the_last_answer_is_there() -> None:
    async with opened() as stage:
        await stage.press("enter")
        await say_yes(stage)
        await stage.press("enter")
        assert isinstance(stage.app.screen, MovePage)
        assert toasts(stage) == "The answer to your last move is not there yet."


MEANWHILE: dict[str, tuple[Callable[[Stage], object], str]] = {
    "live": (
        lambda stage: next_cycle(stage.front, policy=LIVE),
        "Dry run was switched while the question was open. Nothing was sent.",
    ),
    "moved": (
        lambda stage: next_cycle(stage.front, snapshot=replace(CALM, vms={**CALM.vms, WEB: vm("web", 3)})),
        "web is no longer on 10.0.0.101. Nothing was sent.",
    ),
    "gone": (
        lambda stage: next_cycle(stage.front, snapshot=replace(CALM, vms={})),
        "web or 10.0.0.102 is no longer there. Nothing was sent.",
    ),
    "offline": (
        lambda stage: next_cycle(stage.front, snapshot=_offline()),
        "Not moved: 10.0.0.103 is offline.",
    ),
    "cooling": (
        lambda stage: stage.front.publish(state=_cooling(stage.front.view.state)),
        "Nothing was sent, for this has come up meanwhile: Cluster cooldown, 5:00 min left.",
    ),
}


def _offline() -> Snapshot:
    lost = replace(NODES[2], status=NetworkStatus.OFFLINE)
    return replace(CALM, nodes={**CALM.nodes, lost.id: lost})


def _cooling(state: State) -> State:
    return in_every_reality(state, lambda ledger: replace(ledger, last_ended_at=NOW))


@pytest.mark.parametrize("name", MEANWHILE)
async def test_a_yes_counts_only_for_what_was_asked(name: str) -> None:
    meanwhile, told = MEANWHILE[name]
    async with opened(policy=DRY) as stage:
        await stage.press("enter")
        meanwhile(stage)
        await say_yes(stage)
        assert stage.front.commands == []
        await stage.until(lambda: toasts(stage) == told)


async def test_a_proposal_that_would_be_withdrawn_is_named() -> None:
    ask = Policy(dry_run=False, mode=Mode.APPROVE)
    hot = replace(CALM, nodes={**CALM.nodes, node_id(1): node(1, cpu=90, used_gib=60)})
    async with opened(hot, ask) as stage:
        await stage.press("enter")
        assert sees(stage, "Proposal 1 is withdrawn by that.")()


# What vanishes


async def test_a_vm_that_vanishes_is_said_to_be_gone() -> None:
    async with opened() as stage:
        next_cycle(stage.front, snapshot=replace(CALM, vms={}))
        await stage.until(sees(stage, "MOVE BY HAND web This VM is no longer in the cluster."))
        await stage.press("enter", "y", "down")
        assert stage.front.commands == []


async def test_a_node_that_vanishes_leaves_the_list() -> None:
    async with opened() as stage:
        left = {key: each for key, each in CALM.nodes.items() if key != node_id(1)}
        next_cycle(stage.front, snapshot=replace(CALM, nodes=left))
        await stage.until(sees(stage, "no: web is on n1, which is not reported."))
        await stage.press("enter")
        assert stage.front.commands == []


async def test_a_vm_that_runs_nowhere_goes_nowhere() -> None:
    off = replace(CALM, vms={WEB: vm("web", None, state=VmState.SHUTOFF)})
    async with opened(off) as stage:
        assert sees(stage, "MOVE BY HAND web runs nowhere", "no: web is shutoff")()
        await stage.press("enter")
        assert stage.front.commands == []


async def test_before_the_cluster_has_answered_it_says_so() -> None:
    async with bare_console(replace(view_of(CALM, LIVE), snapshot=None)) as stage:
        stage.app.push_screen(MovePage(WEB))
        await stage.settle()
        assert sees(stage, "The cluster has not answered yet.")()


# Undo


def _moved() -> Ledger:
    return Ledger(arrivals={WEB: Arrival(NOW - 4000, node_id(2), node_id(1))})


async def test_undo_begins_on_the_node_the_vm_came_from() -> None:
    state = State(samples=history(CALM), real=_moved())
    async with bare_console(view_of(CALM, LIVE, state=state), (110, 30)) as stage:
        await stage.press("u")
        assert isinstance(stage.app.screen, MovePage)
        assert cursor(stage) == "n2"
        assert sees(stage, "Undo: the cursor is on 10.0.0.102. The VM was moved from there at")()


async def test_undo_of_what_was_only_imagined_says_so() -> None:
    begun = State(samples=history(CALM))
    imagined = with_imagined(begun, replace(move("web", 1, 2), vm_id=WEB), NOW - 4000)
    async with bare_console(view_of(CALM, DRY, state=imagined), (110, 30)) as stage:
        await stage.press("u")
        assert cursor(stage) == "n1"
        assert sees(stage, "The VM was in imagination moved from there at")()


async def test_undo_where_the_node_is_gone_says_so() -> None:
    async with opened(ledger=_moved(), page=MovePage(WEB, back_to=node_id(9))) as stage:
        assert sees(stage, "Undo: the node that it came from is no longer in the cluster.")()


def test_there_is_nothing_to_undo_where_nothing_was_moved() -> None:
    view = view_of(CALM, LIVE)
    assert undo_page(picture_of(view)) is None
    assert undo_page(picture_of(replace(view, snapshot=None))) is None


# Copy


async def test_all_that_is_shown_is_copied(tmp_path: Path) -> None:
    async with opened(folder=tmp_path) as stage:
        await stage.press("y")
        text = (tmp_path / NAME).read_text()
        for part in (
            "MOVE BY HAND  web  on .101  8 GiB",
            "LIVE: Enter on a node asks once more",
            "10.0.0.101: CPU 60 → 44 %, RAM 60 → 52 %, is here",
            "10.0.0.103: CPU 30 → 46 %, RAM 69 → 77 %, no: RAM 77.0 % with 8 GiB more",
        ):
            assert part in text


async def test_nobody_listens_once_the_page_is_closed() -> None:
    async with bare_console(view_of(CALM, LIVE)) as stage:
        before = len(stage.front.listeners)
        stage.app.push_screen(MovePage(WEB))
        await stage.settle()
        assert len(stage.front.listeners) == before + 1
        await stage.press("escape")
        assert len(stage.front.listeners) == before


def test_a_page_that_is_left_alone_keeps_no_more_than_so_many_views() -> None:
    from hctui.tui.screens.following import MOST_VIEWS, Following
    from tests.tui.stage import StandInFront

    front = StandInFront(view_of(CALM, LIVE))
    following = Following(front)
    first: Any = None
    for at in range(3 * MOST_VIEWS):
        next_cycle(front)
        first = first or front.view
        assert at >= 0
    views = following.new_views()
    assert len(views) == MOST_VIEWS + 1
    assert (views[0], views[-1]) == (first, front.view), (
        "the first, which answer what was asked, and the latest"
    )


def test_a_node_without_figures_shows_that() -> None:
    picture = picture_of(view_of(cluster([node(1), node(2, cpu=None, used_gib=None)], [vm("web")]), LIVE))
    option = targets.order(picture, WEB, NOW)["n2"]
    assert targets.told(picture, WEB, option, UNICODE).startswith(
        "10.0.0.102: CPU ? → ? %, RAM ? → ? %, no: "
    )
    assert words.detail(None).text == ""
