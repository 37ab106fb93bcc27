"""A report as a person reads it in a terminal before going live: plain words, in lines that fit.

Pure: facts and a time zone in, text out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import tzinfo

from hctui.core.decision import Outcome, Reason
from hctui.core.migration import Phase
from hctui.core.wording import count, duration, listing, percent
from hctui.core.wrapping import WIDEST, Block, indented, wrapped
from hctui.journal.facts import MoveTold, NodeTime, Report, StandDown
from hctui.journal.report_words import DAY_SECONDS, Times, ending, length
from hctui.journal.unresolved_text import NO_IMBALANCE, NO_RULE, unresolved

_Part = Block | str

MOST_ORDERS = 50
"""So many are told, the latest; an export of the history has all of them."""

_OUTCOMES = {
    Outcome.BLOCKED: "nothing could be done about a rule or an imbalance",
    Outcome.REFUSED: "a move by hand refused",
}

_NOT_EXAMINING = (
    Outcome.NO_DATA,
    Outcome.WATCHING,
    Outcome.PAUSED,
    Outcome.STANDING_DOWN,
    Outcome.COOLING_DOWN,
    Outcome.BUDGET_SPENT,
    Outcome.OFF_HOURS,
    Outcome.REFUSED,
)


def render(report: Report, zone: tzinfo | None = None, width: int | None = WIDEST) -> str:
    """The report as text with a newline at its end.

    Args:
        report: the facts.
        zone: of the times; that of this machine if not given.
        width: the columns that lines may take, at most 100; `None`: lines are not wrapped.
    """
    times = Times(zone)
    sections = [
        _head(report, times),
        _section(_moves_title(report), _moves(report, times)),
        _section("Rules that stayed broken", unresolved(report.broken_rules, NO_RULE, times)),
        _section("Imbalances that stayed", unresolved(report.unrelieved, NO_IMBALANCE, times)),
        _section("Times it stood down", _stand_downs(report, times)),
        _section("What was ordered", _orders(report, times)),
        _section(f"Load over {_threshold(report)}", _loads(report, times)),
        _section("What this report does not know", _unknowns(report, times)),
    ]
    return "\n\n".join("\n".join(wrapped(section, width)) for section in sections) + "\n"


def _head(report: Report, times: Times) -> Iterator[_Part]:
    coverage, seconds = report.coverage, report.until - report.since
    yield indented(f"hctui report for {report.cluster_name} (cluster {report.cluster_id})", hang=2)
    yield indented(f"{times.full(report.since)} to {times.full(report.until)}, {length(seconds)}", hang=2)
    yield ""
    if not report.dry_cycles and not report.live_cycles:
        yield "The journal holds no cycle of this time."
        return
    yield _block(_reality(report))
    if coverage.samples:
        every = f", one every {duration(coverage.interval_seconds)}" if coverage.interval_seconds else ""
        yield _block(
            f"Data for {length(coverage.seconds)}: {count(coverage.samples, 'sample')}{every}, "
            f"{count(len(coverage.gaps), 'gap')}."
        )
    if coverage.seconds < DAY_SECONDS <= seconds:
        yield _block("This is less than a day of data: it says nothing of the hours that are missing.")
    outcomes = [
        f"{_OUTCOMES.get(tally.outcome, tally.outcome)} {tally.cycles} ({length(tally.seconds)})"
        for tally in report.cycles
    ]
    total = report.dry_cycles + report.live_cycles
    yield _block(f"{count(total, 'cycle')}: {', '.join(outcomes)}.")


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


def _moves(report: Report, times: Times) -> Iterator[_Part]:
    if not report.moves:
        yield _block("No move.")
        return
    reasons = Counter(move.reason for move in report.moves)
    summary = listing([f"{number} {_why(reason)}" for reason, number in reasons.most_common()])
    yield _block(f"{count(len(report.moves), 'move')} decided: {summary}. {_fates(report)}".strip())
    real = [move for move in report.moves if move.phase is Phase.ARRIVED]
    vms = Counter(move.vm_name for move in (real if report.live_cycles else report.moves))
    often = [f"{name} {number} times" for name, number in vms.most_common() if number > 1]
    if often:
        yield _block(f"Moved more than once: {listing(often)}.")
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


def _move(move: MoveTold, times: Times) -> Iterator[_Part]:
    verb = "would move" if move.dry_run else "move"
    when = times.brief(move.at)
    yield _block(
        f"{when}  {verb} {move.vm_name} from {move.source_name} to {move.target_name} ({move.reason})",
        hang=13,
    )
    yield _block(move.sentence, indent=15)
    if not move.dry_run:
        yield _block(ending(move), indent=15)


def _stand_downs(report: Report, times: Times) -> Iterator[_Part]:
    if not report.stand_downs:
        yield _block("Never.")
    if len(report.stand_downs) > 1:
        yield _block("Several checks may have failed at the same time.")
    for each in report.stand_downs:
        yield _block(_stand_down_summary(each, times), hang=2)
        yield _block(each.sentence, indent=4)


def _stand_down_summary(each: StandDown, times: Times) -> str:
    failed = f"{count(each.times, 'time')}, {length(each.seconds)} in all"
    span = times.span(each.first_at, each.last_at)
    return f'The check "{each.check}" failed {failed}, {span}. The last time:'


def _orders(report: Report, times: Times) -> Iterator[_Part]:
    """Who told it what, the latest of it where that is much."""
    if not report.orders:
        yield _block("Nothing.")
        return
    told = report.orders[-MOST_ORDERS:]
    latest = "" if told == report.orders else f" The latest {len(told)}:"
    yield _block(f"{count(len(report.orders), 'order')}.{latest}")
    for each in told:
        yield _block(f"{times.brief(each.at)}  {each.who}: {each.what}", hang=13)


def _loads(report: Report, times: Times) -> Iterator[_Part]:
    if not report.nodes:
        yield _block("There are no samples of this time.")
        return
    width = max(len("node"), *(len(node.name) for node in report.nodes))
    head = ("node", f"above {_threshold(report)}", "highest CPU", "highest RAM")
    yield _row(width, *head)
    for node in report.nodes:
        yield _row(width, *_cells(node, times))


def _cells(node: NodeTime, times: Times) -> tuple[str, str, str, str]:
    over = length(node.seconds_over) if node.seconds_over else "never"
    return (
        node.name,
        over if node.highest_cpu_percent is not None else "unknown",
        _highest(node.highest_cpu_percent, node.highest_cpu_at, times),
        _highest(node.highest_mem_percent, node.highest_mem_at, times),
    )


def _highest(value: float | None, at: float | None, times: Times) -> str:
    return "unknown" if value is None or at is None else f"{percent(value):>7}, {times.brief(at)}"


def _row(width: int, name: str, over: str, cpu: str, mem: str) -> str:
    return f"  {name:<{width}}  {over:<14}  {cpu:<22}  {mem}".rstrip()


def _unknowns(report: Report, times: Times) -> Iterator[_Part]:
    for sentence in _limits(report, times):
        yield _block(f"- {sentence}", hang=2)


def _limits(report: Report, times: Times) -> Iterator[_Part]:
    """What a reader might take for granted and must not."""
    coverage = report.coverage
    unknown_seconds = report.until - report.since - coverage.seconds
    if coverage.first_at is not None and unknown_seconds > max(coverage.interval_seconds, 60.0):
        yield (
            f"What happened in the {length(unknown_seconds)} without data: hctui did not run, or the cluster could "
            f"not be read. The first sample is of {times.brief(coverage.first_at)}."
        )
    if coverage.gaps:
        longest = max(coverage.gaps, key=lambda gap: gap.until_at - gap.from_at)
        yield (
            f"What happened in the gaps; the longest is {length(longest.until_at - longest.from_at)} from "
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


def _section(title: str, parts: Iterable[_Part]) -> Iterable[_Part]:
    return (title, "-" * len(title), *parts)


def _block(text: str, *, indent: int = 2, hang: int = 0) -> Block:
    return indented(text, indent, hang)


def _threshold(report: Report) -> str:
    return f"{report.cpu_upper_percent:g} %"
