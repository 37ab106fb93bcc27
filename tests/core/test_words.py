"""The small values: secrets, errors, wording, and the figures a node or VM derives from its own."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest

from hctui.core.errors import HctuiError
from hctui.core.model import Severity, TaskState, VmState
from hctui.core.policy import Policy
from hctui.core.secret import Secret
from hctui.core.wording import count, duration, first_of, gib, listing, percent, some_of
from tests.core.build import node, vm


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hunter2")
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r}", "%s" % secret]  # noqa: UP031
    assert all("hunter2" not in text for text in [*shown, repr([secret]), repr({"password": secret})])
    assert secret.reveal() == "hunter2"


def test_a_secret_is_refused_by_pickle_and_copy() -> None:
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leave(Secret("hunter2"))


def test_secrets_compare_by_content() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a")
    assert not Secret("")


def test_an_error_is_told_with_title_detail_and_hint() -> None:
    error = HctuiError("Port 0 is not allowed.", hint="Use 1 to 65535.")
    assert str(error) == "Something went wrong: Port 0 is not allowed. Use 1 to 65535."
    assert str(HctuiError("It broke.")) == "Something went wrong: It broke."


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (0.1, "1 s"),
        (59.0, "59 s"),
        (59.1, "1:00 min"),
        (161, "2:41 min"),
        (3599.5, "1:00 h"),
        (3600, "1:00 h"),
        (3601, "1:01 h"),
        (11_100, "3:05 h"),
        (360_000, "100:00 h"),
    ],
)
def test_duration_never_reads_as_over_before_it_is(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 GiB"), (8, "8 GiB"), (0.5, "0.5 GiB"), (9.5, "9.5 GiB"), (12.4, "12 GiB")]
)
def test_gib(size: float, told: str) -> None:
    assert gib(size * 1024**3) == told


def test_numbers_and_lists_as_people_read_them() -> None:
    assert percent(86.24) == "86.2 %"
    assert [listing([]), listing(["a"]), listing(["a", "b"]), listing(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert [count(0, "node"), count(1, "node"), count(4, "node")] == ["0 nodes", "1 node", "4 nodes"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("a", "a"),
        ("abc", "a, b and c"),
        ("abcd", "a, b, c and 1 more VM"),
        ("abcdef", "a, b, c and 3 more VMs"),
    ],
)
def test_many_names_are_counted_rather_than_listed(names: str, told: str) -> None:
    assert some_of(list(names), "VM") == told


@pytest.mark.parametrize(
    ("total", "told"),
    [
        (0, ""),
        (2, "A. B."),
        (3, "A. B. C."),
        (4, "A. B. C. And 1 more node."),
        (9, "A. B. C. And 6 more nodes."),
    ],
)
def test_many_sentences_are_counted_rather_than_told(total: int, told: str) -> None:
    assert first_of(["A.", "B.", "C.", "D."][:total], total, "node") == told


def test_node_ram_percent_is_none_when_not_known() -> None:
    assert node(1, used_gib=61).mem_percent == 61.0
    assert node(1, used_gib=0).mem_percent == 0.0
    assert node(1, used_gib=None).mem_percent is None
    assert replace(node(1), mem_bytes=0).mem_percent is None
    assert replace(node(1), mem_bytes=None).mem_percent is None


def test_vm_share_of_a_node_counts_its_vcpus_against_threads() -> None:
    web = vm("web", cpu=50.0, vcpus=8)
    assert web.node_share_percent(100) == 4.0
    assert web.node_share_percent(0) is None
    assert web.node_share_percent(None) is None
    assert vm("web", cpu=None).node_share_percent(100) is None
    assert vm("web", vcpus=0).node_share_percent(100) == 0.0


@pytest.mark.parametrize(
    ("state", "placed"),
    [
        (VmState.RUNNING, True),
        (VmState.BLOCKED, True),
        (VmState.PAUSED, True),
        (VmState.SHUTDOWN, True),
        (VmState.UNKNOWN, True),
        (VmState.SHUTOFF, False),
        (VmState.CRASHED, False),
    ],
)
def test_stopped_vms_occupy_no_node(state: VmState, placed: bool) -> None:
    assert vm("web", 1, state=state).is_placed is placed
    assert not vm("web", None, state=state).is_placed


def test_only_queued_and_running_tasks_are_live() -> None:
    assert {state for state in TaskState if state.is_live} == {TaskState.QUEUED, TaskState.RUNNING}


def test_severities_rank_from_the_worst() -> None:
    assert Severity.EMERGENCY.rank == 0
    assert Severity.CRITICAL.rank < Severity.ERROR.rank < Severity.DEBUG.rank


@pytest.mark.parametrize(("interval", "limit"), [(30.0, 90.0), (1.0, 60.0), (20.0, 60.0), (300.0, 900.0)])
def test_data_is_stale_after_three_polls_or_a_minute(interval: float, limit: float) -> None:
    assert Policy(interval_seconds=interval).stale_after_seconds == limit
