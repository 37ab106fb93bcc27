import json
from typing import Any

import msgspec
import pytest

from hctui.api import wire
from hctui.api.errors import ApiSurprise
from hctui.api.reply import Reply
from hctui.core.secret import Secret
from tests.api.fake import NODE, VM


def reply(body: bytes | str, path: str = "/Node") -> Reply:
    return Reply(f"GET {path}", 200, "application/json", body.encode() if isinstance(body, str) else body)


def without(item: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != key}


WRONG: list[tuple[msgspec.json.Decoder[Any], bytes | str, str]] = [
    (wire.NODES, json.dumps([NODE, NODE, NODE | {"memSize": "64"}]), "$[2].memSize: expected int, got str"),
    (wire.NODES, json.dumps([NODE | {"memSize": -1}]), "$[0].memSize: expected int >= 0"),
    (
        wire.NODES,
        json.dumps([NODE | {"memSize": 2**70}]),
        "$[0].memSize: expected int <= 9223372036854775807",
    ),
    (wire.NODES, json.dumps([without(NODE, "uuid")]), "$[0]: object missing required field uuid"),
    (wire.NODES, json.dumps([NODE | {"uuid": ""}]), "$[0].uuid: expected str of length >= 1"),
    (
        wire.NODES,
        json.dumps([NODE | {"allowRunningVMs": "true"}]),
        "$[0].allowRunningVMs: expected bool, got str",
    ),
    (wire.NODES, '[{"uuid":"n","cpuUsage":NaN}]', "JSON is malformed: invalid character (byte 24)"),
    (wire.NODES, '[{"uuid":"n","cpuUsage":1e999}]', "$[0].cpuUsage: Number out of range"),
    (wire.VMS, json.dumps([without(VM, "mem")]), "$[0]: object missing required field mem"),
    (wire.NODES, json.dumps(NODE), "expected array, got object"),
    (wire.NODES, b"", "Input data was truncated"),
    (wire.NODES, b'[{"uuid":"\xff"}]', "not UTF-8"),
    (wire.NODES, b'[{"uuid":"n","x":' + b"[" * 200_000, "nested too deeply"),
    (wire.NODES, "<!DOCTYPE html><p>hello", "an HTML page instead of JSON"),
]


@pytest.mark.parametrize(("decoder", "body", "problem"), WRONG, ids=[problem for _, _, problem in WRONG])
def test_a_wrong_answer_is_an_error_that_names_the_place(
    decoder: msgspec.json.Decoder[Any], body: bytes | str, problem: str
) -> None:
    with pytest.raises(ApiSurprise) as caught:
        wire.decode(reply(body), decoder)
    assert caught.value.detail == f"/Node: {problem}."


def test_unknown_fields_null_elements_and_floats_for_whole_numbers_are_tolerated() -> None:
    body = json.dumps([None, NODE | {"memSize": 64.0, "drives": [{"slot": -1}], "cpuUsage": 0}])
    (node,) = wire.decode_list(reply(body), wire.NODES)
    assert node.memSize == 64
    assert node.cpuUsage == 0


def test_a_bare_vm_is_enough() -> None:
    (vm,) = wire.decode_list(reply('[{"uuid":"v","name":"x","mem":1,"numVCPU":0,"tags":null}]'), wire.VMS)
    assert vm.tags is None
    assert vm.latestTaskTag is None


def test_a_session_id_is_wrapped_at_once() -> None:
    login = wire.decode(reply('{"sessionID":"abc"}'), wire.LOGIN)
    assert login.sessionID == Secret("abc")
    assert "abc" not in repr(login)


def test_a_session_id_that_is_no_text_is_an_error() -> None:
    with pytest.raises(ApiSurprise, match=r"\$\.sessionID: expected str"):
        wire.decode(reply('{"sessionID":12}', "/login"), wire.LOGIN)


def test_sessions_of_others_are_not_kept() -> None:
    (task,) = wire.decode_list(reply('[{"taskTag":7,"sessionID":"of somebody"}]'), wire.TASKS)
    assert "of somebody" not in repr(task)
