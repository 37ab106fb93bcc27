"""The history: rows of migrations, decisions and orders, what matches a filter, and the name of an export. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from hctui.core.decision import Outcome
from hctui.core.migration import Phase
from hctui.core.model import NodeId
from hctui.core.wording import count, duration
from hctui.engine.queries import Form, MigrationTold, OrderTold, Subject
from hctui.tui.cell import Align, Cell, Tone, cell, joined
from hctui.tui.columns import Column
from hctui.tui.format import UNKNOWN, date_time
from hctui.tui.lists.folding import Fold
from hctui.tui.picture import Picture

MOST_ROWS = 500
"""More migrations or orders than this are not listed; the list says so, and an export has all."""

MOST_DECISIONS = 3000
"""Nor are more decisions than this, about a day of them; most are folded into few rows."""

SPANS: tuple[tuple[float, str], ...] = ((86_400.0, "24 h"), (7 * 86_400.0, "7 d"), (30 * 86_400.0, "30 d"))
"""The times that can be shown, in seconds and in words."""

_WIDE = 120

_TIMES = (Column("at", "time", 14, at_most=_WIDE - 1), Column("at_whole", "time", 19, at_least=_WIDE))

COLUMNS: dict[Subject, tuple[Column, ...]] = {
    Subject.MIGRATIONS: (
        *_TIMES,
        Column("vm", "VM", 12, flex=3, widest=44),
        Column("source", "from", 7, flex=1, widest=20),
        Column("target", "to", 7, flex=1, widest=20),
        Column("reason", "reason", 13),
        Column("ending", "how it ended", 12),
        Column("seconds", "took", 8, Align.RIGHT),
    ),
    Subject.DECISIONS: (
        *_TIMES,
        Column("outcome", "outcome", 20),
        Column("switch", "run", 7),
        Column("sentence", "what was decided, and why", 30, flex=1),
    ),
    Subject.ORDERS: (
        *_TIMES,
        Column("who", "by whom", 22, flex=1, widest=38),
        Column("what", "what was ordered", 30, flex=2),
    ),
}

_ENDINGS: dict[Phase, tuple[str, Tone]] = {
    Phase.INTENT: ("being asked", Tone.ACCENT),
    Phase.REQUESTED: ("under way", Tone.ACCENT),
    Phase.RUNNING: ("under way", Tone.ACCENT),
    Phase.CONFIRMING: ("under way", Tone.ACCENT),
    Phase.DOUBT: ("in doubt", Tone.WARNING),
    Phase.ARRIVED: ("arrived", Tone.GOOD),
    Phase.NOT_STARTED: ("not started", Tone.WARNING),
    Phase.FAILED: ("failed", Tone.BAD),
    Phase.GIVEN_UP: ("given up", Tone.BAD),
}

_OUTCOMES: dict[Outcome, Tone] = {
    **dict.fromkeys(Outcome, Tone.DIM),
    Outcome.NO_DATA: Tone.BAD,
    Outcome.BLOCKED: Tone.WARNING,
    Outcome.REFUSED: Tone.WARNING,
    Outcome.STANDING_DOWN: Tone.NOTICE,
    Outcome.WATCHING: Tone.PLAIN,
    Outcome.MOVE: Tone.ACCENT,
    Outcome.PROPOSAL: Tone.ACCENT,
}

_HARMFUL = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_NAME = 40


def ending(migration: MigrationTold) -> Cell:
    """How a migration ended, or where it stands, in two words at most."""
    return cell("imagined", Tone.DIM) if migration.phase is None else cell(*_ENDINGS[migration.phase])


def node_words(picture: Picture, node_id: NodeId, name: str) -> str:
    """A node's short name; the name it had then if it is no longer there."""
    return picture.short_names.get(node_id, name)


def migration_row(picture: Picture, migration: MigrationTold) -> tuple[Cell, ...]:
    """The cells of one migration."""
    seconds = migration.seconds
    return (
        *_times(migration.requested_at),
        cell(migration.vm_name, Tone.STRONG),
        cell(node_words(picture, migration.source, migration.source_name)),
        cell(node_words(picture, migration.target, migration.target_name)),
        cell(migration.reason),
        ending(migration),
        cell(UNKNOWN if seconds is None else duration(seconds)),
    )


def decision_row(fold: Fold) -> tuple[Cell, ...]:
    """The cells of one decision, or of several that say the same: the newest, and how often since when."""
    decision = fold.newest
    return (
        *_times(decision.at),
        cell(decision.outcome, _OUTCOMES[decision.outcome]),
        cell("dry run" if decision.dry_run else "live", Tone.DIM if decision.dry_run else Tone.WARNING),
        joined(cell(_often(fold), Tone.DIM), cell(decision.sentence)),
    )


