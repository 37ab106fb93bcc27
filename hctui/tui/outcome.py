"""What came of a move that a person asked for, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable

from hctui.core.migration import Phase
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.errand import Errand, Stage, unsent
from hctui.tui.picture import Picture

_ASKED = "Asked. Every check comes again on fresh data; the answer comes with that."
_HOLDS = "It holds. It is checked once more, then sent."


def outcome(picture: Picture, errand: Errand) -> Cell:
    """Where it stands, beginning with the word that counts."""
    return _WORDS[errand.stage](picture, errand)


def _sent(picture: Picture, errand: Errand) -> Cell:
    migration = picture.view.state.migration
    progress = ""
    if migration and migration.move.vm_id == errand.move.vm_id:
        progress = {
            Phase.CONFIRMING: " Waiting for the VM to settle on its new node.",
            Phase.DOUBT: " It is not known whether it migrates; looking again.",
        }.get(migration.phase, f" Migrating, {migration.progress_percent} %.")
    return joined(cell("Sent. ", Tone.GOOD), cell(f"{errand.told}{progress}"))


_WORDS: dict[Stage, Callable[[Picture, Errand], Cell]] = {
    Stage.ASKED: lambda picture, errand: cell(_ASKED, Tone.ACCENT),
    Stage.HOLDS: lambda picture, errand: cell(_HOLDS, Tone.ACCENT),
    Stage.SENDING: lambda picture, errand: cell(_HOLDS, Tone.ACCENT),
    Stage.SENT: _sent,
    Stage.IMAGINED: lambda picture, errand: joined(
        cell("Dry run: imagined, nothing was sent. ", Tone.GOOD), cell(errand.told)
    ),
    Stage.NOT_SENT: lambda picture, errand: cell(unsent(errand.told), Tone.BAD),
    Stage.ARRIVED: lambda picture, errand: joined(cell("Done. ", Tone.GOOD), cell(errand.told)),
    Stage.FAILED: lambda picture, errand: joined(cell("Failed. ", Tone.BAD), cell(errand.told)),
}
