"""What one cycle concluded, with everything that led to it.

A decision is complete by itself: written to the journal, it explains years later why this VM, why not that node,
or why nothing. Sentences name VMs and nodes; ids are carried beside them for those who look up more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hctui.core.model import NodeId, VmId
from hctui.core.orders import Orders
from hctui.core.policy import Mode


class Check(StrEnum):
    """The checks, by the name under which people meet them."""

    FRESH_DATA = "fresh data"
    NODES_ONLINE = "nodes online"
    NODES_SETTLED = "nodes settled"
    NO_UPDATE = "no update"
    NO_ALERT = "no alert"
    NO_OTHER_MIGRATION = "no other migration"
    RECOVERED = "recovered"
    COOLDOWN = "cooldown"
    RUNNING = "running"
    NOT_BUSY = "not busy"
    NOMOVE = "nomove"
    GPU = "virtual GPU"
    SOURCE = "source node"
    PINNED = "pin"
    NATIVE = "native affinity"
    HISTORY = "history"
    USABLE = "usable target"
    TARGET_CPU = "target CPU"
    RAM = "RAM"
    ANTI_AFFINITY = "anti-affinity"
    BACK_OFF = "back-off"
    RETURN_BAN = "return ban"
    CLUSTER_COOLDOWN = "cluster cooldown"
    BUDGET = "moves per hour"
    HOURS = "hours to act"
    ELSEWHERE = "another node"
    STILL_NEEDED = "still needed"
    TOGETHER = "keep together"
    PROJECTED_CPU = "CPU after the move"
    VCPUS = "vCPUs per thread"
    N_PLUS_ONE = "N+1"
    WORTH = "worth of the move"
    DRAIN = "drain"


class Reason(StrEnum):
    """Why a VM is moved."""

    ANTI_AFFINITY = "anti-affinity"
    PIN = "pin"
    TOGETHER = "keep together"
    ROOM = "room for a rule"
    DRAIN = "drain"
    LOAD = "load"
    RAM = "RAM"
    MANUAL = "by hand"

    @property
    def is_rule(self) -> bool:
        """Whether a violated rule calls for it."""
        return self in (Reason.ANTI_AFFINITY, Reason.PIN, Reason.TOGETHER, Reason.ROOM)

    @property
    def is_load(self) -> bool:
        """Whether it is that a node has too much to carry, and neither a rule nor a person."""
        return self in (Reason.LOAD, Reason.RAM)


class Outcome(StrEnum):
    """What a cycle came to."""

    NO_DATA = "no data"
    WATCHING = "watching a migration"
    PAUSED = "paused"
    STANDING_DOWN = "standing down"
    COOLING_DOWN = "cluster cooldown"
    BUDGET_SPENT = "moves per hour spent"
    OFF_HOURS = "off hours"
    RULES_ONLY = "off hours, rules only"
    MOVE = "move"
    PROPOSAL = "proposal"
    COLLECTING = "collecting data"
    BALANCED = "balanced"
    BLOCKED = "blocked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of one check: `value` against `limit` where it compares numbers, and a sentence."""

    check: Check
    ok: bool
    sentence: str
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One target tried for one VM: the checks in their order, up to the first that failed."""

    node_id: NodeId
    node_name: str
    verdicts: tuple[Verdict, ...]

    @property
    def ok(self) -> bool:
        """Whether the VM may go there."""
        return self.verdicts[-1].ok


@dataclass(frozen=True, slots=True)
class Candidate:
    """One VM considered: checks of the VM itself, and, if those hold, the targets tried in their order."""

    vm_id: VmId
    vm_name: str
    node_id: NodeId
    node_name: str
    cpu_percent: float | None
    verdicts: tuple[Verdict, ...]
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """One live migration that somebody may want, and why.

    `overrides_cooldowns`: a person asked for it although cooldowns or a back-off speak against it. Only then, and
    only for a move by hand; every other check binds all the same.
    """

    vm_id: VmId
    vm_name: str
    source: NodeId
    source_name: str
    target: NodeId
    target_name: str
    reason: Reason
    sentence: str
    mem_bytes: int
    overrides_cooldowns: bool = False


class Ending(StrEnum):
    """How a proposal ended."""

    APPROVED = "approved"
    REJECTED = "rejected"
    REPLACED = "replaced by another choice"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Closed:
    """A proposal that ended in a cycle.

    Attributes:
        proposal_id: its number.
        move: what it proposed.
        made_at: since when it waited, Unix seconds.
        ending: how it ended.
        rests_until: when its VM and target may be proposed again, if it was rejected; Unix seconds.
    """

    proposal_id: int
    move: Move
    made_at: float
    ending: Ending
    rests_until: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A question that was asked: a violated rule or the load, what was tried, and what came of it.

    `headline` says what is wrong, and is empty where nothing is; `sentence` says what came of it as well.
    """

    reason: Reason
    headline: str
    sentence: str
    vm_ids: tuple[VmId, ...]
    candidates: tuple[Candidate, ...] = ()
    move: Move | None = None


@dataclass(frozen=True, slots=True)
class NodeLoad:
    """A node as load balancing sees it: mean CPU over the window, or how far the window is filled."""

    node_id: NodeId
    node_name: str
    mean_percent: float | None
    samples: int
    expected: int


def window_progress(loads: tuple[NodeLoad, ...]) -> str:
    """`5/10`: the samples of the second fullest of at least two nodes, since two full windows are waited for."""
    second = sorted((load.samples for load in loads), reverse=True)[1]
    return f"{min(second, loads[0].expected)}/{loads[0].expected}"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that is to be told once and with a warning, beside what the cycle came to. `event` is its kind."""

    event: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The conclusion of one cycle.

    Attributes:
        at: Unix time in seconds.
        sentence: the answer to "why this" or "why nothing", complete in itself.
        safety: the verdicts of the safety gate.
        findings: violated rules first, then load, in the order they were examined.
        loads: nodes that take part in load balancing, busiest first.
        move: what is to be done, sent, proposed, or, in a dry run, imagined.
        imagined: how many VMs were, in a dry run, thought to be elsewhere than they are when this was decided.
        answer: the beginning of the sentence, where that tells what became of a proposal or of a person's order.
        declined: the orders of this cycle that came to nothing, for good; the sentence says so, and why.
        closed: the proposal that ended in this cycle; the answer says so.
        notices: what else is to be told in this cycle and in no other.
    """

    at: float
    outcome: Outcome
    sentence: str
    dry_run: bool
    mode: Mode
    safety: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    loads: tuple[NodeLoad, ...] = ()
    move: Move | None = None
    imagined: int = 0
    answer: str = ""
    declined: Orders = field(default_factory=Orders)
    closed: Closed | None = None
    notices: tuple[Notice, ...] = ()
