"""A report as a person reads it in a terminal before going live: plain words, at most 100 columns.

Pure: facts and a time zone in, text out.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from hctui.core.decision import Ending, Outcome, Reason
from hctui.core.migration import Phase
from hctui.core.wording import count, duration, listing, percent
from hctui.journal.facts import BrokenRule, MoveTold, NodeTime, Report, StandDown

WIDTH = 100

_DAY_SECONDS = 86_400.0

_ENDINGS: dict[Phase | None, str] = {
    Phase.INTENT: "Whether it was sent is not known.",
    Phase.REQUESTED: "Under way.",
    Phase.RUNNING: "Under way.",
    Phase.CONFIRMING: "Under way.",
    Phase.DOUBT: "Under way, its state in doubt.",
    Phase.ARRIVED: "Arrived.",
    Phase.NOT_STARTED: "Not started.",
    Phase.FAILED: "Failed.",
    Phase.GIVEN_UP: "Given up.",
    None: "Not sent: it was decided, but no request followed.",
}

_OUTCOMES = {
    Outcome.BLOCKED: "nothing could be done about a rule or an imbalance",
    Outcome.REFUSED: "a move by hand refused",
}

_NO_RULE = "None: wherever a rule was seen broken there was a way out, and nobody was asked in vain."
_NO_IMBALANCE = "None: whenever a node was seen too busy there was a way out, and nobody was asked in vain."

_PROPOSALS = {
    Ending.REJECTED: ("was rejected", "were rejected"),
    Ending.EXPIRED: ("expired without an answer", "expired without an answer"),
    Ending.WITHDRAWN: ("was withdrawn", "were withdrawn"),
    Ending.REPLACED: ("was replaced by another choice", "were replaced by other choices"),
    Ending.APPROVED: ("was approved", "were approved"),
}

_NOT_EXAMINING = (
    Outcome.NO_DATA,
    Outcome.WATCHING,
    Outcome.PAUSED,
    Outcome.STANDING_DOWN,
    Outcome.COOLING_DOWN,
    Outcome.REFUSED,
)


def render(report: Report, zone: tzinfo | None = None) -> str:
    """The report as text with a newline at its end. Times are in `zone`, or in the local one of this machine."""
    times = _Times(zone)
    sections = [
        _head(report, times),
        _section(_moves_title(report), _moves(report, times)),
        _section("Rules that stayed broken", _unresolved(report.broken_rules, _NO_RULE, times)),
        _section("Imbalances that stayed", _unresolved(report.unrelieved, _NO_IMBALANCE, times)),
        _section("Times it stood down", _stand_downs(report, times)),
        _section(f"Load over {_threshold(report)}", _loads(report, times)),
        _section("What this report does not know", _unknowns(report, times)),
    ]
    return "\n\n".join(sections) + "\n"


class _Times:
    """Moments as people read them in one time zone."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def full(self, at: float) -> str:
        """`Mon 2026-11-16 10:40 UTC`."""
        return f"{self._local(at):%a %Y-%m-%d %H:%M %Z}"

    def brief(self, at: float) -> str:
        """`11-16 10:40`."""
        return f"{self._local(at):%m-%d %H:%M}"

    def span(self, from_at: float, until_at: float) -> str:
        """`from 11-16 10:40 to 11-16 11:00`, `at 11-16 10:40`."""
        begin, end = self.brief(from_at), self.brief(until_at)
        return f"at {begin}" if begin == end else f"from {begin} to {end}"

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, tz=UTC).astimezone(self._zone)


def _head(report: Report, times: _Times) -> str:
    coverage = report.coverage
    lines = [
        f"hctui report for {report.cluster_name} (cluster {report.cluster_id})",
        f"{times.full(report.since)} to {times.full(report.until)}, {_length(report.until - report.since)}",
        "",
    ]
    if not report.dry_cycles and not report.live_cycles:
        return "\n".join([*lines, "The journal holds no cycle of this time."])
    lines += _paragraph(_reality(report))
    if coverage.samples:
        every = f", one every {duration(coverage.interval_seconds)}" if coverage.interval_seconds else ""
        lines += _paragraph(
            f"Data for {_length(coverage.seconds)}: {count(coverage.samples, 'sample')}{every}, "
            f"{count(len(coverage.gaps), 'gap')}."
        )
    outcomes = [
        f"{_OUTCOMES.get(tally.outcome, tally.outcome)} {tally.cycles} ({_length(tally.seconds)})"
        for tally in report.cycles
    ]
    total = report.dry_cycles + report.live_cycles
    lines += _paragraph(f"{count(total, 'cycle')}: {', '.join(outcomes)}.")
    return "\n".join(lines)


