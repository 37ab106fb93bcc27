"""A text in which somebody else may have put a secret: it is masked there in every usual form."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from hctui.core.secret import MASK, Secret, without_secrets

AWKWARD = 'pä"ss w/rd+\\&='

FORMS: dict[str, Callable[[str], str]] = {
    "plainly": str,
    "quoted by Python": lambda text: repr(text)[1:-1],
    "as bytes": lambda text: repr(text.encode())[2:-1],
    "in JSON": lambda text: json.dumps(text)[1:-1],
    "in JSON within JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "in a path": quote,
    "in a query": quote_plus,
    "in base64": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    secret = Secret(AWKWARD)
    assert without_secrets(f"before {FORMS[form](secret.reveal())} after") == f"before {MASK} after"


def test_a_secret_that_is_no_more_is_masked_for_a_while() -> None:
    Secret("a-session-that-is-over")
    assert without_secrets("for a-session-that-is-over?") == f"for {MASK}?"


def test_what_is_too_short_to_be_looked_for_leaves_the_text_as_it_is() -> None:
    Secret("abc")
    Secret("")
    assert without_secrets("abc") == "abc"


def test_the_one_within_the_other_is_masked_with_it() -> None:
    kept = Secret("longer-secret"), Secret("secret")
    assert without_secrets("longer-secret, secret") == f"{MASK}, {MASK}"
    del kept
