import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.api import convert, wire
from hctui.api.errors import ApiError, ApiSurprise
from hctui.api.reply import Reply
from hctui.api.text import harmless
from hctui.core.model import (
    ClusterInfo,
    Disposition,
    NativeAffinity,
    NetworkStatus,
    Node,
    NodeId,
    Severity,
    Snapshot,
    TaskState,
    Vm,
    VmId,
    VmState,
)
from hctui.core.rules import rules_of
from tests.api.fake import CONDITION, NODE, TASK, VM


def wired(kind: type[Any], *items: dict[str, Any]) -> list[Any]:
    return [msgspec.convert(item, kind) for item in items]


def node(**changes: object) -> Node:
    (found,) = convert.nodes(wired(wire.Node, {"uuid": "n"} | changes)).values()
    return found


def vm(cpu: float | None = None, **changes: object) -> Vm:
    stats = wired(wire.VirDomainStats, {"uuid": "vm-1", "cpuUsage": cpu})
    (found,) = convert.vms(wired(wire.VirDomain, VM | changes), stats).values()
    return found


def test_a_full_node() -> None:
    found = node(**NODE)
    assert found.id == "node-1"
    assert found.name == found.lan_ip == "192.168.7.11"
    assert (found.status, found.current_disposition) == (NetworkStatus.ONLINE, Disposition.IN)
    assert (found.mem_bytes, found.mem_used_bytes, found.mem_system_bytes) == (
        68719476736,
        30281838592,
        4512034816,
    )
    assert (found.cpu_percent, found.threads) == (18.27, 16)


def test_a_node_that_says_nothing_is_unknown_and_not_zero() -> None:
    found = node()
    assert found.name == "n"
    assert found.status is NetworkStatus.UNKNOWN
    assert found.desired_disposition is Disposition.UNKNOWN
    assert (found.cpu_percent, found.mem_bytes, found.mem_used_bytes, found.threads) == (None,) * 4


@pytest.mark.parametrize(
    ("sent", "percent"), [(-3, 0.0), (0, 0.0), (42.5, 42.5), (100.1, 100.0), (None, None)]
)
def test_load_is_a_percentage_or_unknown(sent: float | None, percent: float | None) -> None:
    assert node(cpuUsage=sent).cpu_percent == percent
    assert vm(sent).cpu_percent == percent


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({}, {}, (True, True)),
        ({"allowRunningVMs": True}, {}, (True, None)),
        ({"allowRunningVMs": False}, {"allowRunningVMs": True}, (False, True)),
    ],
)
def test_a_flag_absent_everywhere_is_true_and_absent_here_unknown(
    first: dict[str, Any], second: dict[str, Any], expected: tuple[bool | None, bool | None]
) -> None:
    found = convert.nodes(wired(wire.Node, {"uuid": "a"} | first, {"uuid": "b"} | second))
    assert tuple(one.allow_running_vms for one in found.values()) == expected
    assert all(one.supports_virtualization and one.virtualization_online for one in found.values())


def test_a_full_vm() -> None:
    found = vm(37.5)
    assert (found.id, found.name, found.node_id) == (VmId("vm-1"), "web-01", NodeId("node-1"))
    assert (found.state, found.ui_state) == (VmState.RUNNING, VmState.RUNNING)
    assert (found.mem_bytes, found.vcpus, found.cpu_percent) == (8589934592, 4, 37.5)
    assert found.tags == ("prod", "anti_web-02")
    assert found.affinity == NativeAffinity()
    assert found.task is TaskState.COMPLETE


@pytest.mark.parametrize(
    ("changes", "attribute", "expected"),
    [
        ({"nodeUUID": ""}, "node_id", None),
        ({"nodeUUID": None}, "node_id", None),
        ({"tags": None}, "tags", ()),
        ({"tags": ""}, "tags", ()),
        ({"state": "DREAMING"}, "state", VmState.UNKNOWN),
        ({"uiState": "MIGRATING"}, "ui_state", VmState.MIGRATING),
        ({"uiState": None}, "ui_state", VmState.UNKNOWN),
        ({"state": "SHUTOFF"}, "cpu_percent", None),
        ({"state": "PAUSED"}, "cpu_percent", None),
        ({"latestTaskTag": {}}, "task", None),
        ({"latestTaskTag": None}, "task", None),
        ({"latestTaskTag": {"taskTag": 7, "state": "QUEUED"}}, "task", TaskState.QUEUED),
        ({"latestTaskTag": {"state": "NEW"}}, "task", TaskState.UNKNOWN),
        ({"affinityStrategy": None}, "affinity", NativeAffinity()),
        (
            {"affinityStrategy": {"strictAffinity": True, "preferredNodeUUID": "a", "backupNodeUUID": ""}},
            "affinity",
            NativeAffinity(True, NodeId("a"), None),
        ),
        ({"name": "a\x1b"}, "name", "a⟨U+001B⟩"),
    ],
)
def test_parts_of_a_vm(changes: dict[str, Any], attribute: str, expected: object) -> None:
    assert getattr(vm(50.0, **changes), attribute) == expected


