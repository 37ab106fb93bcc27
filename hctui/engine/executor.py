"""The only place from which anything on the cluster is changed.

The order is fixed: look again at fresh data, check the move once more, write the intent to the journal, then send one
request. If any of these fails, nothing is sent; once it is sent it is never repeated. The switch `dry_run` is tested
here again, whatever was decided before, and so is whether anybody has said otherwise meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from hctui.api.route import Reach
from hctui.core import balancer
from hctui.core.answers import Answer, NotSent
from hctui.core.commands import Ordered
from hctui.core.decision import Decision, Move
from hctui.core.migration import Migration
from hctui.core.model import NodeId, Snapshot, Task, TaskId, Vm, VmId
from hctui.core.policy import Policy
from hctui.core.state import State
from hctui.engine.clock import Clock


class Cluster(Protocol):
    """What the engine needs of a cluster; `hctui.api.Client` is one."""

    @property
    def latency_seconds(self) -> float | None:
        """How long the last snapshot took, in real time."""
        ...

    @property
    def reach(self) -> Reach:
        """Which address is used and why."""
        ...

    async def snapshot(self, taken_at: float) -> Snapshot:
        """Read everything."""
        ...

    async def vm(self, vm_id: VmId) -> Vm | None:
        """Read one VM; `None` if it does not exist."""
        ...

    async def task(self, task_id: TaskId) -> Task | None:
        """Read one task; `None` if the cluster does not know it."""
        ...

    async def migrate(self, vm_id: VmId, target: NodeId) -> Answer:
        """Ask for one live migration, once."""
        ...


class Memory(Protocol):
    """What the engine needs of a journal; `hctui.journal.Journal` is one. All raise a `HctuiError` on failure."""

    async def record_cycle(
        self, snapshot: Snapshot | None, decision: Decision, state: State, orders: Collection[Ordered]
    ) -> None:
        """Put a cycle on disk: its sample, its decision, the state after it, and what had been ordered."""
        ...

    async def save_state(self, state: State, orders: Collection[Ordered]) -> None:
        """Put the state on disk, and what had been ordered."""
        ...

    async def record_intent(self, state: State) -> None:
        """Put the migration in `state` on disk before its request is sent."""
        ...

    async def record_migration(self, migration: Migration, state: State) -> None:
        """Put on disk what became of a migration."""
        ...

    async def forget(self, before: float) -> bool:
        """Delete some of what was recorded before that moment; whether there is more."""
        ...


@dataclass(frozen=True, slots=True)
class NotDone:
    """A move that was not sent, and why; with the state as the last look at the cluster left it."""

    state: State
    sentence: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A move whose one request was made: the state after it, the migration, and the answer."""

    state: State
    migration: Migration
    answer: Answer


class Executor:
    """Carries moves out. One at a time: the caller awaits each.

    `read` gives a fresh snapshot of the right cluster. `unwanted` says in a sentence why nothing may be sent any more
    (somebody wants to stop, or has given another command), or nothing; it is asked at the very last moments.
    """

    def __init__(
        self,
        cluster: Cluster,
        memory: Memory,
        clock: Clock,
        read: Callable[[], Awaitable[Snapshot]],
        unwanted: Callable[[], str],
    ) -> None:
        self._cluster = cluster
        self._memory = memory
        self._clock = clock
        self._read = read
        self._unwanted = unwanted

    async def send(self, state: State, move: Move, policy: Policy, migration_id: str) -> Sent | NotDone:
        """Check a move on fresh data and ask the cluster for it.

        Raises `HctuiError` only where nothing was requested: when the cluster cannot be read, or the journal not be
        written.
        """
        if policy.dry_run:
            return NotDone(state, "This is a dry run.")
        snapshot = await self._read()
        state, objection = balancer.recheck(state, snapshot, move, policy, self._clock.now())
        told = objection.sentence if objection else self._unwanted()
        if told:
            return NotDone(state, told)
        intended = balancer.begun(state, move, migration_id, self._clock.now())
        await self._memory.record_intent(intended)
        if told := self._unwanted():  # writing may have taken a while
            state, migration = balancer.answered(intended, NotSent(told), self._clock.now())
            await self._memory.record_migration(migration, state)
            return NotDone(state, told)
        # If this is cancelled, nobody learns the answer: the intent on disk makes the next start look at the VM.
        answer = await self._cluster.migrate(move.vm_id, move.target)
        return Sent(*balancer.answered(intended, answer, self._clock.now()), answer)