def _reality(report: Report) -> str:
    if not report.live_cycles:
        return "A dry run all the time: nothing was migrated."
    if not report.dry_cycles:
        return "Live all the time: moves were real."
    return f"Live in {count(report.live_cycles, 'cycle')}, a dry run in {report.dry_cycles}."


def _moves_title(report: Report) -> str:
    if not report.live_cycles:
        return "What it would have done"
    return "What it did, and in the dry run would have done" if report.dry_cycles else "What it did"


def _why(reason: Reason) -> str:
    return reason if reason is Reason.MANUAL else f"for {reason}"


def _moves(report: Report, times: _Times) -> Iterator[str]:
    if not report.moves:
        yield from _paragraph("No move.")
        return
    reasons = Counter(move.reason for move in report.moves)
    summary = listing([f"{number} {_why(reason)}" for reason, number in reasons.most_common()])
    yield from _paragraph(f"{count(len(report.moves), 'move')} decided: {summary}. {_fates(report)}".strip())
    real = [move for move in report.moves if move.phase is Phase.ARRIVED]
    vms = Counter(move.vm_name for move in (real if report.live_cycles else report.moves))
    often = [f"{name} {number} times" for name, number in vms.most_common() if number > 1]
    if often:
        yield from _paragraph(f"Moved more than once: {listing(often)}.")
    for move in report.moves:
        yield from _move(move, times)


def _fates(report: Report) -> str:
    """How many of the moves were real, where some were."""
    if not report.live_cycles:
        return ""
    imagined = sum(move.dry_run for move in report.moves)
    arrived = sum(move.phase is Phase.ARRIVED for move in report.moves)
    rest = len(report.moves) - imagined - arrived
    told = [
        f"{number} {what}"
        for number, what in (
            (arrived, "arrived"),
            (imagined, "only imagined"),
            (rest, "otherwise ended, see below"),
        )
        if number
    ]
    return f"Of these, {listing(told)}."


def _move(move: MoveTold, times: _Times) -> Iterator[str]:
    verb = "would move" if move.dry_run else "move"
    when = times.brief(move.at)
    yield from _paragraph(
        f"{when}  {verb} {move.vm_name} from {move.source_name} to {move.target_name} ({move.reason})",
        hang=13,
    )
    yield from _paragraph(move.sentence, indent=15)
    if not move.dry_run:
        yield from _paragraph(f"{_ENDINGS[move.phase]} {move.note}".strip(), indent=15)


def _unresolved(found: tuple[BrokenRule, ...], nothing: str, times: _Times) -> Iterator[str]:
    if not found:
        yield from _paragraph(nothing)
    for each in found:
        yield from _paragraph(_rule_summary(each, times), hang=2)
        yield from _paragraph(each.sentence, indent=4)


def _rule_summary(rule: BrokenRule, times: _Times) -> str:
    seen = f"seen {times.span(rule.first_at, rule.last_at)}"
    if rule.is_standing:
        fate = "still so at the end"
    elif rule.moved_at is not None:
        fate = f"a move for it was decided at {times.brief(rule.moved_at)}"
    else:
        fate = "no longer so after that"
    return f"{rule.reason}: {'; '.join(_hindrances(rule))}; {seen}, {fate}. The last time:"


def _hindrances(rule: BrokenRule) -> Iterator[str]:
    """What stood in the way, most final first: nothing to be done, nobody who said yes, something else before it."""
    if rule.cycles:
        yield f"no way out in {count(rule.cycles, 'cycle')}"
    if rule.asked_cycles:
        asked = f"{count(rule.asked_cycles, 'cycle')} ({_length(rule.asked_seconds)})"
        yield f"a move for it waited for approval in {asked}{_answers(rule)}"
    if rule.behind_cycles:
        behind = f"{count(rule.behind_cycles, 'cycle')} ({_length(rule.behind_seconds)})"
        yield f"it waited for its turn, behind another proposal, in {behind}"


