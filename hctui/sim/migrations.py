"""Live migrations: whether one may begin, how it runs, how it ends.

Knows nothing of who wants them; `availability` and the API do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hctui.sim.audit import EndedMigration, MigrationResult
from hctui.sim.inventory import SimNode, SimVm
from hctui.sim.physics import migration_seconds
from hctui.sim.tasks import Task
from hctui.sim.world import PreconditionError, World

QUEUE_SECONDS = 1.0
_REFUSAL_SECONDS = 1.0
_STUCK_CHECK_SECONDS = 10.0


@dataclass(slots=True)
class Migration:
    """One that is under way. `failure` is what its task will say in the end; `""` if it will succeed."""

    vm: SimVm
    source: SimNode
    target: SimNode
    task: Task
    is_foreign: bool
    seconds: float
    failure: str = ""
    failure_parameters: tuple[str, ...] = ()
    is_stuck: bool = False
    stays: bool = False


class Migrations:
    """All migrations of the cluster. Several may run at once, one per VM."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._live: dict[str, Migration] = {}
        self.on_arrival: Callable[[SimVm], None] = lambda vm: None

    def count_on(self, node_id: str) -> int:
        """How many are copying memory from or to the node."""
        return sum(
            migration.task.state == "RUNNING" and node_id in (migration.source.id, migration.target.id)
            for migration in self._live.values()
        )

    def begin(
        self, vm: SimVm, target_id: str, session_id: str = "", *, is_foreign: bool = False
    ) -> Task | None:
        """Accept a migration. `None`: the VM is there already, so there is nothing to do.

        Raises:
            PreconditionError: the VM is not RUNNING or is busy, or there is no such node.
        """
        world = self._world
        target = world.nodes.get(target_id)
        if target is None or vm.state != "RUNNING" or vm.ui_state != "RUNNING":
            raise PreconditionError(f"cannot migrate {vm.name} ({vm.ui_state}) to {target_id!r}")
        if target_id == vm.node_id:
            return None
        source = world.nodes[vm.node_id]
        task = world.tasks.create(
            world.now,
            "Live migrate Virtual Machine %@",
            vm.name,
            object_id=vm.id,
            session_id=session_id,
            node_ids=(source.id, target.id),
        )
        seconds = migration_seconds(vm.memory_bytes, world.settings.bandwidth)
        migration = Migration(vm, source, target, task, is_foreign, seconds)
        self._foresee(migration)
        vm.ui_state, vm.latest_task = "MIGRATING", task
        self._live[vm.id] = migration
        world.after(QUEUE_SECONDS, partial(self._run, migration))
        return task

    def cancel(self, node_id: str) -> None:
        """End in ERROR all that come from or go to a node that has failed."""
        for migration in list(self._live.values()):
            if node_id in (migration.source.id, migration.target.id):
                migration.failure = "Unable to migrate Virtual Machine %@: lost contact with a node"
                migration.failure_parameters = (migration.vm.name,)
                self._end(migration)

    def _foresee(self, migration: Migration) -> None:
        """Decide at the beginning how it will end, and hold RAM on the target if it will copy anything."""
        world, vm, target = self._world, migration.vm, migration.target
        reason = _objection(world, vm, target)
        if reason:
            migration.failure = f"Unable to migrate Virtual Machine %@ to node %@: {reason}"
            migration.failure_parameters = (vm.name, target.lan_ip)
            migration.seconds = _REFUSAL_SECONDS
            return
        vm.incoming_id = target.id
        if migration.is_foreign:
            return
        if error := world.faults.strike("task_error"):
            migration.failure = error.text("message")
            migration.seconds /= 2
        elif world.faults.strike("task_stuck"):
            migration.is_stuck = True
        elif world.faults.strike("task_without_move"):
            migration.stays = True

    def _run(self, migration: Migration) -> None:
        if self._live.get(migration.vm.id) is not migration:
            return
        now = self._world.now
        migration.task.run(now, now + migration.seconds)
        self._world.after(migration.seconds, partial(self._come_to_an_end, migration))

    def _come_to_an_end(self, migration: Migration) -> None:
        if self._live.get(migration.vm.id) is not migration:
            return
        if migration.is_stuck and "task_stuck" in self._world.faults:
            self._world.after(_STUCK_CHECK_SECONDS, partial(self._come_to_an_end, migration))
        else:
            self._end(migration)

    def _end(self, migration: Migration) -> None:
        vm, task, now = migration.vm, migration.task, self._world.now
        del self._live[vm.id]
        vm.incoming_id = ""
        vm.set_state("RUNNING", now=now)
        result: MigrationResult = "COMPLETE"
        if migration.failure:
            task.fail(now, migration.failure, *migration.failure_parameters)
            result = "ERROR"
        else:
            task.complete(now)
            if migration.stays:
                result = "UNMOVED"
            else:
                vm.node_id = vm.last_node_id = migration.target.id
        self._world.audit.migrations.append(
            EndedMigration(
                vm_id=vm.id,
                vm_name=vm.name,
                source_id=migration.source.id,
                target_id=migration.target.id,
                started=task.created,
                ended=now,
                result=result,
                is_foreign=migration.is_foreign,
            )
        )
        if result == "COMPLETE":
            self.on_arrival(vm)


def _objection(world: World, vm: SimVm, target: SimNode) -> str:
    """Why the target cannot take the VM; `""` if it can."""
    if not target.virtualization_online:
        return "the node is not available"
    if not target.accepts_vms:
        return "the node does not accept Virtual Machines"
    if not vm.affinity.permits(target.id):
        return "the affinity strategy forbids it"
    if not world.fits(vm, target):
        return "not enough memory"
    return ""
