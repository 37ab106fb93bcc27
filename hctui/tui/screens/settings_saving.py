"""How edits of settings get to the engine and into the file, with the questions on the way. Knows no list and no field.

Nothing is written before the difference was seen, and nothing that begins a live run is written or sent before that
was agreed to. What is in the file by then counts too, whoever wrote it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hctui.config import Edit, change, foreseen, save
from hctui.config import edit as prepared
from hctui.core.errors import HctuiError
from hctui.core.policy import Policy
from hctui.engine.commands import ChangeSettings, ReloadSettings
from hctui.tui import settings_words as words
from hctui.tui.screens import questions, settings_questions
from hctui.tui.screens.question import Question

if TYPE_CHECKING:
    from hctui.tui.app import Console


@dataclass(frozen=True, slots=True)
class Saving:
    """Applies and saves.

    Attributes:
        app: shows the questions and sends the commands. Workers are in its care: a page that is closed must not keep
            the engine from reading a file that was saved.
        failed: is told what went wrong, in words.
        written: is told the keys of the settings that stand in the file now.
        again: begins the save anew, if that was asked for after it failed.
    """

    app: Console
    failed: Callable[[str], None]
    written: Callable[[Collection[str]], None]
    again: Callable[[], None]

    def apply(self, changes: Mapping[str, str], told: str) -> None:
        """Have the changes hold without saving them, and say so."""
        try:
            after = change(self.app.front.view.settings, changes)
        except HctuiError as error:
            self.failed(str(error))
        else:
            self._agreed(after.policy(), lambda: self.app.command(ChangeSettings(changes), told))

    def save(self, changes: Mapping[str, str]) -> None:
        """Show what would change in the file; on yes, save it and have the engine read it."""
        self._run(self._prepare(changes))

    def ask(self, question: Question, act: Callable[[], object]) -> None:
        """Act if the answer is yes."""

        def answered(answer: str | None) -> None:
            if answer == questions.YES:
                act()

        self.app.push_screen(question, answered)

    async def _prepare(self, changes: Mapping[str, str]) -> None:
        settings = self.app.front.view.settings
        try:
            edit = await asyncio.to_thread(prepared, settings, changes)
            question = settings_questions.saving(settings, edit, foreseen(settings, edit))
        except HctuiError as error:
            self.failed(str(error))
        else:
            self.ask(question, partial(self._save_if_agreed, edit))

    def _save_if_agreed(self, edit: Edit) -> None:
        # By now other settings may hold than when the difference was shown.
        try:
            after = foreseen(self.app.front.view.settings, edit)
        except HctuiError as error:
            self.failed(str(error))
        else:
            policy = after.policy()
            self._agreed(policy, lambda: self._run(self._save(edit, policy)))

    async def _save(self, edit: Edit, agreed: Policy) -> None:
        try:
            await asyncio.to_thread(save, edit)
        except HctuiError as error:
            self.failed(str(error))
            self.ask(settings_questions.not_saved(error), self.again)
        else:
            self.written(edit.keys)
            self.app.command(ReloadSettings(edit.keys, agreed), words.saved_text(edit.keys))

    def _agreed(self, after: Policy, act: Callable[[], object]) -> None:
        """Act at once, or, if a live run would begin with it, after that was agreed to."""
        front = self.app.front
        view = front.view
        evidence = questions.report_of(lambda: front.queries, view, front.now())
        armed = self.app.outlook.is_armed_by_environment
        question = settings_questions.consent(view, after, evidence, armed_by_environment=armed)
        if question is None:
            act()
        else:
            self.ask(question, act)

    def _run(self, work: Coroutine[object, None, None]) -> None:
        self.app.run_worker(work, exit_on_error=False)
