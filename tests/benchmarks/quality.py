"""How well it balances, in figures: `python -m tests.benchmarks.quality`.

Made-up days of 24 hours in virtual time, on clusters of three sizes and two intensities, for twelve seeds:
`documented`, sampling always and blind during cooldowns as the official script is, against `best-fit`, all at the same
thresholds (CPU 80 and 50, RAM 70). Prints mean and standard deviation, what was aimed at and whether it is met; whether
it is silent under constant load; the front of overload against moves, whose dial is the fixed cost per move; and what
each ingredient brings. The formulas are those of `hctui.replay.measures`. Exits with 1 if an aim is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence

from tests.benchmarks import quality_table as tables
from tests.benchmarks.quality_contenders import FRONT, INGREDIENTS, STRATEGIES
from tests.benchmarks.quality_load import Shape
from tests.benchmarks.quality_runs import PROCESSES, Job, Result, done, jobs_of

SIZES = {"3": (3, 36), "4": (4, 60), "8": (8, 120)}
INTENSITIES = (55.0, 62.0)
CONSTANT_PERCENT = (62.0, 75.0)
SEEDS = 12
FEW = 3
PARTS = ("strategies", "constant", "front", "ingredients")


def shapes_of(sizes: Iterable[str], hours: float) -> list[Shape]:
    return [Shape(*SIZES[size], mean, hours) for mean in INTENSITIES for size in sizes]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print all of it. Returns the exit code."""
    asked = _asked(arguments)
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    print(f"python -m tests.benchmarks.quality {' '.join(arguments or sys.argv[1:])}".rstrip())
    print(f"seeds {seeds[0]}-{seeds[-1]}, {asked.hours:g} h each; Python {sys.version.split()[0]}")
    started, spent = time.perf_counter(), 0.0
    aims = tables.Aims()
    for part in asked.parts:
        results = list(done(_jobs(part, asked, seeds), asked.processes))
        spent += sum(each.cpu_seconds for each in results)
        _show(part, results, aims)
    print("\naims\n" + "\n".join(aims.told))
    print(f"\n{time.perf_counter() - started:.0f} s, of which {spent:.0f} s of CPU in replays")
    return int(aims.missed > 0)


def _jobs(part: str, asked: argparse.Namespace, seeds: range) -> list[Job]:
    names = [each.name for each in STRATEGIES]
    one = [Shape(*SIZES["4" if "4" in asked.sizes else asked.sizes[0]], INTENSITIES[-1], asked.hours)]
    if part == "strategies":
        return jobs_of(shapes_of(asked.sizes, asked.hours), seeds, names)
    if part == "constant":
        steady = [
            Shape(*SIZES[size], mean, asked.hours, is_constant=True)
            for mean in CONSTANT_PERCENT
            for size in asked.sizes
        ]
        return jobs_of(steady, seeds[:FEW], ["best-fit"])
    if part == "front":
        return jobs_of(one, seeds, ["documented", *(each.name for each in FRONT)])
    # On the largest cluster, where moves follow each other closely enough for what restrains them to matter.
    largest = [Shape(*SIZES[asked.sizes[-1]], INTENSITIES[-1], asked.hours)]
    return jobs_of(largest, seeds[:FEW], ["documented", "best-fit", *(each.name for each in INGREDIENTS)])


def _show(part: str, results: list[Result], aims: tables.Aims) -> None:
    print(f"\n=== {part}")
    found = tables.grouped(results)
    if part == "constant":
        print("\n".join(tables.silence(aims, name, groups["best-fit"]) for name, groups in found.items()))
        return
    for name, contenders in found.items():
        print(f"\n{name}: {len(next(iter(contenders.values())))} days, mean ± standard deviation")
        print("\n".join(tables.table(contenders)))
        if part == "strategies":
            print(tables.judged(aims, name, contenders, "best-fit"), flush=True)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How well it balances.")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many days")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--sizes", nargs="+", choices=sorted(SIZES), default=sorted(SIZES))
    parser.add_argument("--hours", type=float, default=24.0, help="how long a day is")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--quick", action="store_true", help="three seeds of the smallest cluster")
    asked = parser.parse_args(arguments)
    if asked.quick:
        asked.seeds, asked.sizes = FEW, ["3"]
    return asked


if __name__ == "__main__":
    raise SystemExit(main())
