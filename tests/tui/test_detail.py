"""The pages of a VM and of a node: every fact, every key, and what is shown when what they show has vanished."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hctui.core.decision import Reason
from hctui.core.migration import Phase
from hctui.core.model import Disposition, NetworkStatus, NodeId, VmId
from hctui.core.policy import Policy
from hctui.core.state import Arrival, Imagination, ImaginedMove, Ledger, State
from hctui.engine.queries import MigrationTold, Queries
from hctui.engine.view import View
from hctui.journal import Journal
from hctui.tui.glyphs import ASCII, UNICODE
from hctui.tui.paragraph import laid_out, plain
from hctui.tui.picture import picture_of
from hctui.tui.screens.detail import NodeDetail, VmDetail
from hctui.tui.screens.explain import Explanation
from hctui.tui.screens.matrix import Matrix
from hctui.tui.texts import node_facts, vm_facts
from hctui.tui.widgets.paper import Paper
from hctui.tui.widgets.table import Table
from tests.core.build import GIB, NOW, cluster, history, node, node_id, vm
from tests.journal.build import ADDRESS, CLUSTER, migration
from tests.tui.stage import Stage, bare_console, view_of
from tests.tui.troubled import LONG, MARKUP, NODES, TROUBLED, WIDE, troubled

MOVE = MigrationTold(
    "m1",
    VmId("web-03"),
    "web-03",
    node_id(2),
    "10.0.0.102",
    node_id(1),
    "10.0.0.101",
    Reason.LOAD,
    "Why.",
    NOW - 600,
    NOW - 540,
    Phase.ARRIVED,
    "It is on the target.",
)


def vm_text(name: str, view: View | None = None, moves: tuple[MigrationTold, ...] | str = ()) -> list[str]:
    picture = picture_of(view or troubled())
    return plain(vm_facts.told(picture, VmId(name), NOW, moves, ASCII), 300).splitlines()


def node_text(number: int, view: View | None = None) -> list[str]:
    return plain(node_facts.told(picture_of(view or troubled()), node_id(number), ASCII), 300).splitlines()


# Facts of a VM


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("web-01", "name          web-01"),
        ("web-01", "node          10.0.0.101"),
        ("web-01", "state         running"),
        ("web-01", "CPU           88.0 % of its own vCPUs; mean over the window 88.0 %"),
        ("web-01", "share of node 7.0 % of the whole node's CPU"),
        ("web-01", "history       @@@@@@@@@@  10/10 samples"),
        ("web-01", "RAM           8 GiB reserved"),
        ("web-01", "vCPUs         8"),
        ("web-01", "tags          none"),
        ("web-01", "virtual GPU   none"),
        ("web-01", "last task     none known"),
        ("web-01", "  HyperCore     no affinity of its own"),
        ("web-02", "  nomove        never moved automatically"),
        ("sql-01", "  kept apart    from sql-02 (on .102)"),
        ("sql-01", "  pinned        to 10.0.0.102"),
        ("sql-02", "  wrong         sql-02 has the tag anti_nope, but no VM is named nope."),
        ("strict", "  HyperCore     strict affinity: only 10.0.0.103 (preferred) and 10.0.0.104 (backup)"),
        ("off", "node          none; last on 10.0.0.102"),
        ("nameless", "name          (no name)"),
        (MARKUP, f"name          {MARKUP}"),
        ("twin-a", "id            twin-a"),
    ],
)
def test_a_fact_of_a_vm(name: str, line: str) -> None:
    assert line in vm_text(name)


def test_a_rule_that_is_broken_now_says_with_whom() -> None:
    assert any(line.startswith("  at present") and "sql-02" in line for line in vm_text("sql-01"))
    assert not any(line.startswith("  at present") for line in vm_text("web-01"))


def test_waits_run_down_with_the_time() -> None:
    assert any(
        line.startswith("  cooldown      19 min left, since it came from 10.0.0.103 to 10.0.0.101 at")
        for line in vm_text("web-01")
    )
    assert "  cooldown      none" in vm_text("web-02")
    picture = picture_of(troubled())
    later = plain(vm_facts.told(picture, VmId("web-01"), NOW + 1010, (), ASCII), 300)
    assert "  cooldown      1:30 min left" in later


def test_back_offs_and_rejections_are_told_with_what_is_left() -> None:
    text = vm_text("web-03")
    assert (
        "  back-off      moving it to 10.0.0.103 failed 2 times; 59 min left. The cluster refused it." in text
    )
    assert any(
        line.startswith("  back-off      moving it to 10.0.0.102 was rejected at")
        and line.endswith("28 min left.")
        for line in text
    )


def test_the_back_offs_of_others_are_not_told() -> None:
    assert not [line for line in vm_text("web-02") if "back-off" in line]


def test_a_virtual_gpu_is_named() -> None:
    snapshot = replace(cluster([node(1)], [vm("web", tags="gpu-a2")]), gpu_profiles=frozenset({"gpu-a2"}))
    assert "virtual GPU   gpu-a2; so it is not moved" in vm_text("web", view_of(snapshot))


def test_where_a_dry_run_imagines_it_both_places_are_told() -> None:
    snapshot = cluster([node(1), node(2)], [vm("web", 1)])
    arrival = Arrival(NOW - 60, node_id(1), node_id(2))
    imagination = Imagination(
        Ledger(arrivals={VmId("web"): arrival}), {VmId("web"): ImaginedMove(node_id(1), node_id(2), NOW - 60)}
    )
    view = view_of(snapshot, Policy(), state=State(history(snapshot), imagination=imagination))
    assert "node          10.0.0.101 -> 10.0.0.102 imagined by the dry run" in vm_text("web", view)
    assert any("cooldown" in line and line.endswith(", imagined") for line in vm_text("web", view))
    assert "dry run       1 VM imagined to have come, 0 to have left; the figures count that in" in node_text(
        2, view
    )
    assert (
        "dry run       0 VMs imagined to have come, 1 to have left; the figures count that in"
        in node_text(1, view)
    )


def test_unknown_figures_are_said_to_be_unknown() -> None:
    snapshot = cluster([node(1, cpu=None, used_gib=None)], [vm("web", cpu=None)])
    view = view_of(snapshot)
    assert "CPU           not known of its own vCPUs; mean over the window not known" in vm_text("web", view)
    assert "history       ..........  0/10 samples, not full" in vm_text("web", view)
    assert "RAM           use not known; 100 GiB installed" in node_text(1, view)
    assert any("mean over the window not known yet; last not known" in line for line in node_text(1, view))


def test_its_last_moves_are_told_the_latest_first() -> None:
    imagined = replace(MOVE, id="dry-run-1", phase=None, ended_at=None, requested_at=NOW - 900)
    text = vm_text("web-03", moves=(MOVE, imagined))
    moves = text[text.index("Its last moves") + 1 :]
    assert moves[0].endswith("10.0.0.102 -> 10.0.0.101  arrived after 1:00 min, load. It is on the target")
    assert moves[1].endswith("10.0.0.102 -> 10.0.0.101  imagined, load")
    assert vm_text("web-03")[-1] == "  none in the journal"
    assert vm_text("web-03", moves="Reading the journal.")[-1] == "  Reading the journal."
    assert len(vm_text("web-03", moves=(MOVE,) * 50)) == len(text) + vm_facts.MOST_MOVES - 2


@pytest.mark.parametrize("name", [*TROUBLED.vms, "gone"])
@pytest.mark.parametrize("width", [58, 78, 198])
def test_a_page_of_a_vm_fits_and_its_keys_are_its_own(name: str, width: int) -> None:
    told = vm_facts.told(picture_of(troubled()), VmId(name), NOW, (MOVE,), UNICODE)
    assert len({each.key for each in told}) == len(told)
    assert all(line.width <= width for line in laid_out(told, width).values())


# Facts of a node


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (1, "name          10.0.0.101"),
        (1, "id            n1"),
        (1, "state         hot: mean CPU above 80.0 %"),
        (2, "state         takes no VMs for load: mean CPU not below 50.0 %, and not above 80.0 %"),
        (3, "state         may take VMs: mean CPU below 50.0 %"),
        (1, "membership    online; is in the cluster"),
        (1, "threads       100"),
        (1, "vCPUs         16 of its VMs; 0.2 for each thread"),
        (1, "history       @@@@@@@@@@  10/10 samples"),
    ],
)
def test_a_fact_of_a_node(number: int, line: str) -> None:
    assert line in node_text(number)


def test_figures_of_a_node_stand_beside_their_bars() -> None:
    text = "\n".join(node_text(1))
    assert "mean over the window 91.0 %; last 91.0 %" in text
    assert "60.0 %: 60 GiB of 100 GiB; a target stays within 70.0 %" in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": NetworkStatus.OFFLINE}, "10.0.0.101 is offline."),
        ({"allow_running_vms": False}, "10.0.0.101 does not allow VMs."),
        ({"desired_disposition": Disposition.EVACUATED}, "is in the cluster and is to be evacuated."),
    ],
)
def test_a_node_that_takes_no_part_says_why(changes: dict[str, object], expected: str) -> None:
    snapshot = cluster([replace(NODES[0], **changes), *NODES[1:]], [vm("web")])  # type: ignore[arg-type]
    [line] = [line for line in node_text(1, view_of(snapshot)) if line.startswith("state")]
    assert line.startswith("state         takes no part in balancing: ")
    assert line.endswith(expected)


def test_a_node_whose_history_is_not_full_says_how_far_it_is() -> None:
    snapshot = cluster(NODES, [vm("web")])
    view = view_of(snapshot, state=State(history(snapshot, 4)))
    assert "state         takes part once its history is full: 4/10 samples" in node_text(1, view)


def test_a_node_without_ram_or_threads_does_no_harm() -> None:
    snapshot = cluster([replace(node(1), mem_bytes=None, threads=None)], [vm("web", mem_gib=GIB / GIB)])
    text = "\n".join(node_text(1, view_of(snapshot)))
    assert "threads       not known" in text
    assert "20 GiB in use; not known how much is installed" in text


# The pages


async def opened(stage: Stage, page: VmDetail | NodeDetail) -> str:
    await stage.app.push_screen(page)
    await stage.settle()
    return page.query_one(Paper).text


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40), (200, 50)])
async def test_a_vm_is_shown_at_every_size(size: tuple[int, int]) -> None:
    async with bare_console(troubled(), size) as stage:
        for vm_id in ("web-01", MARKUP, WIDE, "long", "nameless", "twin-b", "off"):
            text = await opened(stage, VmDetail(VmId(vm_id)))
            name = TROUBLED.vms[VmId(vm_id)].name
            shown = "".join(stage.text.split())
            assert "".join((name or "(no name)").split()) in shown
            assert f"id            {vm_id}" in text
            await stage.press("escape")


async def test_a_name_of_200_characters_is_whole_on_the_screen() -> None:
    async with bare_console(troubled()) as stage:
        await opened(stage, VmDetail(VmId("long")))
        assert LONG in "".join(stage.text.split())


async def test_the_timer_of_a_vm_runs() -> None:
    async with bare_console(troubled()) as stage:
        await opened(stage, VmDetail(VmId("web-01")))
        assert "19 min left" in stage.app.screen.query_one(Paper).text
        stage.front.clock = NOW + 1010
        await stage.until(lambda: "1:30 min left" in stage.app.screen.query_one(Paper).text)


async def test_the_keys_of_a_vm_lead_on(tmp_path: Path) -> None:
    async with bare_console(troubled(), folder=tmp_path) as stage:
        text = await opened(stage, VmDetail(VmId("web-01")))
        await stage.press("y")
        assert (tmp_path / "copied.txt").read_text().rstrip() == text.rstrip()
        await stage.press("e")
        assert isinstance(stage.app.screen, Explanation)
        assert " Why: web-01" in stage.text
        await stage.press("escape", "g")
        assert type(stage.app.screen).__name__ == "MovePage"
        await stage.press("escape", "h")
        assert type(stage.app.screen).__name__ == "Charts"
        await stage.press("escape", "w")
        assert isinstance(stage.app.screen, Matrix)
        await stage.press("escape", "escape")
        assert not isinstance(stage.app.screen, VmDetail)


async def test_the_node_of_a_vm_is_opened_from_its_line() -> None:
    async with bare_console(troubled()) as stage:
        await opened(stage, VmDetail(VmId("web-01")))
        stage.app.screen.query_one(Paper).set_cursor("0/fact-node")
        await stage.press("enter")
        assert isinstance(stage.app.screen, NodeDetail)
        assert "10.0.0.101" in stage.text


async def test_a_vm_that_vanishes_is_said_to_and_its_moves_stay() -> None:
    async with bare_console(troubled()) as stage:
        await opened(stage, VmDetail(VmId("web-01")))
        snapshot = stage.front.view.snapshot
        assert snapshot
        left = {key: each for key, each in snapshot.vms.items() if key != "web-01"}
        stage.front.publish(snapshot=replace(snapshot, vms=left))
        await stage.until(lambda: "The cluster does not report this VM, or no longer." in stage.text)
        assert "Its last moves" in stage.text
        await stage.press("e")
        assert "does not report this VM" in stage.text


async def test_its_moves_are_read_from_the_journal_and_again_after_the_next(tmp_path: Path) -> None:
    moved = replace(migration(Phase.ARRIVED, at=NOW - 600), phase_since=NOW - 540)
    view = view_of(cluster([node(1), node(2)], [vm("web", id=moved.move.vm_id)]))
    async with Journal.open(tmp_path, CLUSTER, ADDRESS) as journal:
        await journal.record_migration(moved, State())
        async with bare_console(view, (100, 60), queries=Queries(journal.path)) as stage:
            await opened(stage, VmDetail(moved.move.vm_id))
            assert stage.text.count("arrived after") == 1
            second = replace(moved, id="second", requested_at=NOW - 60, phase_since=NOW - 30)
            await journal.record_migration(second, State())
            stage.front.publish(state=replace(view.state, real=Ledger(last_ended_at=NOW)))
            await stage.until(lambda: stage.text.count("arrived after") == 2)


async def test_without_a_journal_the_page_says_so_and_reads_it_once_there_is_one(tmp_path: Path) -> None:
    async with bare_console(troubled(), (100, 60)) as stage:
        await opened(stage, VmDetail(VmId("web-01")))
        await stage.until(lambda: "There is no journal yet." in stage.text)
        stage.front.queries = Queries(tmp_path / "missing.sqlite")
        # The path of the journal may be long, so that a line can end anywhere.
        await stage.until(lambda: "unable to open" in " ".join(stage.text.split()))


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
async def test_a_node_is_shown_with_its_vms_busiest_first(size: tuple[int, int]) -> None:
    async with bare_console(troubled(), size) as stage:
        text = await opened(stage, NodeDetail(node_id(1)))
        assert "hot: mean CPU above 80.0 %" in text
        table = stage.app.screen.query_one("#vms", Table)
        assert table.keys_in_sight[:3] == ("web-01", "web-02", "web-03")
        assert "19 min" in stage.text


async def test_the_keys_of_a_node_lead_on(tmp_path: Path) -> None:
    async with bare_console(troubled(), folder=tmp_path) as stage:
        text = await opened(stage, NodeDetail(node_id(3)))
        await stage.press("y")
        copied = (tmp_path / "copied.txt").read_text()
        assert copied.startswith(text.rstrip())
        assert f"{MARKUP}  .103  5 %" in copied
        await stage.press("down", "enter")
        assert isinstance(stage.app.screen, VmDetail)
        await stage.press("escape", "e")
        assert isinstance(stage.app.screen, Explanation)
        await stage.press("escape", "g")
        assert type(stage.app.screen).__name__ == "MovePage"
        await stage.press("escape", "escape")
        assert not isinstance(stage.app.screen, NodeDetail)


async def test_a_node_that_vanishes_is_said_to() -> None:
    async with bare_console(troubled()) as stage:
        await opened(stage, NodeDetail(node_id(3)))
        snapshot = stage.front.view.snapshot
        assert snapshot
        left = {key: each for key, each in snapshot.nodes.items() if key != node_id(3)}
        stage.front.publish(snapshot=replace(snapshot, nodes=left))
        await stage.until(lambda: "The cluster does not report this node, or no longer." in stage.text)
        assert "no VM is here" in stage.text
        await stage.press("enter", "e", "g", "y")
        assert isinstance(stage.app.screen, NodeDetail)


async def test_an_unknown_node_and_no_snapshot_at_all_do_no_harm() -> None:
    async with bare_console(replace(troubled(), snapshot=None)) as stage:
        assert "does not report this node" in await opened(stage, NodeDetail(NodeId("n99")))
        assert "does not report this VM" in await opened(stage, VmDetail(VmId("v99")))
