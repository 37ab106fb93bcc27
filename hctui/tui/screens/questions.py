"""The questions that are asked before something happens that cannot be taken back, in words. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hctui.core.policy import Mode
from hctui.core.wording import count
from hctui.engine.view import View
from hctui.tui.screens.question import Answer, Evidence, Question

if TYPE_CHECKING:
    from hctui.engine.queries import Queries

YES, NO, STOP, GO_ON = "yes", "no", "stop", "go-on"
REPORT_SECONDS = 7 * 24 * 3600.0

_BELOW = "Below is what was done, or in a dry run would have been done, in the last 7 days."


def going_live(view: View, evidence: Evidence | None, *, armed_by_environment: bool) -> Question:
    """Before a dry run ends."""
    who = (
        "From then on hctui moves VMs by itself, whenever its rules and thresholds say so."
        if view.policy.mode is Mode.AUTO
        else "From then on hctui sends each move that you approve."
    )
    armed = (
        "SC_DRY_RUN in the environment says live; it may be there for another tool, so this asks.\n"
        if armed_by_environment
        else ""
    )
    text = f"{_hindrance(view)}{armed}Going live on {_name(view)}. {who}{_discarded(view)}\n\n{_BELOW}"
    return Question(
        "Go live", text, (Answer(NO, "Stay in dry run", is_safe=True), Answer(YES, "Go live")), evidence
    )


def live_auto(view: View, evidence: Evidence | None) -> Question:
    """Before moves are made without approval."""
    text = (
        f"{_hindrance(view)}hctui is LIVE on {_name(view)}. In mode auto it moves VMs by itself, without asking, "
        f"whenever its rules and thresholds say so.\n\n{_BELOW}"
    )
    return Question(
        "Mode auto, live",
        text,
        (Answer(NO, "Keep approving each", is_safe=True), Answer(YES, "Go to auto")),
        evidence,
    )


def leaving(view: View) -> Question | None:
    """Before the console is closed while something would be left undone; `None` where nothing would be."""
    undone = []
    if view.state.migration:
        move = view.state.migration.move
        undone.append(
            f"{move.vm_name} is being migrated to {move.target_name}. The cluster goes on with that; the journal holds "
            "it, and the next start looks at it."
        )
    if not view.policy.dry_run and view.policy.mode is Mode.AUTO and not view.state.paused:
        undone.append("hctui is LIVE in mode AUTO. If it stops, nobody balances this cluster.")
    if not undone:
        return None
    if view.policy.mode is Mode.APPROVE:
        undone.append("Without a console, proposals are answered with `hctui approve` and `hctui reject`.")
    answers = (
        Answer(NO, "Stay", is_safe=True),
        Answer(GO_ON, "Go on without the console"),
        Answer(STOP, "Stop hctui"),
    )
    return Question("Quit", "\n\n".join(undone), answers)


def report_of(queries: Callable[[], Queries | None], view: View, now: float) -> Evidence:
    """Reads the report that `hctui report` prints."""

    async def read() -> str:
        journal = queries()
        if journal is None:
            return "Nothing has been recorded yet."
        return await journal.report(now - REPORT_SECONDS, now, view.policy.cpu_upper_percent)

    return read


def _hindrance(view: View) -> str:
    """What would keep it from acting at all: nothing else matters before that."""
    return f"{view.hindrance}\n\n" if view.hindrance else ""


def _discarded(view: View) -> str:
    imagination = view.state.imagination
    moves = len(imagination.moves) if imagination else 0
    return f" {count(moves, 'imagined move')} will be forgotten." if moves else ""


def _name(view: View) -> str:
    return view.cluster.name if view.cluster else view.contact.address
