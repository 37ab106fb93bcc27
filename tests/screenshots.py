"""Makes the pictures of the README: `python -m tests.screenshots`.

The balancer runs on the simulated cluster in virtual time, then the console is opened on what it left: the same
pictures every time, until the console or the balancer changes.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from hctui.core.policy import Mode, Policy
from hctui.engine.queries import Queries
from hctui.engine.view import Contact
from hctui.journal import find
from hctui.tui.app import Console, Outlook
from tests.end_to_end.world import World
from tests.tui.stage import StandInFront

FOLDER = Path(__file__).parent.parent / "screenshots"
MINUTE = 60.0


@dataclass(frozen=True)
class Scene:
    """A run of the balancer on a simulated cluster, before the console is opened on it."""

    minutes: float
    policy: Policy
    scenario: str = "default"
    seed: int = 7


@dataclass(frozen=True)
class Picture:
    """One picture: keys that are pressed, and words that must then be on the screen."""

    name: str
    scene: Scene
    keys: tuple[str, ...]
    words: str
    size: tuple[int, int] = (110, 32)


WAITING = Scene(12, Policy(dry_run=False, mode=Mode.APPROVE))
AFTER_TWO_HOURS = Scene(32, Policy(dry_run=False))
DRY = Scene(30, Policy(dry_run=True))

PICTURES = (
    Picture("dashboard", WAITING, (), "PROPOSAL", (120, 36)),
    Picture("small", WAITING, (), "PROPOSAL", (80, 24)),
    Picture("approve", WAITING, ("a",), "expires"),
    Picture("why", WAITING, ("e",), "cooldown"),
    Picture("matrix", WAITING, ("w",), "here"),
    Picture("move", WAITING, ("g",), "CPU"),
    Picture("charts", AFTER_TWO_HOURS, ("h",), "CPU", (120, 36)),
    Picture("history", AFTER_TWO_HOURS, ("i",), "arrived"),
    Picture("settings", WAITING, ("c",), "cluster.base_url"),
    Picture("live", DRY, ("d",), "Go live"),
)


async def run(scene: Scene, folder: Path) -> StandInFront:
    """Balance for as long as the scene says; what the engine published last then stands still."""
    world = World(folder, scenario=scene.scenario, seed=scene.seed)
    lines = await world.run(scene.minutes * MINUTE, policy=scene.policy)
    view = world.desk.view
    found = find(folder, view.contact.address)
    assert found is not None
    # As over the network: the address of a node, its certificate pinned, and a poll on its way.
    contact = Contact("https://127.0.0.11", "TLS pinned", latency_seconds=0.038, password_source="a prompt")
    now = view.at - 12
    view = replace(view, at=now, contact=contact, next_poll_at=now + 12)
    return StandInFront(view, Queries(found.path), lines=lines[:-1], clock=now)


async def take(picture: Picture, front: StandInFront, folder: Path) -> str:
    """One picture, as SVG."""
    app = Console(front, Outlook(folder))
    async with app.run_test(size=picture.size) as pilot:
        await pilot.press(*picture.keys)
        for _ in range(500):
            await app.workers.wait_for_complete()
            await pilot.pause(0.01)
            svg = app.export_screenshot()
            if picture.words in svg.replace("&#160;", " "):
                return svg
    raise AssertionError(f"{picture.name} never showed {picture.words!r}")


async def make(names: Iterable[str] = ()) -> None:
    """Make the pictures of these names, or all."""
    wanted = [picture for picture in PICTURES if not names or picture.name in names]
    FOLDER.mkdir(exist_ok=True)
    for scene in {picture.scene: None for picture in wanted}:
        with tempfile.TemporaryDirectory() as name:
            front = await run(scene, Path(name))
            for picture in (each for each in wanted if each.scene == scene):
                svg = await take(picture, front, Path(name))
                path = FOLDER / f"{picture.name}.svg"
                await asyncio.to_thread(path.write_text, svg, "utf-8")
                print(path.relative_to(FOLDER.parent))


if __name__ == "__main__":
    import sys

    os.environ["TZ"] = "UTC"
    time.tzset()
    asyncio.run(make(sys.argv[1:]))
