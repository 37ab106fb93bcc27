"""The config editor on a console, with a real settings file, and a stand-in for the engine that obeys when told to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from textual.widgets import Button, Input

from hctui.config import Settings, change, load, password_source, reloaded
from hctui.engine.commands import ChangeSettings, ReloadSettings
from hctui.tui.screens.question import Question
from hctui.tui.screens.settings import SettingsPage
from hctui.tui.widgets.prose import Prose
from hctui.tui.widgets.table import Table
from tests.core.build import cluster, node, vm
from tests.tui.stage import Stage, bare_console, view_of

SECRET = "correcthorse"
FILE = f"""# Ours; ask before you change it.
[cluster]
base_url = "https://10.0.0.101"
username = "balancer"
password_command = ["pass", "{SECRET}"]

[balancer]
dry_run = true  # until Monday
mode = "approve"
ram_limit_percent = 70   # as agreed
"""
LIVE = FILE.replace("dry_run = true", "dry_run = false")


@dataclass
class Desk:
    """The page on a console, and a stand-in for the engine that obeys when it is told to."""

    stage: Stage
    page: SettingsPage
    path: Path
    obeyed: int = 0

    @property
    def table(self) -> Table:
        return self.page.query_one("#settings", Table)

    @property
    def commands(self) -> list[object]:
        return list(self.stage.front.commands)

    @property
    def question(self) -> Question | None:
        screen = self.stage.app.screen
        return screen if isinstance(screen, Question) else None

    def told(self, part: str) -> str:
        return self.page.query_one(f"#{part}", Prose).text

    @property
    def said(self) -> str:
        return "\n".join(notification.message for notification in self.stage.app._notifications)

    def row(self, key: str) -> str:
        """What the list says of a setting; a message may cover it on the screen."""
        self.at(key)
        line = self.table.line(self.table.keys_in_sight.index(key) + 1)
        return "  ".join(each.text for each in line.cells)

    def at(self, key: str) -> None:
        assert self.table.set_cursor(key)

    async def go(self, key: str) -> None:
        self.at(key)
        await self.stage.settle()

    async def edit(self, key: str, text: str) -> None:
        """Open the field of a setting, replace what stands in it, and press Enter."""
        await self.go(key)
        await self.stage.press("enter")
        self.stage.app.screen.query_one("#field", Input).value = text
        await self.stage.press("enter")

    async def press(self, *keys: str) -> None:
        await self.stage.press(*keys)

    async def asked(self) -> Question:
        await self.stage.until(lambda: self.question is not None)
        await self.stage.settle()
        assert self.question is not None
        return self.question

    async def answer(self, answer: str) -> None:
        question = await self.asked()
        question.query_one(f"#{answer}", Button).focus()
        await self.press("enter")

    async def saved(self) -> None:
        """Answer yes to the difference, and wait until the engine is told to read what was written."""
        before = len(self.stage.front.commands)
        await self.answer("yes")
        await self.stage.until(lambda: len(self.stage.front.commands) > before)

    async def obey(self) -> None:
        """Carry out the commands as the engine does, and publish what came of it."""
        front = self.stage.front
        for command in front.commands[self.obeyed :]:
            settings = front.view.settings
            if isinstance(command, ChangeSettings):
                settings = change(settings, command.changes)
            elif isinstance(command, ReloadSettings):
                settings = reloaded(settings, command.forget)
            front.publish(settings=settings, policy=settings.policy())
        self.obeyed = len(front.commands)
        await self.stage.until(lambda: self.stage.app.picture.view is front.view)
        await self.stage.settle()


@asynccontextmanager
async def desk(
    path: Path,
    text: str | None = FILE,
    size: tuple[int, int] = (120, 50),
    *,
    environ: Mapping[str, str] | None = None,
    settings: Settings | None = None,
) -> AsyncIterator[Desk]:
    if text is not None:
        path.write_text(text)
    settings = settings or load(path if text is not None else None, environ or {}, {})
    settings = replace(settings, file=path)
    snapshot = cluster([node(1), node(2)], [vm("db [/] x"), vm("web", 2)])
    view = replace(view_of(snapshot, settings.policy()), settings=settings)
    contact = replace(view.contact, password_source=password_source(settings, environ or {}))
    view = replace(view, contact=contact)
    async with bare_console(view, size, folder=path.parent / "out") as stage:
        page = SettingsPage()
        stage.app.push_screen(page)
        await stage.settle()
        yield Desk(stage, page, path)
