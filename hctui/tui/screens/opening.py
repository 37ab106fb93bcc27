"""Opens what a paragraph leads to. Loads a screen when it is first opened."""

from __future__ import annotations

from textual.screen import Screen

from hctui.tui.texts.links import node_of, vm_of


def follow(screen: Screen[None], link: str) -> None:
    """Open the details of the VM or node that a link leads to; nothing for an empty link."""
    from hctui.tui.screens.detail import NodeDetail, VmDetail

    if (vm_id := vm_of(link)) is not None:
        screen.app.push_screen(VmDetail(vm_id))
    elif (node_id := node_of(link)) is not None:
        screen.app.push_screen(NodeDetail(node_id))
