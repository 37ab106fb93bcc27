"""What is on disk when a write has returned, what a restart reads, and what a bad disk leads to."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import stat
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hctui.core.commands import Ordered
from hctui.core.decision import Outcome
from hctui.core.history import sample_of
from hctui.core.migration import Phase
from hctui.core.model import ClusterInfo, NodeId, TaskId
from hctui.core.secret import Secret
from hctui.core.state import State
from hctui.journal import Journal, JournalError, journal_path, read_decisions
from hctui.journal.file import JournalFile
from tests.journal.build import (
    ADDRESS,
    CLUSTER,
    START,
    decision,
    full_decision,
    full_state,
    large_snapshot,
    migration,
    move,
    node,
    snapshot,
    vm,
)


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def crashed(journal: Journal, to: Path) -> Path:
    """What a killed process leaves behind: the files as they are now, with nothing closed."""
    shutil.copytree(journal.path.parent, to)
    return to


async def reopened(folder: Path, now: float = START, keep_seconds: float = 330.0) -> State:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        return await journal.load_state(now, keep_seconds)


ORDERS = (
    Ordered(START, "the console (process 41)", "pause"),
    Ordered(START, "an attached console (process 42)", "pause"),
    Ordered(START + 1, "hctui itself", "Paused, because 3 migrations in a row failed."),
)


async def test_a_new_journal_remembers_nothing(journal: Journal) -> None:
    assert await journal.load_state(START, 330.0) == State()


async def test_a_restart_reads_state_and_samples_oldest_first(journal: Journal, tmp_path: Path) -> None:
    for index in range(4):
        taken = snapshot(START + 30 * index, (node("n1", 10.0 + index),))
        await journal.record_cycle(taken, decision(taken.taken_at), full_state())
    state = await reopened(crashed(journal, tmp_path / "copy"), START + 90, keep_seconds=70.0)
    assert [(sample.at - START, sample.nodes[NodeId("id-n1")]) for sample in state.samples] == [
        (30.0, 11.0),
        (60.0, 12.0),
        (90.0, 13.0),
    ]
    assert replace(state, samples=()) == full_state()


async def test_a_cycle_without_data_leaves_no_sample(journal: Journal) -> None:
    await journal.record_cycle(None, decision(START, Outcome.NO_DATA), State(paused=True))
    assert rows(journal.path, "SELECT at, outcome FROM decisions") == [(START, "no data")]
    assert await journal.load_state(START, 330.0) == State(paused=True)


async def test_samples_from_the_future_are_left_out(journal: Journal) -> None:
    """The clock ran ahead, was set back by an hour, and caught up with what it had written."""
    for at in (3600.0, 3630.0, 0.0, 30.0):
        await journal.record_cycle(snapshot(START + at), decision(START + at), State())
    assert [s.at - START for s in (await journal.load_state(START + 40, 330.0)).samples] == [0.0, 30.0]


async def test_samples_a_set_back_clock_comes_upon_again_are_left_out(journal: Journal) -> None:
    for at in (100.0, 130.0, 160.0, 110.0, 140.0):
        await journal.record_cycle(snapshot(START + at), decision(START + at), State())
    state = await journal.load_state(START + 200, 330.0)
    assert [sample.at - START for sample in state.samples] == [100.0, 110.0, 140.0]


async def test_a_snapshot_decided_on_twice_is_one_sample(journal: Journal) -> None:
    for _ in range(2):
        await journal.record_cycle(snapshot(START), decision(START), State())
    assert (await journal.load_state(START, 330.0)).samples == (sample_of(snapshot(START)),)


async def test_inventories_are_stored_once_also_when_they_return(journal: Journal) -> None:
    for index, place in enumerate(("n1", "n1", "n2", "n1")):
        await journal.record_cycle(
            snapshot(START + index, vms=(vm("web", place),)), decision(START + index), State()
        )
    stored = rows(journal.path, "SELECT inventory_id FROM samples ORDER BY id")
    assert [stored[0] == row for row in stored] == [True, True, False, True]
    assert rows(journal.path, "SELECT count(*) FROM inventories") == [(2,)]


async def test_a_decision_keeps_its_trace_and_can_be_searched(journal: Journal) -> None:
    told = full_decision(START)
    await journal.record_cycle(None, told, State())
    assert read_decisions(journal.path, START, START) == (told,)
    assert read_decisions(journal.path, START + 1, START + 9) == ()
    columns = "outcome, dry_run, mode, sentence, vm_id, vm_name, source, target, reason"
    assert rows(journal.path, f"SELECT {columns} FROM decisions") == [  # noqa: S608 - a constant
        ("move", 0, "approve", told.sentence, "id-web", "web", "id-n1", "id-n2", "load")
    ]


async def test_an_intent_is_on_disk_when_the_write_returns(journal: Journal, tmp_path: Path) -> None:
    state = replace(full_state(), migration=migration())
    await journal.record_intent(state)
    left = crashed(journal, tmp_path / "copy")
    assert rows(journal_path(left, CLUSTER.id), "SELECT id, phase, ended_at FROM migrations") == [
        ("m-1", "intent", None)
    ]
    assert await reopened(left) == state


@pytest.mark.parametrize("state", [State(), State(migration=migration(Phase.RUNNING))])
async def test_only_an_intent_is_recorded_as_one(journal: Journal, state: State) -> None:
    with pytest.raises(ValueError, match="INTENT"):
        await journal.record_intent(state)


async def test_a_migration_is_followed_in_one_row(journal: Journal) -> None:
    intent = migration()
    await journal.record_intent(State(migration=intent))
    running = replace(intent, phase=Phase.RUNNING, phase_since=START + 5, task_id=TaskId("17"))
    await journal.record_migration(running, State(migration=running))
    assert (await journal.load_state(START, 330.0)).migration == running
    arrived = replace(running, phase=Phase.ARRIVED, phase_since=START + 50, note="web runs on n2.")
    await journal.record_migration(arrived, full_state())
    assert rows(journal.path, "SELECT id, phase, requested_at, ended_at, task_id, note FROM migrations") == [
        ("m-1", "arrived", START, START + 50, "17", "web runs on n2.")
    ]
    assert await journal.load_state(START, 330.0) == full_state()


async def durability(journal: Journal, write: str) -> str:
    """The last `synchronous` setting before the commit of one kind of write."""
    statements: list[str] = []
    connection = journal._file._connection
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(journal._thread, connection.set_trace_callback, statements.append)
    state = State(migration=migration())
    match write:
        case "cycle":
            await journal.record_cycle(None, decision(START), state)
        case "state":
            await journal.save_state(state)
        case "intent":
            await journal.record_intent(state)
        case "migration":
            await journal.record_migration(migration(Phase.RUNNING), state)
    await loop.run_in_executor(journal._thread, connection.set_trace_callback, None)
    before = statements[: statements.index("COMMIT")]
    return next(each for each in reversed(before) if "synchronous" in each).rpartition(" ")[2]


@pytest.mark.parametrize(
    ("write", "setting"),
    [("cycle", "NORMAL"), ("state", "FULL"), ("intent", "FULL"), ("migration", "FULL")],
)
async def test_what_must_survive_a_power_cut_is_synced(journal: Journal, write: str, setting: str) -> None:
    await journal.save_state(State())
    assert await durability(journal, write) == setting


def modes(folder: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()]


async def test_files_are_private_and_closing_leaves_one_and_its_lock(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        await journal.save_state(State())
        assert modes(folder.parent) == [0o700]
        assert modes(folder) == [0o600] * 4  # SQLite's two companions hold the same content; and the lock
    assert modes(folder) == [0o600] * 2


async def test_the_file_is_private_from_its_first_moment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    async with Journal.open(folder, CLUSTER, ADDRESS):
        assert set(modes(folder)) == {0o600}


async def test_a_journal_that_others_could_read_is_made_private(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        path = journal.path
    path.chmod(0o644)
    async with Journal.open(folder, CLUSTER, ADDRESS):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("cluster_id", ["", "..", "../../etc/passwd", "a/b", "a b", "x" * 300, "é"])
def test_a_strange_cluster_id_stays_within_the_folder(cluster_id: str, tmp_path: Path) -> None:
    path = journal_path(tmp_path, cluster_id)
    assert path.parent == tmp_path
    assert path.name.startswith("cluster-")
    assert path != journal_path(tmp_path, f"{cluster_id}!")


async def test_a_file_of_another_cluster_is_refused(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        path = journal.path
    other = ClusterInfo("another", "elsewhere", "9.4.30")
    path.rename(journal_path(folder, other.id))
    with pytest.raises(JournalError, match=f"belongs to the cluster {CLUSTER.id}, not to another"):
        async with Journal.open(folder, other, ADDRESS):
            pass


async def test_a_newer_version_is_refused_and_left_alone(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        path = journal.path
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"has version 99; this hctui knows versions up to 1\."):
        await reopened(folder)
    with pytest.raises(JournalError, match="version 99"):
        read_decisions(path, 0.0, START)
    assert path.read_bytes() == before


def lies(folder: Path, content: bytes) -> Path:
    """A file where the journal is looked for."""
    folder.mkdir()
    path = journal_path(folder, CLUSTER.id)
    path.write_bytes(content)
    return path


async def test_somebody_elses_database_is_refused(folder: Path) -> None:
    path = lies(folder, b"")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    with pytest.raises(JournalError, match="is not a journal of hctui"):
        await reopened(folder)


def damage(path: Path) -> None:
    """Overwrite the middle of the file."""
    content = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(len(content) // 2)
        file.write(b"\xff" * 4096)


@pytest.mark.parametrize("kind", ["no database", "a page", "cut off"])
async def test_a_damaged_file_is_set_aside_and_a_new_one_begun(folder: Path, kind: str) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        path = journal.path
        for index in range(40):
            await journal.record_cycle(snapshot(START + index), full_decision(START + index), full_state())
    if kind == "no database":
        path.write_bytes(b"not a database at all" * 1000)
    elif kind == "a page":
        damage(path)
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    before = path.read_bytes()
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        assert await journal.load_state(START, 330.0) == State()
        assert journal.set_aside == path.with_name(f"{path.name}.damaged-1")
        await journal.save_state(full_state())
    assert journal.set_aside.read_bytes() == before
    assert await reopened(folder) == full_state()
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        assert journal.set_aside is None


async def test_every_damaged_file_is_kept(folder: Path) -> None:
    path = lies(folder, b"not a database at all" * 100)
    for number in (1, 2):
        async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
            assert journal.set_aside == path.with_name(f"{path.name}.damaged-{number}")
        path.write_bytes(b"and again it is none" * 100)
    assert len(list(folder.glob("*.damaged-*"))) == 2


async def test_a_journal_that_another_engine_uses_is_never_set_aside(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        path = journal.path
        damage(path)
        with pytest.raises(JournalError, match="already balances this cluster"):
            await reopened(folder)
        assert path.exists()
        assert not list(folder.glob("*.damaged-*"))


async def test_what_is_too_old_is_forgotten_in_small_pieces(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hctui.journal.retention.MOST_ROWS", 4)
    await journal.record_migration(migration(Phase.ARRIVED), State())
    for index in range(10):
        at = START + index
        # Another VM each time, so that each sample has an inventory of its own.
        await journal.record_cycle(snapshot(at, vms=(vm(f"vm-{index}"),)), decision(at), State())
    found = [await journal.forget(START + 6) for _ in range(3)]
    assert found == [True, False, False]
    assert rows(journal.path, "SELECT at FROM samples") == [(START + index,) for index in range(6, 10)]
    for table, number in (("decisions", 4), ("inventories", 4), ("migrations", 1)):
        assert rows(journal.path, f"SELECT count(*) FROM {table}") == [(number,)]  # noqa: S608 - our own names


async def test_orders_are_written_with_the_cycle_that_takes_them_or_not_at_all(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JournalFile, "_replace_state", fail)
    with pytest.raises(JournalError):
        await journal.record_cycle(None, decision(START), State(), ORDERS)
    with pytest.raises(JournalError):
        await journal.save_state(State(), ORDERS)
    monkeypatch.undo()
    assert rows(journal.path, "SELECT * FROM orders") == []
    await journal.record_cycle(None, decision(START), State(), ORDERS[:1])
    await journal.save_state(State(), ORDERS[1:])
    assert rows(journal.path, "SELECT at, who, what FROM orders ORDER BY id") == [
        (each.at, each.who, each.what) for each in ORDERS
    ]


async def test_orders_that_a_slow_disk_has_taken_all_the_same_are_recorded_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    original = JournalFile._replace_state

    def slow(self: JournalFile, state: State) -> None:
        released.wait(10)
        original(self, state)

    monkeypatch.setattr(JournalFile, "_replace_state", slow)
    monkeypatch.setattr("hctui.journal.store.LONGEST_SECONDS", 0.01)
    with pytest.raises(JournalError, match=r"longer than 0\.01 s"):
        await journal.save_state(State(), ORDERS[:2])
    released.set()
    assert journal._last is not None
    await journal._last
    monkeypatch.setattr("hctui.journal.store.LONGEST_SECONDS", 10.0)
    await journal.record_cycle(None, decision(START), State(), ORDERS)
    assert rows(journal.path, "SELECT what FROM orders ORDER BY id") == [(each.what,) for each in ORDERS]


async def test_old_orders_are_kept_but_for_those_that_are_too_many(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hctui.journal.retention.MOST_ORDERS", 5)
    monkeypatch.setattr("hctui.journal.retention.MOST_ROWS", 2)
    orders = [Ordered(START + index, "a script", "pause") for index in range(12)]
    await journal.save_state(State(), orders[:5])
    assert not await journal.forget(START + 1000)
    assert len(rows(journal.path, "SELECT * FROM orders")) == 5, "however old they are"
    await journal.save_state(State(), orders[5:])
    assert [await journal.forget(START + 3) for _ in range(2)] == [True, False]
    left = rows(journal.path, "SELECT at FROM orders ORDER BY id")
    assert left == [(START + index,) for index in range(3, 12)], (
        "none that is not old, however many there are"
    )
    while await journal.forget(START + 1000):
        pass
    assert rows(journal.path, "SELECT at FROM orders ORDER BY id") == [
        (START + index,) for index in range(7, 12)
    ]


async def test_a_journal_without_a_table_for_orders_gains_it(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        await journal.save_state(full_state())
    with closing(sqlite3.connect(journal.path)) as connection:
        connection.execute("DROP TABLE orders")
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        assert journal.set_aside is None
        assert await journal.load_state(START, 330.0) == full_state()
        await journal.save_state(State(), ORDERS)
    assert len(rows(journal.path, "SELECT * FROM orders")) == len(ORDERS)


async def test_an_inventory_that_was_forgotten_is_written_again(journal: Journal) -> None:
    await journal.record_cycle(snapshot(START), decision(START), State())
    await journal.forget(START + 1)
    await journal.record_cycle(snapshot(START + 1), decision(START + 1), State())
    assert len((await journal.load_state(START + 1, 330.0)).samples) == 1


async def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="Make sure that the folder exists"):
        await reopened(tmp_path / "file" / "journals")


async def test_a_state_of_an_unknown_shape_is_refused_with_a_hint(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        await journal.save_state(full_state())
        path = journal.path
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("""UPDATE state SET body = '{"real": {"arrivals": 3}}'""")
    with pytest.raises(JournalError, match=r"arrivals.*Use the version of hctui that wrote it"):
        await reopened(folder)


async def test_a_damaged_sample_is_an_error_of_ours(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        await journal.record_cycle(snapshot(START), decision(START), State())
        path = journal.path
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE samples SET figures = x'00'")
    with pytest.raises(JournalError, match="a sample cannot be read"):
        await reopened(folder)


async def spoil(journal: Journal, pragma: str) -> None:
    connection = journal._file._connection
    await asyncio.get_running_loop().run_in_executor(journal._thread, connection.execute, f"PRAGMA {pragma}")


async def test_a_full_disk_is_an_error_and_nothing_is_half_written(journal: Journal, tmp_path: Path) -> None:
    await journal.save_state(full_state())
    await spoil(journal, "max_page_count = 1")  # SQLite then says what it says on a full disk
    big = large_snapshot(START, vms=2_000)
    with pytest.raises(JournalError, match=r"full.*Free some space"):
        await journal.record_cycle(big, decision(START), State())
    assert await journal.load_state(START, 330.0) == full_state()
    await spoil(journal, "max_page_count = 100000")
    await journal.record_cycle(big, decision(START), State())
    state = await reopened(crashed(journal, tmp_path / "copy"))
    assert state.samples[0].vms.keys() == big.vms.keys()


async def test_a_cycle_that_was_rolled_back_leaves_nothing_to_refer_to(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JournalFile, "_replace_state", fail)
    with pytest.raises(JournalError):
        await journal.record_cycle(snapshot(START), decision(START), State())
    monkeypatch.undo()
    await journal.record_cycle(snapshot(START), decision(START), State())
    assert (await journal.load_state(START, 330.0)).samples == (sample_of(snapshot(START)),)
    assert rows(journal.path, "SELECT count(*) FROM decisions") == [(1,)]


def fail(*_: object) -> None:
    raise sqlite3.OperationalError("disk I/O error")


async def test_an_intent_that_cannot_be_written_raises(journal: Journal) -> None:
    await spoil(journal, "query_only = ON")  # SQLite then says what it says on a read-only disk
    with pytest.raises(JournalError, match=r"readonly.*Make the file"):
        await journal.record_intent(State(migration=migration()))
    assert rows(journal.path, "SELECT * FROM migrations") == []


@pytest.mark.parametrize("name", ["lone surrogate \ud800"])
async def test_a_text_that_no_file_can_hold_is_an_error_of_ours(journal: Journal, name: str) -> None:
    with pytest.raises(JournalError, match="cannot be written"):
        await journal.record_intent(State(migration=migration(what=move(name))))
    await journal.save_state(State(paused=True))
    assert await journal.load_state(START, 330.0) == State(paused=True)


async def test_a_secret_in_the_wrong_place_does_not_reach_the_file(journal: Journal) -> None:
    leaking = replace(migration(), note=Secret("s3cret-word"))  # type: ignore[arg-type]
    with pytest.raises((JournalError, TypeError)) as caught:
        await journal.record_migration(leaking, State())
    assert "s3cret-word" not in str(caught.value)
    assert not any(b"s3cret-word" in content for content in contents(journal.path.parent))


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir()]


async def test_a_slow_disk_does_not_hold_up_the_loop(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(JournalFile, "_replace_state", lambda *_: released.wait(10))
    write = asyncio.create_task(journal.save_state(State()))
    began = time.perf_counter()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not write.done()
    assert time.perf_counter() - began < 5
    released.set()
    await write


async def test_a_disk_that_takes_too_long_is_an_error_until_it_has_taken_everything(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    original = JournalFile._replace_state

    def slow(self: JournalFile, state: State) -> None:
        released.wait(10)
        original(self, state)

    monkeypatch.setattr(JournalFile, "_replace_state", slow)
    monkeypatch.setattr("hctui.journal.store.LONGEST_SECONDS", 0.01)
    with pytest.raises(JournalError, match=r"longer than 0\.01 s"):
        await journal.save_state(full_state())
    with pytest.raises(JournalError, match="has not yet taken what was written before"):
        await journal.record_intent(State(migration=migration(Phase.INTENT)))
    released.set()
    assert journal._last is not None
    await journal._last
    monkeypatch.setattr("hctui.journal.store.LONGEST_SECONDS", 10.0)
    assert await journal.load_state(START, 330.0) == full_state()


@pytest.mark.parametrize("most_seconds", [10.0, 0.02])
async def test_a_slow_opening_is_told_and_has_a_limit(
    folder: Path, monkeypatch: pytest.MonkeyPatch, most_seconds: float
) -> None:
    released = threading.Event()
    told: list[str] = []
    original = JournalFile.open

    def slow(self: JournalFile, cluster: ClusterInfo, address: str) -> Path | None:
        released.wait(10)
        return original(self, cluster, address)

    def hear(sentence: str) -> None:
        told.append(sentence)
        if most_seconds > 1:
            released.set()

    monkeypatch.setattr(JournalFile, "open", slow)
    monkeypatch.setattr("hctui.journal.store.LONGEST_SECONDS", 0.01)
    monkeypatch.setattr("hctui.journal.store.MOST_OPENING_SECONDS", most_seconds)
    if most_seconds > 1:
        async with Journal.open(folder, CLUSTER, ADDRESS, hear) as journal:
            monkeypatch.setattr("hctui.journal.store.LONGEST_SECONDS", 10.0)
            assert await journal.load_state(START, 330.0) == State()
        assert [one.partition(".sqlite ")[2] for one in told] == [
            "is looked through, which takes longer than 0.01 s."
        ]
        return
    with pytest.raises(JournalError, match="cannot be opened in time"):
        async with Journal.open(folder, CLUSTER, ADDRESS, hear):
            pass
    released.set()


async def test_a_disk_that_hangs_does_not_hold_up_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    told: list[str] = []
    original = JournalFile.close

    def slow(self: JournalFile) -> None:
        released.wait(10)
        original(self)

    monkeypatch.setattr(JournalFile, "close", slow)
    async with Journal.open(folder, CLUSTER, ADDRESS, told.append):
        monkeypatch.setattr("hctui.journal.store.LONGEST_SECONDS", 0.01)
    assert not released.is_set()
    assert "could not be closed within 0.01 s" in told[0]
    released.set()


async def test_closing_waits_for_a_write_whose_caller_was_cancelled(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, released = threading.Event(), threading.Event()
    original = JournalFile._replace_state

    def slow(self: JournalFile, state: State) -> None:
        entered.set()
        released.wait(10)
        original(self, state)

    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        monkeypatch.setattr(JournalFile, "_replace_state", slow)
        write = asyncio.create_task(journal.save_state(full_state()))
        await asyncio.get_running_loop().run_in_executor(None, entered.wait, 10)
        write.cancel()
        released.set()
    monkeypatch.undo()
    assert await reopened(folder) == full_state()


async def test_two_readers_see_whole_cycles_while_one_writes(journal: Journal) -> None:
    done = threading.Event()

    def read() -> int:
        seen = 0
        while not done.is_set():
            with closing(sqlite3.connect(f"{journal.path.as_uri()}?mode=ro", uri=True)) as connection:
                counts = "SELECT (SELECT count(*) FROM samples), (SELECT count(*) FROM decisions)"
                samples, decisions = connection.execute(counts).fetchone()
            assert samples == decisions
            assert len(read_decisions(journal.path, 0.0, START * 2)) >= decisions
            seen = max(seen, samples)
        return seen

    readers = [asyncio.create_task(asyncio.to_thread(read)) for _ in range(2)]
    for index in range(60):
        await journal.record_cycle(snapshot(START + index), decision(START + index), State())
    done.set()
    assert all(0 <= seen <= 60 for seen in await asyncio.gather(*readers))


async def test_a_file_that_is_taken_away_is_noticed_before_anything_is_sent(folder: Path) -> None:
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        begun = State(migration=migration(Phase.INTENT))
        await journal.record_intent(begun)
        journal.path.rename(folder / "elsewhere.sqlite")
        with pytest.raises(JournalError, match="moved away or deleted"):
            await journal.record_intent(begun)
