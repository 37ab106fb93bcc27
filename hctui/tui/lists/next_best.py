"""The table of moves that could be made instead of a proposed one, with what each would do. Pure."""

from __future__ import annotations

from hctui.core.alternatives import next_best
from hctui.core.decision import Move
from hctui.core.effect import effect
from hctui.tui.cell import Align, Cell, cell
from hctui.tui.columns import Column
from hctui.tui.glyphs import Glyphs
from hctui.tui.picture import Picture
from hctui.tui.proposal import change

COLUMNS = (
    Column("vm", "instead: VM", 14, flex=3),
    Column("to", "to", 10, flex=1),
    Column("source_cpu", "CPU here %", 11, Align.RIGHT),
    Column("target_cpu", "CPU there %", 11, Align.RIGHT),
    Column("source_ram", "RAM here %", 11, Align.RIGHT, at_least=90),
    Column("target_ram", "RAM there %", 11, Align.RIGHT),
)


def order(picture: Picture, move: Move) -> dict[str, Move]:
    """The moves by the key of their row, best first."""
    if picture.situation is None:
        return {}
    return {f"{other.vm_id} {other.target}": other for other in next_best(picture.situation, move)}


def row(picture: Picture, move: Move, glyphs: Glyphs) -> tuple[Cell, ...]:
    """The cells of one move."""
    if picture.situation is None:
        return tuple(cell() for _ in COLUMNS)
    told = effect(picture.situation, move)
    figures = (told.source_cpu, told.target_cpu, told.source_ram, told.target_ram)
    return (
        cell(move.vm_name),
        cell(picture.node_name(move.target)),
        *(cell(change(figure, glyphs)) for figure in figures),
    )


def told(picture: Picture, move: Move, glyphs: Glyphs) -> str:
    """The same in a line of text, for a copy: `web-03 to 10.0.0.103: CPU here 90 -> 78 %, ...`."""
    figures = zip(COLUMNS[2:], row(picture, move, glyphs)[2:], strict=True)
    words = (f"{column.title.removesuffix(' %')} {content.text} %" for column, content in figures)
    return f"{move.vm_name} to {move.target_name}: {', '.join(words)}"
