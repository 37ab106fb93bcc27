"""The machine that hypothesis drives: orders, settings, faults, load, time and ends of the process, in any order."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hctui.api.errors import LoginRefused
from hctui.core.by_hand import last_move
from hctui.core.commands import Approve, Choose, MoveVm, Pause, Reject, Resume
from hctui.core.decision import Outcome
from hctui.core.model import NodeId, VmId
from hctui.core.policy import Mode, Policy
from hctui.engine.commands import ChangeSettings
from hctui.journal.errors import JournalError
from hctui.journal.file import JournalFile
from hctui.sim import Cluster
from hctui.sim.scenario import Scenario, parse_scenario
from tests.stateful.judge import Judge
from tests.stateful.process import End, HeldClock, Process

START = 1_767_600_000.0
MINUTE = 60.0
SCENARIO: Scenario = parse_scenario((Path(__file__).parent / "cluster.toml").read_text(), "stateful")
OCTETS = (11, 12, 13)
NAMES = ("web-1", "web-2", "web-3", "web-4", "db-1", "db-2", "pinned-1", "still-1", "big-1", "strict-1")

BRISK = Policy(
    dry_run=False,
    interval_seconds=60.0,
    window_seconds=120.0,
    cluster_cooldown_seconds=120.0,
    vm_cooldown_seconds=600.0,
    recovery_cooldown_seconds=300.0,
    migration_limit_seconds=1200.0,
    return_ban_seconds=1800.0,
    failure_pause_seconds=1800.0,
)

SETTINGS: tuple[tuple[str, str], ...] = (
    ("dry_run", "true"),
    ("dry_run", "false"),
    ("dry_run", "false"),
    ("mode", "approve"),
    ("mode", "auto"),
    ("ram_limit_percent", "50"),
    ("ram_limit_percent", "70"),
    ("migration_cooldown_minutes", "10"),
    ("migration_cooldown_minutes", "0"),
    ("vm_move_cooldown_minutes", "1"),
    ("vm_move_cooldown_minutes", "30"),
    ("return_ban_minutes", "0"),
    ("most_moves_per_hour", "1"),
    ("most_moves_per_hour", "2"),
    ("most_moves_per_hour", "12"),
    ("never", "daily 00:00-24:00"),
    ("never", ""),
    ("exclude_node_ips", "127.0.0.12"),
    ("exclude_node_ips", ""),
    ("stand_down_severity", "never"),
    ("cpu_upper_threshold_percent", "60"),
    ("sample_interval_seconds", "30"),
)

FAULTS: tuple[tuple[str, Mapping[str, str | int | float]], ...] = (
    ("session_expired", {"times": 1}),
    ("session_expired", {"status": 503, "times": 2}),
    ("session_expired", {"path": "/VirDomain/action", "times": 1}),
    ("forbidden", {"path": "/Condition/filter"}),
    ("forbidden", {"path": "/VirDomain"}),
    ("action_refused", {"times": 1}),
    ("action_refused", {}),
    ("bad_request", {"times": 1}),
    ("proxy_error", {}),
    ("proxy_error", {"path": "/TaskTag/*"}),
    ("proxy_error", {"path": "/VirDomain/action", "times": 1}),
    ("connection_dropped", {"path": "/VirDomain"}),
    ("connection_dropped", {"path": "/VirDomain/action", "times": 2}),
    ("connection_dropped", {"times": 3}),
    ("answer_lost", {}),
    ("answer_lost", {"times": 2}),
    ("task_tag_empty", {"times": 1}),
    ("task_vanishes", {}),
    ("task_uninitialized", {"times": 3}),
    ("task_error", {"times": 1}),
    ("task_error", {}),
    ("task_stuck", {}),
    ("task_without_move", {"times": 1}),
    ("task_without_move", {}),
    *(("node_offline", {"node": octet}) for octet in OCTETS),
    ("node_unknown", {"node": 13}),
    ("node_evacuated", {"node": 12}),
    ("node_disallowed", {"node": 13}),
    ("node_witness", {"node": 13}),
    ("node_cpu_missing", {"node": 11}),
    ("vm_cpu_missing", {"vm": "web-1"}),
    ("vm_stats_missing", {"vm": "web-2"}),
    ("duplicate_name", {"vm": "web-3", "like": "db-2"}),
    ("own_name_tag", {"vm": "web-1"}),
    ("tags_null", {"vm": "db-1"}),
    ("update_running", {}),
    ("update_status_unreadable", {}),
    ("condition_set", {}),
)

LOADS: tuple[tuple[str, float], ...] = (
    ("web-*", 0.3),
    ("web-*", 1.5),
    ("db-*", 4.0),
    ("*-1", 3.0),
    ("big-*", 8.0),
)

DEAFENING = ("session_expired", "proxy_error", "connection_dropped")

_then = st.sampled_from((0.0, 0.0, 7.0, MINUTE, MINUTE, 2 * MINUTE))
_ends = st.sampled_from((*End, End.AFTER_WRITE, End.BEFORE_WRITE))
_names, _octets = st.sampled_from(NAMES), st.sampled_from(OCTETS)

STEPS: Counter[str] = Counter()
"""What all machines of this process have done, for the command that runs many."""


def _told(judge: Judge, clock: HeldClock) -> dict[str, Callable[..., Any]]:
    """In place of what a journal file writes: the same, told to the judge, on a disk that may not play along."""

    def on(method: Callable[..., Any], tell: Callable[..., None]) -> Callable[..., Any]:
        @wraps(method)
        def write(file: JournalFile, *given: Any) -> Any:  # noqa: ANN401 - whatever the method takes
            if judge.disk == "full":
                raise JournalError("The disk is full.")
            done = method(file, *given)
            tell(*given)
            if judge.disk == "late":
                raise JournalError("The disk has taken too long.")
            return done

        return write

    def saw_migration(migration: Any, state: Any) -> None:  # noqa: ANN401 - as the method
        judge.saw_migration(migration, clock.now())
        judge.saw_state(state)

    tellers: dict[str, Callable[..., None]] = {
        "record_cycle": lambda snapshot, decision, state, orders: judge.saw_cycle(
            snapshot, decision, state, clock.now()
        ),
        "save_state": lambda state, orders=(): judge.saw_state(state),
        "record_migration": saw_migration,
    }
    return {name: on(getattr(JournalFile, name), tell) for name, tell in tellers.items()}


class Machine(RuleBasedStateMachine):
    """A cluster and the processes that balance it. `file` is the policy of the settings file."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="state_"))
        self.runner = asyncio.Runner()
        self.cluster = Cluster(SCENARIO, seed=7, start=START)
        self.judge = Judge(self.cluster)
        self.file = BRISK
        self.process: Process | None = None
        self.left_open = 0
        self.clock = self.runner.run(self._made_clock())
        self.patches = [
            patch.object(JournalFile, name, write) for name, write in _told(self.judge, self.clock).items()
        ]
        for each in self.patches:
            each.start()

    async def _made_clock(self) -> HeldClock:
        return HeldClock(START)

    # The process

    @initialize(dry_run=st.sampled_from((False, False, False, True)), mode=st.sampled_from(Mode))
    def begin(self, dry_run: bool, mode: Mode) -> None:
        """The first process, with a settings file."""
        self.file = Policy(**{**_fields(BRISK), "dry_run": dry_run, "mode": mode})
        (self.folder / "0").mkdir(mode=0o700)
        self._start(self.folder / "0")

    def _start(self, folder: Path) -> None:
        judge, clock = self.judge, self.clock

        async def started() -> Process:
            process = Process(
                self.cluster,
                clock,
                folder,
                self.file,
                lambda request: judge.judge(request, process.desk.view, folder, clock.now()),
                lambda path: judge.saw_read(path, clock.now()),
                judge.saw_view,
            )
            return process

        # A person's dry run outlives the process, a switch to live does not.
        judge.person.dry_run = judge.person.dry_run or None
        self.process = self.runner.run(started())
        self._settle()

    def _settle(self) -> None:
        """Let the process do what is to be done now, and take note if that was its end."""
        process = self.process
        if process is None:
            return
        self.runner.run(process.settle())
        if process.wire.died.is_set():
            self._killed()
        elif process.task.done():
            self._judge_end(process)
            self.process, self.folder_now = None, process.folder
        if not process.desk.is_stirred:
            self.judge.person.moves.clear()
            self.judge.person.approved.clear()
            self._check_orders(process)

    def _judge_end(self, process: Process) -> None:
        """A process ends by itself only where it says why, and there is something to say."""
        error = process.task.exception()
        refused = isinstance(error, LoginRefused) and process.desk.view.cluster is None
        disk = isinstance(error, JournalError) and self.judge.disk != "ok"
        if not (refused or disk):
            self.judge.wrong.append(f"The process has ended: {error!r}")

    def _check_orders(self, process: Process) -> None:
        """What people ordered holds, as soon as the cluster has answered."""
        person, view = self.judge.person, process.desk.view
        if view.cluster is None or process.is_over:
            return
        by_person = view.state.paused and view.state.failure_pause_at is None
        if person.paused is None:
            person.paused = by_person
        if by_person != person.paused:
            self.judge.wrong.append(f"A person says paused: {person.paused}; it is: {by_person}.")
        wanted = self.file.dry_run if person.dry_run is None else person.dry_run
        if view.policy.dry_run != wanted:
            self.judge.wrong.append(f"A person says dry run: {wanted}; it is: {view.policy.dry_run}.")

    def _killed(self) -> None:
        """Bury it, and remember of what people said only what was on disk."""
        assert self.process is not None
        process, judge = self.process, self.judge
        was_met = process.desk.view.cluster is not None
        self.runner.run(process.kill())
        self.process = None
        self.left_open = self._sessions()
        judge.person.moves.clear()
        judge.person.approved.clear()
        paused, held = judge.on_disk
        if was_met:
            judge.person.paused, judge.person.dry_run = paused or None, held or None
        else:
            judge.person.paused = judge.person.paused or None
            judge.person.dry_run = judge.person.dry_run or held or None
        self.folder_now = process.heir

    @rule(end=_ends, passes=st.integers(0, 12), away=st.sampled_from((0.0, 30.0, 5 * MINUTE, 40 * MINUTE)))
    @precondition(lambda self: self.process is not None)
    def end(self, end: End, passes: int, away: float) -> None:
        """End the process, or doom it; and if it is gone, start the next one after a while."""
        assert self.process is not None
        STEPS[f"end: {end}"] += 1
        process = self.process
        self.judge.disk = "ok"
        if end is End.STOPPED:
            self.runner.run(process.stop())
            self.process, self.folder_now = None, process.folder
        elif end is End.KILLED:
            self._killed()
        else:
            process.wire.end, process.wire.passes = end, passes if "READ" in end.name else 0
            self._pass(3 * MINUTE)
        if self.process is None:
            self._begin_again(away)

    def _begin_again(self, away: float) -> None:
        self.clock.let_go(away)
        self.clock.jump()
        self.cluster.advance(self.clock.now())
        self._start(self.folder_now)

    @rule(away=st.sampled_from((0.0, 5 * MINUTE)))
    @precondition(lambda self: self.process is None)
    def start(self, away: float) -> None:
        """Start it again after it has ended by itself, or was killed."""
        STEPS["start"] += 1
        self.judge.disk = "ok"
        self._begin_again(away)

    # Time

    @rule(seconds=st.sampled_from((10.0, MINUTE, 2 * MINUTE, 2 * MINUTE, 4 * MINUTE, 12 * MINUTE)))
    def time(self, seconds: float) -> None:
        """Time passes."""
        STEPS["time"] += 1
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        self.clock.let_go(seconds)
        if self.process is None:
            self.clock.jump()
        else:
            self._settle()
            self.clock.jump()
        self.cluster.advance(self.clock.now())

    # Orders

    @rule(
        kind=st.sampled_from(("pause", "resume", "resume", "approve", "approve", "reject", "stale")),
        then=_then,
    )
    @precondition(lambda self: self.process is not None)
    def order(self, kind: str, then: float) -> None:
        """A person says something to the balancer."""
        assert self.process is not None
        STEPS[kind] += 1
        person, desk = self.judge.person, self.process.desk
        proposal = desk.view.state.proposal
        number = proposal.id if proposal else 1
        match kind:
            case "pause":
                person.paused = True
                desk.submit(Pause())
            case "resume":
                person.paused = False
                self.judge.saw_resume(self.clock.now())
                desk.submit(Resume())
            case "approve":
                if proposal:
                    person.approved.add((proposal.move.vm_id, proposal.move.target))
                desk.submit(Approve(number))
            case "reject":
                if proposal:
                    person.rejected[proposal.move.vm_id, proposal.move.target] = self.clock.now()
                desk.submit(Reject(number))
            case _:
                desk.submit(Approve(number - 1))
        self._settle()
        self._pass(then)

    @rule(
        name=_names,
        octet=_octets,
        override=st.booleans(),
        agreed=st.sampled_from((None, True, False)),
        then=_then,
    )
    @precondition(lambda self: self.process is not None)
    def move(self, name: str, octet: int, override: bool, agreed: bool | None, then: float) -> None:
        """A person moves a VM by hand."""
        assert self.process is not None
        STEPS["move"] += 1
        vm_id, node_id = self.cluster.vm(name).id, self.cluster.node(octet).id
        self._move(vm_id, node_id, override=override, agreed=agreed)
        self._pass(then)

    @rule(then=_then)
    @precondition(lambda self: self.process is not None)
    def undo(self, then: float) -> None:
        """A person takes the last move back."""
        assert self.process is not None
        view = self.process.desk.view
        if view.snapshot and (found := last_move(view.state, view.snapshot)):
            STEPS["undo"] += 1
            self._move(*found, override=True, agreed=view.policy.dry_run)
        self._pass(then)

    def _move(self, vm_id: str, node_id: str, *, override: bool, agreed: bool | None) -> None:
        assert self.process is not None
        self.judge.person.moves.add((vm_id, node_id))
        self.process.desk.submit(MoveVm(VmId(vm_id), NodeId(node_id), override, agreed))
        self._settle()

    @rule(name=_names, octet=_octets, also=st.booleans(), then=_then)
    @precondition(lambda self: self.process is not None and self.process.desk.view.state.proposal is not None)
    def choose(self, name: str, octet: int, also: bool, then: float) -> None:
        """A person chooses another move than the one proposed, and may approve the old one in the same breath."""
        assert self.process is not None
        STEPS["choose"] += 1
        proposal = self.process.desk.view.state.proposal
        assert proposal is not None
        vm_id, node_id = self.cluster.vm(name).id, self.cluster.node(octet).id
        self.process.desk.submit(Choose(proposal.id, VmId(vm_id), NodeId(node_id)))
        if also:
            self.process.desk.submit(Approve(proposal.id))
        self._settle()
        self._pass(then)

    @rule(setting=st.sampled_from(SETTINGS), then=_then)
    @precondition(lambda self: self.process is not None)
    def setting(self, setting: tuple[str, str], then: float) -> None:
        """A person changes a setting."""
        assert self.process is not None
        STEPS["setting"] += 1
        key, value = setting
        if key == "dry_run":
            self.judge.person.dry_run = value == "true"
        self.process.desk.submit(ChangeSettings({key: value}))
        self._settle()
        self._pass(then)

    # The world

    @rule(fault=st.sampled_from(FAULTS), then=_then)
    def fault(self, fault: tuple[str, Mapping[str, str | int | float]], then: float) -> None:
        """Something goes wrong on the cluster."""
        STEPS["fault"] += 1
        self.cluster.faults.set(fault[0], **fault[1])
        self._pass(then)

    @rule(number=st.integers(0, 9), then=_then)
    def clear(self, number: int, then: float) -> None:
        """One fault ends, or, now and then, all of them."""
        STEPS["clear"] += 1
        names = [fault.name for fault in self.cluster.faults]
        for name in names if number < 4 else names[number % max(1, len(names)) :][:1]:
            self.cluster.faults.clear(name)
        self._pass(then)

    @rule(load=st.sampled_from(LOADS), then=_then)
    def load(self, load: tuple[str, float], then: float) -> None:
        """VMs want more or less CPU."""
        STEPS["load"] += 1
        self.cluster.faults.set("load_surge", vms=load[0], factor=load[1])
        self._pass(then)

    @rule(name=_names, octet=st.sampled_from((None, *OCTETS)), then=_then)
    def somebody(self, name: str, octet: int | None, then: float) -> None:
        """Somebody else migrates a VM."""
        STEPS["somebody else"] += 1
        where = {} if octet is None else {"node": octet}
        self.cluster.faults.set("foreign_migration", vm=name, **where)
        self._pass(then)

    @rule(disk=st.sampled_from(("full", "late", "ok", "ok")), then=_then)
    def disk(self, disk: str, then: float) -> None:
        """The journal's disk does not play along, or does again."""
        STEPS[f"disk: {disk}"] += 1
        self.judge.disk = disk
        self._pass(then)

    # What holds

    @invariant()
    def nothing_is_wrong(self) -> None:
        """No invariant was broken, nothing in hctui itself went wrong, and no session is left behind by the living."""
        wrong = list(self.judge.wrong)
        if self.process is not None:
            wrong += [line.text for line in self.process.lines if line.event == "fault"]
        living = int(self.process is not None)
        if self._is_deaf():  # one that was told to stop may have left its own, and the next not have one yet
            self.left_open = max(self.left_open, self._sessions())
        most = self.left_open + living
        if self._sessions() > most:
            wrong.append(f"{self._sessions()} sessions are open, and not {most} at most.")
        assert not wrong, "\n".join(wrong)

    def _sessions(self) -> int:
        return len(self.cluster.access.open_sessions(self.clock.now()))

    def _is_deaf(self) -> bool:
        """Whether the cluster may not hear a logout. What it did not hear may stay open."""
        return any(fault.name in DEAFENING for fault in self.cluster.faults)

    def teardown(self) -> None:
        """After all faults it returns to work, and the books agree; then everything is put away."""
        try:
            if self.process is not None or hasattr(self, "folder_now"):
                self._come_to_an_end()
        finally:
            for each in self.patches:
                each.stop()
            if self.process is not None:
                self.runner.run(self.process.kill())
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _come_to_an_end(self) -> None:
        for fault in list(self.cluster.faults):
            with suppress(KeyError):
                self.cluster.faults.clear(fault.name)
        self.judge.disk = "ok"
        if self.process is None:
            self._begin_again(0.0)
        self._pass(20 * MINUTE)
        if self.process is None:  # it was doomed
            self._begin_again(0.0)
            self._pass(20 * MINUTE)
        self.nothing_is_wrong()
        process = self.process
        assert process is not None, "it runs"
        view, now = process.desk.view, self.clock.now()
        assert not view.contact.error
        assert view.decision is not None
        assert now - view.decision.at <= 2 * view.policy.interval_seconds
        assert view.decision.outcome not in (Outcome.NO_DATA, Outcome.STANDING_DOWN), view.decision.sentence
        under_way = view.state.migration
        assert under_way is None or now - under_way.requested_at < 10 * MINUTE
        STEPS["migrations"] += self.judge.moves
        STEPS["cycles"] += self.judge.cycles
        self.judge.compare(process.folder, under_way.id if under_way else "")
        self.runner.run(process.stop())
        self.process = None
        self.nothing_is_wrong()


def _fields(policy: Policy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in Policy.__slots__}


__all__ = ["STEPS", "Machine"]
