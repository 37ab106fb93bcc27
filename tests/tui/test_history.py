"""The history: all lists from a real journal, filtered, opened, exported, and refreshed under the cursor."""

from __future__ import annotations

import asyncio
import csv
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from hctui.config.kinds import Value
from hctui.core.commands import Ordered
from hctui.core.decision import Outcome, Reason
from hctui.core.migration import Migration, Phase
from hctui.core.model import NodeId, Snapshot, VmId
from hctui.core.policy import Mode
from hctui.core.state import State
from hctui.engine.queries import DecisionTold, Form, MigrationTold, Queries, Subject
from hctui.journal import Journal
from hctui.tui.format import date_time
from hctui.tui.lists import history
from hctui.tui.lists.folding import Fold
from hctui.tui.picture import picture_of
from hctui.tui.screens.explain import Explanation
from hctui.tui.screens.history import NO_JOURNAL, History
from hctui.tui.screens.question import Question
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.table import Table
from tests.core.build import NOW, cluster, move, node, vm
from tests.journal import build as journal
from tests.tui.stage import Stage, bare_console, view_of

AWKWARD = "db [/] x"
DAY = 86_400.0


def snapshot() -> Snapshot:
    return cluster([node(1), node(2)], [vm("web"), vm(AWKWARD, id="awkward")])


def migrated(
    number: int, phase: Phase, at: float, vm_name: str = "web", reason: Reason = Reason.LOAD
) -> Migration:
    what = replace(move(vm_name, reason=reason), sentence=f"Why {vm_name} is moved.")
    return Migration(
        f"m-{number}", what, at, phase, at + 42.0, note="" if phase.is_end else "Copying [b]RAM[/b]."
    )


ENTRIES: list[journal.Entry] = [
    migrated(1, Phase.ARRIVED, NOW - 3600),
    migrated(2, Phase.FAILED, NOW - 1800, AWKWARD, Reason.ANTI_AFFINITY),
    migrated(3, Phase.RUNNING, NOW - 60, "数据库" * 40),
    migrated(4, Phase.GIVEN_UP, NOW - 3 * DAY, "old"),
    migrated(5, Phase.NOT_STARTED, NOW - 20 * DAY, "older"),
    journal.moving(NOW - 900, journal.move("imagined")),
    journal.decision(NOW - 600, Outcome.BLOCKED, sentence=f"{AWKWARD} shares a node, and nothing helps."),
    journal.decision(NOW - 30, sentence="All is well.", dry_run=False, mode=Mode.AUTO),
    journal.decision(NOW - 2 * DAY, sentence="All was well."),
    Ordered(NOW - 120, "an attached console (process 42)", f"approve proposal 7: {AWKWARD} to 10.0.0.102"),
    Ordered(NOW - 2400, "hctui itself", "Paused, because 3 migrations in a row failed. [b]It[/b] resumes."),
    Ordered(NOW - 3 * DAY, "hctui dry-run (process 43)", "change dry_run"),
]


async def recorded(folder: Path) -> Queries:
    return Queries(await journal.written(folder, ENTRIES))


@pytest.fixture
async def queries(tmp_path: Path) -> Queries:
    return await recorded(tmp_path / "journals")


@asynccontextmanager
async def history_of(
    queries: Queries | None,
    size: tuple[int, int] = (80, 24),
    folder: Path = Path("/nowhere"),
    **settings: Value,
) -> AsyncIterator[Stage]:
    async with bare_console(
        view_of(snapshot(), given=settings), size, queries=queries, folder=folder
    ) as stage:
        await stage.app.push_screen(History())
        await stage.until(lambda: listed(stage).empty != "reading")
        yield stage


def listed(stage: Stage) -> Table:
    return stage.app.screen.query_one("#list", Table)


def keys(stage: Stage) -> list[str]:
    return list(listed(stage).keys_in_sight)


def note(stage: Stage) -> str:
    return stage.app.screen.query_one("#note", Prose).text


async def typed(stage: Stage, text: str) -> None:
    await stage.pilot.press("slash", *("space" if char == " " else char for char in text))


