"""One decision, explained: the answer, then everything that led to it, in the order in which it was looked at.

Pure. A decision is complete by itself, so this reads the same from the journal years later as right after it was made.
"""

from __future__ import annotations

from collections.abc import Iterator

from hctui.core.decision import Candidate, Check, Decision, Finding, Move, NodeLoad, Outcome, Reason
from hctui.core.wording import count, percent
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.format import called, date_time
from hctui.tui.glyphs import Glyphs
from hctui.tui.paragraph import Paragraph, blank
from hctui.tui.texts.links import to_node, to_vm
from hctui.tui.texts.verdicts import checks, fact, heading, none_fits, tried

_NAME_WIDTH = 18

_TITLES = {
    Reason.ANTI_AFFINITY: "Anti-affinity",
    Reason.PIN: "Pin",
    Reason.TOGETHER: "Keep together",
    Reason.ROOM: "Room for a rule",
    Reason.DRAIN: "Drain",
    Reason.LOAD: "Load",
    Reason.RAM: "RAM",
    Reason.MANUAL: "A move by hand",
}

_WHY_NOTHING_WAS_LOOKED_AT = {
    Outcome.NO_DATA: "Nothing was looked at, because there was nothing to look at.",
    Outcome.WATCHING: "Neither rules nor load were looked at: while a VM migrates, nothing else is decided.",
    Outcome.PAUSED: "Neither rules nor load were looked at: while paused, nothing is decided.",
    Outcome.STANDING_DOWN: "Neither rules nor load were looked at: while a safety check fails, nothing is decided.",
    Outcome.COOLING_DOWN: "Neither rules nor load were looked at: after a migration the whole cluster rests.",
    Outcome.BUDGET_SPENT: "Neither rules nor load were looked at: no more moves are made within this hour.",
    Outcome.OFF_HOURS: "Neither rules nor load were looked at: outside the hours to act, nothing is decided.",
    Outcome.COLLECTING: "No rule is broken. Load is looked at once the history of two nodes is full.",
}


def told(decision: Decision, glyphs: Glyphs) -> tuple[Paragraph, ...]:
    """The whole explanation, the answer first."""
    return (
        Paragraph("answer", cell(decision.sentence, Tone.STRONG)),
        blank("facts"),
        *_facts(decision, glyphs),
        *_safety(decision),
        *_loads(decision.loads),
        *_findings(decision, glyphs),
    )


def _facts(decision: Decision, glyphs: Glyphs) -> Iterator[Paragraph]:
    dry = "dry run, nothing is sent" if decision.dry_run else "live"
    yield fact("decided", cell(date_time(decision.at)))
    yield fact("outcome", cell(decision.outcome))
    yield fact("run", joined(cell(f"{dry}; mode {decision.mode}"), cell(_imagined(decision))))
    if decision.closed:
        ended = decision.closed
        told = joined(cell(f"{ended.proposal_id}, {ended.ending}: "), _route(ended.move, glyphs))
        yield fact("proposal", told, link=to_vm(ended.move.vm_id))
    if decision.move:
        label = "proposed" if decision.outcome is Outcome.PROPOSAL else "move"
        yield fact(label, _route(decision.move, glyphs), link=to_vm(decision.move.vm_id))


def _imagined(decision: Decision) -> str:
    return f"; {count(decision.imagined, 'imagined move')} counted in" if decision.imagined else ""


def _route(move: Move, glyphs: Glyphs) -> Cell:
    by = (
        "for load"
        if move.reason is Reason.LOAD
        else f"for {move.reason}"
        if move.reason.is_load
        else str(move.reason)
    )
    return joined(
        cell(called(move.vm_name), Tone.STRONG),
        cell(f"  {move.source_name} {glyphs.arrow} {move.target_name}", Tone.ACCENT),
        cell(f"  ({by})", Tone.DIM),
    )


def _safety(decision: Decision) -> Iterator[Paragraph]:
    if not decision.safety:
        return
    failed = sum(not verdict.ok for verdict in decision.safety)
    total = count(len(decision.safety), "check")
    yield blank("safety")
    yield heading("safety", f"Safety: {failed} of {total} failed" if failed else f"Safety: all {total} hold")
    yield from checks("safety", decision.safety)


def _loads(loads: tuple[NodeLoad, ...]) -> Iterator[Paragraph]:
    if not loads:
        return
    width = max(len(load.node_name) for load in loads) + 2
    yield blank("loads")
    yield heading("loads", "Nodes that take part in balancing, busiest first, by mean CPU over the window")
    for load in loads:
        filled = f"history {min(load.samples, load.expected)}/{load.expected}"
        known = load.mean_percent is not None
        mean = percent(load.mean_percent) if load.mean_percent is not None else "not known yet"
        yield Paragraph(
            f"load-{load.node_id}",
            joined(cell(f"{mean:>7}"), cell(f"   {filled}", Tone.DIM if known else Tone.NOTICE)),
            cell(load.node_name),
            indent=2,
            label_width=width,
            link=to_node(load.node_id),
        )


