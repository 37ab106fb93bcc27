"""Runs of the quality benchmark: one made-up day, some contenders; in two processes, and always in the same order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from hctui.replay.course import Course, replayed
from hctui.replay.measures import Measures
from tests.benchmarks.quality_contenders import BY_NAME
from tests.benchmarks.quality_load import INTERVAL_SECONDS, Shape, frames

OVERLOAD_PERCENT = 80.0
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Job:
    """A day and who is to live through it, by name."""

    shape: Shape
    seed: int
    contenders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one contender on one day.

    Attributes:
        moved_at: hours after the beginning at which it decided on its moves.
        floor_minutes: overload-minutes that no placement avoids: the cluster as a whole was at 80 % or more.
        cpu_seconds: what it took, the making of the day left out.
    """

    shape: Shape
    seed: int
    contender: str
    measures: Measures
    moved_at: tuple[float, ...]
    floor_minutes: float
    cpu_seconds: float


def done(jobs: Sequence[Job], processes: int = PROCESSES) -> Iterator[Result]:
    """The results, in the order of the jobs."""
    if processes == 1:
        yield from (result for job in jobs for result in _run(job))
        return
    with get_context("spawn").Pool(processes) as pool:
        for results in pool.imap(_run, jobs):
            yield from results


def _run(job: Job) -> list[Result]:
    day = list(frames(job.shape, job.seed))
    begin, floor = day[0].taken_at, 0.0
    for frame in day:
        loads = [node.cpu_percent or 0.0 for node in frame.nodes.values()]
        if sum(loads) / len(loads) >= OVERLOAD_PERCENT:
            floor += INTERVAL_SECONDS / 60.0
    results = []
    for name in job.contenders:
        contender, started = BY_NAME[name], time.process_time()
        with contender.exchange():
            course: Course = replayed(day, contender.policy, is_blind=contender.is_blind)
        spent = time.process_time() - started
        hours = tuple((moved.at - begin) / 3600.0 for moved in course.moves)
        results.append(Result(job.shape, job.seed, name, course.measures, hours, floor, spent))
    return results


def jobs_of(shapes: Iterable[Shape], seeds: Iterable[int], contenders: Iterable[str]) -> list[Job]:
    """Every day of every cluster, each with all contenders."""
    names, numbers = tuple(contenders), tuple(seeds)
    return [Job(shape, seed, names) for shape in shapes for seed in numbers]