def toasts(stage: Stage) -> list[str]:
    """What has been said, last what was too long for a note."""
    return [*(toast.message for toast in stage.app._notifications), *(line.text for line in stage.app.said)]


# What is listed


async def test_migrations_are_listed_the_latest_first_with_how_they_ended(queries: Queries) -> None:
    async with history_of(queries) as stage:
        rows = stage.text.splitlines()[4:8]
        for row, words in zip(
            rows,
            (
                ("数据库", "under way", "-"),
                ("imagined", "load", "imagined", "-"),
                (AWKWARD, ".101", ".102", "anti-affinity", "failed", "42 s"),
                ("web", ".101", ".102", "load", "arrived", "42 s"),
            ),
            strict=True,
        ):
            for word in words:
                assert word in row
        assert "Migrations  the last 24 h, 4 migrations" in stage.text
        assert stage.text.splitlines()[3].split()[-4:] == ["how", "it", "ended", "took"]
        assert "LIVE" in stage.text


async def test_one_key_goes_to_decisions_and_orders_and_back(queries: Queries) -> None:
    async with history_of(queries) as stage:
        await stage.press("t")
        await stage.until(lambda: "Decisions  the last 24 h, 3 decisions" in stage.text)
        assert stage.text.splitlines()[3].split()[1:4] == ["outcome", "run", "what"]
        rows = stage.text.splitlines()[4:7]
        for row, words in zip(
            rows,
            (
                ("balanced", "live", "All is well."),
                ("blocked", "dry run", f"{AWKWARD} shares a node, and"),
                ("move", "dry run", "n1 is hot."),
            ),
            strict=True,
        ):
            for word in words:
                assert word in row
        await stage.press("t")
        await stage.until(lambda: "Orders  the last 24 h, 2 orders" in stage.text)
        assert stage.text.splitlines()[3].split()[1:] == ["by", "whom", "what", "was", "ordered"]
        first, second = stage.text.splitlines()[4:6]
        assert "an attached console" in first
        assert "approve proposal 7" in first
        assert "hctui itself" in second
        assert "Paused, because" in second
        await stage.press("t")
        await stage.until(lambda: "4 migrations" in stage.text and AWKWARD in stage.text)


async def test_the_time_grows_and_shrinks_within_its_ends(queries: Queries) -> None:
    async with history_of(queries) as stage:
        for key, words in (
            ("minus", "24 h, 4 migrations"),
            ("plus", "7 d, 5 migrations"),
            ("equals_sign", "30 d, 6 migrations"),
            ("plus", "30 d, 6 migrations"),
            ("minus", "7 d, 5 migrations"),
        ):
            await stage.press(key)
            await stage.until(lambda words=words: f"the last {words}" in stage.text)  # type: ignore[misc]
        await stage.press("t")
        await stage.until(lambda: "the last 7 d, 4 decisions" in stage.text)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_nothing_that_matters_is_cut(queries: Queries, size: tuple[int, int]) -> None:
    async with history_of(queries, size) as stage:
        row = next(row for row in stage.text.splitlines() if AWKWARD in row)
        assert "anti-affinity failed" in row
        assert row.rstrip().endswith("42 s")
        year = date_time(NOW)[:5]
        assert (year in stage.text) is (size[0] >= 120)


async def test_an_empty_list_says_of_what_there_is_none(tmp_path: Path) -> None:
    asked = Queries(await journal.written(tmp_path, []))
    async with history_of(asked) as stage:
        assert "no migration in the last 24 h" in stage.text
        await stage.press("y", "enter", "t")
        await stage.until(lambda: "no decision in the last 24 h" in stage.text)
        await stage.press("y", "enter", "t")
        await stage.until(lambda: "no order in the last 24 h" in stage.text)


