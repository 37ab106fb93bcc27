"""What a person wants of one cycle, beyond what changes at once: the orders it can carry out, or decline."""

from __future__ import annotations

from dataclasses import dataclass

from hctui.core.commands import Choose, Drain, MoveVm


@dataclass(frozen=True, slots=True)
class Orders:
    """What a person wants of one cycle, or what a cycle declined of it.

    Attributes:
        approved: the id of the proposal to send.
        choice: which move shall wait instead of a proposal; of several the last, as people change their minds.
        moves: moves by hand, in the order in which they were asked for.
        rejected: the id of a proposal to reject that no longer waits; one that waits is rejected at once.
        drain: the node to be drained.
    """

    approved: int | None = None
    choice: Choose | None = None
    moves: tuple[MoveVm, ...] = ()
    rejected: int | None = None
    drain: Drain | None = None

    @property
    def unheeded(self) -> str:
        """In sentences, each ending in a space, what a cycle does not do that cannot carry any of it out."""
        told = ""
        if self.approved is not None:
            told += f"Proposal {self.approved} is not sent. "
        if self.choice is not None:
            told += f"Nothing is chosen instead of proposal {self.choice.proposal_id}. "
        if self.moves:
            told += "Nothing is moved by hand. "
        if self.drain is not None:
            told += "No node is drained. "
        return told
