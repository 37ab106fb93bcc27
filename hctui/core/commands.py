"""What a person may tell the balancer, as values. They change the state and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


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


Command = Pause | Resume | Approve | Reject
