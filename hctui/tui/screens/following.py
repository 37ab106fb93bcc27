"""A page that must not miss what the engine publishes: every view and every line, also while another screen is on top.

The engine calls its listeners in its own task, and an error of theirs would be its error. So a view is only put aside
there; it is looked at in the application's time.
"""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from hctui.engine.view import Front, Line, View
from hctui.tui.page import Page, Result

MOST_VIEWS = 200
"""So many views are put aside, then no more: what was asked is answered by the first that follow, not by the last."""


class Following:
    """What an engine has published since it began."""

    def __init__(self, front: Front) -> None:
        self._views: list[View] = []
        self._front = front
        self._told, _ = front.lines_since(0)
        self._end: Callable[[], None] = front.listen(self._put_aside)

    def _put_aside(self) -> None:
        view = self._front.view
        last = self._views[-1] if self._views else None
        is_news = last is None or last.decision is not view.decision or last.state is not view.state
        if is_news and len(self._views) < MOST_VIEWS:
            self._views.append(view)

    def new_views(self) -> list[View]:
        """The views since this was last asked, in their order, the latest always among them."""
        found, self._views = [*self._views, self._front.view], []
        return found

    def new_lines(self) -> tuple[Line, ...]:
        """The lines since this was last asked."""
        self._told, lines = self._front.lines_since(self._told)
        return lines

    def end(self) -> None:
        """Follow no longer."""
        self._end()


class FollowingPage(Page[Result]):
    """A page that follows the engine from when it first asks for what is new until it is closed."""

    _following: Following | None = None

    @property
    def following(self) -> Following:
        """What is new since it was last asked."""
        if self._following is None:
            self._following = Following(self.console_app.front)
        return self._following

    def on_unmount(self, event: events.Unmount) -> None:
        """Stop listening to the engine."""
        if self._following:
            self._following.end()
