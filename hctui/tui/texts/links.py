"""Where a paragraph may lead to, as text, and back. Pure; opening it is the screens' affair."""

from __future__ import annotations

from hctui.core.model import NodeId, VmId

_VM, _NODE = "vm:", "node:"


def to_vm(vm_id: VmId) -> str:
    """Leads to a VM."""
    return f"{_VM}{vm_id}"


def to_node(node_id: NodeId) -> str:
    """Leads to a node."""
    return f"{_NODE}{node_id}"


def vm_of(link: str) -> VmId | None:
    """The VM it leads to; `None` if it leads elsewhere."""
    return VmId(link.removeprefix(_VM)) if link.startswith(_VM) else None


def node_of(link: str) -> NodeId | None:
    """The node it leads to; `None` if it leads elsewhere."""
    return NodeId(link.removeprefix(_NODE)) if link.startswith(_NODE) else None
