import pytest

from hctui.api.errors import ApiDown, ApiRefused, ApiSurprise, ApiTrouble
from hctui.api.reply import QUOTE_CHARACTERS, Reply, refusal
from hctui.core.secret import Secret


def reply(body: bytes, status: int = 400, content_type: str = "") -> Reply:
    return Reply("GET /Node", status, content_type, body, secrets=(Secret('p"w  x'), Secret("")))


@pytest.mark.parametrize(
    ("body", "content_type", "quoted"),
    [
        (b'{"error":"no such thing"}', "application/json", "no such thing"),
        (b"The request has errors:\n  - a\n  - b\n", "text/plain", "The request has errors: - a - b"),
        (b"<html><b>Bad Gateway", "text/html", "an HTML page"),
        (b"  <!DOCTYPE html>", "", "an HTML page"),
        (b"", "", "no text"),
        (b'{"error":""}', "", "no text"),
        (b"\x1b[31m\xff", "", "⟨U+001B⟩[31m\ufffd"),
        (b'{"error":"bad p\\"w  x here"}', "", "bad *** here"),
        (b'bad {"password":"p\\"w  x"}', "", 'bad {"password":"***"}'),
        (b"[" * 100_000, "", "[" * 199 + "…"),
    ],
)
def test_what_is_quoted(body: bytes, content_type: str, quoted: str) -> None:
    assert reply(body, content_type=content_type).quote() == quoted


def test_a_long_text_is_trimmed() -> None:
    quoted = reply(b"x" * 10_000).quote()
    assert len(quoted) == QUOTE_CHARACTERS
    assert quoted.endswith("x…")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, ApiSurprise),
        (400, ApiSurprise),
        (401, ApiRefused),
        (403, ApiRefused),
        (404, ApiSurprise),
        (429, ApiTrouble),
        (500, ApiTrouble),
        (502, ApiDown),
        (503, ApiDown),
        (504, ApiDown),
    ],
)
def test_each_status_has_somebody_who_must_act(status: int, kind: type[Exception]) -> None:
    error = refusal(reply(b'{"error":"boo"}', status))
    assert type(error) is kind
    assert error.detail == f"GET /Node gave HTTP {status} (boo)."
    assert error.hint


@pytest.mark.parametrize(
    ("status", "body", "over"),
    [
        (401, b"", True),
        (503, b'{"error":"Invalid Session"}', True),
        (503, b'{"error":"overload"}', False),
        (503, b"session page", False),
        (403, b'{"error":"session"}', False),
        (200, b'{"error":"session"}', False),
    ],
)
def test_what_counts_as_the_end_of_a_session(status: int, body: bytes, over: bool) -> None:
    assert reply(body, status).says_session_ended is over


def test_the_body_is_not_shown() -> None:
    assert "hidden" not in repr(reply(b"hidden"))
