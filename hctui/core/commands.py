"""What a person may tell the balancer, as values, and who said what. Nothing is sent by them: a cycle decides."""

from __future__ import annotations

from dataclasses import dataclass

from hctui.core.model import NodeId, VmId


@dataclass(frozen=True, slots=True)
class Pause:
    """Keep watching, decide nothing. Withdraws a proposal; a migration under way is watched to its end."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Decide again."""


@dataclass(frozen=True, slots=True)
class Approve:
    """Send the proposal with this id, if it still holds."""

    proposal_id: int


@dataclass(frozen=True, slots=True)
class Reject:
    """Drop the proposal with this id and let its VM and target rest for the VM cooldown."""

    proposal_id: int


@dataclass(frozen=True, slots=True)
class Choose:
    """Let another move wait in place of the proposal with this id. Sends nothing: that takes an `Approve`."""

    proposal_id: int
    vm_id: VmId
    target: NodeId


@dataclass(frozen=True, slots=True)
class MoveVm:
    """Move a VM by hand, if every hard check holds; also while paused.

    `override_cooldowns`: although cooldowns, a return ban, a back-off or an earlier rejection speak against it.
    `dry_run`: which way the switch stood when the person agreed; under the other one nothing is done. `None`: either
    will do.
    """

    vm_id: VmId
    target: NodeId
    override_cooldowns: bool = False
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True)
class Drain:
    """Empty a node for maintenance, if all its VMs fit elsewhere, and keep it empty until `EndDrain`."""

    node_id: NodeId


@dataclass(frozen=True, slots=True)
class EndDrain:
    """Give up draining, or let a drained node take VMs again."""


Command = Drain | EndDrain | Pause | Resume | Approve | Reject | Choose | MoveVm


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gives an order: the words for it, and its process; `None` where nobody outside the balancer did."""

    name: str
    process: int | None = None

    def __str__(self) -> str:
        """`an attached console (process 42)`."""
        return self.name if self.process is None else f"{self.name} (process {self.process})"


ITSELF = Giver("hctui itself")


@dataclass(frozen=True, slots=True)
class Ordered:
    """That something was ordered, for the record; whether it was carried out, decisions tell.

    Attributes:
        at: when, Unix seconds.
        who: who gave the order, in words.
        what: the order, in words.
    """

    at: float
    who: str
    what: str
