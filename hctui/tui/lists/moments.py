"""What the vertical lines of a chart mean: migrations, and the changes of node of one VM. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from hctui.engine.queries import MigrationTold, Placement, VmSeries
from hctui.tui.cell import Align, Cell, Tone, cell
from hctui.tui.columns import Column
from hctui.tui.drawing import Mark
from hctui.tui.format import UNKNOWN, clock
from hctui.tui.glyphs import Glyphs
from hctui.tui.lists.charts import Past, Scope
from hctui.tui.lists.history import ending, node_words
from hctui.tui.picture import Picture

MOST_MARKS = 40
"""Of more migrations than this only the latest are drawn; the list has the others too."""

COLUMNS = (
    Column("label", "", 2, Align.RIGHT),
    Column("at", "time", 8),
    Column("vm", "VM", 14, flex=3, widest=44),
    Column("way", "from, to", 14, flex=1, widest=28),
    Column("reason", "reason", 13),
    Column("ending", "how it ended", 14),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One vertical line of the chart: what happened at that moment. One that is not drawn has no label."""

    key: str
    at: float
    vm_name: str
    source: str
    target: str
    reason: str
    ending: Cell
    label: str = ""


def events(past: Past, scope: Scope, picture: Picture) -> tuple[Event, ...]:
    """What the vertical lines mean, the latest first; numbered from the earliest."""
    found = _placed(past.vm, past, picture) if past.vm is not None else _migrated(past, scope, picture)
    drawn = found[-MOST_MARKS:]
    labelled = [replace(event, label=str(number)) for number, event in enumerate(drawn, start=1)]
    return tuple(reversed([*found[: -len(drawn)], *labelled])) if drawn else ()


def _migrated(past: Past, scope: Scope, picture: Picture) -> list[Event]:
    return [
        Event(
            each.id,
            each.requested_at,
            each.vm_name,
            node_words(picture, each.source, each.source_name),
            node_words(picture, each.target, each.target_name),
            each.reason,
            ending(each),
        )
        for each in reversed(past.migrations)
        if scope.node_id in (None, each.source, each.target)
    ]


def _placed(vm: VmSeries, past: Past, picture: Picture) -> list[Event]:
    """Every change of node, with the migration that explains it, if one of hctui's does."""
    short = _short_names(picture)
    found: list[Event] = []
    for before, after in pairwise(vm.placements):
        cause = _cause(past.migrations, before, after)
        source, target = (
            short.get(place.node_name, place.node_name) if place.node_name else "stopped"
            for place in (before, after)
        )
        reason = cause.reason if cause else "not by hctui"
        told = ending(cause) if cause else cell(UNKNOWN)
        found.append(Event(f"{after.at}", after.at, vm.name, source, target, reason, told))
    return found


def _cause(
    migrations: tuple[MigrationTold, ...], before: Placement, after: Placement
) -> MigrationTold | None:
    """The latest that was sent, to that node, between the two."""
    fitting = (
        each
        for each in migrations
        if not each.is_imagined
        and each.target_name == after.node_name
        and before.at <= each.requested_at <= after.at
    )
    return next(fitting, None)


def marks(found: tuple[Event, ...]) -> tuple[Mark, ...]:
    """Those that are drawn."""
    return tuple(Mark(event.at, event.label) for event in found if event.label)


def _short_names(picture: Picture) -> Mapping[str, str]:
    nodes = picture.snapshot.nodes if picture.snapshot else {}
    return {node.name: picture.short_names[node_id] for node_id, node in nodes.items()}


def row(event: Event, glyphs: Glyphs) -> tuple[Cell, ...]:
    """The cells of one moment."""
    return (
        cell(event.label, Tone.STRONG),
        cell(clock(event.at)),
        cell(event.vm_name),
        cell(f"{event.source} {glyphs.arrow} {event.target}"),
        cell(event.reason, Tone.DIM),
        event.ending,
    )


def nothing(scope: Scope) -> str:
    """What is said where nothing was moved."""
    return "no change of node in this time" if scope.vm_id is not None else "no migration in this time"
