"""Small clusters, states and decisions to put into a journal, and journals that hold them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hctui.core.commands import Choose, Drain, MoveVm, Ordered
from hctui.core.decision import (
    Candidate,
    Check,
    Closed,
    Decision,
    Ending,
    Finding,
    Move,
    NodeLoad,
    Notice,
    Outcome,
    Reason,
    Trial,
    Verdict,
)
from hctui.core.learned import Forecast, Learned, Reading
from hctui.core.migration import Migration, Phase
from hctui.core.model import (
    ClusterInfo,
    Disposition,
    NetworkStatus,
    Node,
    NodeId,
    Snapshot,
    TaskId,
    Vm,
    VmId,
    VmState,
)
from hctui.core.orders import Orders
from hctui.core.policy import Mode
from hctui.core.state import (
    Arrival,
    Departure,
    Draining,
    FailedMove,
    Failure,
    Imagination,
    ImaginedMove,
    Ledger,
    Others,
    Proposal,
    Rejection,
    Sighting,
    State,
    WallClock,
)
from hctui.journal import Journal

GIB = 1024**3
START = 1_800_000_000.0
CLUSTER = ClusterInfo("7a41b9c2-0d55-4a1e-9d4f-5f0f0c7be001", "branch-7", "9.4.30")
ADDRESS = "https://10.0.0.101"

Entry = Snapshot | Decision | Migration | Ordered


def node(name: str, cpu_percent: float | None = 20.0, mem_used_gib: float | None = 64.0) -> Node:
    return Node(
        id=NodeId(f"id-{name}"),
        name=name,
        lan_ip="",
        status=NetworkStatus.ONLINE,
        current_disposition=Disposition.IN,
        desired_disposition=Disposition.IN,
        supports_virtualization=True,
        virtualization_online=True,
        allow_running_vms=True,
        cpu_percent=cpu_percent,
        mem_bytes=128 * GIB,
        mem_used_bytes=None if mem_used_gib is None else int(mem_used_gib * GIB),
        mem_system_bytes=4 * GIB,
        threads=16,
    )


def vm(name: str, on: str = "n1", cpu_percent: float | None = 10.0) -> Vm:
    return Vm(
        id=VmId(f"id-{name}"),
        name=name,
        node_id=NodeId(f"id-{on}"),
        state=VmState.RUNNING,
        ui_state=VmState.RUNNING,
        mem_bytes=8 * GIB,
        vcpus=4,
        tags=("prod",),
        cpu_percent=cpu_percent,
    )


def snapshot(at: float, nodes: tuple[Node, ...] = (), vms: tuple[Vm, ...] = ()) -> Snapshot:
    nodes = nodes or (node("n1"), node("n2"))
    vms = vms or (vm("web"), vm("sql", "n2"))
    return Snapshot(at, CLUSTER, {each.id: each for each in nodes}, {each.id: each for each in vms})


def large_snapshot(at: float, nodes: int = 8, vms: int = 200, seed: int = 1) -> Snapshot:
    """Uuids as a cluster has them, half the VMs nearly idle, the others anything up to 80 %."""
    identities = random.Random(seed)  # noqa: S311 - not a secret
    noise = random.Random(at)  # noqa: S311 - not a secret

    def identity() -> str:
        return str(uuid.UUID(int=identities.getrandbits(128), version=4))

    def load() -> float:
        usual = identities.choice([identities.uniform(0.3, 3), identities.uniform(3, 80)])
        return usual * noise.uniform(0.8, 1.2)

    many_nodes = [
        replace(node(f"10.0.0.{101 + index}", load(), noise.uniform(40, 90)), id=NodeId(identity()))
        for index in range(nodes)
    ]
    many_vms = [
        replace(
            vm(f"vm-{index:03}", cpu_percent=load()),
            id=VmId(identity()),
            node_id=many_nodes[index % nodes].id,
        )
        for index in range(vms)
    ]
    return snapshot(at, tuple(many_nodes), tuple(many_vms))


def move(
    vm_name: str = "web", source: str = "n1", target: str = "n2", reason: Reason = Reason.LOAD, told: str = ""
) -> Move:
    return Move(
        vm_id=VmId(f"id-{vm_name}"),
        vm_name=vm_name,
        source=NodeId(f"id-{source}"),
        source_name=source,
        target=NodeId(f"id-{target}"),
        target_name=target,
        reason=reason,
        sentence=told or f"{source} is hot.",
        mem_bytes=8 * GIB,
    )


def migration(phase: Phase = Phase.INTENT, *, at: float = START, what: Move | None = None) -> Migration:
    return Migration("m-1", what or move(), at, phase, at)


def decision(at: float, outcome: Outcome = Outcome.BALANCED, **changes: object) -> Decision:
    values: dict[str, object] = {"sentence": "No imbalance.", "dry_run": True, "mode": Mode.AUTO, **changes}
    return Decision(at, outcome, **values)  # type: ignore[arg-type]


def moving(at: float, what: Move, *, dry_run: bool = True) -> Decision:
    found = Finding(
        what.reason, what.sentence, what.sentence, (what.vm_id,), (candidate(what.vm_name),), what
    )
    return decision(at, Outcome.MOVE, sentence=what.sentence, dry_run=dry_run, findings=(found,), move=what)


def candidate(vm_name: str = "web") -> Candidate:
    return Candidate(
        vm_id=VmId(f"id-{vm_name}"),
        vm_name=vm_name,
        node_id=NodeId("id-n1"),
        node_name="n1",
        cpu_percent=74.5,
        verdicts=(Verdict(Check.COOLDOWN, True, "Not in cooldown.", 0, 1800.0),),
        trials=(Trial(NodeId("id-n2"), "n2", (Verdict(Check.RAM, False, "n2 would be full.", 91.0, 70.0),)),),
    )


def stuck(told: str, *vm_names: str, reason: Reason = Reason.ANTI_AFFINITY) -> Finding:
    vm_ids = tuple(VmId(f"id-{name}") for name in vm_names)
    return Finding(reason, told, told, vm_ids, tuple(candidate(name) for name in vm_names))


def waiting(told: str, *vm_names: str, reason: Reason = Reason.ANTI_AFFINITY) -> Finding:
    return Finding(reason, told, told, tuple(VmId(f"id-{name}") for name in vm_names))


def standing_down(at: float, **failed: str) -> Decision:
    """Checks by their enum names, and what they say."""
    safety = tuple(Verdict(Check[name.upper()], False, told) for name, told in failed.items())
    return decision(at, Outcome.STANDING_DOWN, safety=(Verdict(Check.FRESH_DATA, True, "4 s old."), *safety))


def full_decision(at: float) -> Decision:
    """One in which no field is at its default."""
    return decision(
        at,
        Outcome.MOVE,
        sentence="n1 is hot. Moving web to n2.",
        dry_run=False,
        mode=Mode.APPROVE,
        safety=(Verdict(Check.NODES_ONLINE, True, "2 nodes online."),),
        findings=(stuck("sql shares n1 with sql-2.", "sql", "sql-2"),),
        loads=(NodeLoad(NodeId("id-n1"), "n1", 86.25, 10, 10), NodeLoad(NodeId("id-n2"), "n2", None, 3, 10)),
        move=move(),
        imagined=2,
        answer="Not sent: it expired after 10:00 min.",
        declined=Orders(
            7,
            Choose(7, VmId("v1"), NodeId("id-n2")),
            (MoveVm(VmId("v1"), NodeId("id-n2"), True),),
            6,
            Drain(NodeId("id-n1")),
        ),
        closed=Closed(7, move(), at - 600.0, Ending.REJECTED, at + 1800.0),
        notices=(Notice("resumed", "The pause is over."),),
    )


_FORECAST = Forecast(
    "m-1",
    VmId("id-web"),
    "web",
    NodeId("id-n1"),
    "n1",
    NodeId("id-n2"),
    "n2",
    Reading(90.5, None),
    Reading(70.0, 50.0),
    True,
    START,
    Reading(71.0, 49.0),
    Reading(72.0, 48.0),
    disturbed=True,
)
_LEARNED = Learned((9.5,), _FORECAST, (_FORECAST,), (_FORECAST,), 2, 5.0)


def full_state(at: float = START) -> State:
    """One in which no field, its samples aside, is at its default."""
    web, n1, n2 = VmId("id-web"), NodeId("id-n1"), NodeId("id-n2")
    ledger = Ledger(
        fresh_since=at - 500.5,
        last_ended_at=at - 400.25,
        arrivals={web: Arrival(at - 400.25, n1, n2)},
        failures=(Failure(web, n1, 3, at - 30.0, "Task 17 ended in an error.", brief=True),),
        rejections=(Rejection(web, n2, at - 20.0),),
        departures=(Departure(web, n1, at - 400.25),),
    )
    moves: Mapping[VmId, ImaginedMove] = {web: ImaginedMove(n1, n2, at - 10.0)}
    under_way = Migration("m-1", move(), at - 60.0, Phase.RUNNING, at - 50.0, TaskId("17"), 40, "Copying.")
    return State(
        real=ledger,
        imagination=Imagination(ledger, moves),
        migration=under_way,
        proposal=Proposal(4, move(), at - 5.0),
        proposals_made=4,
        paused=True,
        unwell_at=at - 1000.125,
        dry_run_held=True,
        failed_in_a_row=(FailedMove(at - 30.0, "web", "n1", "The cluster refused it."),),
        failure_pause_at=at - 29.0,
        unclear_since=at - 28.0,
        others=Others((Sighting(web, "web", at - 90.0, at - 60.0),), at - 55.0, at - 57.0),
        learned=_LEARNED,
        drain=Draining(n1, "n1", at - 70.0, 9, is_empty=True),
        flaws=("web has the tag anti_x, but no VM is named x.",),
        clock=WallClock(at - 1.0, (3600.0,)),
    )


async def written(folder: Path, entries: Iterable[Entry]) -> Path:
    """A journal of loose samples, decisions, migrations and orders."""
    async with Journal.open(folder, CLUSTER, ADDRESS) as journal:
        for entry in entries:
            match entry:
                case Snapshot():
                    await journal.record_cycle(entry, decision(entry.taken_at), State())
                case Decision():
                    await journal.record_cycle(None, entry, State())
                case Migration():
                    await journal.record_migration(entry, State())
                case Ordered():
                    await journal.save_state(State(), (entry,))
        return journal.path
