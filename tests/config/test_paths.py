import os
import stat
from pathlib import Path

import pytest

from hctui.config import FolderError, paths
from hctui.config.paths import create_folder, private_folder


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="the variables of the XDG standard")
def test_folders_follow_the_standard_of_the_system(home: Path) -> None:
    (home / "run").mkdir(mode=0o700)
    assert paths.config_file() == home / "config" / "hctui" / "config.toml"
    assert paths.state_folder() == home / "state" / "hctui"
    assert paths.state_folder() in paths.log_folder().parents
    assert paths.runtime_folder() == home / "run" / "hctui"


def test_an_unsafe_runtime_folder_is_left_aside_without_a_warning(home: Path) -> None:
    # Warnings are errors in this project's tests.
    (home / "run").mkdir()
    (home / "run").chmod(0o777)
    assert paths.runtime_folder().name == "hctui"


def test_new_folders_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "c"
    assert private_folder(folder) == folder
    assert [mode_of(tmp_path / part) for part in ("a", "a/b", "a/b/c")] == [0o700] * 3
    assert private_folder(folder) == folder


def test_a_folder_others_can_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    for mode in (0o720, 0o702, 0o777):
        folder.chmod(mode)
        with pytest.raises(FolderError) as caught:
            private_folder(folder)
        assert caught.value.hint == f"Run: chmod 700 {folder}"
    folder.chmod(0o755)
    assert private_folder(folder) == folder


@pytest.mark.parametrize("above", ["shared", "."])
def test_a_folder_that_others_could_replace_is_refused(tmp_path: Path, above: str) -> None:
    folder = private_folder(tmp_path / "shared" / "ours")
    open_to_all = (tmp_path / above).resolve()
    open_to_all.chmod(0o777)
    with pytest.raises(FolderError, match=f"{folder} could be replaced by other users") as caught:
        private_folder(folder)
    assert caught.value.hint.startswith(f"Run: chmod o-w {open_to_all}, ")
    open_to_all.chmod(0o1777)  # sticky, as the folder for temporary files is: only an owner may rename
    assert private_folder(folder) == folder


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(FolderError, match="belongs to another user"):
        private_folder(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_below_one_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "theirs" / "ours")
    os.chown(folder.parent, 12345, -1)
    with pytest.raises(FolderError, match="the folder above it belongs to another user"):
        private_folder(folder)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for folder, said in ((file, "it is not a folder"), (file / "below", "Not a directory")):
        with pytest.raises(FolderError, match=f"{folder} cannot be created: {said}"):
            create_folder(folder)