def order_row(order: OrderTold) -> tuple[Cell, ...]:
    """The cells of one order."""
    return (*_times(order.at), cell(order.who), cell(order.what, Tone.STRONG))


def _often(fold: Fold) -> str:
    """`38 times in 19:00 min. `; nothing of a single decision."""
    seconds = fold.newest.at - fold.oldest.at
    return f"{fold.count} times in {duration(seconds)}. " if fold.count > 1 else ""


def _times(at: float) -> tuple[Cell, Cell]:
    """Without the year, and whole."""
    whole = date_time(at)
    return cell(whole.partition("-")[2], Tone.DIM), cell(whole, Tone.DIM)


def matches(migration: MigrationTold, wanted: str) -> bool:
    """Whether the text occurs in any of what is known of it, whatever its case."""
    words = (
        migration.vm_name,
        migration.source_name,
        migration.target_name,
        migration.reason,
        ending(migration).text,
        migration.sentence,
        migration.note,
        migration.effect,
    )
    return wanted.casefold() in "\n".join(words).casefold()


def whole(migration: MigrationTold) -> str:
    """All there is to say of a migration, line by line."""
    lines = [
        f"{migration.vm_name}, from {migration.source_name} to {migration.target_name}",
        f"Reason: {migration.reason}",
        f"{'Decided' if migration.is_imagined else 'Asked for'}: {date_time(migration.requested_at)}",
    ]
    if migration.is_imagined:
        lines.append("Imagined in a dry run: nothing was sent.")
    elif migration.ended_at is None or migration.seconds is None:
        lines.append(f"Not ended: {ending(migration).text}.")
    else:
        took = duration(migration.seconds)
        lines.append(f"Ended: {date_time(migration.ended_at)}, {ending(migration).text}, after {took}")
    lines += ["", migration.sentence]
    lines += [line for told in (migration.note, migration.effect) if told for line in ("", told)]
    return "\n".join(lines)


def whole_order(order: OrderTold) -> str:
    """All there is to say of an order, line by line."""
    return f"{order.what}\n\nOrdered: {date_time(order.at)}\nBy: {order.who}"


@dataclass(frozen=True, slots=True)
class Listed:
    """How much a list shows: of what, in how many rows, how many of them are newer, and whether there is more."""

    count: int
    rows: int
    newer: int = 0
    is_cut: bool = False


def heading(subject: Subject, span: str, wanted: str, listed: Listed) -> Cell:
    """What is listed, whether that is all, and what has come above the cursor since that was on the first row."""
    words = f"the last {span}, {count(listed.count, subject.removesuffix('s'))}"
    if listed.rows != listed.count:
        words += f" in {count(listed.rows, 'row')}"
    if wanted:
        words += f" matching {wanted!r}"
    if listed.is_cut and wanted and subject is Subject.MIGRATIONS:
        words += f" among the latest {MOST_ROWS}"
    elif listed.is_cut:
        words += ", the latest; there are more"
    newer = f"  {listed.newer} newer above, press home" if listed.newer else ""
    title = cell(f" {subject.capitalize()}", Tone.STRONG)
    return joined(title, cell(newer, Tone.NOTICE), cell(f"  {words}", Tone.DIM))


def nothing(subject: Subject, span: str, wanted: str) -> str:
    """What is said where the list is empty."""
    matching = f" that matches {wanted!r}" if wanted else ""
    return f"no {subject.removesuffix('s')} in the last {span}{matching}"


def export_question(subject: Subject, span: str, wanted: str) -> str:
    """What is asked before a file is written."""
    all_of = " All are written, not only those that match the filter." if wanted else ""
    return f"Write the {subject} of the last {span} to a file, the oldest first.{all_of}"


def export_path(
    folder: Path, cluster: str, subject: Subject, form: Form, at: float, zone: tzinfo | None = None
) -> Path:
    """Where an export goes: a name of harmless characters with cluster, subject and time.

    Args:
        folder: in which it is written.
        cluster: its name, whatever that holds.
        subject: what is exported.
        form: decides what the name ends in.
        at: Unix seconds.
        zone: that of this machine if not given.
    """
    harmless = _HARMFUL.sub("-", cluster)[:_LONGEST_NAME].strip("-.") or "cluster"
    moment = f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d-%H%M%S}"
    return folder / f"{harmless}-{subject}-{moment}.{form}"


def exported(subject: Subject, rows: int, path: Path) -> str:
    """What is said once the file is there."""
    return f"{count(rows, subject.removesuffix('s'))} written to {path}."
