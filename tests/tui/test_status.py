"""The status bar in words: one row of a table for each thing a cycle can be doing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.api.route import Reach
from hctui.core.calendar import read_span
from hctui.core.commands import Pause
from hctui.core.decision import Move, Reason
from hctui.core.migration import Migration, Phase
from hctui.core.model import NetworkStatus, VmId
from hctui.core.policy import Mode, Policy
from hctui.core.state import Arrival, FailedMove, Imagination, ImaginedMove, Ledger, State
from hctui.engine.view import Contact, View
from hctui.tui import status
from hctui.tui.cell import Tone
from hctui.tui.picture import picture_of
from tests.core.build import NOW, cluster, history, node, node_id, vm
from tests.tui.stage import console, view_of

LIVE = Policy(dry_run=False)
CALM = cluster([node(1), node(2)], [vm("web", 1), vm("db", 2)])
HOT = cluster([node(1, cpu=90), node(2, cpu=20)], [vm("web", 1, cpu=80), vm("db", 2)])
APART = cluster([node(1), node(2)], [vm("web", 1, tags="anti_db"), vm("db", 1)])
MOVE = Move(VmId("web"), "web", node_id(1), "10.0.0.101", node_id(2), "10.0.0.102", Reason.LOAD, "Hot.", 1)


FAILED = State(
    history(CALM),
    paused=True,
    failed_in_a_row=(FailedMove(NOW, "web", "10.0.0.102", "No room."),) * 3,
    failure_pause_at=NOW - 3540,
)
FOR_EVER = replace(LIVE, failure_pause_seconds=0)
NIGHTS = replace(LIVE, act_only=(read_span("daily 22:00-06:00"),))


def migrating(phase: Phase) -> State:
    return State(history(CALM), migration=Migration("m", MOVE, NOW - 9, phase, NOW - 9, progress_percent=43))


def cooling(seconds_ago: float) -> State:
    return State(history(CALM), real=Ledger(last_ended_at=NOW - seconds_ago))


def imagining(seconds_ago: float, real_seconds_ago: float | None = None) -> State:
    """A dry run that has imagined a move; a real one may have ended as well."""
    moves = {VmId("web"): ImaginedMove(node_id(1), node_id(2), NOW - seconds_ago)}
    real = Ledger(last_ended_at=None if real_seconds_ago is None else NOW - real_seconds_ago)
    ledger = real if real_seconds_ago == seconds_ago else Ledger(last_ended_at=NOW - seconds_ago)
    return State(history(CALM), real=real, imagination=Imagination(ledger, moves))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (imagining(139), "imagined cluster cooldown 3 min"),
        (imagining(139, 200), "imagined cluster cooldown 3 min"),
        (imagining(139, 139), "cluster cooldown 3 min"),
        (imagining(9999), "imagined balance: busiest .102 at 21 % after 1 move"),
    ],
    ids=["imagined", "imagined after a real one", "real", "balanced"],
)
def test_what_a_dry_run_only_imagines_is_said_to_be_so_first(state: State, words: str) -> None:
    assert status.activity(picture_of(view_of(CALM, Policy(), state=state)), NOW).text == words


@pytest.mark.parametrize(
    ("view", "words", "tone"),
    [
        (view_of(CALM, LIVE), "balanced: busiest .101 at 20 %", Tone.PLAIN),
        (view_of(CALM, LIVE, state=State(history(CALM, 7))), "history 7/10", Tone.NOTICE),
        (view_of(CALM, LIVE, state=cooling(139)), "cluster cooldown 3 min", Tone.NOTICE),
        (view_of(CALM, LIVE, state=cooling(240)), "cluster cooldown 1:00 min", Tone.NOTICE),
        (view_of(HOT, LIVE), "moving web to .102", Tone.ACCENT),
        (view_of(HOT, Policy()), "would move web to .102", Tone.ACCENT),
        (view_of(HOT), "waiting for you: a proposal, for 10 min", Tone.ACCENT),
        (view_of(CALM, LIVE, orders=(Pause(),)), "paused: watching, deciding nothing", Tone.NOTICE),
        (view_of(CALM, LIVE, state=FAILED), "paused after 3 failed migrations, for 1:00 min", Tone.WARNING),
        (view_of(CALM, FOR_EVER, state=FAILED), "paused after 3 failed migrations, until you", Tone.WARNING),
        (view_of(CALM, NIGHTS), "Outside act_only (daily 22:00-06:00): next at ", Tone.NOTICE),
        (view_of(CALM, LIVE, state=migrating(Phase.RUNNING)), "migrating web to .102, 43 %", Tone.ACCENT),
        (
            view_of(CALM, LIVE, state=migrating(Phase.CONFIRMING)),
            "waiting for web to settle on .102",
            Tone.ACCENT,
        ),
        (
            view_of(CALM, LIVE, state=migrating(Phase.DOUBT)),
            "not known whether web migrates to .102; looking again",
            Tone.ACCENT,
        ),
        (
            view_of(CALM, LIVE, state=State(history(CALM), unwell_at=NOW - 60)),
            "standing down: recovery cooldown 14 min",
            Tone.NOTICE,
        ),
        (
            view_of(cluster([node(1), node(2, status=NetworkStatus.OFFLINE)]), LIVE),
            "standing down: 10.0.0.102 is offline.",
            Tone.WARNING,
        ),
    ],
    ids=str,
)
def test_what_the_cycle_is_doing_in_words(view: View, words: str, tone: Tone) -> None:
    told = status.activity(picture_of(view), NOW)
    assert told.text.startswith(words)
    assert told.parts[0][1] is tone


def test_a_cluster_that_does_not_answer_is_told_with_the_reason() -> None:
    view = view_of(CALM, LIVE)
    broken = replace(view, contact=replace(view.contact, error="Login refused: HTTP 401."))
    assert status.activity(picture_of(broken), NOW).text == "Login refused: HTTP 401."
    told = "The cluster cannot be reached: 10.0.0.101:443: connection refused."
    broken = replace(view, contact=replace(view.contact, error=told))
    assert status.activity(picture_of(broken), NOW).text == "no contact: connection refused."
    assert status.api(broken).text == "API error"


FULL = "The journal cannot be used: /var/lib/hctui/c.sqlite: database or disk is full (SQLITE_FULL). Free some space."


def test_a_journal_that_cannot_be_written_is_told_with_the_reason() -> None:
    view = replace(view_of(HOT, LIVE), journal_error=FULL)
    told = status.activity(picture_of(view), NOW)
    assert told.text == "nothing is migrated: database or disk is full (SQLITE_FULL). Free some space."
    assert told.parts[0][1] is Tone.BAD
    assert status.title(picture_of(view)) == "hctui: branch-7 LIVE AUTO no journal"


@pytest.mark.parametrize(
    "view",
    [
        view_of(CALM, LIVE),
        view_of(CALM, LIVE, orders=(Pause(),)),
        view_of(CALM, LIVE, state=migrating(Phase.RUNNING)),
        replace(view_of(CALM, LIVE), contact=Contact("https://10.0.0.101", "", error="Timeout.")),
    ],
    ids=["calm", "paused", "migrating", "no contact"],
)
def test_a_journal_that_cannot_be_written_is_seen_whatever_else_is_said(view: View) -> None:
    assert "JOURNAL" not in status.switches(view).text
    assert status.switches(replace(view, journal_error=FULL)).text.endswith(" NO JOURNAL ")


def test_before_the_first_answer_it_says_that_it_connects() -> None:
    view = replace(view_of(CALM), cluster=None, snapshot=None, decision=None, next_poll_at=None)
    assert status.activity(picture_of(view), NOW).text == "connecting to https://10.0.0.101"
    assert status.identity(picture_of(view)).text == "https://10.0.0.101"
    assert status.data_age(view, NOW).text == "no data yet"
    assert status.next_poll(view, NOW).text == ""


@pytest.mark.parametrize(
    ("policy", "orders", "words"),
    [
        (Policy(), (), " DRY RUN  AUTO "),
        (Policy(dry_run=False), (), " LIVE  AUTO "),
        (Policy(dry_run=False, mode=Mode.APPROVE), (), " LIVE  APPROVE "),
        (Policy(), (Pause(),), " DRY RUN  AUTO  PAUSED "),
    ],
)
def test_both_switches_and_a_pause_are_told_in_words(
    policy: Policy, orders: tuple[Pause, ...], words: str
) -> None:
    assert status.switches(view_of(CALM, policy, orders=orders)).text == words


@pytest.mark.parametrize(
    ("seconds", "words", "tone"),
    [(4, "data 4 s", Tone.DIM), (60, "data 60 s", Tone.DIM), (61, "data 61 s old", Tone.BAD)],
)
def test_data_is_marked_as_old_once_two_polls_are_missing(seconds: float, words: str, tone: Tone) -> None:
    told = status.data_age(view_of(CALM), NOW + seconds)
    assert (told.text.replace("1 min", "60 s"), told.parts[0][1]) in ((words, tone), ("data 60 s old", tone))


def test_a_cluster_that_anybody_could_pretend_to_be_is_marked() -> None:
    view = view_of(CALM)
    unverified = replace(view, contact=replace(view.contact, trust="TLS unverified"))
    assert status.trust(unverified).parts == (("TLS unverified", Tone.BAD),)
    assert status.trust(view).parts == (("TLS pinned", Tone.DIM),)


OVER = Reach("10.0.0.101:443", "10.0.0.102:443", NOW - 700, "10.0.0.101:443 (connection refused).")


@pytest.mark.parametrize(
    ("via", "error", "is_known", "words"),
    [
        ("10.0.0.102:443", "", True, "via .102  "),
        ("10.0.0.102:443", "", False, "via 10.0.0.102  "),
        ("10.0.0.99:8443", "", True, "via 10.0.0.99  "),
        ("[fd00::2]:443", "", True, "via fd00::2  "),
        ("10.0.0.102:443", "Nobody answers.", True, ""),
        ("", "", True, ""),
    ],
)
def test_a_node_that_is_asked_instead_of_the_configured_one_is_named(
    via: str, error: str, is_known: bool, words: str
) -> None:
    view = view_of(CALM)
    view = replace(view, contact=replace(view.contact, reach=replace(OVER, via=via), error=error))
    view = view if is_known else replace(view, snapshot=None)
    assert status.detour(picture_of(view)).text == words


@pytest.mark.parametrize("columns", [60, 80, 200])
async def test_it_pushes_nothing_out_that_must_always_be_seen(columns: int) -> None:
    view = view_of(CALM, Policy(mode=Mode.APPROVE), orders=(Pause(),))
    view = replace(view, contact=replace(view.contact, reach=OVER, trust="TLS unverified"))
    async with console(view, (columns, 24)) as stage:
        await stage.shows("DRY RUN  APPROVE  PAUSED via .102  TLS unverified")
        assert stage.text.startswith("branch")
        stage.front.publish(contact=replace(view.contact, reach=Reach("10.0.0.101:443")))
        await stage.shows("DRY RUN  APPROVE  PAUSED TLS unverified")


def test_the_next_poll_counts_down_and_says_when_it_reads() -> None:
    view = view_of(CALM)
    assert status.next_poll(view, NOW + 4).text == "poll 26 s"
    assert status.next_poll(view, NOW + 40).text == "poll 0 s"
    assert status.next_poll(view, NOW - 75).text == "poll 105 s", "no longer than its place"
    assert status.next_poll(view, NOW - 91).text == "poll 3 min"
    assert status.next_poll(replace(view, is_reading=True), NOW).text == "reading"


@pytest.mark.parametrize(
    ("view", "title"),
    [
        (view_of(CALM, Policy()), "hctui: branch-7 DRY RUN AUTO"),
        (view_of(HOT), "hctui: branch-7 LIVE APPROVE proposal waits"),
        (view_of(CALM, LIVE, orders=(Pause(),)), "hctui: branch-7 LIVE AUTO PAUSED"),
        (view_of(CALM, LIVE, state=migrating(Phase.RUNNING)), "hctui: branch-7 LIVE AUTO migrating web"),
        (
            view_of(cluster([node(1), node(2, status=NetworkStatus.OFFLINE)]), LIVE),
            "hctui: branch-7 LIVE AUTO standing down",
        ),
    ],
    ids=str,
)
def test_the_terminals_title_names_cluster_and_state(view: View, title: str) -> None:
    assert status.title(picture_of(view)) == title


def test_a_vm_in_cooldown_has_the_time_that_is_left_of_it() -> None:
    state = State(
        history(CALM), real=Ledger(arrivals={VmId("web"): Arrival(NOW - 600, node_id(2), node_id(1))})
    )
    picture = picture_of(view_of(CALM, LIVE, state=state))
    assert picture.cooldown_seconds(VmId("web"), NOW) == 1200
    assert picture.cooldown_seconds(VmId("db"), NOW) == 0
