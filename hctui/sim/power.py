"""Starting, stopping and pausing VMs, in simple form.

One table says in which states an action is possible and what it does. Knows nothing of migrations, except that a
VM that is migrating takes no action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from hctui.sim.inventory import SimNode, SimVm, VmState
from hctui.sim.tasks import Task
from hctui.sim.world import PreconditionError, World

_START_SECONDS = 3.0
_STOP_SECONDS = 2.0
_GUEST_SHUTDOWN_SECONDS = 20.0
_SETTLED = ("RUNNING", "BLOCKED", "PAUSED", "SHUTDOWN", "SHUTOFF", "CRASHED")


class Power:
    """The power actions on VMs."""

    def __init__(self, world: World) -> None:
        self._world = world

    def act(self, action: str, vm: SimVm, node_id: str, session_id: str) -> Task | None:
        """Begin an action. `None`: it is not tracked by a task.

        Raises:
            PreconditionError: no such action, or not in this state, or not with this node.
        """
        rule = ACTIONS.get(action)
        if rule is None or vm.state not in rule.allowed or vm.ui_state not in _SETTLED:
            raise PreconditionError(f"{action} of {vm.name} in state {vm.ui_state}")
        if node_id and node_id not in self._world.nodes:
            raise PreconditionError(f"there is no node {node_id!r}")
        return rule.begin(self, vm, node_id, session_id)

    def start(self, vm: SimVm, node_id: str, session_id: str) -> Task:
        """Start it on the node given, or on the one with the most free RAM; resume it where it is if paused.

        Raises:
            PreconditionError: no node can take it.
        """
        if vm.state == "PAUSED":
            return self._settle(vm, "RUNNING", "Start Virtual Machine %@", session_id)
        node = self._place(vm, node_id)
        if node is None:
            raise PreconditionError(f"no node can take {vm.name}")
        task = self._task(vm, "Start Virtual Machine %@", session_id, node.id)
        vm.ui_state, vm.incoming_id, vm.desired = "STARTING", node.id, "RUNNING"
        self._world.after(_START_SECONDS, partial(self._started, vm, node, task))
        return task

    def _place(self, vm: SimVm, node_id: str) -> SimNode | None:
        world = self._world
        if not node_id:
            return world.roomiest(vm)
        node = world.nodes[node_id]
        able = node.accepts_vms and vm.affinity.permits(node.id) and world.fits(vm, node)
        return node if able else None

    def _started(self, vm: SimVm, node: SimNode, task: Task) -> None:
        now = self._world.now
        if vm.incoming_id != node.id:
            return
        vm.incoming_id = ""
        if not node.is_online:
            vm.set_state("CRASHED", now=now)
            task.fail(now, "Unable to start Virtual Machine %@: lost contact with a node", vm.name)
            return
        vm.set_state("RUNNING", now=now)
        vm.node_id = vm.last_node_id = node.id
        vm.booted = now
        task.complete(now)

    def _shutdown(self, vm: SimVm, node_id: str, session_id: str) -> None:
        """Ask the guest; nothing tracks whether it obeys."""
        vm.set_state("SHUTDOWN", now=self._world.now)
        vm.ui_state, vm.desired = "STOPPING", "SHUTOFF"
        self._world.after(_GUEST_SHUTDOWN_SECONDS, partial(self._shut_off_if_stopping, vm))

    def _shut_off_if_stopping(self, vm: SimVm) -> None:
        if vm.state == "SHUTDOWN" and vm.node_id:
            self._shut_off(vm)

    def _shut_off(self, vm: SimVm) -> None:
        vm.set_state("SHUTOFF", now=self._world.now)
        vm.node_id, vm.desired, vm.booted = "", "SHUTOFF", 0.0

    def _stop(self, vm: SimVm, node_id: str, session_id: str) -> Task:
        task = self._task(vm, "Stop Virtual Machine %@", session_id, vm.node_id)
        vm.ui_state = "STOPPING"
        self._world.after(_STOP_SECONDS, partial(self._stopped, vm, task))
        return task

    def _stopped(self, vm: SimVm, task: Task) -> None:
        if vm.node_id:
            self._shut_off(vm)
        task.complete(self._world.now)

    def _pause(self, vm: SimVm, node_id: str, session_id: str) -> Task:
        vm.desired = "PAUSED"
        return self._settle(vm, "PAUSED", "Pause Virtual Machine %@", session_id)

    def _settle(self, vm: SimVm, state: VmState, description: str, session_id: str) -> Task:
        """A change that is over at once."""
        task = self._task(vm, description, session_id, vm.node_id)
        vm.set_state(state, now=self._world.now)
        if state == "RUNNING":
            vm.desired = "RUNNING"
        task.complete(self._world.now)
        return task

    def _reset(self, vm: SimVm, node_id: str, session_id: str) -> Task:
        vm.booted = self._world.now
        return self._settle(vm, "RUNNING", "Reset Virtual Machine %@", session_id)

    def _reboot(self, vm: SimVm, node_id: str, session_id: str) -> None:
        """Ask the guest; it comes back after a while, on the node given if that can take it."""
        self._world.after(_GUEST_SHUTDOWN_SECONDS, partial(self._rebooted, vm, node_id))

    def _rebooted(self, vm: SimVm, node_id: str) -> None:
        if vm.state != "RUNNING" or vm.ui_state != "RUNNING":
            return
        node = self._place(vm, node_id) if node_id and node_id != vm.node_id else None
        if node is not None:
            vm.node_id = vm.last_node_id = node.id
        vm.booted = vm.modified = self._world.now

    def _interrupt(self, vm: SimVm, node_id: str, session_id: str) -> None:
        """A non-maskable interrupt concerns the guest alone."""

    def _task(self, vm: SimVm, description: str, session_id: str, node_id: str) -> Task:
        now = self._world.now
        task = self._world.tasks.create(
            now, description, vm.name, object_id=vm.id, session_id=session_id, node_ids=(node_id,)
        )
        task.run(now, now + _START_SECONDS)
        vm.latest_task = task
        return task


@dataclass(frozen=True, slots=True)
class Action:
    """In which states a VM may be for it, and what it does."""

    allowed: tuple[VmState, ...]
    begin: Callable[[Power, SimVm, str, str], Task | None]


ACTIONS: Mapping[str, Action] = {
    "START": Action(("PAUSED", "SHUTOFF", "CRASHED"), Power.start),
    "SHUTDOWN": Action(("RUNNING",), Power._shutdown),
    "STOP": Action(("RUNNING", "SHUTDOWN", "PAUSED"), Power._stop),
    "PAUSE": Action(("RUNNING",), Power._pause),
    "REBOOT": Action(("RUNNING",), Power._reboot),
    "RESET": Action(("RUNNING", "SHUTDOWN"), Power._reset),
    "NMI": Action(("RUNNING",), Power._interrupt),
}
"""Every action but LIVEMIGRATE."""
