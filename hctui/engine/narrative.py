"""A cycle told as log lines, in the words of the official script's documentation where it has them.

Pure: decision in, lines out. What was tried for a finding is told once; while it stays the same, one line repeats
that it is still there, so that a rule that cannot be kept for hours does not bury everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hctui.config import Settings
from hctui.core import draining
from hctui.core.closing import RESUMED
from hctui.core.decision import (
    Candidate,
    Check,
    Decision,
    Finding,
    Move,
    Outcome,
    Reason,
    Trial,
    Verdict,
    window_progress,
)
from hctui.core.migration import Migration, Phase
from hctui.core.state import Proposal
from hctui.core.wording import count, gib, percent
from hctui.engine.view import Level, Line

_NAMED_CHECKS = {Check.RAM: "RAM Check", Check.ANTI_AFFINITY: "Anti-Affinity Check"}
"""Checks whose success is worth a line as well; the others are told only when they fail."""

Signature = frozenset[object]


class Narrator:
    """Tells cycles, one after the other; remembers only what it told last."""

    def __init__(self) -> None:
        self._told: dict[tuple[Reason, tuple[str, ...]], Signature] = {}
        self._proposed: tuple[str, str] | None = None

    def cycle(self, decision: Decision, proposal: Proposal | None = None) -> list[Line]:
        """The lines of one cycle after its data came in. `proposal` is the one that waits after it."""
        notices = (
            Line(decision.at, notice.event, notice.sentence, _NOTICED.get(notice.event, Level.WARNING))
            for notice in decision.notices
        )
        lines = self._lines(decision)
        if proposal:
            lines = [_numbered(line, proposal) if line.event == "proposal" else line for line in lines]
        return [*notices, *lines]

    def _lines(self, decision: Decision) -> list[Line]:
        at = decision.at
        if _is_by_hand(decision):
            # Rules were not looked at: what was told of them still stands.
            return [Line(at, *entry) for entry in _by_hand(decision)]
        move = decision.move if decision.outcome is Outcome.PROPOSAL else None
        before, self._proposed = self._proposed, (move.vm_id, move.target) if move else None
        if move and before == self._proposed and decision.closed is None:
            waits = _entry("waiting_for_approval", _beyond_answer(decision))
            return [Line(at, *entry) for entry in (*_answer(decision), waits)]
        lines = [Line(at, *entry) for entry in self._entries(decision)]
        self._told = {_key(finding): _signature(finding) for finding in decision.findings}
        return lines

    def _entries(self, decision: Decision) -> Iterator[_Entry]:
        yield from _answer(decision)
        if decision.outcome is Outcome.WATCHING:
            yield from _meanwhile(decision)
            return  # the look at the migration that follows tells how far it is
        if decision.outcome in _WAITING:
            yield _WAITING[decision.outcome], _beyond_answer(decision), _level(decision), {}
            return
        yield _entry("checking_rules", "Checking for anti-affinity violations...")
        yield from self._rules(decision)
        if decision.outcome is Outcome.COLLECTING:
            yield _entry("collecting", f"Collecting data... {_history(decision)}")
        for finding in decision.findings:
            if finding.reason is Reason.DRAIN and not self._is_known(finding):
                yield from self._finding(finding, "draining", f"DRAINING: {finding.headline}")
            elif finding.reason.is_load and finding.headline:
                yield from self._finding(finding, "imbalance", f"Imbalance detected: {finding.headline}")
            elif finding.reason.is_load:
                yield _entry(_LOAD_CALM.get(decision.outcome, "balanced"), finding.sentence)
        if decision.move and decision.outcome is Outcome.MOVE and decision.dry_run:
            yield _move_entry("dry_run", "DRY RUN: would migrate", decision.move)
        elif decision.move and decision.outcome is Outcome.PROPOSAL:
            yield _move_entry("proposal", "PROPOSAL: migrate", decision.move)

    def _rules(self, decision: Decision) -> Iterator[_Entry]:
        rules = [finding for finding in decision.findings if finding.reason.is_rule]
        if not rules:
            yield _entry("rules_kept", f"All rules are kept{_imagining(decision)}.")
        known = [finding for finding in rules if self._is_known(finding)]
        for finding in rules:
            if finding not in known:
                yield from self._finding(finding, "violation", f"VIOLATION FOUND: {finding.headline}")
        if known:
            told = f"{count(len(known), 'rule')} still violated, and nothing about that has changed."
            yield "violation", f"VIOLATION FOUND: {told}", Level.INFO, {"rules": len(known)}

    def _is_known(self, finding: Finding) -> bool:
        """Whether it was told before, and nothing has changed since."""
        return (
            bool(finding.candidates)
            and finding.move is None
            and self._told.get(_key(finding)) == _signature(finding)
        )

    def _finding(self, finding: Finding, event: str, headline: str) -> Iterator[_Entry]:
        level = Level.INFO if finding.move or finding.reason.is_load else Level.WARNING
        rest = finding.sentence.removeprefix(finding.headline).strip()
        data: _Data = {"reason": finding.reason}
        if not finding.candidates:
            yield event, f"{headline} {rest}".strip(), Level.INFO, data
        elif self._is_known(finding):
            yield event, f"{headline} Nothing has changed since the last cycle.", level, data
        else:
            yield event, headline, level, data
            for candidate in finding.candidates:
                yield from _candidate(candidate)
            if finding.move is None:
                # What stands in the way of a rule has just been listed, VM by VM.
                told = rest if finding.reason.is_load else f"{rest.partition('. ')[0].rstrip('.')}."
                yield "not_fixed", told, level, {}


def _numbered(line: Line, proposal: Proposal) -> Line:
    """The line of a proposal with what an answer to it needs."""
    return replace(line, data={**line.data, "proposal": proposal.id, "made_at": proposal.made_at})


def executing(at: float, move: Move) -> Line:
    """A move that is about to be sent."""
    return Line(at, *_move_entry("executing", "EXECUTING MIGRATION:", move))


def waiting(at: float, migration: Migration) -> Line:
    """A migration under way."""
    task = f"Task {migration.task_id}" if migration.task_id else "no task"
    move = migration.move
    detail = {
        Phase.CONFIRMING: "the task is complete, waiting for the VM to be on its new node",
        Phase.DOUBT: "the cluster shows neither a task at work nor the VM moving; looking again",
    }.get(migration.phase, f"{migration.progress_percent} %")
    text = f"Waiting for active migration ({task})... {move.vm_name} to {move.target_name}: {detail}"
    data: _Data = {
        "vm": move.vm_name,
        "task": migration.task_id,
        "progress_percent": migration.progress_percent,
        "phase": migration.phase,
        "requested_at": migration.requested_at,
    }
    return Line(at, "waiting", text, Level.INFO, data)


def ended(at: float, migration: Migration) -> Line:
    """A migration that has ended, one way or another."""
    move, good = migration.move, migration.phase is Phase.ARRIVED
    verb = {Phase.ARRIVED: "MIGRATION COMPLETE", Phase.FAILED: "MIGRATION FAILED"}.get(
        migration.phase, "MIGRATION GIVEN UP"
    )
    data: _Data = {
        "vm": move.vm_name,
        "from": move.source_name,
        "to": move.target_name,
        "phase": migration.phase,
        "requested_at": migration.requested_at,
    }
    return Line(at, "ended", f"{verb}: {migration.note}", Level.INFO if good else Level.ERROR, data)


def changed_settings(before: Settings, after: Settings) -> Iterator[str]:
    """A sentence for each setting that holds another value now; values that may be secret are masked."""
    for old, new in zip(before.values(), after.values(), strict=True):
        if before.get(old.setting) != after.get(new.setting):
            unit = f" {new.setting.unit}".rstrip()
            was, now = old.text or "not set", new.text or "not set"
            yield f"{new.setting.name} is now {now}{unit if new.text else ''} ({new.source}); it was {was}."


_Data = dict[str, str | float | int | bool | None]
_Entry = tuple[str, str, Level, _Data]

_WAITING: dict[Outcome, str] = {
    Outcome.NO_DATA: "no_data",
    Outcome.PAUSED: "paused",
    Outcome.STANDING_DOWN: "standing_down",
    Outcome.COOLING_DOWN: "cooling_down",
    Outcome.BUDGET_SPENT: "budget_spent",
    Outcome.OFF_HOURS: "off_hours",
}

_NOTICED = {
    "rule_mended": Level.INFO,
    draining.BEGUN: Level.INFO,
    draining.EMPTY: Level.INFO,
}
"""The levels of notices that are no warnings."""

_LOAD_CALM = {Outcome.RULES_ONLY: "off_hours"}
"""The event of a line on load that asks for nothing, where it is not that all is balanced."""


def _entry(event: str, text: str) -> _Entry:
    return event, text, Level.INFO, {}


def _meanwhile(decision: Decision) -> Iterator[_Entry]:
    """What else is going on while a migration of ours is: it may be over before anybody stands down for it."""
    seen = [each.sentence for each in decision.safety if not each.ok and each.check is not Check.RECOVERED]
    if seen:
        told = f"{_beyond_answer(decision)} At the same time: {' '.join(seen)}"
        yield "meanwhile", told, Level.WARNING, {}


def _level(decision: Decision) -> Level:
    return Level.WARNING if decision.outcome in (Outcome.NO_DATA, Outcome.STANDING_DOWN) else Level.INFO


def _move_entry(event: str, verb: str, move: Move) -> _Entry:
    data: _Data = {
        "vm": move.vm_name,
        "vm_id": move.vm_id,
        "from": move.source_name,
        "to": move.target_name,
        "reason": move.reason,
    }
    text = f"{verb} {move.vm_name} ({gib(move.mem_bytes)}) from {move.source_name} to {move.target_name}"
    return event, f"{text} ({move.reason})", Level.INFO, data


def _answer(decision: Decision) -> Iterator[_Entry]:
    """What became of a proposal, or of a person's order: a line of its own, since the next cycle says it no more."""
    if not decision.answer:
        return
    closed, declined = decision.closed, decision.declined
    data: _Data = {}
    if closed:
        data = {
            "proposal": closed.proposal_id,
            "ending": closed.ending,
            "vm": closed.move.vm_name,
            "from": closed.move.source_name,
            "to": closed.move.target_name,
        }
    if closed and closed.rests_until is not None:
        data["rests_until"] = closed.rests_until
    in_vain = (declined.approved, declined.choice, declined.rejected) != (None, None, None)
    event = "resumed" if decision.answer == RESUMED else "proposal_answer"
    yield event, decision.answer, Level.WARNING if in_vain else Level.INFO, data


