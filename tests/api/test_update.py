import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.api.update import update_status
from hctui.core.model import UpdateVerdict

ACTIVE, INACTIVE, UNKNOWN = UpdateVerdict.ACTIVE, UpdateVerdict.INACTIVE, UpdateVerdict.UNKNOWN


@pytest.mark.parametrize(
    ("file", "verdict"),
    [
        ({"prepareStatus": "", "updateStatus": {"masterState": "COMPLETE"}}, INACTIVE),
        ({"prepareStatus": "", "updateStatus": {"masterState": "TERMINATING"}}, INACTIVE),
        ({"prepareStatus": "", "updateStatus": {"masterState": "TERMINATED"}}, INACTIVE),
        ({"prepareStatus": {"state": "COMPLETE"}, "updateStatus": {}}, INACTIVE),
        ({"prepareStatus": {}, "updateStatus": {"masterState": ""}}, INACTIVE),
        ({"prepareStatus": " complete", "updateStatus": {"masterState": "Complete"}}, INACTIVE),
        ({"prepareStatus": ""}, INACTIVE),
        ({"prepareStatus": "", "updateStatus": {"masterState": "IN PROGRESS"}}, ACTIVE),
        ({"updateStatus": {"masterState": "in progress"}}, ACTIVE),
        ({"prepareStatus": {"state": "DOWNLOADING"}, "updateStatus": {"masterState": "COMPLETE"}}, ACTIVE),
        ({"prepareStatus": "DOWNLOADING"}, ACTIVE),
        ({}, UNKNOWN),
        ([], UNKNOWN),
        ({"updateStatus": {"masterState": 4}}, UNKNOWN),
        ({"updateStatus": "IN PROGRESS"}, UNKNOWN),
    ],
)
def test_the_verdict_on_a_file(file: object, verdict: UpdateVerdict) -> None:
    assert update_status(200, json.dumps(file).encode()).verdict is verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(404, INACTIVE), (401, UNKNOWN), (403, UNKNOWN), (302, UNKNOWN), (502, UNKNOWN), (204, UNKNOWN)],
)
def test_the_verdict_on_a_status(status: int, verdict: UpdateVerdict) -> None:
    body = b'{"updateStatus":{"masterState":"COMPLETE"}}'
    assert update_status(status, body).verdict is verdict


def test_the_sentence_names_the_state_harmlessly() -> None:
    found = update_status(200, b'{"updateStatus":{"masterState":"IN\\u001bPROGRESS"}}')
    assert found.sentence == "An update is being installed (IN⟨U+001B⟩PROGRESS)."


@given(st.integers(100, 599), st.binary())
def test_any_body_gives_a_verdict(status: int, body: bytes) -> None:
    assert update_status(status, body).sentence


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"prepareStatus":', b'{"x":' + b"[" * 200_000])
def test_what_cannot_be_read_is_unknown(body: bytes) -> None:
    assert update_status(200, body).verdict is UNKNOWN
