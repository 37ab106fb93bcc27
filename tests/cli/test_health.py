"""Whether a balancer is well, and what is said of it, for people and for monitoring."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hctui.api.route import Reach
from hctui.cli import main
from hctui.cli.answers import Came
from hctui.cli.control import approve, reject
from hctui.cli.health import Condition, Health, Wait, Waiting, of_engine, of_journal
from hctui.cli.running import NoEngine, Running, SeveralEngines, meant, spellings
from hctui.cli.status import as_text, conditions_of_this_host
from hctui.core import balancer
from hctui.core.commands import Pause
from hctui.core.decision import Outcome
from hctui.core.migration import Migration, Phase
from hctui.core.model import ClusterInfo, NetworkStatus
from hctui.core.policy import Policy
from hctui.core.state import Arrival, Failure, Ledger, Proposal, Rejection, State
from hctui.engine.remote_client import Found
from hctui.engine.remote_wire import Hello
from hctui.engine.view import Contact, Level, Line, View
from hctui.journal import Journal
from hctui.journal.lock import holder
from tests.core.build import NOW, cluster, cycle, history, move, node, node_id, vm
from tests.engine.given import settings_of

POLICY = Policy(dry_run=False)
SNAPSHOT = cluster([node(1), node(2)], [vm("web"), vm("db", 2)])


def view_of(
    state: State | None = None, *, at: float = NOW, contact: str = "", **cluster_nodes: NetworkStatus
) -> View:
    snapshot = replace(SNAPSHOT, taken_at=at)
    if cluster_nodes:
        snapshot = replace(
            snapshot, nodes={n.id: n for n in (node(1), node(2, status=cluster_nodes["second"]))}
        )
    step = balancer.step(state or State(samples=history(snapshot)), snapshot, (), POLICY, at)
    return View(
        at,
        Contact("https://10.0.0.1", "TLS pinned", 0.1, contact),
        settings_of(POLICY),
        POLICY,
        step.state,
        snapshot.cluster,
        snapshot,
        step.decision,
    )


def condition(view: View, *lines: Line, now: float = NOW) -> Condition:
    return of_engine(view, lines, now, pid=7, version="0.1.0", addresses=("https://10.0.0.1",))


def test_an_engine_that_reads_its_cluster_and_could_act_is_well() -> None:
    told = condition(view_of())
    assert (told.health, told.problems) == (Health.WELL, ())
    assert (told.cluster, told.mode, told.dry_run, told.paused) == ("branch-7", "auto", False, False)
    assert told.decided_at == told.data_at == NOW


UNWELL = {
    "no contact": (lambda: condition(view_of(contact="Timed out.")), "cannot be read. Timed out."),
    "old data": (lambda: condition(view_of(), now=NOW + POLICY.stale_after_seconds + 1), "The data is old."),
    "standing down": (
        lambda: condition(view_of(second=NetworkStatus.OFFLINE)),
        "Standing down.",
    ),
    "paused by failures": (
        lambda: condition(replace(view_of(), state=State(paused=True, failure_pause_at=NOW))),
        "Paused after failed migrations.",
    ),
    "no journal": (
        lambda: condition(replace(view_of(), journal_error="The disk is full.")),
        "The journal cannot be written, so nothing is migrated. The disk is full.",
    ),
    "an account that may not migrate": (
        lambda: condition(replace(view_of(), hindrance="balancer may not migrate.")),
        "balancer may not migrate.",
    ),
    "nothing read yet": (
        lambda: condition(replace(view_of(), snapshot=None, decision=None, cluster=None)),
        "has not been read yet",
    ),
}


@pytest.mark.parametrize("case", UNWELL.values(), ids=UNWELL)
def test_an_engine_that_cannot_act_is_not_well_and_says_why(case: tuple[object, str]) -> None:
    made, words = case
    told = made()  # type: ignore[operator]
    assert told.health is Health.UNWELL
    assert words in " ".join(told.problems)


def test_what_a_person_intends_is_well() -> None:
    paused = view_of()
    step = cycle(SNAPSHOT, Pause(), state=paused.state, policy=POLICY)
    told = condition(replace(paused, state=step.state, decision=step.decision))
    assert (told.health, told.paused) == (Health.WELL, True)
    resting = view_of(State(samples=history(SNAPSHOT), real=Ledger(last_ended_at=NOW - 10)))
    assert condition(resting).health is Health.WELL


def test_in_a_dry_run_an_account_that_may_not_migrate_is_well() -> None:
    view = replace(view_of(), hindrance="balancer may not migrate.", policy=replace(POLICY, dry_run=True))
    assert condition(view).health is Health.WELL


def test_what_rests_is_told_by_names_the_longest_first() -> None:
    ledger = Ledger(
        last_ended_at=NOW - 100,
        arrivals={SNAPSHOT.vms[move("web").vm_id].id: Arrival(NOW - 60, node_id(2), node_id(1))},
        failures=(Failure(move("db").vm_id, node_id(1), 1, NOW, "No."),),
        rejections=(Rejection(move("db").vm_id, node_id(2), NOW - 9e9),),
    )
    view = replace(view_of(), state=State(real=ledger, unwell_at=NOW - 100))
    told = condition(view).waits
    assert told == (
        Wait("VM db to 10.0.0.101", 1800.0),
        Wait("VM web", 1740.0),
        Wait("recovery", 800.0),
        Wait("cluster", 200.0),
    )


def test_the_last_error_is_the_last_line_that_is_one() -> None:
    lines = (
        Line(NOW - 9, "a", "First.", Level.ERROR),
        Line(NOW - 5, "b", "Second.", Level.ERROR),
        Line(NOW, "c", "A warning.", Level.WARNING),
    )
    told = condition(view_of(), *lines)
    assert (told.error, told.error_at) == ("Second.", NOW - 5)
    assert any("5 s ago: Second." in line for line in as_text(told, NOW))


def test_which_node_is_asked_instead_is_told_and_is_well() -> None:
    aside = "10.0.0.13:443 is not used: its fingerprint differs."
    reach = Reach("10.0.0.1:443", "10.0.0.12:443", NOW - 90, "10.0.0.1:443 (no route to host).", (aside,))
    view = replace(view_of(), contact=replace(view_of().contact, reach=reach))
    told = condition(view)
    assert (told.health, told.via, told.via_since) == (Health.WELL, "10.0.0.12:443", NOW - 90)
    assert asdict(told)["via_why"] == "10.0.0.1:443 (no route to host)."
    text = as_text(told, NOW)
    assert (
        "  asked via   10.0.0.12:443, since the configured address was left 1:30 min ago. What is wrong there: "
        "10.0.0.1:443 (no route to host)."
    ) in text
    assert f"  not asked   {aside}" in text
    silent = condition(replace(view, contact=replace(view.contact, error="Nobody answers.")))
    assert (silent.health, silent.via) == (Health.UNWELL, None)
    assert condition(view_of()).via is None


def test_a_decision_is_told_once() -> None:
    down = condition(view_of(second=NetworkStatus.OFFLINE))
    text = "\n".join(as_text(down, NOW))
    assert text.count("10.0.0.102 is offline") == text.count("standing down") == 1
    paused = "\n".join(as_text(replace(down, outcome="paused", sentence="Paused: watching."), NOW))
    assert "  decision    Paused: watching." in paused
    other = "\n".join(as_text(replace(down, outcome="balanced", sentence="No imbalance."), NOW))
    assert "  decision    balanced: No imbalance." in other


@pytest.mark.parametrize("columns", [40, 80])
def test_at_a_terminal_every_line_has_room(columns: int) -> None:
    lines = (Line(NOW - 9, "a", "A sentence that is far too long for one line. " * 5, Level.ERROR),)
    state = State(proposal=Proposal(7, move("web"), NOW - 60))
    text = as_text(condition(replace(view_of(), state=state), *lines), NOW, columns)
    assert max(map(len, text)) <= columns
    assert " ".join(" ".join(text).split()) == " ".join(
        " ".join(as_text(condition(replace(view_of(), state=state), *lines), NOW)).split()
    )


def test_a_proposal_is_told_with_what_answers_it() -> None:
    view = replace(view_of(), state=State(proposal=Proposal(7, move("web"), NOW - 60)))
    text = "\n".join(as_text(condition(view), NOW))
    assert (
        "7: web from 10.0.0.101 to 10.0.0.102 (load), for 9:00 min more. `hctui approve 7` or `hctui reject 7`."
        in text
    )


def test_many_waits_are_counted() -> None:
    waits = tuple(Wait(f"VM {n}", 60.0) for n in range(8))
    text = "\n".join(as_text(replace(condition(view_of()), waits=waits), NOW))
    assert "VM 4 for 1:00 min, 3 more" in text


def test_by_the_journal_it_is_not_known_and_nothing_waits() -> None:
    view = view_of()
    state = State(paused=True, proposal=Proposal(7, move("web"), NOW))
    told = of_journal("branch-7", ("https://10.0.0.1",), state, view.decision, POLICY, NOW, {})
    assert (told.health, told.paused, told.proposal) == (Health.UNKNOWN, True, None)
    assert "No hctui balances it on this host" in told.problems[0]
    assert "branch-7: NOT KNOWN" in "\n".join(as_text(told, NOW))
    assert (
        json.loads(json.dumps(asdict(told)))["outcome"] == view.decision.outcome if view.decision else False
    )


def test_by_the_journal_a_migration_was_under_way_and_what_rests_has_names() -> None:
    under_way = Migration("m1", move("web"), NOW - 90, Phase.RUNNING, NOW - 80, progress_percent=40)
    failure = Failure(move("db").vm_id, node_id(1), 1, NOW, "No.")
    state = State(migration=under_way, real=Ledger(failures=(failure,)))
    decision = view_of(State(migration=under_way)).decision
    assert decision is not None
    assert decision.outcome is Outcome.WATCHING
    names = {move("db").vm_id: "db", node_id(1): "10.0.0.101"}
    told = of_journal("branch-7", (), state, replace(decision, at=NOW - 70), POLICY, NOW, names)
    assert told.migration == (
        "was migrating web from 10.0.0.101 to 10.0.0.102, last seen running, 40 %, 1:10 min ago. "
        "The next start looks at it."
    )
    assert [each.what for each in told.waits] == ["VM db to 10.0.0.101"]
    text = "\n".join(as_text(told, NOW))
    assert "watching a migration" not in text


def test_a_long_error_is_told_once() -> None:
    why = "Timed out after 15 s. Nobody answers at 10.0.0.1."
    view = view_of(contact=why)
    assert view.decision is not None
    decision = replace(
        view.decision, outcome=Outcome.NO_DATA, sentence=f"The cluster could not be read. {why}"
    )
    line = Line(NOW - 5, "unreadable", f"{why} Trying again in 30 s.", Level.ERROR)
    text = as_text(condition(replace(view, decision=decision), line), NOW)
    assert "\n".join(text).count(why) == 1
    assert "  decision    no data: The cluster could not be read." in text
    assert "  last error  5 s ago: Trying again in 30 s." in text
    assert "  last error  5 s ago: as above." in as_text(
        condition(replace(view, decision=decision), replace(line, text=why)), NOW
    )


@pytest.mark.parametrize("columns", [None, 60])
def test_whatever_a_journal_or_an_engine_says_is_harmless_lines(columns: int | None) -> None:
    evil = "web\x1b[2J\x07\nbranch-7: well\r\u202e\u2028x"
    told = Condition(
        evil, (), Health.UNWELL, (evil,), evil, NOW, evil, (evil,), 7, sentence=evil, outcome=evil,
        migration=evil, proposal=Waiting(7, evil, 60.0), waits=(Wait(evil, 60.0),), error=evil, error_at=NOW,
        mode=evil,
    )  # fmt: skip
    text = as_text(told, NOW, columns)
    assert all(line.isprintable() for line in text)
    assert not any(line.startswith("branch-7: well") for line in text)


# Which one is meant


def running(name: str, address: str, *others: str, pid: int = 1) -> Running:
    hello = Hello(1, "0.1.0", pid, address, f"id-of-{name}", name)
    return Running(Found(Path("/x.sock"), hello), frozenset({name, f"id-of-{name}", address, *others}))


ONE = running("branch-1", "https://10.0.1.1", "https://10.0.1.2")
TWO = running("branch-2", "https://10.0.2.1", pid=2)


@pytest.mark.parametrize(
    ("named", "configured", "expected"),
    [
        ("branch-2", None, TWO),
        ("id-of-branch-1", None, ONE),
        ("10.0.1.2", None, ONE),
        ("https://10.0.2.1/rest/v1", None, TWO),
        ("branch-2", "https://10.0.1.1", TWO),
        (None, "https://10.0.1.1", ONE),
    ],
)
def test_a_cluster_is_named_by_name_id_or_address(
    named: str | None, configured: str | None, expected: Running
) -> None:
    assert meant((ONE, TWO), named, configured) is expected


def test_the_only_one_need_not_be_named_unless_the_settings_name_another() -> None:
    assert meant((ONE,), None, None) is ONE
    with pytest.raises(NoEngine, match=r"None runs for https://10\.0\.9\.9, but for branch-1 \(process 1\)"):
        meant((ONE,), None, "https://10.0.9.9")


def test_several_have_to_be_named() -> None:
    with pytest.raises(SeveralEngines, match=r"branch-1 \(process 1\) and branch-2 \(process 2\)"):
        meant((ONE, TWO), None, None)


@pytest.mark.parametrize("name", ["branch 1", "", "not a host!", "x" * 400])
def test_a_name_need_not_be_an_address(name: str) -> None:
    assert spellings(name) == (name,)


# `hctui status` as a program


def status(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hctui", "status", *arguments],
        env={
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home),
            "XDG_STATE_HOME": str(home),
            "PATH": os.environ["PATH"],
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_journals_tell_of_what_no_longer_runs(tmp_path: Path) -> None:
    view = view_of()
    assert view.decision is not None

    async def record(cluster_id: str, name: str) -> None:
        info = ClusterInfo(cluster_id, name, "9.4")
        snapshot = replace(SNAPSHOT, cluster=info)
        async with Journal.open(tmp_path / "hctui", info, f"https://{name}.example") as journal:
            assert view.decision is not None
            await journal.record_cycle(snapshot, view.decision, replace(view.state, paused=True))

    for number in (1, 2):
        asyncio.run(record(f"c{number}", f"branch-{number}"))
    both = status(tmp_path)
    assert both.returncode == 2
    assert {"branch-1: NOT KNOWN", "branch-2: NOT KNOWN"} <= set(both.stdout.splitlines())
    assert "PAUSED" in both.stdout
    one = status(tmp_path, "--json", "--cluster", "branch-2.example")
    assert [json.loads(line)["cluster"] for line in one.stdout.splitlines()] == ["branch-2"]
    none = status(tmp_path, "--cluster", "branch-9\x1b[2J")
    assert none.stdout == "No hctui runs on this host for branch-9?[2J, and none has left a journal.\n"


def test_json_is_json_also_where_nobody_runs(tmp_path: Path) -> None:
    for arguments, named in ([], ""), (["--cluster", "branch-9"], "branch-9"):
        done = status(tmp_path, "--json", *arguments)
        told = json.loads(done.stdout)
        assert (done.returncode, told["cluster"], told["health"]) == (2, named, "unknown")
        assert told["problems"][0].startswith("No hctui runs on this host")


@pytest.mark.parametrize("named", [None, "branch-1", "id-of-branch-1", "https://branch-1.example"])
def test_before_first_contact_a_cluster_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    async def record(name: str) -> None:
        info = ClusterInfo(f"id-of-{name}", name, "9.4")
        async with Journal.open(tmp_path / "hctui", info, f"https://{name}.example"):
            pass

    for number in (1, 2):
        asyncio.run(record(f"branch-{number}"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    address = "https://branch-1.example"
    early = Running(Found(tmp_path / "gone.sock", Hello(1, "0.1.0", 7, address)), frozenset({address}))
    monkeypatch.setattr("hctui.cli.running.running", lambda: (early,))
    told = [(each.cluster, each.pid) for each in conditions_of_this_host(POLICY, named)]
    assert told == [(address, 7), *([] if named else [("branch-2", None)])]


def test_a_name_in_an_error_is_harmless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").touch()
    evil = running("web\x1b[2J\nbranch-1: well", "https://10.0.1.1")
    monkeypatch.setattr("hctui.cli.running.running", lambda: (evil,))
    arguments = ["hctui", "pause", "--config", str(tmp_path / "config.toml"), "--cluster", "other"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "but for web?[2J branch-1: well (process 1)." in told
    assert all(line.isprintable() for line in told.splitlines())


# A proposal's number


@pytest.mark.parametrize("command", [approve, reject])
def test_0_is_a_number_of_a_proposal_like_another(
    monkeypatch: pytest.MonkeyPatch, command: click.Command
) -> None:
    came: list[object] = []

    def told(engine: Running, ordered: Callable[[View], object]) -> int:
        came.append(ordered(replace(view_of(), state=State(proposal=Proposal(7, move("web"), NOW)))))
        return 1

    monkeypatch.setattr("hctui.cli.control.meant_engine", lambda *_: ONE)
    monkeypatch.setattr("hctui.cli.control.order_told", told)
    CliRunner().invoke(command, ["0"], catch_exceptions=False)
    assert came == [Came("Proposal 0 does not wait. Proposal 7 does.", is_done=False)]


HOLD = """
import sys
from pathlib import Path
from hctui.journal.lock import sole_engine
with sole_engine(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_holder_of_a_lock_is_known_while_it_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "c1.lock"
    assert holder(path) == ""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert holder(path) == str(process.pid)
        process.kill()
    assert holder(path) == ""
    path.write_text(f"{os.getpid()}\n")
    assert holder(path) == "", "it lives, and holds nothing"
    for nonsense in ("", "x", "-1", "9" * 30):
        path.write_text(nonsense)
        assert holder(path) == ""


def test_a_lock_whose_holder_is_dead_is_not_even_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who takes it for a moment, to see, keeps an engine from starting in that moment."""

    def taken(*arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr("fcntl.flock", taken)
    path = tmp_path / "c1.lock"
    path.write_text(f"{2**22 + 1}\n")  # no system gives that number
    assert holder(path) == ""
