"""Stand-ins for a cluster and a journal, small enough to see through, and one way to run an engine on them.

The cluster moves a VM when it is asked to; what it answers, and how its tasks end, is set by each test. Both write
down in `calls` what they were asked for, in order, so that tests can say what must come before what.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from hctui.api.route import Reach
from hctui.core.answers import Accepted, Answer
from hctui.core.commands import Ordered
from hctui.core.decision import Decision
from hctui.core.errors import HctuiError
from hctui.core.migration import Migration, Phase
from hctui.core.model import NodeId, Snapshot, Task, TaskId, TaskState, Vm, VmId
from hctui.core.policy import Policy
from hctui.core.state import State
from hctui.engine.clock import SteppedClock
from hctui.engine.desk import Desk
from hctui.engine.engine import Engine
from hctui.engine.view import Contact, Line
from tests.core.build import NOW, POLICY, task
from tests.engine.given import settings_of


class Trouble(HctuiError):
    title = "Trouble"


class StandInCluster:
    """Shows `snapshot_now`; a migration it accepts arrives at once, unless `arrives` says otherwise."""

    def __init__(self, snapshot: Snapshot, calls: list[str]) -> None:
        self.current = snapshot
        self.calls = calls
        self.answer: Answer = Accepted(TaskId("7"))
        self.task_state = TaskState.COMPLETE
        self.arrives = True
        self.failing: set[str] = set()
        self.before_read: Callable[[], None] = lambda: None
        self.latency_seconds: float | None = 0.038
        self.reach = Reach()

    async def snapshot(self, taken_at: float) -> Snapshot:
        self._called("snapshot")
        self.before_read()
        return replace(self.current, taken_at=taken_at)

    async def vm(self, vm_id: VmId) -> Vm | None:
        self._called("vm")
        return self.current.vms.get(vm_id)

    async def task(self, task_id: TaskId) -> Task | None:
        self._called("task")
        return task(self.task_state, id=task_id)

    async def migrate(self, vm_id: VmId, target: NodeId) -> Answer:
        self._called("migrate")
        if self.arrives:
            self.place(vm_id, target)
        return self.answer

    def know_nodes(self, lan_ips: tuple[str, ...], cluster_id: str) -> None:
        self.calls.append(f"know_nodes {', '.join(lan_ips)}")

    async def asked(self, name: str) -> None:
        self._called(name)

    def place(self, vm_id: VmId, target: NodeId) -> None:
        vm = replace(self.current.vms[vm_id], node_id=target)
        self.current = replace(self.current, vms={**self.current.vms, vm_id: vm})

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise Trouble(f"{name} failed.")


class StandInMemory:
    """Keeps what it was given; fails where a test says so."""

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls
        self.failing: set[str] = set()
        self.decisions: list[Decision] = []
        self.migrations: list[Migration] = []
        self.forgotten: list[float] = []
        self.old_pieces = 0
        self.orders: list[Ordered] = []
        self.state = State()
        self.before_intent: Callable[[], None] = lambda: None

    async def record_cycle(
        self, snapshot: Snapshot | None, decision: Decision, state: State, orders: Collection[Ordered]
    ) -> None:
        self._called("record_cycle", state)
        self.decisions.append(decision)
        self.orders += orders

    async def save_state(self, state: State, orders: Collection[Ordered]) -> None:
        self._called("save_state", state)
        self.orders += orders

    async def record_intent(self, state: State) -> None:
        assert state.migration is not None
        assert state.migration.phase is Phase.INTENT
        self._called("record_intent", state)
        self.before_intent()

    async def record_migration(self, migration: Migration, state: State) -> None:
        self._called("record_migration", state)
        self.migrations.append(migration)

    async def forget(self, before: float) -> bool:
        self.forgotten.append(before)
        if "forget" in self.failing:
            raise Trouble("forget failed.")
        return len(self.forgotten) < self.old_pieces

    def _called(self, name: str, state: State) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise Trouble(f"{name} failed.")
        self.state = state


@dataclass
class Stage:
    """An engine with its stand-ins, ready to run."""

    cluster: StandInCluster
    memory: StandInMemory
    clock: SteppedClock
    desk: Desk
    engine: Engine
    calls: list[str]
    lines: list[Line]
    hear: Callable[[Line], None] = lambda line: None

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]

    def told(self, part: str) -> bool:
        return any(part in text for text in self.texts)


def stage(snapshot: Snapshot, *, policy: Policy = POLICY, state: State | None = None) -> Stage:
    calls: list[str] = []
    lines: list[Line] = []
    cluster, memory, clock = StandInCluster(snapshot, calls), StandInMemory(calls), SteppedClock(NOW)
    desk = Desk(settings_of(policy), Contact("https://cluster", "TLS pinned"), clock)

    def told(line: Line) -> None:
        lines.append(line)
        desk.log(line)
        made.hear(line)

    engine = Engine(
        cluster=cluster,
        memory=memory,
        clock=clock,
        desk=desk,
        state=state or State(),
        info=snapshot.cluster,
        log=told,
        on_live=lambda: cluster.asked("account"),
    )
    desk.told = told
    made = Stage(cluster, memory, clock, desk, engine, calls, lines)
    return made
