"""The dashboard, driven by keys and mouse: what stays when the engine publishes, and what each key does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from textual.widgets import Button, Input

from hctui.config import Settings
from hctui.config.console import ConsoleSettings
from hctui.core.commands import Pause, Reject, Resume
from hctui.core.history import recorded, sample_of
from hctui.core.model import VmId
from hctui.core.policy import Mode, Policy
from hctui.core.state import Arrival, Ledger, State
from hctui.engine.commands import ChangeSettings
from hctui.engine.queries import Queries
from hctui.engine.view import Line
from hctui.tui.app import Leaving
from hctui.tui.glyphs import ASCII
from hctui.tui.screens.dashboard import Dashboard
from hctui.tui.screens.question import Question
from hctui.tui.screens.too_small import TooSmall
from hctui.tui.widgets.table import Table
from tests.core.build import NOW, cluster, history, node, node_id, vm
from tests.journal import build as journal
from tests.tui.stage import Stage, console, view_of

DRY = Policy(mode=Mode.APPROVE)
LIVE_AUTO = Policy(dry_run=False)
SNAPSHOT = cluster(
    [node(1, cpu=86, used_gib=61), node(2, cpu=41), node(3, cpu=28)],
    [
        vm("web-03", 1, cpu=74, vcpus=8, mem_gib=8),
        vm("sql-01", 1, cpu=55, mem_gib=16, tags="anti_sql-02"),
        vm("sql-02", 1, cpu=10, mem_gib=16),
        vm("app-01", 2, cpu=5),
    ],
)
CALM = cluster([node(1), node(2)], [vm("web", 1), vm("db", 2)])


def table(stage: Stage, name: str) -> Table:
    return stage.app.screen.query_one(f"#{name}", Table)


async def test_everything_is_on_the_smallest_usual_screen() -> None:
    async with console(view_of(SNAPSHOT)) as stage:
        for words in (
            "branch-7  3 nodes  4 VMs",
            " LIVE  APPROVE ",
            "TLS pinned",
            "waiting for you: a proposal, for 10 min ",
            "data 0 s",
            "API 38 ms",
            "poll 30 s",
            "10.0.0.101",
            "86 %",
            "hot",
            "coolest",
            "web-03",
            "violates sql-01",
            "PROPOSAL  sql-01  .101 → .102",
            "RAM .102 20 → 36 of 70 %",
            "expires in 10 min",
            "a approve",
            "? help",
        ):
            assert words in stage.text, words


async def test_the_bar_of_a_proposal_begins_with_dry_run_where_that_is_so() -> None:
    async with console(view_of(SNAPSHOT, DRY)) as stage:
        [line] = [line for line in stage.text.splitlines() if "PROPOSAL" in line]
        assert line.startswith(" DRY RUN PROPOSAL  sql-01  .101 → .102  anti-affinity ")
        assert line.rstrip().endswith("expires in 10 min")
    async with console(view_of(SNAPSHOT)) as stage:
        assert " PROPOSAL  sql-01 " in stage.text
        assert "DRY RUN" not in stage.text


async def test_the_bar_says_of_how_many_samples_the_cpu_is_the_mean() -> None:
    async with console(view_of(SNAPSHOT, state=State(history(SNAPSHOT, 3)))) as stage:
        await stage.shows("CPU (3 of 10 samples) .101 86 → ", "RAM .102 20 → 36 of 70 %")


async def test_a_wide_screen_has_more_columns_and_both_panels() -> None:
    async with console(view_of(SNAPSHOT), (200, 50)) as stage:
        for words in (
            "vCPU:thread",
            "anti sql-02",
            "sql-01 and sql-02",
            "what was decided, and why",
            "CPU hot above 80 %",
        ):
            assert words in stage.text, words


def sparkline_of(stage: Stage, label: str) -> str:
    """The first sparkline in the line of a node, without the places that have no reading."""
    [line] = [line for line in stage.text.splitlines() if line.startswith(label)]
    return line.split()[1].strip("·")


async def test_the_sparklines_show_the_past_of_the_journal_without_waiting_for_the_next_poll(
    tmp_path: Path,
) -> None:
    past = [replace(SNAPSHOT, taken_at=NOW - minutes * 60.0) for minutes in range(50, 0, -1)]
    queries = Queries(await journal.written(tmp_path, past))
    async with console(view_of(SNAPSHOT), queries=queries) as stage:
        await stage.until(lambda: len(sparkline_of(stage, "10.0.0.101")) > 1)


async def test_what_the_person_chose_survives_a_refresh_that_changes_everything() -> None:
    async with console(view_of(SNAPSHOT)) as stage:
        await stage.press("s", "s", "slash", *"sql", "enter", "down")
        vms = table(stage, "vms")
        chosen, mark = vms.cursor_key, vms.sort_mark
        assert chosen is not None
        busier = {
            vm_id: replace(each, cpu_percent=99 - index)
            for index, (vm_id, each) in enumerate(SNAPSHOT.vms.items())
        }
        busier[VmId("sql-00")] = vm("sql-00", 2)
        stage.front.publish(snapshot=replace(SNAPSHOT, vms=busier, taken_at=NOW + 30), at=NOW + 30)
        await stage.until(lambda: "sql-00" in stage.text)
        assert (vms.cursor_key, vms.sort_mark) == (chosen, mark)
        assert "web-03" not in "\n".join(stage.text.splitlines()[6:17]), "the filter still holds"


async def test_the_filter_works_as_one_types_and_escape_forgets_it() -> None:
    async with console(view_of(SNAPSHOT)) as stage:
        await stage.press("slash", *"violation")
        assert table(stage, "vms").keys_in_sight == ("sql-01", "sql-02")
        await stage.press("enter")
        assert stage.app.focused is table(stage, "vms")
        await stage.press("escape")
        assert len(table(stage, "vms").keys_in_sight) == 4
        assert not stage.app.screen.query_one("#filter", Input).has_class("-open")


async def test_the_filter_of_the_log_is_another_one() -> None:
    lines = [Line(NOW, "ended", "web-03 has arrived"), Line(NOW, "violation", "sql-01 shares")]
    async with console(view_of(CALM), lines=lines) as stage:
        table(stage, "log").focus()
        await stage.press("slash", *"sql")
        assert len(table(stage, "log").keys_in_sight) == 1
        assert len(table(stage, "vms").keys_in_sight) == 2


async def test_back_is_a_key_only_while_there_is_a_filter_to_forget() -> None:
    async with console(view_of(SNAPSHOT), (120, 40)) as stage:
        assert "esc back" not in stage.text
        await stage.press("slash")
        await stage.shows("esc back")
        await stage.press(*"web", "enter")
        assert "esc back" in stage.text
        await stage.press("escape")
        assert "esc back" not in stage.text
        await stage.press("slash", "enter")
        assert "esc back" not in stage.text, "an empty filter is none"
        table(stage, "log").focus()
        await stage.press("slash", *"sql", "enter")
        assert "esc back" in stage.text
        await stage.press("escape")
        assert table(stage, "log").has_focus
        assert "esc back" not in stage.text


async def test_two_panels_do_not_touch() -> None:
    async with console(view_of(SNAPSHOT), (200, 60)) as stage:
        assert "planned, or what stands in the way" in stage.text
        vms, rules = table(stage, "vms").region, table(stage, "violations").region
        assert rules.x - vms.right == 2


async def test_a_click_on_a_header_sorts_and_sorts_the_other_way() -> None:
    async with console(view_of(SNAPSHOT), (120, 40)) as stage:
        vms = table(stage, "vms")
        await stage.pilot.click(vms, offset=(1, 0))
        await stage.settle()
        assert vms.sort_mark == ("name", False)
        await stage.pilot.click(vms, offset=(1, 0))
        await stage.settle()
        assert vms.sort_mark == ("name", True)


async def test_timers_run_without_a_new_view() -> None:
    state = State(
        history(CALM),
        real=Ledger(arrivals={VmId("web"): Arrival(NOW - 1700, node_id(2), node_id(1))}),
    )
    async with console(view_of(CALM, LIVE_AUTO, state=state)) as stage:
        assert " 1:40 min " in stage.text
        stage.front.clock = NOW + 5
        stage.app.screen.tick(stage.front.clock)  # type: ignore[attr-defined]
        await stage.settle()
        assert " 1:35 min " in stage.text
        assert "data 5 s" in stage.text
        assert "poll 25 s" in stage.text


async def test_p_pauses_and_resumes() -> None:
    async with console(view_of(CALM)) as stage:
        await stage.press("p")
        assert stage.front.commands == [Pause()]
        stage.front.publish(state=replace(stage.front.view.state, paused=True))
        await stage.until(lambda: "PAUSED" in stage.text)
        await stage.press("p")
        assert stage.front.commands == [Pause(), Resume()]


async def test_back_to_a_dry_run_needs_no_question() -> None:
    async with console(view_of(CALM)) as stage:
        await stage.press("d")
        assert stage.front.commands == [ChangeSettings({"dry_run": "true"})]


async def test_going_live_asks_and_the_focus_is_on_staying() -> None:
    async with console(view_of(CALM, DRY)) as stage:
        await stage.press("d")
        assert isinstance(stage.app.screen, Question)
        await stage.shows("hctui sends each move that you")
        assert isinstance(stage.app.focused, Button)
        assert stage.app.focused.id == "no"
        await stage.press("enter")
        assert stage.front.commands == []
        await stage.press("d", "tab", "enter")
        assert stage.front.commands == [ChangeSettings({"dry_run": "false"})]


async def test_escape_answers_no_question() -> None:
    async with console(view_of(CALM, DRY)) as stage:
        await stage.press("d", "escape")
        assert stage.front.commands == []
        assert not isinstance(stage.app.screen, Question)


@pytest.mark.parametrize(
    ("policy", "commands"),
    [
        (Policy(), [ChangeSettings({"mode": "approve"})]),
        (LIVE_AUTO, [ChangeSettings({"mode": "approve"})]),
        (DRY, [ChangeSettings({"mode": "auto"})]),
    ],
)
async def test_the_mode_changes_at_once_where_nothing_can_happen(
    policy: Policy, commands: list[ChangeSettings]
) -> None:
    async with console(view_of(CALM, policy)) as stage:
        await stage.press("m")
        assert stage.front.commands == commands


async def test_auto_while_live_asks_first() -> None:
    async with console(view_of(CALM)) as stage:
        await stage.press("m")
        await stage.shows("In mode auto it moves VMs by itself")
        await stage.press("enter")
        assert stage.front.commands == []
        await stage.press("m", "tab", "enter")
        assert stage.front.commands == [ChangeSettings({"mode": "auto"})]


async def test_quitting_a_console_that_only_watches_asks_nothing() -> None:
    async with console(view_of(CALM, DRY)) as stage:
        await stage.press("q")
        assert stage.app.return_value is Leaving.STOP


@pytest.mark.parametrize(
    ("keys", "leaving"),
    [(["enter"], None), (["tab", "enter"], Leaving.GO_ON), (["tab", "tab", "enter"], Leaving.STOP)],
)
async def test_quitting_while_live_and_auto_says_what_stops_and_offers_to_go_on(
    keys: list[str], leaving: Leaving | None
) -> None:
    async with console(view_of(CALM, LIVE_AUTO)) as stage:
        await stage.press("q")
        await stage.shows("nobody balances this cluster")
        await stage.press(*keys)
        assert stage.app.return_value is leaving


async def test_x_rejects_the_proposal_once_it_has_been_there_to_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = [100.0]
    monkeypatch.setattr(Dashboard, "own_clock", staticmethod(lambda: time[0]))
    async with console(view_of(SNAPSHOT)) as stage:
        time[0] += 0.9
        await stage.press("x")
        assert stage.front.commands == []
        time[0] += 0.1
        await stage.press("x")
        assert stage.front.commands == [Reject(1)]


async def test_two_presses_of_p_take_each_other_back() -> None:
    async with console(view_of(CALM)) as stage:
        await stage.press("p", "p")
        assert stage.front.commands == [Pause(), Resume()]


async def test_under_a_question_the_time_goes_on() -> None:
    async with console(view_of(CALM, DRY), (100, 40)) as stage:
        await stage.press("d")
        stage.front.clock += 20
        await stage.shows("data 20 s")


async def test_the_keys_of_a_proposal_do_nothing_without_one() -> None:
    async with console(view_of(CALM)) as stage:
        assert "a approve" not in stage.text
        await stage.press("a", "x", "n")
        assert stage.front.commands == []
        assert len(stage.app.screen_stack) == 1


async def test_the_bell_rings_once_for_a_proposal(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(view_of(SNAPSHOT)) as stage:
        rung: list[int] = []
        monkeypatch.setattr(stage.app, "bell", lambda: rung.append(1))
        stage.front.publish(at=NOW + 1)
        stage.front.publish(at=NOW + 2)
        await stage.settle()
        assert rung == [], "it rang when the console was opened"
        proposal = stage.front.view.state.proposal
        assert proposal is not None
        stage.front.publish(state=replace(stage.front.view.state, proposal=replace(proposal, id=2)))
        await stage.until(lambda: rung == [1])


async def test_the_log_follows_until_it_is_held() -> None:
    lines = [Line(NOW + index, "ended", f"line {index}") for index in range(30)]
    async with console(view_of(CALM), lines=lines) as stage:
        assert "line 29" in stage.text
        table(stage, "log").focus()
        await stage.press("f", "home")
        stage.front.log(Line(NOW + 99, "ended", "line 99"))
        await stage.settle()
        await stage.pilot.pause(0.15)
        assert "line 99" not in stage.text
        await stage.press("f")
        await stage.shows("line 99")


async def test_t_shows_how_it_was_worked_out() -> None:
    lines = [Line(NOW, "check", "RAM Check: OK"), Line(NOW, "ended", "arrived")]
    async with console(view_of(CALM), lines=lines) as stage:
        assert "RAM Check" not in stage.text
        table(stage, "log").focus()
        await stage.press("t")
        await stage.shows("RAM Check")


async def test_v_switches_to_the_broken_rules_where_there_is_little_room() -> None:
    async with console(view_of(SNAPSHOT)) as stage:
        assert "planned, or what stands" not in stage.text
        await stage.press("v")
        assert "sql-01 and sql-02" in stage.text
        await stage.press("v")
        assert "sql-01 and sql-02" not in stage.text


async def test_y_copies_the_row_to_a_file_and_to_the_terminal(tmp_path: Path) -> None:
    async with console(view_of(SNAPSHOT), folder=tmp_path) as stage:
        await stage.press("y")
        await stage.until(lambda: stage.app.clipboard.startswith("web-03"))
        path = tmp_path / "copied.txt"
        assert path.read_text().startswith("web-03")
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [(59, 24), (80, 14)])
async def test_below_the_least_size_it_says_which_is_needed(size: tuple[int, int]) -> None:
    async with console(view_of(CALM)) as stage:
        await stage.pilot.resize_terminal(*size)
        await stage.until(lambda: isinstance(stage.app.screen, TooSmall))
        assert "hctui needs 60 x 15 characters" in stage.text
        assert f"{size[0]} x {size[1]}" in stage.text
        await stage.pilot.resize_terminal(80, 24)
        await stage.until(lambda: not isinstance(stage.app.screen, TooSmall))
        assert "branch-7" in stage.text


HOSTILE = [
    "db [/] x",
    "web[prod]-1",
    "a" * 200,
    "数据库" * 20,
    "",
    "twin",
    "twin",
    "[@click=app.bell]x[/]",
    "$[bold]",
]


async def test_names_that_try_to_break_it_are_shown_as_they_are() -> None:
    vms = [vm(name, 1, id=f"id{index}", cpu=90 - index) for index, name in enumerate(HOSTILE)]
    snapshot = cluster([node(1), node(2)], vms)
    async with console(view_of(snapshot), (200, 50)) as stage:
        for name in ("db [/] x", "web[prod]-1", "[@click=app.bell]x[/]", "$[bold]", "aaaa", "数据库"):
            assert name in stage.text, name
        assert stage.text.count("twin") == 2
        assert len(table(stage, "vms").keys_in_sight) == len(HOSTILE)


async def test_the_screen_before_the_first_answer_says_so() -> None:
    view = replace(
        view_of(CALM), cluster=None, snapshot=None, decision=None, next_poll_at=None, state=State()
    )
    async with console(view) as stage:
        assert "connecting to https://10.0.0.101" in stage.text
        assert "no VM is known yet" in stage.text
        assert "no node is known yet" in stage.text
        assert not table(stage, "nodes").show_vertical_scrollbar, "one line is no reason to scroll"


async def test_the_settings_are_read_anew_only_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Settings] = []
    console_of = Settings.console.fget  # type: ignore[attr-defined]

    def counted(settings: Settings) -> ConsoleSettings:
        read.append(settings)
        return cast("ConsoleSettings", console_of(settings))

    monkeypatch.setattr(Settings, "console", property(counted))
    async with console(view_of(SNAPSHOT), (120, 40)) as stage:
        assert len(read) < 10, "not once for each glyph that is drawn"
        read.clear()
        stage.front.publish()
        await stage.until(lambda: stage.app.picture.view is stage.front.view)
        assert not read
        stage.front.publish(settings=view_of(SNAPSHOT, given={"glyphs": "ascii"}).settings)
        await stage.until(lambda: stage.app.glyphs is ASCII)
        await stage.shows("CPUv")


async def test_a_window_that_fills_is_painted_as_it_fills() -> None:
    young = State(history(CALM, 6))
    async with console(view_of(CALM, LIVE_AUTO, state=young)) as stage:
        assert "history 6/10" in stage.text
        later = replace(CALM, taken_at=NOW + 30)
        fuller = State(recorded(history(CALM, 6), sample_of(later), 330))
        stage.front.view = view_of(later, LIVE_AUTO, state=fuller, now=NOW + 30)
        stage.front.publish()
        await stage.until(lambda: "history 7/10" in stage.text)


async def test_lines_of_another_day_stand_below_their_date_which_explains_nothing() -> None:
    old = Line(NOW - 86_400, "ended", "arrived yesterday")
    async with console(view_of(CALM), lines=[old, Line(NOW, "balanced", "all is well")]) as stage:
        assert "Sun 11 Jan 1970" in stage.text
        assert "Mon 12 Jan 1970" in stage.text
        table(stage, "log").focus()
        await stage.press("home")
        assert table(stage, "log").cursor_key == "1970-01-11"
        await stage.press("e")
        assert isinstance(stage.app.screen, Dashboard)
        assert "This is only the date" in " ".join(each.message for each in stage.app._notifications)
        await stage.press("enter")
        assert isinstance(stage.app.screen, Dashboard)
        await stage.press("slash", *"nothing like it", "enter")
        assert "1970" not in stage.text, "a day without a line that matches is not there"


async def test_a_new_day_does_not_move_a_log_that_is_held() -> None:
    lines = [Line(NOW + index, "ended", f"line {index}") for index in range(30)]
    async with console(view_of(CALM), lines=lines) as stage:
        log = table(stage, "log")
        log.focus()
        await stage.press("f", "home", "down")
        before = log.keys_in_sight
        assert before[0] == "0", "it is still the day of the lines"
        stage.front.clock = NOW + 86_400
        stage.front.log(Line(NOW + 86_400, "ended", "a day later"))
        await stage.until(lambda: log.keys_in_sight[1:] == before[:-1] or log.keys_in_sight == before)
        assert log.cursor_key == "1"
        await stage.press("f")
        await stage.shows("a day later")
