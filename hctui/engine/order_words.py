"""What somebody orders, in words for the log and the journal. Pure.

Ids that nobody knows are not repeated: they come from another process and may be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hctui.config.schema import DRY_RUN, MODE
from hctui.core.decision import Notice
from hctui.core.model import NodeId, VmId
from hctui.core.policy import Mode
from hctui.core.wording import listing
from hctui.engine.commands import (
    Approve,
    ChangeSettings,
    Choose,
    Command,
    Drain,
    EndDrain,
    MoveVm,
    Pause,
    Reject,
    ReloadSettings,
    Resume,
)
from hctui.engine.view import View

MOST_CHARACTERS = 10_000
"""So long the words of an order may be in the journal: more than it takes to change every setting at once."""

_OF_ITS_OWN = frozenset({"paused_by_failures", "resumed"})
"""The events of a cycle by which hctui does by itself what else a person orders."""


def ordered(command: Command, view: View) -> str:
    """`approve proposal 7: sql-02 to 10.0.0.103`: completes "Ordered: ...". `view` is that of before."""
    return _WORDS[type(command)](command, view)


def with_outcome(what: str, sentences: Sequence[str]) -> str:
    """The words of an order with what it came to, where that is known at once, at a length that is bounded."""
    told = f"{what}: {' '.join(sentences)}" if sentences else what
    return told if len(told) <= MOST_CHARACTERS else f"{told[: MOST_CHARACTERS - 4]} ..."


def of_its_own(notices: Sequence[Notice]) -> tuple[str, ...]:
    """What of a cycle's notices hctui ordered itself: to pause after failures, and to decide again."""
    return tuple(notice.sentence for notice in notices if notice.event in _OF_ITS_OWN)


def _route(vm_id: VmId, target: NodeId, view: View) -> str:
    """`web-03 to 10.0.0.103`."""
    vm = view.snapshot.vms.get(vm_id) if view.snapshot else None
    return f"{vm.name if vm else 'an unknown VM'} to {_node(target, view)}"


def _node(node_id: NodeId, view: View) -> str:
    node = view.snapshot.nodes.get(node_id) if view.snapshot else None
    return node.name if node else "an unknown node"


def _proposal(number: int, view: View) -> str:
    """`proposal 7: sql-02 to 10.0.0.103`; of one that does not wait only the number is known."""
    waits = view.state.proposal
    if waits is None or waits.id != number:
        return f"proposal {number}"
    return f"proposal {number}: {waits.move.vm_name} to {waits.move.target_name}"


def _by_hand(order: MoveVm, view: View) -> str:
    overriding = ", whatever cooldowns say" if order.override_cooldowns else ""
    return f"move {_route(order.vm_id, order.target, view)} by hand{overriding}"


_SWITCHES = {
    (DRY_RUN.key, "true"): "switch dry run on",
    (DRY_RUN.key, "false"): "switch dry run off",
    **{(MODE.key, mode.value): f"switch to mode {mode.value}" for mode in Mode},
}


def _settings(order: ChangeSettings) -> str:
    """`switch dry run off and change ram_limit_percent`."""
    switched = [words for (key, text), words in _SWITCHES.items() if order.changes.get(key) == text]
    known = {key for key, text in _SWITCHES if order.changes.get(key) == text}
    others = sorted(order.changes.keys() - known)
    return listing([*switched, *([f"change {listing(others)}"] if others else [])])


_WORDS: dict[type[Any], Callable[[Any, View], str]] = {
    Pause: lambda order, view: "pause",
    Resume: lambda order, view: "resume",
    Approve: lambda order, view: f"approve {_proposal(order.proposal_id, view)}",
    Reject: lambda order, view: f"reject {_proposal(order.proposal_id, view)}",
    Choose: lambda order, view: (
        f"have {_route(order.vm_id, order.target, view)} wait instead of {_proposal(order.proposal_id, view)}"
    ),
    MoveVm: _by_hand,
    Drain: lambda order, view: f"drain {_node(order.node_id, view)}",
    EndDrain: lambda order, view: (
        f"end the drain of {view.state.drain.name if view.state.drain else 'no node'}"
    ),
    ChangeSettings: lambda order, view: _settings(order),
    ReloadSettings: lambda order, view: "read the settings file again",
}
