"""What stands on a terminal that is too small for anything else. The engine goes on."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Static


class TooSmall(ModalScreen[None]):
    """Says which size is needed and which there is."""

    BINDINGS = [Binding("q,ctrl+q", "app.leave", "quit", show=False)]  # noqa: RUF012 - Textual's type

    DEFAULT_CSS = """
    TooSmall { align: center middle; }
    TooSmall Static { width: auto; height: auto; text-align: center; }
    """

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._needed = f"{width} x {height}"

    def compose(self) -> ComposeResult:
        """One sentence."""
        yield Static(markup=False)

    def on_mount(self) -> None:
        """Say it."""
        self._tell()

    def on_resize(self, event: events.Resize) -> None:
        """Say it again with the new size."""
        self._tell()

    def _tell(self) -> None:
        size = self.app.size
        self.query_one(Static).update(
            f"hctui needs {self._needed} characters.\nThis terminal has {size.width} x {size.height}.\n"
            "The balancer goes on; ctrl+q quits."
        )
