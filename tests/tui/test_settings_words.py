"""Edits of settings and their words, without a screen: what counts as an edit, what is wrong, and what is said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from hctui.config import BY_KEY, SETTINGS, Settings, change, edit, foreseen, load
from hctui.core.policy import Mode, Policy
from hctui.tui import edits as editing
from hctui.tui import settings_words as words
from hctui.tui.edits import Edits, Standing
from hctui.tui.lists import settings as rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def loaded(path: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    path.write_text(text)
    return load(path, environ or {}, {})


def typed(settings: Settings, **texts: str) -> Edits:
    edits = Edits()
    for key, text in texts.items():
        edits = edits.put(settings, key, text)
    return edits


def standing(settings: Settings, edits: Edits, key: str) -> Standing:
    wrong = editing.wrong_keys(edits, editing.problems(settings, edits))
    return editing.standing(settings, edits, wrong, key)


def test_what_repeats_the_value_is_no_edit(path: Path) -> None:
    settings = loaded(path, "[balancer]\nram_limit_percent = 60\n")
    assert typed(settings, ram_limit_percent="60.0").to_save == ()
    edits = typed(settings, ram_limit_percent="61")
    assert edits.to_save == edits.pending(settings) == ("ram_limit_percent",)
    assert edits.put(settings, "ram_limit_percent", "60").to_save == ()


def test_what_holds_from_the_console_can_be_saved_but_is_not_lost_by_leaving(path: Path) -> None:
    settings = change(loaded(path, ""), {"dry_run": "false"})
    edits = typed(settings, dry_run="false")
    assert edits.to_save == ("dry_run",)
    assert edits.pending(settings) == ()
    assert standing(settings, edits, "dry_run") is Standing.TO_SAVE


def test_an_empty_text_leaves_a_secret_as_it_is(path: Path) -> None:
    settings = loaded(path, "[cluster]\npassword_command = ['pass', 'show']\n")
    assert typed(settings, password_command="").to_save == ()
    assert typed(settings, password_command=" ").to_save == ("password_command",)
    assert "s3cret" not in repr(typed(settings, password_command="echo s3cret"))


def test_an_edit_is_done_with_once_it_holds_without_the_console(path: Path) -> None:
    settings = loaded(path, "")
    edits = typed(settings, ram_limit_percent="61", bell="false")
    applied = change(settings, edits.texts(edits.to_save))
    assert edits.settled(applied).to_save == edits.to_save
    reread = loaded(path, "[balancer]\nram_limit_percent = 61\n")
    assert edits.settled(reread).to_save == ("bell",)


def test_what_was_saved_is_shown_as_saved_until_the_settings_change(path: Path) -> None:
    settings = loaded(path, "")
    edits = typed(settings, password_file="pw", bell="false").written(["password_file"])
    assert standing(settings, edits, "password_file") is Standing.SAVED
    assert edits.to_save == edits.pending(settings) == ("bell",)
    assert dict(edits.settled(settings).typed) == {"bell": "false"}
    again = edits.put(settings, "password_file", "other")
    assert standing(settings, again, "password_file") is Standing.EDITED


def test_a_locked_setting_is_marked(path: Path) -> None:
    settings = loaded(path, "", {"SC_MODE": "approve"})
    assert standing(settings, Edits(), "mode") is Standing.LOCKED
    assert standing(settings, Edits(), "dry_run") is Standing.UNTOUCHED


@pytest.mark.parametrize(
    ("key", "text", "part"),
    [
        ("ram_limit_percent", "x", "must be a number above 0 and up to 100"),
        ("ram_limit_percent", "50", ""),
        ("keys", "approve=ctrl+g, nonsense=x, more=y", "no action named nonsense and more"),
        ("keys", "approve=ctrl+g", ""),
        ("keys", "approve", "must be a list"),
        ("password_command", "echo 'hidden", "balanced quotes"),
    ],
)
def test_what_is_wrong_with_a_text(key: str, text: str, part: str) -> None:
    told = editing.fault(key, text)
    assert part in told
    assert bool(part) == bool(told)
    assert "hidden" not in told


def test_a_conflict_is_told_at_both_settings_and_counts_at_the_edited_one(path: Path) -> None:
    settings = loaded(path, "")
    edits = typed(settings, cpu_lower_threshold_percent="90", ram_limit_percent="x")
    found = editing.problems(settings, edits)
    assert set(found) == {"cpu_lower_threshold_percent", "cpu_upper_threshold_percent", "ram_limit_percent"}
    assert found["cpu_lower_threshold_percent"] == found["cpu_upper_threshold_percent"]
    assert editing.wrong_keys(edits, found) == ("ram_limit_percent", "cpu_lower_threshold_percent")
    mended = edits.put(settings, "cpu_upper_threshold_percent", "95").without(["ram_limit_percent"])
    assert editing.problems(settings, mended) == {}


def test_no_name_is_part_of_another_so_a_sentence_is_told_where_it_belongs() -> None:
    names = [setting.name for setting in SETTINGS]
    assert not [(one, other) for one in names for other in names if one != other and one in other]


DRY, DRY_APPROVE = Policy(dry_run=True, mode=Mode.AUTO), Policy(dry_run=True, mode=Mode.APPROVE)
LIVE, LIVE_APPROVE = Policy(dry_run=False, mode=Mode.AUTO), Policy(dry_run=False, mode=Mode.APPROVE)


@pytest.mark.parametrize(
    ("before", "after", "live", "auto"),
    [
        (DRY, LIVE, True, False),
        (DRY_APPROVE, LIVE_APPROVE, True, False),
        (DRY_APPROVE, LIVE, True, True),
        (LIVE_APPROVE, LIVE, False, True),
        (LIVE, LIVE_APPROVE, False, False),
        (LIVE, DRY, False, False),
        (DRY_APPROVE, DRY, False, False),
        (LIVE, LIVE, False, False),
    ],
)
def test_what_must_be_agreed_to(before: Policy, after: Policy, live: bool, auto: bool) -> None:
    assert (editing.starts_live(before, after), editing.starts_live_auto(before, after)) == (live, auto)


def test_switches_go_round() -> None:
    for setting in SETTINGS:
        if editing.is_switch(setting):
            start = text = setting.kind.to_text(setting.default)
            seen = []
            for _ in range(9):
                seen.append(text := editing.next_text(setting, text))
                assert editing.fault(setting.key, text) == ""
            assert start in seen


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("ram_limit_percent", 62.5, "62.5 %"),
        ("avg_window_minutes", 5.0, "5 min"),
        ("request_timeout_seconds", 15.0, "15 s"),
        ("dry_run", False, "false"),
        ("username", "", "not set"),
        ("username", "db [/] x", "db [/] x"),
        ("exclude_node_ips", ("10.0.0.1", "10.0.0.2"), "10.0.0.1, 10.0.0.2"),
        ("password_command", ("pass", "show"), "***"),
        ("password_command", (), "not set"),
    ],
)
def test_values_have_units_and_secrets_a_mask(
    key: str, value: bool | float | str | tuple[str, ...], shown: str
) -> None:
    assert words.shown_value(BY_KEY[key], value) == shown


def test_a_wrong_text_is_shown_as_typed_but_a_secret_never() -> None:
    assert words.typed_text(BY_KEY["ram_limit_percent"], "9o") == "9o"
    assert words.typed_text(BY_KEY["ram_limit_percent"], "90") == "90 %"
    assert words.typed_text(BY_KEY["password_command"], "echo 'x") == "***"
    assert words.typed_text(BY_KEY["password_command"], " ") == "not set"


def test_sources_in_words(path: Path) -> None:
    settings = change(loaded(path, "[console]\ntheme='light'\n", {"SC_MODE": "auto"}), {"bell": "false"})
    told = {
        key: words.source(settings.given(BY_KEY[key]).source) for key in ("theme", "mode", "bell", "glyphs")
    }
    assert told == {
        "theme": "file",
        "mode": "environment SC_MODE",
        "bell": "console (not saved)",
        "glyphs": "default",
    }


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("ram", ["ram_limit_percent"]),
        ("locked", ["mode"]),
        ("edited", ["bell"]),
        ("wrong", ["ram_limit_percent"]),
        ("COOLDOWN vm", ["vm_move_cooldown_minutes"]),
        ("console.", ["theme", "glyphs", "bell", "on_hangup", "keys"]),
        ("nothing like it", []),
    ],
)
def test_the_filter(path: Path, wanted: str, expected: list[str]) -> None:
    settings = loaded(path, "", {"SC_MODE": "auto"})
    edits = typed(settings, bell="false", ram_limit_percent="0")
    wrong = editing.wrong_keys(edits, editing.problems(settings, edits))
    found = rows.order(settings, edits, wrong, wanted)
    assert [key for key in found if key in expected] == expected
    assert rows.order(settings, edits, wrong, wanted, keep="oidc").count("oidc") == 1
    if wanted in ("locked", "edited", "wrong", "nothing like it"):
        assert found == expected


def test_a_group_is_named_once_however_the_list_is_filtered(path: Path) -> None:
    settings = loaded(path, "")
    for wanted in ("", "percent", "minutes"):
        keys = rows.order(settings, Edits(), (), wanted)
        groups = [rows.row(settings, Edits(), (), key, keys)[0].text for key in keys]
        named = [group for group in groups if group]
        assert groups[0]
        assert len(named) == len(set(named)) == len({BY_KEY[key].group for key in keys})


def test_all_there_is_to_know_about_a_setting(path: Path) -> None:
    settings = loaded(path, "", {"SC_HOST": "10.0.0.9"})
    told = "\n".join(each.text for each in words.about(settings, Edits(), "base_url", Standing.LOCKED))
    for part in (
        "cluster.base_url",
        BY_KEY["base_url"].meaning,
        BY_KEY["base_url"].allowed,
        "Default: not set.",
        "environment variable SC_HOST and flag --host",
        "Holds: https://10.0.0.9. Source: environment SC_HOST.",
        "at the next start only",
        "Locked: The environment variable SC_HOST gives it",
    ):
        assert part in told
    told = "\n".join(each.text for each in words.about(settings, Edits(), "bell", Standing.UNTOUCHED))
    assert "No environment variable and no flag" in told
    assert "next start" not in told


def test_with_the_address_it_is_told_which_is_used_instead(path: Path) -> None:
    settings = loaded(path, "")
    for key, is_told in (("base_url", True), ("username", False)):
        about = words.about(
            settings, Edits(), key, Standing.UNTOUCHED, ("The node at 10.0.0.12:443 is asked.",)
        )
        assert any(each.text == "The node at 10.0.0.12:443 is asked." for each in about) is is_told


def test_a_save_says_what_else_the_file_brings(path: Path) -> None:
    settings = loaded(path, "")
    path.write_text("[balancer]\nram_limit_percent = 61\n")
    made = edit(settings, {"username": "me", "dry_run": "false"})
    told = words.save_text(settings, made, foreseen(settings, made))
    assert "Saves cluster.username and balancer.dry_run to" in told
    assert "cluster.username takes effect at the next start only." in told
    assert "balancer.ram_limit_percent will hold as it says there, too." in told
    assert "From the next start on hctui is LIVE at once" in told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mode": "auto"}, "1 line of the file changes:"),
        ({"mode": "auto", "ram_limit_percent": "61"}, "2 lines of the file change:"),
    ],
)
def test_a_save_says_how_many_lines_change_and_names_the_file_once(
    path: Path, changes: dict[str, str], expected: str
) -> None:
    told = words.diff_text(edit(loaded(path, "[balancer]\nmode = 'approve'\n"), changes))
    assert told.startswith(f"{expected}\n@@ ")
    assert str(path) not in told


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("n:\n@@\n a\n-b\n-c\n+d\n+e\n f", "n:\n@@\n a\n-b\n-c\n+d"),
        ("n:\n@@\n a\n-b\n-c\n f", "n:\n@@\n a\n-b"),
        ("n:\n@@\n+b\n@@\n-c", "n:\n@@\n+b"),
        ("nothing", "nothing"),
    ],
)
def test_the_first_change_ends_with_what_is_new(told: str, expected: str) -> None:
    assert words.first_change(told) == expected


def test_a_save_says_that_the_file_was_removed_and_what_is_made_of_it(path: Path) -> None:
    settings = loaded(path, "[balancer]\nram_limit_percent = 61\nmode = 'approve'\n")
    path.unlink()
    made = edit(settings, {"mode": "auto"})
    told = words.save_text(settings, made, foreseen(settings, made))
    assert "has been removed since it was read." in told
    assert "made anew with what it said of balancer.ram_limit_percent, and" in told
    assert "There is no such file yet" not in told
    assert "will hold as it says there" not in told


def test_a_save_that_changes_no_line_says_so(path: Path) -> None:
    settings = change(loaded(path, "[balancer]\nmode = 'approve'\n"), {"mode": "auto"})
    made = edit(settings, {"mode": "approve"})
    assert made.diff == ()
    assert words.diff_text(made) == "The file says all of this already; no line of it changes."
    assert "too." not in words.save_text(settings, made, foreseen(settings, made))
