"""Whether a case of the matrix went as is expected of it, and what is to be written of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hctui.core.wording import duration
from hctui.engine.view import Level, Line
from tests.faults.case import Phase, Ran, Request
from tests.faults.expectations import Row, Unhindered

_WORKS_ON = r"^(MIGRATION COMPLETE|DRY RUN: would migrate)"
_UNEASY = (Level.WARNING, Level.ERROR)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the table says of a case: what hctui told, and what became of it."""

    told: str
    outcome: str


def sentence(row: Row, phase: Phase, ran: Ran) -> Line | None:
    """The first line since the fault came that says what happened; `None`: there is none."""
    told = row.told_in(phase)
    pattern = _WORKS_ON if isinstance(told, Unhindered) else told
    return next((line for line in ran.lines if re.search(pattern, line.text)), None)


def complaints(row: Row, phase: Phase, ran: Ran) -> Iterator[str]:
    """What did not go as it must, in sentences."""
    yield from ran.wrong
    if ran.ended_at == float("inf"):
        yield "The fault did not come, or did not go."
    if phase is not Phase.DRY:
        yield from ran.broken
    if not ran.is_calm:
        yield "It never said that nothing is left to do."
    if not any(_is_done(phase, ran)):
        yield "Nothing was done after the fault had ended."
    if row.forbids and ran.requested_meanwhile:
        yield f"{ran.requested_meanwhile} migrations were requested while it lasted."
    yield from (line.text for line in (*ran.before, *ran.lines) if line.event == "fault")
    yield from _about_words(row, phase, ran)


def entry(row: Row, phase: Phase, ran: Ran) -> Entry:
    """What is to be written of it."""
    line = sentence(row, phase, ran)
    text = line.text if line else "nothing"
    told = row.told_in(phase)
    return Entry(
        f"No difference: {text}" if isinstance(told, Unhindered) else text.strip(), _outcome(phase, ran)
    )


def _about_words(row: Row, phase: Phase, ran: Ran) -> Iterator[str]:
    told = row.told_in(phase)
    if sentence(row, phase, ran) is None:
        yield "No sentence says what happened."
    if isinstance(told, Unhindered):
        meanwhile = (line for line in ran.lines if line.at < ran.ended_at)
        yield from (
            f"Said, although nothing is wrong: {line.text}" for line in meanwhile if line.level in _UNEASY
        )


def _is_done(phase: Phase, ran: Ran) -> Iterator[bool]:
    """For everything that was done after the fault had ended, true."""
    if phase is Phase.DRY:
        return (True for line in ran.lines if line.event == "dry_run" and line.at >= ran.ended_at)
    return (True for each in ran.requests if each.at >= ran.ended_at and each.result == "COMPLETE")


def _outcome(phase: Phase, ran: Ran) -> str:
    """What was requested while it lasted, and after it had ended; the latter with the time since then."""
    if phase is Phase.DRY:
        imagined = (line for line in ran.lines if line.event == "dry_run")
        moves = [(line.at, str(line.data["vm"]), str(line.data["to"]), "imagined") for line in imagined]
    else:
        moves = [(each.at, each.vm, each.target, _result(each)) for each in ran.requests]
    during = [f"{vm} to {node} ({result})" for at, vm, node, result in moves if at < ran.ended_at]
    after = [
        f"{vm} to {node} {_after(at - ran.ended_at)} ({result})"
        for at, vm, node, result in moves
        if at >= ran.ended_at
    ]
    return f"Meanwhile: {', '.join(during) or 'no migration'}. Then: {', '.join(after) or 'no migration'}."


def _after(seconds: float) -> str:
    return f"after {duration(seconds)}" if seconds > 0 else "at once"


_RESULTS = {"COMPLETE": "arrived", "ERROR": "failed", "UNMOVED": "did not arrive", "": "not begun"}


def _result(request: Request) -> str:
    answer = {200: "", None: "no answer, "}.get(request.status, f"HTTP {request.status}, ")
    return f"{answer}{_RESULTS[request.result]}"
