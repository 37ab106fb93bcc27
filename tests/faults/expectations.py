"""What is expected of hctui for every fault of the simulator, in whichever phase of the cycle it comes. Data only.

Each row: the fault and its parameters, how long it lasts, what work there is, and the sentence that says what happened,
as a regular expression for a line of the log. Where a phase has another sentence, it
stands under `where`. A fault that makes no difference in a phase has no sentence there: `UNHINDERED`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hctui.sim.fault_table import Value
from tests.end_to_end.world import MINUTE
from tests.faults.case import Fault, Phase, Work


class Unhindered:
    """It makes no difference: hctui does its work as if nothing were, and has nothing to say but that."""


UNHINDERED = Unhindered()

Told = str | Unhindered


@dataclass(frozen=True, slots=True)
class Row:
    """One fault as it is set, and what is expected.

    Attributes:
        name: as the simulator has it.
        told: the sentence that says what happened, as a regular expression; also for phases not under `where`.
        given: the fault's parameters.
        note: what tells this row from others of the same fault.
        minutes: how long it lasts.
        where: the sentence in phases in which it is another one.
        forbids: whether hctui knows of it, and begins nothing while it lasts.
        work: what there is to do when it comes.
    """

    name: str
    told: Told
    given: Mapping[str, Value] = field(default_factory=dict)
    note: str = ""
    minutes: float = 3.0
    where: Mapping[Phase, Told] = field(default_factory=dict)
    forbids: bool = False
    work: Work = Work.RULE

    @property
    def title(self) -> str:
        """Its heading, unique among the rows."""
        return f"{self.name}: {self.note}" if self.note else self.name

    @property
    def fault(self) -> Fault:
        """What the case sets."""
        return Fault(self.name, self.given, self.minutes * MINUTE, self.work)

    def told_in(self, phase: Phase) -> Told:
        """What is expected in a phase."""
        return self.where.get(phase, self.told)


_ON_NEXT_REQUEST: Mapping[Phase, Told] = {
    Phase.WATCHING: UNHINDERED,
    Phase.COOLING: UNHINDERED,
    Phase.DRY: UNHINDERED,
}
"""For faults that show only when a migration is requested: in these phases none is before the fault has ended."""

_UNANSWERED = {Phase.SENDING: r"^Whether the cluster started it is not known: .* Watching the VM\."}
_ANOTHERS = r"idx-01 is being migrated; hctui did not begin that, or has given it up\."

_REQUESTS = (
    Row(
        "session_expired",
        UNHINDERED,
        where={Phase.SENDING: r"^The session had expired and nothing was started\."},
    ),
    Row(
        "session_expired",
        UNHINDERED,
        {"status": 503},
        "said with 503",
        where={Phase.SENDING: r"^The session had expired and nothing was started\."},
    ),
    Row(
        "forbidden",
        r"The cluster refused the request: GET /\S+ gave HTTP 403 .* needs the role Read",
        {"path": "/[A-Z]*"},
        "for everything",
        where={Phase.SENDING: r"^The cluster refused it \(HTTP 403\).* needs the role VM Power Controls\."},
        forbids=True,
    ),
    Row(
        "forbidden",
        r"^The cluster refused it \(HTTP 403\).* needs the role VM Power Controls\.",
        {"path": "/VirDomain/action"},
        "for migrations",
        where=_ON_NEXT_REQUEST,
    ),
    Row(
        "forbidden",
        r"The cluster's alerts could not be read\.",
        {"path": "/Condition/filter"},
        "for alerts",
        forbids=True,
    ),
    Row("action_refused", r"^The cluster refused it \(HTTP 500\): .*\.$", where=_ON_NEXT_REQUEST),
    Row("bad_request", r"^The cluster refused it \(HTTP 400\): .*\.$", where=_ON_NEXT_REQUEST),
    Row(
        "proxy_error",
        r"The cluster reports a fault: .* gave HTTP 502 \(an HTML page\)",
        note="for everything",
        where=_UNANSWERED,
        forbids=True,
    ),
    Row(
        "proxy_error",
        _UNANSWERED[Phase.SENDING],
        {"path": "/VirDomain/action"},
        "for migrations",
        where=_ON_NEXT_REQUEST,
    ),
    Row(
        "connection_dropped",
        r"The cluster cannot be reached: .*: the connection ended before the answer was complete",
        note="whatever is asked",
        where=_UNANSWERED,
        forbids=True,
    ),
    Row(
        "connection_dropped",
        r"The cluster cannot be reached: .* \(GET /TaskTag\S*\): the connection ended before the answer was complete",
        {"path": "/TaskTag*"},
        "when tasks are asked for",
        forbids=True,
    ),
    Row(
        "tls_broken",
        r"The cluster cannot be reached: .*: no connection",
        where=_UNANSWERED,
        forbids=True,
    ),
    Row("answer_lost", _UNANSWERED[Phase.SENDING], where=_ON_NEXT_REQUEST),
    Row("slow_answers", UNHINDERED, {"seconds": 5.0}, "within the time-out"),
    Row(
        "slow_answers",
        r"The cluster cannot be reached: .*: no answer within 15 s\.",
        {"seconds": 20.0},
        "later than the time-out",
        where=_UNANSWERED,
        forbids=True,
    ),
)

_TASKS = (
    Row("task_tag_empty", r"^The cluster accepted it without a task\.", where=_ON_NEXT_REQUEST),
    Row("task_vanishes", UNHINDERED),
    Row("task_uninitialized", UNHINDERED, {"times": 3}),
    Row(
        "task_error",
        r"^MIGRATION FAILED: The cluster reported an error: Virt Exception, code: 38, cannot send data\.",
        where=_ON_NEXT_REQUEST,
    ),
    Row(
        "task_stuck",
        r"^Waiting for active migration .* to 127\.0\.0\.13: 99 %",
        note="within migration_limit_minutes",
        where=_ON_NEXT_REQUEST,
    ),
    Row(
        "task_stuck",
        r"^MIGRATION GIVEN UP: Given up after .*: it cannot be seen whether \S+ still migrates",
        note="longer than migration_limit_minutes",
        minutes=8.0,
        where=_ON_NEXT_REQUEST,
    ),
    Row(
        "task_without_move",
        r"^MIGRATION FAILED: The cluster reported success, but \S+ is still on ",
        where=_ON_NEXT_REQUEST,
    ),
)

_NODES = (
    Row(
        "node_offline",
        r"Standing down\..* 127\.0\.0\.13 is offline",
        {"node": 13},
        "the target",
        where={Phase.WATCHING: r"^MIGRATION FAILED: .* lost contact with a node\."},
        forbids=True,
    ),
    Row(
        "node_offline",
        r"Standing down\..* 127\.0\.0\.11 is offline",
        {"node": 11},
        "the source",
        where={Phase.WATCHING: r"^MIGRATION FAILED: db-02 is neither on .*, but on another node\."},
        forbids=True,
    ),
    Row("node_unknown", r"127\.0\.0\.13 is unknown\.", {"node": 13}, forbids=True),
    Row(
        "node_evacuated",
        r"127\.0\.0\.13 is (in the cluster and is to be )?evacuated\.",
        {"node": 13},
        forbids=True,
    ),
    Row(
        "node_disallowed",
        r"HyperCore takes .* from 127\.0\.0\.13, which does not allow VMs\.",
        {"node": 13},
        where={Phase.SENDING: r"^MIGRATION FAILED: .*: the node does not accept Virtual Machines\."},
    ),
    Row(
        "node_witness",
        r"127\.0\.0\.13 cannot run VMs \(a witness or storage node\)\.",
        {"node": 13},
        where={
            Phase.SENDING: r"^MIGRATION FAILED: .*: the node is not available\.",
            **_ON_NEXT_REQUEST,
        },
    ),
    Row(
        "node_cpu_missing",
        r"The load of 127\.0\.0\.12 is not known\.",
        {"node": 12},
        where={Phase.APPROVAL: r"^Proposal 1 withdrawn, .*: Mean CPU of 127\.0\.0\.12 is not known\."},
        work=Work.LOAD,
    ),
)

_HISTORY_LACKS = r"History Check: FAILED\. History 1/2 samples\."
_UNLESS_DECIDING: Mapping[Phase, Told] = {
    Phase.IDLE: r"^Evaluating candidate VM app-01 ",
    Phase.APPROVAL: r"^Proposal 1 withdrawn, app-02 .*: History 1/2 samples\.",
    Phase.SENDING: UNHINDERED,
    Phase.WATCHING: UNHINDERED,
    Phase.COOLING: UNHINDERED,
}

_VMS = (
    Row("vm_cpu_missing", _HISTORY_LACKS, {"vm": "app-02"}, where=_UNLESS_DECIDING, work=Work.LOAD),
    Row("vm_stats_missing", _HISTORY_LACKS, {"vm": "app-02"}, where=_UNLESS_DECIDING, work=Work.LOAD),
    Row(
        "duplicate_name",
        r"db-01 on 127\.0\.0\.13 must be kept apart from db-02\.",
        {"vm": "web-02", "like": "db-01"},
        where=dict.fromkeys(
            (Phase.SENDING, Phase.WATCHING, Phase.COOLING),
            r"^VIOLATION FOUND: db-02 shares 127\.0\.0\.13 with db-01,",
        ),
    ),
    Row(
        "own_name_tag",
        r"^A rule is not as it should be: db-02 .* names itself; it has no effect\.$",
        {"vm": "db-02"},
    ),
    Row(
        "tags_null",
        r"^All rules are kept\.",
        {"vm": "db-02"},
        where={
            Phase.APPROVAL: r"^Proposal 1 withdrawn, .*: db-02 no longer shares 127\.0\.0\.11 with a VM",
        },
    ),
    Row(
        "load_surge",
        r"^Imbalance detected: 127\.0\.0\.12 is at ",
        {"vms": "app-*", "factor": 2.4},
        minutes=5.0,
    ),
)

_CLUSTER = (
    Row("update_running", r"An update is being installed \(IN PROGRESS\)\.", forbids=True),
    Row("update_preparing", r"An update is being prepared \(IN PROGRESS\)\.", forbids=True),
    Row("update_status_unreadable", r"The update status cannot be read: ", forbids=True),
    Row("update_status_absent", UNHINDERED),
    Row("condition_set", r"The cluster reports: Storage is degraded \(CRITICAL\)\.", forbids=True),
    Row("foreign_migration", _ANOTHERS, {"vm": "idx-01"}),
    Row("affinity_pull", _ANOTHERS, {"seconds": 30.0}),
)

ROWS: tuple[Row, ...] = (*_REQUESTS, *_TASKS, *_NODES, *_VMS, *_CLUSTER)
"""Every row, in the order of the simulator's own table."""
