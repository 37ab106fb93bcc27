"""What may be saved, how the difference is shown, and that a file is written whole, privately, or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from hctui.config import (
    BY_KEY,
    FolderError,
    NotWritten,
    Settings,
    SettingsError,
    SourceKind,
    change,
    default_config_text,
    edit,
    foreseen,
    load,
    locked,
    reloaded,
    save,
    schema,
    write_config,
)
from hctui.config.difference import changed_lines, hunks
from hctui.config.kinds import Value
from tests.config.conftest import WriteFile

FILE = "# mine\n[balancer]\nmode = 'approve' # for now\n"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def value(settings: Settings, key: str) -> Value:
    return settings.given(BY_KEY[key]).value


def problems(act: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        act()
    return caught.value.problems


def test_what_is_saved_holds_at_once_and_after_the_next_start(write_file: WriteFile) -> None:
    path = write_file(FILE)
    settings = change(load(path, {}, {}), {"mode": "approve", "ram_limit_percent": "60"})
    made = edit(settings, {"mode": "auto", "cpu_upper_threshold_percent": "85"})
    assert path.read_text() == FILE
    save(made)
    assert (
        path.read_text() == '# mine\n[balancer]\nmode = "auto" # for now\ncpu_upper_threshold_percent = 85\n'
    )
    for now in (reloaded(settings, made.keys), load(path, {}, {})):
        assert value(now, "mode") == "auto"
        assert now.given(schema.MODE).source.kind is SourceKind.FILE
        assert value(now, "cpu_upper_threshold_percent") == 85
    assert value(reloaded(settings, made.keys), "ram_limit_percent") == 60


def test_the_difference_shows_what_will_change(write_file: WriteFile) -> None:
    path = write_file(FILE)
    made = edit(load(path, {}, {}), {"mode": "auto"})
    assert made.diff == (
        f"--- {path}",
        f"+++ {path}",
        "@@ -2,2 +2,2 @@",
        " [balancer]",
        "-mode = 'approve' # for now",
        '+mode = "auto" # for now',
    )
    assert edit(load(path, {}, {}), {"mode": "approve"}).diff == ()


def test_of_a_long_comment_above_a_change_one_line_is_shown(home: Path) -> None:
    made = edit(load(None, {}, {}), {"ram_limit_percent": "65", "theme": "light"})
    lines = hunks(made.diff)
    assert lines[0].startswith("@@ -")
    assert [line[0] for line in lines] == ["@", " ", "-", "+", " "] * 2
    assert "-#ram_limit_percent = 70" in lines


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), 0),
        (("@@ -1 +1 @@", "-a", "+b"), 1),
        (("@@ -1 +1 @@", "-a", "-b", "+c"), 2),
        (("@@ -1 +1 @@", " a", "+b", " c", "-d"), 2),
        (("@@ -1 +1 @@", "-a", "+b", "@@ -9 +9 @@", "+c", "+d"), 3),
    ],
)
def test_a_line_that_is_replaced_is_one_change(lines: tuple[str, ...], expected: int) -> None:
    assert changed_lines(lines) == expected


def test_a_difference_obeys_nothing_that_a_comment_says(write_file: WriteFile) -> None:
    made = edit(load(write_file("[balancer]\n# \x9b31m\u202e\t!\n"), {}, {}), {"mode": "auto"})
    assert " # ?31m? !" in made.diff
    assert all(line.isprintable() for line in made.diff)


SECRETS = """\
[cluster]
#password_command = ["echo", "hunter2"] # before
# password_command = [
#   "echo",
#   "hunter2",
# ]
password_command = [
    "echo",
    "hunter2", # it is hunter2
] # hunter2 again
username = "a"
"""


@pytest.mark.parametrize(
    "text",
    [
        SECRETS,
        "cluster.password_command = 'echo hunter2' # hunter2\ncluster.username = 'a'\n",
        "cluster = {password_command = 'echo hunter2', username = 'a'}\n",
        "[cluster]\n'password_command' = '''\necho\nhunter2'''\n#\"password_command\"='hunter2'\nusername = 'a'\n",
    ],
)
def test_no_view_of_an_edit_shows_a_secret(write_file: WriteFile, text: str) -> None:
    settings = load(write_file(text), {}, {})
    for changes in (
        {"username": "b"},
        {"password_command": "echo hunter2 hunter2", "username": "b"},
        {"password_command": "", "username": "b"},
    ):
        made = edit(settings, changes)
        assert "hunter2" in made.before
        shown = "\n".join(made.diff)
        assert "hunter2" not in shown + repr(made) + repr(made.diff)
        assert "password_command" in shown
        assert "b" in shown


def test_that_a_secret_changes_is_shown_all_the_same(write_file: WriteFile) -> None:
    settings = load(write_file("[cluster]\npassword_command = 'echo hunter2'\n"), {}, {})
    lines = edit(settings, {"password_command": "echo hunter3"}).diff
    assert '-password_command = "***"' in lines
    assert '+password_command = "*** (new)"' in lines
    same = edit(settings, {"password_command": "echo hunter2", "username": "a"}).diff
    assert ' password_command = "***"' in same


def test_the_first_secret_is_masked_too(home: Path) -> None:
    shown = "\n".join(edit(load(None, {}, {}), {"password_command": "echo hunter2"}).diff)
    assert '+password_command = "*** (new)"' in shown
    assert "-#password_command = []" in shown
    assert "hunter2" not in shown


def test_what_a_flag_or_the_environment_gives_is_locked_and_says_what_to_do(write_file: WriteFile) -> None:
    settings = load(
        write_file(FILE),
        {"SC_MODE": "auto", "SC_RAM_LIMIT_PERCENT": "60"},
        {"mode": "auto", "dry_run": False},
    )
    assert (
        locked(settings, schema.DRY_RUN)
        == "The flag --live gives it; start hctui without the flag to edit it here."
    )
    assert locked(settings, schema.RAM_LIMIT_PERCENT) == (
        "The environment variable SC_RAM_LIMIT_PERCENT gives it; start hctui without the variable to edit it here."
    )
    assert locked(settings, schema.MODE) == (
        "The flag --mode and the environment variable SC_MODE give it; "
        "start hctui without the flag and without the variable to edit it here."
    )
    assert locked(settings, schema.USERNAME) == ""


def test_what_the_console_flipped_is_locked_only_if_a_flag_is_below_it(write_file: WriteFile) -> None:
    settings = change(load(write_file(FILE), {}, {"dry_run": False}), {"dry_run": "true", "mode": "auto"})
    assert locked(settings, schema.MODE) == ""
    assert "--live" in locked(settings, schema.DRY_RUN)


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(write_file: WriteFile) -> None:
    path = write_file("[balancer]\nram_limit_percent = 0\n")
    settings = load(write_file(FILE), {"SC_MODE": "auto"}, {})
    write_file("[balancer]\nram_limit_percent = 0\n")
    changes = {"mode": "approve", "cpu_upper_threshold_percent": "40", "avg_window_minutes": "x"}
    assert problems(lambda: edit(settings, changes)) == (
        "balancer.mode: The environment variable SC_MODE gives it; start hctui without the variable to edit it here.",
        f"balancer.ram_limit_percent = 0 (file {path}): must be a number above 0 and up to 100, in percent.",
        "balancer.avg_window_minutes = 'x' (console): must be a number above 0 and up to 10080, in minutes.",
        "balancer.cpu_lower_threshold_percent = 50 percent (default) must be below "
        "balancer.cpu_upper_threshold_percent = 40 percent (console).",
    )
    assert path.read_text() == "[balancer]\nram_limit_percent = 0\n"


def test_an_unknown_key_is_a_mistake_of_the_caller(home: Path) -> None:
    with pytest.raises(KeyError):
        edit(load(None, {}, {}), {"password": "x"})


LOWER_60 = {"cpu_lower_threshold_percent": "60"}
LOWER_85 = {"cpu_lower_threshold_percent": "85"}
UPPER_55 = {"cpu_upper_threshold_percent": 55}
UPPER_90 = {"cpu_upper_threshold_percent": 90}


@pytest.mark.parametrize(
    ("flags", "console", "changes", "said"),
    [
        ({}, {"cpu_upper_threshold_percent": "55"}, LOWER_60, "= 55 percent (console)"),
        (UPPER_55, {"cpu_upper_threshold_percent": "70"}, LOWER_60, "= 55 percent (flag --cpu-upper"),
        (UPPER_90, {}, LOWER_85, "= 80 percent (default)"),
    ],
    ids=["now", "after the next start", "after a start without the flags"],
)
def test_what_is_saved_must_go_with_the_rest_now_and_later(
    write_file: WriteFile,
    flags: dict[str, object],
    console: dict[str, str],
    changes: dict[str, str],
    said: str,
) -> None:
    settings = change(load(write_file(FILE), {}, flags), console)
    (problem,) = problems(lambda: edit(settings, changes))
    assert problem.startswith("balancer.cpu_lower_threshold_percent")
    assert said in problem


def test_a_file_that_needs_its_flags_already_may_be_changed_elsewhere(write_file: WriteFile) -> None:
    path = write_file("[balancer]\ncpu_lower_threshold_percent = 85\n")
    save(edit(load(path, {}, UPPER_90), {"mode": "approve"}))
    assert path.read_text() == '[balancer]\ncpu_lower_threshold_percent = 85\nmode = "approve"\n'


def test_settings_that_only_go_together_are_saved_together(write_file: WriteFile) -> None:
    path = write_file(FILE)
    save(edit(load(path, {}, {}), LOWER_85 | {"cpu_upper_threshold_percent": "90"}))
    assert load(path, {}, {}).policy().cpu_lower_percent == 85


def test_an_edit_is_made_from_the_file_as_it_is_now(write_file: WriteFile) -> None:
    path = write_file(FILE)
    settings = load(path, {}, {})
    write_file(f"{FILE}cpu_upper_threshold_percent = 90\n")
    save(edit(settings, LOWER_85))
    assert path.read_text() == f"{FILE}cpu_upper_threshold_percent = 90\ncpu_lower_threshold_percent = 85\n"


@pytest.mark.parametrize("later", ["", f"{FILE}\n", None])
def test_a_file_that_changed_in_the_meantime_is_left_alone(write_file: WriteFile, later: str | None) -> None:
    path = write_file(FILE)
    made = edit(load(path, {}, {}), {"mode": "auto"})
    path.unlink() if later is None else path.write_text(later)
    with pytest.raises(NotWritten, match="has been changed by somebody else in the meantime"):
        save(made)
    assert (path.read_text() if path.exists() else None) == later


def test_a_first_save_writes_the_commented_file_privately(home: Path) -> None:
    settings = load(None, {}, {})
    made = edit(settings, {"base_url": "10.0.0.101", "theme": "light"})
    assert not settings.file.parent.exists()
    save(made)
    expected = default_config_text().replace('#base_url = ""', 'base_url = "https://10.0.0.101"')
    assert settings.file.read_text() == expected.replace('#theme = "dark"', 'theme = "light"')
    assert mode_of(settings.file) == 0o600
    assert mode_of(settings.file.parent) == 0o700
    assert [line for line in made.diff if line.startswith(("+", "-"))][2:] == [
        '-#base_url = ""',
        '+base_url = "https://10.0.0.101"',
        '-#theme = "dark"',
        '+theme = "light"',
    ]


REMOVED = """\
# mine
[cluster]
base_url = "10.0.0.101"
username = "balancer"
password_command = ["echo", "hunter2"]
[balancer]
mode = "approve"
ram_limit_percent = 60
"""


def test_a_file_that_was_removed_is_made_anew_with_all_that_it_said(write_file: WriteFile) -> None:
    path = write_file(REMOVED)
    settings = change(load(path, {"SC_RAM_LIMIT_PERCENT": "50"}, {}), {"theme": "light", "glyphs": "ascii"})
    path.unlink()
    made = edit(settings, {"mode": "auto", "theme": "light"})
    assert not made.exists
    assert made.restored == ("base_url", "username", "password_command", "ram_limit_percent")
    assert foreseen(settings, made).cluster == settings.cluster
    shown = "\n".join(made.diff)
    assert '+base_url = "https://10.0.0.101"' in shown
    assert "hunter2" not in shown + repr(made)
    save(made)
    assert mode_of(path) == 0o600
    for now in (load(path, {}, {}), reloaded(settings, made.keys)):
        assert now.cluster == settings.cluster
        assert (value(now, "mode"), value(now, "theme")) == ("auto", "light")
    assert value(load(path, {}, {}), "ram_limit_percent") == 60, (
        "what the environment gives is not the file's"
    )
    assert value(load(path, {}, {}), "glyphs") == "unicode", "what was not asked to be saved is not saved"


def test_what_a_removed_file_said_must_go_with_what_is_saved(write_file: WriteFile) -> None:
    path = write_file("[balancer]\ncpu_upper_threshold_percent = 60\n")
    settings = load(path, {}, {})
    path.unlink()
    (problem,) = problems(lambda: edit(settings, LOWER_85))
    assert "cpu_upper_threshold_percent = 60" in problem
    assert not path.exists()


def test_a_removed_file_that_said_nothing_loses_nothing(write_file: WriteFile) -> None:
    path = write_file("# mine\n")
    settings = load(path, {}, {})
    path.unlink()
    assert edit(settings, {"mode": "auto"}).restored == ()


def test_a_file_that_appeared_in_the_meantime_is_left_alone(home: Path) -> None:
    settings = load(None, {}, {})
    made = edit(settings, {"theme": "light"})
    settings.file.parent.mkdir(parents=True)
    settings.file.write_text("")
    with pytest.raises(NotWritten, match="in the meantime"):
        save(made)
    assert settings.file.read_text() == ""
    assert list(settings.file.parent.iterdir()) == [settings.file]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_permissions_stay_what_they_are(write_file: WriteFile, mode: int) -> None:
    path = write_file(FILE)
    path.chmod(mode)
    save(edit(load(path, {}, {}), {"mode": "auto"}))
    assert mode_of(path) == mode
    assert list(path.parent.glob(".*")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_owner_and_group_stay_what_they_are(write_file: WriteFile) -> None:
    path = write_file(FILE)
    os.chown(path, 12345, 12346)
    save(edit(load(path, {}, {}), {"mode": "auto"}))
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


def test_a_link_stays_a_link_and_its_target_is_replaced(write_file: WriteFile, tmp_path: Path) -> None:
    target = write_file(FILE)
    (tmp_path / "dotfiles").mkdir()
    target = target.rename(tmp_path / "dotfiles" / "hctui.toml")
    link = tmp_path / "config.toml"
    link.symlink_to("dotfiles/hctui.toml")
    save(edit(load(link, {}, {}), {"mode": "auto"}))
    assert link.is_symlink()
    assert "auto" in target.read_text()


def test_bytes_that_were_there_stay(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes("\ufeff# zürich\r\n[balancer]\r\nmode = 'auto'\r\n".encode())
    save(edit(load(path, {}, {}), {"mode": "approve"}))
    assert path.read_bytes() == '\ufeff# zürich\r\n[balancer]\r\nmode = "approve"\r\n'.encode()


def test_a_read_only_file_stays_so(write_file: WriteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_file(FILE)
    path.chmod(0o444)
    made = edit(load(path, {}, {}), {"mode": "auto"})
    monkeypatch.setattr(os, "access", lambda asked, right: right != os.W_OK)
    with pytest.raises(NotWritten, match=r"hctui.toml is read-only\."):
        save(made)
    assert path.read_text() == FILE


@pytest.mark.parametrize("step", ["fsync", "fchmod", "replace"])
def test_a_write_that_fails_leaves_the_file_and_nothing_else(
    write_file: WriteFile, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = write_file(FILE)
    made = edit(load(path, {}, {}), {"mode": "auto"})

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(NotWritten, match="cannot be written: No space left on device"):
        save(made)
    assert path.read_text() == FILE
    assert list(path.parent.glob("*hctui*")) == [path]


def test_the_file_reaches_the_disk_before_its_name_and_the_name_before_the_end(
    write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, steps = write_file(FILE), list[str]()
    made = edit(load(path, {}, {}), {"mode": "auto"})
    sync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def replaced(old: str, new: Path) -> None:
        steps.append("name")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    save(made)
    assert steps == ["file", "name", "folder"]


def test_a_folder_that_cannot_be_made_is_told(home: Path) -> None:
    made = edit(load(None, {}, {}), {"mode": "auto"})
    (home / "config").write_text("")
    with pytest.raises(FolderError):
        save(made)


def test_what_is_not_text_in_utf_8_cannot_be_saved(write_file: WriteFile) -> None:
    path = write_file(FILE)
    with pytest.raises(NotWritten, match=r"cannot be made to say cluster\.password_command"):
        edit(load(path, {}, {}), {"password_command": "echo z\udcfcrich"})


def test_a_first_file_is_the_commented_one_with_the_values_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    values = {
        "base_url": "10.0.0.101",
        "pinned_fingerprints": "AB:" * 31 + "AB",
        "password_command": "pass 'a b'",
    }
    assert write_config(path, values) == path
    settings = load(path, {}, {})
    assert settings.cluster.url == "https://10.0.0.101"
    assert settings.cluster.pins == ("ab" * 32,)
    assert settings.cluster.password_command == ("pass", "a b")
    assert len(path.read_text().splitlines()) == len(default_config_text().splitlines())
    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)


def test_a_first_file_replaces_another_only_when_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine")
    path.chmod(0o644)
    with pytest.raises(NotWritten, match="exists already and was left as it is"):
        write_config(path, {"mode": "approve"})
    assert path.read_text() == "mine"
    write_config(path, {"mode": "approve"}, replace=True)
    assert load(path, {}, {}).get(schema.MODE) == "approve"
    assert mode_of(path) == 0o600
    assert list(tmp_path.glob("*config*")) == [path]


def test_a_first_file_that_replaces_a_link_goes_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text("mine")
    link = tmp_path / "config.toml"
    link.symlink_to("target.toml")
    write_config(link, {"mode": "approve"}, replace=True)
    assert link.is_symlink()
    assert load(tmp_path / "target.toml", {}, {}).get(schema.MODE) == "approve"


def test_a_first_file_with_wrong_values_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    wrong = {"base_url": "http://x", "cpu_lower_threshold_percent": "95"}
    assert len(problems(lambda: write_config(path, wrong))) == 2
    with pytest.raises(KeyError):
        write_config(path, {"password": "hunter2"})
    assert not path.exists()


def test_where_a_first_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(NotWritten, match="cannot be written"):
        write_config(tmp_path / "config.toml", {}, replace=True)
