"""What somebody orders over the socket, in words for the log. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hctui.core.model import NodeId, VmId
from hctui.core.wording import listing
from hctui.engine.commands import (
    Approve,
    ChangeSettings,
    Choose,
    Command,
    MoveVm,
    Pause,
    Reject,
    ReloadSettings,
    Resume,
)
from hctui.engine.view import View


def ordered(command: Command, view: View) -> str:
    """`approve proposal 7`: completes "Ordered: ...". Values of settings are told where they come to hold."""
    return _WORDS[type(command)](command, view)


def _route(vm_id: VmId, target: NodeId, view: View) -> str:
    """`web-03 to 10.0.0.103`. Ids that nobody knows are not repeated: they may be anything."""
    vm = view.snapshot.vms.get(vm_id) if view.snapshot else None
    node = view.snapshot.nodes.get(target) if view.snapshot else None
    return f"{vm.name if vm else 'an unknown VM'} to {node.name if node else 'an unknown node'}"


_WORDS: dict[type[Any], Callable[[Any, View], str]] = {
    Pause: lambda order, view: "pause",
    Resume: lambda order, view: "resume",
    Approve: lambda order, view: f"approve proposal {order.proposal_id}",
    Reject: lambda order, view: f"reject proposal {order.proposal_id}",
    Choose: lambda order, view: (
        f"instead of proposal {order.proposal_id}, {_route(order.vm_id, order.target, view)}"
    ),
    MoveVm: lambda order, view: f"move {_route(order.vm_id, order.target, view)} by hand",
    ChangeSettings: lambda order, view: f"change {listing(sorted(order.changes))}",
    ReloadSettings: lambda order, view: "read the settings file again",
}
