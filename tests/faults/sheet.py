"""The table for administrators, `tests/faults.md`: how it is written, and how a row of it is found again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hctui.core.wording import duration
from hctui.sim.fault_table import FAULTS
from tests.faults.case import Phase
from tests.faults.expectations import ROWS, Row
from tests.faults.verdict import Entry

PATH = Path(__file__).parents[1] / "faults.md"

WRITE = "python -m tests.faults --write"

_INTRODUCTION = f"""\
# What hctui does when something goes wrong

Written by `{WRITE}` from what was observed; tests compare. Every fault of the simulated cluster
comes in every phase of the balancer's cycle, lasts for some minutes and goes. Every time it is checked, from the
cluster's own state, that never two migrations of ours ran at once and none was requested while another VM migrated,
that none was sent twice, broke a rule or took a node above its RAM limit, that nothing was sent in a dry run, that no
more than one session was open and none was left, and that no secret was told or written down.

There is work before the fault comes: db-02 must not be beside db-01, or node 127.0.0.12 is hot. In the phase "idle"
that begins a minute after the fault. When the fault ends there is more: log-02 must not be beside log-01. In the phase
"waiting for approval" a person approves a minute after the fault has come, and later proposals at once. Polls are
30 s apart; cooldowns are shorter than they are by default: cluster 1 min, recovery 2 min, VM 5 min, pause after
failures 10 min, limit of a migration 5 min.

"No difference" means that the fault does not matter in that phase, and that nothing but the work is told. Under "what
becomes of it" stand the migrations that were requested, with what came of each: those while the fault lasted, and those
after it, with the time since its end.
"""


def written(entries: Mapping[tuple[str, Phase], Entry]) -> str:
    """The whole file."""
    return "\n".join((_INTRODUCTION, *(_section(row, entries) for row in ROWS)))


def heading(row: Row) -> str:
    """The heading of a row's section."""
    return f"## {row.title}"


def line(phase: Phase, entry: Entry) -> str:
    """One case as a line of its section's table."""
    return f"| {phase} | {_cell(entry.told)} | {_cell(entry.outcome)} |"


def found(text: str, row: Row, phase: Phase) -> str:
    """The line of a case in a file; empty if it is not there."""
    _, _, rest = text.partition(f"{heading(row)}\n")
    section, _, _ = rest.partition("\n## ")
    return next((each for each in section.splitlines() if each.startswith(f"| {phase} |")), "")


def _section(row: Row, entries: Mapping[tuple[str, Phase], Entry]) -> str:
    given = ", ".join(f"{key} = {value}" for key, value in row.given.items())
    how = f" Here with {given}." if given else ""
    lines = [
        heading(row),
        "",
        f"{FAULTS[row.name].summary}{how} It lasts {duration(row.fault.lasts_seconds)}.",
        "",
        "| it comes while | what hctui says | what becomes of it |",
        "|---|---|---|",
        *(line(phase, entries[row.title, phase]) for phase in Phase),
        "",
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
