"""The tables of the quality benchmark: means and spreads, ratios, and what was aimed at. Formulas of print only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev

from tests.benchmarks.quality_runs import Result

OVERLOAD_AIM = 0.25
MOVES_AIM = 1.2
SILENT_HOURS = 6.0

Figure = Callable[[Result], float]

FIGURES: dict[str, tuple[Figure, str]] = {
    "min >= 80 %": (lambda r: r.measures.overload_minutes, ".0f"),
    "min >= 90 %": (lambda r: r.measures.heavy_overload_minutes, ".0f"),
    "unserved %": (lambda r: r.measures.unserved_percent, ".3f"),
    "moves": (lambda r: float(r.measures.moves), ".1f"),
    "GiB": (lambda r: r.measures.gib_moved, ".0f"),
    "returns": (lambda r: float(r.measures.returns), ".1f"),
    "unhelpful": (lambda r: float(r.measures.unhelpful), ".1f"),
}
"""Each figure of a run, for a day and a cluster, and how it is printed."""

_WIDTH = 17


@dataclass(slots=True)
class Aims:
    """What was aimed at, and what came of it, in the order in which it was judged."""

    told: list[str] = field(default_factory=list)
    missed: int = 0

    def judge(self, is_met: bool, what: str) -> None:
        self.missed += not is_met
        self.told.append(f"  {'met   ' if is_met else 'MISSED'}  {what}")


def grouped(results: Iterable[Result]) -> dict[str, dict[str, list[Result]]]:
    """By cluster, then by contender, both in the order in which they came."""
    groups: dict[str, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        groups[result.shape.name][result.contender].append(result)
    return groups


def table(contenders: dict[str, list[Result]]) -> list[str]:
    """A line for each contender, each figure as mean and standard deviation over the seeds."""
    width = max(len(name) for name in contenders) + 2
    lines = [" " * width + "".join(f"{head:>{_WIDTH}}" for head in FIGURES)]
    for name, results in contenders.items():
        cells = (_cell([figure(each) for each in results], form) for figure, form in FIGURES.values())
        lines.append(f"{name:{width}}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells))
    floor = fmean(each.floor_minutes for each in next(iter(contenders.values())))
    lines.append(f"(no placement avoids {floor:.0f} of these overload-minutes)")
    return lines


def _cell(values: Sequence[float], form: str) -> str:
    spread = stdev(values) if len(values) > 1 else 0.0
    return f"{fmean(values):{form}} ± {spread:{form}}"


def ratio(figure: Figure, these: Sequence[Result], those: Sequence[Result]) -> float:
    """Mean against mean; 1 where both are nothing."""
    upper, lower = fmean(figure(each) for each in these), fmean(figure(each) for each in those)
    if not lower:
        return 1.0 if not upper else float("inf")
    return upper / lower


def judged(
    aims: Aims, name: str, contenders: dict[str, list[Result]], new: str, old: str = "documented"
) -> str:
    """Judge one cluster, and say the two ratios."""
    overload, moves = FIGURES["min >= 80 %"][0], FIGURES["moves"][0]
    less = ratio(overload, contenders[new], contenders[old])
    more = ratio(moves, contenders[new], contenders[old])
    aims.judge(less <= OVERLOAD_AIM, f"{name}: overload x{less:.2f} of {old}, aim x{OVERLOAD_AIM:g}")
    aims.judge(more <= MOVES_AIM, f"{name}: moves x{more:.2f} of {old}, aim x{MOVES_AIM:g}")
    returns = sum(each.measures.returns for each in contenders[new])
    aims.judge(returns == 0, f"{name}: {returns} returns within 2 h, aim 0")
    return f"{new} against {old}: overload x{less:.2f}, moves x{more:.2f}"


def silence(aims: Aims, name: str, results: Sequence[Result]) -> str:
    """Under constant load: when each day had its moves, and whether nothing happened for six hours after the last."""
    days = ["; ".join(f"{hour:.1f}" for hour in each.moved_at) or "never" for each in results]
    silent = min(each.shape.hours - max(each.moved_at, default=0.0) for each in results)
    returns = sum(each.measures.returns for each in results)
    aims.judge(
        silent >= SILENT_HOURS and not returns,
        f"constant {name}: silent for {silent:.1f} h after its last move, aim {SILENT_HOURS:g}; {returns} returns",
    )
    return f"  {name}: moves after so many hours, day by day: {' | '.join(days)}"
