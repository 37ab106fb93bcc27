"""What a front end may ask of the engine. Commands travel through one queue and are carried out between cycles."""

from __future__ import annotations

from dataclasses import dataclass

from hctui.core.commands import Approve, Pause, Reject, Resume
from hctui.core.policy import Policy


@dataclass(frozen=True, slots=True)
class UsePolicy:
    """Decide by this policy from the next cycle on: flip dry run or mode, or apply edited settings."""

    policy: Policy


Command = Pause | Resume | Approve | Reject | UsePolicy

__all__ = ["Approve", "Command", "Pause", "Reject", "Resume", "UsePolicy"]