HUGE = 500_000


def test_two_vms_that_differ_only_after_the_cut_are_two_and_rules_tell_them_apart() -> None:
    names = ["x" * HUGE + each for each in "ab"]
    items = [VM | {"uuid": "1" * HUGE + each, "name": f"{'x' * HUGE}{each}", "tags": ""} for each in "ab"]
    rival = VM | {"uuid": "rival", "name": "rival", "tags": f"anti_{names[1]}"}
    found = convert.vms(wired(wire.VirDomain, *items, rival), [])
    one, other, third = found.values()
    assert len({one.id, other.id}) == len({one.name, other.name}) == 2
    seen = Snapshot(0.0, ClusterInfo("c", "c", ""), {}, found)
    assert rules_of(seen).rivals == {third.id: (other.id,), other.id: (third.id,)}
    assert all(len(text) < 400 for vm in found.values() for text in (vm.id, vm.name, *vm.tags))


def test_no_text_of_a_cluster_is_endless() -> None:
    long = "\u0301" * HUGE
    (task,) = convert.live_tasks(
        wired(wire.TaskTagStatus, TASK | dict.fromkeys(_TASK_TEXTS, long) | {"descriptionParameters": [long]})
    )
    (alert,) = convert.conditions(wired(wire.Condition, CONDITION | {"name": long, "description": long}))
    one = vm(name=long, tags=",".join([f"anti_{long}", *(f"word-{each}" for each in range(10_000))]))
    info = convert.cluster_info(wired(wire.Cluster, {"uuid": long, "clusterName": long, "icosVersion": long}))
    texts = (task.kind, task.description, task.message, alert.name, alert.description, one.name, *one.tags)
    assert all(len(text) < 10_000 for text in (*texts, info.id, info.name, info.version))
    assert len(one.tags) < 200


def test_a_vm_whose_rules_cannot_all_be_heeded_stops_everything() -> None:
    with pytest.raises(ApiSurprise, match=r"/VirDomain: web-01 cannot be read: 1001 of its tags are rules"):
        vm(name="web-01", tags=",".join(f"anti_{each}" for each in range(1001)))


_TASK_TEXTS = ("formattedDescription", "formattedMessage", "objectUUID")


def test_a_vm_without_statistics_has_no_known_load() -> None:
    (found,) = convert.vms(wired(wire.VirDomain, VM), []).values()
    assert found.cpu_percent is None


def test_one_uuid_twice_is_an_error() -> None:
    with pytest.raises(ApiSurprise, match=r"^[^:]+: /Node: \$\[0\] and \$\[2\] have the same uuid a"):
        convert.nodes(wired(wire.Node, {"uuid": "a"}, {"uuid": "b"}, {"uuid": "a"}))
    with pytest.raises(ApiSurprise, match="/VirDomain: "):
        convert.vms(wired(wire.VirDomain, VM, VM), [])
    with pytest.raises(ApiSurprise, match="/VirDomainStats: "):
        convert.vms([], wired(wire.VirDomainStats, {"uuid": "a"}, {"uuid": "a"}))


@pytest.mark.parametrize(
    ("text", "parameters", "expected"),
    [
        ("Move %@ to %@", ["web", "n2"], "Move web to n2"),
        ("Move %@ to %@", ["%@", "n2"], "Move %@ to n2"),
        ("Move %@ to %@", ["web"], "Move web to %@"),
        ("Move %@", ["web", "spare"], "Move web"),
        ("Move %@", [None], "Move "),
        ("Move", None, "Move"),
        (None, ["x"], ""),
        ("%@", ["\x1b"], "⟨U+001B⟩"),
    ],
)
def test_placeholders_are_filled_from_left_to_right(
    text: str | None, parameters: list[str | None] | None, expected: str
) -> None:
    item = wire.TaskTagStatus(taskTag="1", formattedMessage=text, messageParameters=parameters)
    assert convert.task(item).message == expected


