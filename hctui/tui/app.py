"""The console: composes screens, hands them the latest picture, and turns what is asked into commands.

It sees an engine only as a `Front`. It may crash, be closed and be opened again while the engine goes on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App, SystemCommand
from textual.command import Provider
from textual.screen import ModalScreen, Screen

from hctui.core.model import NodeId
from hctui.core.policy import Mode
from hctui.engine.commands import ChangeSettings, Command, Drain, EndDrain, Pause, Resume
from hctui.engine.view import Front, Level, Line, View
from hctui.tui import saying, status
from hctui.tui.clipping import CopyFailed, write_copy
from hctui.tui.glyphs import SETS, Glyphs
from hctui.tui.keys import BY_ID, KEYS, Where, bindings
from hctui.tui.page import Showing
from hctui.tui.picture import Picture, picture_of
from hctui.tui.screens import questions
from hctui.tui.screens.dashboard import Dashboard
from hctui.tui.screens.question import Evidence, Question
from hctui.tui.screens.too_small import TooSmall
from hctui.tui.terminal import DiscreetApp, restore_title, save_title, set_title
from hctui.tui.theme import THEMES, stand_ins

LEAST_WIDTH, LEAST_HEIGHT = 60, 15
"""Below this size nothing can be shown that makes sense."""

LEAST_SECONDS_BETWEEN_PAINTS = 0.1

MOST_SAID = 100
"""So many long messages wait for the log of the dashboard while another screen is on top."""


def _places() -> type[Provider]:
    """Where the command palette looks for VMs and nodes; loaded when it is opened."""
    from hctui.tui.palette import Places

    return Places


class Leaving(StrEnum):
    """How the console was left."""

    STOP = questions.STOP
    """The engine is to stop as well."""
    GO_ON = questions.GO_ON
    """The engine is to go on without a console."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a console is told beside its front.

    Attributes:
        export_folder: where copies and exports are written.
        greeting: said once at the beginning.
        is_armed_by_environment: only SC_DRY_RUN asks for a live run, so it began as a dry run.
        attached_to: the process of the engine, if that is another one: it goes on when the console is left.
        shown: set by the console once its first frame is on the screen.
    """

    export_folder: Path
    greeting: str = ""
    is_armed_by_environment: bool = False
    attached_to: int | None = None
    shown: asyncio.Event = field(default_factory=asyncio.Event)


class Console(DiscreetApp[Leaving]):
    """The application. `run_async` returns how it was left, or `None` if it crashed."""

    CSS_PATH = ["app.tcss", "screens/dashboard.tcss"]  # noqa: RUF012 - Textual loads none for its default screen
    COMMANDS = App.COMMANDS | {_places}
    TITLE = "hctui"
    BINDINGS = bindings(Where.EVERYWHERE)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012 - Textual's type
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012

    def __init__(self, front: Front, outlook: Outlook) -> None:
        super().__init__()
        self._glyphs = SETS[front.view.settings.console.glyphs]
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES[
            front.view.settings.console.theme
        ].name  # before it runs: a change makes all styles anew
        self.front = front
        self.outlook = outlook
        self.picture = picture_of(front.view)
        self._end_listening = front.listen(self._changed)
        self.said: deque[Line] = deque(maxlen=MOST_SAID)
        self._is_due = False
        self._shown_title = ""
        self._rung_for = 0
        self._paused_to_come: bool | None = None

    @property
    def glyphs(self) -> Glyphs:
        """The characters that are not letters, by the setting that was applied last."""
        return self._glyphs

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What the tones look like in themes that are not ours."""
        return stand_ins(self.current_theme)

    def get_default_screen(self) -> Screen[Any]:
        """The dashboard is what everything else is opened from."""
        return Dashboard()

    def on_mount(self) -> None:
        """Take over theme and keys, and begin to show."""
        self._apply_settings(self.front.view)
        save_title(self)
        self.set_interval(1.0, self._tick)
        self._paint()
        if self.outlook.greeting and not self.outlook.shown.is_set():
            self.say(self.outlook.greeting)

    def on_ready(self) -> None:
        """Tell whoever waited for the first frame."""
        self.outlook.shown.set()

    def on_unmount(self) -> None:
        """Leave the engine and the terminal as they were."""
        self._end_listening()
        restore_title(self)

    def on_resize(self, event: events.Resize) -> None:
        """Where there is too little room, say so instead of showing a part of something."""
        too_small = event.size.width < LEAST_WIDTH or event.size.height < LEAST_HEIGHT
        shown = next((screen for screen in self.screen_stack if isinstance(screen, TooSmall)), None)
        if too_small and shown is None:
            self.push_screen(TooSmall(LEAST_WIDTH, LEAST_HEIGHT))
        elif shown is not None and not too_small:
            # A question may have come on top of it; it is closed unanswered with it.
            while shown in self.screen_stack:
                self.pop_screen()

    # What the engine publishes

    def _changed(self) -> None:
        """Called by the engine, in its task, many times in a cycle: one paint is enough for all of them."""
        if not self._is_due and self.is_running:
            self._is_due = True
            # The timer must be made in the application's own task, which this is not.
            self.call_later(lambda: self.set_timer(LEAST_SECONDS_BETWEEN_PAINTS, self._paint))

    def _paint(self) -> None:
        self._is_due = False
        if not self.is_running:
            return  # the screens are being taken down
        view = self.front.view
        before = self.picture.view
        if view.state.paused is self._paused_to_come:
            self._paused_to_come = None
        if self._has_other_settings(before, view):
            self._apply_settings(view)
        self.picture = self._next_picture(before, view)
        for screen in self._in_sight():
            screen.paint(self.picture)
        self._show_title()
        self._ring(view)

    @staticmethod
    def _has_other_settings(before: View, view: View) -> bool:
        """Whether settings of the console have changed, or their file."""
        now, then = view.settings, before.settings
        return now is not then and (now.console, now.file) != (then.console, then.file)

    def _next_picture(self, before: View, view: View) -> Picture:
        """What has not changed is not worked out again."""
        same = (
            view.snapshot is before.snapshot and view.state is before.state and view.policy is before.policy
        )
        return replace(self.picture, view=view) if same else picture_of(view)

    def _tick(self) -> None:
        for screen in self._in_sight():
            screen.tick(self.front.now())

    def _in_sight(self) -> Iterator[Showing]:
        """The screen on top, and below a dialog those it leaves in sight: a question must not stop the status bar."""
        for screen in reversed(self.screen_stack if self.is_running else ()):
            if screen.is_mounted and isinstance(screen, Showing):
                yield screen
            if not isinstance(screen, ModalScreen):
                return

    def _apply_settings(self, view: View) -> None:
        console = view.settings.console
        self.theme = THEMES[console.theme].name
        self.set_keymap(dict(console.keys))
        if self._glyphs is not SETS[console.glyphs]:
            self._glyphs = SETS[console.glyphs]
            self.screen.refresh()  # everything anew, in other glyphs

    def _show_title(self) -> None:
        title = status.title(self.picture)
        if title != self._shown_title:
            self._shown_title = title
            set_title(self, title)

    def _ring(self, view: View) -> None:
        """Once for each new proposal."""
        proposal = view.state.proposal
        if proposal and proposal.id > self._rung_for:
            self._rung_for = proposal.id
            if view.settings.console.bell:
                self.bell()

    # What the person asks for

    def command(self, command: Command, told: str = "") -> None:
        """Send a command to the engine, and say so."""
        if isinstance(command, Pause | Resume):
            self._paused_to_come = isinstance(command, Pause)
        self.front.submit(command)
        if told:
            self.say(told)

    def say(self, text: str, *, is_wrong: bool = False) -> None:
        """Show a short message; one that is too long for that is told in the log as well. The text is literal."""
        if not saying.fits(text):
            level = Level.WARNING if is_wrong else Level.INFO
            self.said.append(Line(self.front.now(), "console", " ".join(text.split()), level))
            self._changed()
        super().say(text, is_wrong=is_wrong)

    def push_screen(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as Textual has it, in many forms
        """As for every application; notes of what was done before do not lie over what is asked next."""
        self.clear_notifications()
        return super().push_screen(*args, **kwargs)

    def copy(self, what: str, text: str) -> None:
        """Hand text to the terminal's clipboard and write it to a file: not every terminal takes it."""
        self.copy_to_clipboard(text)
        try:
            path = write_copy(self.outlook.export_folder, text)
        except CopyFailed as error:
            self.say(f"{what} sent to the terminal's clipboard. {error}", is_wrong=True)
        else:
            self.say(f"{what} sent to the terminal's clipboard, and written to {path}.")

    def action_flip_pause(self) -> None:
        """Pause or resume."""
        paused = self.front.view.state.paused if self._paused_to_come is None else self._paused_to_come
        if paused:
            self.command(Resume(), "Resuming.")
        else:
            self.command(Pause(), "Pausing: watching goes on, nothing is decided.")

    def action_flip_dry_run(self) -> None:
        """Go back to a dry run at once; go live after a question."""
        view = self.front.view
        if not view.policy.dry_run:
            self.command(ChangeSettings({"dry_run": "true"}), "Going back to a dry run.")
            return
        armed = self.outlook.is_armed_by_environment
        question = questions.going_live(view, self._report(view), armed_by_environment=armed)
        self.ask(question, {questions.YES: ChangeSettings({"dry_run": "false"})})

    def action_flip_mode(self) -> None:
        """Change who pulls the trigger; to auto while live after a question."""
        view = self.front.view
        if view.policy.mode is Mode.AUTO:
            self.command(
                ChangeSettings({"mode": "approve"}), "Each move waits for your approval from now on."
            )
        elif view.policy.dry_run:
            self.command(ChangeSettings({"mode": "auto"}), "Mode auto: moves are imagined without asking.")
        else:
            self.ask(
                questions.live_auto(view, self._report(view)),
                {questions.YES: ChangeSettings({"mode": "auto"})},
            )

    def drain(self, node_id: NodeId) -> None:
        """Ask whether a node is to be drained, with the plan; or whether its drain is to end."""
        from hctui.tui.screens import drain_question

        situation, view = self.picture.situation, self.front.view
        if situation is None or node_id not in situation.snapshot.nodes:
            self.say("The node is not known any more.")
        elif view.state.drain is not None and view.state.drain.node == node_id:
            self.ask(drain_question.ending(view.state.drain), {questions.YES: EndDrain()})
        else:
            self.ask(drain_question.beginning(situation, node_id, view), {questions.YES: Drain(node_id)})

    def _report(self, view: View) -> Evidence:
        return questions.report_of(lambda: self.front.queries, view, self.front.now())

    def ask(self, question: Question, commands: dict[str, Command]) -> None:
        """Show a question; an answer that stands for a command sends it."""

        def answered(answer: str | None) -> None:
            if answer in commands:
                self.command(commands[answer])

        self.push_screen(question, answered)

    def action_leave(self) -> None:
        """Quit, after a question where something would be left undone."""
        question = None if self.outlook.attached_to else questions.leaving(self.front.view)
        if question is None:
            self.exit(Leaving.STOP)
            return

        def answered(answer: str | None) -> None:
            if answer in tuple(Leaving):
                self.exit(Leaving(answer))

        self.push_screen(question, answered)

    def how_to_quit(self) -> str:
        """What ends this program, by the keys as they are remapped."""
        from hctui.tui.texts.keys import how_to_quit

        keys = self.front.view.settings.console.keys.get("quit", BY_ID["quit"].keys)
        return how_to_quit(keys, self.shown_key, asks_first=self.outlook.attached_to is None)

    # Other screens; each is loaded when it is first opened

    def action_help(self) -> None:
        """Show the keys, those of the focused part first."""
        from hctui.tui.screens.help import Help

        self.push_screen(Help(self.screen, self.focused))

    def action_settings(self) -> None:
        """Show the settings."""
        from hctui.tui.screens.settings import SettingsPage

        self.push_screen(SettingsPage())

    def action_charts(self) -> None:
        """Show CPU and RAM over time."""
        from hctui.tui.screens.charts import Charts

        self.push_screen(Charts())

    def action_history(self) -> None:
        """Show past migrations and decisions."""
        from hctui.tui.screens.history import History

        self.push_screen(History())

    def action_matrix(self) -> None:
        """Show every VM against every node."""
        from hctui.tui.screens.matrix import Matrix

        self.push_screen(Matrix())

    def action_what_if(self) -> None:
        """Show what other settings would have done."""
        from hctui.tui.screens.what_if import WhatIf

        self.push_screen(WhatIf())

    def action_undo(self) -> None:
        """Offer to move the VM that was moved last back to where it came from."""
        from hctui.tui.screens.move import undo_page

        page = undo_page(self.picture)
        if page is None:
            self.say(
                "There is no move to undo: no VM that hctui moved is still where it was moved to.",
                is_wrong=True,
            )
        else:
            self.push_screen(page)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the command palette offers beside VMs and nodes: everything that has a key and works everywhere."""
        for key in KEYS:
            if key.where is Where.EVERYWHERE and key.id != "palette":
                yield SystemCommand(key.label or key.id, key.meaning, getattr(self, f"action_{key.action}"))