async def test_a_long_list_says_that_there_is_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_ROWS", 3)
    monkeypatch.setattr(history, "MOST_DECISIONS", 3)
    decisions = [
        journal.decision(NOW - number, Outcome.BLOCKED, sentence=f"Cycle {number}.") for number in range(4)
    ]
    migrations = [migrated(number, Phase.ARRIVED, NOW - number, f"vm-{number}") for number in range(4)]
    orders = [Ordered(NOW - number, "me", f"order {number}") for number in range(4)]
    asked = Queries(await journal.written(tmp_path, [*decisions, *migrations, *orders]))
    async with history_of(asked) as stage:
        assert "3 migrations, the latest; there are more" in stage.text
        assert "vm-3" not in stage.text
        await typed(stage, "vm-2")
        await stage.until(lambda: "1 migration matching 'vm-2' among the latest 3" in stage.text)
        await stage.press("escape", "t")
        await stage.until(lambda: "3 decisions, the latest; there are more" in stage.text)
        await typed(stage, "cycle 3")
        await stage.until(lambda: "1 decision matching 'cycle 3'" in stage.text)
        assert "there are more" not in stage.text
        await stage.press("escape", "t")
        await stage.until(lambda: "3 orders, the latest; there are more" in stage.text)
        await typed(stage, "order 3")
        await stage.until(lambda: "1 order matching 'order 3'" in stage.text)
        assert "there are more" not in stage.text


# The filter


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[/]", ["m-2"]),
        ("FAILED", ["m-2"]),
        ("anti", ["m-2"]),
        ("10.0.0.102", ["m-3", "m-2", "m-1"]),
        ("no", []),
    ],
)
async def test_migrations_are_filtered_as_one_types(queries: Queries, text: str, shown: list[str]) -> None:
    async with history_of(queries) as stage:
        await typed(stage, text)
        await stage.until(lambda: f"matching '{text}'" in stage.text and keys(stage) == shown)
        await stage.press("enter")
        assert stage.app.focused is listed(stage)
        await stage.press("escape")
        await stage.until(lambda: len(keys(stage)) == 4)
        assert isinstance(stage.app.screen, History)
        await stage.press("escape")
        assert not isinstance(stage.app.screen, History)


async def test_decisions_are_filtered_by_outcome_sentence_or_vm(queries: Queries) -> None:
    async with history_of(queries) as stage:
        await stage.press("t")
        for text in ("blocked", "[/] X", "nothing helps"):
            await typed(stage, text)
            await stage.until(lambda text=text: f"1 decision matching '{text}'" in stage.text)  # type: ignore[misc]
            await stage.press("escape")


async def test_orders_are_filtered_by_who_gave_them_and_by_their_words(queries: Queries) -> None:
    async with history_of(queries) as stage:
        await stage.press("t", "t")
        for text in ("itself", "[/] X", "process 42"):
            await typed(stage, text)
            await stage.until(lambda text=text: f"1 order matching '{text}'" in stage.text)  # type: ignore[misc]
            await stage.press("escape")


async def test_not_every_key_asks_the_journal(queries: Queries, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = Queries.migrations

    async def counted(self: Queries, since: float, until: float, limit: int) -> tuple[MigrationTold, ...]:
        asked.append(limit)
        return await real(self, since, until, limit)

    async with history_of(queries) as stage:
        monkeypatch.setattr(Queries, "migrations", counted)
        await typed(stage, "arrived")
        await stage.until(lambda: keys(stage) == ["m-1"])
        assert len(asked) < len("arrived")


# Opening and copying


async def test_a_migration_is_opened_whole_and_leads_to_its_decision(queries: Queries) -> None:
    async with history_of(queries) as stage:
        await stage.press("enter")
        assert isinstance(stage.app.screen, Question)
        assert "数据库" * 5 in stage.text
        assert "Not ended: under way." in stage.text
        await stage.press("tab", "end")
        await stage.until(lambda: "Copying [b]RAM[/b]." in stage.text)
        await stage.press("shift+tab")
        await stage.press("enter")
        assert isinstance(stage.app.screen, History), "the focus is on what closes it"
        await stage.press("down", "enter")
        await stage.pilot.click("#explain")
        await stage.until(lambda: isinstance(stage.app.screen, Explanation))


async def test_a_decision_is_explained(queries: Queries) -> None:
    async with history_of(queries) as stage:
        await stage.press("t")
        await stage.until(lambda: "3 decisions" in stage.text)
        await stage.press("down", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, Explanation))
        await stage.until(lambda: "nothing helps" in stage.text)
        await stage.press("escape")
        assert isinstance(stage.app.screen, History)
        assert "3 decisions" in stage.text


