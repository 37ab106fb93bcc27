"""What Textual draws by itself, in plain characters: frames, scrollbars, notes, fields, text that it has cut.

Each of them could be told by itself, by styles or by options, and the next one would be forgotten. So all that is drawn
goes through here, in the one place through which Textual lets every line pass; knows nothing of what is shown.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from hctui.tui.glyphs import plain


class Plain(LineFilter):
    """Draws every line with the characters of ASCII, names apart."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, as wide and in the same styles."""
        return [segment if segment.text.isascii() else _drawn(segment) for segment in segments]


def _drawn(segment: Segment) -> Segment:
    return Segment(plain(segment.text), segment.style, segment.control)


PLAIN = Plain()
"""The only one there need be: Textual remembers by the filter what a line looks like through it."""
