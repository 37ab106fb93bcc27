"""What holds the balancer's own moves back: moves per hour, windows, the return ban; and that a person is not bound."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.core import restraint
from hctui.core.balancer import recheck
from hctui.core.calendar import read_span
from hctui.core.commands import Approve, MoveVm
from hctui.core.decision import Check, Decision, Outcome, Reason
from hctui.core.model import VmId
from hctui.core.policy import Mode, Policy
from hctui.core.state import Arrival, Departure, Ledger, State
from tests.core.build import DRY, NOW, POLICY, cluster, cycle, history, move, node, node_id, vm

HOT = [node(1, cpu=90), node(2, cpu=20), node(3, cpu=30)]
IMBALANCE = cluster(HOT, [vm("web", cpu=70), vm("app", cpu=50)])
BROKEN = cluster(HOT, [vm("a", tags="anti_b"), vm("b", mem_gib=8)])
STUCK = cluster(HOT, [vm("a", tags="anti_b nomove"), vm("b", tags="nomove")])

OPEN, SHUT = read_span("daily 13:30-14:00"), read_span("daily 22:00-06:00")
"""`NOW` is Monday, 13:46:40 in UTC."""

OFF = replace(POLICY, act_only=(SHUT,))
RULES_FREE = replace(OFF, windows_bind_rules=False)
ONE = replace(POLICY, most_moves_per_hour=1)
OUTSIDE = "Outside act_only (daily 22:00-06:00): next at Mon 22:00."


def left(*seconds_ago: float) -> Ledger:
    """So many moves, each of another VM."""
    return Ledger(
        departures=tuple(
            Departure(VmId(f"vm-{number}"), node_id(1), NOW - ago) for number, ago in enumerate(seconds_ago)
        )
    )


def ready(snapshot: object = IMBALANCE, ledger: Ledger | None = None) -> State:
    return State(samples=history(IMBALANCE if snapshot is None else snapshot), real=ledger or Ledger())  # type: ignore[arg-type]


# --- moves per hour


@pytest.mark.parametrize(
    ("ago", "limit", "ok", "sentence"),
    [
        ((), 12, True, "0 moves within the last hour, of at most 12."),
        ((0.0,), 2, True, "1 move within the last hour, of at most 2."),
        ((3600.0, 0.0), 2, True, "1 move within the last hour, of at most 2."),
        (
            (3599.0, 0.0),
            2,
            False,
            "2 moves within the last hour, and most_moves_per_hour allows 2: the next may come at Mon 13:46, in 1 s.",
        ),
        (
            (3000.0, 1800.0, 600.0),
            2,
            False,
            "3 moves within the last hour, and most_moves_per_hour allows 2: the next may come at Mon 14:16, in "
            "30:00 min.",
        ),
        ((0.0,) * 50, 0, True, "50 moves within the last hour, without a limit."),
    ],
)
def test_budget(ago: tuple[float, ...], limit: int, ok: bool, sentence: str) -> None:
    verdict = restraint.budget(left(*ago), replace(POLICY, most_moves_per_hour=limit), NOW)
    assert (verdict.check, verdict.ok, verdict.sentence) == (Check.BUDGET, ok, sentence)


@given(st.lists(st.floats(0, 4000), max_size=30), st.integers(1, 5))
def test_the_budget_ends_when_it_says(ago: list[float], limit: int) -> None:
    policy, ledger = replace(POLICY, most_moves_per_hour=limit), left(*ago)
    first = next(second for second in range(3602) if restraint.budget(ledger, policy, NOW + second).ok)
    assert restraint.budget(ledger, policy, NOW).ok is (first == 0)
    counting = sum(each < 3600 for each in ago)
    assert (first == 0) is (counting < limit)


def test_moves_by_hand_and_of_a_dry_run_count() -> None:
    assert cycle(IMBALANCE, state=ready(ledger=left(60)), policy=ONE).decision.outcome is Outcome.BUDGET_SPENT
    dry = replace(DRY, most_moves_per_hour=1, cluster_cooldown_seconds=0)
    first = cycle(BROKEN, policy=dry)
    assert first.decision.outcome is Outcome.MOVE
    later = replace(BROKEN, taken_at=NOW + 30)
    second = cycle(later, state=first.state, policy=dry)
    assert second.decision.outcome is Outcome.BUDGET_SPENT
    assert second.state.real == Ledger()


# --- windows


@pytest.mark.parametrize(
    ("act_only", "never", "sentence"),
    [
        ((), (), "No window forbids it."),
        ((OPEN,), (), "No window forbids it."),
        ((), (SHUT,), "No window forbids it."),
        ((SHUT,), (), OUTSIDE),
        ((), (OPEN,), "Within never (daily 13:30-14:00): next at Mon 14:00."),
        ((OPEN,), (OPEN,), "Within never (daily 13:30-14:00): not within a week."),
        (
            (SHUT, read_span("sat,sun 00:00-24:00")),
            (),
            "Outside act_only (daily 22:00-06:00 and sat,sun 00:00-24:00): next at Mon 22:00.",
        ),
    ],
)
def test_hours(act_only: tuple[object, ...], never: tuple[object, ...], sentence: str) -> None:
    policy = replace(POLICY, act_only=act_only, never=never)  # type: ignore[arg-type]
    verdict = restraint.hours(policy, NOW)
    assert (verdict.check, verdict.sentence) == (Check.HOURS, sentence)
    assert verdict.ok is (sentence == "No window forbids it.")


def test_windows_are_meant_in_local_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert f"{datetime.fromtimestamp(NOW, berlin):%H:%M}" == "14:46"
    assert not restraint.hours(replace(POLICY, act_only=(OPEN,), zone=berlin), NOW).ok


# --- in the cycle


def outcome(decision: Decision) -> tuple[Outcome, str]:
    return decision.outcome, decision.sentence


@pytest.mark.parametrize("snapshot", [IMBALANCE, BROKEN])
def test_outside_the_hours_nothing_is_decided(snapshot: object) -> None:
    done = cycle(snapshot, policy=OFF)  # type: ignore[arg-type]
    assert (done.send, outcome(done.decision)) == (None, (Outcome.OFF_HOURS, OUTSIDE))
    assert done.decision.findings == ()


def test_rules_may_be_mended_outside_the_hours_and_load_waits() -> None:
    sent = cycle(BROKEN, policy=RULES_FREE).send
    assert sent is not None
    assert sent.reason is Reason.ANTI_AFFINITY
    done = cycle(IMBALANCE, policy=RULES_FREE)
    assert done.send is None
    assert outcome(done.decision) == (Outcome.RULES_ONLY, f"Load is not looked at. {OUTSIDE}")
    stuck = cycle(STUCK, policy=RULES_FREE)
    assert stuck.decision.outcome is Outcome.RULES_ONLY
    assert stuck.decision.sentence.startswith("a shares 10.0.0.101 with b")
    assert stuck.decision.sentence.endswith(f" Load is not looked at. {OUTSIDE}")


def test_what_is_asked_in_which_order() -> None:
    """Each of them is there; one after the other is taken away."""
    policy = replace(OFF, most_moves_per_hour=1)
    ledger = replace(left(60), last_ended_at=NOW - 60)
    cooling = cycle(IMBALANCE, state=ready(ledger=ledger), policy=policy)
    spent = cycle(IMBALANCE, state=ready(ledger=left(60)), policy=policy)
    off = cycle(IMBALANCE, state=ready(), policy=policy)
    assert [done.decision.outcome for done in (cooling, spent, off)] == [
        Outcome.COOLING_DOWN,
        Outcome.BUDGET_SPENT,
        Outcome.OFF_HOURS,
    ]


@pytest.mark.parametrize("policy", [OFF, ONE, RULES_FREE])
def test_a_person_is_not_bound(policy: Policy) -> None:
    done = cycle(IMBALANCE, MoveVm(VmId("web"), node_id(2)), state=ready(ledger=left(60)), policy=policy)
    assert done.send is not None
    assert recheck(ready(ledger=left(60)), IMBALANCE, done.send, policy, NOW)[1] is None


@pytest.mark.parametrize(
    ("policy", "ledger", "reason", "check"),
    [
        (OFF, Ledger(), Reason.LOAD, Check.HOURS),
        (OFF, Ledger(), Reason.ANTI_AFFINITY, Check.HOURS),
        (RULES_FREE, Ledger(), Reason.LOAD, Check.HOURS),
        (RULES_FREE, Ledger(), Reason.ANTI_AFFINITY, None),
        (ONE, left(60), Reason.LOAD, Check.BUDGET),
        (ONE, left(60), Reason.ANTI_AFFINITY, Check.BUDGET),
        (POLICY, Ledger(last_ended_at=NOW - 1), Reason.LOAD, Check.CLUSTER_COOLDOWN),
        (POLICY, Ledger(), Reason.LOAD, None),
    ],
)
def test_all_of_it_is_asked_again_right_before_a_move_is_sent(
    policy: Policy, ledger: Ledger, reason: Reason, check: Check | None
) -> None:
    snapshot = IMBALANCE if reason is Reason.LOAD else BROKEN
    name = "web" if reason is Reason.LOAD else "a"
    state = State(samples=history(snapshot), real=ledger)
    _, verdict = recheck(state, snapshot, move(name, reason=reason), policy, NOW)
    assert (verdict.check if verdict else None) is check


def test_a_proposal_does_not_outlast_the_hours_in_which_it_may_be_sent() -> None:
    ask = replace(RULES_FREE, mode=Mode.APPROVE, act_only=(OPEN,))
    proposed = cycle(IMBALANCE, policy=ask)
    assert proposed.decision.outcome is Outcome.PROPOSAL
    at = NOW + 14 * 60
    later = replace(IMBALANCE, taken_at=at)
    ask = replace(ask, proposal_limit_seconds=3600)
    done = cycle(later, Approve(1), state=replace(proposed.state, samples=history(later)), policy=ask)
    assert done.send is None
    assert done.state.proposal is None
    assert done.decision.sentence.startswith(
        "Not sent: Outside act_only (daily 13:30-14:00): next at Tue 13:30."
    )


# --- the return ban


def returned(seconds_ago: float) -> Ledger:
    """web has left node 2 so long ago, and rests no longer."""
    at = NOW - seconds_ago
    return Ledger(
        arrivals={VmId("web"): Arrival(at, node_id(2), node_id(1))},
        departures=(Departure(VmId("web"), node_id(2), at),),
    )


@pytest.mark.parametrize(
    ("ago", "ban", "target"), [(7199, 7200, "n3"), (7200, 7200, "n2"), (3600, 0, "n2"), (3600, 3600, "n2")]
)
def test_a_vm_does_not_return_for_load(ago: float, ban: float, target: str) -> None:
    """Node 2 is the coolest, and the first choice."""
    policy = replace(POLICY, return_ban_seconds=ban)
    sent = cycle(cluster(HOT, [vm("web", cpu=70)]), state=ready(ledger=returned(ago)), policy=policy).send
    assert sent is not None
    assert (sent.vm_name, sent.target) == ("web", target)


@pytest.mark.parametrize(("tags", "reason"), [("anti_db", Reason.ANTI_AFFINITY), ("node_102", Reason.PIN)])
def test_a_rule_brings_a_vm_back_all_the_same(tags: str, reason: Reason) -> None:
    two = cluster(HOT[:2], [vm("web", tags=tags), vm("db", tags="nomove")])
    sent = cycle(two, state=ready(two, returned(3600))).send
    assert sent is not None
    assert (sent.vm_name, sent.target, sent.reason) == ("web", "n2", reason)


def test_a_person_brings_it_back_after_a_question() -> None:
    snapshot, state = cluster(HOT, [vm("web")]), ready(ledger=returned(3600))
    refused = cycle(snapshot, MoveVm(VmId("web"), node_id(2)), state=state)
    assert refused.decision.outcome is Outcome.REFUSED
    assert "web left 10.0.0.102 1:00 h ago; return ban, 1:00 h left." in refused.decision.sentence
    order = MoveVm(VmId("web"), node_id(2), override_cooldowns=True)
    assert cycle(snapshot, order, state=state).send is not None