async def test_an_order_is_opened_whole(queries: Queries) -> None:
    async with history_of(queries) as stage:
        await stage.press("t", "t")
        await stage.until(lambda: "2 orders" in stage.text)
        await stage.press("down", "enter")
        assert isinstance(stage.app.screen, Question)
        await stage.shows(
            "in a row failed. [b]It[/b] resumes.", f"Ordered: {date_time(NOW - 2400)}", "By: hctui itself"
        )
        await stage.press("enter")
        assert isinstance(stage.app.screen, History)
        assert "2 orders" in stage.text


async def test_the_row_is_copied(queries: Queries, tmp_path: Path) -> None:
    async with history_of(queries, folder=tmp_path / "exports") as stage:
        await stage.press("down", "down", "y")
        assert AWKWARD in stage.app.clipboard
        assert AWKWARD in (tmp_path / "exports" / "copied.txt").read_text()


# Refreshing


async def test_a_new_poll_brings_new_rows_and_leaves_the_cursor_where_it_was(tmp_path: Path) -> None:
    async with Journal.open(tmp_path, journal.CLUSTER, journal.ADDRESS) as written:
        for entry in ENTRIES[:3]:
            assert isinstance(entry, Migration)
            await written.record_migration(entry, State())
        async with history_of(Queries(written.path)) as stage:
            await stage.press("down")
            assert listed(stage).cursor_key == "m-2"
            await written.record_migration(migrated(6, Phase.ARRIVED, NOW - 1, "new"), State())
            stage.front.publish()
            await stage.pilot.pause(0.15)
            assert "m-6" not in keys(stage), "nothing was polled"
            stage.front.publish(decision=view_of(snapshot(), now=NOW + 30).decision)
            await stage.until(lambda: "m-6" in keys(stage))
            assert listed(stage).cursor_key == "m-2"


async def test_what_has_come_above_a_held_cursor_is_counted_until_it_goes_home(tmp_path: Path) -> None:
    async with Journal.open(tmp_path, journal.CLUSTER, journal.ADDRESS) as written:
        for entry in ENTRIES[:3]:
            assert isinstance(entry, Migration)
            await written.record_migration(entry, State())
        async with history_of(Queries(written.path)) as stage:
            assert "newer above" not in stage.text
            for number in (6, 7):
                arrived = migrated(number, Phase.ARRIVED, NOW - 10 + number, "new")
                await written.record_migration(arrived, State())
                stage.front.publish(decision=view_of(snapshot(), now=NOW + 30 * number).decision)
                await stage.until(lambda number=number: f"m-{number}" in keys(stage))  # type: ignore[misc]
            assert listed(stage).cursor_key == "m-3"
            assert "Migrations  2 newer above, press home  the last 24 h, 5 migrations" in stage.text
            await stage.press("home")
            await stage.until(lambda: "newer above" not in stage.text)


async def test_decisions_that_say_the_same_share_a_row_that_says_how_many_and_since_when(
    tmp_path: Path,
) -> None:
    calm = [
        journal.decision(NOW - 600 + 30 * index, sentence=f"No imbalance at {index}.0 %.")
        for index in range(20)
    ]
    asked = Queries(await journal.written(tmp_path, [*calm, journal.moving(NOW, journal.move("web"))]))
    async with history_of(asked, (120, 40)) as stage:
        await stage.press("t")
        await stage.until(lambda: "21 decisions in 2 rows" in stage.text)
        assert "20 times in 9:30 min. No imbalance at 19.0" in stage.text
        assert keys(stage) == ["21", "1"], "and it is known by the oldest, which stays when others come"
        await stage.press("down", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, Explanation))
        await stage.until(lambda: "No imbalance at 19.0 %." in stage.text)


