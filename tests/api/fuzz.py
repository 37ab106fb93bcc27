"""Answers of a cluster with something wrong in them, through client and core: `python -m tests.api.fuzz`.

Valid answers of the simulated cluster are damaged: bytes, types, numbers, sizes, statuses, headers. Each ends as a
snapshot on which the balancer can take a step, or as an error of ours that is fit to be shown; anything else is a
mistake, and its seed and number are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from hctui.api.client import Client
from hctui.api.errors import ClusterUnreachable
from hctui.api.tls import Trust
from hctui.core import balancer
from hctui.core.answers import Accepted
from hctui.core.errors import HctuiError
from hctui.core.model import NodeId, Snapshot, TaskId, VmId
from hctui.core.policy import Mode, Policy
from hctui.core.secret import Secret
from hctui.core.state import State
from hctui.engine.narrative import Narrator
from hctui.sim.server import create_app
from tests.api.mutations import MUTATIONS, Answer
from tests.sim.bench import ADMIN, START, small_cluster

POLICIES = (
    Policy(dry_run=True, window_seconds=60),
    Policy(dry_run=False, window_seconds=60, cpu_upper_percent=20, cpu_lower_percent=15),
    Policy(dry_run=False, window_seconds=60, mode=Mode.APPROVE, cpu_upper_percent=20, cpu_lower_percent=15),
)
PATIENCE_SECONDS = 5.0
MOST_MESSAGE_CHARACTERS = 4000


@dataclass
class Recorder(httpx.AsyncBaseTransport):
    """Keeps the answers of a simulated cluster, by what was asked."""

    inner: httpx.AsyncBaseTransport
    answers: dict[str, Answer] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        body = await response.aread()
        self.answers[call_of(request)] = Answer(response.status_code, dict(response.headers), body)
        return response


class _Body(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> Any:  # noqa: ANN401 - an iterator of bytes
        for begin in range(0, len(self._body), 65536):
            yield self._body[begin : begin + 65536]


@dataclass
class Player(httpx.AsyncBaseTransport):
    """Gives the recorded answers, some of them damaged."""

    recorded: dict[str, Answer]
    damaged: dict[str, Answer]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = call_of(request)
        found = self.damaged.get(call) or self.recorded[call]
        if found.error is not None:
            raise found.error()
        return httpx.Response(found.status, headers=list(found.headers.items()), stream=_Body(found.body))


def call_of(request: httpx.Request) -> str:
    return f"{request.method} {request.url.path}"


@dataclass(frozen=True)
class Situation:
    """A cluster, its recorded answers, what to ask it for, and balancers that have watched it."""

    answers: dict[str, Answer]
    vm: VmId
    task: TaskId
    node: NodeId
    states: tuple[State, ...]


def client_on(transport: httpx.AsyncBaseTransport) -> Client:
    return Client(
        "https://127.0.0.1",
        ADMIN[0],
        Secret(ADMIN[1]),
        Trust(verify=False),
        keepalive_seconds=60,
        transport=transport,
    )


async def situation(*, is_calm: bool) -> Situation:
    """A cluster in which something is to be done, or one with an alert and a migration under way."""
    cluster = small_cluster()
    now = START
    recorder = Recorder(httpx.ASGITransport(create_app(cluster, lambda: now, asyncio.sleep)))
    states = tuple(State() for _ in POLICIES)
    async with client_on(recorder) as client:
        for _ in range(3):
            now += 30
            snapshot = await client.snapshot(now)
            states = tuple(
                balancer.step(state, snapshot, (), policy, now).state
                for state, policy in zip(states, POLICIES, strict=True)
            )
        vm, node = VmId(cluster.vm("web-01").id), NodeId(cluster.node(13).id)
        cluster.faults.set("condition_set", severity="WARNING" if is_calm else "CRITICAL")
        now += 10
        await client.snapshot(now)
        cluster.faults.set("task_stuck")
        accepted = await client.migrate(vm, node)
        assert isinstance(accepted, Accepted)
        assert accepted.task_id
        if not is_calm:
            await client.snapshot(now)
        await client.vm(vm)
        await client.task(accepted.task_id)
        await client.account()
    recorder.answers["GET /rest/v1/ping"] = Answer(200, {}, b"{}")
    return Situation(recorder.answers, vm, accepted.task_id, node, states)


def check_fit_to_be_shown(error: HctuiError) -> None:
    """Raises `AssertionError` where an error is none that people can be shown."""
    told = str(error)
    assert error.title, "no title"
    assert error.detail, "no detail"
    assert error.hint or isinstance(error, ClusterUnreachable), f"no hint: {told}"
    assert told.isprintable(), f"not printable: {told!r}"
    assert len(told) <= MOST_MESSAGE_CHARACTERS, f"{len(told)} characters: {told[:200]}"


def check_steps(snapshot: Snapshot, states: tuple[State, ...]) -> str:
    """Has every balancer take a step; what the last came to."""
    outcome = ""
    for state, policy in zip(states, POLICIES, strict=True):
        step = balancer.step(state, snapshot, (), policy, snapshot.taken_at)
        step = balancer.step(
            step.state, replace(snapshot, taken_at=snapshot.taken_at + 30), (), policy, START + 180
        )
        assert all(line.text.isprintable() for line in Narrator().cycle(step.decision))
        outcome = str(step.decision.outcome)
    return f"snapshot, {outcome}"


async def outcomes(found: Situation, damaged: dict[str, Answer]) -> list[str]:
    """What each thing that can be asked of a client ends in.

    Raises:
        Exception: anything but an error of ours: a mistake.
    """
    ended = []

    async def tried(what: str, asked: Callable[[], Awaitable[object]]) -> object:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                result = await asked()
        except HctuiError as error:
            check_fit_to_be_shown(error)
            ended.append(f"{what}: {type(error).__name__}")
            return None
        if not isinstance(result, Snapshot):
            ended.append(f"{what}: {type(result).__name__}")
        return result

    async with client_on(Player(found.answers, damaged)) as client:
        snapshot = await tried("snapshot", lambda: client.snapshot(START + 150))
        if isinstance(snapshot, Snapshot):
            ended.append(check_steps(snapshot, found.states))
        await tried("vm", lambda: client.vm(found.vm))
        await tried("task", lambda: client.task(found.task))
        await tried("account", client.account)
        await tried("migrate", lambda: client.migrate(found.vm, found.node))
    return ended


def damage(found: Situation, rng: random.Random) -> tuple[dict[str, Answer], list[str]]:
    """Some answers with something wrong in them, and what it is."""
    calls = rng.sample(sorted(found.answers), rng.choice([1, 1, 1, 2, 3, len(found.answers)]))
    damaged, told = {}, []
    for call in calls:
        answer = found.answers[call]
        for _ in range(rng.choice([1, 1, 2])):
            name = rng.choice(list(MUTATIONS))
            answer = MUTATIONS[name](answer, rng)
            told.append(f"{call}: {name}")
        damaged[call] = answer
    return damaged, told


@dataclass
class Result:
    """Of a whole run: how often what came out, and what went wrong."""

    outcomes: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    count: int = 0


async def fuzz(count: int, seed: int, most_mistakes: int = 5) -> Result:
    """So many cases, each of a random generator of its own."""
    situations = [await situation(is_calm=True), await situation(is_calm=False)]
    result = Result()
    for number in range(count):
        rng = random.Random(f"{seed} {number}")  # noqa: S311 - nothing secret
        found = rng.choice(situations)
        damaged, told = damage(found, rng)
        begun = time.perf_counter()
        result.count += 1
        try:
            result.outcomes.update(await outcomes(found, damaged))
        except Exception:
            result.mistakes.append(f"seed {seed}, number {number}: {told}\n{traceback.format_exc()}")
            if len(result.mistakes) == most_mistakes:
                break
        result.slowest_seconds = max(result.slowest_seconds, time.perf_counter() - begun)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description="Damaged answers through client and core.")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    given = parser.parse_args()
    begun = time.perf_counter()
    result = asyncio.run(fuzz(given.count, given.seed))
    seconds = time.perf_counter() - begun
    for outcome, times in sorted(result.outcomes.items()):
        print(f"{times:9}  {outcome}")
    print(
        f"{result.count} cases in {seconds:.0f} s, seed {given.seed}, slowest {result.slowest_seconds:.2f} s."
    )
    for mistake in result.mistakes:
        print(f"\nMISTAKE: {mistake}")
    return 1 if result.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
