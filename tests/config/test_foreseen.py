"""What a save will bring about is known before it is done, whoever else has written to the file."""

from __future__ import annotations

import itertools

import pytest

from hctui.config import SettingsError, change, edit, foreseen, load, reloaded, save, schema
from tests.config.conftest import WriteFile

FILES = (
    "",
    "[balancer]\ndry_run = false # now\n",
    "[balancer]\nmode = 'approve'\n[cluster]\npassword_file = 'pw'\n",
)
TYPED = ({"dry_run": "false"}, {"ram_limit_percent": "60", "mode": "auto"}, {"ca_file": "ca.pem"})


@pytest.mark.parametrize(("now", "later", "changes"), list(itertools.product(FILES, FILES, TYPED)))
def test_it_is_what_a_reload_finds_after_the_save(
    write_file: WriteFile, now: str, later: str, changes: dict[str, str]
) -> None:
    path = write_file(now)
    settings = change(
        load(path, {"SC_MODE": "approve"} if "mode" not in changes else {}, {}), {"dry_run": "true"}
    )
    write_file(later)
    made = edit(settings, changes)
    expected = foreseen(settings, made)
    assert path.read_text() == later
    save(made)
    assert expected == reloaded(settings, made.keys)


def test_it_raises_what_a_reload_would(write_file: WriteFile) -> None:
    path = write_file("")
    made = edit(
        load(path, {}, {}), {"cpu_upper_threshold_percent": "40", "cpu_lower_threshold_percent": "30"}
    )
    settings = change(load(path, {}, {}), {"avg_window_minutes": "1"})
    assert foreseen(settings, made).get(schema.CPU_UPPER_THRESHOLD_PERCENT) == 40
    with pytest.raises(SettingsError):
        foreseen(load(path, {"SC_CPU_LOWER_THRESHOLD_PERCENT": "45"}, {}), made)
