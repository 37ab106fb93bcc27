"""Folders of the user's own, empty for each test, and a way to write a settings file."""

from collections.abc import Callable
from pathlib import Path

import pytest

WriteFile = Callable[[str], Path]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keeps every test away from the settings of whoever runs it."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
    return folder


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    """Writes a settings file and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "hctui.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