def test_only_live_tasks_are_kept() -> None:
    states = ["QUEUED", "RUNNING", "COMPLETE", "ERROR", "UNINITIALIZED", "NEW"]
    items = wired(wire.TaskTagStatus, *(TASK | {"taskTag": i, "state": s} for i, s in enumerate(states)))
    found = convert.live_tasks(items)
    assert [(one.id, one.state) for one in found] == [("0", TaskState.QUEUED), ("1", TaskState.RUNNING)]
    assert found[0].description == "Migrate web-01"
    assert (found[0].progress_percent, found[0].created_at) == (35, 1741700400.0)


@pytest.mark.parametrize(
    ("tag", "expected"), [("4128", "4128"), (4128, "4128"), (" ", None), ("", None), (None, None)]
)
def test_a_tag_is_text_or_a_number_or_empty(tag: int | str | None, expected: str | None) -> None:
    assert convert.task_id(tag) == expected


def test_a_live_task_without_tag_is_an_error() -> None:
    with pytest.raises(ApiSurprise, match="without taskTag"):
        convert.live_tasks(wired(wire.TaskTagStatus, {"state": "RUNNING"}))


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, True),
        ({"value": False}, False),
        ({"isOK": False}, False),
        ({"userVisible": False}, False),
        ({"value": None}, False),
        ({"isOK": None, "userVisible": None}, True),
    ],
)
def test_alerts_are_those_set_valid_and_visible(changes: dict[str, Any], shown: bool) -> None:
    assert len(convert.conditions(wired(wire.Condition, CONDITION | changes))) == shown


@pytest.mark.parametrize(
    ("word", "severity"), [("INFO", Severity.INFO), ("DIRE", Severity.CRITICAL), (None, Severity.CRITICAL)]
)
def test_a_severity_that_cannot_be_ranked_is_critical(word: str | None, severity: Severity) -> None:
    (found,) = convert.conditions(wired(wire.Condition, CONDITION | {"severity": word}))
    assert found.severity is severity


@pytest.mark.parametrize("count", [0, 2])
def test_there_is_one_cluster(count: int) -> None:
    with pytest.raises(ApiSurprise, match=f"expected one cluster, got {count}"):
        convert.cluster_info(wired(wire.Cluster, *({"uuid": str(i)} for i in range(count))))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["RUNNING", "ONLINE", "vm-1", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SAMPLES = {"/Node": NODE, "/VirDomain": VM, "/TaskTag": TASK, "/Condition": CONDITION}


@given(st.data())
def test_a_mutated_answer_is_converted_or_refused_and_nothing_else(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(SAMPLES)))
    mutant = dict(SAMPLES[path])
    for key in data.draw(st.lists(st.sampled_from(sorted(mutant)), max_size=3)):
        mutant[key] = data.draw(json_values)
    body = json.dumps([SAMPLES[path] | {"uuid": "other", "taskTag": "1"}, mutant]).encode()
    if data.draw(st.booleans()):
        cut = data.draw(st.integers(0, len(body)))
        body = body[:cut] + data.draw(st.binary(max_size=3)) + body[cut + data.draw(st.integers(0, 3)) :]
    reply = Reply(f"GET {path}", 200, "", body)
    try:
        match path:
            case "/Node":
                for node in convert.nodes(wire.decode_list(reply, wire.NODES)).values():
                    assert node.cpu_percent is None or 0 <= node.cpu_percent <= 100
                    assert harmless(node.name.replace("⟨", "")) == node.name.replace("⟨", "")
            case "/VirDomain":
                for vm in convert.vms(wire.decode_list(reply, wire.VMS), []).values():
                    assert vm.mem_bytes >= 0
                    assert harmless(vm.name.replace("⟨", "")) == vm.name.replace("⟨", "")
            case "/TaskTag":
                convert.live_tasks(wire.decode_list(reply, wire.TASKS))
            case _:
                convert.conditions(wire.decode_list(reply, wire.CONDITIONS))
    except ApiError as error:
        assert str(error)  # noqa: PT017 - an error is one of the two right outcomes
