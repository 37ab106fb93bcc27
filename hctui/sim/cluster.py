"""A simulated cluster: one object that is advanced in time, asked, and told to do things.

Deterministic: the same scenario, seed and start, and the same writes at the same moments, give the same cluster,
however often it is asked in between. Time is what the caller says it is. Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hctui.sim.access import Access, Session
from hctui.sim.audit import Audit, EndedMigration, Write
from hctui.sim.availability import Availability
from hctui.sim.construction import build_nodes, build_vms
from hctui.sim.fault_effects import FaultEffects
from hctui.sim.fault_table import FAULTS, Kind, Value
from hctui.sim.faults import FaultError, Faults, SetFault
from hctui.sim.inventory import SimNode, SimVm
from hctui.sim.migrations import Migrations
from hctui.sim.noise import identifier
from hctui.sim.power import Power
from hctui.sim.scenario import EventSpec, Scenario, ScenarioError
from hctui.sim.statistics import STEP_SECONDS, Statistics, measure, step_of
from hctui.sim.tasks import Task, Tasks
from hctui.sim.world import PreconditionError, World


class Cluster:
    """The cluster of a scenario, from `start` (Unix seconds) on.

    Attributes:
        scenario: what it was built from.
        faults: which faults are set; may be changed at any time.
        access: accounts and sessions.

    Raises:
        ScenarioError: the scenario's VMs do not fit, or an event names a node, VM or parameter wrongly.
    """

    def __init__(self, scenario: Scenario, *, seed: int = 0, start: float = 0.0) -> None:
        self.scenario = scenario
        self.id = identifier(scenario.name, seed, "cluster")
        nodes = build_nodes(scenario, seed)
        vms = build_vms(scenario, seed, nodes, start)
        self.faults = Faults(self._resolve, self._fault_changed)
        self.world = World(scenario.cluster, seed, start, nodes, vms, self.faults, now=start)
        self.access = Access(scenario.accounts, seed, scenario.cluster.session_idle)
        self.migrations = Migrations(self.world)
        self.power = Power(self.world)
        availability = Availability(self.world, self.migrations, self.power)
        self.migrations.on_arrival = availability.consider_pull
        self._effects = FaultEffects(self.world, self.migrations, availability)
        for index, event in enumerate(scenario.events):
            self._enter(index, event)
        self._run_until(start)
        self.statistics = self._measure(0)

    @property
    def now(self) -> float:
        """The time that has been reached, in Unix seconds."""
        return self.world.now

    @property
    def nodes(self) -> dict[str, SimNode]:
        """The nodes by id."""
        return self.world.nodes

    @property
    def vms(self) -> dict[str, SimVm]:
        """The VMs by id."""
        return self.world.vms

    @property
    def tasks(self) -> Tasks:
        """The tasks that are still remembered."""
        return self.world.tasks

    @property
    def audit(self) -> Audit:
        """What was asked and what came of it."""
        return self.world.audit

    @property
    def writes(self) -> Sequence[Write]:
        """Every request that was to change the cluster, in order."""
        return self.world.audit.writes

    @property
    def ended_migrations(self) -> Sequence[EndedMigration]:
        """Every live migration that has ended, in order."""
        return self.world.audit.migrations

    @property
    def open_sessions(self) -> tuple[Session, ...]:
        """The sessions that are open now."""
        return self.access.open_sessions(self.now)

    def advance(self, now: float) -> None:
        """Let time pass until `now`. A `now` that has been reached already changes nothing."""
        step = step_of(self.world, now)
        if step > self.statistics.step:
            self._run_until(self.world.start + step * STEP_SECONDS)
            self.statistics = self._measure(step)
            self.world.tasks.forget_old(self.now)
        self._run_until(now)

    def node(self, octet: int) -> SimNode:
        """The node whose LAN address ends in this number.

        Raises:
            KeyError: there is none.
        """
        for node in self.nodes.values():
            if node.octet == octet:
                return node
        raise KeyError(octet)

    def vm(self, name: str) -> SimVm:
        """The first VM of this name.

        Raises:
            KeyError: there is none.
        """
        for vm in self.vms.values():
            if vm.name == name:
                return vm
        raise KeyError(name)

    def act(self, action: str, vm_id: str, node_id: str = "", session_id: str = "") -> Task | None:
        """Carry out an action of the API on a VM. `None`: it was accepted, and no task tracks it.

        Raises:
            PreconditionError: the cluster refuses at once.
        """
        vm = self.vms.get(vm_id)
        if vm is None:
            raise PreconditionError(f"there is no VM {vm_id!r}")
        self.world.revision += 1
        if action == "LIVEMIGRATE":
            return self.migrations.begin(vm, node_id, session_id)
        return self.power.act(action, vm, node_id, session_id)

    def _measure(self, step: int) -> Statistics:
        self.world.revision += 1
        return measure(self.world, step, self.migrations.count_on)

    def _run_until(self, until: float) -> None:
        """Let everything happen that is due, each at its own moment."""
        while due := self.world.agenda.take_due(until):
            self.world.now = max(self.now, due[0])
            self.world.revision += 1
            due[1]()
        self.world.now = max(self.now, until)

    def _resolve(self, kind: Kind, value: Value) -> Value:
        return self.world.resolve(kind, value)

    def _fault_changed(self, fault: SetFault, is_set: bool) -> None:
        self._effects.changed(fault, is_set)

    def _enter(self, index: int, event: EventSpec) -> None:
        """Put one event of the scenario on the agenda."""
        given = dict(event.with_)
        target = FAULTS[event.fault].target
        at = self.world.start + event.at
        begin = partial(self.faults.set, event.fault, **given)
        end = partial(self.faults.clear, event.fault, **{k: v for k, v in given.items() if k == target})
        try:
            if event.clear:
                self.faults.checked_target(event.fault, given)
            else:
                self.faults.checked(event.fault, given)
        except FaultError as error:
            raise ScenarioError(f"{self.scenario.name}: events[{index}]: {error}") from error
        self.world.agenda.enter(at, end if event.clear else begin)
        if event.for_ is not None:
            self.world.agenda.enter(at + event.for_, end)
