"""What the console costs, in one run on this machine: `python -m tests.benchmarks.console`.

Every figure is taken from processes in real pseudo-terminals (see `console_subject`), so drawing is part of it:
120 x 40, for the large cluster 200 x 50. Prints a table of figures, aims, and whether each is met; exits with 1 if one
is not. Linux only: it reads /proc.

A machine that has other things to do shows in all figures but memory and bytes. So the load is printed with them, and
beside the longest block of the loop the CPU time that the console itself spent in it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks import console_measures as measures
from tests.benchmarks.console_start import Start
from tests.benchmarks.console_start import measure as measure_start
from tests.benchmarks.console_world import LARGE, SMALL

Milliseconds = list[float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. Without an aim it is there to compare with."""

    what: str
    measured: str
    aim: str = ""
    met: bool = True

    def __str__(self) -> str:
        verdict = ("met" if self.met else "MISSED") if self.aim else ""
        return f"{self.what:66} {self.measured:>24}  {self.aim:18} {verdict}".rstrip()


def start_figures(found: Start) -> Iterator[Figure]:
    """The first paint."""
    yield Figure("first frame, an empty Textual application", f"{found.empty_seconds * 1000:.0f} ms")
    yield Figure("first frame, the console", f"{found.console_seconds * 1000:.0f} ms")
    yield Figure("  ratio", f"{found.ratio:.2f}", "at most 1.5", found.ratio <= 1.5)
    modules = f"{found.console_modules} against {found.empty_modules}"
    yield Figure("  modules imported up to then", modules)
    named = ", ".join(found.heavy) or "none"
    yield Figure("  of them httpx, sqlite3 and their like", named, "none", not found.heavy)


def idle_figures(console: measures.Idle, empty: measures.Idle) -> Iterator[Figure]:
    """The price of being watched."""
    share = console.cpu_percent
    yield Figure(
        f"CPU of an idle console, {SMALL}, ten timers",
        f"{share:.2f} % of a core",
        "under 1 %",
        share < 1.0,
    )
    yield Figure("  of an empty Textual application", f"{empty.cpu_percent:.2f} % of a core")
    rate = console.bytes_per_second
    yield Figure("  written to the terminal", f"{rate:.0f} bytes/s", "under 1,000", rate < 1000)


def refresh_figures(found: measures.Refreshes) -> Iterator[Figure]:
    """How long a refresh keeps everything else waiting."""
    for situation, blocks in found.items():
        walls = [block["wall_ms"] for block in blocks]
        name = f"loop blocked by a refresh of {LARGE}, {situation}"
        yield Figure(name, spread(walls), "max under 50 ms", max(walls) < 50.0)
        yield Figure("  CPU time of that", spread([block["cpu_ms"] for block in blocks]))
        yield Figure("  painting alone, without drawing", spread([block["paint_ms"] for block in blocks]))


def key_figures(latencies: Milliseconds) -> Iterator[Figure]:
    """How soon a key shows while refreshes come ten times a second."""
    slow = percentile(latencies, 0.95)
    yield Figure("key to repaint, a refresh every 100 ms", spread(latencies), "p95 under 50 ms", slow < 50.0)


def memory_figures(found: measures.Memory) -> Iterator[Figure]:
    """Whether it grows."""
    growth = 100.0 * (found.end_bytes / found.base_bytes - 1.0)
    name = f"memory after {found.end_refreshes:,} refreshes against {found.base_refreshes:,}"
    sizes = f"{found.end_bytes / 2**20:.1f} / {found.base_bytes / 2**20:.1f} MiB"
    yield Figure(name, sizes)
    yield Figure("  growth", f"{growth:+.1f} %", "within 5 %", abs(growth) <= 5.0)
    yield Figure("  objects", f"{found.end_objects:,} / {found.base_objects:,}")
    if growth > 5.0:
        for kind, base, end in found.grown:
            yield Figure(f"    {kind}", f"{end:,} / {base:,}")


def spread(values: Milliseconds) -> str:
    """`12.1 / 14.0 / 19.3 ms`: median, 95th percentile, largest."""
    return f"{statistics.median(values):.1f} / {percentile(values, 0.95):.1f} / {max(values):.1f} ms"


def percentile(values: Milliseconds, share: float) -> float:
    """The value that so large a share of the others does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main(arguments: list[str]) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.console", description="What the console costs."
    )
    parser.add_argument("--starts", type=int, default=11, help="starts of each application")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the idle console is watched")
    parser.add_argument("--refreshes", type=int, default=50, help="refreshes in each situation")
    parser.add_argument("--presses", type=int, default=200, help="keys pressed")
    parser.add_argument(
        "--soak", type=int, default=3000, help="refreshes before memory is read for the second time"
    )
    parser.add_argument(
        "--only", choices=SECTIONS, nargs="+", default=list(SECTIONS), help="these figures only"
    )
    asked = parser.parse_args(arguments)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    print(f"{'':66} {'median / p95 / max':>24}  {'aim':18}")
    missed = False
    for section in asked.only:
        for figure in SECTIONS[section](asked):
            missed |= not figure.met
            print(figure, flush=True)
    print(f"load {os.getloadavg()[0]:.1f} after")
    return int(missed)


def _idle(asked: argparse.Namespace) -> Iterator[Figure]:
    console, empty = measures.idle(asked.seconds)
    return idle_figures(console, empty)


SECTIONS: dict[str, Callable[[argparse.Namespace], Iterator[Figure]]] = {
    "start": lambda asked: start_figures(measure_start(asked.starts)),
    "idle": _idle,
    "refresh": lambda asked: refresh_figures(measures.refreshes(asked.refreshes)),
    "keys": lambda asked: key_figures(measures.keys(asked.presses)),
    "memory": lambda asked: memory_figures(measures.memory(asked.soak)),
}

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
