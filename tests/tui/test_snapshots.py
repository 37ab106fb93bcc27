"""What the screens look like, from views that stand still. See `snapshot.py` for how to write them anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hctui.engine.view import View
from tests.tui import snapshot
from tests.tui.scenes import LINES, imagining, standing_down, waiting
from tests.tui.shots import SHOTS, Shot
from tests.tui.stage import console


@pytest.fixture(autouse=True)
def _in_one_time_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("look", ["dark", "light", "no-colour"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_dashboard(look: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    if look == "no-colour":
        monkeypatch.setenv("NO_COLOR", "1")
    view = waiting(theme="light" if look == "light" else "dark")
    async with console(view, size, lines=LINES) as stage:
        await stage.shows("sql-01", "Cluster unreachable")
        snapshot.check(stage.app, f"dashboard-{size[0]}x{size[1]}-{look}")


@pytest.mark.parametrize(
    ("name", "view", "size"),
    [
        ("dashboard-imagining-ansi", imagining(theme="ansi"), (100, 30)),
        ("dashboard-standing-down-ascii", standing_down(glyphs="ascii"), (80, 24)),
        ("dashboard-light-wide", imagining(theme="light"), (160, 34)),
    ],
)
async def test_the_dashboard_in_other_states(name: str, view: View, size: tuple[int, int]) -> None:
    async with console(view, size, lines=LINES) as stage:
        await stage.shows("web-03", "Cluster unreachable")
        snapshot.check(stage.app, name)


@pytest.mark.parametrize("shot", SHOTS, ids=str)
async def test_every_other_screen(shot: Shot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if not shot.look.has_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    async with shot.opened(tmp_path) as app:
        snapshot.check(app, str(shot))


def test_no_snapshot_is_left_of_a_screen_that_is_no_more() -> None:
    kept = {path.stem for path in snapshot.FOLDER.iterdir() if not path.stem.startswith("dashboard")}
    assert kept == {str(shot) for shot in SHOTS}