def _answers(rule: BrokenRule) -> str:
    """`: 1 proposal was rejected and 2 proposals expired`; nothing if none ended."""
    told = [
        f"{count(rule.proposals[ending], 'proposal')} {one if rule.proposals[ending] == 1 else several}"
        for ending, (one, several) in _PROPOSALS.items()
        if ending in rule.proposals
    ]
    return f": {listing(told)}" if told else ""


def _stand_downs(report: Report, times: _Times) -> Iterator[str]:
    if not report.stand_downs:
        yield from _paragraph("Never.")
    if len(report.stand_downs) > 1:
        yield from _paragraph("Several checks may have failed at the same time.")
    for each in report.stand_downs:
        yield from _paragraph(_stand_down_summary(each, times), hang=2)
        yield from _paragraph(each.sentence, indent=4)


def _stand_down_summary(each: StandDown, times: _Times) -> str:
    failed = f"{count(each.times, 'time')}, {_length(each.seconds)} in all"
    span = times.span(each.first_at, each.last_at)
    return f'The check "{each.check}" failed {failed}, {span}. The last time:'


def _loads(report: Report, times: _Times) -> Iterator[str]:
    if not report.nodes:
        yield from _paragraph("There are no samples of this time.")
        return
    width = max(len("node"), *(len(node.name) for node in report.nodes))
    head = ("node", f"above {_threshold(report)}", "highest CPU", "highest RAM")
    yield _row(width, *head)
    for node in report.nodes:
        yield _row(width, *_cells(node, times))


def _cells(node: NodeTime, times: _Times) -> tuple[str, str, str, str]:
    over = _length(node.seconds_over) if node.seconds_over else "never"
    return (
        node.name,
        over if node.highest_cpu_percent is not None else "unknown",
        _highest(node.highest_cpu_percent, node.highest_cpu_at, times),
        _highest(node.highest_mem_percent, node.highest_mem_at, times),
    )


def _highest(value: float | None, at: float | None, times: _Times) -> str:
    return "unknown" if value is None or at is None else f"{percent(value):>7}, {times.brief(at)}"


def _row(width: int, name: str, over: str, cpu: str, mem: str) -> str:
    return f"  {name:<{width}}  {over:<14}  {cpu:<22}  {mem}".rstrip()


def _unknowns(report: Report, times: _Times) -> Iterator[str]:
    for sentence in _limits(report, times):
        yield from _paragraph(f"- {sentence}", hang=2)


def _limits(report: Report, times: _Times) -> Iterator[str]:
    """What a reader might take for granted and must not."""
    coverage = report.coverage
    unknown_seconds = report.until - report.since - coverage.seconds
    if coverage.first_at is not None and unknown_seconds > max(coverage.interval_seconds, 60.0):
        yield (
            f"What happened in the {_length(unknown_seconds)} without data: hctui did not run, or the cluster could "
            f"not be read. The first sample is of {times.brief(coverage.first_at)}."
        )
    if coverage.gaps:
        longest = max(coverage.gaps, key=lambda gap: gap.until_at - gap.from_at)
        yield (
            f"What happened in the gaps; the longest is {_length(longest.until_at - longest.from_at)} from "
            f"{times.brief(longest.from_at)}."
        )
    idle = sum(tally.cycles for tally in report.cycles if tally.outcome in _NOT_EXAMINING)
    if idle:
        total = report.dry_cycles + report.live_cycles
        yield f"Whether rules were kept in {idle} of {count(total, 'cycle')}: those did not get as far as the rules."
    if report.dry_cycles:
        yield (
            "How imagined moves would have ended. The dry run takes each for done at once, with the load its VM had "
            "where it really was; a real one takes time and can fail. The figures above are of the real cluster."
        )
    yield (
        "Peaks between two samples. The load above is of single samples; decisions are made on means over the "
        "window, so a node above the threshold is not always an imbalance."
    )
    yield "What other settings would have led to: it tells of the cycles as they were decided at the time."


def _section(title: str, lines: Iterator[str]) -> str:
    return "\n".join([title, "-" * len(title), *lines])


def _paragraph(text: str, *, indent: int = 2, hang: int = 0) -> list[str]:
    """Lines within the width; the second and later ones are indented by `hang` more."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_on_hyphens=False,
    )


def _threshold(report: Report) -> str:
    return f"{report.cpu_upper_percent:g} %"


def _length(seconds: float) -> str:
    """A duration that may be days: `6 d 22 h`."""
    if seconds < 2 * _DAY_SECONDS:
        return duration(seconds)
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24} h"
