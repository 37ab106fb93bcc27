"""The two lines that ask for an answer while a proposal waits."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from hctui.tui import proposal as words
from hctui.tui.glyphs import Glyphs
from hctui.tui.picture import Picture
from hctui.tui.widgets.text_line import TextLine


class ProposalBar(Vertical):
    """Is there only while a proposal waits."""

    DEFAULT_CSS = """
    ProposalBar {
        height: 2;
        background: $accent 18%;
        &:ansi { background: $panel; }
        display: none;
        &.-waiting { display: block; }
        & > Horizontal { height: 1; }
        #headline, #figures { width: 1fr; }
        #expiry { width: 20; }
    }
    """

    def compose(self) -> ComposeResult:
        """Two lines."""
        with Horizontal():
            yield TextLine(id="headline")
            yield TextLine(id="expiry")
        yield TextLine(id="figures")

    def paint(self, picture: Picture, now: float, glyphs: Glyphs) -> None:
        """Show the proposal of a picture, or nothing."""
        proposal = picture.view.state.proposal
        self.set_class(proposal is not None, "-waiting")
        if proposal is None:
            return
        self.query_one("#headline", TextLine).show(words.headline(picture, proposal, glyphs))
        self.query_one("#figures", TextLine).show(words.figures(picture, proposal.move, glyphs))
        self.tick(picture, now)

    def tick(self, picture: Picture, now: float) -> None:
        """Show how long it still waits."""
        proposal = picture.view.state.proposal
        if proposal:
            self.query_one("#expiry", TextLine).show(words.expiry(picture, proposal, now))
