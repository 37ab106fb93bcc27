"""How long one cycle takes, from the snapshot to the decision: `python -m tests.benchmarks.decision`.

Prints median and 95th percentile in milliseconds of CPU time (so that a machine busy with other things does not show)
for clusters of three sizes, in five situations under documented and six under best-fit, and how the median grows from
2,000 VMs to 10,000. Every situation is checked to be what its name says before it is timed. Exits with 1 if an aim is
missed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hctui.core.balancer import Step, step
from hctui.core.decision import Outcome
from hctui.core.model import Node, Snapshot, Vm
from hctui.core.policy import NPlusOne, Policy, Strategy
from hctui.core.state import State
from tests.core.build import DRY, POLICY, cluster, history, node, vm

SIZES = ((8, 200), (16, 2_000), (64, 10_000))
SECONDS_PER_CELL = 2.5
ROUNDS = 300
LIMIT_MS = 2.0
LIMIT_GROWTH = 7.0
BEST_FIT_LIMIT_MS = 10.0
BEST_FIT_LARGE_LIMIT_MS = 1000.0


Build = Callable[[int, int], "Case"]
Cases = dict[str, tuple[Build, Outcome | None]]
"""By name: what builds it from the numbers of nodes and VMs, and what it must come to; `None`: whatever it does."""


@dataclass(frozen=True, slots=True)
class Case:
    """A situation: what is timed is `step` on this snapshot after this state."""

    state: State
    snapshot: Snapshot
    policy: Policy


def nodes_of(number: int, *, first_cpu: float, used_gib: float) -> list[Node]:
    cool = [node(index, cpu=20.0 + index % 20, used_gib=used_gib) for index in range(2, number + 1)]
    return [node(1, cpu=first_cpu, used_gib=used_gib), *cool]


def vms_of(nodes: int, number: int) -> list[Vm]:
    """VMs dealt out node by node; every tenth is kept apart from its neighbour, every fiftieth is pinned."""
    return [_vm(index, nodes) for index in range(number)]


def _vm(index: int, nodes: int) -> Vm:
    words = ["prod"]
    if index % 10 == 0:
        words.append(f"anti_vm-{index + 1:05}")
    if index % 50 == 25:
        words.append(f"node_{101 + index % nodes}")
    name = f"vm-{index:05}"
    return vm(
        name,
        1 + index % nodes,
        mem_gib=2.0 ** (index * 7 % 4 - 5),  # so small that 10,000 of them have room
        cpu=float(index * 37 % 90),
        vcpus=2,
        tags=" ".join(words),
    )


def balanced(nodes: int, number: int) -> Case:
    snapshot = cluster(nodes_of(nodes, first_cpu=60.0, used_gib=50.0), vms_of(nodes, number))
    return Case(State(samples=history(snapshot)), snapshot, POLICY)


def hot_with_fit(nodes: int, number: int) -> Case:
    snapshot = cluster(nodes_of(nodes, first_cpu=90.0, used_gib=50.0), vms_of(nodes, number))
    return Case(State(samples=history(snapshot)), snapshot, POLICY)


def hot_without_fit(nodes: int, number: int) -> Case:
    """Every VM of the hot node fails the RAM check on every other node."""
    snapshot = cluster(nodes_of(nodes, first_cpu=90.0, used_gib=69.99), vms_of(nodes, number))
    return Case(State(samples=history(snapshot)), snapshot, POLICY)


def unfixable_violations(nodes: int, number: int) -> Case:
    """One VM in a hundred names a VM on its own node, and no node has RAM left for either."""
    vms = vms_of(nodes, number)
    for index in range(0, number - nodes, 100):
        vms[index] = replace(vms[index], tags=("prod", f"anti_{vms[index + nodes].name}"))
    snapshot = cluster(nodes_of(nodes, first_cpu=60.0, used_gib=69.99), vms)
    return Case(State(samples=history(snapshot)), snapshot, POLICY)


def dry_run(nodes: int, number: int) -> Case:
    """A hot node after three imagined moves, with the window full again."""
    snapshot = cluster(nodes_of(nodes, first_cpu=99.0, used_gib=50.0), vms_of(nodes, number))
    state = State(samples=history(snapshot))
    for _ in range(3):
        done = step(state, snapshot, (), DRY, snapshot.taken_at)
        assert done.decision.move is not None
        later = replace(snapshot, taken_at=snapshot.taken_at + 600.0)
        state, snapshot = replace(done.state, samples=history(later)), later
    return Case(state, snapshot, DRY)


BEST = replace(POLICY, strategy=Strategy.BEST_FIT, cluster_cooldown_seconds=60.0)
HOUR_OF_POLLS = 120


def best_fit(documented: Build, **changes: Any) -> Build:  # noqa: ANN401 - the fields of Policy
    """The same situation under best-fit, with an hour of history."""

    def build(nodes: int, number: int) -> Case:
        case = documented(nodes, number)
        policy = replace(BEST, **changes)
        return Case(State(samples=history(case.snapshot, HOUR_OF_POLLS)), case.snapshot, policy)

    return build


def hot_after_moves(nodes: int, number: int) -> Case:
    """In the first half of the hour every twentieth VM was on another node, so that loads are rebuilt."""
    case = best_fit(hot_with_fit, move_cost_points=0.0, gib_cost_points=0.0)(nodes, number)
    samples = case.state.samples
    early = {
        vm_id: node(1 + (index + 1) % nodes).id if index % 20 == 0 else place
        for index, (vm_id, place) in enumerate(samples[0].places.items())
    }
    moved = tuple(replace(each, places=early) for each in samples[: HOUR_OF_POLLS // 2])
    return replace(case, state=State(samples=(*moved, *samples[HOUR_OF_POLLS // 2 :])))


CASES: Cases = {
    "balanced": (balanced, Outcome.BALANCED),
    "hot node, a VM fits": (hot_with_fit, Outcome.MOVE),
    "hot node, no VM fits": (hot_without_fit, Outcome.BLOCKED),
    "violations, no fix": (unfixable_violations, Outcome.BLOCKED),
    "dry run, 3 imagined": (dry_run, Outcome.MOVE),
}

BEST_FIT_CASES: Cases = {
    "best-fit: balanced": (best_fit(balanced), Outcome.BALANCED),
    "a VM fits": (best_fit(hot_with_fit, move_cost_points=0.0, gib_cost_points=0.0), Outcome.MOVE),
    "none is worth it": (best_fit(hot_with_fit, move_cost_points=50.0), Outcome.BLOCKED),
    "no VM fits": (best_fit(hot_without_fit, move_cost_points=0.0, gib_cost_points=0.0), Outcome.BLOCKED),
    "after moves": (hot_after_moves, None),
    "N+1 is looked at": (
        best_fit(hot_with_fit, move_cost_points=0.0, gib_cost_points=0.0, n_plus_one=NPlusOne.VETO),
        Outcome.MOVE,
    ),
}


def run(case: Case) -> Step:
    return step(case.state, case.snapshot, (), case.policy, case.snapshot.taken_at)


def timed(case: Case) -> Iterator[float]:
    """Milliseconds of each cycle: so many rounds, or as many as there is time for."""
    end = time.perf_counter() + SECONDS_PER_CELL
    for _ in range(ROUNDS):
        begin = time.process_time()
        run(case)
        yield 1000.0 * (time.process_time() - begin)
        if time.perf_counter() > end:
            return


def main() -> int:
    """Print the table. Returns the exit code."""
    print(f"one cycle, milliseconds of CPU time: median (95th percentile); Python {sys.version.split()[0]}")
    heads = [f"{nodes} x {number:,}" for nodes, number in SIZES]
    print(f"{'':22}" + "".join(f"{head:>20}" for head in heads) + f"{'growth':>10}")
    missed = _table(CASES, LIMIT_MS, LIMIT_GROWTH, None)
    missed |= _table(BEST_FIT_CASES, BEST_FIT_LIMIT_MS, None, BEST_FIT_LARGE_LIMIT_MS)
    print(
        f"aims: under {LIMIT_MS:g} ms at 8 x 200, growth at most {LIMIT_GROWTH:g}x; best-fit under "
        f"{BEST_FIT_LIMIT_MS:g} ms, and under {BEST_FIT_LARGE_LIMIT_MS:,.0f} ms at 64 x 10,000: "
        f"{'missed' if missed else 'met'}"
    )
    return int(missed)


def _table(
    cases: Cases,
    limit_ms: float,
    limit_growth: float | None,
    large_limit_ms: float | None,
) -> bool:
    """Print the rows; whether an aim is missed."""
    missed = False
    for name, (build, expected) in cases.items():
        medians, cells = [], []
        for nodes, number in SIZES:
            case = build(nodes, number)
            outcome = run(case).decision.outcome
            assert expected in (None, outcome), f"{name} at {nodes} x {number} came to {outcome}"
            times = sorted(timed(case))
            medians.append(statistics.median(times))
            cells.append(f"{medians[-1]:.2f} ({times[int(0.95 * (len(times) - 1))]:.2f})")
        growth = medians[2] / medians[1]
        missed |= medians[0] >= limit_ms or (limit_growth is not None and growth > limit_growth)
        missed |= large_limit_ms is not None and medians[2] >= large_limit_ms
        print(f"{name:22}" + "".join(f"{cell:>20}" for cell in cells) + f"{growth:>9.1f}x", flush=True)
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