def _beyond_answer(decision: Decision) -> str:
    """The sentence without its beginning, which has a line of its own."""
    return decision.sentence.removeprefix(decision.answer).lstrip()


def _is_by_hand(decision: Decision) -> bool:
    return any(finding.reason is Reason.MANUAL for finding in decision.findings)


def _by_hand(decision: Decision) -> Iterator[_Entry]:
    """A move that a person asked for: its one sentence says whether it is made, and which check refuses it."""
    level = Level.WARNING if decision.outcome is Outcome.REFUSED else Level.INFO
    yield from _answer(decision)
    yield "refused" if decision.outcome is Outcome.REFUSED else "by_hand", _beyond_answer(decision), level, {}
    if decision.move and decision.dry_run:
        yield _move_entry("dry_run", "DRY RUN: would migrate", decision.move)


def _history(decision: Decision) -> str:
    if len(decision.loads) < 2:
        return decision.sentence
    return f"history {window_progress(decision.loads)} samples."


def _imagining(decision: Decision) -> str:
    return f", with {count(decision.imagined, 'imagined move')} counted in" if decision.imagined else ""


def _candidate(candidate: Candidate) -> Iterator[_Entry]:
    cpu = "CPU unknown" if candidate.cpu_percent is None else f"mean CPU {percent(candidate.cpu_percent)}"
    text = f"Evaluating candidate VM {candidate.vm_name} on {candidate.node_name} ({cpu})..."
    yield "candidate", text, Level.INFO, {"vm": candidate.vm_name, "node": candidate.node_name}
    for verdict in candidate.verdicts:
        if not verdict.ok:
            yield _verdict(verdict, {"vm": candidate.vm_name})
    for trial in candidate.trials:
        yield from _trial(candidate, trial)


