"""Every check on its own: each branch, and the values right at its limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hctui.core import checks
from hctui.core.decision import Check, Reason, Verdict
from hctui.core.model import NativeAffinity, Node, TaskState, Vm, VmState
from hctui.core.policy import Strategy
from hctui.core.situation import Situation
from hctui.core.state import Arrival, Departure, Failure, Ledger, Rejection
from tests.core.build import GIB, NOW, POLICY, node, node_id, situation, vm

WEB = vm("web")


def _arrived(seconds_ago: float) -> Ledger:
    return Ledger(arrivals={WEB.id: Arrival(NOW - seconds_ago, node_id(2), node_id(1))})


def _failed(seconds_ago: float, count: int = 1, *, brief: bool = False) -> Ledger:
    failure = Failure(WEB.id, node_id(2), count, NOW - seconds_ago, "No room.", brief)
    return Ledger(failures=(failure,))


def _rejected(seconds_ago: float, target: int = 2) -> Ledger:
    return Ledger(rejections=(Rejection(WEB.id, node_id(target), NOW - seconds_ago),))


def _of(web: Vm, *others: Vm, ledger: Ledger | None = None, polls: int = 10) -> Situation:
    return situation([node(1), node(2)], [web, *others], ledger=ledger, polls=polls)


def _to(s: Situation, number: int = 2) -> Node:
    return s.snapshot.nodes[node_id(number)]


@pytest.mark.parametrize(
    ("ledger", "ok", "left"),
    [
        (Ledger(), True, 0),
        (_arrived(0), False, 1800),
        (_arrived(1799), False, 1),
        (_arrived(1800), True, 0),
        (_arrived(-7200), False, 1800),
    ],
    ids=["never moved", "just arrived", "a second left", "over", "clock set back"],
)
def test_cooldown(ledger: Ledger, ok: bool, left: float) -> None:
    verdict = checks.cooldown(_of(WEB, ledger=ledger), WEB)
    assert (verdict.check, verdict.ok, verdict.value, verdict.limit) == (Check.COOLDOWN, ok, left, 1800)


@pytest.mark.parametrize(
    ("web", "ok"),
    [
        (WEB, True),
        *((vm("web", state=state), False) for state in VmState if state is not VmState.RUNNING),
        *((vm("web", ui_state=state), False) for state in VmState if state is not VmState.RUNNING),
    ],
)
def test_running(web: Vm, ok: bool) -> None:
    verdict = checks.running(_of(web), web)
    assert verdict.ok is ok
    if not ok:
        word = web.state if web.state is not VmState.RUNNING else web.ui_state
        assert f"web is {word.lower()}" in verdict.sentence


@pytest.mark.parametrize(
    ("task", "ok"),
    [
        (None, True),
        (TaskState.COMPLETE, True),
        (TaskState.ERROR, True),
        (TaskState.UNINITIALIZED, True),
        (TaskState.QUEUED, False),
        (TaskState.RUNNING, False),
    ],
)
def test_not_busy(task: TaskState | None, ok: bool) -> None:
    web = replace(WEB, task=task)
    assert checks.not_busy(_of(web), web).ok is ok


@pytest.mark.parametrize(("tags", "ok"), [("", True), ("nomove", False), ("nomove2 prod", True)])
def test_nomove(tags: str, ok: bool) -> None:
    web = vm("web", tags=tags)
    assert checks.nomove(_of(web), web).ok is ok


@pytest.mark.parametrize(("tags", "ok"), [("", True), ("prod nvidia-a2", False), ("nvidia", True)])
def test_no_gpu(tags: str, ok: bool) -> None:
    web = vm("web", tags=tags)
    s = _of(web)
    s = replace(s, snapshot=replace(s.snapshot, gpu_profiles=frozenset({"nvidia-a2"})))
    assert checks.no_gpu(s, web).ok is ok


def test_source_usable() -> None:
    away = replace(node(1), allow_running_vms=False)
    assert checks.source_usable(_of(WEB), WEB).ok
    closed = checks.source_usable(situation([away, node(2)], [WEB]), WEB)
    assert not closed.ok
    assert "10.0.0.101 does not allow VMs" in closed.sentence
    gone = checks.source_usable(situation([node(2)], [WEB]), WEB)
    assert not gone.ok
    assert "n1, which is not reported" in gone.sentence
    nowhere = vm("web", None)
    assert "no node" in checks.source_usable(_of(nowhere), nowhere).sentence


@pytest.mark.parametrize(
    ("tags", "ok"),
    [
        ("", True),
        ("node_101", False),
        ("node_101 node_102", True),
        ("node_102", True),
        ("node_99", True),
    ],
    ids=["no pin", "pinned here", "may go on", "pinned elsewhere", "pin to no node has no effect"],
)
def test_not_pinned_here(tags: str, ok: bool) -> None:
    web = vm("web", tags=tags)
    assert checks.not_pinned_here(_of(web), web).ok is ok


@pytest.mark.parametrize(
    ("strict", "preferred", "backup", "leaves", "to_2"),
    [
        (False, None, None, True, True),
        (False, 1, None, False, True),
        (False, 1, 2, False, True),
        (False, 2, None, True, True),
        (False, 3, None, True, True),
        (False, None, 1, True, True),
        (True, 1, 2, False, True),
        (True, 2, 1, True, True),
        (True, None, 2, True, True),
        (True, 3, None, True, False),
        (True, 3, 1, True, False),
        (True, None, None, False, False),
    ],
)
def test_native_affinity(
    strict: bool, preferred: int | None, backup: int | None, leaves: bool, to_2: bool
) -> None:
    """Never away from the preferred node; strict names the only two nodes there are."""
    wish = NativeAffinity(
        strict, node_id(preferred) if preferred else None, node_id(backup) if backup else None
    )
    web = replace(WEB, affinity=wish)
    s = _of(web)
    assert checks.native_lets_go(s, web).ok is leaves
    assert checks.native_allows(s, web, _to(s)).ok is to_2


@pytest.mark.parametrize(("polls", "ok"), [(0, False), (5, False), (9, False), (10, True)])
def test_history_full(polls: int, ok: bool) -> None:
    verdict = checks.history_full(_of(WEB, polls=polls), WEB)
    assert (verdict.ok, verdict.value, verdict.limit) == (ok, polls, 10)
    assert verdict.sentence == f"History {polls}/10 samples."


@pytest.mark.parametrize(
    ("cpu", "ok"), [(49.9, True), (50.0, False), (50.1, False), (0.0, True), (None, False)]
)
def test_target_cpu_is_below_the_lower_threshold(cpu: float | None, ok: bool) -> None:
    s = situation([node(1), node(2, cpu=cpu)], [WEB])
    verdict = checks.target_cpu(s, WEB.mem_bytes, _to(s))
    assert (verdict.check, verdict.ok, verdict.value, verdict.limit) == (Check.TARGET_CPU, ok, cpu, 50)


@pytest.mark.parametrize(
    ("used_gib", "mem_gib", "ok", "percent"),
    [(66, 4, True, 70.0), (66.5, 4, False, 70.5), (4, 4, True, 8.0), (95, 10, False, 105.0)],
    ids=["exactly at the limit", "just above", "empty", "more than there is"],
)
def test_ram(used_gib: float, mem_gib: float, ok: bool, percent: float) -> None:
    s = situation([node(1), node(2, used_gib=used_gib)], [WEB])
    verdict = checks.ram(s, int(mem_gib * GIB), _to(s))
    assert (verdict.check, verdict.ok, verdict.value, verdict.limit) == (Check.RAM, ok, percent, 70)


def test_ram_of_a_vm_that_has_just_arrived_counts_before_the_node_reports_it() -> None:
    s = situation([node(1), node(2, used_gib=20)], [WEB, vm("new", 2, mem_gib=62)])
    verdict = checks.ram(s, 5 * GIB, _to(s))
    assert (verdict.ok, verdict.value) == (False, 71.0), (
        "4 GiB of the system, 62 of the VM that is there, and 5 more"
    )


def test_ram_one_byte_above_the_limit_fails() -> None:
    s = situation([node(1), node(2, used_gib=66)], [WEB])
    assert checks.ram(s, 4 * GIB, _to(s)).ok
    assert not checks.ram(s, 4 * GIB + 1, _to(s)).ok


@pytest.mark.parametrize("unknown", [replace(node(2), mem_bytes=None), node(2, used_gib=None)])
def test_ram_that_is_not_known_fails(unknown: Node) -> None:
    s = situation([node(1), unknown], [WEB])
    verdict = checks.ram(s, 1, unknown)
    assert (verdict.ok, verdict.value) == (False, None)


@pytest.mark.parametrize(
    ("tags", "other", "ok"),
    [
        ("anti_sql", vm("sql", 2), False),
        ("", vm("sql", 2, tags="anti_web"), False),
        ("anti_sql", vm("sql", 1), True),
        ("anti_sql", vm("sql", 2, state=VmState.SHUTOFF), True),
        ("anti_sql", vm("sql", 2, state=VmState.CRASHED), True),
        ("anti_sql", vm("sql", 2, state=VmState.PAUSED), False),
        ("anti_sql", vm("SQL", 2), True),
        ("", vm("sql", 2), True),
    ],
)
def test_anti_affinity_in_both_directions(tags: str, other: Vm, ok: bool) -> None:
    web = vm("web", tags=tags)
    s = _of(web, other)
    verdict = checks.anti_affinity(s, web, _to(s))
    assert verdict.ok is ok
    if not ok:
        assert verdict.sentence == f"{other.name} on 10.0.0.102 must be kept apart from web."


@pytest.mark.parametrize(
    ("tags", "ok"), [("", True), ("node_102", True), ("node_101 node_102", True), ("node_101", False)]
)
def test_pin_allows(tags: str, ok: bool) -> None:
    web = vm("web", tags=tags)
    s = _of(web)
    assert checks.pin_allows(s, web, _to(s)).ok is ok


@pytest.mark.parametrize(
    ("ledger", "ok", "left"),
    [
        (Ledger(), True, None),
        (_failed(0), False, 1800),
        (_failed(1799), False, 1),
        (_failed(1800), True, None),
        (_failed(1800, count=2), False, 1800),
        (_failed(3600, count=2), True, None),
        (_failed(0, count=5), False, 16 * 1800),
        (_failed(0, count=50), False, 16 * 1800),
        (_failed(0, brief=True), True, None),
        (_failed(0, count=2, brief=True), False, 60),
        (_failed(60, count=2, brief=True), True, None),
        (_failed(-9999), False, 1800),
        (_rejected(0), False, 1800),
        (_rejected(1800), True, None),
        (_rejected(0, target=3), True, None),
    ],
)
def test_back_off(ledger: Ledger, ok: bool, left: float | None) -> None:
    s = _of(WEB, ledger=ledger)
    verdict = checks.not_backed_off(s, WEB, _to(s))
    assert (verdict.check, verdict.ok, verdict.value) == (Check.BACK_OFF, ok, left)


def test_back_off_tells_what_failed_and_how_often() -> None:
    s = _of(WEB, ledger=_failed(0, count=3))
    sentence = checks.not_backed_off(s, WEB, _to(s)).sentence
    assert "failed 3 times in a row" in sentence
    assert sentence.endswith("No room.")


def test_back_off_is_of_the_pair_alone() -> None:
    s = situation([node(1), node(2), node(3)], [WEB], ledger=_failed(0))
    assert checks.not_backed_off(s, WEB, _to(s, 3)).ok
    assert checks.not_backed_off(s, vm("sql"), _to(s, 2)).ok


@pytest.mark.parametrize(
    ("ago", "ban", "ok", "left"),
    [
        (0, 7200, False, 7200),
        (7199, 7200, False, 1),
        (7200, 7200, True, 0),
        (-60, 7200, False, 7200),
        (0, 0, True, 0),
    ],
    ids=["just left", "a second left", "over", "clock set back", "no ban"],
)
def test_may_return(ago: float, ban: float, ok: bool, left: float) -> None:
    s = situation(
        [node(1), node(2), node(3)],
        [WEB],
        policy=replace(POLICY, return_ban_seconds=ban),
        ledger=Ledger(departures=(Departure(WEB.id, node_id(2), NOW - ago),)),
    )
    verdict = checks.may_return(s, WEB, _to(s))
    assert (verdict.check, verdict.ok) == (Check.RETURN_BAN, ok)
    if not ok:
        assert (verdict.value, verdict.limit) == (left, ban)
    assert checks.may_return(s, WEB, _to(s, 3)).ok
    assert checks.may_return(s, vm("sql"), _to(s)).ok


def test_the_last_departure_counts() -> None:
    ago = (7000, 60)
    ledger = Ledger(departures=tuple(Departure(WEB.id, node_id(2), NOW - each) for each in ago))
    verdict = checks.may_return(_of(WEB, ledger=ledger), WEB, _to(_of(WEB)))
    assert verdict.sentence == "web left 10.0.0.102 1:00 min ago; return ban, 1:59 h left."


def _names(verdicts: tuple[Verdict, ...]) -> list[Check]:
    return [verdict.check for verdict in verdicts]


def test_order_of_checks_for_load_is_the_documented_one() -> None:
    """Cooldown, then RAM limit, then anti-affinity; what the documentation does not know stands around them."""
    s = _of(WEB)
    of_vm = _names(checks.vm_verdicts(s, WEB, Reason.LOAD))
    of_target = _names(checks.trial(s, WEB, _to(s), Reason.LOAD).verdicts)
    assert of_vm[0] is Check.COOLDOWN
    assert Check.HISTORY in of_vm
    assert of_target == [
        Check.USABLE,
        Check.TARGET_CPU,
        Check.RAM,
        Check.ANTI_AFFINITY,
        Check.PINNED,
        Check.NATIVE,
        Check.RETURN_BAN,
        Check.BACK_OFF,
    ]


@pytest.mark.parametrize("reason", [Reason.ANTI_AFFINITY, Reason.PIN])
def test_rule_fixes_need_neither_history_nor_a_cool_target(reason: Reason) -> None:
    s = situation([node(1), node(2, cpu=95.0)], [WEB], polls=0)
    tried = checks.trial(s, WEB, _to(s), reason)
    assert checks.vm_verdicts(s, WEB, reason)[-1].ok
    assert tried.ok
    assert Check.TARGET_CPU not in _names(tried.verdicts)


def test_checks_stop_at_the_first_that_fails() -> None:
    web = vm("web", tags="nomove anti_sql")
    s = situation([node(1), node(2, used_gib=69)], [web, vm("sql", 2)])
    assert _names(checks.vm_verdicts(s, web, Reason.LOAD)) == [
        Check.COOLDOWN,
        Check.RUNNING,
        Check.NOT_BUSY,
        Check.NOMOVE,
    ]
    assert _names(checks.trial(s, web, _to(s), Reason.LOAD).verdicts)[-1] is Check.RAM


def test_vms_of_one_size_share_the_room_but_not_the_rules() -> None:
    """The part of a trial that is alike for VMs of one size is remembered; the rest must not be."""
    web, app, big = vm("web", tags="anti_sql"), vm("app"), vm("big", mem_gib=60)
    s = _of(web, app, big, vm("sql", 2))
    assert not checks.trial(s, web, _to(s), Reason.LOAD).ok
    assert checks.trial(s, app, _to(s), Reason.LOAD).ok
    assert not checks.trial(s, big, _to(s), Reason.LOAD).ok
    assert not checks.trial(s, web, _to(s), Reason.LOAD).ok


def test_first_fit_ends_at_the_first_target_that_passes() -> None:
    s = situation([node(1), node(2, used_gib=69), node(3), node(4)], [WEB])
    candidate = checks.first_fit(s, WEB, [_to(s, 2), _to(s, 3), _to(s, 4)], Reason.LOAD)
    assert [(tried.node_id, tried.ok) for tried in candidate.trials] == [("n2", False), ("n3", True)]


def test_first_fit_tries_no_target_for_a_vm_that_may_not_move() -> None:
    s = _of(WEB, ledger=_arrived(10))
    candidate = checks.first_fit(s, WEB, [_to(s)], Reason.LOAD)
    assert (candidate.trials, candidate.verdicts[-1].check) == ((), Check.COOLDOWN)


def test_back_off_follows_a_changed_setting() -> None:
    policy = replace(POLICY, vm_cooldown_seconds=100)
    s = situation([node(1), node(2)], [WEB], policy=policy, ledger=_failed(100))
    assert checks.not_backed_off(s, WEB, _to(s)).ok


@pytest.mark.parametrize(("seconds_ago", "left"), [(None, 0), (0, 300), (299, 1), (300, 0), (-7200, 300)])
def test_cluster_cooldown(seconds_ago: float | None, left: float) -> None:
    ended_at = None if seconds_ago is None else NOW - seconds_ago
    verdict = checks.cluster_cooldown(_of(WEB, ledger=Ledger(last_ended_at=ended_at)))
    assert (verdict.check, verdict.ok, verdict.value, verdict.limit) == (
        Check.CLUSTER_COOLDOWN,
        left == 0,
        left,
        300,
    )


@pytest.mark.parametrize(("number", "ok"), [(1, False), (2, True)])
def test_elsewhere(number: int, ok: bool) -> None:
    s = _of(WEB)
    assert checks.elsewhere(s, WEB, _to(s, number)).ok is ok


@pytest.mark.parametrize("strategy", Strategy)
def test_every_reason_has_its_checks_and_rules_bind_all_of_them(strategy: Strategy) -> None:
    for reason in Reason:
        others = {Reason.DRAIN: checks.source_drained, Reason.MANUAL: checks.source_by_hand}
        source = others.get(reason, checks.source_usable)
        own = {checks.running, checks.not_busy, checks.no_gpu, source}
        assert own <= set(checks.VM_CHECKS[strategy][reason])
        assert {checks.usable, checks.ram} <= set(checks.ROOM_CHECKS[strategy][reason])
        pins = checks.pin_grows_no_worse if reason is Reason.ROOM else checks.pin_allows
        rules = {checks.anti_affinity, pins, checks.native_allows}
        assert rules <= set(checks.PAIR_CHECKS[strategy][reason])
