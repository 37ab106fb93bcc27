"""The questions of the config editor, as screens: before a save, after one that failed, before edits are lost.

Whether something must be agreed to is judged by what will hold, whichever edit or line of the file brings it about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hctui.config import Edit, Settings
from hctui.core.errors import HctuiError
from hctui.core.policy import Policy
from hctui.engine.view import View
from hctui.tui import settings_words as words
from hctui.tui.edits import starts_live, starts_live_auto
from hctui.tui.screens import questions
from hctui.tui.screens.question import Answer, Evidence, Question
from hctui.tui.screens.questions import NO, YES


def saving(settings: Settings, edit: Edit, foreseen: Settings) -> Question:
    """Before the file is written: what will be different in it, and what that does."""
    told = words.diff_text(edit)

    async def difference() -> str:
        return told

    answers = (Answer(NO, "Do not save", is_safe=True), Answer(YES, "Save"))
    text = words.save_text(settings, edit, foreseen)
    return Question("Save the settings", text, answers, difference, first_in_sight=words.first_change(told))


def not_saved(error: HctuiError) -> Question:
    """After a save that failed; the file may have been changed by somebody else, and be worth another look."""
    answers = (Answer(NO, "Back", is_safe=True), Answer(YES, "Look again"))
    return Question(error.title, words.not_saved_text(error.detail, error.hint), answers)


def consent(view: View, after: Policy, evidence: Evidence, *, armed_by_environment: bool) -> Question | None:
    """Before another policy holds that moves VMs, or moves them unasked, where this one does not.

    Returns:
        The question that the keys for it ask, too; `None` where nothing of the kind would begin.
    """
    if starts_live(view.policy, after):
        as_it_will_be = replace(view, policy=replace(view.policy, mode=after.mode))
        return questions.going_live(as_it_will_be, evidence, armed_by_environment=armed_by_environment)
    return questions.live_auto(view, evidence) if starts_live_auto(view.policy, after) else None


def leaving(keys: Sequence[str]) -> Question:
    """Before edits are lost by leaving the page."""
    answers = (Answer(NO, "Stay", is_safe=True), Answer(YES, "Leave without them"))
    return Question("Leave the settings", words.leaving_text(keys), answers)


def reverting(keys: Sequence[str]) -> Question:
    """Before all edits are taken back at once."""
    answers = (Answer(NO, "Keep them", is_safe=True), Answer(YES, "Take all back"))
    return Question("Revert", words.revert_text(keys), answers)