async def test_a_migration_that_goes_on_is_read_again(queries: Queries) -> None:
    async with history_of(queries) as stage:
        folder = queries.path.parent
        async with Journal.open(folder, journal.CLUSTER, journal.ADDRESS) as written:
            await written.record_migration(migrated(3, Phase.ARRIVED, NOW - 60), State())
        stage.front.publish(
            state=replace(stage.front.view.state, migration=migrated(3, Phase.CONFIRMING, NOW))
        )
        await stage.until(lambda: "under way" not in stage.text.replace("\n", " ").split("took")[1])


async def test_without_a_journal_it_says_so() -> None:
    async with history_of(None) as stage:
        assert note(stage) == NO_JOURNAL
        await stage.press("t", "plus", "enter", "y", "o")
        assert note(stage) == NO_JOURNAL
        assert isinstance(stage.app.screen, History)
        assert toasts(stage) == [NO_JOURNAL]


async def test_a_journal_that_cannot_be_read_is_told_and_the_list_stays(queries: Queries) -> None:
    async with history_of(queries) as stage:
        stage.front.queries = Queries(Path("/nowhere/at [/] all.sqlite"))
        await stage.press("plus")
        await stage.until(lambda: "at [/] all.sqlite" in note(stage))
        assert len(keys(stage)) == 4
        stage.front.queries = queries
        await stage.press("minus")
        await stage.until(lambda: note(stage) == "")


