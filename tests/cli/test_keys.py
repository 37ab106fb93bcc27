"""Keys in the settings that could not work are refused before the console opens."""

from __future__ import annotations

import pytest

from hctui.cli.console import check_keys
from hctui.config import SettingsError
from hctui.core.policy import Policy
from tests.engine.given import settings_of


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        (("nonsense=x",), "console.keys: The console has no action named nonsense; the help lists them."),
        (("approve=nope",), "console.keys: There is no key named nope for approve."),
        (("approve=d",), "console.keys: The key d would do both dry_run and approve in the same place."),
        (
            ("approve=j", "approve=enter"),
            "console.keys: The key enter is not free for approve: in every list it opens what is chosen.",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(pairs: tuple[str, ...], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        check_keys(settings_of(Policy(), others={"keys": pairs}))
    assert raised.value.problems == (told,)
    assert "answer_after, answer_before, apply, approve" in (raised.value.hint or "")


def test_what_can_is_not() -> None:
    check_keys(settings_of(Policy(), others={"keys": ("approve=d", "dry_run=ctrl+d")}))
