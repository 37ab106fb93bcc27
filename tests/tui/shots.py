"""Every screen but the dashboard, opened the way a person opens it, at one size and in one look each.

A table: a snapshot's name, its size and look, and the way there. What a way shows stands still: frozen views, journals
of fixed times, cursors that do not blink, and settings files whose path is the same on every machine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from hctui.core import balancer
from hctui.core.model import VmId
from hctui.core.policy import Policy
from hctui.core.state import State
from hctui.engine.queries import Queries
from hctui.engine.view import View
from hctui.tui.lists.charts import Scope
from hctui.tui.screens.detail import NodeDetail, VmDetail
from hctui.tui.screens.explain import Explanation
from hctui.tui.screens.matrix import Matrix
from hctui.tui.screens.move import MovePage
from tests.core.build import NOW, cluster, history, move, node, node_id, vm
from tests.tui.desk import FILE, Desk, desk
from tests.tui.person import MARK, Person, person
from tests.tui.scenes import ASK_DRY, BUSY, imagining, unrecorded, waiting
from tests.tui.stage import bare_console, console, view_of
from tests.tui.test_charts import charts_of, drawn, shown
from tests.tui.test_charts import recorded as charted
from tests.tui.test_history import history_of
from tests.tui.test_history import recorded as listed
from tests.tui.troubled import troubled

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (200, 50)
CALM = cluster([node(1), node(2), node(3, cpu=41)], [vm("web", 1), vm("db", 2), vm("mail", 3)])
LIVE_AUTO = Policy(dry_run=False)
CONFIG = Path("config.toml")
"""Relative, so that the same is on the screen wherever the test runs."""


@dataclass(frozen=True)
class Look:
    """How it is drawn: a theme, the glyphs, and whether the environment forbids colours."""

    name: str
    theme: str = "dark"
    glyphs: str = "unicode"
    has_colour: bool = True


DARK = Look("dark")
LIGHT = Look("light", theme="light")
ANSI = Look("ansi", theme="ansi")
NO_COLOUR = Look("no-colour", has_colour=False)
ASCII = Look("ascii", glyphs="ascii")
LIGHT_ASCII = Look("light-ascii", theme="light", glyphs="ascii")


@dataclass(frozen=True)
class Shot:
    """One screen to be looked at."""

    name: str
    size: tuple[int, int]
    look: Look
    way: Way

    def __str__(self) -> str:
        return f"{self.name}-{self.size[0]}x{self.size[1]}-{self.look.name}"

    @asynccontextmanager
    async def opened(self, folder: Path) -> AsyncIterator[App[Any]]:
        """The application with the screen on it; the folder is empty, and where the process is."""
        async with self.way(self, folder) as app:
            for field in app.screen.query(Input):
                field.cursor_blink = False
            await app.workers.wait_for_complete()
            await Pilot(app).pause()
            yield app


Way = Callable[[Shot, Path], AbstractAsyncContextManager[App[Any]]]
"""How a screen is reached, in a size and look, with a folder for what must be in files."""


class Scene(Protocol):
    """Makes a view, in a look."""

    def __call__(self, *, theme: str, glyphs: str) -> View: ...


def by(
    scene: Scene,
    *keys: str,
    shows: Iterable[str] = (),
    page: Callable[[], Screen[Any]] | None = None,
    journal: Callable[[Path], Awaitable[Queries]] | None = None,
) -> Way:
    """The console on a scene; there a page that is put on top, then keys."""

    @asynccontextmanager
    async def way(shot: Shot, folder: Path) -> AsyncIterator[App[Any]]:
        queries = await journal(folder) if journal else None
        view = scene(theme=shot.look.theme, glyphs=shot.look.glyphs)
        kind = bare_console if page else console
        async with kind(view, shot.size, queries=queries) as stage:
            if page:
                await stage.app.push_screen(page())
            await stage.press(*keys)
            await stage.shows(*shows)
            yield stage.app

    return way


def charts(scope: Scope, shows: str) -> Way:
    """The charts of nodes or of a VM."""

    @asynccontextmanager
    async def way(shot: Shot, folder: Path) -> AsyncIterator[App[Any]]:
        look = shot.look
        queries = await charted(folder)
        async with charts_of(queries, shot.size, scope, theme=look.theme, glyphs=look.glyphs) as stage:
            await stage.shows(shows)
            await stage.until(lambda: all(drawn(stage, figure) for figure in shown(stage)))
            yield stage.app

    return way


def history_by(*keys: str, shows: str) -> Way:
    """The history, and keys there."""

    @asynccontextmanager
    async def way(shot: Shot, folder: Path) -> AsyncIterator[App[Any]]:
        queries = await listed(folder)
        look = shot.look
        async with history_of(queries, shot.size, theme=look.theme, glyphs=look.glyphs) as stage:
            await stage.press(*keys)
            await stage.shows(shows)
            yield stage.app

    return way


def settings(act: Callable[[Desk], Awaitable[object]], **environ: str) -> Way:
    """The config editor on a settings file in an environment, and what is done there."""

    @asynccontextmanager
    async def way(shot: Shot, _: Path) -> AsyncIterator[App[Any]]:
        text = f'{FILE}\n[console]\ntheme = "{shot.look.theme}"\nglyphs = "{shot.look.glyphs}"\n'
        async with desk(CONFIG, text, shot.size, environ=environ) as at:
            await act(at)
            yield at.stage.app

    return way


def first_run(begin: str, act: Callable[[Person], Awaitable[object]] | None = None) -> Way:
    """The first run from a step on, and what is done there."""

    @asynccontextmanager
    async def way(shot: Shot, _: Path) -> AsyncIterator[App[Any]]:
        look = shot.look
        async with person(CONFIG, begin=begin, size=shot.size, theme=look.theme, glyphs=look.glyphs) as one:
            if act:
                await act(one)
            yield one.app

    return way


# Scenes


def asking_in_a_dry_run(**look: Any) -> View:  # noqa: ANN401 - settings
    return waiting(ASK_DRY, **look)


def calm(**look: Any) -> View:  # noqa: ANN401
    return view_of(CALM, LIVE_AUTO, given=look)


def migrating(**look: Any) -> View:  # noqa: ANN401
    view = view_of(BUSY, LIVE_AUTO, given=look)
    what = move("sql-01", 1, 3, mem_gib=16)
    return replace(view, state=balancer.begun(State(history(BUSY)), what, "m-1", NOW - 12))


def silent(**look: Any) -> View:  # noqa: ANN401
    """Before the cluster has answered for the first time."""
    view = calm(**look)
    contact = replace(view.contact, trust="", latency_seconds=None)
    return replace(
        view, cluster=None, snapshot=None, decision=None, next_poll_at=None, state=State(), contact=contact
    )


# What is done in the config editor


async def look_at_it(at: Desk) -> None:
    await at.go("ram_limit_percent")


async def type_what_is_wrong(at: Desk) -> None:
    await at.edit("cpu_upper_threshold_percent", "85")
    await at.go("ram_limit_percent")
    await at.press("enter", *"101")


async def ask_to_save(at: Desk) -> None:
    await at.edit("ram_limit_percent", "65")
    await at.edit("vm_move_cooldown_minutes", "45")
    await at.press("ctrl+s")
    await at.asked()
    await at.stage.shows("+vm_move_cooldown_minutes")


async def look_at_what_is_locked(at: Desk) -> None:
    await at.go("mode")


# What is done in the first run


async def type_an_address(one: Person) -> None:
    await one.pastes("10.0.0.101")
    await one.until(lambda: one.says("hctui will speak to"))


async def be_refused(one: Person) -> None:
    await one.pastes("admin@10.0.0.101", "enter")
    await one.until(lambda: one.says("must not contain a user name"))


async def type_a_login(one: Person) -> None:
    await one.pastes("balancer", "enter")
    await one.until(lambda: one.app.focused is one.step.query_one("#password"))
    await one.pastes(MARK)
    await one.until(lambda: one.step.query_one("#password", Input).value == MARK)


async def log_in(one: Person) -> None:
    await one.logs_in()
    await one.at("test")


async def choose_a_command(one: Person) -> None:
    await one.chooses("command")
    await one.until(lambda: one.says("It runs at each start"))


async def go_to_the_summary(one: Person) -> None:
    await one.clicks("go_on")
    await one.at("summary")


async def go_to_the_end(one: Person) -> None:
    await go_to_the_summary(one)
    await one.clicks("go_on")
    await one.at("done")


SHOTS = (
    Shot("approve", MIDDLE, DARK, by(waiting, "a", shows=("checks hold",))),
    Shot("approve-dry-run", SMALL, LIGHT, by(asking_in_a_dry_run, "a", shows=("only pretends",))),
    Shot("approve-next-best", MIDDLE, ANSI, by(waiting, "n", shows=("a approve",))),
    Shot("decision", MIDDLE, LIGHT, by(troubled, page=Explanation, shows=("Safety",))),
    Shot("decision-nothing-done", SMALL, NO_COLOUR, by(calm, page=Explanation, shows=("No imbalance",))),
    Shot("why-a-vm", LARGE, DARK, by(troubled, page=lambda: Explanation(vm_id=VmId("web-03")))),
    Shot("matrix", SMALL, LIGHT_ASCII, by(troubled, "right", "right", page=Matrix, shows=("here",))),
    Shot("matrix-large", LARGE, NO_COLOUR, by(troubled, page=Matrix, shows=("here",))),
    Shot(
        "move", MIDDLE, LIGHT, by(waiting, page=lambda: MovePage(VmId("sql-02")), shows=("may it go there",))
    ),
    Shot(
        "move-in-cooldown",
        SMALL,
        DARK,
        by(waiting, "enter", page=lambda: MovePage(VmId("mail")), shows=("override",)),
    ),
    Shot("charts-of-nodes", MIDDLE, DARK, charts(Scope(), "B 10.0.0.102")),
    Shot("charts-of-a-vm", SMALL, ASCII, charts(Scope(vm_id=VmId("web")), "A web")),
    Shot("charts-light", LARGE, LIGHT, charts(Scope(node_id(1)), "A 10.0.0.101")),
    Shot("vm", SMALL, DARK, by(waiting, page=lambda: VmDetail(VmId("mail")), journal=listed)),
    Shot("vm-large", LARGE, LIGHT, by(troubled, page=lambda: VmDetail(VmId("web-03")), journal=listed)),
    Shot("node", MIDDLE, NO_COLOUR, by(waiting, page=lambda: NodeDetail(node_id(1)))),
    Shot("history-migrations", MIDDLE, DARK, history_by(shows="4 migrations")),
    Shot("history-migration", SMALL, LIGHT, history_by("enter", shows="Not ended")),
    Shot("history-decisions", SMALL, ANSI, history_by("t", shows="3 decisions")),
    Shot("history-orders", MIDDLE, LIGHT, history_by("t", "t", shows="2 orders")),
    Shot("settings", MIDDLE, DARK, settings(look_at_it)),
    Shot("settings-wrong", SMALL, LIGHT, settings(type_what_is_wrong)),
    Shot("settings-to-save", MIDDLE, ANSI, settings(ask_to_save)),
    Shot("settings-locked", LARGE, NO_COLOUR, settings(look_at_what_is_locked, SC_MODE="approve")),
    Shot("going-live", SMALL, DARK, by(imagining, "d", journal=listed, shows=("Stay in dry run",))),
    Shot("live-auto", MIDDLE, LIGHT, by(waiting, "m", journal=listed, shows=("Go to auto",))),
    Shot("quitting", SMALL, ANSI, by(migrating, "q", shows=("Stop hctui",))),
    Shot("first-contact", SMALL, DARK, by(silent, shows=("connecting to",))),
    Shot("journal-full", SMALL, DARK, by(unrecorded, shows=("NO JOURNAL",))),
    Shot("journal-full", LARGE, LIGHT, by(unrecorded, shows=("NO JOURNAL",))),
    Shot("too-small", (50, 12), LIGHT, by(waiting, shows=("characters",))),
    Shot("help", MIDDLE, LIGHT, by(waiting, "question_mark", shows=("To change a key",))),
    Shot("palette", SMALL, DARK, by(waiting, "ctrl+p", *"web", shows=("explain web-03",))),
    Shot("first-run-welcome", SMALL, DARK, first_run("welcome")),
    Shot("first-run-address", MIDDLE, LIGHT, first_run("address", type_an_address)),
    Shot("first-run-address-wrong", SMALL, ANSI, first_run("address", be_refused)),
    Shot("first-run-certificate", SMALL, DARK, first_run("certificate")),
    Shot("first-run-login", SMALL, LIGHT, first_run("login", type_a_login)),
    Shot("first-run-test", MIDDLE, DARK, first_run("login", log_in)),
    Shot("first-run-password", SMALL, NO_COLOUR, first_run("password next time", choose_a_command)),
    Shot("first-run-summary", SMALL, ANSI, first_run("password next time", go_to_the_summary)),
    Shot("first-run-done", LARGE, DARK, first_run("password next time", go_to_the_end)),
)