async def test_an_error_nobody_foresaw_is_told(queries: Queries, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with history_of(queries) as stage:
        monkeypatch.setattr(Queries, "migrations", broken)
        await stage.pilot.press("plus")
        await stage.until(lambda: "cannot be shown: ZeroDivisionError" in note(stage))


async def test_the_page_answers_while_the_journal_is_slow(
    queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = asyncio.Event()

    async def slow(*_: object) -> tuple[MigrationTold, ...]:
        await answer.wait()
        return ()

    monkeypatch.setattr(Queries, "migrations", slow)
    async with bare_console(view_of(snapshot()), queries=queries) as stage:
        stage.app.push_screen(History())
        await stage.until(lambda: isinstance(stage.app.screen, History) and "reading" in stage.text)
        await stage.pilot.press("t")
        await stage.until(lambda: "3 decisions" in stage.text)
        answer.set()


# The export


async def exported(stage: Stage, form: Form) -> None:
    await stage.pilot.press("o")
    await stage.until(lambda: isinstance(stage.app.screen, Question))
    await stage.pilot.click(f"#{form}")
    await stage.until(lambda: bool(toasts(stage)))


@pytest.mark.parametrize("subject", list(Subject))
@pytest.mark.parametrize("form", list(Form))
async def test_what_is_shown_is_exported(
    queries: Queries, tmp_path: Path, subject: Subject, form: Form
) -> None:
    folder = tmp_path / "made" / "for it"
    async with history_of(queries, folder=folder) as stage:
        count = {Subject.MIGRATIONS: 4, Subject.DECISIONS: 3, Subject.ORDERS: 2}[subject]
        await stage.press(*"t" * list(Subject).index(subject))
        await stage.shows(f"{count} {subject}")
        await exported(stage, form)
        [path] = folder.iterdir()
        assert path.name.startswith(f"branch-7-{subject}-")
        assert path.suffix == f".{form}"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert toasts(stage)[-1] == f"{count} {subject} written to {path}."
        text = path.read_text()
        rows = (
            list(csv.DictReader(text.splitlines()))
            if form is Form.CSV
            else [*map(json.loads, text.splitlines())]
        )
        assert len(rows) == count


async def test_the_export_can_be_cancelled_and_the_focus_is_on_that(queries: Queries, tmp_path: Path) -> None:
    async with history_of(queries, folder=tmp_path / "exports") as stage:
        await stage.press("o", "enter")
        assert isinstance(stage.app.screen, History)
        await stage.press("o", "escape")
        assert isinstance(stage.app.screen, History)
        assert not (tmp_path / "exports").exists()


async def test_a_filter_is_said_not_to_hold_for_the_export(queries: Queries) -> None:
    async with history_of(queries) as stage:
        await typed(stage, "web")
        await stage.pilot.press("enter", "o")
        await stage.until(lambda: "not only those that match the filter" in " ".join(stage.text.split()))


async def test_an_export_that_fails_is_told_and_replaces_nothing(queries: Queries, tmp_path: Path) -> None:
    async with history_of(queries, folder=tmp_path / "exports") as stage:
        await exported(stage, Form.CSV)
        stage.app.clear_notifications()
        await exported(stage, Form.CSV)
        assert "is there already" in toasts(stage)[-1]
        assert len(list((tmp_path / "exports").iterdir())) == 1


async def test_a_folder_that_cannot_be_made_is_told(queries: Queries, tmp_path: Path) -> None:
    (tmp_path / "file [b]").write_text("in the way")
    async with history_of(queries, folder=tmp_path / "file [b]" / "exports") as stage:
        await exported(stage, Form.CSV)
        assert toasts(stage)[-1].startswith("The export failed: ")
        assert "file [b]" in toasts(stage)[-1]


# Words


@pytest.mark.parametrize(
    ("cluster_name", "begins"),
    [
        ("branch-7", "branch-7-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("a/b\x1b[31m\n c", "a-b-31m-c-"),
        ("数据库", "cluster-"),
        ("", "cluster-"),
        (".hidden", "hidden-"),
        ("-rf", "rf-"),
        ("x" * 300, "x" * 40 + "-"),
    ],
)
def test_the_name_of_an_export_is_harmless(cluster_name: str, begins: str) -> None:
    path = history.export_path(Path("/e"), cluster_name, Subject.MIGRATIONS, Form.JSON_LINES, 0.0, UTC)
    assert path == Path(f"/e/{begins}migrations-1970-01-01-000000.jsonl")


def told(phase: Phase | None, ended_at: float | None = None, note: str = "") -> MigrationTold:
    return MigrationTold(
        "m", VmId("v"), "web", NodeId("n1"), "10.0.0.101", NodeId("gone"), "10.0.0.109",
        Reason.LOAD, "Why.", NOW, ended_at, phase, note,
    )  # fmt: skip


def test_every_phase_and_every_outcome_has_its_words() -> None:
    assert {history.ending(told(phase)).text for phase in Phase} == {
        "being asked", "under way", "in doubt", "arrived", "not started", "failed", "given up",
    }  # fmt: skip
    assert history.ending(told(None)).text == "imagined"
    for outcome in Outcome:
        decision = DecisionTold(1, NOW, outcome, True, Mode.AUTO, "Why.", None)
        row = history.decision_row(Fold(decision, decision))
        assert len(row) == len(history.COLUMNS[Subject.DECISIONS])
        assert row[2].text == outcome


def test_a_node_that_is_gone_goes_by_the_name_it_had() -> None:
    row = history.migration_row(picture_of(view_of(snapshot())), told(Phase.ARRIVED, NOW + 161))
    assert [each.text for each in row[2:]] == ["web", ".101", "10.0.0.109", "load", "arrived", "2:41 min"]
    assert len(row) == len(history.COLUMNS[Subject.MIGRATIONS])


@pytest.mark.parametrize(
    ("migration", "words"),
    [
        (told(None), "Imagined in a dry run: nothing was sent."),
        (told(Phase.DOUBT), "Not ended: in doubt."),
        (
            told(Phase.FAILED, NOW + 161, "The task failed."),
            "failed, after 2:41 min\n\nWhy.\n\nThe task failed.",
        ),
    ],
)
def test_a_migration_is_told_whole(migration: MigrationTold, words: str) -> None:
    text = history.whole(migration)
    assert text.startswith("web, from 10.0.0.101 to 10.0.0.109\nReason: load\n")
    assert words in text
