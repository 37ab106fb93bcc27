"""The application of the first run: a table of steps, and the way back and forth between them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hctui.engine.probes import Probes
from hctui.tui.first_run.cluster_steps import (
    AddressStep,
    CertificateStep,
    GreetingStep,
    LoginStep,
    WelcomeStep,
)
from hctui.tui.first_run.draft import Configured, Demo, Draft, Setup, Suggestions
from hctui.tui.first_run.keeping_steps import PlaceStep, SummaryStep, WrittenStep
from hctui.tui.first_run.step import Step
from hctui.tui.glyphs import SETS, Glyphs
from hctui.tui.terminal import DiscreetApp
from hctui.tui.theme import THEMES

STEPS: tuple[type[Step], ...] = (
    WelcomeStep,
    AddressStep,
    CertificateStep,
    LoginStep,
    GreetingStep,
    PlaceStep,
    SummaryStep,
    WrittenStep,
)
_COUNTED = len(STEPS) - 2  # neither the welcome nor the end is a step to do


class FirstRunApp(DiscreetApp[Configured | Demo]):
    """Asks step by step. `run_async` returns what came of it: `Configured`, `Demo`, or `None` for a quit."""

    CSS_PATH = ["../app.tcss", "first_run.tcss"]  # noqa: RUF012 - Textual's type
    TITLE = "hctui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+q", "quit", "quit", tooltip="Leave. Nothing is written.", id="first_run.quit", priority=True
        )
    ]

    def __init__(
        self,
        probes: Probes,
        suggestions: Suggestions,
        config_path: Path,
        *,
        keyring_available: bool,
        theme: str = "dark",
        glyphs: str = "unicode",
        environ: Mapping[str, str] = os.environ,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Makes the application; nothing is asked or written before a person says so.

        Args:
            probes: who asks the cluster.
            suggestions: what is known already.
            config_path: the settings file to write; one that is there is changed and not replaced.
            keyring_available: whether the system's keyring can be offered.
            theme: one of the setting `theme`.
            glyphs: one of the setting `glyphs`.
            environ: the environment, for commands that print a password.
            now: Unix time in seconds.
        """
        super().__init__()
        for each in THEMES.values():
            self.register_theme(each)
        self.theme = THEMES[theme].name
        self._glyphs = SETS[glyphs]
        self._setup = Setup(probes, suggestions, config_path, keyring_available, environ, now)

    @property
    def glyphs(self) -> Glyphs:
        """The characters that are not letters."""
        return self._glyphs

    def get_default_screen(self) -> Screen[None]:
        """The first step."""
        return self._step(0, Draft())

    @on(Step.Done)
    def go_on(self, event: Step.Done) -> None:
        """Open the next step, once: a second answer of a step that is covered already is a key pressed twice."""
        if event.step is self.screen:
            number = STEPS.index(type(event.step)) + 1
            self.push_screen(self._step(number, event.draft))

    @on(Step.Back)
    def go_back(self, event: Step.Back) -> None:
        """Return to the step before, which is as it was left."""
        if event.step is self.screen and len(self.screen_stack) > 1:
            self.pop_screen()

    def _step(self, number: int, draft: Draft) -> Step:
        is_counted = 0 < number <= _COUNTED
        return STEPS[number](self._setup, draft, f"step {number} of {_COUNTED}" if is_counted else "")
