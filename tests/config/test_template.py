"""The settings file that comes with hctui: that it says what the table says, is found, and is written safely."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest

import hctui
from hctui.config import (
    SETTINGS,
    FolderError,
    Setting,
    SettingsError,
    default_config_text,
    load,
    write_default,
)
from hctui.core.policy import Policy
from tests.config.conftest import WriteFile

COMMENTED_OUT = re.compile(r"^#(?=\w+ = )", re.MULTILINE)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_as_shipped_loads_and_sets_nothing(write_file: WriteFile) -> None:
    settings = load(write_file(default_config_text()), {}, {})
    assert settings.policy() == Policy()
    assert {str(source) for _, _, source in settings.values()} == {"default"}


def test_with_every_line_taken_in_it_sets_everything_to_the_default(write_file: WriteFile) -> None:
    settings = load(write_file(COMMENTED_OUT.sub("", default_config_text())), {}, {})
    for setting, value, source in settings.values():
        assert value == setting.default, setting.key
        assert str(source).startswith("file"), setting.key
    assert settings.policy() == Policy()


def test_its_keys_are_in_the_order_of_the_table() -> None:
    keys = re.findall(r"^#(\w+) = ", default_config_text(), re.MULTILINE)
    assert keys == [setting.key for setting in SETTINGS]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_the_comment_of_a_setting_says_what_the_table_says(setting: Setting[Any]) -> None:
    block = next(b for b in default_config_text().split("\n\n") if f"\n#{setting.key} = " in b)
    comment = " ".join(line.removeprefix("# ") for line in block.splitlines()[:-1])
    assert setting.meaning in comment
    assert f"Allowed: {setting.allowed}." in comment
    assert re.findall(r"Environment: (\w+)\.", comment) == [setting.environment] * bool(setting.environment)
    assert re.findall(r"Flag: (\S+)\.", comment) == [setting.flag] * bool(setting.flag)


def test_it_is_found_in_an_installed_package_before_anything_beside_it(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "hctui"
    package.mkdir(parents=True)
    with pytest.raises(SettingsError, match=re.escape(f"default_config.toml is missing from {package}.")):
        default_config_text(package)
    (package.parent / "default_config.toml").write_text("beside")
    assert default_config_text(package) == "beside"
    (package / "default_config.toml").write_text("inside")
    assert default_config_text(package) == "inside"


def test_the_package_that_is_asked_for_it_is_hctui() -> None:
    folder = Path(hctui.__file__).parent
    assert default_config_text() == default_config_text(folder)


def test_it_is_written_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "hctui" / "config.toml"
    write_default(path)
    assert path.read_text("utf-8") == default_config_text()
    assert mode_of(path) == 0o600
    assert [mode_of(folder) for folder in (path.parent, path.parent.parent)] == [0o700, 0o700]
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_there_is_replaced_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine")
    with pytest.raises(SettingsError, match="exists already and was left as it is"):
        write_default(path)
    assert path.read_text() == "mine"
    assert list(tmp_path.glob("*config*")) == [path]
    write_default(path, force=True)
    assert path.read_text("utf-8") == default_config_text()
    assert mode_of(path) == 0o600
    assert list(tmp_path.glob("*config*")) == [path]


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "config.toml", tmp_path / "elsewhere"
    path.symlink_to(elsewhere)
    with pytest.raises(SettingsError, match="exists already"):
        write_default(path)
    assert not elsewhere.exists()


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    write_default(folder / "config.toml")
    assert mode_of(folder) == 0o755


def test_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="cannot be created"):
        write_default(tmp_path / "file" / "config.toml")
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(SettingsError, match=r"cannot be written: .*directory"):
        write_default(tmp_path / "config.toml", force=True)
    assert not list(tmp_path.glob(".config*"))