def _findings(decision: Decision, glyphs: Glyphs) -> Iterator[Paragraph]:
    yield blank("findings")
    yield heading("findings", "What was looked at, in this order")
    if not decision.findings:
        yield Paragraph(
            "nothing", cell(_WHY_NOTHING_WAS_LOOKED_AT.get(decision.outcome, "Nothing.")), indent=2
        )
    reasons = [finding.reason for finding in decision.findings]
    if reasons == [Reason.LOAD]:
        yield Paragraph("rules", _titled("Rules", "No rule is broken."), indent=2)
    for number, finding in enumerate(decision.findings):
        yield from _finding(f"{number}", finding, glyphs)
    if reasons and not {Reason.LOAD, Reason.RAM, Reason.MANUAL} & set(reasons):
        yield Paragraph("load", _titled("Load", _why_no_load(decision)), indent=2)


def _why_no_load(decision: Decision) -> str:
    if any(finding.move for finding in decision.findings):
        return "Not looked at: a broken rule is mended first."
    return "Not looked at: the history of two nodes has to be full for that."


def _titled(title: str, text: str) -> Cell:
    return joined(cell(f"{title}: ", Tone.NOTICE), cell(text))


def _finding(key: str, finding: Finding, glyphs: Glyphs) -> Iterator[Paragraph]:
    yield Paragraph(f"finding-{key}", _titled(_TITLES[finding.reason], finding.sentence), indent=2)
    if finding.candidates:
        yield Paragraph(f"order-{key}", cell(_order(finding), Tone.DIM), indent=4)
    for candidate in finding.candidates:
        yield from _candidate(f"{key}-{candidate.vm_id}", candidate, finding.move, glyphs)


def _order(finding: Finding) -> str:
    vms = count(len(finding.candidates), "VM")
    order = {
        Reason.LOAD: _WEIGHED if _is_weighed(finding) else _DOCUMENTED,
        Reason.RAM: _WEIGHED,
        Reason.ANTI_AFFINITY: ", least RAM first; for each the nodes, emptiest first",
        Reason.PIN: "; the nodes it is pinned to, emptiest first",
        Reason.TOGETHER: "; for each the nodes, up to the first that can take it",
        Reason.ROOM: "",
        Reason.DRAIN: ", the largest first; for each the nodes, emptiest first",
        Reason.MANUAL: "",
    }[finding.reason]
    return f"{vms} considered{order}:"


_DOCUMENTED = ", busiest first; for each the nodes, coolest first, up to the first that can take it"
_WEIGHED = ", the pairs worth most first; for each VM the nodes that were tried"


def _is_weighed(finding: Finding) -> bool:
    """Whether best-fit looked: it asks what a target would look like, and what the move is worth."""
    asked = {
        verdict.check for each in finding.candidates for tried in each.trials for verdict in tried.verdicts
    }
    return not asked.isdisjoint({Check.PROJECTED_CPU, Check.WORTH})


def _candidate(key: str, candidate: Candidate, move: Move | None, glyphs: Glyphs) -> Iterator[Paragraph]:
    mine = move if move and move.vm_id == candidate.vm_id else None
    yield Paragraph(
        f"vm-{key}",
        joined(
            cell(called(candidate.vm_name), Tone.STRONG),
            cell(f"  {_cpu(candidate)}, on {candidate.node_name}: ", Tone.DIM),
            _came_of(candidate, mine),
        ),
        indent=4,
        link=to_vm(candidate.vm_id),
    )
    for number, trial in enumerate(candidate.trials):
        is_chosen = mine is not None and trial.node_id == mine.target
        yield Paragraph(
            f"trial-{key}-{number}",
            tried(trial, glyphs, is_chosen=is_chosen),
            cell(trial.node_name),
            indent=6,
            label_width=_NAME_WIDTH,
            link=to_node(trial.node_id),
        )


def _cpu(candidate: Candidate) -> str:
    if candidate.cpu_percent is None:
        return "CPU not known"
    return f"mean CPU {percent(candidate.cpu_percent)} of its own vCPUs"


def _came_of(candidate: Candidate, move: Move | None) -> Cell:
    last = candidate.verdicts[-1]
    if not last.ok:
        return joined(cell(f"stays, {last.check}. ", Tone.BAD), cell(last.sentence))
    if move:
        return cell(f"goes to {move.target_name}", Tone.ACCENT)
    failed = [trial for trial in candidate.trials if not trial.ok]
    if len(failed) < len(candidate.trials):
        return cell("could go", Tone.GOOD)
    return cell(none_fits(failed), Tone.BAD)