def _trial(candidate: Candidate, trial: Trial) -> Iterator[_Entry]:
    data: _Data = {"vm": candidate.vm_name, "to": trial.node_name}
    yield "target", f"  Checking target node {trial.node_name}...", Level.INFO, data
    for verdict in trial.verdicts:
        if verdict.check in _NAMED_CHECKS or not verdict.ok:
            yield _verdict(verdict, data)


def _verdict(verdict: Verdict, data: _Data) -> _Entry:
    name = _NAMED_CHECKS.get(verdict.check, f"{verdict.check[0].upper()}{verdict.check[1:]} Check")
    facts = {**data, "check": verdict.check, "ok": verdict.ok, "value": verdict.value, "limit": verdict.limit}
    return "check", f"    {name}: {'OK' if verdict.ok else 'FAILED'}. {verdict.sentence}", Level.INFO, facts


def _key(finding: Finding) -> tuple[Reason, tuple[str, ...]]:
    return finding.reason, finding.vm_ids


def _signature(finding: Finding) -> Signature:
    """What was tried and which check stopped it, without the numbers and the order, which change with every sample."""
    return frozenset(
        (
            candidate.vm_id,
            candidate.verdicts[-1].check,
            frozenset((trial.node_id, trial.verdicts[-1].check) for trial in candidate.trials),
        )
        for candidate in finding.candidates
    )
