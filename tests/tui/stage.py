"""A console on a stand-in engine: views that never change by themselves, and commands that are written down."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip

from hctui.config.kinds import Value
from hctui.core import balancer
from hctui.core.commands import Command as Order
from hctui.core.model import Snapshot
from hctui.core.policy import Mode, Policy
from hctui.core.state import State
from hctui.engine.commands import Command
from hctui.engine.queries import Queries
from hctui.engine.view import Contact, Line, View
from hctui.tui.app import Console, Leaving, Outlook
from tests.core.build import NOW, history
from tests.engine.given import settings_of


@dataclass
class StandInFront:
    """A `Front` whose view is changed by the test."""

    view: View
    queries: Queries | None = None
    commands: list[Command] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    clock: float = NOW

    def now(self) -> float:
        return self.clock

    def lines_since(self, number: int) -> tuple[int, tuple[Line, ...]]:
        return len(self.lines), tuple(self.lines[number:])

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def submit(self, command: Command) -> None:
        self.commands.append(command)

    def publish(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of View
        self.view = replace(self.view, **changes)
        for listener in tuple(self.listeners):
            listener()

    def log(self, *lines: Line) -> None:
        self.lines += lines
        self.publish()


def view_of(
    snapshot: Snapshot,
    policy: Policy | None = None,
    *,
    state: State | None = None,
    orders: tuple[Order, ...] = (),
    now: float = NOW,
    given: Mapping[str, Value] | None = None,
    **settings: Value,
) -> View:
    """What an engine would publish after one cycle on a snapshot, with a full window unless the state says other."""
    policy = policy or Policy(dry_run=False, mode=Mode.APPROVE)
    snapshot = replace(snapshot, taken_at=now)
    state = state or State(samples=history(snapshot))
    step = balancer.step(state, snapshot, orders, policy, now)
    return View(
        at=now,
        contact=Contact("https://10.0.0.101", "TLS pinned", 0.038, password_source="a prompt"),
        settings=settings_of(
            policy,
            others={"base_url": "https://10.0.0.101", "username": "balancer", **(given or {}), **settings},
        ),
        policy=policy,
        state=step.state,
        cluster=snapshot.cluster,
        snapshot=snapshot,
        decision=step.decision,
        next_poll_at=now + policy.interval_seconds,
    )


@dataclass
class Stage:
    """A console that runs on a stand-in."""

    app: Console
    pilot: Pilot[Leaving]
    front: StandInFront

    @property
    def text(self) -> str:
        """All that is on the screen, line by line."""
        return "\n".join("".join(segment.text for segment in strip) for strip in self._strips())

    def _strips(self) -> Iterable[Strip]:
        return self.app.screen._compositor.render_strips()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        """Wait until what was asked for is on the screen."""
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    async def shows(self, *words: str) -> None:
        """Wait until all of these are on the screen."""
        await self.until(lambda: all(each in self.text for each in words))

    async def until(self, holds: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait for a condition, up to a watchdog's patience."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"it never came to that; the screen shows:\n{self.text}")
            await self.pilot.pause(0.01)


@asynccontextmanager
async def console(
    view: View,
    size: tuple[int, int] = (80, 24),
    *,
    folder: Path = Path("/nowhere"),
    queries: Queries | None = None,
    lines: Iterable[Line] = (),
    has_dashboard: bool = True,
) -> AsyncIterator[Stage]:
    """Run a console for as long as the block lasts."""
    front = StandInFront(view, queries=queries, lines=list(lines))
    app = Console(front, Outlook(folder))
    if not has_dashboard:
        app.get_default_screen = Screen  # type: ignore[method-assign]
    async with app.run_test(size=size, notifications=True) as pilot:
        stage = Stage(app, pilot, front)
        await stage.settle()
        yield stage


bare_console = partial(console, has_dashboard=False)
"""For pages: the dashboard takes as long to make as the page that is opened on it, and is not what is looked at."""
